"""What the policy header would refuse, and what would call another host, is not in the files at all."""

import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = [path for path in sorted((ROOT / "templates").rglob("*.html")) if "email" not in path.parts]
# Papers are drawn by WeasyPrint, not by a browser under the policy header.
SCREENS = [path for path in PAGES if "documents" not in path.relative_to(ROOT / "templates").parts[:1]]
SHEETS = sorted((ROOT / "static").rglob("*.css"))
SCRIPTS = sorted((ROOT / "static").rglob("*.js"))


def named(path):
    return str(path.relative_to(ROOT))


@cache
def text_of(path):
    return path.read_text(encoding="utf-8")


def lines_with(pattern, paths):
    found = re.compile(pattern, re.IGNORECASE)
    return [
        f"{named(path)}:{number}: {line.strip()}"
        for path in paths
        for number, line in enumerate(text_of(path).splitlines(), 1)
        if found.search(line)
    ]


def test_pages_have_no_inline_style_or_handler():
    assert lines_with(r"""<style|\sstyle=|\son[a-z]+=["']|javascript:""", SCREENS) == []


def test_every_script_of_a_page_carries_the_nonce():
    scripts = [(named(path), tag) for path in SCREENS for tag in re.findall(r"<script\b[^>]*>", text_of(path))]
    assert [(name, tag) for name, tag in scripts if "{{ csp_nonce }}" not in tag] == []


def test_htmx_attributes_are_valid_html():
    assert lines_with(r"""\shx-[a-z-]+=""", SCREENS) == []


def test_no_other_host_is_named():
    namespaces = r"(?!www\.w3\.org/(2000|1999)/)"
    assert lines_with(rf"""(https?:)?//{namespaces}[a-z0-9-]+\.[a-z]""", [*SCREENS, *SHEETS, *SCRIPTS]) == []


def test_no_card_number_is_asked_for_by_us():
    boxes = r"""cc-(number|csc|exp)|name=["'](card_?number|cvv|cvc|pan)["']|\b\d{13,19}\b"""
    assert lines_with(boxes, SCREENS) == []


def test_every_posted_form_carries_the_token():
    posted = re.compile(r"""<form\b[^>]*method=["']post["'].*?</form>""", re.IGNORECASE | re.DOTALL)
    forms = [(named(path), form) for path in SCREENS for form in posted.findall(text_of(path))]
    assert [(name, form[:80]) for name, form in forms if "csrf_token" not in form and "csrf()" not in form] == []


def test_stylesheets_stay_small_and_quiet():
    assert [named(path) for path in SHEETS if len(text_of(path).splitlines()) > 300] == []
    assert [named(path) for path in SHEETS if "gradient(" in text_of(path) or "@import" in text_of(path)] == []
