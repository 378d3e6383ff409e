"""Superbills at the practice's desk: whose one reads, which are out of date, and how one is corrected."""

import pytest
from playhouse.test_utils import count_queries

from billing import moneyback, receipts, superbills
from billing.superbills import Wanted
from documents import pdf
from identity import break_glass
from models import Account, AuditEntry, Charge, Client, Document, DocumentPayment, Message, Task
from tests import builders as the
from tests.practice.conftest import plain

LIST = "/practice/superbills/"
ADDRESS = {"line1": "11 Example St", "city": "Exampleton", "state": "IL", "zip": "00000"}


@pytest.fixture
def ana(provider):
    """She has what a superbill needs, and one visit that is paid."""
    the.the_practice(legal_name="Harbor Fern Counseling (DEMO)", ein="00-1234567", **ADDRESS)
    ana = the.a_person("Ana Delgado-Demo", date_of_birth=the.day("1991-04-12"), provider=provider, **ADDRESS)
    coded = {"code": "H0004", "pos": "11", "dx": ["F41.1"], "pointers": "A", "units": 3}
    the.a_settled(the.a_charge(ana, provider=provider, **coded), on="2026-10-06")
    return ana


@pytest.fixture
def old(ana):
    dates = the.day("2026-10-01"), the.day("2026-10-31")
    return superbills.issue(ana.user, Wanted(ana.account, ana.client, *dates), the.stamp("2026-11-01"))


def at(document, then=""):
    return f"/practice/superbills/{document.key}{then}"


def give_back(document):
    """50.00 of what was paid: every superbill that counts it is out of date."""
    payment, on = DocumentPayment.get(document=document).payment, the.stamp("2026-11-02")
    receipts.issue_refund(moneyback.refund(payment, 50_00, "Cut short", on), on)


def test_one_that_is_out_of_date_is_corrected_from_the_task(browser, staff, old):
    give_back(old)
    owner = browser("owner")

    assert f'href="{LIST}?account={old.account.key}"' in owner.get("/practice/tasks/").text
    listed = plain(owner.get(LIST, query_string={"account": old.account.key}).text)
    assert listed.count("SB-2026-000001 · Ana Delgado-Demo") == 2 and "Superbills of Ana Delgado-Demo" in listed
    other = owner.get(LIST, query_string={"account": the.ben().account.key}).text
    assert "Superbills of Ben Okafor-Demo" in other and "SB-2026" not in other
    assert "Amount paid $100.00. Balance $50.00." in owner.get(at(old, "/correct")).text
    made = owner.submit(at(old, "/correct"), follow_redirects=True)

    new = Document.get(Document.replaces == old)
    assert "Superbill SB-2026-000002 was made." in plain(made.text) and "CORRECTED: replaces" in made.text
    assert Task.get().done_at and [message.kind for message in Message.select()] == ["mail.doc"]
    assert (new.data["signer"], new.user) == (f"staff:{staff['owner'].id}", None)
    assert "Out of date" not in owner.get(LIST).text and "Replaced by SB-2026-000002" in plain(owner.get(at(old)).text)
    again = owner.get(at(old, "/correct")), owner.submit(at(old, "/correct"))
    assert [(answer.status_code, answer.location) for answer in again] == [(303, at(new))] * 2


def test_what_is_on_file_now_is_what_the_new_one_says(browser, old):
    owner = browser("owner")
    nothing = owner.submit(at(old, "/correct"))
    assert nothing.status_code == 422 and "Nothing on this superbill has changed." in nothing.text
    Client.update(line1="").execute()
    lacking = owner.submit(at(old, "/correct"))
    assert lacking.status_code == 422 and "Missing: the client’s street address" in lacking.text
    assert "Make the corrected superbill" not in lacking.text

    Client.update(line1="2 New St").execute()
    Charge.update(pos="10").execute()
    preview = owner.get(at(old, "/correct")).text

    assert "2 New St" in preview and "do not go together: Oct 5, 2026." in preview
    assert Document.select().where(Document.type == "superbill").count() == 1


