"""What a file makes here: once, however often it comes, and taken back as if it had never come."""

from dataclasses import replace

import pytest

from billing import changes, ledger, statements
from billing import charges as rules
from billing.changes import Change
from billing.errors import BillingError, Busy, NotAllowed
from choices import ChargeKind, EntryKind, ImportState, Payer
from exchange import batches, trying, undoing
from exchange.naming import Said
from models import Account, AccountClient, Charge, Client, Entry, Fee, Hold, Import, Imported
from tests import builders as the
from tests.exchange.conftest import a_file, charges, said

PEOPLE = "client_id,first_name,last_name,date_of_birth,city,zip,medicare"
ACCOUNTS = "account_id,guarantor_name,client_id,kind"
CHARGES = ("charge_id", "account_id", "client_id", "service_date", "label", "amount")
CHANGES = "entry_id,charge_id,type,amount,date,reason,plan,reference"


def undo(batch):
    batches.undo(batch, the.stamp())
    return Import.get_by_id(batch.id)


def balance(person):
    return ledger.account_figure(person.account).balance


def counts(batch):
    return {fate: n for fate, n in batch.result["counts"].items() if n}


def why_not(batch):
    with pytest.raises(BillingError) as refusal:
        batches.undo(batch, the.stamp())
    return refusal.value.key, [each.why for each in undoing.reasons(batch)]


def test_fees_people_accounts_and_services_come_in_and_what_nothing_stands_on_goes_back(take, practice):
    provider = the.a_provider(npi="2000000028")
    fees = take("fees", a_file("talk45,Talk therapy,185.00,H0004", header="fee_key,label,amount,code"))
    person = "C-1,Kim,Lee,4/13/1990,Chicago,60601,no,2000000028"
    people = take("clients", a_file(person, header=PEOPLE + ",provider_npi"))
    accounts = take("accounts", a_file("A1,Kim Lee,C-1,family", header=ACCOUNTS))
    header = "account_id,client_id,service_date,fee_key,payer,ready,visit_id,share_of"
    visits = take("charges", a_file("A1,C-1,2026-10-05,TALK45,insurance,yes,X,185.00", header=header))
    visit = Charge.get()

    assert (visit.amount, visit.label, visit.code, visit.provider) == (185_00, "Talk therapy", "H0004", provider)
    assert (visit.kind, visit.payer, visit.ready, visit.share_of) == (ChargeKind.SERVICE, Payer.INSURANCE, True, 1)
    assert visit.client.date_of_birth.isoformat() == "1990-04-13"
    assert (Account.get().kind, Fee.get().fee_key) == ("family", "TALK45")

    header = "account_id,client_id,service_date,type,amount,date"
    copay = take("adjustments", a_file("A1,C-1,2026-10-05,copay,25.00,2026-10-20", header=header))
    assert [undo(batch).state for batch in (copay, visits, fees)] == [ImportState.UNDONE] * 3
    assert (why_not(accounts)[1], why_not(people)[1], Fee.select().count()) == (["charge"], ["account"], 0)


def test_people_and_accounts_that_nothing_names_are_withdrawn(take, practice):
    people = take("clients", a_file("C-1,Kim,Lee,1990-04-12,,,", header=PEOPLE))
    accounts = take("accounts", a_file("A1,Kim Lee,C-1,", header=ACCOUNTS))

    undo(accounts)
    undo(people)
    assert not Account.select().exists() and not Client.select().exists()


def test_a_price_is_changed_and_put_back(take, practice):
    header = "fee_key,label,amount,kind"
    take("fees", a_file("LATE,Late cancel,50.00,fee", header=header))
    dearer = take("fees", a_file("LATE,Late cancel,60.00,fee", header=header))

    assert (Fee.get().amount, Fee.get().hsa_eligible) == (60_00, False)
    kept = Import.get_by_id(dearer.id)
    undo(dearer)
    with pytest.raises(BillingError):
        batches.undo(kept, the.stamp())
    assert Fee.get().amount == 50_00


def test_one_visit_with_an_insurance_company_ends_as_the_books_say(take, ana):
    header = "charge_id,account_id,client_id,service_date,label,amount,payer"
    take("charges", a_file("V-1,1024,C-17,2026-10-05,Talk,150.00,insurance", header=header))
    lines = (
        "E-1,V-1,contractual,40.00,2026-10-20,Contract,,", "E-2,V-1,insurance_payment,85.00,2026-10-20,,Plan A,EOB-1",
        "E-3,V-1,copay,25.00,2026-10-20,,,",
    )  # fmt: skip
    batch = take("adjustments", a_file(*lines, header=CHANGES))
    figures = ledger.charge_figure(Charge.get())

    assert (figures.client, figures.pending, balance(ana)) == (25_00, 0, 25_00)
    assert batch.result["totals"] == [0, 25_00]

    assert undo(batch).state == ImportState.UNDONE
    assert (balance(ana), ledger.charge_figure(Charge.get()).pending) == (0, 150_00)


