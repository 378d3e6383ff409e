"""Services entered by the fee schedule: what is charged, once, by whom, undone, and made ready."""

import re

import pytest

from billing import agreements, fee_policy, service_charges, staffing, whom
from billing.errors import BillingError
from billing.ledger import charge_figure
from billing.service_charges import RowsRefused, Service
from choices import Payer
from models import AccountClient, Charge, Fee
from tests import builders as the
from tests.practice.conftest import plain


def a_fee(key="TALK45", amount="150.00", **facts):
    about = {"label": "Talk therapy, 45 min", "label_es": "Terapia, 45 min", "code": "H0004", "units": 3}
    return Fee.create(fee_key=key, amount=the.cents(amount), **{**about, **facts})


def a_late_fee(amount="90.00"):
    return a_fee("LATE", amount, label="Late cancel fee", code="", units=1, kind="fee", hsa_eligible=False)


@pytest.fixture
def fee(practice):
    return a_fee()


def done(person, fee, on="2026-11-19", **facts):
    return Service(account=person.account, client=person.client, fee=fee, service_date=the.day(on), **facts)


def refused(service):
    with pytest.raises(BillingError) as error:
        service_charges.charge(service, the.stamp())
    return error.value.key, error.value.field


def page_key(page):
    return re.search(r'name="page"[^>]*value="([^"]+)"', page)[1]


def typed(browser, **cells):
    """What the page sends when these boxes are filled."""
    page = browser.get("/practice/services/").text
    day = {"service_date": "2026-11-20", "payer": "client", "ready": "y", "same_dx": "y"}
    return {"page": page_key(page), "amount": "", **day, **cells}


def test_a_charge_says_what_its_line_says(fee):
    ana = the.ana()

    charge = service_charges.charge(done(ana, fee, pos="10", dx=("F43.22", "F41.1")), the.stamp())

    assert (charge.label, charge.code, charge.units, charge.amount, charge.pos) == (
        "Talk therapy, 45 min", "H0004", 3, 150_00, "10",
    )  # fmt: skip
    assert (charge.dx, charge.pointers, charge.rendered, charge.ready) == (["F43.22", "F41.1"], "AB", True, True)


def test_an_agreed_fee_is_the_whole_fee_and_an_adjustment(fee):
    noor = the.noor()
    agreements.agree(noor.client, fee, 80_00, "Sliding scale", the.stamp(), from_on=the.day("2026-11-01"))

    found = [
        charge_figure(service_charges.charge(service, the.stamp()))
        for service in (
            done(noor, fee),
            done(noor, fee, amount=80_00),  # the agreement, typed
            done(noor, fee, amount=100_00),  # another price for once
            done(noor, fee, "2026-10-31"),  # before it began
            done(noor, fee, payer=Payer.INSURANCE),
        )
    ]

    assert [(row.gross, row.adjusted) for row in found] == [
        (150_00, 70_00), (150_00, 70_00), (100_00, 0), (150_00, 0), (150_00, 0),
    ]  # fmt: skip


def test_an_agreement_above_a_fee_lowered_since_takes_nothing_off(fee):
    noor = the.noor()
    agreements.agree(noor.client, fee, 140_00, "Sliding scale", the.stamp(), from_on=the.day("2026-11-01"))
    Fee.update(amount=120_00).execute()

    charge = service_charges.charge(done(noor, Fee.get()), the.stamp())

    assert charge_figure(charge).net == 120_00


def test_what_cannot_be_charged_says_why(fee):
    ana, ben, late = the.ana(), the.ben(), a_late_fee()
    late_on = {"service_date": the.day("2026-11-19")}
    assert refused(done(ana, fee, "2026-11-21")) == ("pr.svc.err.future", "service_date")
    assert refused(done(ana, fee, amount=0)) == ("pr.err.abovezero", "amount")
    assert refused(Service(account=ben.account, client=ana.client, fee=fee, **late_on))[0] == "pr.svc.err.client"
    assert refused(done(ana, late, payer=Payer.INSURANCE)) == ("pr.svc.err.feeplan", "payer")
    assert refused(done(ana, late)) == ("pr.svc.err.policy", "policy_on")
    fee.retired_at = the.NOW
    assert refused(done(ana, fee)) == ("pr.svc.err.retired", "fee")
    assert Charge.select().count() == 0


