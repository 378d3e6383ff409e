"use strict";
/* The card form: pay page, and "add a card". A plain script: no dependencies, no inline handlers or styles.

   The template gives, on one <form data-pay-form>:
     input[data-amount]              amounts being typed, one or one per line; absent where the total is fixed;
                                     data-min and data-max: its bounds in cents
     input[name=shown]               hidden; the amount that the button names, kept in step with it
     [data-sum]                      optional: the total of several amounts
     [data-preview] > [data-payable] optional: rows an amount pays, oldest first, with cents each can take;
                                     [data-part] in each holds its part
     [data-counts=ID] hidden         optional: counts the letters of that input, of data-of
     button[data-pay-button]         data-text-template="Pay {amount}"  data-text-plain="Pay"  data-sending="Sending…";
                                     starts `hidden` where only this script makes it of use
     input[name=card]                radios: a saved card's id, or "new"; none at all means a new card
     input[name=nonce]               hidden; filled here
     [data-card-area]                shown only for a new card. data-mode="loopback" or "braintree"
       loopback                        data-frame-src  data-frame-origin  data-frame-title
       braintree                       data-scripts="client.js-URL hosted-fields.js-URL"
                                       data-client-token, or data-client-token-url answering the token as text
                                       optional data-styles (JSON as Hosted Fields takes it)
       #card-number #card-exp #card-cvv #card-zip   empty containers, each with its <label for>, whose text names the
                                       box, and #card-…-error hidden, what is said of a wrong one; braintree only
       [data-card-frame]               where the loopback frame goes
       [data-card-loading]             card.loading
       [data-card-blocked] hidden      card.blocked
       [data-card-error] hidden        role="alert"; data-pick (card.pick)  data-fields (card.fields)
       [data-card-chosen]              optional: the label of the chosen test card appears here
   The area starts with the `hidden` attribute; this script shows it. */
