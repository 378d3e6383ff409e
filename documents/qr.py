"""The portal's address as a square that phones read (ISO/IEC 18004). Nobody's name or key is in it."""

from io import BytesIO

import segno
from markupsafe import Markup

QUIET = 4  # modules of white around it, as the standard asks
DOT = 16  # pixels of a module in a file: sharp on a poster


def png(address: str) -> bytes:
    return _file(address, "png")


def svg(address: str) -> bytes:
    return _file(address, "svg")


def drawing(address: str, title: str) -> Markup:
    """As part of a page; `title` is what is read aloud instead."""
    drawn = code(address).svg_inline(border=QUIET, dark="#000", light="#fff", omitsize=True, title=title)
    return Markup(drawn)  # noqa: S704 – lines, and a title that segno escapes


def code(address: str) -> segno.QRCode:
    """Correction level M: it still reads when 15 percent of it are dirty or torn."""
    return segno.make(address, error="m", micro=False, boost_error=False)


def _file(address: str, kind: str) -> bytes:
    written = BytesIO()
    code(address).save(written, kind=kind, scale=DOT, border=QUIET, dark="#000", light="#fff")
    return written.getvalue()
