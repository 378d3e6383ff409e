"""The share kit: what a practice passes on holds the portal's address, and works without a script."""

import re
from dataclasses import replace
from html import unescape

import pytest

from documents import pdf, qr
from tests.practice.conftest import plain


@pytest.fixture
def portal(app):
    """Clients open the portal here."""
    known = app.extensions["settings"]
    app.extensions["settings"] = replace(known, public_url="https://pay.harborfern.example/")
    return "https://pay.harborfern.example"


def texts(page):
    """id -> what stands in each box to copy from."""
    found = re.findall(r'<textarea id="([^"]+)"[^>]*>([^<]*)</textarea>', page)
    return {id: unescape(words) for id, words in found}


@pytest.mark.parametrize("role", ["owner", "therapist", "biller"])
def test_each_text_is_there_in_both_languages_and_names_the_portal(browser, portal, role):
    page = browser(role).get("/practice/share/").text
    kit = texts(page)

    assert f'value="{portal}" readonly' in page
    assert kit["billnote-en"] == "Save a stamp. Pay online any time at pay.harborfern.example."
    assert kit["phone-es"].endswith("en pay.harborfern.example.")
    assert set(kit) == {f"{text}-{each}" for text in ("billnote", "social", "phone", "banner") for each in ("en", "es")}
    assert all("pay.harborfern.example" in words for words in kit.values())
    assert "Ask each client: do you use the portal?" in plain(page)
    assert "opens only on this computer" not in page


def test_the_banner_is_plain_html_that_fetches_nothing(browser, portal):
    kit = texts(browser("owner").get("/practice/share/").text)

    assert f'<a href="{portal}"' in kit["banner-es"] and "Pagar mi cuenta" in kit["banner-es"]
    for name in ("<script", "src=", "url(", "onclick"):
        assert name not in kit["banner-en"]


def test_the_square_and_the_flyer_come_as_files(browser, portal):
    owner = browser("owner")

    png, svg, flyer = (owner.get(f"/practice/share/{name}") for name in ("qr.png", "qr.svg", "flyer-es.pdf"))

    assert (png.mimetype, png.data) == ("image/png", qr.png(portal))
    assert (svg.mimetype, svg.data) == ("image/svg+xml", qr.svg(portal))
    assert flyer.mimetype == "application/pdf" and flyer.data.startswith(b"%PDF-")
    assert "flyer-es.pdf" in flyer.headers["Content-Disposition"]


def test_an_address_that_only_this_computer_knows_is_warned_of(browser):
    assert "opens only on this computer" in browser("owner").get("/practice/share/").text


def test_when_the_flyer_cannot_be_made_the_kit_says_so(browser, monkeypatch, tmp_path):
    (tmp_path / "weasyprint.py").write_text("raise ValueError('broken')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(pdf, "child", pdf.Child())

    answer = browser("owner").get("/practice/share/flyer-en.pdf")

    assert answer.status_code == 503 and "We could not make the flyer." in answer.text
