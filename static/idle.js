/* Two minutes before the session ends, ask; any request to the server begins the time again. */
"use strict";

const idle = document.getElementById("idle");
const leave = () => location.replace(location.pathname + location.search);

const watch = () => {
  clearTimeout(watch.timer);
  watch.timer = setTimeout(() => idle.showModal(), (Number(idle.dataset.after) - 120) * 1000);
  clearTimeout(watch.end);
  watch.end = setTimeout(leave, (Number(idle.dataset.after) + 2) * 1000);
};

const stay = () => fetch("/stay", { method: "POST", body: new FormData(document.querySelector(".tools form")) });

watch();
document.addEventListener("htmx:afterRequest", watch);
idle.addEventListener("close", () => stay().then((answer) => (answer.ok ? watch() : leave())));
idle.querySelector("button").addEventListener("click", () => idle.close());
