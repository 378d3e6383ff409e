"""A superbill made the first time against WeasyPrint on the bare HTML with the same style; afterwards stored bytes."""

import os
import shutil
from collections.abc import Callable
from functools import partial
from multiprocessing import active_children
from pathlib import Path
from time import process_time

import documents
from choices import DocumentType
from demo import load
from documents import pdf
from models import Document, db, open_database
from tests.builders import NOW, TODAY

MOST = 1.2
TURNS = 3


def taken(work: Callable[[], object]) -> float:
    """Milliseconds on the processor, here and in the process that prints."""
    began = _spent()
    work()
    return (_spent() - began) * 1000


def _spent() -> float:
    """Seconds; of another process Linux tells hundredths, which is why many papers are added up."""
    return process_time() + sum(_spent_by(child.pid) for child in active_children())


def _spent_by(pid: int) -> float:
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def bare(html: str) -> bytes:
    """No process of its own, no archive and accessibility marks, nothing stored."""
    press = pdf._press()
    paper = press.html(string=html, url_fetcher=press.fetch)
    return paper.write_pdf(stylesheets=[press.style], font_config=press.fonts)


def test_a_superbill_costs_little_more_than_weasyprint(migrated, tmp_path, compare):
    """Each of the demo's superbills in turns, three times over; the mean of all."""
    theirs, ours, again = [], [], []
    for turn in range(TURNS):
        told(migrated, tmp_path / f"{turn}.sqlite")
        with db.connection_context():
            for paper in Document.select().where(Document.type == DocumentType.SUPERBILL):
                html = documents.page(paper)
                bare(html), pdf.render(html)  # both have loaded their fonts
                theirs.append(taken(partial(bare, html)))
                ours.append(taken(partial(documents.as_pdf, paper)))
                again.append(taken(lambda id=paper.id: documents.as_pdf(Document.get_by_id(id))))
    made, printed, stored = (sum(each) / len(each) for each in (ours, theirs, again))
    first = compare("C5", "superbill the first time, WeasyPrint on its bare HTML", made, printed, MOST)
    after = compare("C5", "superbill after that, the first time", stored, made, 0.1)
    assert first.kept and after.kept


def told(migrated: Path, path: Path) -> None:
    """The demo practice in a file of its own."""
    shutil.copy(migrated, path)
    open_database(str(path))
    with db.connection_context():
        load.load(TODAY, NOW, "")
