"""When a superbill no longer says what happened: it is marked, staff hear of it, and a new one takes its place."""
# ruff: noqa: F811 – fixtures

from billing import charges, desk, moneyback, once, postings, receipts, superbill_age, superbills
from billing.once import Ask
from models import AuditEntry, DocumentPayment, Entry, Notice, Task
from tests import builders as b
from tests.papers.test_superbills import a_visit, jade, mara, october  # noqa: F401 – fixtures


def test_money_back_on_a_listed_payment_makes_it_out_of_date(jade, mara):
    payment = b.a_settled(a_visit(jade, mara), on="2026-10-06")
    document = superbills.issue(jade.user, october(jade), b.stamp("2026-11-01"))
    assert [row.payment for row in DocumentPayment.select()] == [payment]
    assert not superbill_age.out_of_date(document)

    moneyback.refund(payment, 10_00, "Asked for it", b.stamp("2026-11-02"))

    assert superbill_age.out_of_date(document)
    assert superbills.issue(jade.user, october(jade), b.stamp("2026-11-03")) != document


def test_money_taken_off_or_a_voided_visit_makes_it_out_of_date_too(jade, mara):
    visit, other = a_visit(jade, mara), a_visit(jade, mara, on="2026-10-12")
    b.a_settled(visit, on="2026-10-06")
    document = superbills.issue(jade.user, october(jade), b.stamp("2026-11-01"))
    paid = Entry.get(Entry.kind == "allocation")
    desk.undo(paid, 10_00, "Wrong visit", Ask(b.stamp("2026-11-02"), once.end_of(jade.account)))
    assert superbill_age.out_of_date(document)
    second = superbills.issue(jade.user, october(jade), b.stamp("2026-11-03"))
    charges.void_charge(other, "Did not take place", b.stamp("2026-11-04"))

    assert superbill_age.out_of_date(second)
    assert [task.detail for task in Task.select()] == [document.number, second.number]
    third = superbills.issue(jade.user, october(jade), b.stamp("2026-11-05"))
    assert (second.replaces, third.replaces) == (document, second)
    assert not Task.select().where(Task.done_at.is_null()).exists()


def test_what_was_taken_off_and_put_back_is_corrected_by_the_very_same(jade, mara):
    """Or it would stay marked for good."""
    visit = a_visit(jade, mara)
    payment = b.a_settled(visit, on="2026-10-06")
    document = superbills.issue(jade.user, october(jade), b.stamp("2026-11-01"))
    postings.release(payment, visit, 10_00, "Wrong visit", b.stamp("2026-11-02"))
    postings.allocate(payment, visit, 10_00, b.stamp("2026-11-02"))

    new = superbills.correct(document, b.stamp("2026-11-03"))
    assert new.replaces == document and not superbill_age.out_of_date(new)


def test_the_new_one_of_the_same_dates_replaces_it(jade, mara):
    payment = b.a_settled(a_visit(jade, mara), on="2026-10-06")
    old = superbills.issue(jade.user, october(jade), b.stamp("2026-11-01"))
    other_dates = october(jade, last=30)
    moneyback.refund(payment, 10_00, "Asked for it", b.stamp("2026-11-02"))

    assert superbills.preview(jade.user, october(jade), b.TODAY).outdated == old
    assert superbills.preview(jade.user, other_dates, b.TODAY).outdated is None
    new = superbills.issue(jade.user, october(jade), b.stamp("2026-11-03"))

    assert new.replaces == old
    assert new.data["payment_line"] == "Amount paid $140.00. Balance $10.00."
    assert superbills.issue(jade.user, october(jade), b.stamp("2026-11-04")) == new


def test_staff_learn_of_it_once(jade, mara):
    payment = b.a_settled(a_visit(jade, mara), on="2026-10-06")
    superbills.issue(jade.user, october(jade), b.stamp("2026-11-01"))

    for _ in range(2):
        entry = moneyback.refund(payment, 10_00, "Asked for it", b.stamp("2026-11-02"))
        receipts.issue_refund(entry, b.stamp("2026-11-02"))

    (task,) = Task.select()
    assert (task.kind, task.account, task.detail) == ("task.superbill", jade.account, "SB-2026-000001")
    assert Notice.get(Notice.kind == "notice.superbill").account == jade.account


def test_the_task_is_finished_when_the_last_one_it_names_is_replaced(jade, mara):
    payment = b.a_settled(a_visit(jade, mara), on="2026-10-06")
    for last in (31, 30):
        superbills.issue(jade.user, october(jade, last=last), b.stamp("2026-11-01"))
    receipts.issue_refund(moneyback.refund(payment, 10_00, "Asked", b.stamp("2026-11-02")), b.stamp("2026-11-02"))
    done = []

    for last in (31, 30):
        superbills.issue(jade.user, october(jade, last=last), b.stamp("2026-11-03", by=f"user:{jade.user.id}"))
        done.append(Task.get().done_at is not None)

    assert done == [False, True]
    assert AuditEntry.get(AuditEntry.what == "task.done").by == f"user:{jade.user.id}"


def test_money_back_on_a_payment_no_superbill_counts_is_no_task(jade, mara):
    entry = moneyback.refund(b.a_settled(a_visit(jade, mara)), 10_00, "Asked for it", b.stamp())
    receipts.issue_refund(entry, b.stamp())

    assert Task.select().count() == 0


def test_money_back_before_it_was_issued_does_not(jade, mara):
    charge = a_visit(jade, mara)
    payment = b.a_settled(charge, "150.00", "2026-10-06")
    moneyback.refund(payment, 50_00, "Asked for it", b.stamp("2026-10-07"))

    assert not superbill_age.out_of_date(superbills.issue(jade.user, october(jade), b.stamp("2026-11-01")))
