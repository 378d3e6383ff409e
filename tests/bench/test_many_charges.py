"""A list, a report and the first page ask as often and take the same time with a thousand or a million charges."""

import pytest
from playhouse.test_utils import count_queries

from billing.reports import REPORTS
from models import Account, Staff, User
from tests.bench.conftest import FEW, MANY, milliseconds, open_app, signed_in

MOST = 1.3
CLIENTS = ("/", "/pay", "/history", "/documents")
PRACTICES = (
    "", "inbox/", "transactions/", "transactions/?from_on=", "to-post/", "accounts/", "accounts/{ana}", "credits/",
    "tasks/", "disputes/", "deposits/", "links/", "reports/", *(f"reports/{key}" for key in REPORTS),
)  # fmt: skip
LISTS = [*((User, url) for url in CLIENTS), *((Staff, f"/practice/{url}") for url in PRACTICES)]


@pytest.mark.parametrize(("kind", "url"), LISTS, ids=lambda value: value if isinstance(value, str) else "")
def test_a_list_takes_the_same_time_however_much_there_is(kind, url, files, compare):
    taken, asked = {}, {}
    for count in (FEW, MANY, FEW, MANY):
        browser = signed_in(open_app(files[count]), kind)
        address = url.format(ana=Account.get(Account.id == 1).key)
        assert browser.get(address).status_code == 200
        with count_queries() as queries:
            browser.get(address)
        asked[count] = queries.count
        found = milliseconds(lambda browser=browser, address=address: browser.get(address))
        taken[count] = min(found, taken.get(count, found))
    assert asked[MANY] == asked[FEW]
    assert compare("C3", f"{url} with a million charges, a thousand", taken[MANY], taken[FEW], MOST).kept