def test_the_same_again_changes_nothing_and_a_longer_file_adds_what_is_new(take, bring, ana):
    rows = [("V-1", "2026-10-05", "150.00"), ("V-2", "2026-10-12", "150.00")]
    take("charges", charges(*rows))

    same = bring("charges", charges(*rows))
    with pytest.raises(BillingError) as refusal:
        batches.take_in(same, same.digest, False, the.stamp())
    assert (counts(same), refusal.value.key) == ({"same": 2}, "pr.import.same")

    longer = take("charges", charges(*rows, ("V-3", "2026-10-19", "150.00")))
    assert (counts(longer), balance(ana)) == ({"new": 1, "same": 2}, 450_00)
    assert bring("charges", charges(rows[0], ("V-4", "2026-10-19", "1.00"))).result["missing"] == ["V-2", "V-3"]


def test_without_ids_two_equal_visits_stay_two(take, bring, ana):
    header = "account_id,client_id,service_date,label,amount"
    visit = "1024,C-17,2026-10-05,Talk,150.00"
    take("charges", a_file(visit, visit, header=header))

    assert counts(bring("charges", a_file(visit, visit, visit, header=header))) == {"new": 1, "same": 2}
    twice = bring("charges", charges(("V-1", "2026-10-05", "1.00"), ("V-1", "2026-10-06", "1.00")))
    assert said(twice) == ["Line 3, charge_id: Same as line 2"]


def test_changed_money_is_rejected_unless_somebody_wants_it_reversed_and_posted_again(take, bring, ana):
    first = take("charges", charges(("V-1", "2026-10-05", "150.00")))
    changed = charges(("V-1", "2026-10-05", "140.00"))
    batch = bring("charges", changed)

    assert said(batch)[0].startswith("Line 2, amount: Already imported with $150.00, 2026-10-05. Choose")

    batches.choose(batch, "", [2], the.NOW)
    assert (counts(batch), batch.result["totals"]) == ({"again": 1}, [150_00, 140_00])
    batches.take_in(batch, batch.digest, False, the.stamp())
    assert balance(ana) == 140_00
    assert why_not(Import.get_by_id(first.id)) == ("pr.import.stands", ["later"])

    undo(batch)
    assert balance(ana) == 150_00
    assert counts(bring("charges", charges(("V-1", "2026-10-05", "150.00")))) == {"same": 1}
    assert undo(Import.get_by_id(first.id)).state == ImportState.UNDONE and balance(ana) == 0


def test_changed_money_on_which_something_stands_is_rejected_even_so(take, bring, ana):
    take("charges", charges(("V-1", "2026-10-05", "150.00")))
    the.a_paid(Charge.get())
    batch = bring("charges", charges(("V-1", "2026-10-05", "140.00")))
    batches.choose(batch, "", [2], the.NOW)

    assert said(batch) == ["Line 2, amount: A payment was applied to it."]


def test_a_changed_adjustment_goes_the_same_way(take, bring, ana):
    take("charges", charges(("V-1", "2026-10-05", "150.00")))
    take("adjustments", a_file("E-1,V-1,courtesy,20.00,2026-10-20,Agreed,,", header=CHANGES))
    batch = bring("adjustments", a_file("E-1,V-1,courtesy,150.00,2026-10-20,Agreed,,", header=CHANGES))
    batches.choose(batch, "", [2], the.NOW)
    batches.take_in(batch, batch.digest, False, the.stamp())

    assert (balance(ana), batch.result["totals"]) == (0, [130_00, 0])
    undo(batch)
    assert balance(ana) == 130_00


