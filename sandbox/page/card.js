"use strict";
// Picks a test card, turns it into a nonce on this origin, and posts it to the page around us.
(function () {
  const origin = document.body.dataset.origin;
  const state = document.querySelector(".state");

  function tell(message) {
    window.parent.postMessage(message, origin);
  }

  function tellHeight() {
    tell({ type: "sandbox-height", height: document.documentElement.scrollHeight });
  }

  async function pick(input) {
    const label = input.parentElement.querySelector(".what").textContent;
    tell({ type: "sandbox-nonce", nonce: "", label: "" });
    const answer = await fetch("/sandbox/card", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ card: input.value }),
    });
    const made = await answer.json();
    state.textContent = label + " \u2713";
    tell({ type: "sandbox-nonce", nonce: made.nonce, label: label });
  }

  document.addEventListener("change", function (event) { pick(event.target); });
  window.addEventListener("resize", tellHeight);
  tell({ type: "sandbox-ready" });
  tellHeight();
  // On a slow line a card may be chosen before this script runs.
  const early = document.querySelector("input:checked");
  if (early) pick(early);
})();
