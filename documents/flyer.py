"""A flyer to hang up or hand out: where and how clients pay online. It says nothing of anybody."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from documents import draw_page, qr, speaker
from documents.pdf import render

LONG = 26  # letters of an address that fill the line at full size


@dataclass(frozen=True)
class Flyer:
    """What a flyer says of this practice; `address` is the portal's own, as phones open it."""

    practice: str
    phone: str
    address: str


def page(flyer: Flyer, language: str) -> str:
    """The whole HTML document that is printed."""
    host = urlsplit(flyer.address).netloc
    square = qr.drawing(flyer.address, speaker(language)("share.qr.alt", address=host))
    return draw_page("documents/flyer.html", language, flyer=flyer, host=host, long=len(host) > LONG, square=square)


def as_pdf(flyer: Flyer, language: str) -> bytes:
    """One page of letter paper, by the same standards as every paper.

    Raises:
        documents.pdf.PdfFailed: it could not be made now.
    """
    return render(page(flyer, language))
