"""Papers as people see them: an HTML part for the screen and a PDF, both drawn from the facts frozen at issue."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

import words
from billing.papers import without_labels
from choices import DocumentType
from documents.pdf import render
from models import Document
from money import format_dollars

TEMPLATES = Path(__file__).parent.parent / "templates"
DRAWN = {
    DocumentType.INVOICE: "documents/_invoice.html",
    DocumentType.RECEIPT: "documents/_receipt.html",
    DocumentType.STATEMENT: "documents/_statement.html",
    DocumentType.SUPERBILL: "documents/_superbill.html",
}


def article(type: DocumentType, data: Mapping[str, Any], *, level: int = 1) -> Markup:
    """The paper as one `<article>` for a page of the portal; `data` as `billing.papers.frozen` gives it.

    Its heading is the page's h1, or of the `level` that fits below other headings.
    """
    return Markup(_draw(DRAWN[type], data, level=level))  # noqa: S704 – the template escaped every value


def data_for(document: Document, *, labels: bool = True) -> dict[str, Any]:
    """The frozen facts; without `labels`, no service and no name."""
    data: dict[str, Any] = document.data
    return data if labels else without_labels(data)


def page(document: Document, *, labels: bool = True) -> str:
    """The whole HTML document that is printed."""
    return _draw("documents/page.html", data_for(document, labels=labels), level=1, drawn=DRAWN[document.type])


def as_pdf(document: Document, *, labels: bool = True) -> bytes:
    """The PDF: made the first time it is asked for, then always the same stored bytes.

    The one without labels is made for its reader each time and never stored: it is not the paper as issued.

    Raises:
        documents.pdf.PdfFailed: it could not be made now; the HTML is still there.
    """
    if not labels:
        return render(page(document, labels=False))
    if document.pdf is None:
        _store(document, render(page(document)))
    return bytes(document.pdf)


def file_name(document: Document) -> str:
    """Type and number only; a download folder tells nobody whose paper it is."""
    return f"{document.number}.pdf"


def _store(document: Document, made: bytes) -> None:
    """Keep the first bytes; when two requests made them at once, both return the ones that were first."""
    unmade = (Document.id == document.id) & Document.pdf.is_null()
    Document.update(pdf=made, pdf_sha256=hashlib.sha256(made).hexdigest()).where(unmade).execute()
    document.pdf = Document.get_by_id(document.id).pdf


def draw_page(template: str, language: str, **context: Any) -> str:
    """A page that is no paper: its words in this language, and what else it needs."""
    return _environment().get_template(template).render(language=language, t=speaker(language), **context)


def speaker(language: str) -> Callable[..., Markup]:
    """`t` of templates in one language, whatever the reader's."""
    return partial(_said, language)


def _draw(template: str, data: Mapping[str, Any], **context: Any) -> str:
    language, zone = data["language"], data["zone"]
    return draw_page(
        template, language, paper=data,
        day=lambda text: words.show_day(date.fromisoformat(text), language),
        us_day=lambda text: date.fromisoformat(text).strftime("%m/%d/%Y"),
        day_of=lambda text: words.show_day(words.local_day(datetime.fromisoformat(text), zone), language),
        instant=lambda text: words.show_instant(datetime.fromisoformat(text), zone, language),
        **context,
    )  # fmt: skip


def _said(language: str, key: str, **values: object) -> Markup:
    return escape(words.sentences()[key][language]).format(**values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.globals.update(dollars=format_dollars, figure=_figure)
    return environment


def _figure(cents: int) -> str:
    """ "1,234.50" for the columns of a superbill."""
    return format_dollars(cents).replace("$", "")
