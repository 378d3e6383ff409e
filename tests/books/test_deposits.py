"""How deposits, the bank's lines and the books find each other, and that what is matched does not move."""

from datetime import date, timedelta

import pytest

from billing import (
    banking,
    deposit_adopting,
    deposit_differences,
    deposit_links,
    deposit_watch,
    deposits,
    deposits_list,
)
from billing.banking import Shown
from billing.deposit_differences import What
from billing.deposits import Payout, State, Told, expected
from billing.discrepancies import discrepancies
from billing.errors import BillingError, NotAllowed
from billing.moneyback import charge_back, refund, win_chargeback
from choices import AttemptState, DepositLineKind, DepositSource
from exchange import bank, settlement
from exchange.cells import Way
from exchange.reading import Unreadable, read
from models import Account, BankLine, Deposit, DepositLine, Dispute, MoneyBack, Notice, Task, WaitingPayment
from tests import builders as the

K = DepositLineKind
DAY = date(2026, 11, 18)  # a Wednesday
WAY = Way(the.TODAY)


@pytest.fixture(autouse=True)
def _practice(practice):
    """Every test has one."""


def sale(id, cents=100_00, fee=None, **facts):
    return Told(id, K.SALE, cents, fee, **facts)


def a_deposit(*lines, transfer="t1", day=DAY, net=None, source=DepositSource.ANNOUNCED):
    return deposits.record(Payout(day, lines, source, transfer, net), the.NOW)


def reported(*lines, transfer="t1", day=DAY, net=None):
    return a_deposit(*lines, transfer=transfer, day=day, net=net, source=DepositSource.REPORT)


def attempt(person, id, charge, state=AttemptState.SUCCEEDED, **facts):
    return the.an_attempt(person, (charge, charge.amount), state=state, transaction_id=id, **facts)


def paid(person, id, fee="100.00", on="2026-11-10"):
    """A settled card payment that the processor knows by this id."""
    charge = the.a_charge(person, fee=fee)
    about = {"method": "card", "source": "portal", "way": "one", "user": person.user}
    return the.a_settled(charge, on=on, attempt=attempt(person, id, charge), **about)


def given_back(payment, entry, id, cents):
    """The processor made the refund that this entry posts."""
    return MoneyBack.create(
        form_key=id, order_id=f"{payment.attempt.order_id}-R1", request_key=id, attempt=payment.attempt, kind="refund",
        amount=cents, reason="x", state=AttemptState.SUCCEEDED, created_at=entry.at, transaction_id=id, entry=entry,
    )  # fmt: skip


def shows(*lines):
    banking.keep([Shown(day, text, cents) for day, text, cents in lines], the.stamp())
    return banking.match(the.stamp())


def whats(deposit):
    return [str(each.what) for each in deposit_differences.of([deposit])[deposit.id]]


def now(deposit):
    return Deposit.get_by_id(deposit.id)


def test_the_transfers_id_in_the_text_beats_the_amount():
    one, two = a_deposit(sale("s1")), a_deposit(sale("s2"), transfer="t2")

    assert shows((DAY, "ach T2 braintree", 100_00), (DAY, "ach", 100_00)) == 2
    assert "T2" in now(two).bank_line.text and "T2" not in now(one).bank_line.text


def test_a_line_that_names_a_transfer_and_another_amount_stays_off():
    deposit = a_deposit(sale("s1"))

    assert shows((DAY, "t1", 99_00), (DAY, "salary", 100_00)) == 0
    assert (whats(now(deposit)), deposits.off_by(now(deposit))) == (["sale", "bank"], -1_00)


def test_one_line_that_names_two_transfers_is_both_when_the_sums_are_equal():
    one, two = a_deposit(sale("s1")), a_deposit(sale("s2", 50_00), transfer="t2")
    assert shows((DAY, "t1 t2", 149_99)) == 0
    assert now(one).bank_line is None

    assert shows((DAY, "t1 and t2", 150_00)) == 2
    assert deposits_list.sharing(now(one)) == [two]
    banking.unlock(now(one), "line", the.stamp())
    assert now(two).matched_at is None


