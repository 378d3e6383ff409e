/* Two minutes before the session ends, ask. Any request to the server begins the time again, but not beyond the most
   that a session may last, however busy. */
"use strict";

const idle = document.getElementById("idle");
const WARNING = 2 * 60 * 1000;
const [after, most] = [idle.dataset.after, idle.dataset.most].map((seconds) => Number(seconds) * 1000);
const opened = Date.now();

/* What is typed at the checkout waits at the server for the same person, without what stands for a card. It must be
   there before it is asked for, yet nobody's bill stays on the screen for a network that is gone. */
const typed = document.querySelector("form[data-keep]");
const PATIENCE = 3000;
const leave = () => {
  if (!typed) return location.replace(location.pathname + location.search);
  const said = new FormData(typed);
  said.delete("nonce");
  const kept = fetch(typed.dataset.keep, { method: "POST", body: said, keepalive: true }).catch(() => null);
  const late = new Promise((over) => setTimeout(over, PATIENCE));
  Promise.race([kept, late]).then(() => location.replace(typed.dataset.kept));
};

const watch = () => {
  const left = Math.min(after, opened + most - Date.now());
  watch.over = Date.now() + left;
  clearTimeout(watch.warning);
  if (left > WARNING || !watch.end) watch.warning = setTimeout(() => idle.open || idle.showModal(), left - WARNING);
  clearTimeout(watch.end);
  watch.end = setTimeout(leave, left + 2000);
};

const stay = () => fetch("/stay", { method: "POST", body: new FormData(document.querySelector(".tools form")) });

watch();
document.addEventListener("htmx:afterRequest", watch);
document.addEventListener("visibilitychange", () => document.hidden || Date.now() < watch.over || leave()); // a phone that slept counted no seconds
idle.addEventListener("close", () => stay().then((answer) => (answer.ok ? watch() : leave())));
idle.querySelector("button").addEventListener("click", () => idle.close());
