"""The postman: posts queued notifications, and again every hour to who does not take them."""

import random
import secrets
import threading
from datetime import datetime, timedelta
from http.client import HTTPConnection, HTTPException
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

from sandbox import clock, merchants, nightly, webhooks
from sandbox.store import Doc, Store

LOOK_EVERY = 60.0  # seconds, when nothing stirs
PATIENCE = 30.0  # seconds for an answer
AGAIN, GIVE_UP = timedelta(hours=1), timedelta(hours=24)
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
ROUND = 1000


class Letter(NamedTuple):
    """One notification on its way."""

    merchant: str
    id: str
    form: dict[str, str]


class Sender:
    """A thread of its own; everything it must remember is in the store."""

    def __init__(self, store: Store) -> None:
        self.store, self.busy = store, False
        self._stopped = False
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self.store.stirred.set()  # what an earlier process left
        self._thread.start()

    def stop(self) -> None:
        """A letter whose receiver has not answered stays queued."""
        with self.store.transaction():
            self._stopped = True
        self.store.stirred.set()
        self._thread.join(0.3)

    def _run(self) -> None:
        while not self._stopped:
            self.store.stirred.wait(LOOK_EVERY)
            self.store.stirred.clear()
            self.busy = True
            self._round()
            self.busy = False

    def _round(self) -> None:
        with self.store.transaction():
            if self._stopped:
                return
            nightly.catch_up(self.store, clock.now(self.store))
            url, letters = waiting(self.store)
        for letter in letters:
            status = ask(url, "POST", urlencode(letter.form))[0]
            if self._stopped:
                return
            with self.store.transaction():
                note(self.store, letter, status)
            self.store.stirred.set()  # perhaps there is more


def waiting(store: Store) -> tuple[str, list[Letter]]:
    """Where to, and what is to be posted now: twice or in another order when that was asked for."""
    rules, url = store.setting("webhooks", {}), store.setting("webhook_url", "")
    if not url or rules.get("hold"):
        return "", []
    due = store.due("webhook", clock.text(clock.now(store)), ROUND)
    letters = [_letter(store, merchant, id) for _, merchant, id in due] * (2 if rules.get("double") else 1)
    if rules.get("shuffle"):
        random.Random(rules.get("seed")).shuffle(letters)
    return url, letters


def _letter(store: Store, merchant: str, id: str) -> Letter:
    payload = _row(store, merchant, id)["payload"]
    return Letter(merchant, id, {"bt_signature": webhooks.signature(merchant, payload), "bt_payload": payload})


def note(store: Store, letter: Letter, status: int) -> None:
    """What became of one posting. Only what is still to be posted keeps its payload."""
    row, now = _row(store, letter.merchant, letter.id), clock.now(store)
    row["tries"].append({"at": clock.text(now), "status": status})
    if row["state"] != "delivered":
        row["state"], again = _next(row, status, now)
        store.schedule("webhook", letter.merchant, letter.id, again)
    if row["state"] != "queued":
        row["payload"] = ""
    store.put("webhook", letter.merchant, letter.id, row)


def _next(row: Doc, status: int, now: datetime) -> tuple[str, str | None]:
    """The state, and when to post again."""
    if 200 <= status < 300:
        return "delivered", None
    last = clock.read(row["tries"][0]["at"]) + GIVE_UP
    return ("queued", clock.text(now + AGAIN)) if now + AGAIN <= last else ("given_up", None)


def _row(store: Store, merchant: str, id: str) -> Doc:
    row = store.get("webhook", merchant, id)
    assert row is not None, id
    return row


def ask(url: str, method: str, content: str = "") -> tuple[int, str]:
    """Status and the beginning of the body; (0, "") when there is no answer. Follows no redirect, uses no proxy."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port or 80, timeout=PATIENCE)
    target = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
    try:
        connection.request(method, target, content or None, FORM)
        answer = connection.getresponse()
        return answer.status, answer.read(1000).decode(errors="replace")
    except (OSError, HTTPException):
        return 0, ""
    finally:
        connection.close()


def answers_rightly(url: str) -> bool:
    """Whether the receiver proves with a fresh challenge that it knows the default merchant's keys."""
    challenge = secrets.token_hex(16)
    status, text = ask(f"{url}{'&' if urlsplit(url).query else '?'}{urlencode({'bt_challenge': challenge})}", "GET")
    return status == 200 and text.strip() == webhooks.signature(merchants.DEFAULT, challenge)