def test_a_superbill_of_any_dates_is_seen_before_it_is_made_and_made_once(browser, old):
    therapist, page = browser("therapist"), f"/practice/superbills/new/{old.account.key}"
    asked = {
        "whom": f"{old.account.key}.{old.client.key}",
        "from_on": "2026-09-01",
        "to_on": "2026-10-31",
        "provider": "all",
    }

    listed = therapist.get(LIST, query_string={"account": old.account.key}).text
    assert f'href="{page}"' in listed and "Preview" not in therapist.get(page).text
    assert "Paid in full. $150.00" in therapist.get(page, query_string=asked).text
    first, second = (therapist.submit(page, asked).location for _ in range(2))

    made = Document.select().order_by(-Document.id).get()
    assert first == second == at(made) and (made.number, made.user) == ("SB-2026-000002", None)
    assert [message.kind for message in Message.select()] == ["mail.doc"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"to_on": "2026-09-30"}, "Choose a last day that is not before the first day"),
        ({"from_on": "2026-10-06"}, "There are no visits in these dates."),
        ({"whom": "someone.else"}, "Choose one from the list"),
    ],
)
def test_what_cannot_be_made_is_said(browser, old, changes, said):
    owner, page = browser("owner"), f"/practice/superbills/new/{old.account.key}"
    asked = {
        "whom": f"{old.account.key}.{old.client.key}",
        "from_on": "2026-10-01",
        "to_on": "2026-10-31",
        "provider": "all",
    }

    shown, refused = owner.get(page, query_string=asked | changes), owner.submit(page, asked | changes)

    assert said in shown.text and said in refused.text and refused.status_code == 422
    Client.update(medicare=True).execute()
    assert "This client has Medicare. Therapists bill Medicare themselves" in owner.get(page, query_string=asked).text


def test_only_who_may_open_it_hears_of_the_new_one(browser, ana, old):
    the.helen(ana)
    the.a_link(the.a_user("Dee Whitaker-Demo"), ana.account, role="partner")
    give_back(old)

    browser("owner").submit(at(old, "/correct"))

    assert [message.to for message in Message.select()] == [ana.user.email]


def test_a_therapist_has_those_of_own_clients_and_reads_more_in_an_emergency(browser, staff, old):
    therapist, pages = browser("therapist"), (at(old), at(old, ".pdf"), at(old, "/correct"))
    assert [therapist.get(page).status_code for page in pages] == [200, 200, 200]
    Client.update(provider=None).execute()
    assert [therapist.get(page).status_code for page in pages] == [404, 404, 404]
    assert "SB-2026" not in therapist.get(LIST).text

    staff["therapist"].backup = True
    staff["therapist"].save()
    break_glass.open_client(staff["therapist"], Client.get().key, "Clinician is in hospital", the.NOW)

    assert [therapist.get(page).status_code for page in pages] == [200, 200, 404]
    assert "Correct this superbill" not in therapist.get(at(old)).text
    assert therapist.submit(at(old, "/correct")).status_code == 404


def test_who_handles_money_alone_reads_none(browser, old):
    for role in ("biller", "auditor"):
        reader = browser(role)
        assert [reader.get(page).status_code for page in (LIST, at(old), at(old, ".pdf"))] == [404, 404, 404]
        assert LIST not in reader.get(f"/practice/accounts/{old.account.key}").text


def test_each_look_is_in_the_log_and_the_list_says_what_is_missing(browser, staff, old):
    the.a_charge(the.ben())
    owner = browser("owner")

    assert "Clients with details missing for a superbill: 1" in plain(owner.get(LIST).text)
    owner.get(at(old))
    owner.get(at(old, ".pdf"))

    mine = AuditEntry.by == f"staff:{staff['owner'].id}"
    looks = AuditEntry.select().where(
        mine & (AuditEntry.what.startswith("document") | AuditEntry.what.startswith("seen"))
    )
    assert [row.what for row in AuditEntry.select().where(mine & looks)] == [
        "seen.papers",
        "seen.people",
        "document.view",
        "document.pdf",
    ]


def test_when_the_pdf_cannot_be_made_the_page_says_so(browser, old, monkeypatch, tmp_path):
    (tmp_path / "weasyprint.py").write_text("raise ValueError('broken')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(pdf, "child", pdf.Child())

    answer = browser("owner").get(at(old, ".pdf"))

    assert answer.status_code == 503 and "SB-2026-000001" in answer.text


def test_a_long_list_has_pages_and_asks_as_often(browser, old):
    owner, asked = browser("owner"), []
    for copies in (0, 30):
        for serial in range(2, 2 + copies):
            Document.create(**{**old.__data__, "id": None, "key": f"copy-{serial}", "serial": serial})
        with count_queries() as counted:
            page = owner.get(LIST, query_string={"page": 2})
        asked.append(counted.count)

    assert asked[0] == asked[1] and page.text.count('<li class="row">') == 6
    assert Account.select().count() == 1
