"""A list takes the same time with a thousand or a million charges in the file."""

import pytest

from models import Account, Staff, User
from tests.bench.conftest import FEW, MANY, milliseconds, open_app, signed_in

MOST = 1.3
LISTS = [
    (User, "/"), (User, "/pay"), (User, "/history"), (User, "/documents"),
    (Staff, "/practice/transactions/"), (Staff, "/practice/to-post/"), (Staff, "/practice/accounts/"),
    (Staff, "/practice/accounts/{ana}"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "url"), LISTS, ids=lambda value: value if isinstance(value, str) else "")
def test_a_list_takes_the_same_time_however_much_there_is(kind, url, files, compare):
    taken = {}
    for count in (FEW, MANY, FEW, MANY):
        browser = signed_in(open_app(files[count]), kind)
        address = url.format(ana=Account.get(Account.id == 1).key)
        assert browser.get(address).status_code == 200
        found = milliseconds(lambda browser=browser, address=address: browser.get(address))
        taken[count] = min(found, taken.get(count, found))
    assert compare("C3", f"{url} with a million charges, a thousand", taken[MANY], taken[FEW], MOST).kept
