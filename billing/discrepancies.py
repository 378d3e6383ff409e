"""The books check themselves: every invariant as a query, every breach as a sentence. Empty means they balance."""

from collections import Counter
from collections.abc import Iterator
from hashlib import sha256

from peewee import JOIN, Case, fn

from billing import deposit_books
from billing.audit import broken
from billing.effects import effect
from billing.entries import GENESIS, digest
from billing.figures import ChargeFigures, PaymentFigures
from billing.kept_sums import differences
from billing.ledger import account_figures, charge_figures, payment_figures
from billing.papers import digest as digest_of_paper
from choices import ON_BOTH, AttemptState, EntryKind
from models import (
    Account,
    Attempt,
    AttemptEvent,
    AttemptLine,
    Charge,
    Consent,
    Document,
    Entry,
    MoneyBack,
    Payment,
    WaitingPayment,
    db,
)
from money import format_dollars
from sealing import SealError


def discrepancies() -> list[str]:
    """One sentence per breach of the books' invariants or of the activity log; an empty list when they balance."""
    return [*_books(), *broken()]


def _books() -> list[str]:
    with db.atomic():
        accounts = list(Account.select())
        charges, payments = charge_figures(accounts), payment_figures(accounts)
        return [
            *_chain(),
            *(sentence for row in charges for sentence in _charge(row)),
            *(sentence for row in payments for sentence in _payment(row)),
            *_accounts(accounts, charges, payments),
            *differences(charges, payments),
            *_unposted(),
            *_strangers(),
            *_attempts(),
            *_plans(),
            *_events(),
            *_money_back(),
            *_consents(),
            *_papers(),
            *_orphans(),
            *deposit_books.broken(),
        ]


def _chain() -> Iterator[str]:
    """I10, I11: gapless, and each hash covers its row and the hash before."""
    previous, position = GENESIS, 0
    for entry in Entry.select().order_by(Entry.id):
        position += 1
        if entry.id != position:
            yield f"Ledger entry {position} is missing."
            position = entry.id
        if entry.prev_hash != previous or not _is_own(entry):
            yield f"Ledger entry {entry.id} was changed: its hash does not fit."
        previous = entry.hash


def _is_own(entry: Entry) -> bool:
    """Its hash is the one of what it says; a reason that does not open was changed."""
    try:
        return bool(entry.hash == digest(entry))
    except SealError:
        return False


def _charge(row: ChargeFigures) -> Iterator[str]:
    """I2, I4, I15 for one charge; I3 holds by definition of open and pending."""
    name = f"Charge {row.charge.id}"
    if not 0 <= row.open <= row.client:
        yield f"{name}: open {format_dollars(row.open)} is not between 0 and the client part."
    if row.pending < 0 or row.net < 0:
        yield f"{name}: more was taken off than was charged."
    if row.open < row.reserved:
        yield f"{name}: {format_dollars(row.reserved)} is reserved, only {format_dollars(row.open)} is open."
    if row.gross not in (0, row.charge.amount):
        yield f"{name}: posted {format_dollars(row.gross)}, recorded {format_dollars(row.charge.amount)}."


def _payment(row: PaymentFigures) -> Iterator[str]:
    """I5, I6, I13 for one payment; I7 holds by definition of unapplied."""
    name = f"Payment {row.payment.id}"
    if row.unapplied < 0:
        yield f"{name}: {format_dollars(-row.unapplied)} more is used than was paid."
    if not 0 <= row.back <= row.amount:
        yield f"{name}: {format_dollars(row.back)} went back of {format_dollars(row.amount)}."
    if row.refunded and not row.settled:
        yield f"{name}: refunded before it settled."
    if row.voided and row.settled:
        yield f"{name}: settled and voided."


def _accounts(accounts: list[Account], charges: list[ChargeFigures], payments: list[PaymentFigures]) -> Iterator[str]:
    """I1, I26: sums of rows, sums in the database and effects of entries agree."""
    figures, effects, net = account_figures(accounts), _effects(), Counter[int]()
    for charge in charges:
        net[charge.charge.account_id] += charge.open
    for payment in payments:
        net[payment.payment.account_id] -= payment.unapplied
    for account in accounts:
        if len({figures[account.id].balance, net[account.id], effects[account.id]}) > 1:
            yield f"Account {account.number}: its balance differs between its charges, payments and entries."


def _effects() -> Counter[int]:
    """Account id -> the sum of what each entry does to the balance, in cents."""
    totals = Counter[int]()
    rows = Entry.select(Entry.account_id, Entry.kind, Entry.amount, Charge.payer).left_outer_join(Charge)
    for account, kind, amount, payer in rows.tuples():
        totals[account] += effect(kind, amount, payer)
    return totals


def _unposted() -> Iterator[str]:
    """Every charge and payment has its entry."""
    for model, kind in ((Charge, EntryKind.CHARGE), (Payment, EntryKind.PAYMENT)):
        column = Entry.charge if model is Charge else Entry.payment
        posted = Entry.select(column).where(Entry.kind == kind)
        for row in model.select().where(model.id.not_in(posted)):
            yield f"{model.__name__} {row.id} was never posted."


