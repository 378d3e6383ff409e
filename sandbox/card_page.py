"""GET /sandbox/card: the page that stands in for the processor's card fields on loopback.

It lives in a frame of the pay page, offers test cards by outcome and nothing to type, and posts
a nonce to exactly the origin named in the address.
"""

import re
from html import escape
from pathlib import Path
from string import Template

from sandbox import client_api, judge, merchants, nonces
from sandbox.call import Answer, Call, NotFound
from sandbox.test_cards import TEST_CARDS

HERE = Path(__file__).parent / "page"
TYPES = {"card.css": "text/css; charset=utf-8", "card.js": "text/javascript; charset=utf-8"}
LOOPBACK = re.compile(r"http://(127\.0\.0\.1|localhost)(:\d{1,5})?")
WORDS = {
    "en": {"title": "Test cards", "stripe": "SANDBOX - no real cards", "hint": "Pick a card by what should happen."},
    "es": {
        "title": "Tarjetas de prueba",
        "stripe": "SANDBOX - sin tarjetas reales",
        "hint": "Elija una tarjeta según lo que deba pasar.",
    },
}
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors {}"
)


def show(call: Call) -> Answer:
    """400 for an origin that is not loopback: nothing may leave this machine."""
    origin = call.query.get("origin", "")
    if not LOOPBACK.fullmatch(origin):
        return Answer(400, b"The origin must be a loopback address.\n", "text/plain; charset=utf-8")
    language = call.query.get("lang") if call.query.get("lang") in WORDS else "en"
    page = Template((HERE / "card.html").read_text("utf-8"))
    body = page.substitute(WORDS[str(language)], language=language, origin=escape(origin), cards=_rows(str(language)))
    headers = (("Content-Security-Policy", POLICY.format(origin)), ("Referrer-Policy", "no-referrer"))
    return Answer(200, body.encode(), "text/html; charset=utf-8", headers)


def _rows(language: str) -> str:
    row = (
        '<label class="card"><input type="radio" name="card" value="{key}">'
        '<span class="what">{text}</span><span class="last4">{last4}</span></label>'
    )
    return "\n".join(row.format(**card.shown(language)) for card in TEST_CARDS.values())


def asset(call: Call) -> Answer:
    name = call.args["name"]
    return Answer(200, (HERE / name).read_bytes(), TYPES[name])


def tokenize(call: Call) -> Answer:
    """A nonce for the picked card; raises NotFound for one that is not offered."""
    if (card := TEST_CARDS.get(str(call.params.get("card")))) is None:
        raise NotFound("card")
    call.merchant, kept = merchants.DEFAULT, card.kept()
    row = nonces.issue(call, kept, judge.checks(kept, {"postal_code": "60606"}, "123", {}), {"postal_code": "60606"})
    return client_api.as_json({"nonce": row["nonce"], "label": f"{card.brand} {card.last4}"}, 201)
