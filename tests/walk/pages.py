"""Reading answers as a browser would: what a page says, where it leads, and everything reachable from a start."""

import io
import re
import zipfile
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit
from xml.etree.ElementTree import Element

import html5lib
from pypdf import PdfReader
from werkzeug.test import TestResponse

from tests.visitor import Visitor

FRAGMENT = {"HX-Request": "true"}
FILES = ("/static/", "/assets/")
BOXES = ("checkbox", "radio")
KEY = re.compile(r"/[\w-]{22}(?=/|\.|$)")
MOST = 500  # a crawl that finds more has lost its way


@dataclass(frozen=True)
class Answer:
    """One answer to a GET; `fragment` when only a part of a page was asked for."""

    url: str
    response: TestResponse
    fragment: bool = False
    choices: bool = True

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def html(self) -> bool:
        return self.response.mimetype == "text/html"

    @property
    def pdf(self) -> bool:
        return self.response.mimetype == "application/pdf"

    @cached_property
    def parser(self) -> html5lib.HTMLParser:
        """Has read the page; knows what was wrong with it."""
        parser = html5lib.HTMLParser(namespaceHTMLElements=False)
        parser.parse(self.response.text)
        return parser

    @cached_property
    def tree(self) -> Element:
        return self.parser.tree.getDocument()

    @cached_property
    def said(self) -> str:
        """Everything a reader, or whoever looks over the wire, could find in it; how long it is may be any number."""
        told = (f"{name}: {value}" for name, value in self.response.headers if name != "Content-Length")
        return "\n".join((self.url, *told, self._body()))

    def _body(self) -> str:
        if self.response.mimetype == "image/png":
            return ""
        if self.response.mimetype == "application/zip":
            return zip_text(self.response.data)
        return pdf_text(self.response.data) if self.pdf else self.response.text

    @property
    def leads_to(self) -> Iterator[str]:
        if self.status in (301, 302, 303, 307, 308):
            yield self.response.location
        elif self.html:
            yield from (element.get("href", "") for element in self.tree.iter("a"))
            for form in self.tree.iter("form"):
                yield from self._asked_by(form)

    def _asked_by(self, form: Element) -> Iterator[str]:
        """As it stands; with `choices` also with every box ticked, and with each option of each list."""
        if form.get("method", "get").lower() != "get":
            return
        action = form.get("action") or urlsplit(self.url).path
        for values in filled(form) if self.choices else [next(filled(form))]:
            yield f"{action}?{urlencode(values)}"

    @property
    def parts(self) -> Iterator[str]:
        """Addresses of fragments that the page asks for by itself."""
        for element in self.tree.iter():
            if target := element.get("data-hx-get"):
                values = next(filled(element, ticked=True)) if element.tag == "form" else []
                yield f"{target}?{urlencode(values)}" if values else target


def filled(form: Element, ticked: bool = False) -> Iterator[list[tuple[str, str]]]:
    """What a browser would send: untouched, then all boxes ticked, then one other choice at a time."""
    plain = list(_values(form, ticked))
    yield plain
    if any(box.get("type") in BOXES for box in form.iter("input")) and not ticked:
        yield list(_values(form, True))
    for select in form.iter("select"):
        for option in select.iter("option"):
            yield [(name, option.get("value", "") if name == select.get("name") else value) for name, value in plain]


def _values(form: Element, ticked: bool) -> Iterator[tuple[str, str]]:
    for field in form.iter():
        name, kind = field.get("name"), field.get("type", "")
        if not name or field.get("disabled") is not None or kind == "submit":
            continue
        if field.tag == "input" and (kind not in BOXES or ticked or field.get("checked") is not None):
            yield name, field.get("value", "on" if kind in BOXES else "")
        elif field.tag == "textarea":
            yield name, field.text or ""
        elif field.tag == "select":
            yield name, _selected(field)


def _selected(select: Element) -> str:
    options = list(select.iter("option"))
    chosen = [option for option in options if option.get("selected") is not None]
    return next((option.get("value", "") for option in (*chosen, *options)), "")


def shape(url: str) -> tuple[str, ...]:
    """Pages that are alike in this are drawn alike: keys and what was typed do not matter."""
    asked = urlsplit(url)
    return KEY.sub("/<key>", asked.path), *sorted(name for name, value in parse_qsl(asked.query) if value)


def crawl(browser: Visitor, *starts: str, each: int = MOST, choices: bool = True, but: str = "") -> list[Answer]:
    """Every page, paper and part of a page that links and forms lead to, each once; at most `each` that are alike.

    Without `choices` a form that filters a list is sent as it stands, and not with each option of its lists as well.
    What ends in `but` is not asked for.
    """
    waiting, seen, answers = deque((url, False) for url in starts), set(starts), []
    alike: Counter = Counter()
    while waiting:
        url, fragment = waiting.popleft()
        alike[shape(url)] += 1
        if alike[shape(url)] > each:
            continue
        response = browser.get(url, headers=FRAGMENT if fragment else {}, buffered=True)
        answer = Answer(url, response, fragment, choices)
        answers.append(answer)
        assert len(answers) < MOST, [answer.url for answer in answers]
        for found, part in _offers(answer):
            if found not in seen and not (but and found.endswith(but)):
                seen.add(found)
                waiting.append((found, part))
    return answers


def _offers(answer: Answer) -> Iterator[tuple[str, bool]]:
    found = [(link, False) for link in answer.leads_to]
    if answer.html and not answer.fragment:
        found += [(part, True) for part in answer.parts]
    for link, part in found:
        where = urlsplit(urljoin(f"http://localhost{answer.url}", link))
        if where.netloc == "localhost" and where.scheme == "http" and not where.path.startswith(FILES):
            yield where.path + (f"?{where.query}" if where.query else ""), part


def zip_text(content: bytes) -> str:
    """The names and words of all files in it."""
    files = zipfile.ZipFile(io.BytesIO(content))
    bodies = {name: files.read(name) for name in files.namelist()}
    said = (pdf_text(body) if name.endswith(".pdf") else body.decode() for name, body in bodies.items())
    return "\n".join((*bodies, *said))


@cache
def pdf_text(content: bytes) -> str:
    """Words, title and metadata, and the names and words of attached files."""
    paper = PdfReader(io.BytesIO(content))
    pages = [page.extract_text() for page in paper.pages]
    about = [str(paper.metadata), paper.xmp_metadata.stream.get_data().decode() if paper.xmp_metadata else ""]
    files = [name + b"".join(parts).decode("utf-8", "replace") for name, parts in paper.attachments.items()]
    return "\n".join((*pages, *about, *files))