def test_days_that_are_closed_stay_as_they_were_told(take, bring, ana):
    early = the.a_charge(ana, "2026-10-05")
    statements.issue(ana.account, the.day("2026-10-01"), the.day("2026-10-31"), the.stamp("2026-11-02"))
    take("charges", charges(("V-2", "2026-10-12", "50.00")))
    header = "account_id,client_id,service_date,type,amount,date,reason"
    rows = (f"1024,C-17,2026-{each},x" for each in ("10-05,courtesy,20.00,2026-10-20", "10-12,courtesy,5.00,2026-11-10",
                                                   "10-05,other,9.00,2026-11-03"))  # fmt: skip
    take("adjustments", a_file(*rows, header=header))

    assert [row.on for row in Entry.select().where(Entry.kind == "adjustment")] == [
        the.TODAY, the.TODAY, the.day("2026-11-03"),
    ], "told in October; before the visit itself was posted; free"  # fmt: skip
    statement = statements.build(ana.account, the.day("2026-11-01"), the.TODAY)
    assert (statement.opening, statement.closing) == (early.amount, 166_00)


def test_a_fee_for_a_missed_visit_stays_one_whatever_a_file_leaves_out(take, bring, practice):
    header = "fee_key,label,amount,kind,code,hsa_eligible"
    take("fees", a_file("LATE,Late cancel,50.00,fee,,", header=header))
    assert said(bring("fees", a_file("LATE,Late cancel,50.00,,H0004,", header=header)))
    take("fees", a_file("LATE,Late cancel,60.00,,,yes", header=header))
    assert (Fee.get().amount, Fee.get().hsa_eligible) == (60_00, False)


def test_what_was_voided_by_hand_is_posted_new_and_not_brought_back(take, bring, ana):
    first = take("charges", charges(("V-1", "2026-10-05", "150.00"), ("V-2", "2026-10-06", "10.00")))
    rules.void_charge(Charge.get(), "twice", the.stamp())
    batch = bring("charges", charges(("V-1", "2026-10-05", "140.00")))
    batches.choose(batch, "", [2], the.NOW)
    batches.take_in(batch, batch.digest, False, the.stamp())

    assert balance(ana) == 150_00
    undo(batch)
    undo(Import.get_by_id(first.id))
    assert balance(ana) == 0


def test_a_payment_that_is_here_by_another_way_does_not_come_twice(bring, ana):
    columns = {"payment_id": "Ref", "date": "When", "amount": "Sum", "account_number": "Acct"}

    def named(name):
        batch = bring("pay_link", a_file("ch_1,2026-10-19,50.00,1024", header="Ref,When,Sum,Acct"), profile="other")
        batches.name_columns(batch, Said(columns, name=name), the.stamp())
        return Import.get_by_id(batch.id)

    first = named("Site")
    batches.take_in(first, first.digest, False, the.stamp())
    assert "ch_1 is on this account already" in said(named("Site, by another name"))[0]
    batches.undo(first, the.stamp())
    assert named("Site, by another name").result["counts"]["new"] == 1


def test_an_account_takes_another_guarantor_and_client_and_loses_them_again(take, bring, ana):
    the.a_client("Kim Lee-Demo", external_id="C-2")
    batch = take("accounts", a_file("1024,Kim Lee-Demo,C-17,", "1024,Kim Lee-Demo,C-2,family", header=ACCOUNTS))

    assert (Account.get().guarantor_name, Account.get().kind, AccountClient.select().count()) == (
        "Kim Lee-Demo",
        "family",
        2,
    )
    undo(batch)
    assert (Account.get().guarantor_name, Account.get().kind, AccountClient.select().count()) == (
        "Ana Delgado-Demo",
        "single",
        1,
    )
    assert counts(bring("accounts", a_file("1024,Ana Delgado-Demo,C-17,", header=ACCOUNTS))) == {"same": 1}
    take("accounts", a_file("1024,Ana Delgado-Demo,C-2,", header=ACCOUNTS))
    assert AccountClient.select().count() == 2


def test_nothing_is_undone_on_which_something_stands(take, ana):
    ids = [f"V-{n}" for n in range(1, 6)]
    batch = take("charges", charges(*((id, "2026-10-05", "150.00") for id in ids)))
    paid, changed, held, tried, _ = Charge.select().order_by(Charge.id)
    the.a_paid(paid)
    rules.adjust(changed, 5_00, "courtesy", "x", the.stamp())
    Hold.create(kind="review", account=ana.account, charge=held, began_at=the.NOW)
    person = the.Person(the.a_user(), ana.account, ana.client)
    the.an_attempt(person, (tried, "100.00"))

    assert why_not(batch) == ("pr.import.stands", ["money", "changed", "held", "busy"])
    assert balance(ana) == 595_00