def test_a_fee_needs_a_policy_accepted_by_that_day(practice):
    ana, late = the.ana(), a_late_fee()
    fee_policy.accept(ana.client, the.day("2026-11-10"), "3", the.stamp())
    assert refused(done(ana, late, "2026-11-09")) == ("pr.svc.err.policy", "policy_on")

    charge = service_charges.charge(done(ana, late, "2026-11-10", pos="11", dx=("F43.22",)), the.stamp())

    assert (charge.kind, charge.code, charge.dx, charge.pos, charge.rendered, charge.hsa_eligible) == (
        "fee", "", [], "", False, False,
    )  # fmt: skip
    with pytest.raises(BillingError):
        fee_policy.accept(ana.client, the.day("2026-11-21"), "", the.stamp())


def test_medicaid_pays_no_fee_and_medicare_the_same_as_everyone(practice):
    grace, omar, late = the.grace(), the.omar(), a_late_fee()
    grace.client.medicaid, omar.client.medicare = True, True
    for person in (grace, omar):
        fee_policy.accept(person.client, the.day("2026-09-01"), "", the.stamp())
    assert refused(done(grace, late)) == ("pr.svc.err.medicaid", "fee")
    assert refused(done(omar, late, amount=45_00)) == ("pr.svc.err.medicare", "amount")
    assert service_charges.charge(done(omar, late), the.stamp()).amount == 90_00


def test_a_page_sent_twice_is_charged_once(browser, fee):
    the.ana()
    biller = browser("biller")
    sent = typed(biller, client="ana", fee="TALK45")

    for _ in range(2):
        answer = biller.submit("/practice/services/", sent, follow_redirects=True)

    assert "Nothing was charged twice" in answer.text
    assert [row.amount for row in Charge.select()] == [150_00]
    biller.submit("/practice/services/", {**sent, "service_date": "2026-11-19"})
    assert Charge.select().count() == 2


def test_after_saving_the_page_keeps_the_day_and_the_client(browser, fee):
    the.ana()
    biller = browser("biller")

    answer = biller.submit(
        "/practice/services/", typed(biller, client="Del", fee="TALK45", service_date="2026-11-17"),
        follow_redirects=True,
    )  # fmt: skip

    page = answer.text
    assert re.search(r'id="client"[^>]*value="Ana Delgado-Demo · \d+"', page)
    assert re.search(r'id="service_date"[^>]*value="2026-11-17"', page)
    assert re.search(r"<select[^>]*autofocus[^>]*id=\"fee\"|<select[^>]*id=\"fee\"[^>]*autofocus", page)
    assert "Nov 17, 2026 · Talk therapy, 45 min" in plain(page)


def test_who_is_not_known_by_what_was_typed_is_said(browser, fee):
    the.kim(the.a_client("Max Tran-Demo"), the.a_client("Lily Tran-Demo"))
    biller = browser("biller")
    for name, sentence in (("Zoe", "Nobody here"), ("tran", "More than one"), ("", "Fill in"), ("lily tran", "")):
        answer = biller.submit("/practice/services/", typed(biller, client=name, fee="TALK45"))
        assert answer.status_code == (422 if sentence else 303)
        assert sentence in answer.text


def test_whoever_is_offered_is_found_by_just_that(staff):
    for name, number in (("Ana Delgado, Jr-Demo", "ACC 12"), ("Ana Delgado-Demo", "12")):
        account = the.an_account(name, the.a_client(name))
        account.number = number
        account.save()
    for offered in whom.offered(staff["biller"]):
        assert whom.find(staff["biller"], offered.text) == offered
    with pytest.raises(BillingError):
        whom.find(staff["biller"], "zoe " * 2000)


def test_a_therapist_enters_services_of_own_clients_only(browser, fee, provider):
    ana, ben = the.ana(), the.a_person("Ben Okafor-Demo", provider=provider)
    jonah = browser("therapist")
    assert jonah.submit("/practice/services/", typed(jonah, client="ana", fee="TALK45")).status_code == 422
    assert jonah.submit("/practice/services/", typed(jonah, client="ben", fee="TALK45")).status_code == 303
    charge = Charge.get()
    assert (charge.client, charge.provider) == (ben.client, provider)
    again = jonah.submit("/practice/services/", typed(jonah, client="ben", fee="TALK45"), follow_redirects=True)
    assert "twice on that day" in again.text
    hers = the.a_charge(ana)
    assert jonah.submit(f"/practice/services/{hers.key}/undo", {"reason": "x"}).status_code == 404


