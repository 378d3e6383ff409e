/* Passkeys. The forms marked data-passkey stay hidden without this file, or where the browser has no passkeys:
   "get" signs in or proves again, "create" adds one. Each asks the server for a challenge, has the device answer it,
   and sends the answer like any other form. */
"use strict";
{
  const FRESH = 4 * 60 * 1000; // a challenge lives for five minutes
  const QUIET = ["NotAllowedError", "AbortError"]; // the reader changed their mind, or waited too long

  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (each) => each.charCodeAt(0));
  const spelled = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const keys = (list) => (list || []).map((key) => ({ ...key, id: bytes(key.id) }));

  /* The browser's own reading of the options where it has one, else ours. */
  const creation = (json) => PublicKeyCredential.parseCreationOptionsFromJSON?.(json) ?? {
    ...json,
    challenge: bytes(json.challenge),
    user: { ...json.user, id: bytes(json.user.id) },
    excludeCredentials: keys(json.excludeCredentials),
  };
  const request = (json) => PublicKeyCredential.parseRequestOptionsFromJSON?.(json) ?? {
    ...json,
    challenge: bytes(json.challenge),
    allowCredentials: keys(json.allowCredentials),
  };

  const PARTS = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
  const written = (found) => found.toJSON?.() ?? {
    id: found.id,
    rawId: spelled(found.rawId),
    type: found.type,
    response: Object.fromEntries(
      PARTS.filter((part) => found.response[part]).map((part) => [part, spelled(found.response[part])])),
  };

  const ask = async (form) => {
    const answer = await fetch(form.dataset.options, { method: "POST", body: new FormData(form), redirect: "manual" });
    if (answer.type === "opaqueredirect" || answer.status === 401) location.reload(); // signed out meanwhile
    if (answer.status === 403) form.submit(); // proved too long ago: asks that first
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  };

  const fill = (field, value) => Object.assign(field, { value, disabled: false });

  const perform = async (form, mediated) => {
    const { challenge, options } = await ask(form);
    const found = form.dataset.passkey === "create"
      ? await navigator.credentials.create({ publicKey: creation(options) })
      : await navigator.credentials.get({ publicKey: request(options), ...mediated });
    fill(form.elements.passkey_challenge, challenge);
    fill(form.elements.passkey_answer, JSON.stringify(written(found)));
    form.submit();
  };

  /* Autofill: the browser offers its passkeys in the field for the email, and waits for as long as it takes. */
  let waiting = null;
  const stop = () => waiting?.abort();
  const offer = (form) => {
    stop();
    waiting = new AbortController();
    perform(form, { mediation: "conditional", signal: waiting.signal }).catch(() => {});
  };
  const keep = async (form) => {
    if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
    offer(form);
    setInterval(() => document.hidden || form.dataset.busy || offer(form), FRESH);
  };

  const tell = (form, sentence) => {
    const place = form.querySelector(".error");
    place.lastElementChild.textContent = sentence;
    place.hidden = !sentence;
  };

  const press = async (form) => {
    if (form.dataset.busy) return;
    form.dataset.busy = "yes";
    tell(form, "");
    stop();
    try {
      await perform(form);
    } catch (error) {
      delete form.dataset.busy;
      if (!QUIET.includes(error.name)) tell(form, error.name === "InvalidStateError" ? form.dataset.known : form.dataset.failed);
    }
  };

  if (window.PublicKeyCredential) {
    document.querySelectorAll("form[data-passkey]").forEach((form) => {
      if (location.hostname !== form.dataset.host) return;
      form.hidden = false;
      form.addEventListener("submit", (event) => { event.preventDefault(); press(form); });
      if ("autofill" in form.dataset) keep(form);
    });
    window.addEventListener("pageshow", () => document.querySelectorAll("form[data-busy]").forEach((form) => { delete form.dataset.busy; }));
  }
}
