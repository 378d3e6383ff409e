"""A browser of a soak: real HTTP over connections that stay open, cookies, and forms sent as their page has them."""

import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from html import unescape
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlencode

Fields = list[tuple[str, str]]
FORM = re.compile(r"<form\b([^>]*)>(.*?)</form>", re.DOTALL)
INPUT = re.compile(r"<(input|button|textarea)\b([^>]*)>(?:([^<]*)</textarea>)?")
ATTRIBUTE = re.compile(r'([\w-]+)(?:="([^"]*)")?')
PATIENCE = 30.0


class Lost(Exception):
    """No answer: the portal died or the line broke. What was asked may have been done."""


@dataclass(frozen=True)
class Page:
    """One answer."""

    status: int
    location: str
    html: str

    def form(self, action: str) -> Fields:
        """What the form would send as it stands, without buttons; empty when the page has no such form."""
        for attributes, content in FORM.findall(self.html):
            if f'action="{action}"' in attributes:
                return list(_fields(content))
        return []

    def values(self, name: str) -> list[str]:
        """Every value that a box or button of this name offers."""
        offered = (_attributes(attributes) for _, attributes, _ in INPUT.findall(self.html))
        return [box.get("value", "") for box in offered if box.get("name") == name and "disabled" not in box]


def _fields(content: str) -> Iterable[tuple[str, str]]:
    for tag, written, text in INPUT.findall(content):
        box = _attributes(written)
        unticked = box.get("type") in ("checkbox", "radio") and "checked" not in box
        if tag != "button" and "name" in box and "disabled" not in box and not unticked:
            yield box["name"], unescape(text) if tag == "textarea" else box.get("value", "")


def _attributes(written: str) -> dict[str, str]:
    return {name: unescape(value) for name, value in ATTRIBUTE.findall(written)}


def changed(fields: Fields, **changes: str | None) -> Fields:
    """The same form with other values; None leaves a field out."""
    kept = [(name, value) for name, value in fields if name not in changes]
    return kept + [(name, value) for name, value in changes.items() if value is not None]


class Browser:
    """One person's cookies. Each thread that uses it has a connection of its own."""

    def __init__(self, port: int) -> None:
        self.port, self.cookies, self._own = port, dict[str, str](), threading.local()
        self.signed_in = False

    def get(self, path: str) -> Page:
        """Asked again once: the connection may be older than the portal."""
        try:
            return self._ask("GET", path)
        except Lost:
            return self._ask("GET", path)

    def post(self, path: str, fields: Fields) -> Page:
        return self._ask("POST", path, urlencode(fields))

    def hang_up_after_sending(self, path: str, fields: Fields) -> None:
        """Post, and be gone before the answer."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request("POST", path, urlencode(fields), self._headers())
        except (OSError, HTTPException) as error:
            raise Lost from error
        finally:
            connection.close()

    def sign_in(self, door: str, email: str, password: str, codes: list[str]) -> None:
        """Both steps; Lost when the portal died between them, and the first code is used up."""
        answer = self._send(door, [("email", email), ("password", password)])
        assert answer.status == 303, f"{email} cannot sign in"
        while codes and answer.location != door and not self.signed_in:
            self.signed_in = self._send(f"{door}/code", [("code", codes.pop(0))]).status == 303
        if not self.signed_in:
            raise Lost

    def _send(self, page: str, fields: Fields) -> Page:
        tokens = self.get(page).values("csrf_token")
        if not tokens:  # hours have passed since the page before
            raise Lost
        return self.post(page, [("csrf_token", tokens[0]), *fields])

    def _ask(self, method: str, path: str, body: str | None = None) -> Page:
        if not hasattr(self._own, "connection"):
            self._own.connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            self._own.connection.request(method, path, body, self._headers())
            answer = self._own.connection.getresponse()
            html = answer.read().decode()
        except (OSError, HTTPException) as error:
            self._own.connection.close()
            del self._own.connection
            raise Lost from error
        for cookie in answer.headers.get_all("Set-Cookie", []):
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        return Page(answer.status, answer.headers.get("Location", ""), html)

    def _headers(self) -> dict[str, str]:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return {"Cookie": cookies, "Content-Type": "application/x-www-form-urlencoded"}
