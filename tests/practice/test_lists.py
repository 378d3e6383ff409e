"""The lists of payments and accounts: what they show, their filters, totals and pages, and what they cost."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playhouse.test_utils import count_queries

from billing import accounts, moneyback, postings, transactions
from billing import waiting as waiting_payments
from billing.entries import GENESIS, digest
from billing.transactions import Filter, Standing, Sums
from choices import EntryKind, Method, Source
from models import Account, Deposit, DepositLine, Entry, Payment, db
from tests import builders as the
from tests.practice.conftest import looked_for, plain


@pytest.fixture
def biller(browser):
    return browser("biller")


@pytest.fixture
def story(waiting):
    """Payments in every standing, one a day from November 1."""
    ana, ben = the.ana(), the.ben()

    def settled(day):
        return the.a_settled(the.a_charge(ana), on=f"2026-11-{day:02}", method=Method.CASH)

    the.a_paid(the.a_charge(ben), "10.00", on="2026-11-01", check_number="7")
    settled(2)
    moneyback.void(the.a_paid(the.a_charge(ana), on="2026-11-03"), "Wrong check", the.stamp())
    moneyback.refund(settled(4), 50_00, "Part", the.stamp())
    moneyback.refund(settled(5), 150_00, "All", the.stamp())
    moneyback.returned(the.a_paid(the.a_charge(ana), on="2026-11-06"), "R01", the.stamp())
    moneyback.charge_back(settled(7), the.stamp(), reason="fraud")
    waiting(ana, "40.00", on="2026-11-08")
    moneyback.win_chargeback(moneyback.charge_back(settled(9), the.stamp(), reason="fraud"), the.stamp())
    deposited = settled(10)
    DepositLine.create(
        deposit=Deposit.create(number="DEP-001", source="report", day=the.TODAY, net=150_00, at=the.NOW),
        kind="sale", reference="sale", payment=deposited, amount=150_00,
    )  # fmt: skip
    return ana


def listed(staff, **wanted):
    return transactions.listing(staff["biller"], Filter(**wanted), the.ZONE, the.NOW)


def test_every_standing_is_told_newest_first(story, staff):
    found = listed(staff)
    assert [row.standing for row in found.rows] == [
        "deposited", "settled", "waiting", "disputed", "returned", "refunded", "part_refunded", "voided", "settled",
        "posted",
    ]  # fmt: skip
    assert [row.back for row in found.rows] == [0, 0, 0, 150_00, 150_00, 150_00, 50_00, 150_00, 0, 0]
    assert found.sums == Sums(None, 1_250_00, 650_00)
    assert listed(staff, to_on=the.TODAY).sums == Sums(10, 1_250_00, 650_00)


def test_each_standing_can_be_picked_out(story, staff):
    for standing in Standing:
        found = listed(staff, standing=standing)
        assert {row.standing for row in found.rows} == {standing}
        assert found.sums.amount == sum(row.amount for row in found.rows)


FILTERS = [
    ({"text": "ben ok"}, 1), ({"text": "DELGADO"}, 9), ({"text": "100%"}, 0), ({"text": "_"}, 0),
    ({"method": Method.CASH}, 6), ({"method": Method.CARD}, 1), ({"method": Method.CHECK}, 3),
    ({"from_on": the.day("2026-11-08")}, 3), ({"to_on": the.day("2026-11-01")}, 1),
    ({"from_on": the.day("2026-11-03"), "to_on": the.day("2026-11-04")}, 2),
    ({"from_on": the.day("2026-11-05"), "to_on": the.day("2026-11-04")}, 0),
    ({"account": "nobody"}, 0), ({"posted": True}, 9), ({"posted": False}, 1), ({"source": Source.STAFF}, 9),
    ({"source": Source.PORTAL}, 1), ({"source": Source.AUTOPAY}, 0),
]  # fmt: skip


def test_filters_narrow_the_list(story, staff):
    found = [(wanted, listed(staff, **wanted)) for wanted, _ in FILTERS]
    assert [(wanted, list_.sums.count) for wanted, list_ in found] == FILTERS
    assert [(wanted, len(list_.rows)) for wanted, list_ in found] == FILTERS


def test_days_are_the_days_of_the_practice(practice, staff):
    late = datetime(2026, 11, 2, 3, 30, tzinfo=UTC)  # still November 1 in Chicago
    about = {"method": Method.CASH, "source": "staff", "way": "staff", "stamp": the.stamp()}
    postings.record_payment(account=the.ana().account, amount=10_00, paid_at=late, **about)

    assert len(listed(staff, to_on=the.day("2026-11-01")).rows) == 1
    assert len(listed(staff, from_on=the.day("2026-11-02")).rows) == 0


def test_the_page_shows_date_account_amount_and_status(story, biller):
    page = plain(biller.get("/practice/transactions/").text)
    assert "10 payments, $1,250.00 in all, $650.00 of it went back" in page
    assert "Nov 8, 2026 12:00 PM Ana Delgado-Demo" in page
    assert "Visa ending in 1111 To post $40.00" in page
    assert "Cash Partly refunded $150.00 $50.00 went back" in page


def test_filters_stand_in_the_address_and_stay_on_the_page(story, biller):
    page = looked_for(biller, "payments", q="ben", standing="posted", method="check", from_on="2026-11-01").text
    assert "1 payments, $10.00 in all" in plain(page)
    assert 'value="ben"' in page
    assert 'value="2026-11-01"' in page
    assert '<option selected value="posted">' in page


def test_spanish_lists_write_short_dates(story, staff, sign_in):
    staff["biller"].language = "es"
    staff["biller"].save()
    page = plain(sign_in(staff["biller"]).get("/practice/transactions/").text)
    assert "8 nov 2026 12:00 p.m. Ana Delgado-Demo" in page


def test_one_account_can_be_asked_for(story, biller):
    page = biller.get(f"/practice/transactions/?account={story.account.key}").text
    assert "9 payments" in page
    assert "Ben Okafor" not in page
    assert f'name="account" value="{story.account.key}"' in page


@pytest.mark.parametrize(
    "query",
    [
        "from_on=yesterday", "to_on=2026-13-45", "from_on=0001-01-01&to_on=9999-12-31", "standing=lost", "method=gold",
        "standing=%09", "method=%20", "before=nobody", "source=moon", "posted=perhaps", "q=%00%27%22%3Cscript%3E",
        "account=%F0%9F%98%80",
    ],
)  # fmt: skip
def test_filters_that_cannot_be_read_are_not_used(story, biller, query):
    answer = biller.get(f"/practice/transactions/?{query}")
    assert answer.status_code == 200
    assert "<script>" not in answer.text


def test_a_wrong_date_is_told_and_kept(story, biller):
    page = biller.get("/practice/transactions/?from_on=yesterday").text
    assert '<a href="#from_on">From: Enter a real date' in page
    assert 'value="yesterday"' in page
    assert "$1,250.00 received in all, $650.00 of it went back" in plain(page)


def test_nothing_found_and_nothing_there_are_different(biller):
    assert "No payments yet." in biller.get("/practice/transactions/").text
    assert "No payment fits these filters." in looked_for(biller, "payments", q="zz").text


def test_pages_keep_their_filters(practice, biller):
    ana = the.ana()
    with db.atomic():
        for number in range(51):
            the.a_payment(ana, 1_00 + number)
    page = looked_for(biller, "payments", q="ana", standing="").text
    assert "51 payments" in page
    [older] = re.findall(r'rel="next" href="([^"]+)"', page)
    assert "ana" not in older
    assert plain(biller.get(older.replace("&amp;", "&")).text).count("Ana Delgado-Demo") == 1


def many_payments(account, count, every=1):
    """Write `count` payments, one in so many minutes, straight into the tables, chained as the ledger chains them."""
    about = {"account": account, "amount": 1_00, "method": "check", "source": "staff", "way": "staff"}
    rows = [{**about, "paid_at": the.NOW - timedelta(minutes=i * every), "key": f"key-{i}"} for i in range(count)]
    for start in range(0, count, 1000):
        Payment.insert_many(rows[start : start + 1000]).execute()
    previous, entries = GENESIS, []
    for payment in Payment.select().order_by(Payment.id):
        entry = Entry(
            kind=EntryKind.PAYMENT, account=account, payment=payment, amount=1_00, by="staff:1",
            on=the.TODAY, at=the.NOW, prev_hash=previous,
        )  # fmt: skip
        entry.hash = previous = digest(entry)
        entries.append(entry)
    Entry.bulk_create(entries, batch_size=1000)


@pytest.mark.parametrize("count", [10, 500])
def test_lists_cost_the_same_however_long(biller, count):
    many_payments(the.ana().account, count)
    costs = []
    for url in ("/practice/transactions/", "/practice/accounts/"):
        with count_queries() as asked:
            assert biller.get(url).status_code == 200
        costs.append(asked.count)
    assert costs == [14, 11]  # two of each write down who looked, two more that they saw names, and one counts news


def test_the_list_begins_90_days_ago_until_another_day_is_asked_for(practice, biller):
    ana = the.ana()
    the.a_payment(ana, 1_00, on="2026-08-21")
    page = biller.get("/practice/transactions/").text
    assert "No payment fits these filters." in page
    the.a_payment(ana, 2_00, on="2026-08-22")
    page = biller.get("/practice/transactions/").text
    assert 'value="2026-08-22"' in page
    assert "1 payments, $2.00 in all" in plain(page)
    assert "$3.00 received in all" in plain(biller.get("/practice/transactions/?from_on=&to_on=").text)
    for query in (f"account={ana.account.key}", "from_on=2026-08-21"):
        assert "2 payments, $3.00 in all" in plain(biller.get(f"/practice/transactions/?{query}").text)


def test_pages_of_all_days_are_of_all_days(practice, biller):
    many_payments(the.ana().account, 51)
    page = biller.get("/practice/transactions/?from_on=&to_on=&q=").text
    assert 'href="/practice/transactions/?before=key-49&amp;from_on="' in page
    older = biller.get("/practice/transactions/?before=key-49&from_on=").text
    assert plain(older).count("Check Posted") == 1
    assert 'href="/practice/transactions/?from_on="' in older


def test_pages_follow_each_other_without_a_gap_also_at_one_instant(waiting, staff, monkeypatch):
    monkeypatch.setattr(transactions, "PER_PAGE", 2)
    ana = the.ana()
    for _ in range(3):
        the.a_payment(ana, 1_00, on="2026-11-02")
    late = [waiting(ana, "2.00", on="2026-11-02", created_at=the.noon("2026-11-02")) for _ in range(2)]
    the.a_payment(ana, 3_00, on="2026-11-01")

    def walk(before=""):
        found = listed(staff, before=before)
        return [row.key for row in found.rows] + (walk(found.older) if found.older else [])

    keys = walk()
    assert (len(keys), len(set(keys))) == (6, 6)
    assert keys[:2] == [row.attempt.key for row in reversed(late)]
    assert listed(staff, before=keys[1]).sums is None
    posted = waiting_payments.post(late[1], the.stamp())
    assert [row.key for row in listed(staff, before=keys[0]).rows] == [keys[2], keys[3]], "posted since it was shown"
    assert listed(staff).rows[1].key == posted.key


def test_the_list_of_a_busy_practice_begins_later(practice, biller, monkeypatch):
    monkeypatch.setattr(transactions, "MANY", 1_000)
    many_payments(the.ana().account, 1_001, every=10)
    page = biller.get("/practice/transactions/").text
    assert 'value="2026-11-13"' in page
    assert "1,001 payments" in plain(page)


@pytest.mark.parametrize("count", [2, 20])
def test_the_queue_costs_the_same_however_long(biller, waiting, count):
    for _ in range(count):
        waiting(the.ana(), "1.00", "2.00")
    with count_queries() as asked:
        assert biller.get("/practice/to-post/").status_code == 200
    assert asked.count == 10


def test_accounts_are_found_by_payer_client_and_number(practice, biller):
    kim = the.kim(the.a_client("Max Tran-Demo"), the.a_client("Lily Tran-Demo"))
    the.ana()
    for text in ("kim", "LILY TRAN", kim.account.number):
        page = looked_for(biller, "accounts", q=text).text
        assert "Accounts: 1" in page
        assert "Lily Tran-Demo, Max Tran-Demo" in page
    assert "No account fits this search." in looked_for(biller, "accounts", q="zz").text


def test_no_accounts_yet(biller):
    assert "No accounts yet." in biller.get("/practice/accounts/").text


def test_accounts_stand_on_pages_and_only_the_figures_of_one_page_are_totalled(practice, staff):
    with db.atomic():
        for number in range(60):
            the.a_charge(the.an_account(f"Payer {number:02}"), fee=1_00)
    first, last = (accounts.listing(staff["owner"], "", page, the.NOW) for page in (1, 99))
    assert (first.count, first.pages, len(first.rows), first.due) == (60, 2, 50, None)
    assert (last.page, len(last.rows), last.rows[-1].account.guarantor_name) == (2, 10, "Payer 59")
    found = accounts.listing(staff["owner"], "Payer 5", 1, the.NOW)
    assert (found.count, found.pages, found.due) == (10, 1, 10_00)


def test_the_page_says_how_many_accounts_there_are(practice, biller):
    the.a_charge(the.an_account("Payer 0"), fee=1_00)
    assert "Accounts: 1, $1.00 due in all" in plain(biller.get("/practice/accounts/").text)
    with db.atomic():
        for number in range(50):
            the.an_account(f"Payer {number:02}")
    page = plain(biller.get("/practice/accounts/").text)
    assert "Accounts: 51" in page
    assert "due in all" not in page


def test_an_account_shows_where_it_stands(practice, biller):
    ana = the.ana()
    the.a_charge(ana, fee="185.00")
    the.an_insured_charge(ana, fee="150.00")
    Account.update(payments_off=True).execute()

    page = plain(biller.get(f"/practice/accounts/{ana.account.key}").text)

    assert "Due now $185.00" in page
    assert "Waiting on insurance $150.00" in page
    assert "Own account Ana Delgado-Demo" in page
    assert "Payments off" in page
    assert "Turn payments" not in page, "a biller leaves the switch alone"


def test_a_long_account_says_how_much_it_shows(practice, biller):
    ana = the.ana()
    with db.atomic():
        for _ in range(51):
            the.a_charge(ana, fee=1_00)
    assert "The oldest 50 of 51 are shown." in biller.get(f"/practice/accounts/{ana.account.key}").text


def test_an_account_nobody_is_linked_to(practice, biller):
    page = biller.get(f"/practice/accounts/{the.an_account().key}").text
    assert "Nobody can see this account online yet." in page
    assert "Everything on this account is paid." in page


def test_payments_of_an_account_are_stopped_and_allowed_by_its_page(practice, owner):
    ana = the.ana()
    url = f"/practice/accounts/{ana.account.key}"

    refused = owner.submit(f"{url}/payments", {"off": "1", "reason": " "})
    assert refused.status_code == 422
    assert "Write a reason" in refused.text
    long = owner.submit(f"{url}/payments", {"off": "1", "reason": "x" * 301})
    assert long.status_code == 422
    assert "x" * 301 in long.text
    assert not Account.get_by_id(ana.account.id).payments_off

    owner.submit(f"{url}/payments", {"off": "1", "reason": "Pays by check"})
    page = owner.get(url).text
    assert "Paying online is off for this account." in page
    assert "Reason for staff: Pays by check" in page
    owner.submit(f"{url}/payments", {"off": "0"})
    page = owner.get(url).text
    assert "Paying online follows the practice’s switch." in page
    assert "Pays by check" not in page

    owner.submit(f"{url}/payments", {"off": "1", "reason": "Moved away"})
    page = owner.get(url).text
    assert "Reason for staff: Moved away" in page
    assert "Pays by check" not in page
