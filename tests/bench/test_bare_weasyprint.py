"""A superbill made the first time against WeasyPrint on the bare HTML with the same style; afterwards stored bytes."""

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import perf_counter

import documents
from demo import load
from documents import pdf
from models import Document, DocumentType, db, open_database
from tests.builders import NOW, TODAY

MOST = 1.2


def wall(work: Callable[[], object]) -> float:
    """Milliseconds on the wall clock, since the portal prints in a process of its own."""
    began = perf_counter()
    work()
    return (perf_counter() - began) * 1000


def bare(html: str) -> bytes:
    """No process of its own, no archive and accessibility marks, nothing stored."""
    press = pdf._press()
    paper = press.html(string=html, url_fetcher=press.fetch)
    return paper.write_pdf(stylesheets=[press.style], font_config=press.fonts)


def test_a_superbill_costs_little_more_than_weasyprint(migrated, tmp_path, compare):
    """Each of the demo's superbills in turns, three times over; the quickest of each way counts."""
    theirs, ours, again = [], [], []
    for turn in range(3):
        told(migrated, tmp_path / f"{turn}.sqlite")
        with db.connection_context():
            for paper in Document.select().where(Document.type == DocumentType.SUPERBILL):
                html = documents.page(paper)
                bare(html), pdf.render(html)  # both have loaded their fonts
                theirs.append(wall(partial(bare, html)))
                ours.append(wall(partial(documents.as_pdf, paper)))
                again.append(wall(lambda id=paper.id: documents.as_pdf(Document.get_by_id(id))))
    first = compare("C5", "superbill the first time, WeasyPrint on its bare HTML", min(ours), min(theirs), MOST)
    after = compare("C5", "superbill after that, the first time", min(again), min(ours), 0.1)
    assert first.kept and after.kept


def told(migrated: Path, path: Path) -> None:
    """The demo practice in a file of its own."""
    shutil.copy(migrated, path)
    open_database(str(path))
    with db.connection_context():
        load.load(TODAY, NOW, "")
