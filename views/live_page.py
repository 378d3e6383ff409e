"""The sign-in page as clients get it, compared with the one we mean to serve (PCI DSS 6.4.3 and 11.6.1).

Whoever stands between us and the clients, such as a proxy or a cache, can change a page after it left here. So it is
fetched by its public address, as a browser without a session does, and so is every script of the inventory.
"""

import hashlib
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPException, HTTPResponse
from urllib.request import HTTPErrorProcessor, Request, build_opener

from flask import Flask, url_for

from config import Settings
from views.context import csp_nonce
from views.headers import ALWAYS, CardHosts, policy
from views.scripts import inventory

TIMEOUT = 10  # seconds
MOST = 1_000_000  # bytes
PAUSES = (0, 5, 25)  # seconds before each try: after a power cut the proxy may start later than we do
# A page may be changed for browsers alone.
BROWSER = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Accept": "text/html,*/*",
}
POLICY = "Content-Security-Policy"
NONCE = re.compile(r"'nonce-([\w-]{22})'")
SCRIPT = re.compile(r"<script\b[^>]*>?", re.IGNORECASE)
ABROAD = re.compile(r"""\b(?:src|href|action|formaction)\s*=["'\s]*((?:[a-z]+:)?[/\\]{2}[^\s"'>]*)""", re.IGNORECASE)
SHOWN = 200  # characters of what is not ours


@dataclass(frozen=True)
class Answer:
    """What came from an address, whatever its status."""

    status: int
    headers: Message
    body: bytes

    @property
    def nonce(self) -> str:
        found = NONCE.search(self.headers.get(POLICY, ""))
        return found[1] if found else ""


@dataclass(frozen=True)
class Meant:
    """What we mean to serve: headers of the page, its policy with the nonce "…", address -> SHA-256 of each script."""

    page: str
    headers: dict[str, str]
    scripts: dict[str, str]


class AsItComes(HTTPErrorProcessor):
    """Follows no redirect and raises for no status: both are something to report."""

    def http_response(self, request: Request, response: HTTPResponse) -> HTTPResponse:
        return response

    https_response = http_response


def init_app(app: Flask) -> None:
    app.extensions["page_problems"] = lambda: problems(app)  # for the weekly look


def problems(app: Flask) -> list[str]:
    """A sentence for each difference; empty when all is well. `ConnectionError`, a sentence too, without a page."""
    settings: Settings = app.extensions["settings"]
    origin, meant = settings.public_url, _meant(app)
    page = _patiently(origin + meant.page)
    return [
        *_page_problems(page, meant),
        *(sentence for address, digest in meant.scripts.items() for sentence in _problems(origin + address, digest)),
    ]


def _meant(app: Flask) -> Meant:
    with app.test_request_context():
        parts = [(script.file.partition("/"), script.sha256) for script in inventory()]
        return Meant(
            page=url_for("auth.sign_in"),
            headers={**ALWAYS, POLICY: policy(CardHosts()).replace(csp_nonce(), "…")},
            scripts={url_for(folder, filename=name): digest for (folder, _, name), digest in parts},
        )


def _page_problems(page: Answer, meant: Meant) -> Iterator[str]:
    if page.status != 200:
        yield f"The sign-in page answers {page.status}."
    if len(page.body) == MOST:
        yield "The sign-in page is longer than we read."
    text = page.body.decode(errors="replace")
    known = tuple(f'<script nonce="{page.nonce}" src="{address}" defer>' for address in meant.scripts)
    for found in SCRIPT.finditer(text):
        if not page.nonce or found[0] not in known:
            yield f"The sign-in page holds a script that is not ours: {_shown(found[0], page)}"
    for found in ABROAD.finditer(text):
        yield f"The sign-in page names another host: {_shown(found[1], page)}"
    for name, value in meant.headers.items():
        sent = {each.replace(page.nonce or "…", "…") for each in page.headers.get_all(name, [])}
        if sent != {value}:
            yield f"The sign-in page comes {'with another' if sent else 'without'} {name}."


def _problems(address: str, digest: str) -> Iterator[str]:
    try:
        script = _fetch(address)
    except ConnectionError as error:
        yield str(error)
    else:
        if script.status != 200 or hashlib.sha256(script.body).hexdigest() != digest:
            yield f"{address} does not bring the file that the inventory of scripts describes."


def _shown(text: str, page: Answer) -> str:
    """Somebody else's text on one line, without the nonce."""
    return ascii(text.replace(page.nonce or "…", "…")[:SHOWN])


def _patiently(address: str) -> Answer:
    for pause in PAUSES:
        time.sleep(pause)
        try:
            return _fetch(address)
        except ConnectionError as error:
            last = error
    raise last


def _fetch(address: str) -> Answer:
    """Raises ConnectionError when nothing came, or the word of a proxy that nobody is behind it."""
    try:
        with build_opener(AsItComes).open(Request(address, headers=BROWSER), timeout=TIMEOUT) as answer:  # noqa: S310
            found = Answer(answer.status, answer.headers, answer.read(MOST))
    except (OSError, HTTPException, ValueError) as error:
        raise ConnectionError(f"{address} could not be reached: {getattr(error, 'reason', error)}") from None
    if found.status >= 500:
        raise ConnectionError(f"{address} answers {found.status}.")
    return found
