"""The first page is light: a phone on a slow line sees what is owed after one round trip."""

import re
from urllib.parse import urljoin

import pytest

from tests.walk.conftest import As
from tests.walk.pages import Answer

PAGE, ALL = 14_000, 40_000  # bytes over the wire
SENT = {"Accept-Encoding": "br, gzip"}


def weigh(browser, url: str) -> int:
    answer = browser.get(url, headers=SENT, buffered=True)
    assert answer.status_code == 200, url
    return len(answer.data)


def parts_of(browser, url: str) -> dict[str, int]:
    """Address -> bytes of everything the page loads; styles name fonts and pictures of their own."""
    page = Answer(url, browser.get(url))
    links = {link.get("href") for link in page.tree.iter("link")} | {
        each.get("src") for each in page.tree.iter("script")
    }
    found = {part: weigh(browser, part) for part in links - {None}}
    for sheet in [part for part in found if ".css" in part]:
        for named in re.findall(r"url\(\"?([^\")]+)\"?\)", browser.get(sheet, buffered=True).text):
            if not named.startswith("data:"):
                found[urljoin(sheet, named)] = weigh(browser, urljoin(sheet, named))
    return found


@pytest.mark.parametrize("url", ["/", "/pay"])
def test_the_balance_page_is_light(url, as_: As):
    browser = as_("kim")
    page, parts = weigh(browser, url), parts_of(browser, url)
    styles = sum(size for part, size in parts.items() if ".css" in part)
    assert styles > 1_000
    assert page + styles <= PAGE
    assert page + sum(parts.values()) <= ALL
