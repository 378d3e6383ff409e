"""Every page of the practice's side, as the demo fills it: no accessibility finding, no sideways scroll."""

import pytest

from tests.browser.test_pages import NARROWEST, light_and_dark, widest
from tests.walk.conftest import database, demo, person, processor, settings  # noqa: F401 – fixtures
from tests.walk.pages import crawl

DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": NARROWEST, "height": 640}


@pytest.fixture
def sandbox_server(processor):  # noqa: F811
    return processor


def pages(browser) -> list[str]:
    """One of each kind, by address."""
    found = crawl(browser, "/practice/", "/practice/transactions/?from_on=", each=1, choices=False, but=".pdf")
    return [answer.url for answer in found if answer.html and not answer.fragment and answer.status == 200]


@pytest.mark.slow  # some hundred pages, each in two sizes and two schemes
@pytest.mark.parametrize("language", ["en", "es"])
def test_no_page_of_the_desk_has_a_finding_or_scrolls_sideways(phone, sign_in, axe, language):
    mara = person("mara")
    mara.language = language
    mara.save()
    page, found = phone(mara, width=1280), []
    for path in pages(sign_in(mara)):
        page.set_viewport_size(DESKTOP)
        page.goto(path)
        found += light_and_dark(page, axe)
        page.set_viewport_size(PHONE)
        found += [f"{path}: {widest(page)} px wide at {NARROWEST}"] if widest(page) > NARROWEST else []
    assert found == []
    assert page.wrong == []