def test_the_price_is_told_before_it_is_charged(browser, fee):
    noor = the.noor()
    agreements.agree(noor.client, fee, 80_00, "Sliding scale", the.stamp(), from_on=the.day("2026-11-01"))
    biller = browser("biller")

    def told(**cells):
        return biller.submit("/practice/services/price", typed(biller, **cells))

    offered = told(client="noor", fee="TALK45", offered="")
    assert "Agreed: $80.00 instead of $150.00" in offered.text
    assert 'value="80.00"' in offered.text
    assert "Fee schedule: $150.00" in told(client="noor", fee="TALK45", offered="", payer="insurance").text
    for nobody in ("nobody", "x" * 60_000):
        assert "Empty: the price" in told(client=nobody, fee="TALK45", offered="").text
    assert told(client="noor", fee="TALK45", amount="99", offered="80.00").status_code == 204
    stale = typed(biller, client="noor", fee="TALK45", amount="150.00", offered="150.00")
    biller.submit("/practice/services/", stale)  # offered before the client was changed, and left as it was
    assert charge_figure(Charge.get()).net == 80_00


def test_undoing_takes_the_agreed_part_back_too(browser, fee):
    noor = the.noor()
    agreements.agree(noor.client, fee, 80_00, "Sliding scale", the.stamp(), from_on=the.day("2026-11-01"))
    charge = service_charges.charge(done(noor, fee), the.stamp())
    biller = browser("biller")
    address = f"/practice/services/{charge.key}/undo"
    assert "reason" in biller.submit(address, {"reason": " "}, follow_redirects=True).text

    answer = biller.submit(address, {"reason": "Wrong day"}, follow_redirects=True)

    assert "Undone. It is no longer owed." in answer.text
    assert charge_figure(charge).gross == 0
    assert "Not allowed" not in answer.text


def test_what_was_adjusted_and_taken_back_is_undone_as_well(fee):
    ana = the.ana()
    charge = service_charges.charge(done(ana, fee), the.stamp())
    entry = the.charges.adjust(charge, 10_00, "courtesy", "Kindness", the.stamp())
    the.charges.reverse_adjustment(entry, 10_00, "Not after all", the.stamp())

    service_charges.undo(charge, "Wrong day", the.stamp())

    assert charge_figure(charge).gross == 0


def test_what_is_not_ready_is_made_ready_by_who_may(browser, fee, provider):
    ana, ben = the.ana(), the.a_person("Ben Okafor-Demo", provider=provider)
    hers, his = (service_charges.charge(done(each, fee, ready=False), the.stamp()) for each in (ana, ben))
    jonah = browser("therapist")
    assert "Ana Delgado-Demo" not in jonah.get("/practice/services/").text

    jonah.submit("/practice/services/ready", {"charge": [hers.key, his.key]})

    assert [row.ready for row in Charge.select().order_by(Charge.id)] == [False, True]
    page = browser("biller").get("/practice/services/").text
    assert "Not ready for an invoice" in page
    assert service_charges.make_ready([], staffing.Panel(None, None)) == 0


def test_place_and_diagnoses_are_mostly_as_on_the_last_visit(browser, fee):
    ana = the.ana()
    owner, biller = browser("owner"), browser("biller")
    assert service_charges.usual(ana.client, the.TODAY) == service_charges.Usual("11", ())
    owner.submit("/practice/services/", typed(owner, client="ana", fee="TALK45", dx="f43.22, F41.1", pos="10"))
    biller.submit("/practice/services/", typed(biller, client="ana", fee="TALK45", dx="F60.0"))  # not theirs to say
    owner.submit("/practice/services/", typed(owner, client="ana", fee="TALK45", same_dx=""))

    assert "Diagnosis codes" not in biller.get("/practice/services/").text
    found = [(row.pos, row.dx) for row in Charge.select().order_by(Charge.id)]

    assert found == [("10", ["F43.22", "F41.1"]), ("10", ["F43.22", "F41.1"]), ("10", [])]
    wrong = owner.submit("/practice/services/", typed(owner, client="ana", fee="TALK45", dx="sad"))
    assert "Enter a diagnosis code like F43.22" in wrong.text
    many = " ".join(f"F43.2{n}" for n in range(10)) + " F41.1 F41.2 F41.3"
    assert "Use 12 codes or fewer" in owner.submit(
        "/practice/services/", typed(owner, client="ana", fee="TALK45", dx=many)
    ).text  # fmt: skip


