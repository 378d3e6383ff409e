"""What a browser keeps of the portal: one signed cookie and a language, and nothing of any page."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = ("/sign-in", "/practice/sign-in", "/no-such-page")
STAFF = ("/practice/tasks/", "/practice/settings/details")
# https://htmx.org/reference/#config: what keeps pages, runs text as code, or writes styles into the page.
QUIET = {"historyCacheSize": 0, "allowEval": False, "includeIndicatorStyles": False, "selfRequestsOnly": True}


class Told(HTMLParser):
    """What a page tells htmx."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.config: dict = {}
        self.history: list = []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        if found.get("name") == "htmx-config":
            self.config = json.loads(found["content"])
        if tag == "body":
            self.history.append(found.get("data-hx-history"))


def quiet(page: str) -> None:
    told = Told(page)
    assert {name: told.config.get(name) for name in QUIET} == QUIET
    assert told.history == ["false"]


@pytest.mark.parametrize("url", PAGES)
def test_no_page_lets_a_library_keep_it(client, url):
    quiet(client.get(url).text)


def test_nor_do_the_pages_inside(sign_in, ana, rosa):
    for person, urls in ((ana, ("/", "/account", "/cards")), (rosa, STAFF)):
        for url in urls:
            answer = sign_in(person).get(url)
            quiet(answer.text)
            assert answer.headers["Cache-Control"] == "no-store"


def test_every_frame_of_pages_is_the_one_that_says_so():
    """A template with a body of its own would have to say it again; only papers and a client’s own data have one."""
    bodies = {path.name for path in (ROOT / "templates").rglob("*.html") if "<body" in path.read_text(encoding="utf-8")}
    assert bodies <= {"base.html", "page.html", "own_data_summary.html", "flyer.html"}


def test_two_cookies_are_all_and_both_are_of_this_site(client, ana):
    """Works where browsers refuse others: nobody is ever asked to lower a setting."""
    client.submit("/language", {"language": "es"})
    client.sign_in(ana)

    kept = {cookie.key: (cookie.domain, cookie.path, cookie.http_only) for cookie in client._cookies.values()}
    assert kept == {"session": ("localhost", "/", True), "language": ("localhost", "/", True)}


def test_what_goes_into_the_cookie_is_signed_and_names_nobody(app, client, ana):
    client.sign_in(ana)
    with client.session_transaction() as session:
        held = str(dict(session))

    assert not re.search(r"ana|example|Delgado|password", held, re.IGNORECASE)
