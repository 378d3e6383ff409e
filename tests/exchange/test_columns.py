"""A person names the columns of a file by the page; what was said is kept under a name, and offered the next time."""

import re

from billing import ledger
from choices import StaffRole
from models import Charge, Import, Imported, Mapping
from tests import builders as the
from tests.exchange.conftest import a_file, form_of, send
from tests.practice.conftest import plain

HEADER = "Konto;Klient;Day;Fee;What"
LINES = ("1024;C-17;05/10/2026;(150.00);Talk therapy", "1024;C-17;12/10/2026;(150.00);Talk therapy")
MONTH = a_file(*LINES, header=HEADER)
SAID = {
    "column-account_id": "Konto", "column-client_id": "Klient", "column-service_date": "Day", "column-amount": "Fee",
    "column-label": "What", "order": "day_first", "sign": "flipped", "name": "Old system, visits",
}  # fmt: skip


def bring(browser, text, **how):
    return send(browser, "charges", text, **how).text


def asked(page):
    return re.search(r'href="([^"]*/columns)"', page)[1]


def test_columns_are_named_once_and_offered_with_the_next_file(biller, ana):
    page = bring(biller, MONTH, profile="other")
    assert "which column of this file is what" in page
    screen = biller.get(asked(page)).text
    assert "(150.00)" in screen and '<option value="Konto">Konto</option>' in screen

    tried = biller.submit(asked(page), SAID, follow_redirects=True).text
    assert "1024 $0.00 $300.00" in plain(tried) and not Charge.select().exists()
    biller.submit(*form_of(tried, "take-in"))
    assert ledger.account_figure(ana.account).balance == 300_00
    assert [each.service_date.isoformat() for each in Charge.select()] == ["2026-10-05", "2026-10-12"]

    mapping = Mapping.get()
    start = biller.get("/practice/imports/").text
    assert f'<option value="{mapping.key}">Old system, visits</option>' in start
    longer = a_file(*LINES, "1024;C-17;19/10/2026;(150.00);Talk therapy", header=HEADER)
    again = bring(biller, longer, profile=mapping.key)
    assert "1024 $300.00 $450.00" in plain(again)
    assert (Import.select().order_by(Import.id.desc()).first().profile, Mapping.select().count()) == (mapping.key, 1)


def test_a_new_name_is_no_new_source(biller, ana):
    header = "No,Konto,Klient,Day,Fee,What"
    text = a_file("V-1,1024,C-17,2026-10-05,150.00,Talk", header=header)
    said = SAID | {"column-charge_id": "No", "order": "", "sign": ""}
    tried = biller.submit(asked(bring(biller, text, profile="other")), said, follow_redirects=True).text
    biller.submit(*form_of(tried, "take-in"))
    key = Mapping.get().key

    page = bring(biller, text, profile=key)
    renamed = biller.submit(asked(page), said | {"name": "New system"}, follow_redirects=True).text
    assert "Nothing new in this file." in renamed
    told = biller.submit(
        asked(bring(biller, text, profile="other")), said | {"name": "NEW system"}, follow_redirects=True
    ).text
    assert "Nothing new in this file." in told and [each.key for each in Mapping.select()] == [key]

    ours = text.replace(header, "charge_id,account_id,client_id,service_date,amount,label")
    doubted = bring(biller, ours)
    assert "New rows whose id is here already, from “NEW system”: 1." in plain(doubted)
    other = biller.submit(
        asked(bring(biller, text, profile="other")), said | {"name": "Quite another"}, follow_redirects=True
    ).text
    assert "from “NEW system”: 1." in plain(other) and Mapping.select().count() == 2
    refused = biller.submit(asked(bring(biller, text, profile=key)), said | {"name": "quite another"})
    assert refused.status_code == 422 and "Something else has this name" in refused.text, "or its row comes twice"

    Imported.update(undone_at=the.NOW).execute()
    assert "id is here already" not in bring(biller, ours)