def _strangers() -> Iterator[str]:
    """I8, I9: an allocation stays within one account and is never released twice."""
    both = Entry.select(Entry, Charge, Payment).join(Charge).switch(Entry).join(Payment).where(Entry.kind.in_(ON_BOTH))
    net = Counter[tuple[int, int]]()
    for entry in both:
        if len({entry.account_id, entry.charge.account_id, entry.payment.account_id}) > 1:
            yield f"Ledger entry {entry.id} joins two accounts."
        pair = (entry.payment_id, entry.charge_id)
        net[pair] += entry.amount if entry.kind == EntryKind.ALLOCATION else -entry.amount
        if net[pair] < 0:
            yield f"Ledger entry {entry.id} releases more than was allocated."


def _attempts() -> Iterator[str]:
    """I17: every success is one payment or one waiting payment; no payment without its success."""
    paid = {row.attempt_id: row for row in Payment.select().where(Payment.attempt.is_null(False))}
    waiting = {row.attempt_id: row for row in WaitingPayment.select()}
    for attempt in Attempt.select():
        succeeded = attempt.state == AttemptState.SUCCEEDED
        if succeeded != (attempt.id in paid or attempt.id in waiting):
            yield f"Attempt {attempt.order_id} is {attempt.state}, but its money is {'not ' * succeeded}on the books."
        amounts = {row.amount for row in (paid.get(attempt.id), waiting.get(attempt.id)) if row}
        if amounts - {attempt.amount}:
            yield f"Attempt {attempt.order_id}: {format_dollars(attempt.amount)} was asked, another amount recorded."
    for row in waiting.values():
        posted = paid.get(row.attempt_id)
        if row.payment_id != (posted.id if posted else None):
            yield f"Waiting payment {row.id} and its payment do not name each other."


def _plans() -> Iterator[str]:
    """I8, I16: an attempt asks for the sum of its lines, each of a charge of its own account."""
    own = Case(None, [(Charge.account == Attempt.account, AttemptLine.amount)], 0)
    rows = Attempt.select(Attempt.order_id).join(AttemptLine, JOIN.LEFT_OUTER).join(Charge, JOIN.LEFT_OUTER)
    differs = fn.COALESCE(fn.SUM(own), 0) != Attempt.amount
    for (order_id,) in rows.group_by(Attempt.id).having(differs).tuples():
        yield f"Attempt {order_id}: its lines do not come to what was asked."


def _events() -> Iterator[str]:
    """Each event of an attempt begins where the one before ended; the last ends where the attempt stands."""
    ended: dict[int, str] = {}
    rows = AttemptEvent.select(AttemptEvent.attempt_id, AttemptEvent.before, AttemptEvent.after, AttemptEvent.id)
    for attempt, before, after, id in rows.order_by(AttemptEvent.id).tuples():
        if before != ended.get(attempt, ""):
            yield f"Event {id} of an attempt does not follow the one before it."
        ended[attempt] = after
    for id, order_id, state in Attempt.select(Attempt.id, Attempt.order_id, Attempt.state).tuples():
        if state != ended.get(id):
            yield f"Attempt {order_id} is {state}, which none of its events says."


def _money_back() -> Iterator[str]:
    """Each success is one entry of its own: of its kind and amount, on its payment. I6 bounds their sum."""
    rows = MoneyBack.select(MoneyBack, Entry, Payment).left_outer_join(Entry)
    for back in rows.join(Payment, JOIN.LEFT_OUTER, on=(Entry.payment == Payment.id)):
        succeeded = back.state == AttemptState.SUCCEEDED
        if succeeded != (back.entry is not None):
            yield f"Money back {back.order_id} is {back.state}, but {'not ' * succeeded}in the ledger."
        elif succeeded and not _is_of(back.entry, back):
            yield f"Money back {back.order_id} and ledger entry {back.entry_id} differ."


def _is_of(entry: Entry, back: MoneyBack) -> bool:
    same = entry.payment.attempt_id == back.attempt_id if back.attempt_id else entry.payment_id == back.payment_id
    return same and (entry.kind, entry.amount) == (back.kind, back.amount)


def _consents() -> Iterator[str]:
    """What was agreed to is what the reader saw."""
    for consent in Consent.select():
        if consent.text_sha256 != sha256(consent.text.encode()).hexdigest():
            yield f"Consent {consent.id} was changed: its hash does not fit its words."


def _papers() -> Iterator[str]:
    """Each paper says what it said when it was numbered."""
    facts = Document.type, Document.year, Document.serial, Document.data, Document.data_sha256
    for paper in Document.select(*facts).iterator():  # without its bytes: they are a thousand times as much
        if not _is_as_issued(paper):
            yield f"{paper.number} was changed."


def _is_as_issued(paper: Document) -> bool:
    """Its hash is the one of its facts; facts that do not open were changed."""
    try:
        return bool(digest_of_paper(paper.data) == paper.data_sha256)
    except SealError:
        return False


def _orphans() -> Iterator[str]:
    """I10: what others name is there; SQLite itself looks away for whoever opens the file with another program."""
    for table, row, parent, _ in db.execute_sql("PRAGMA foreign_key_check").fetchall():
        yield f"Row {row} of {table} names a row of {parent} that is gone."
