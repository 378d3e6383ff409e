"""Given back once, whatever breaks: lost answers, two people at once, a process that dies, late news."""

import pytest

from billing import moneyback, refund_recovery, timeline
from billing.refund_outcomes import check_sent, record_back, record_credit
from billing.refund_rules import NothingLeft, UnderWay, sale_of
from gateways import Fact, Kind, Outcome, Result, Search, Standing
from models import AuditEntry, Entry, Message, MoneyBack, Notice, Payment, Task
from tests import builders as the
from tests.payments.given_back import REFUND, SALE, VOID, Between, credits_of, sums, tasks
from tests.payments.test_once import in_threads


def test_what_the_processor_will_not_do_for_another_reason_is_a_task(till, paid, back, settle):
    class Slow(Between):
        def void(self, *facts):
            settle(paid)  # between the look and the void
            return super().void(*facts)

    row = back(paid, gateway=Slow(till.gateway))

    assert (row.state, row.kind, tasks(), sums("void")) == ("declined", "void", ["task.back_refused"], [])


@pytest.mark.parametrize(
    ("trouble", "given"),
    [
        ({"action": "drop"}, False),
        ({"action": "status", "status": 500}, False),
        ({"action": "status", "status": 201, "body": ""}, False),
        ({"action": "apply_then_drop"}, True),
        ({"action": "apply_then_status", "status": 500}, True),
        ({"action": "apply_then_status", "status": 200, "body": ""}, True),
    ],
    ids=lambda value: "-".join(map(str, value.values())) if isinstance(value, dict) else str(value),
)
@pytest.mark.parametrize("call", [REFUND, VOID], ids=["refund", "void"])
def test_whatever_happens_to_the_answer_it_goes_back_once_and_the_books_are_right(
    till, paid, back, settle, faults, call, trouble, given
):
    if call == REFUND:
        settle(paid)
    faults(call, **trouble)

    row = back(paid)
    assert row.state == ("succeeded" if given else "unknown")
    for hours in (1, 25, 26):
        till.clock.pass_(hours=hours)
        refund_recovery.resolve_unknown(till.gateway, till.clock())

    row = MoneyBack.get()
    sale = till.gateway.find(paid.transaction_id)
    gone = len(sale.refund_ids) if call == REFUND else int(sale.voided)
    assert (row.state, gone, len(sums("refund") + sums("void"))) == (
        ("succeeded", 1, 1) if given else ("closed", 0, 0)
    )  # fmt: skip
    assert tasks() == ([] if given else ["task.back_refused"])


def test_what_could_not_leave_is_not_sent(till, settled, back):
    class Locked(Between):
        def refund(self, *facts):
            return Result(Outcome.NOT_SENT, alert=True, staff_text="401")

    row = back(settled, gateway=Locked(till.gateway))

    assert (row.state, set(tasks())) == ("not_sent", {"task.setup", "task.back_refused"})


def test_a_search_that_lags_is_helped_by_the_sale(till, settled, back, faults):
    faults(REFUND, "apply_then_drop")
    faults("", "search_lag", times=1, seconds=60)

    assert (back(settled).state, credits_of(till, settled)) == ("succeeded", [150_00])


def test_nothing_is_concluded_while_the_processor_is_silent(till, settled, back, faults):
    class Deaf(Between):
        def find_by_reference(self, order_id):
            return Search(False)

    faults(REFUND, "drop")
    row = back(settled)
    till.clock.pass_(hours=25)
    assert refund_recovery.look(row, Deaf(till.gateway), till.clock()).state == "unknown"

    till.clock.pass_(hours=2)
    faults(SALE, "status", status=503)
    assert refund_recovery.look(row, till.gateway, till.clock()).state == "unknown"


def test_a_void_is_not_concluded_while_the_processor_is_silent(till, paid, back, faults):
    faults(VOID, "drop")
    row = back(paid)
    faults(SALE, "status", status=503)
    till.clock.pass_(hours=25)

    assert refund_recovery.look(row, till.gateway, till.clock()).state == "unknown"
    till.clock.pass_(hours=2)
    assert refund_recovery.look(row, till.gateway, till.clock()).state == "closed"


def test_a_sale_that_settled_was_not_voided(till, paid, back, settle, faults):
    faults(VOID, "drop")
    row = back(paid)
    settle(paid)
    till.clock.pass_(minutes=5)

    assert refund_recovery.resolve_unknown(till.gateway, till.clock()) == 1
    assert (MoneyBack.get_by_id(row.id).state, back(paid).kind) == ("closed", "refund")