@pytest.mark.parametrize(("days", "matched"), [(-5, 1), (5, 1), (6, 0), (-6, 0)])
def test_an_equal_amount_is_it_only_within_five_days(days, matched):
    a_deposit(sale("s1"))

    assert shows((DAY + timedelta(days=days), "ach", 100_00)) == matched


def test_several_that_fit_wait_for_a_person():
    one, two = a_deposit(sale("s1")), a_deposit(sale("s2"), transfer="t2")
    assert shows((DAY, "ach", 100_00)) == 0

    (line,) = banking.fitting(one)
    with pytest.raises(BillingError, match=r"pr\.rec\.err\.sum"):
        banking.put(line, [one, two], the.stamp())
    assert banking.put(line, [one], the.stamp())
    with pytest.raises(NotAllowed):
        banking.put(line, [two], the.stamp())
    with pytest.raises(NotAllowed):
        banking.typed(now(one), Shown(DAY, "", 1), the.stamp())
    with pytest.raises(NotAllowed):
        banking.unlock(two, "line", the.stamp())


def test_a_second_line_that_names_the_transfer_stops_nothing():
    deposit = a_deposit(sale("s1"), transfer="tr_77")
    banking.keep([Shown(DAY, text, 100_00) for text in ("tr_77", "again tr_77")], the.stamp())
    assert banking.match(the.stamp()) == 1 and now(deposit).bank_line.text == "tr_77"


def test_a_slip_that_was_typed_for_one_deposit_matches_no_other():
    one, two = (a_deposit(sale(id, cents), transfer=id) for id, cents in (("t1", 100_00), ("t2", 350_00)))
    assert not banking.typed(one, Shown(DAY, "", 350_00), the.stamp())
    assert banking.typed(now(one), Shown(DAY, "", 100_00), the.stamp())
    assert banking.match(the.stamp()) == 0 and banking.fitting(now(two)) == []


def test_the_same_lines_again_are_none_and_equal_lines_of_one_day_are_two():
    lines = [Shown(DAY, "ach", 5_00)] * 2

    assert [banking.keep(lines, the.stamp()) for _ in range(2)] == [2, 0]
    assert BankLine.select().count() == 2
    assert banking.match(the.stamp()) == 0


def test_a_withdrawal_is_a_line_below_zero():
    deposit = a_deposit(Told("d1", K.DISPUTE, -185_00, 15_00))

    assert shows((DAY, "t1", -200_00)) == 1
    assert (deposit.disputes, deposit.fees, expected(deposit)) == (185_00, 15_00, -200_00)


def test_a_file_knows_more_than_an_announcement_and_neither_moves_what_is_matched():
    paid(the.ana(), "s1")
    deposit = a_deposit(sale("s1"), net=100_00)
    deposits.add_typed(deposit, "fee", 1_00, the.stamp())
    assert (deposit.net, deposit.fees) == (99_00, 1_00)
    reported(sale("s1", fee=3_20), net=96_80)
    a_deposit(sale("s1"), net=100_00)
    assert (now(deposit).net, now(deposit).fees, now(deposit).source) == (96_80, 3_20, "report")

    deposits.add_typed(now(deposit), "added", 50, the.stamp())
    deposits.add_typed(now(deposit), "taken", 50, the.stamp())
    assert (now(deposit).net, now(deposit).adjustments) == (96_80, 0)
    shows((DAY, "t1", 96_80))
    reported(sale("s1", fee=3_20))
    assert Task.select().count() == 0
    reported(sale("s1", fee=3_30))
    reported(sale("s1", fee=3_20), net=96_79)
    assert (now(deposit).fees, Task.get().kind) == (3_20, "task.deposit_changed")


def test_a_list_of_transactions_finds_the_deposit_that_has_most_of_them():
    deposit = a_deposit(sale("s1"), sale("s2"), sale("s3"))

    assert reported(sale("s1"), sale("s2"), transfer="") == deposit
    assert reported(sale("s1"), sale("x"), transfer="") != deposit
    assert reported(sale("s3"), transfer="another") == deposit
    assert reported(sale("s2"), transfer="a third") != deposit


