/* Small comforts. Every page works without this file. */
"use strict";

/* htmx, which comes after this, would keep the address of the page, and in it what was searched for. Where nothing can
   be kept it does without. */
Storage.prototype.setItem = () => { throw new DOMException("Nothing is kept in this browser.", "QuotaExceededError"); };

const all = (selector, root = document) => [...root.querySelectorAll(selector)];

/* "Check all" has three states: none, some, all. */
const boxesOf = (whole) => all(`input[data-group="${whole.dataset.all}"]`);

const settle = (whole) => {
  const boxes = boxesOf(whole);
  const picked = boxes.filter((box) => box.checked).length;
  whole.checked = picked > 0 && picked === boxes.length;
  whole.indeterminate = picked > 0 && picked < boxes.length;
};

const count = (note) => {
  const typed = document.getElementById(note.dataset.counts);
  note.textContent = `${typed.value.length} / ${note.dataset.of}`;
  note.hidden = false;
};

const copy = async (button) => {
  const field = document.getElementById(button.dataset.copies);
  field.select();
  await navigator.clipboard.writeText(field.value);
  button.nextElementSibling.textContent = button.dataset.done;
};

const refresh = () => {
  all("[data-all]").forEach(settle);
  all("[data-counts]").forEach(count);
  all("[data-shows]").forEach((box) => { box.parentElement.hidden = false; });
  all("[data-prints]").forEach((button) => { button.hidden = false; button.onclick = () => print(); });
  if (navigator.clipboard) all("[data-copies]").forEach((button) => { button.hidden = false; button.onclick = () => copy(button); });
};

/* Capturing, so that the boxes are ticked before anything asks the server for a new total. */
document.addEventListener("change", (event) => {
  const { all: group, shows } = event.target.dataset;
  if (group) boxesOf(event.target).forEach((box) => { box.checked = event.target.checked; });
  if (shows) document.getElementById(shows).type = event.target.checked ? "text" : "password";
  all("[data-all]").forEach(settle);
}, true);

document.addEventListener("input", () => all("[data-counts]").forEach(count));

/* A second press of the same button sends nothing; after ten seconds it may be pressed again. */
document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (!button || event.defaultPrevented) return;
  if (button.getAttribute("aria-busy") === "true") return event.preventDefault();
  button.setAttribute("aria-busy", "true");
  setTimeout(() => button.removeAttribute("aria-busy"), 10000);
});

document.addEventListener("htmx:afterSettle", () => {
  refresh();
  document.getElementById("problem")?.focus();
});

/* After "Back", boxes come back ticked: ask again for their total. */
window.addEventListener("pageshow", () => {
  all("button[aria-busy]").forEach((button) => button.removeAttribute("aria-busy"));
  refresh();
  new Set(all("input[data-group]:checked").map((box) => box.form)).forEach((form) => form.dispatchEvent(new Event("change")));
});