def test_confidential_care_and_what_was_undone_say_nothing_of_the_next_visit(fee):
    ana = the.ana()
    ana.client.dx = ["F43.22"]
    assert service_charges.usual(ana.client, the.TODAY).dx == ("F43.22",)
    service_charges.charge(done(ana, fee, dx=("F43.22",), pos="10", confidential=True), the.stamp())
    service_charges.undo(
        service_charges.charge(done(ana, fee, dx=("F41.1",), pos="12"), the.stamp()), "Mistake", the.stamp()
    )
    assert service_charges.usual(ana.client, the.TODAY) == service_charges.Usual("11", ())


def row(n, **cells):
    return {f"{name}-{n}": value for name, value in {"service_date": "2026-11-20", "amount": "", **cells}.items()}


def test_several_services_are_charged_together_or_not_at_all(browser, fee):
    the.ana(), the.ben(), a_late_fee()
    biller = browser("biller")
    page = biller.get("/practice/services/several/").text
    sent = {"page": page_key(page), "rows": "6", "ready": "y", **row(0, client="ana", fee="TALK45")}

    bad = (
        row(2, client="zoe", fee="TALK45")
        | row(3, client="ben", fee="", service_date="")
        | row(4, client="ben", fee="TALK45", service_date="")
    )
    answer = biller.submit("/practice/services/several/", sent | bad)
    assert answer.status_code == 422
    assert "Row 3, Client: Nobody here is called that" in plain(answer.text)
    assert "Row 4, Service: Choose one from the list" in plain(answer.text)
    assert "Row 5, Date: Enter a real date" in plain(answer.text)
    answer = biller.submit("/practice/services/several/", sent | row(2, client="ben", fee="LATE"))
    assert "Row 3" in plain(answer.text)
    assert "accepted the fee policy" in answer.text
    assert Charge.select().count() == 0

    good = sent | row(2, client="ben", fee="TALK45", amount="120")
    for said in ("Saved: 2", "Saved: 0"):
        assert said in biller.submit("/practice/services/several/", good, follow_redirects=True).text
    assert [row.amount for row in Charge.select().order_by(Charge.id)] == [150_00, 120_00]


def test_more_rows_keep_what_was_typed_and_none_is_an_error(browser, fee):
    the.ana()
    biller = browser("biller")
    sent = {"page": "k", "rows": "6", **row(0, client="ana", fee="TALK45", service_date="2026-11-02")}
    page = biller.submit("/practice/services/several/", sent | {"more": "1"}).text
    assert 'name="client-11"' in page
    assert re.search(r'value="ana"', page)
    assert re.search(r'name="service_date-0"[^>]*value="2026-11-02"|value="2026-11-02"[^>]*', page)
    nothing = biller.submit("/practice/services/several/", {"page": "k", "rows": "6"})
    assert "Fill in at least one row" in nothing.text


def test_rows_name_the_problem_of_each(fee):
    ana = the.ana()
    with pytest.raises(RowsRefused) as error:
        service_charges.enter([done(ana, fee), done(ana, fee, "2026-11-21")], "k", the.stamp())
    assert [(n, each.key) for n, each in error.value.problems.items()] == [(1, "pr.svc.err.future")]


def test_a_client_of_two_accounts_is_told_apart_by_the_number(browser, fee):
    max_ = the.a_client("Max Tran-Demo")
    kim, luis = the.kim(max_), the.luis(max_)
    biller = browser("biller")
    assert biller.submit("/practice/services/", typed(biller, client="max", fee="TALK45")).status_code == 422
    biller.submit("/practice/services/", typed(biller, client=f"Max Tran-Demo · {luis.account.number}", fee="TALK45"))
    assert Charge.get().account == luis.account
    assert AccountClient.select().where(AccountClient.client == max_).count() == 2
    assert kim.account != luis.account


def test_an_empty_practice_is_told_what_is_missing(browser):
    owner = browser("owner")
    assert "There is no client" in owner.get("/practice/services/").text
    the.ana()
    assert "The fee schedule is empty" in owner.get("/practice/services/?on=rubbish&whom=x.y").text
