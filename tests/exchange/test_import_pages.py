"""A file by the pages: tried, taken in, brought again, undone."""

from billing import ledger
from models import Charge, Import
from tests.exchange.conftest import charges, form_of, send
from tests.practice.conftest import plain

MONTH = charges(("V-1", "2026-10-05", "150.00"), ("V-2", "2026-10-12", "150.00"))


def test_services_are_tried_taken_in_and_undone_again(biller, ana):
    tried = send(biller, "charges", MONTH).text

    assert "Nothing is saved yet" in tried and not Charge.select().exists()
    assert "1024 $0.00 $300.00" in plain(tried)

    done = biller.submit(*form_of(tried, "take-in"), follow_redirects=True).text

    assert "2 rows were imported" in done
    assert ledger.account_figure(ana.account).balance == 300_00

    assert "Nothing new in this file." in send(biller, "charges", MONTH).text
    assert Charge.select().count() == 2

    undone = biller.submit(*form_of(done, "undo"), follow_redirects=True).text

    assert "Every account owes what it owed before" in undone
    assert ledger.account_figure(ana.account).balance == 0


def test_a_broken_file_says_where_and_writes_nothing(biller, ana):
    page = send(biller, "charges", charges(("V-1", "13/45/2026", "150.00"))).text

    assert "Line 2, service_date: &#34;13/45/2026&#34; is not a date. Write it like 2026-10-19." in page
    assert "is missing" in send(biller, "charges", "a,b\r\n1,2\r\n").text
    assert Import.select().count() == 1 and not Charge.select().exists()