def test_lines_find_payments_refunds_and_disputes_also_those_posted_later():
    ana = the.ana()
    first, second = paid(ana, "s1"), paid(ana, "s2")
    charge = the.a_charge(ana)
    waiting = attempt(ana, "s3", charge)
    entry = refund(first, 20_00, "x", the.stamp())
    back = given_back(first, entry, "r1", 20_00)
    dispute = charge_back(second, the.stamp(), reason="fraud")
    Dispute.update(processor_id="d1").where(Dispute.id == dispute.id).execute()
    WaitingPayment.create(attempt=waiting, account=ana.account, amount=150_00, received_at=the.NOW)
    deposit = a_deposit(
        sale("s1"), sale("s3", 150_00), Told("r1", K.REFUND, -20_00), Told("r9", K.REFUND, -1_00),
        Told("d1", K.DISPUTE, -100_00), Told("d2", K.DISPUTE, -1_00, about="s2"), Told("d9", K.DISPUTE_WON, 1_00),
        Told("a1", K.ADJUSTMENT, 5_00),
    )  # fmt: skip

    lines = {line.reference: line for line in DepositLine.select()}
    assert {id: line.payment_id for id, line in lines.items()} == {
        "s1": first.id, "s3": None, "r1": first.id, "r9": None, "d1": second.id, "d2": second.id, "d9": None,
        "a1": None,
    }  # fmt: skip
    assert lines["r1"].back == back
    assert whats(deposit) == ["refund", "amount", "dispute"]
    with pytest.raises(NotAllowed):
        deposit_adopting.adopt(lines["s3"], ana.account.key, the.stamp())
    about = {"method": "card", "source": "portal", "way": "one", "user": ana.user, "attempt": waiting}
    posted = the.a_payment(ana, "150.00", **about)
    WaitingPayment.update(payment=posted).execute()
    assert deposit_links.link() == 1
    assert DepositLine.get(reference="s3").payment == posted


def test_a_dispute_that_was_won_comes_back_for_the_same_amount():
    dispute = charge_back(paid(the.ana(), "s1"), the.stamp(), reason="fraud")
    Dispute.update(processor_id="d1").where(Dispute.id == dispute.id).execute()
    win_chargeback(dispute, the.stamp())

    assert whats(a_deposit(Told("d1", K.DISPUTE, -100_00), Told("d1", K.DISPUTE_WON, 100_00))) == []


def test_a_sale_that_was_taken_in_is_known_in_another_deposit_too():
    ana = the.ana()
    deposit = reported(sale("s9", 80_00))
    line = deposit_adopting.sale(deposit, DepositLine.get().id)
    assert (deposit_adopting.accounts(" "), deposit_adopting.accounts("delgado")) == ([], [ana.account])
    payment = deposit_adopting.adopt(line, ana.account.key, the.stamp())
    with pytest.raises(Account.DoesNotExist):
        deposit_adopting.adopt(line, "nobody", the.stamp())

    later = reported(sale("s9", 80_00), transfer="t2")

    found = DepositLine.get(DepositLine.deposit == later)
    assert (found.payment, whats(later), whats(deposit)) == (payment, ["double"], [])


def test_a_sale_that_two_deposits_name_is_taken_in_once():
    account = the.ana().account.key
    lines = [DepositLine.get(deposit=reported(sale("s9"), transfer=transfer)) for transfer in ("t1", "t2")]
    deposit_adopting.adopt(lines[0], account, the.stamp())
    with pytest.raises(NotAllowed):
        deposit_adopting.adopt(lines[1], account, the.stamp())


def test_what_settled_five_work_days_ago_and_is_in_no_deposit_is_named():
    assert deposit_differences.missing(the.TODAY) == []
    in_one, in_none = paid(the.ana(), "s1", on="2026-11-10"), paid(the.ben(), "s2", on="2026-11-13")
    paid(the.noor(), "s3", on="2026-11-16")  # too early to say
    paid(the.walt(), "s4", on="2026-11-09")  # before the first that was told
    a_deposit(sale("s1"))

    assert [each.payment for each in deposit_differences.missing(the.TODAY)] == [in_none]
    assert in_one.id != in_none.id


