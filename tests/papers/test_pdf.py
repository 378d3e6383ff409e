"""Printing: in a child process, only our own fonts, the first bytes kept."""

import hashlib
import logging
import os
import signal
import sys

import pytest

import documents
from documents import pdf
from models import Document
from tests.papers.conftest import drawn

HEAD = '<!doctype html><html lang="en"><head><title>Hello</title></head><body><h1>Hello</h1>'
HELLO = f"{HEAD}<table><tr><td>cell</td></tr></table></body></html>"


@pytest.fixture
def without_pango(tmp_path, monkeypatch):
    """WeasyPrint as it is on a machine without Pango: importing it raises."""
    (tmp_path / "weasyprint.py").write_text("raise OSError(\"cannot load library 'libgobject-2.0-0'\")")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(pdf, "child", pdf.Child())
    yield
    pdf.child.end()


def test_a_child_process_prints_what_this_process_would():
    assert pdf.render(HELLO) == drawn(HELLO)


def test_a_child_that_died_is_replaced_for_the_next_paper(caplog):
    process = pdf.child._started().submit(os.getpid).result()
    os.kill(process, signal.SIGKILL)

    with pytest.raises(pdf.PdfFailed):
        pdf.render(HELLO)
    assert pdf.render(HELLO) == drawn(HELLO)


def test_a_pool_found_broken_twice_is_replaced_once():
    child = pdf.Child()
    first = child._started()
    child._replace(first)
    second = child._started()

    child._replace(first)

    assert child._started() is second
    child.end()
    assert child._started() is not second


def test_a_paper_that_takes_too_long_ends_its_child():
    endless = HEAD + "<table>" + "<tr><td>cell</td></tr>" * 20_000

    with pytest.raises(pdf.BrokenProcessPool):
        pdf.Child()._started().submit(pdf.draw_in_time, endless, 1).result()


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_paper_in_time_stops_the_clock():
    drawn_in_time = pdf.draw_in_time(HELLO)

    assert drawn_in_time == drawn(HELLO)
    assert signal.alarm(0) == 0


def test_nothing_is_fetched_but_our_own_fonts(caplog):
    for source in ("http://example.com/a.png", "file:///etc/passwd", f"{pdf.FONTS.parent.as_uri()}/htmx.min.js"):
        with pytest.raises(pdf.PdfFailed):
            pdf.render(f'{HEAD}<img src="{source}" alt="x">')


def test_in_the_child_a_problem_is_told_by_its_name_alone():
    with pytest.raises(pdf.PdfFailed, match=r"^FatalURLFetchingError$"):
        pdf.draw_in_time(f'{HEAD}<img src="file:///Jade" alt="Jade">')


def test_why_a_paper_failed_is_logged_without_a_word_of_it(caplog):
    with caplog.at_level(logging.ERROR), pytest.raises(pdf.PdfFailed):
        pdf.render(f'{HEAD}<img src="file:///Jade" alt="Jade">')

    assert "A PDF could not be made: FatalURLFetchingError" in caplog.text
    assert "Jade" not in caplog.text


def test_a_machine_without_pango_is_noticed_when_the_first_paper_is_printed(without_pango, monkeypatch):
    monkeypatch.delitem(sys.modules, "weasyprint", raising=False)
    pdf._press.cache_clear()

    with pytest.raises(pdf.PangoMissing):
        pdf.draw_in_time(HELLO)


def test_without_pango_the_packages_are_named(without_pango):
    with pytest.raises(pdf.PangoMissing) as missing:
        pdf.render(HELLO)

    assert missing.value.packages == "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"


def test_the_first_bytes_are_kept_with_their_hash(paper):
    document = paper("RCT-2026-000012")

    made = documents.as_pdf(document)

    kept = Document.get_by_id(document.id)
    assert bytes(kept.pdf) == made
    assert kept.pdf_sha256 == hashlib.sha256(made).hexdigest()


def test_asked_for_again_the_stored_bytes_come_back(paper):
    document = paper("RCT-2026-000012")
    Document.update(pdf=b"as printed then").where(Document.id == document.id).execute()

    assert documents.as_pdf(paper("RCT-2026-000012")) == b"as printed then"


def test_two_requests_at_once_both_return_the_bytes_that_were_first(paper):
    slow = paper("RCT-2026-000012")
    Document.update(pdf=b"the other was first").where(Document.id == slow.id).execute()

    assert documents.as_pdf(slow) == b"the other was first"


def test_a_pdf_without_labels_is_made_for_its_reader_and_not_stored(paper):
    document = paper("RCT-2026-000012")

    made = documents.as_pdf(document, labels=False)

    assert made.startswith(b"%PDF")
    assert Document.get_by_id(document.id).pdf is None


def test_the_file_is_named_after_the_number_alone(paper):
    assert documents.file_name(paper("SB-2026-000041")) == "SB-2026-000041.pdf"