def test_an_adjustment_that_was_used_or_printed_stays(take, ana):
    from billing import invoices

    take("charges", charges(("V-1", "2026-10-05", "150.00"), ("V-2", "2026-10-06", "150.00")))
    batch = take("adjustments", a_file(
        "E-1,V-1,courtesy,20.00,2026-10-20,A,,", "E-2,V-2,courtesy,20.00,2026-10-20,A,,", header=CHANGES,
    ))  # fmt: skip
    one, two = Charge.select().order_by(Charge.id)
    invoices.issue(ana.account, [one], the.stamp(), 14)
    entry = Entry.get(Entry.charge == two, Entry.kind == "adjustment")
    rules.reverse_adjustment(entry, 5_00, "x", the.stamp())

    assert why_not(batch)[1] == ["paper", "reversed"]


def test_the_books_ask_once_more_when_changes_are_posted(take, ana):
    take("charges", charges(("V-1", "2026-10-05", "150.00")))
    the.an_attempt(the.Person(the.a_user(), ana.account, ana.client), (Charge.get(), "100.00"))
    change = Change(Charge.get().id, EntryKind.ADJUSTMENT, 60_00, the.TODAY, "courtesy", "x")

    with pytest.raises(Busy):
        changes.post_changes([change], the.stamp())
    with pytest.raises(NotAllowed):
        changes.post_changes([replace(change, amount=50_00), replace(change, amount=120_00)], the.stamp())
    assert balance(ana) == 150_00


def test_rows_that_were_rejected_are_skipped_only_when_somebody_says_so(take, bring, ana):
    mixed = charges(("V-1", "2026-10-05", "150.00"), ("V-2", "soon", "150.00"))
    batch = bring("charges", mixed)
    with pytest.raises(BillingError) as refusal:
        batches.take_in(batch, batch.digest, False, the.stamp())

    assert (refusal.value.key, balance(ana)) == ("pr.import.rejected", 0)
    batches.take_in(batch, batch.digest, True, the.stamp())
    assert (balance(ana), Imported.get().external_id) == (150_00, "V-1")


def test_what_changed_since_the_dry_run_is_looked_at_again(bring, ana):
    one, other = (bring("charges", charges(("V-1", "2026-10-05", "150.00"))) for _ in range(2))
    batches.take_in(one, one.digest, False, the.stamp())
    found = []
    for digest in ("made up", other.digest):
        with pytest.raises(BillingError) as refusal:
            batches.take_in(other, digest, False, the.stamp())
        found.append(refusal.value.key)

    assert (found, counts(other), balance(ana)) == (["pr.import.stale"] * 2, {"same": 1}, 150_00)
    with pytest.raises(BillingError):
        batches.undo(other, the.stamp())


@pytest.mark.parametrize("state", [ImportState.RUNNING, ImportState.DONE])
def test_what_was_taken_in_since_it_was_read_is_not_tried_anew(state, bring, ana):
    """One person says how it is read, another takes it in: it would stand as never taken in, and not be undone."""
    batch = bring("charges", charges(("c1", "2026-10-05", "100.00")))
    checked, uploaded = Import.get_by_id(batch.id), Import.get_by_id(batch.id)
    ours = Said(dict(zip(CHARGES, CHARGES, strict=True)), name="Ours")
    Import.update(state=state).execute()

    for again in (lambda: batches.choose(checked, "", [], the.NOW), lambda: batches.pick(checked, {}, the.NOW),
                  lambda: batches.name_columns(checked, ours, the.stamp())):  # fmt: skip
        with pytest.raises(BillingError) as refusal:
            again()
        assert refusal.value.key == "pr.import.stale"
    trying.check(uploaded, the.NOW)
    assert Import.get().state == state


def test_what_is_said_while_a_file_is_tried_is_not_overtaken_by_how_it_was_tried(bring, ana):
    batch = bring("charges", charges(("c1", "2026-10-05", "100.00")))
    Import.update(state=ImportState.UPLOADED, result=None, options={"order": "day_first"}).execute()

    trying.check(batch, the.NOW)
    assert (Import.get().state, Import.get().result) == (ImportState.UPLOADED, None)


def test_a_file_whose_days_may_be_read_two_ways_asks(bring, ana):
    batch = bring("charges", charges(("V-1", "10/9/2026", "150.00")))
    assert (batch.state, batch.result) == (ImportState.UPLOADED, {"ask": "order"})

    batches.choose(batch, "day_first", [], the.NOW)
    assert batch.state == ImportState.CHECKED
    batches.take_in(batch, batch.digest, False, the.stamp())
    assert Charge.get().service_date.isoformat() == "2026-09-10"