def test_eight_posts_of_one_form_give_back_once(till, settled, back):
    rows = in_threads(8, lambda: back(settled, 50_00, key="one form"))

    assert {row.id for row in rows} == {MoneyBack.get().id}
    assert (credits_of(till, settled), sums("refund")) == ([50_00], [50_00])


def test_two_people_at_once_give_back_once(till, settled, back, mara, rosa):
    people = [mara, rosa]

    results = in_threads(2, lambda: back(settled, 150_00, people.pop()))

    refused = [type(result) for result in results if isinstance(result, Exception)]
    assert refused in ([UnderWay], [NothingLeft])
    assert (credits_of(till, settled), sums("refund")) == ([150_00], [150_00])


@pytest.mark.parametrize("kind", ["refund", "void"])
def test_a_row_left_by_a_process_that_died_is_looked_up_after_two_minutes(till, paid, back, settle, kind):
    """The processor did it, and the process was gone before it could write that down."""

    class Deadly(Between):
        def refund(self, *facts):
            super().refund(*facts)
            raise SystemExit

        def void(self, *facts):
            super().void(*facts)
            raise SystemExit

    if kind == "refund":
        settle(paid)
    with pytest.raises(SystemExit):
        back(paid, gateway=Deadly(till.gateway))
    assert (MoneyBack.get().state, sums(kind)) == ("sent", [])

    till.clock.pass_(seconds=119)
    assert refund_recovery.resolve_unknown(till.gateway, till.clock()) == 0
    till.clock.pass_(seconds=1)
    assert refund_recovery.resolve_unknown(till.gateway, till.clock()) == 1
    assert (MoneyBack.get().state, sums(kind)) == ("succeeded", [150_00])


def a_credit(attempt, **facts):
    about = {
        "id": "credit1", "order_id": f"{attempt.order_id}-R1", "kind": Kind.CREDIT, "status": "settled",
        "standing": Standing.APPROVED, "cents": 150_00, "currency": "USD", "account": "", "created_at": None,
        "refund_of": attempt.transaction_id,
    }  # fmt: skip
    return Fact(**(about | facts))


@pytest.fixture
def closed(till, settled, back, faults):
    """A refund given up after a day."""
    faults(REFUND, "drop")
    row = back(settled)
    till.clock.pass_(hours=25)
    refund_recovery.resolve_unknown(till.gateway, till.clock())
    Task.delete().execute()
    return MoneyBack.get_by_id(row.id)


def test_a_success_after_the_end_is_posted_and_a_task(till, settled, closed):
    for _ in range(2):
        assert record_credit(a_credit(settled), till.clock()) == closed

    assert (MoneyBack.get().state, sums("refund"), tasks()) == ("succeeded", [150_00], ["task.late_back"])


def test_another_amount_is_never_adopted(till, settled, closed):
    record_credit(a_credit(settled, cents=1), till.clock())

    assert (MoneyBack.get().state, tasks()) == ("closed", ["task.wrong_amount"])


def test_late_repeated_and_out_of_order_news_changes_nothing(till, settled, back):
    row = back(settled)
    before = (Entry.select().count(), Message.select().count(), AuditEntry.select().count())

    for result in (Result(Outcome.UNKNOWN), Result(Outcome.NOT_SENT), Result(Outcome.DECLINED)):
        record_back(row, result, till.clock())
    record_credit(a_credit(settled, standing=Standing.UNKNOWN), till.clock())

    assert MoneyBack.get().state == "succeeded"
    assert (Entry.select().count(), Message.select().count(), AuditEntry.select().count()) == before


def test_a_refund_that_fails_later_stays_posted_and_a_check_is_sent(till, settled, back, rosa):
    row = back(settled)
    failed = a_credit(settled, id=row.transaction_id, standing=Standing.REVERSED, status="settlement_declined")

    for _ in range(2):
        record_credit(failed, till.clock())
    assert (MoneyBack.get().state, MoneyBack.get().failed_at, tasks()) == (
        "succeeded", till.clock(), ["task.refund_failed"],
    )  # fmt: skip

    assert Notice.select().where(Notice.kind == "notice.refund_failed").count() == 1
    check_sent(MoneyBack.get(), "1042", the.stamp())

    assert (MoneyBack.get().reference, tasks(), sums("refund")) == ("1042", [], [150_00])


def test_a_refund_that_fails_before_it_was_known_is_refused(till, settled, back, faults):
    faults(REFUND, "drop")
    back(settled)

    record_credit(a_credit(settled, standing=Standing.DECLINED, status="processor_declined"), till.clock())

    assert (MoneyBack.get().state, tasks()) == ("declined", ["task.send_check"])
    assert Notice.get(Notice.kind == "notice.refund_failed").amount == MoneyBack.get().amount


