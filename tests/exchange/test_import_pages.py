"""A file by the pages: tried, taken in, brought again, undone."""

from datetime import timedelta
from html import unescape

import pytest

from billing import ledger
from exchange.kinds import KINDS
from exchange.reading import MOST_BYTES
from identity import keeping
from models import Charge, Import
from tests import builders as the
from tests.builders import NOW, a_paid, a_staff_member, a_user
from tests.exchange.conftest import a_file, charges, form_of, send
from tests.practice.conftest import plain

MONTH = charges(("V-1", "2026-10-05", "150.00"), ("V-2", "2026-10-12", "150.00"))


def test_services_are_tried_taken_in_and_undone_again(biller, ana):
    tried = send(biller, "charges", MONTH).text

    assert "Nothing is saved yet" in tried and not Charge.select().exists()
    assert "1024 $0.00 $300.00" in plain(tried)

    done = biller.submit(*form_of(tried, "take-in"), follow_redirects=True).text

    assert "Rows imported: 2, on " in done
    assert ledger.account_figure(ana.account).balance == 300_00
    assert "Nothing yet." in biller.get("/practice/services/").text, "entered by nobody's hand"

    assert "Nothing new in this file." in send(biller, "charges", MONTH).text
    assert Charge.select().count() == 2

    undone = biller.submit(*form_of(done, "undo"), follow_redirects=True).text

    assert "Every account owes what it owed before" in undone
    assert ledger.account_figure(ana.account).balance == 0


def test_what_was_only_tried_leaves_the_list_and_what_was_taken_in_stays(biller, ana, bring, take):
    bring("charges", MONTH, name="tried.csv")
    Import.update(name="taken.csv").where(Import.id == take("charges", MONTH).id).execute()
    sums = a_file("C-17,2026-10-01,2026-10-31,45.00", header="client_id,from,to,client_paid")
    assert bring("compare", sums, name="compared.csv").state == "checked"
    Import.update(at=NOW - timedelta(days=4)).execute()
    bring("charges", MONTH, name="lately.csv")

    page = biller.get("/practice/imports/").text

    names = "tried.csv", "taken.csv", "compared.csv", "lately.csv"
    assert [name in page for name in names] == [False, True, True, True]
    assert biller.get(f"/practice/imports/{Import.get(name='tried.csv').key}").status_code == 200


def test_a_broken_file_says_where_and_writes_nothing(biller, ana):
    page = send(biller, "charges", charges(("V-1", "13/45/2026", "150.00"))).text

    assert 'Line 2, service_date: "13/45/2026" is not a date. Write it like 2026-10-19.' in unescape(page)
    assert "is missing" in send(biller, "charges", "a,b\r\n1,2\r\n").text
    assert Import.select().count() == 1 and not Charge.select().exists()


def test_the_rejected_rows_come_back_with_why(biller, rosa, sign_in, ana):
    key = _key(send(biller, "charges", charges(("V-1", "2026-10-05", "150.00"), ("=V-2", "soon", "lots"))))

    text = biller.get(f"/practice/imports/{key}/rejected.csv").text

    row = "'=V-2,1024,C-17,soon,Talk therapy,lots,3,"
    why = (
        '"service_date: ""soon"" is not a date. Write it like 2026-10-19.; '
        'amount: ""lots"" is not an amount. Write it like 185.00."'
    )
    assert text.splitlines()[1:] == [row + why]
    assert biller.get(f"/practice/imports/{key}").status_code == 200
    assert keeping.sweep(None, NOW + timedelta(days=31)) and not Import.get().file
    later = sign_in(rosa)
    assert later.get(f"/practice/imports/{key}/rejected.csv").status_code == 404
    assert "Download the rejected rows" not in later.get(f"/practice/imports/{key}").text


@pytest.mark.parametrize("kind", KINDS)
def test_each_template_is_a_file_that_is_taken(biller, bring, ana, kind):
    text = biller.get(f"/practice/imports/templates/{kind}.csv").text

    assert bring(kind, text).rows == 1


def test_a_changed_row_may_be_ticked_and_days_told(biller, ana):
    first = send(biller, "charges", charges(("V-1", "10/9/2026", "150.00"))).text
    assert "Which comes first?" in first
    url, _ = form_of(first, "try")
    tried = biller.submit(url, {"order": "month_first"}, follow_redirects=True).text
    biller.submit(*form_of(tried, "take-in"))

    other = send(biller, "charges", charges(("V-1", "2026-10-09", "140.00"))).text
    url, _ = form_of(other, "try")
    again = biller.submit(url, {"again": "2"}, follow_redirects=True).text
    assert "Reversed and posted again" in plain(again)
    biller.submit(*form_of(again, "take-in"))
    assert ledger.account_figure(ana.account).balance == 140_00


