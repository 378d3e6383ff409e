"""What the policy header would refuse, and what would call another host, is not in the files at all."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [path for path in sorted((ROOT / "templates").rglob("*.html")) if "email" not in path.parts]
# Papers are drawn by WeasyPrint, not by a browser under the policy header.
SCREENS = [path for path in PAGES if "documents" not in path.relative_to(ROOT / "templates").parts[:1]]
SHEETS = sorted((ROOT / "static").rglob("*.css"))
SCRIPTS = sorted((ROOT / "static").rglob("*.js"))


def named(path):
    return str(path.relative_to(ROOT))


def lines_with(pattern, path):
    found = re.compile(pattern, re.IGNORECASE)
    lines = path.read_text(encoding="utf-8").splitlines()
    return [f"{number}: {line.strip()}" for number, line in enumerate(lines, 1) if found.search(line)]


@pytest.mark.parametrize("path", SCREENS, ids=named)
def test_a_page_has_no_inline_style_or_handler(path):
    assert lines_with(r"""<style|\sstyle=|\son[a-z]+=["']|javascript:""", path) == []


@pytest.mark.parametrize("path", SCREENS, ids=named)
def test_every_script_of_a_page_carries_the_nonce(path):
    scripts = re.findall(r"<script\b[^>]*>", path.read_text(encoding="utf-8"))
    assert [tag for tag in scripts if "{{ csp_nonce }}" not in tag] == []


@pytest.mark.parametrize("path", SCREENS, ids=named)
def test_htmx_attributes_are_valid_html(path):
    assert lines_with(r"""\shx-[a-z-]+=""", path) == []


@pytest.mark.parametrize("path", [*SCREENS, *SHEETS, *SCRIPTS], ids=named)
def test_no_other_host_is_named(path):
    namespaces = r"(?!www\.w3\.org/(2000|1999)/)"
    assert lines_with(rf"""(https?:)?//{namespaces}[a-z0-9-]+\.[a-z]""", path) == []


@pytest.mark.parametrize("path", SCREENS, ids=named)
def test_no_card_number_is_asked_for_by_us(path):
    assert lines_with(r"""cc-(number|csc|exp)|name=["'](card_?number|cvv|cvc|pan)["']|\b\d{13,19}\b""", path) == []


@pytest.mark.parametrize("path", SCREENS, ids=named)
def test_every_posted_form_carries_the_token(path):
    text = path.read_text(encoding="utf-8")
    forms = re.findall(r"""<form\b[^>]*method=["']post["'].*?</form>""", text, re.IGNORECASE | re.DOTALL)
    assert [form[:80] for form in forms if "csrf_token" not in form and "csrf()" not in form] == []


@pytest.mark.parametrize("path", SHEETS, ids=named)
def test_a_stylesheet_stays_small_and_quiet(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 300
    assert "gradient(" not in text
    assert "@import" not in text
