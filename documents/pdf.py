"""HTML to one PDF that is both PDF/A-3a and PDF/UA-1. The only file that knows WeasyPrint.

Printing holds the interpreter for long, so it happens in a child process, started when the first paper is printed.
The same HTML always gives the same bytes; nothing is fetched but our own fonts.
"""

import logging
import signal
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import unquote, urlsplit

from evenly_frontend import asset_dir

STYLE = Path(__file__).parent.parent / "static" / "documents.css"
FONTS = asset_dir() / "fonts"
SUBSETS = ("latin", "latin-ext", "vietnamese", "cyrillic", "greek")  # a family each: names may need any
WEIGHTS = (400, 600, 700)
PACKAGES = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
LONGEST = 60  # seconds one paper may take before its child is stopped
PAPERS_PER_CHILD = 200
log = logging.getLogger(__name__)


class PdfFailed(Exception):
    """The PDF could not be made this time; the page can still be read."""


class PangoMissing(PdfFailed):
    """The machine lacks the libraries that lay out text; `packages` are Debian's names for them."""

    packages = PACKAGES


@dataclass(frozen=True)
class Press:
    """WeasyPrint with everything that is made once: the fonts and the style that names them."""

    html: Any
    fonts: Any
    style: Any
    fetch: Any


class Child:
    """The one printing process: started late, replaced when it dies."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._pool: ProcessPoolExecutor | None = None

    def run(self, html: str) -> bytes:
        """Print in the child; `PdfFailed` when it could not, or died."""
        pool = self._started()
        try:
            return pool.submit(draw_in_time, html).result()
        except BrokenProcessPool:
            self._replace(pool)
            raise PdfFailed("the printing process ended") from None

    def end(self) -> None:
        """Wait until the printing process has ended; the next paper starts another."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool:
            pool.shutdown()

    def _started(self) -> ProcessPoolExecutor:
        with self._lock:
            if self._pool is None:
                spawn = get_context("spawn")
                self._pool = ProcessPoolExecutor(1, spawn, max_tasks_per_child=PAPERS_PER_CHILD)
            return self._pool

    def _replace(self, broken: ProcessPoolExecutor) -> None:
        with self._lock:
            if self._pool is broken:
                self._pool = None
        broken.shutdown(wait=False)


child = Child()


def render(html: str) -> bytes:
    """The PDF of a whole HTML document.

    Raises:
        PangoMissing: the text libraries are not installed.
        PdfFailed: anything else; asking again may work.
    """
    try:
        return child.run(html)
    except PdfFailed as failed:
        log.error("A PDF could not be made: %s", failed)
        raise


def draw_in_time(html: str, seconds: int = LONGEST) -> bytes:
    """`draw`, in the child: a paper that takes longer than `seconds` ends its process.

    A problem comes back by the name of its type alone: its words may quote the paper.
    """
    signal.alarm(seconds)
    try:
        return draw(html)
    except PdfFailed:
        raise
    except BaseException as problem:  # WeasyPrint's own refusals are no `Exception`
        raise PdfFailed(type(problem).__name__) from None
    finally:
        signal.alarm(0)


def draw(html: str) -> bytes:
    """Lay the HTML out and mark the result as PDF/A-3a and PDF/UA-1."""
    from documents.tags import finish  # late as WeasyPrint is: only the child that prints needs it

    press = _press()
    paper = press.html(string=html, url_fetcher=press.fetch)
    return finish(paper.write_pdf(stylesheets=[press.style], font_config=press.fonts, pdf_variant="pdf/a-3a"))


@cache
def _press() -> Press:
    try:
        import weasyprint  # late and here only: it is slow to load and needs Pango
        from weasyprint.text.fonts import FontConfiguration
        from weasyprint.urls import FatalURLFetchingError, URLFetcher
    except OSError as missing:
        raise PangoMissing(PACKAGES) from missing

    class OwnFonts(URLFetcher):
        def fetch(self, url: str, headers: dict[str, str] | None = None) -> Any:
            if Path(unquote(urlsplit(url).path)).parent != FONTS:
                raise FatalURLFetchingError(url)
            return super().fetch(url, headers)

    # One configuration for all papers: a new one for each doubles the time and leaks memory.
    fonts, fetch = FontConfiguration(), OwnFonts(allowed_protocols=["file"])
    style = weasyprint.CSS(string=_faces() + STYLE.read_text(), font_config=fonts, url_fetcher=fetch)
    return Press(weasyprint.HTML, fonts, style, fetch)


def _faces() -> str:
    return "".join(
        f'@font-face{{font-family:"Paper {subset}";font-weight:{weight};'
        f'src:url("{(FONTS / f"source-sans-3-{subset}-{weight}.woff2").as_uri()}")}}'
        for subset in SUBSETS for weight in WEIGHTS
    )  # fmt: skip
