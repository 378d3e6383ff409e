"""The portal's address as a square and on a flyer: each read back, and nothing else in it."""

import re
from io import BytesIO

import pikepdf
import pytest
import segno
from PIL import Image

from documents import flyer, qr
from documents.flyer import Flyer
from tests.papers.conftest import drawn
from tests.papers.reading import Printed

ADDRESS = "https://pay.harborfern.example"
ABOUT = Flyer("Harbor Fern Counseling (DEMO)", "(312) 555-0100", ADDRESS)
SIDE = 29  # modules of version 3, which holds up to 42 letters at level M


def dark_in_png(made: bytes) -> set[tuple[int, int]]:
    """The dark modules, by column and row, the white edge counted."""
    picture = Image.open(BytesIO(made)).convert("1")
    assert picture.size == ((SIDE + 8) * 16,) * 2
    modules = [(x, y) for y in range(SIDE + 8) for x in range(SIDE + 8)]
    return {(x, y) for x, y in modules if not picture.getpixel((x * 16 + 8, y * 16 + 8))}


def dark_in_svg(drawing: str) -> set[tuple[int, int]]:
    """The same from the strokes of a drawing: each runs along the middle of one row."""
    found, x, y = set(), 0.0, 0.0
    for move, first, second in re.findall(
        r"([Mmh])(-?[\d.]+)(?: (-?[\d.]+))?", re.findall(r' d="(M4[^"]+)"', drawing)[0]
    ):
        if move == "h":
            found |= {(int(x) + step, int(y)) for step in range(int(first))}
            x += int(first)
        else:
            x, y = (float(first), float(second)) if move == "M" else (x + float(first), y + float(second))
    return found


def test_file_and_drawing_hold_the_address_alone_with_a_white_edge_around():
    symbol = qr.code(ADDRESS)
    expected = {(x + 4, y + 4) for y, row in enumerate(symbol.matrix) for x, dark in enumerate(row) if dark}

    assert symbol.designator == "3-M" and symbol.symbol_size(border=0) == (SIDE, SIDE)
    assert symbol == segno.make_qr(ADDRESS, error="m", version=3, boost_error=False, mask=symbol.mask)
    assert symbol != qr.code(f"{ADDRESS}/")
    assert dark_in_png(qr.png(ADDRESS)) == dark_in_svg(qr.svg(ADDRESS).decode()) == expected
    assert dark_in_svg(qr.drawing(ADDRESS, "Opens <it>")) == expected
    assert "<title>Opens &lt;it&gt;</title>" in qr.drawing(ADDRESS, "Opens <it>")


@pytest.mark.parametrize(
    ("language", "heading", "alt"),
    [
        ("en", "Pay your bill online", "QR code: opens pay.harborfern.example"),
        ("es", "Pague su cuenta en línea", "Código QR: abre pay.harborfern.example"),
    ],
)
def test_the_flyer_is_one_page_that_reads_aloud(language, heading, alt):
    made = drawn(flyer.page(ABOUT, language))
    paper = Printed(made)

    assert paper.pages == 1 and paper.headings == [("H1", heading)]
    for words in ("Harbor Fern Counseling (DEMO)", "pay.harborfern.example", "(312) 555-0100"):
        assert words in paper.text
    with pikepdf.open(BytesIO(made)) as pdf:
        figures = [each for each in pdf.objects if isinstance(each, pikepdf.Dictionary) and each.get("/S") == "/Figure"]
        assert [str(each.Alt) for each in figures] == [alt]
        assert str(pdf.Root.Lang) == language and str(pdf.docinfo.Title).startswith(heading)
        metadata = pdf.open_metadata()
        assert (metadata["pdfaid:part"], metadata["pdfuaid:part"]) == ("3", "1")
        assert "/Annots" not in pdf.pages[0]


def test_a_long_address_is_set_smaller_and_a_missing_phone_leaves_no_question():
    page = flyer.page(Flyer("Fern", "", "https://payments.harbor-fern-counseling.example"), "en")

    assert 'class="where long"' in page and "Questions?" not in page
