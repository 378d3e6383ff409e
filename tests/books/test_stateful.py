"""Random commands in any order: what the ledger allows is done, what it does not allow leaves no trace.

Each command is first judged by the figures as the rules are written; the command must agree, both ways.
After every step the books balance and no earlier entry has changed.
"""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from billing import charges, credit, moneyback, outcomes, postings, waiting
from billing.discrepancies import discrepancies
from billing.errors import BillingError
from billing.ledger import account_figure, charge_figure, left_of, net_allocation, payment_figure
from gateways import Fact, Kind, Outcome, Result, Standing
from migrations import migrate
from models import (
    Attempt,
    Charge,
    Dispute,
    Entry,
    EntryKind,
    Hold,
    Payment,
    WaitingPayment,
    db,
    open_database,
)
from tests.builders import NOW, a_charge, a_payment, an_attempt, ana, noor, stamp, the_practice

PLACES = st.integers(min_value=0, max_value=10_000)
SIZES = st.one_of(st.sampled_from(["all", "all", "one more", "half"]), st.integers(min_value=-1, max_value=200_00))
FEES = st.integers(min_value=1, max_value=200_00)


def sized(size, most):
    """A typed size, or one at the edge of what is allowed."""
    edges = {"all": most, "one more": most + 1, "half": most // 2}
    return edges.get(size, size)


def written() -> list[int]:
    return [model.select().count() for model in (Charge, Payment, Entry, Dispute, Hold)]


class Books(RuleBasedStateMachine):
    """One practice with two accounts, inside a transaction that is undone at the end."""

    charges = Bundle("charges")
    payments = Bundle("payments")

    def __init__(self):
        super().__init__()
        self.everything = db.transaction()
        self.everything.__enter__()
        self.hashes = []
        self.steps = 0

    def teardown(self):
        assert discrepancies() == []
        self.everything.__exit__(Exception, None, None)

    @initialize()
    def open_the_practice(self):
        self.people = [ana(), noor()]

    def tries(self, allowed, command):
        """Run a command that must be done exactly when it is allowed."""
        before = written()
        try:
            command()
        except BillingError:
            assert written() == before
            assert not allowed
        else:
            assert allowed

    def some(self, place, query):
        rows = list(query)
        return rows[place % len(rows)] if rows else None

    def entry(self, place, kind):
        return self.some(place, Entry.select().where(Entry.kind == kind).order_by(Entry.id))

    # What happens to charges

    @rule(target=charges, who=PLACES, fee=FEES, insured=st.booleans())
    def visit(self, who, fee, insured):
        return a_charge(self.people[who % 2], fee=fee, payer="insurance" if insured else "client")

    @rule(charge=charges, size=SIZES)
    def adjust(self, charge, size):
        row = charge_figure(charge)
        most = row.open - row.reserved if charge.payer == "client" else row.pending
        amount = sized(size, most)
        self.tries(0 < amount <= most, lambda: charges.adjust(charge, amount, "courtesy", "Kindness", stamp()))

    @rule(charge=charges, size=SIZES)
    def insurance_pays(self, charge, size):
        most = charge_figure(charge).pending if charge.payer == "insurance" else 0
        amount = sized(size, most)
        self.tries(0 < amount <= most, lambda: charges.record_insurance(charge, amount, "Plan", "EOB", stamp()))

    @rule(charge=charges, size=SIZES)
    def transfer(self, charge, size):
        most = charge_figure(charge).pending if charge.payer == "insurance" else 0
        amount = sized(size, most)
        self.tries(0 < amount <= most, lambda: charges.transfer(charge, amount, "copay", stamp()))

    @rule(charge=charges)
    def void_charge(self, charge):
        row = charge_figure(charge)
        bare = row.gross and not (row.adjusted or row.insurance or row.moved or row.allocated or row.reserved)
        self.tries(bare, lambda: charges.void_charge(charge, "Wrong client", stamp()))

    @rule(place=PLACES, size=SIZES)
    def reverse_adjustment(self, place, size):
        if entry := self.entry(place, EntryKind.ADJUSTMENT):
            amount = sized(size, left_of(entry))
            allowed = 0 < amount <= left_of(entry)
            self.tries(allowed, lambda: charges.reverse_adjustment(entry, amount, "Not so", stamp()))

    @rule(place=PLACES, size=SIZES)
    def reverse_insurance(self, place, size):
        if entry := self.entry(place, EntryKind.INSURANCE_PAYMENT):
            amount = sized(size, left_of(entry))
            allowed = 0 < amount <= left_of(entry)
            self.tries(allowed, lambda: charges.reverse_insurance(entry, amount, "Not so", stamp()))

    @rule(place=PLACES, size=SIZES)
    def reverse_transfer(self, place, size):
        if entry := self.entry(place, EntryKind.TRANSFER):
            row = charge_figure(entry.charge)
            most = min(left_of(entry), row.open - row.reserved)
            amount = sized(size, most)
            self.tries(0 < amount <= most, lambda: charges.reverse_transfer(entry, amount, "Not so", stamp()))

    # What happens to payments

    @rule(target=payments, who=PLACES, amount=FEES, spread=st.booleans())
    def check_arrives(self, who, amount, spread):
        payment = a_payment(self.people[who % 2], amount)
        if spread:
            postings.pay_oldest_first(payment, stamp())
        return payment

    @rule(payment=payments, charge=charges, size=SIZES)
    def allocate(self, payment, charge, size):
        row = charge_figure(charge)
        most = min(payment_figure(payment).unapplied, row.open - row.reserved)
        most = most if payment.account_id == charge.account_id else 0
        amount = sized(size, most)
        self.tries(0 < amount <= most, lambda: postings.allocate(payment, charge, amount, stamp()))

    @rule(payment=payments, charge=charges, size=SIZES)
    def release(self, payment, charge, size):
        most = net_allocation(payment, charge)
        amount = sized(size, most)
        self.tries(0 < amount <= most, lambda: postings.release(payment, charge, amount, "adjustment", stamp()))

    @rule(payment=payments)
    def settle(self, payment):
        row = payment_figure(payment)
        self.tries(not row.settled and row.back == 0, lambda: postings.settle(payment, stamp()))

    @rule(who=PLACES)
    def use_credit(self, who):
        account = self.people[who % 2].account
        could = credit.usable(account)
        assert credit.use(account, stamp()) == could
        assert credit.usable(account) == 0

    # Money back

    @rule(payment=payments)
    def void(self, payment):
        row = payment_figure(payment)
        self.tries(not row.settled and row.back == 0, lambda: moneyback.void(payment, "Wrong check", stamp()))

    @rule(payment=payments, size=SIZES)
    def refund(self, payment, size):
        row = payment_figure(payment)
        disputed = Dispute.select().where(Dispute.payment == payment, Dispute.state == "open").exists()
        most = row.amount - row.back if row.settled and not disputed else 0
        amount = sized(size, most)
        self.tries(0 < amount <= most, lambda: moneyback.refund(payment, amount, "Cut short", stamp()))

    @rule(payment=payments)
    def returned(self, payment):
        self.tries(payment_figure(payment).back == 0, lambda: moneyback.returned(payment, "R01", stamp()))

    @rule(payment=payments)
    def charge_back(self, payment):
        row = payment_figure(payment)
        allowed = row.settled and not row.charged_back and row.back < row.amount
        self.tries(allowed, lambda: moneyback.charge_back(payment, stamp(), reason="fraud"))

    @rule(place=PLACES)
    def win(self, place):
        if dispute := self.some(place, Dispute.select().order_by(Dispute.id)):
            self.tries(dispute.state == "open", lambda: moneyback.win_chargeback(dispute, stamp()))

    # Payments in flight, waiting, and holds

    @rule(charge=charges, size=SIZES)
    def pay_by_card(self, charge, size):
        row = charge_figure(charge)
        amount = min(sized(size, row.payable), row.payable)
        if amount > 0:
            person = next(person for person in self.people if person.account == charge.account)
            an_attempt(person, (charge, amount), sent_at=NOW)

    @rule(place=PLACES, outcome=st.sampled_from(Outcome), manual=st.booleans(), times=st.integers(1, 3))
    def processor_answers(self, place, outcome, manual, times):
        the_practice(posting_mode="manual" if manual else "auto")
        attempt = self.some(place, Attempt.select().order_by(Attempt.id))
        for _ in range(times if attempt else 0):
            fact = Fact(
                f"tx{attempt.id}", attempt.order_id, Kind.SALE, "settling", Standing.APPROVED, attempt.amount, "USD",
                "", NOW,
            )  # fmt: skip
            outcomes.record_result(attempt, Result(outcome, fact if outcome == Outcome.APPROVED else None), NOW)

    @rule(place=PLACES, planned=st.booleans())
    def post_waiting(self, place, planned):
        if row := self.some(place, WaitingPayment.select().order_by(WaitingPayment.id)):
            payment = waiting.post(row, stamp(), None if planned else {})
            assert waiting.post(row, stamp()) == payment

    @rule(charge=charges)
    def hold(self, charge):
        Hold.create(kind="review", account=charge.account, charge=charge, began_at=NOW)

    @rule()
    def end_review(self):
        Hold.update(ended_at=NOW).where(Hold.kind == "review").execute()

    # What is always true

    @invariant()
    def nothing_written_has_changed(self):
        hashes = [entry.hash for entry in Entry.select(Entry.hash).order_by(Entry.id)]
        assert hashes[: len(self.hashes)] == self.hashes
        self.hashes = hashes

    @invariant()
    def the_books_balance(self):
        """Every sixth step and at the end: what is out of balance stays so, and asking costs more than a command."""
        self.steps += 1
        if self.steps % 6 == 0:
            assert discrepancies() == []
            self.what_is_asked_for_is_owed_and_free()

    def what_is_asked_for_is_owed_and_free(self):
        for person in getattr(self, "people", []):
            figures = account_figure(person.account)
            assert 0 <= figures.due <= figures.payable <= figures.open - figures.held
            assert figures.balance == figures.open - figures.credit


def run(examples: int, steps: int) -> None:
    run_state_machine_as_test(
        Books,
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


@pytest.fixture
def in_memory():
    """Thousands of undone transactions are quicker where no disk is."""
    open_database(":memory:")
    db.connect()
    migrate()
    yield
    db.close()


def test_any_order_of_commands_keeps_the_books(in_memory):
    run(examples=30, steps=70)


@pytest.mark.slow
def test_any_order_of_very_many_commands_keeps_the_books(in_memory):
    run(examples=400, steps=150)