def test_a_refund_of_a_week_ago_that_no_deposit_has_is_named():
    payment = paid(the.ana(), "s1")
    a_deposit(sale("s1"))
    entry = refund(payment, 20_00, "x", the.stamp("2026-11-11"))
    given_back(payment, entry, "r1", 20_00)

    (found,) = deposit_differences.missing(the.TODAY)
    assert (found.what, found.payment, found.ours, found.on) == (What.MISSING_BACK, payment, -20_00, entry.on)


def test_a_deposit_is_late_after_five_work_days():
    deposit = a_deposit(sale("s1"), day=date(2026, 11, 12))  # a Thursday
    assert deposits.state(deposit, date(2026, 11, 19)) == State.WAITING
    assert deposits.state(deposit, date(2026, 11, 20)) == State.LATE
    assert not deposits.is_late(date(2026, 11, 20), date(2026, 11, 30))  # Thanksgiving is between
    assert What.LATE in [each.what for each in deposits_list.to_look_at(the.TODAY)]


def test_each_late_deposit_is_told_of_once_though_others_have_its_amount():
    for id, day in (("s1", 12), ("s2", 12), ("s3", 13)):  # Thursday, Thursday, Friday
        a_deposit(sale(id), transfer=id, day=date(2026, 11, day))
    at = [the.noon("2026-11-20") + timedelta(hours=hours) for hours in (-12, -12, 11, 12, 36)]
    assert [*map(deposit_watch.look, at)] == [2, 0, 0, 1, 0]
    assert {(news.kind, news.amount) for news in Notice.select()} == {("notice.deposit", 100_00)}


def test_a_matched_deposit_that_was_changed_behind_our_back_is_a_discrepancy():
    deposit = a_deposit(sale("s1"))
    shows((DAY, "t1", 100_00))
    assert discrepancies() == []

    Deposit.update(net=99_00).execute()
    assert discrepancies() == [
        "Deposit DEP-001: its lines come to $100.00, not its net.",
        "Deposit DEP-001: matched with $100.00, but it is $99.00.",
    ]
    Deposit.update(net=100_00).where(Deposit.id == deposit.id).execute()


def test_what_may_still_be_in_flight_is_not_taken_in():
    ana = the.ana()
    tried = the.an_attempt(ana, (the.a_charge(ana), "50.00"))
    a_deposit(sale("s1", 50_00, order_id=tried.order_id))

    with pytest.raises(NotAllowed):
        deposit_adopting.adopt(DepositLine.get(), ana.account.key, the.stamp())


def read_report(text, name="", account=""):
    return settlement.read(read(text.encode()), WAY, name, account)


DETAILS = "record id,RECORD TYPE,Transfer-ID,Gross Settlement Amount,Total Net Fees,Net Disbursed Amount,Currency\n"


def test_a_report_without_sections_and_in_any_spelling_is_read():
    rows = "s1,Sale,t1,100.00,3.20,96.80,USD\nr1,,t1,-20.00,0,-20.00,\nx1,Reserve,t1,5.00,,5.00,\nw1,Dispute,t1,9,,9,\n"
    (payout,) = read_report(DETAILS + rows, "acct-DISBURSEMENT-FEE-REPORT-DAILY-20261118-1-1.csv").payouts

    assert (payout.day, payout.net, payout.transfer_id) == (DAY, 90_80, "t1")
    assert [(line.kind, line.amount, line.fee) for line in payout.lines] == [
        (K.SALE, 100_00, 3_20), (K.REFUND, -20_00, 0), (K.ADJUSTMENT, 5_00, None), (K.DISPUTE_WON, 9_00, None),
    ]  # fmt: skip


def test_without_a_rows_net_a_fee_is_what_was_kept_and_the_transfers_net_is_not_told():
    (payout,) = read_report(f"{DETAILS}s1,,t1,100.00,-3.20,,\n", "20269999.csv").payouts

    assert (payout.lines[0].fee, payout.net, payout.day) == (3_20, None, None)


