"""What PDF/A-3a and PDF/UA-1 ask of a file, as far as a reader of its objects can tell."""

from io import BytesIO
from itertools import pairwise

import pikepdf
import pytest
from pikepdf import Name

import documents
from tests.papers.conftest import drawn
from tests.papers.reading import Printed

NUMBERS = ("SB-2026-000041", "INV-2026-000027", "RCT-2026-000016")  # the invoice is in Spanish


@pytest.fixture(params=NUMBERS)
def number(request):
    return request.param


@pytest.fixture
def opened(printed, number):
    with pikepdf.open(BytesIO(printed(number).made)) as pdf:
        yield pdf


def test_one_file_names_both_standards(opened):
    metadata = opened.open_metadata()

    assert metadata["pdfaid:part"] == "3"
    assert metadata["pdfaid:conformance"] == "A"
    assert metadata["pdfuaid:part"] == "1"


def test_the_property_that_pdf_a_does_not_know_is_described(opened):
    described = opened.Root.Metadata.read_bytes().decode()

    assert "<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>" in described
    assert "<pdfaProperty:name>part</pdfaProperty:name>" in described


def test_it_has_a_language_and_a_title_that_is_shown(opened, paper, number):
    assert str(opened.Root.Lang) == paper(number).language
    assert opened.Root.ViewerPreferences.DisplayDocTitle is True
    assert number in str(opened.docinfo.Title)


def test_the_title_and_the_metadata_name_no_person(opened, paper, number):
    said = opened.Root.Metadata.read_bytes().decode() + str(dict(opened.docinfo.items()))

    for person in ("Jade", "Foster", "Tomás", "Rivera", "Mara", "terap", "therapy"):
        assert person not in said


def test_it_is_tagged_and_read_in_tag_order(opened):
    assert opened.Root.MarkInfo.Marked is True
    assert all(page.Tabs == Name.S for page in opened.pages)


def test_colors_are_defined_and_nothing_is_locked(opened):
    assert opened.Root.OutputIntents[0].S == Name.GTS_PDFA1
    assert not opened.is_encrypted


def test_it_runs_nothing_and_links_nowhere(opened):
    assert "/OpenAction" not in opened.Root
    assert "/AcroForm" not in opened.Root
    assert all("/Annots" not in page and "/AA" not in page for page in opened.pages)


def test_every_font_is_inside_and_can_be_copied_as_text(opened):
    fonts = [font for page in opened.pages for font in page.Resources.Font.values()]

    assert fonts
    for font in fonts:
        assert "/ToUnicode" in font
        assert "/FontFile2" in font.DescendantFonts[0].FontDescriptor
        assert "Paper" in str(font.BaseFont)


def test_the_first_heading_is_the_only_h1_and_no_level_is_skipped(printed, number):
    levels = [int(tag[1]) for tag, _ in printed(number).headings]

    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_headings_can_be_jumped_to(opened):
    with opened.open_outline() as outline:
        assert outline.root


def test_every_header_cell_says_what_it_heads(printed, number):
    paper = printed(number)
    heads = [cell for head in paper.elements("THead") for cell in head.below() if cell.type == "TH"]
    rows = [cell for body in paper.elements("TBody") for cell in body.below() if cell.type == "TH"]

    assert {cell.attributes["/Scope"] for cell in heads} == {"/Column"}
    assert {cell.attributes["/Scope"] for cell in rows} == {"/Row"}


def test_the_header_cells_that_others_name_can_be_found(opened):
    names = list(opened.Root.StructTreeRoot.IDTree.Names)[::2]

    assert names == sorted(names, key=bytes)
    assert len(set(map(bytes, names))) == len(names)


def test_all_words_are_tagged_or_marked_as_margin(opened):
    parents = dict(zip(*[iter(opened.Root.StructTreeRoot.ParentTree.Nums)] * 2, strict=True))
    for page in opened.pages:
        owners, open_marks = parents[page.StructParents], []
        for instruction in pikepdf.parse_content_stream(page):
            operator = str(instruction.operator)
            if operator in ("BDC", "BMC"):
                open_marks.append(_mark(instruction.operands, owners))
            elif operator == "EMC":
                open_marks.pop()
            elif operator in ("Tj", "TJ"):
                assert open_marks and open_marks[-1]


def _mark(operands, owners):
    """The artifact, or the element that holds the marked words; None when nothing does."""
    if operands[0] == Name.Artifact:
        return "margin"
    owner = owners[operands[1].MCID]
    return owner is not None and owner.get("/S")


def test_the_margins_are_not_read_aloud(printed):
    paper = printed("SB-2026-000041")

    assert "Page 1 of 1" in paper.text
    assert "Page 1 of 1" not in paper.tree.text


def test_every_table_has_rows_of_the_same_width(printed, number):
    for table in printed(number).elements("Table"):
        widths = {
            sum(int(cell.attributes.get("/ColSpan", 1)) for cell in row.kids)
            for row in table.below() if row.type == "TR"
        }  # fmt: skip
        assert len(widths) == 1


def test_a_long_paper_repeats_its_table_head_and_counts_its_pages(paper):
    document = paper("SB-2026-000041")
    lines = [document.data["lines"][0] | {"note": "One visit, charge shared. Share 1 of 2."}] * 60
    document.data = document.data | {"lines": lines}

    long = Printed(drawn(documents.page(document)))

    assert long.pages > 2
    for page in range(long.pages):
        assert f"SB-2026-000041 · Page {page + 1} of {long.pages}" in long.text
    assert sum(table[0][:1] == ["Date"] for table in long.tables) >= long.pages - 1


@pytest.mark.parametrize("count", [9, 10])
def test_a_total_never_stands_alone_on_a_page(paper, count):
    document = paper("SB-2026-000041")
    document.data = document.data | {"lines": [document.data["lines"][0]] * count}

    _, last = Printed(drawn(documents.page(document))).texts

    assert last.splitlines()[1].startswith("10/02/2026 11 H0031")
    assert "Total 710.00" in last and "Electronically signed" in last


def test_names_of_many_peoples_are_printed_in_our_own_font(paper):
    document = paper("INV-2026-000027")
    document.data = document.data | {"bill_to": "Nguyễn Thị Ánh, Łukasz, Иван, Ελένη"}
    made = drawn(documents.page(document))

    assert "Nguyễn Thị Ánh, Łukasz, Иван, Ελένη" in Printed(made).text
    with pikepdf.open(BytesIO(made)) as pdf:
        fonts = [str(font.BaseFont) for font in pdf.pages[0].Resources.Font.values()]
    assert len(fonts) > 4 and all("Paper" in font for font in fonts)


def test_the_same_paper_gives_the_same_bytes(paper, printed, number):
    documents._environment.cache_clear()
    assert drawn(documents.page(paper(number))) == printed(number).made
