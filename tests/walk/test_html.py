"""Every page a person can reach is sound HTML that a screen reader, a strict policy and a phone can live with."""

import re
from collections import Counter
from html.parser import HTMLParser
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

import pytest
from werkzeug.test import TestResponse

import words
from models import Attempt
from tests.walk.conftest import As, person
from tests.walk.pages import FRAGMENT, Answer, crawl
from views.limits import limiter

STARTS = {
    "stranger": ("/sign-in", "/practice/sign-in", "/no-such-page"),
    "ana": ("/", "/no-such-page"),
    "kim": ("/",),
    "helen": ("/",),
    "nia": ("/", "/pay", "/cards/new"),
    "mara": ("/practice/transactions/", "/practice/no-such-page"),
    "jonah": ("/practice/transactions/",),
}
# Who sees the same pages as somebody else, or the most of them, reads them in the other language only with `-m slow`.
ONCE = {"en": ("stranger", "ana", "kim", "helen", "nia"), "es": ("stranger", "ana", "mara")}
READERS = [
    pytest.param(name, language, marks=() if name in ONCE[language] else pytest.mark.slow)
    for language in ("en", "es")
    for name in STARTS
]
LABELLED = ("input", "select", "textarea")
OWN_HOSTS = ("", "localhost", "127.0.0.1")  # the last is the sandbox's card page
NAMES = "|".join(re.escape(key) for key in sorted(words.sentences(), key=len, reverse=True))
KEYS = re.compile(rf"(?<![\w./@-])(?:{NAMES})\b")
UNFILLED = re.compile(r"\{[a-z_]+\}|\{\{|\}\}|%\([a-z_]+\)s")
NONSENSE = re.compile(r"(?<![\w-])(?:None|Undefined|nan|<built-in)(?![\w-])")


BROKEN = """<h1>Again</h1><p id=main style="color:red" onclick="go()">home.due {amount} <b>None</b></p><input name=x>
<a href="https://example.org/"></a><a href="#gone">x</a><form method=post></form><script nonce=other></script></div>"""
FAULTS = (
    "end-tag-too-early", "may be kept", "2 h1", "id main stands 2 times", "href points at 'gone'", "x has no label",
    "a says nothing", "p has style", "p has onclick", "nonce: other", "another host", "has tokens []",
    "says 'home.due'", "says '{amount}'", "b says", "lang is en",
)  # fmt: skip