(function () {
  const form = document.querySelector("[data-pay-form]");
  if (!form) return;

  const WAIT = 10000;
  const button = form.querySelector("[data-pay-button]");
  const amounts = [...form.querySelectorAll("[data-amount]")];
  const seen = form.querySelector("input[name=shown]");
  const nonce = form.querySelector("input[name=nonce]");
  const area = form.querySelector("[data-card-area]");
  const part = (name) => area.querySelector(`[data-card-${name}]`);
  const show = (element, visible) => { element.hidden = !visible; };
  let locked = false;
  let restText = button.textContent;
  let attempt = 0; // an older start of the card boxes that finishes late is dropped
  let fields = null;
  let watchdog = 0;

  // --- the amount and the button

  // Whole cents, or NaN for what the server would not read either.
  function cents(text) {
    const plain = text.trim().replace(/^\$/, "").trim();
    if (!/^(\d{1,9}|[1-9]\d{0,2}(,\d{3}){1,2})(\.\d{1,2})?$/.test(plain)) return NaN;
    const [whole, part] = plain.replace(/,/g, "").split(".");
    return Number(whole) * 100 + Number((part || "").padEnd(2, "0"));
  }

  function dollars(sum) {
    const whole = String(Math.floor(sum / 100)).replace(/\B(?=(\d{3})+$)/g, ",");
    return `$${whole}.${String(sum % 100).padStart(2, "0")}`;
  }

  function payable(input) {
    const sum = cents(input.value);
    return sum >= Number(input.dataset.min) && sum <= Number(input.dataset.max);
  }

  // The button names only what could be paid: never "Pay $0.00", nor an amount that is no longer in its box.
  function showAmount() {
    const sum = amounts.reduce((total, input) => total + cents(input.value), 0);
    const text = amounts.every(payable) ? button.dataset.textTemplate : button.dataset.textPlain;
    restText = text.replace("{amount}", dollars(sum));
    if (!locked) button.textContent = restText;
    if (Number.isNaN(sum)) return;
    seen.value = dollars(sum);
    const total = form.querySelector("[data-sum]");
    if (total) total.textContent = seen.value;
    showParts(sum);
  }

  function showParts(sum) {
    let left = sum;
    for (const row of form.querySelectorAll("[data-preview] > [data-payable]")) {
      const part = Math.min(left, Number(row.dataset.payable));
      row.hidden = part === 0;
      row.querySelector("[data-part]").textContent = dollars(part);
      left -= part;
    }
  }

  function count(note) {
    note.textContent = `${document.getElementById(note.dataset.counts).value.length} / ${note.dataset.of}`;
    note.hidden = false;
  }

  function lock() {
    locked = true;
    button.setAttribute("aria-disabled", "true");
    button.textContent = button.dataset.sending || restText;
    setTimeout(unlock, WAIT);
  }

  function unlock() {
    locked = false;
    button.removeAttribute("aria-disabled");
    button.textContent = restText;
  }

  // --- a new card

  function isNew() {
    const radios = [...form.querySelectorAll("input[type=radio][name=card]")];
    return !radios.length || radios.some((radio) => radio.checked && radio.value === "new");
  }

  function complain(text) {
    part("error").textContent = text;
    show(part("error"), Boolean(text));
    if (text) part("error").scrollIntoView({ block: "center" }); // the button is a screen below
  }

  // "waiting", "ready" or "blocked"; waiting turns into blocked by itself.
  function mark(state) {
    clearTimeout(watchdog);
    area.dataset.state = state;
    show(part("loading"), state === "waiting");
    show(part("blocked"), state === "blocked");
    if (state === "waiting") watchdog = setTimeout(mark, WAIT, "blocked");
  }

  function choose() {
    if (!area) return;
    const wanted = isNew();
    show(area, wanted);
    nonce.disabled = !wanted;
    complain("");
    if (!wanted) stop();
    else if (area.dataset.mode === "loopback") startFrame();
    else startFields();
  }

  function stop() {
    attempt += 1;
    mendAll();
    clearTimeout(watchdog);
    if (fields) fields.teardown();
    fields = null;
  }

  function startFrame() {
    if (part("frame").firstChild) return;
    mark("waiting");
    const frame = document.createElement("iframe");
    frame.src = area.dataset.frameSrc;
    frame.title = area.dataset.frameTitle || "";
    Object.assign(frame.style, { width: "100%", border: "0" });
    part("frame").append(frame);
    window.addEventListener("message", function (event) {
      if (event.origin !== area.dataset.frameOrigin || event.source !== frame.contentWindow) return;
      if (event.data.type === "sandbox-ready") mark("ready");
      if (event.data.type === "sandbox-height") frame.style.height = `${event.data.height}px`;
      if (event.data.type === "sandbox-nonce") picked(event.data);
    });
  }

  function picked(card) {
    nonce.value = card.nonce;
    if (part("chosen")) part("chosen").textContent = card.label;
    if (card.nonce) complain("");
  }

  const script = (address) => new Promise(function (resolve, reject) {
    const tag = document.createElement("script");
    Object.assign(tag, { src: address, onload: resolve, onerror: reject });
    document.head.append(tag);
  });

  async function loadLibrary() {
    if (window.braintree && window.braintree.hostedFields) return;
    for (const address of area.dataset.scripts.split(" ")) await script(address);
  }

  async function clientToken() {
    if (area.dataset.clientToken) return area.dataset.clientToken;
    const answer = await fetch(area.dataset.clientTokenUrl, { headers: { Accept: "text/plain" } });
    if (!answer.ok) throw new Error("no client token");
    return (await answer.text()).trim();
  }

  function styles() {
    if (area.dataset.styles) return JSON.parse(area.dataset.styles);
    const look = getComputedStyle(area);
    return { input: { color: look.color, "font-size": look.fontSize, "font-family": look.fontFamily } };
  }

  const CONTAINERS = { number: "#card-number", expirationDate: "#card-exp", cvv: "#card-cvv", postalCode: "#card-zip" };

  // Each box is called what its label says, in the page's language, also by a screen reader inside the frame.
  function boxes() {
    return Object.fromEntries(Object.entries(CONTAINERS).map(function ([name, container]) {
      const label = form.querySelector(`label[for="${container.slice(1)}"]`).textContent;
      return [name, { container, iframeTitle: label, internalLabel: label }];
    }));
  }

  // What is wrong stands at its box, for eyes and, inside the frame, for a screen reader.
  function blame(name) {
    const error = form.querySelector(`${CONTAINERS[name]}-error`);
    say(name, error, true, error.textContent.trim());
    fields.setAttribute({ field: name, attribute: "aria-invalid", value: true });
  }

  function mend(name) {
    const error = form.querySelector(`${CONTAINERS[name]}-error`);
    if (error.hidden) return;
    say(name, error, false, "");
    fields.removeAttribute({ field: name, attribute: "aria-invalid" });
  }

  function say(name, error, wrong, message) {
    show(error, wrong);
    error.parentElement.classList.toggle("wrong", wrong);
    fields.setMessage({ field: name, message });
  }

  function mendAll() {
    if (fields) Object.keys(CONTAINERS).forEach(mend);
  }

  async function startFields() {
    if (fields) return;
    const mine = attempt += 1;
    mark("waiting");
    try {
      await loadLibrary();
      const client = await window.braintree.client.create({ authorization: await clientToken() });
      if (mine !== attempt) return;
      const made = await window.braintree.hostedFields.create({ client, styles: styles(), fields: boxes() });
      if (mine !== attempt) return made.teardown();
      fields = made;
      fields.on("validityChange", ({ emittedBy, fields: now }) => { if (now[emittedBy].isValid) mend(emittedBy); });
      mark("ready");
    } catch (_) {
      if (mine === attempt) mark("blocked");
    }
  }

  async function tokenizeAndSend() {
    if (!fields) return complain(part("error").dataset.fields);
    mendAll();
    lock();
    try {
      nonce.value = (await fields.tokenize()).nonce;
      locked = false;
      form.requestSubmit(button);
    } catch (error) {
      unlock();
      if (error.type === "NETWORK") mark("blocked"); else refuse(error);
    }
  }

  function refuse(error) {
    complain(part("error").dataset.fields);
    const none = error.code === "HOSTED_FIELDS_FIELDS_EMPTY";
    const wrong = none ? Object.keys(CONTAINERS) : (error.details && error.details.invalidFieldKeys) || [];
    wrong.forEach(blame);
    if (wrong.length) fields.focus(wrong[0]);
  }

  // --- sending

  form.addEventListener("submit", function (event) {
    if (locked) return event.preventDefault();
    if (!area || !isNew() || nonce.value) return lock();
    event.preventDefault();
    if (area.dataset.mode === "loopback") complain(part("error").dataset.pick);
    else tokenizeAndSend();
  });
  form.addEventListener("change", function (event) { if (event.target.name === "card") choose(); });
  for (const input of amounts) input.addEventListener("input", showAmount);
  for (const note of form.querySelectorAll("[data-counts]")) {
    document.getElementById(note.dataset.counts).addEventListener("input", () => count(note));
    count(note);
  }
  // A page shown again by "Back" holds a card that may have been used.
  window.addEventListener("pageshow", function (event) { if (event.persisted) window.location.reload(); });
  if (nonce) nonce.value = "";
  if (amounts.length) showAmount();
  show(button, true);
  choose();
})();
