"""Numbers without gaps, facts that never change, and who may open which paper."""

from datetime import timedelta

import pytest
from peewee import IntegrityError

from billing import invoices, papers, receipts, superbills
from billing.superbills import Wanted
from choices import DocumentType, Right
from models import Document, Link, db
from tests import builders as b


@pytest.fixture
def ana(practice):
    return b.ana()


def an_invoice(person, on="2026-10-05", **facts):
    return invoices.issue(person.account, [b.a_charge(person, on, **facts)], b.stamp(on), 14)


def a_superbill(person, on="2026-10-05", **facts):
    """Issued before today, so that what happens today happens later."""
    complete(person)
    b.a_charge(person, on, provider=a_clinician(), code="H0004", pos="11", dx=["F41.1"], pointers="A", **facts)
    wanted = Wanted(person.account, person.client, b.day(on), b.day(on))
    return superbills.issue(None, wanted, b.stamp("2026-11-01"))


def complete(person):
    b.the_practice(
        legal_name="Harbor Fern", line1="1 Example Ave", city="Exampleton", state="IL", zip="00000", ein="00-1234567"
    )
    for name, value in {"date_of_birth": b.day("1988-03-14"), "line1": "1 Example St", "city": "Exampleton",
                        "state": "IL", "zip": "00000"}.items():  # fmt: skip
        setattr(person.client, name, value)
    person.client.save()


def a_clinician(**facts):
    return b.a_provider(
        **{"credentials": "PsyD", "license_type": "Psychologist", "license_number": "1", "license_state": "IL",
           "npi": "2000000028", **facts}
    )  # fmt: skip


def test_each_type_counts_for_itself_and_begins_anew_each_year(ana):
    numbers = [an_invoice(ana, on).number for on in ("2026-10-05", "2026-12-31", "2027-01-01")]
    receipt = receipts.issue(b.a_paid(b.a_charge(ana)), b.stamp())

    assert numbers == ["INV-2026-000001", "INV-2026-000002", "INV-2027-000001"]
    assert receipt.number == "RCT-2026-000001"


def test_the_year_is_the_practices_own(ana):
    stamp = b.Stamp.of("system", b.noon("2026-12-31") + timedelta(hours=11), b.ZONE)

    document = invoices.issue(ana.account, [b.a_charge(ana)], stamp, 14)

    assert (stamp.at.year, document.number) == (2027, "INV-2026-000001")


def test_a_number_that_was_not_kept_is_given_again(ana):
    with pytest.raises(ZeroDivisionError), db.atomic():
        an_invoice(ana)
        raise ZeroDivisionError

    assert an_invoice(ana).number == "INV-2026-000001"


def test_the_facts_are_hashed_and_never_change(ana):
    document = an_invoice(ana)

    assert document.data_sha256 == papers.digest(document.data)
    assert document.data["number"] == document.number
    with pytest.raises(IntegrityError):
        Document.update(data={}).where(Document.id == document.id).execute()


def test_a_later_price_does_not_reach_an_issued_paper(ana):
    document = an_invoice(ana)
    b.the_practice(name="Another Name", phone="(312) 555-0199")

    kept = Document.get_by_id(document.id)

    assert kept.data["letterhead"]["name"] == "Harbor Fern Counseling (DEMO)"


def test_an_address_leaves_out_what_is_empty():
    practice = b.Practice(line1="1 Example Ave", line2="", city="Exampleton", state="IL", zip="00000")

    assert papers.address_lines(practice) == ("1 Example Ave", "Exampleton, IL 00000")
    assert papers.address_lines(b.Practice()) == ()


def test_a_paper_is_in_the_language_of_the_accounts_first_client(practice):
    tomas = b.tomas()

    assert papers.language_of(tomas.account) == "es"
    assert papers.language_of(b.an_account("Nobody")) == "en"


def one_of_each(person):
    charge = b.a_charge(person, "2026-10-06")
    return {
        "invoice": an_invoice(person),
        "receipt": receipts.issue(b.a_paid(charge, user=person.user), b.stamp()),
        "superbill": a_superbill(person, "2026-10-07"),
    }


@pytest.mark.parametrize(
    ("rights", "opens"),
    [
        ((Right.BALANCE, Right.PAY), []),
        ((Right.SERVICES, Right.PROVIDER, Right.LINKS), []),
        ((Right.BILLS,), ["invoice", "receipt"]),
        ((Right.SUPERBILLS,), ["superbill"]),
        (b.EVERYTHING, ["invoice", "receipt", "superbill"]),
    ],
)
def test_what_another_person_opens_follows_their_rights(ana, rights, opens):
    one_of_each(ana)
    other = b.a_user("Dee Whitaker-Demo")
    b.a_link(other, ana.account, *rights)

    assert sorted(document.type for document in papers.readable_by(other)) == opens


def test_a_stranger_opens_nothing(ana):
    one_of_each(ana)

    assert list(papers.readable_by(b.a_user("Luis Tran-Demo"))) == []


def test_the_newest_paper_comes_first(ana):
    of_each = one_of_each(ana)

    assert list(papers.readable_by(ana.user)) == [of_each["receipt"], of_each["superbill"], of_each["invoice"]]


def test_who_only_pays_has_the_receipts_of_own_payments(ana):
    helen = b.helen(ana)
    hers = receipts.issue(b.a_paid(b.a_charge(ana), user=helen.user), b.stamp())
    receipts.issue(b.a_paid(b.a_charge(ana, "2026-10-06"), user=ana.user), b.stamp())

    assert list(papers.readable_by(helen.user)) == [hers]


def test_an_ended_link_leaves_the_receipts_of_own_payments_and_nothing_else(ana):
    of_each = one_of_each(ana)
    Link.update(ended_at=b.NOW).where(Link.user == ana.user).execute()

    assert list(papers.readable_by(ana.user)) == [of_each["receipt"]]
    assert papers.may_see_labels(ana.user, of_each["receipt"])


def test_bills_without_services_are_read_without_labels_or_names(ana):
    of_each = one_of_each(ana)
    payer = b.a_user("Rob Delgado-Demo")
    b.a_link(payer, ana.account, Right.BILLS, Right.SUPERBILLS)

    assert not papers.may_see_labels(payer, of_each["invoice"])
    assert papers.may_see_labels(payer, of_each["superbill"])
    assert papers.may_see_labels(ana.user, of_each["invoice"])
    seen = papers.without_labels(of_each["invoice"].data)
    assert (seen["bill_to"], seen["lines"][0]["client"], seen["lines"][0]["label"]) == ("", "", "Visit")
    assert seen["lines"][0]["balance"] == 150_00


def test_papers_that_are_replaced_are_no_longer_live(ana):
    first = a_superbill(ana)
    first.client.line1 = "2 Example St"
    second = superbills.correct(first, b.stamp())

    assert [row.id for row in papers.live(DocumentType.SUPERBILL)] == [second.id]
    assert papers.replaced_by([first, second]) == {first.id: second}
