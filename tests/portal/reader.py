"""Reads pages the way a person without JavaScript does, and refuses pages that are badly made."""

from collections import Counter
from xml.etree.ElementTree import Element

import html5lib
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from tests.visitor import Visitor

INLINE = ("a", "b", "small", "strong", "span")
UNLABELLED = ("hidden", "submit", "button")


class Page:
    """One answer, parsed strictly: it must be well made before anything else is asked of it."""

    def __init__(self, answer: TestResponse) -> None:
        self.answer, self.status, self.html = answer, answer.status_code, answer.text
        self.path = answer.request.full_path.rstrip("?")
        self.tree = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(self.html)
        self.refuse_flaws()

    def refuse_flaws(self) -> None:
        ids = Counter(element.get("id") for element in self.tree.iter() if element.get("id"))
        assert [id for id, count in ids.items() if count > 1] == []
        assert len(self.all("h1")) == 1
        labels = self.all("label")
        named = {label.get("for") for label in labels} | {id(inside) for label in labels for inside in label.iter()}
        for field in [*self.all("input"), *self.all("textarea"), *self.all("select")]:
            if field.get("type") not in UNLABELLED:
                assert field.get("id") in named or id(field) in named or field.get("aria-labelledby"), field.attrib

    def all(self, tag: str) -> list[Element]:
        return list(self.tree.iter(tag))

    @property
    def title(self) -> str:
        return said(self.all("title")[0])

    @property
    def h1(self) -> str:
        return said(self.all("h1")[0])

    @property
    def text(self) -> str:
        """What stands in the main part, in one line."""
        return said(self.all("main")[0])

    @property
    def problem(self) -> str:
        """The error summary, or empty."""
        return next((said(box) for box in self.all("div") if box.get("id") == "problem"), "")

    def form(self, action: str) -> Element:
        return next(form for form in self.all("form") if form.get("action") == action)

    def buttons(self) -> list[str]:
        return [said(button) for button in self.all("button")]

    def links(self, text: str) -> list[str]:
        return [link.get("href") for link in self.all("a") if said(link) == text]

    def fields(self, action: str) -> MultiDict:
        """What the form would send now, without its buttons."""
        sent = MultiDict()
        for field in self.form(action).iter():
            if not field.get("name") or "disabled" in field.attrib or field.tag not in ("input", "textarea"):
                continue
            if field.get("type") in ("checkbox", "radio") and "checked" not in field.attrib:
                continue
            text = (field.text or "").removeprefix("\n") if field.tag == "textarea" else field.get("value", "")
            sent.add(field.get("name"), text)
        return sent


class Reader:
    """A signed-in person: opens pages, follows links by their words, fills in and sends forms."""

    def __init__(self, browser: Visitor) -> None:
        self.browser = browser

    def open(self, path: str) -> Page:
        return Page(self.browser.get(path, follow_redirects=True))

    def fragment(self, path: str) -> str:
        return self.browser.get(path, headers={"HX-Request": "true"}).text

    def follow(self, page: Page, text: str, which: int = 0) -> Page:
        return self.open(page.links(text)[which])

    def send(self, page: Page, action: str, **changes) -> Page:
        """Send a form as it stands, with some fields changed; None leaves a field out."""
        sent = page.fields(action)
        for name, value in changes.items():
            sent.poplist(name)
            sent.setlist(name, [] if value is None else value if isinstance(value, list) else [value])
        answer = self.browser.post(action, data=sent, follow_redirects=True)
        return Page(answer)

    def pay(self, page: Page, **changes) -> Page:
        return self.send(page, "/pay", **changes)


def said(element: Element) -> str:
    return " ".join("".join(_words(element)).split())


def _words(element: Element):
    """The text people read: no scripts, and words of neighbouring blocks stay apart."""
    if element.tag in ("script", "style", "noscript") or element.get("aria-hidden") == "true":
        return
    yield element.text or ""
    for child in element:
        apart = "" if child.tag in INLINE else " "
        yield apart
        yield from _words(child)
        yield apart
        yield child.tail or ""