SEARCH = (
    "Transaction ID,Transaction Type,Disbursement Date,Merchant Account,Currency ISO Code,Settlement Amount,"
    "Amount Submitted For Settlement,Order ID,Refunded Transaction ID,First Six of Credit Card\n"
)


def test_a_transaction_search_is_grouped_by_the_day_it_was_paid_out():
    rows = (
        "s1,sale,11/18/2026,ours,USD,100.00,100.00,P1,,411111\ns2,sale,,ours,USD,,5.00,P2,,411111\n"
        "c1,credit,2026-11-18,ours,USD,,20.00,P1-R1,s1,\ns3,sale,2026-11-19,ours,USD,7.00,,P3,,\n"
        "s4,sale,2026-11-19,theirs,USD,7.00,,P4,,\n"
    )
    report = read_report(SEARCH + rows, account="ours")

    assert report.skipped == 2
    assert [(each.day, [line.amount for line in each.lines]) for each in report.payouts] == [
        (DAY, [100_00, -20_00]), (date(2026, 11, 19), [7_00]),
    ]  # fmt: skip


def test_each_row_of_the_processors_file_that_cannot_be_read_is_named():
    rows = ",Sale,t1,1.00,,,\ns2,Sale,t1,lots,,,\ns3,Sale,t1,1.00,,,EUR\n"
    report = read_report(f"Transfer ID(s),Net Disbursed Amount\nt1,\n\n{DETAILS}{rows}")

    assert report.payouts == []
    assert [(each.line, each.code) for each in report.problems] == [
        (5, "empty"), (6, "not_money"), (7, "pr.rec.file.currency"),
    ]  # fmt: skip
    assert [each.sentence("en") for each in report.problems][2] == "Line 7, Currency: “EUR” is not USD"


def test_a_transfer_that_was_sent_in_parts_is_told_by_its_rows():
    parts = [f"transfer-number-{n:03d}" for n in range(9)]
    rows = "".join(f"s{n},Sale,{part},10.00,0.50,9.50,USD\n" for n, part in enumerate(parts))
    report = read_report(f'Transfer ID(s),Net Disbursed Amount\n"{", ".join(parts)}",85.50\n\n{DETAILS}{rows}')

    assert [(each.transfer_id, each.net) for each in report.payouts] == [(part, 9_50) for part in parts]


def test_the_banks_columns_are_guessed_and_read_in_either_form():
    signed, parted = (
        read(b"Date,Payee,Amount,Debit\n2026-11-18,ACH,-5\n"),
        read(b"Posted date,Debit,Credit\n1/2/26,,3\n"),
    )
    assert bank.guess(signed.header) == {"date": "Date", "description": "Payee", "amount": "Amount"}
    assert bank.guess(parted.header) == {"date": "Posted date", "in": "Credit", "out": "Debit"}

    assert bank.read(signed, bank.guess(signed.header), WAY).lines == [Shown(DAY, "ACH", -5_00)]
    assert bank.read(parted, bank.guess(parted.header), WAY).lines == [Shown(date(2026, 1, 2), "", 3_00)]
    with pytest.raises(Unreadable, match=r"pr\.rec\.bank\.both"):
        bank.read(signed, bank.guess(signed.header) | {"out": "Debit"}, WAY)


def test_a_line_of_the_bank_without_a_day_is_named_and_one_without_an_amount_left_out():
    statement = bank.read(
        read(b"Date,Amount\n,5.00\n2026-11-18,\n2026-11-18,x\n"), {"date": "Date", "amount": "Amount"}, WAY
    )

    assert (statement.lines, [(each.line, each.code) for each in statement.problems]) == (
        [], [(2, "empty"), (4, "not_money")],
    )  # fmt: skip


def test_what_could_be_a_cards_number_is_not_kept_of_the_banks_words():
    sheet = read(b"Date,Text,Amount\n2026-11-18,ACH 4111 1111 1111 1111 x,1\n")
    (line,) = bank.read(sheet, {"date": "Date", "description": "Text", "amount": "Amount"}, WAY).lines

    assert line.text == "ACH #### #### #### #### x"