def test_what_is_missing_is_said_and_nothing_is_kept(biller, ana):
    page = bring(biller, MONTH, profile="other")
    for change, sentence in (
        ({"column-service_date": ""}, "Choose its column"),
        ({"column-client_id": ""}, "Choose a column for: Id of the client in your system, Last name, Whole name"),
        ({"name": " "}, "Enter a name"),
        ({"name": "theranest_payroll"}, "Something else has this name"),
        ({"order": "x"}, "Choose"),
    ):
        refused = biller.submit(asked(page), SAID | change)
        assert (refused.status_code, Mapping.select().count()) == (422, 0)
        assert sentence in refused.text


def test_columns_of_a_known_system_can_be_changed_and_a_day_be_told(biller, ana):
    text = a_file("Ana Delgado-Demo,185.00,370.00", header="Client,Client balance,Open")
    page = bring(biller, text, profile="simplepractice_balances")
    screen = biller.get(asked(page)).text
    assert "not yet tried with a real export" in screen and 'name="name"' not in screen

    told = {
        "column-client_name": "Client",
        "column-amount": "Open",
        "day-service_date": "2026-10-31",
        "order": "",
        "sign": "",
    }
    tried = biller.submit(asked(page), told, follow_redirects=True).text
    assert "1024 $0.00 $370.00" in plain(tried) and "not yet tried" in tried
    assert 'value="2026-10-31"' in biller.get(asked(tried)).text

    assert 'value="Open" selected' in biller.get(
        asked(bring(biller, text, profile="simplepractice_balances"))
    ).text.replace('selected value="Open"', 'value="Open" selected')
    biller.submit(*form_of(tried, "take-in"))
    assert biller.get(asked(page)).status_code == 404


def test_sums_of_another_system_stand_beside_ours(biller, ana):
    header = "Posted Date,Client,Payment (or refund) Amount"
    page = bring(
        biller, a_file("10/31/2026,Ana Delgado-Demo,120.00", header=header), profile="sessions_health_payments"
    )

    assert "differ from ours: 1 of 1" in page
    assert "2 1024 Paid, less what went back $120.00 $0.00 $120.00" in plain(page)
    same = bring(biller, a_file("10/31/2026,Ana Delgado-Demo,0.00", header=header), profile="sessions_health_payments")
    assert "All 1 sums are the same as ours" in same


def test_amounts_without_their_sign_and_days_in_words(biller, ana):
    page = bring(biller, a_file('1024,C-17,"Oct 5, 2026",-$150.00,Talk', header="a,b,c,d,e"), profile="other")
    told = (
        SAID
        | dict(zip((name for name in SAID if name.startswith("column")), "abcde", strict=True))
        | {"order": "", "sign": "size"}
    )
    assert "1024 $0.00 $150.00" in plain(biller.submit(asked(page), told, follow_redirects=True).text)


def test_rows_of_a_file_are_shown_to_who_sent_it_and_who_may_see_clients(biller, ana, sign_in):
    url = asked(bring(biller, MONTH, profile="other"))
    other = sign_in(the.a_staff_member("Otto Biller-Demo", StaffRole.BILLER)).get(url).text
    owner = sign_in(the.a_staff_member("Mara Owner-Demo", StaffRole.OWNER)).get(url).text

    assert ["Talk therapy" in page for page in (biller.get(url).text, other, owner)] == [True, False, True]
    assert '<option value="Konto">' in other


def test_services_of_one_named_file_are_known_to_another(biller, ana):
    text = a_file(
        "V-1,1024,C-17,2026-10-05,Talk,150.00", header="charge_id,account_id,client_id,service_date,label,amount"
    )
    visits = {
        f"column-{name}": name for name in ("charge_id", "account_id", "client_id", "service_date", "label", "amount")
    }
    tried = biller.submit(
        asked(bring(biller, text, profile="other")), visits | {"name": "Visits"}, follow_redirects=True
    )
    biller.submit(*form_of(tried.text, "take-in"))
    paid = a_file("V-1,courtesy,20.00,2026-10-20,Agreed", header="charge_id,type,amount,date,reason")
    page = send(biller, "adjustments", paid, profile="other").text
    said = {f"column-{name}": name for name in ("charge_id", "type", "amount", "date", "reason")}

    assert "1024 $150.00 $130.00" in plain(
        biller.submit(asked(page), said | {"name": "Changes"}, follow_redirects=True).text
    )