def test_what_cannot_be_taken_in_or_undone_says_so(biller, ana):
    tried = send(biller, "charges", charges(("V-1", "2026-10-05", "150.00"), ("V-2", "soon", "1.00"))).text
    url, sent = form_of(tried, "take-in")
    refused = biller.submit(url, sent)
    assert (refused.status_code, "Some rows were rejected." in refused.text) == (422, True)

    done = biller.submit(url, {**sent, "skip": "1"}, follow_redirects=True).text
    a_paid(Charge.get())
    kept = biller.submit(*form_of(done, "undo"))
    assert (kept.status_code, "Line 2: A payment was applied to it." in kept.text) == (422, True)


def test_a_file_that_is_too_large_or_none_is_refused(app, biller, sign_in, practice):
    assert "larger than 20 MB" in _raw(biller, b"a,b\r\n" + b"x" * MOST_BYTES).text
    told = biller.submit("/practice/imports/", {}, environ_overrides={"CONTENT_LENGTH": "100000000"})
    assert (told.status_code, "files up to 20 MB" in told.text) == (413, True)
    for sent in ({"kind": "charges"}, {"kind": "charges", "file": "a name, and no file"}):
        answer = biller.submit("/practice/imports/", sent)
        assert (answer.status_code, "Choose a file" in answer.text) == (422, True)
    assert "The column &#34;" in send(biller, "charges", "a,A\n1,2\n").text
    assert "is there twice" in send(biller, "fees", "fee_key,label,amount,Label\n1,2,3,4\n").text
    assert "fee_key / label" in send(biller, "charges", "account_id,client_id,service_date\n1,2,3\n").text

    ana = sign_in(a_user())
    assert ana.submit("/practice/imports/", {"kind": "x" * 2_000_000}).status_code == 413
    assert Import.select().count() == 0


def _raw(browser, data):
    """Sent as it is: the form that a browser for tests makes of a long file goes by way of the disk."""
    parts = [("csrf_token", browser.token().encode()), ("kind", b"charges"), ('file"; filename="f.csv', data)]
    name = b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
    body = b"".join(name % (each.encode(), value) for each, value in parts) + b"--x--\r\n"
    return browser.post("/practice/imports/", data=body, content_type="multipart/form-data; boundary=x")


def _key(answer):
    return answer.request.path.rpartition("/")[2]


def test_what_would_change_is_told_in_the_words_of_the_screens(biller, take, bring, ana):
    provider = the.a_provider("Una Demo", npi="2000000028")
    header = "client_id,first_name,last_name,date_of_birth,provider_npi,active"
    batch = bring("clients", a_file("C-17,Ana,Delgado-Demo,1987-04-12,2000000028,no", header=header))
    page = plain(biller.get(f"/practice/imports/{batch.key}").text)
    assert f"2 Ana Delgado-Demo Therapist – {provider.name}" in page
    assert "2 Ana Delgado-Demo Not in care now No Yes" in page

    header = "fee_key,label,amount,code,modifiers"
    take("fees", a_file("TALK45,Talk,150.00,H0004,GT", header=header))
    batch = bring("fees", a_file("TALK45,Talk,160.00,H0004,GT FQ", header=header))
    page = plain(biller.get(f"/practice/imports/{batch.key}").text)
    assert "2 TALK45 Talk Amount $150.00 $160.00" in page and "GT GT FQ" in page


def test_what_is_on_file_for_the_insurer_is_not_told_to_who_bills(biller, bring, ana, sign_in):
    header = "client_id,first_name,last_name,date_of_birth,member_id,phone,dx1"
    row = "C-17,Ana,Delgado-Demo,1987-04-13,M-2,312 555 0142,F41.1"
    ana.client.member_id = "M-1"
    ana.client.save()
    batch = bring("clients", a_file(row, header=header))
    page = biller.get(f"/practice/imports/{batch.key}").text
    told = [word in page for word in ("1987-04", "M-1", "M-2", "F41.1", "Member id", "Diagnoses", "555-0142")]
    assert told == [False] * 4 + [True] * 3
    header = "account_id,guarantor_name,client_id,guarantor_address_line1"
    payer = bring("accounts", a_file("1024,Ana Delgado-Demo,C-17,18 Harbor Street", header=header))
    assert "18 Harbor" not in biller.get(f"/practice/imports/{payer.key}").text
    owner = sign_in(a_staff_member("Mara Ellison-Demo", "owner"))
    page = owner.get(f"/practice/imports/{batch.key}").text
    assert "1987-04-12" in page and "F41.1" in page
    assert "18 Harbor" in owner.get(f"/practice/imports/{payer.key}").text