class Told(HTMLParser):
    """What is shown and read aloud: text outside scripts and styles, and labels in attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.silent = 0
        self.feed(html)

    def handle_starttag(self, tag, attrs) -> None:
        self.silent += tag in ("script", "style")
        spoken = ("aria-label", "title", "alt", "placeholder", "data-sending")
        self.parts += [value for name, value in attrs if name in spoken]

    def handle_endtag(self, tag) -> None:
        self.silent -= tag in ("script", "style")

    def handle_data(self, data) -> None:
        if not self.silent:
            self.parts.append(data)


def faults(answer: Answer, language: str) -> list[str]:
    """What is wrong with one page, in words."""
    tree = next(answer.tree.iter("html"))
    found = [f"{error} at {place}" for place, error, _ in answer.parser.errors]
    for check in (kept_nowhere, one_heading, ids, labels, inline, hosts, forms, texts):
        found += check(tree, answer)
    if tree.get("lang") != language:
        found.append(f"lang is {tree.get('lang')}")
    return found


def kept_nowhere(tree: Element, answer: Answer) -> list[str]:
    return [] if answer.response.headers["Cache-Control"] == "no-store" else ["may be kept by the browser"]


def one_heading(tree: Element, answer: Answer) -> list[str]:
    headings = [told(heading) for heading in tree.iter("h1")]
    title = told(next(tree.iter("title"))).removeprefix("Error: ")
    if len(headings) != 1:
        return [f"{len(headings)} h1: {headings}"]
    for paper in tree.iter("article"):  # its heading is in its own language; the title has its number
        if list(paper.iter("h1")) and re.search(r"[A-Z]+-\d{4}-\d{6}", title)[0] in told(paper):
            return []
    return [] if title.startswith(headings[0]) else [f"title {title!r} does not start with h1 {headings[0]!r}"]


def ids(tree: Element, answer: Answer) -> list[str]:
    """Each once; what is pointed at is there."""
    counted = Counter(element.get("id") for element in tree.iter() if element.get("id"))
    twice = [f"id {id} stands {count} times" for id, count in counted.items() if count > 1]
    pointing = ("for", "aria-labelledby", "aria-describedby", "aria-controls", "form", "list")
    pointed = {(name, id) for element in tree.iter() for name in pointing for id in element.get(name, "").split()}
    pointed |= {("href", link.get("href")[1:]) for link in tree.iter("a") if link.get("href", "").startswith("#")}
    return twice + [f"{name} points at {id!r}, which is nowhere" for name, id in pointed if id not in counted]


def labels(tree: Element, answer: Answer) -> list[str]:
    """Every field and button says what it is for."""
    named = {label.get("for") for label in tree.iter("label")} - {None}
    inside = {id(field) for label in tree.iter("label") for field in label.iter() if told(label)}
    found = []
    for field in tree.iter():
        by_itself = field.get("aria-label") or field.get("aria-labelledby") or told(field)
        if field.tag in LABELLED and field.get("type") not in ("hidden", "submit"):
            by_itself = field.get("aria-label") or field.get("aria-labelledby")
            if not (by_itself or field.get("id") in named or id(field) in inside):
                found.append(f"{field.tag} {field.get('name')} has no label")
        elif field.tag in ("button", "a") and not by_itself:
            found.append(f"{field.tag} says nothing: {field.attrib}")
    return found


def inline(tree: Element, answer: Answer) -> list[str]:
    """Nothing that the Content-Security-Policy would refuse."""
    found = [f"<{tag}> in the page" for tag in ("style", "base", "iframe", "object") for _ in tree.iter(tag)]
    for element in tree.iter():
        found += [f"{element.tag} has {name}" for name in element.attrib if name == "style" or name.startswith("on")]
    nonces = {script.get("nonce") for script in tree.iter("script")}
    policy = answer.response.headers["Content-Security-Policy"]
    return found + [
        f"a script without the policy's nonce: {nonce}" for nonce in nonces if f"'nonce-{nonce}'" not in policy
    ]


def hosts(tree: Element, answer: Answer) -> list[str]:
    named = [
        element.get(name, "")
        for element in tree.iter()
        for name in ("href", "src", "action", "data-hx-get", "data-frame-src")
    ]
    return [f"another host: {url}" for url in named if (urlsplit(url).hostname or "") not in OWN_HOSTS]


def forms(tree: Element, answer: Answer) -> list[str]:
    """A form is checked by the server and carries its token exactly when it changes something."""
    found = []
    for form in tree.iter("form"):
        tokens = [field.get("value") for field in form.iter("input") if field.get("name") == "csrf_token"]
        if (form.get("method") == "post") != bool(tokens and tokens[0]):
            found.append(f"form {form.get('action')} has tokens {tokens}")
        if form.get("method") == "post" and any(field.get("required") is not None for field in form.iter("input")):
            found.append(f"form {form.get('action')} lets the browser refuse in its own words")
    return found


def texts(tree: Element, answer: Answer) -> list[str]:
    """No key of the catalogue, no place left unfilled, nothing of Python."""
    text = " ".join(Told(answer.response.text).parts)
    found = [f"says {name[0]!r}" for pattern in (KEYS, UNFILLED) for name in pattern.finditer(text)]
    for element in tree.iter():
        said = (element.text or "", *element.attrib.values())
        if element.tag not in ("option", "script") and any(NONSENSE.search(each) for each in said):
            found.append(f"{element.tag} says {said}")
    return found


def told(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def pages(browser, name: str, language: str) -> list[Answer]:
    browser.submit("/language", {"language": language})
    limiter.reset()
    return [answer for answer in crawl(browser, *STARTS[name], each=1) if answer.html]


@pytest.mark.parametrize(("name", "language"), READERS)
def test_every_page_is_sound(name, language, as_: As):
    found = {}
    for answer in pages(as_(name), name, language):
        if not answer.fragment and answer.status != 303:
            found[answer.url] = faults(answer, language)
    assert len(found) >= len(STARTS[name])
    assert {url: wrong for url, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize("name", ["ana", "helen"])
def test_a_part_of_a_page_is_asked_for_and_comes_alone(name, as_: As):
    parts = [answer for answer in crawl(as_(name), "/") if answer.fragment]
    assert parts
    for part in parts:
        assert not re.search(r"<(!doctype|html|head|body|main)\b", part.response.text, re.IGNORECASE), part.url
        assert "HX-Request" in part.response.vary
        assert part.response.headers["Cache-Control"] == "no-store"


def test_what_became_of_a_payment_comes_whole_or_in_part(as_: As):
    """The page that waits asks for its part every two seconds."""
    ana, url = as_("ana"), f"/pay/{Attempt.get(Attempt.user == person('ana')).key}"
    whole, part = ana.get(url), ana.get(url, headers=FRAGMENT)
    restored = ana.get(url, headers={**FRAGMENT, "HX-History-Restore-Request": "true"})
    assert [answer.text.count("<html") for answer in (whole, part, restored)] == [1, 0, 1]
    assert all("HX-Request" in answer.vary for answer in (whole, part, restored))
    assert "<h1" in part.text
    assert "csrf_token" not in part.text


def test_the_search_for_faults_finds_them(as_: As):
    """A page with one fault of each kind."""
    sound = as_("stranger").get("/sign-in")
    page = sound.text.replace("</main>", BROKEN + "</main>").encode()
    broken = TestResponse([page], sound.status, sound.headers, sound.request)
    broken.headers["Cache-Control"] = "public"
    found = "\n".join(faults(Answer("/sign-in", broken), "es"))
    for fault in FAULTS:
        assert fault in found