def test_only_refused_credits_refuse_the_refund_after_a_minute(till, settled, back, faults):
    class Refusing(Between):
        def find_by_reference(self, order_id):
            return Search(True, (a_credit(settled, standing=Standing.DECLINED, status="processor_declined"),))

    faults(REFUND, "drop")
    row = back(settled)

    till.clock.pass_(seconds=20)
    assert refund_recovery.look(row, Refusing(till.gateway), till.clock()).state == "unknown"
    till.clock.pass_(seconds=40)
    assert refund_recovery.look(row, Refusing(till.gateway), till.clock()).state == "declined"


def test_a_refund_made_at_the_processor_is_booked_and_a_task(till, settled):
    credit = till.gateway.refund(settled.transaction_id, "by-hand", "key", 40_00).fact

    for _ in range(2):
        record_credit(credit, till.clock())

    row = MoneyBack.get()
    assert (row.state, row.asked_by, row.entry.by, row.amount) == ("succeeded", None, "system", 40_00)
    assert (sums("refund"), tasks()) == ([40_00], ["task.back_found"])
    assert [step.what for step in timeline.detail(sale_of(Payment.get())).steps if step.back] == []


@pytest.mark.parametrize("facts", [{"refund_of": ""}, {"refund_of": "nobodys"}, {"standing": Standing.DECLINED}])
def test_a_credit_of_no_sale_of_ours_or_that_never_was_changes_nothing(till, settled, facts):
    assert record_credit(a_credit(settled, **facts), till.clock()) is None
    assert MoneyBack.select().count() == 0


def test_what_the_books_cannot_take_stays_open_until_they_can(till, settled, back, faults):
    """The bank took the money back while our own refund was on its way."""
    faults(REFUND, "drop")
    row = back(settled)
    the.postings.settle(Payment.get(), the.stamp())
    dispute = moneyback.charge_back(Payment.get(), the.stamp(), reason="fraud")
    till.gateway.refund(settled.transaction_id, row.order_id, row.request_key, row.amount)
    till.clock.pass_(hours=26)

    assert refund_recovery.resolve_unknown(till.gateway, till.clock()) == 0
    assert (MoneyBack.get().state, tasks()) == ("unknown", ["task.back_stuck"])

    moneyback.win_chargeback(dispute, the.stamp())
    till.clock.pass_(hours=1)
    assert refund_recovery.resolve_unknown(till.gateway, till.clock()) == 1
    assert sums("refund") == [150_00]


def test_a_refund_made_at_the_processor_during_a_dispute_is_booked_once_that_is_won(till, settled, faults):
    the.postings.settle(Payment.get(), the.stamp())
    dispute = moneyback.charge_back(Payment.get(), the.stamp(), reason="fraud")
    credit = till.gateway.refund(settled.transaction_id, "by-hand", settled.key, 40_00).fact
    record_credit(credit, till.clock())
    assert refund_recovery.resolve_unknown(till.gateway, till.clock()) == 0
    assert (MoneyBack.get().state, MoneyBack.get().searched_at, tasks()) == ("closed", None, ["task.back_stuck"])

    moneyback.win_chargeback(dispute, the.stamp())
    faults(SALE, "status", status=503)
    booked = []
    for _ in range(3):
        booked.append(refund_recovery.resolve_unknown(till.gateway, till.clock()))
        till.clock.pass_(minutes=59)

    assert (booked, sums("refund")) == ([0, 0, 1], [40_00])


def test_one_that_cannot_be_looked_up_does_not_keep_the_others_waiting(till, settled, back, faults):
    class Broken(Between):
        def find_by_reference(self, order_id):
            raise ZeroDivisionError

    faults(REFUND, "drop")
    back(settled)
    till.clock.pass_(minutes=5)

    assert refund_recovery.resolve_unknown(Broken(till.gateway), till.clock()) == 0
    assert tasks() == ["task.back_stuck"]


def test_a_void_somebody_posted_meanwhile_is_adopted(till, paid, back):
    class Gone(Between):
        def void(self, *facts):
            super().void(*facts)
            raise SystemExit

    with pytest.raises(SystemExit):
        back(paid, gateway=Gone(till.gateway))
    posted = moneyback.void(Payment.get(), "voided at the processor", the.stamp())
    till.clock.pass_(minutes=5)

    refund_recovery.resolve_unknown(till.gateway, till.clock())

    assert (MoneyBack.get().state, MoneyBack.get().entry) == ("succeeded", posted)
