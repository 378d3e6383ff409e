"""Every table but those of people: what one row is, what the database refuses, and what a row knows about itself.

The story runs from people to care, money, paper and plumbing. Rows that say what happened are append-only
(`migrations/triggers.py`). Money is whole cents; instants are UTC; service dates are plain dates.
"""

from collections.abc import Iterable
from typing import Any

from peewee import (
    BlobField,
    BooleanField,
    Check,
    DateField,
    IntegerField,
    TextField,
)
from playhouse.sqlite_ext import AutoIncrementField

from choices import (
    BACK,
    IN_FLIGHT,
    ON_BOTH,
    ON_CHARGE,
    ONCE_PER_CHARGE,
    ONCE_PER_PAYMENT,
    PREFIXES,
    REVERSALS,
    AttemptState,
    BackKind,
    ChargeKind,
    DepositLineKind,
    DepositSource,
    DisputeAnswer,
    DisputeState,
    DocumentType,
    EntryKind,
    HoldKind,
    ImportKind,
    ImportState,
    LinkPurpose,
    LinkRole,
    Method,
    Payer,
    Source,
    Stage,
    Way,
    words,
)
from fields import CentsField, ChoiceField, JSONField, SealedBlob, SealedJSON, SealedText, UTCField, new_key
from people import Account as Account
from people import AccountClient as AccountClient
from people import Client as Client
from people import Consent as Consent
from people import Link as Link
from people import Practice as Practice
from people import Provider as Provider
from people import SavedCard as SavedCard
from people import Staff as Staff
from people import User as User
from tables import Row as Row
from tables import compare_and_set, link_to, one_person
from tables import db as db
from tables import open_database as open_database

# --- Care ------------------------------------------------------------------------------------------------------------


class Fee(Row):
    """A line of the practice's own fee schedule; `amount` is the line fee, not a price per unit."""

    fee_key = TextField(unique=True)  # what an import calls it
    label = TextField()
    label_es = TextField(default="")
    code = TextField(default="")  # as typed or imported by the practice
    modifiers = JSONField(default=list)
    units = IntegerField(default=1)
    amount = CentsField(constraints=[Check("amount > 0")])
    kind = TextField(default="service")
    hsa_eligible = BooleanField(default=True)
    retired_at = UTCField(null=True)  # offered no more; what was charged by it stays


class Diagnosis(Row):
    """Short text of an ICD-10-CM code the practice uses; the code is stored with its dot."""

    code = SealedText()  # sealed, it cannot be unique in the database
    text = SealedText()


class Charge(Row):
    """One service line or fee on one service date. Its money never changes; POS, codes and flags may be corrected."""

    key = TextField(unique=True, default=new_key)
    account = link_to(Account)
    client = link_to(Client)
    provider = link_to(Provider, null=True)
    visit = TextField(default="")  # shared by the shares of one visit
    kind = ChoiceField(ChargeKind, default=ChargeKind.SERVICE)
    label = TextField()
    label_es = TextField(default="")
    service_date = DateField()
    amount = CentsField(constraints=[Check("amount > 0")])
    payer = ChoiceField(Payer, default=Payer.CLIENT)
    code = TextField(default="")
    modifiers = JSONField(default=list)
    units = IntegerField(default=1, constraints=[Check("units >= 1")])
    pos = TextField(default="")
    dx = SealedJSON(default=list)  # ICD-10-CM with dots, main first
    pointers = TextField(default="")  # letters into the superbill's list of this charge's dx
    share_number = IntegerField(null=True)
    share_of = IntegerField(null=True)
    share_visit_amount = CentsField(null=True)
    hsa_eligible = BooleanField(default=True)
    rendered = BooleanField(default=True)
    ready = BooleanField(default=True)  # may be invoiced
    confidential = BooleanField(default=False)
    no_plan_disclosure = BooleanField(default=False)

    class Meta:
        indexes = ((("account", "service_date"), False), (("client", "service_date"), False))

    def label_in(self, language: str) -> str:
        return str(self.label_es if language == "es" and self.label_es else self.label)


# Few are ever waiting: these are found without reading the others.
Charge.add_index(Charge.index(Charge.service_date, Charge.id, where=~Charge.ready, name="charge_not_ready"))

# --- Money in --------------------------------------------------------------------------------------------------------


class Attempt(Row):
    """One try to take money through the processor, written before it is asked and again when it answers."""

    key = TextField(unique=True, default=new_key)
    attempt_key = TextField(unique=True)  # from the form, one per page shown: posting twice is one attempt
    order_id = TextField(unique=True)  # our reference at the processor
    request_key = TextField(unique=True)
    account = link_to(Account)
    user = link_to(User)
    way = ChoiceField(Way)
    amount = CentsField(constraints=[Check("amount > 0")])
    state = ChoiceField(AttemptState)
    saved_card = link_to(SavedCard, null=True)  # null: a new card
    consent = link_to(Consent, null=True)  # set when the new card is to be kept
    note = SealedText(default="")
    receipt_email = TextField(default="")
    language = TextField(default="en")
    created_at = UTCField()
    sent_at = UTCField(null=True)
    answered_at = UTCField(null=True)
    transaction_id = TextField(null=True, unique=True)  # at the processor
    card_brand = TextField(default="")
    card_last4 = TextField(default="")
    decline_key = TextField(default="")  # the sentence the client reads
    staff_text = TextField(default="")  # the processor's words; staff only
    searches = IntegerField(default=0)  # successful searches that found nothing
    searched_at = UTCField(null=True)

    class Meta:
        indexes = ((("account", "state"), False), (("state", "created_at"), False), (("user", "created_at"), False))

    @property
    def in_flight(self) -> bool:
        return self.state in IN_FLIGHT

    def move(self, before: Iterable[AttemptState], after: AttemptState, **facts: Any) -> bool:
        """Change state only if it is still one of `before`; False when someone else got there first."""
        return compare_and_set(self, before, after, facts)


class AttemptLine(Row):
    """The attempt plans to pay this much of this charge; in flight or waiting, it reserves it. Append-only."""

    attempt = link_to(Attempt, backref="lines")
    charge = link_to(Charge)
    amount = CentsField(constraints=[Check("amount > 0")])

    class Meta:
        indexes = ((("attempt", "charge"), True), (("charge",), False))


class AttemptEvent(Row):
    """Something that happened to an attempt. Append-only; never a card number, nonce or note."""

    attempt = link_to(Attempt, backref="events")
    at = UTCField()
    before = TextField(default="")
    after = TextField(default="")
    what = TextField()


class Payment(Row):
    """Money received from a client or guarantor, by any method. Append-only; what became of it is in the ledger."""

    key = TextField(unique=True, default=new_key)
    account = link_to(Account)
    user = link_to(User, null=True)
    amount = CentsField(constraints=[Check("amount > 0")])
    method = ChoiceField(Method)
    source = ChoiceField(Source)
    way = ChoiceField(Way)
    paid_at = UTCField()
    note = SealedText(default="")
    card_brand = TextField(default="")
    card_last4 = TextField(default="")
    check_number = TextField(default="")
    site = TextField(default="")  # where an external payment was made
    fee = CentsField(null=True)  # what that site kept of it, as its report says; None where it does not
    attempt = link_to(Attempt, null=True, unique=True)  # an attempt makes at most one payment

    class Meta:
        indexes = ((("account", "paid_at"), False), (("paid_at", "id", "amount"), False))
        constraints = [Check("(attempt_id IS NOT NULL) = (source IN ('portal', 'autopay', 'plan'))")]


class WaitingPayment(Row):
    """Money received and not yet posted (manual posting). Its attempt's lines reserve their charges until posted."""

    attempt = link_to(Attempt, unique=True)
    account = link_to(Account)
    amount = CentsField(constraints=[Check("amount > 0")])
    received_at = UTCField()
    payment = link_to(Payment, null=True, unique=True)  # set once, when posted


class Entry(Row):
    """One row of the ledger: an amount above zero whose kind says what it does. Append-only, gapless, hash-chained."""

    kind = ChoiceField(EntryKind)
    account = link_to(Account)
    charge = link_to(Charge, null=True)
    payment = link_to(Payment, null=True)
    names = link_to("self", null=True)  # the entry a reversal undoes
    amount = CentsField(constraints=[Check("amount > 0")])
    category = TextField(default="")  # of an adjustment, transfer or return
    reason = SealedText(default="")  # sealed where it lies; the chain is over the plain text
    reference = TextField(default="")  # plan and explanation of benefits, check number, processor id
    by = TextField()  # "staff:7", "user:3" or "system"
    on = DateField()  # posting date in the practice zone
    at = UTCField()
    prev_hash = TextField(unique=True)  # the chain cannot fork
    hash = TextField(unique=True)

    class Meta:
        indexes = ((("charge", "kind"), False), (("payment", "kind"), False), (("account", "id"), False))
        constraints = [
            Check(f"(charge_id IS NOT NULL) = (kind IN ({words((*ON_CHARGE, *ON_BOTH))}))"),
            Check(f"(payment_id IS NOT NULL) = (kind NOT IN ({words(ON_CHARGE)}))"),
            Check(f"(names_id IS NOT NULL) = (kind IN ({words(REVERSALS)}))"),
        ]


# A charge is posted once and voided once; a payment is settled, voided, returned or charged back once.
for _kind in ONCE_PER_CHARGE:
    Entry.add_index(Entry.index(Entry.charge, unique=True, where=(Entry.kind == _kind), name=f"entry_one_{_kind}"))
for _kind in ONCE_PER_PAYMENT:
    Entry.add_index(Entry.index(Entry.payment, unique=True, where=(Entry.kind == _kind), name=f"entry_one_{_kind}"))
Entry.add_index(Entry.index(Entry.payment, where=Entry.kind.in_(BACK), name="entry_back"))


class MoneyBack(Row):
    """One try to give money back, written before the processor is asked and again when it answers.

    CREATED waits for its second person or its day; from there it lives as an attempt does. Money given back by hand
    asks no processor: it succeeds when it is written down.
    """

    key = TextField(unique=True, default=new_key)
    form_key = TextField(unique=True)  # from the form, one per page shown: posting twice is one try
    order_id = TextField(unique=True)  # the sale's, then -R1, -R2 …
    request_key = TextField(unique=True)
    attempt = link_to(Attempt, null=True)  # the sale
    payment = link_to(Payment, null=True)  # one that no attempt made: cash, a check, an import
    kind = ChoiceField(BackKind)
    method = ChoiceField(Method, default=Method.CARD)  # how the money goes; by hand when it is not the card's way
    amount = CentsField(constraints=[Check("amount > 0")])
    reason = SealedText()
    state = ChoiceField(AttemptState)
    asked_by = link_to(Staff, null=True)  # null: done at the processor's own screen, found there
    approved_by = link_to(Staff, null=True)
    not_before = UTCField(null=True)  # a practice of one waits a day instead
    created_at = UTCField()
    sent_at = UTCField(null=True)
    answered_at = UTCField(null=True)
    transaction_id = TextField(null=True, unique=True)  # the credit at the processor; a void has none
    entry = link_to(Entry, null=True, unique=True)  # what it posted
    reference = TextField(default="")  # the number of the check it went by
    failed_at = UTCField(null=True)  # the bank sent a credit back that was already posted
    staff_text = TextField(default="")  # the processor's words; staff only
    searches = IntegerField(default=0)
    searched_at = UTCField(null=True)

    class Meta:
        indexes = ((("state", "created_at"), False),)
        constraints = [
            Check("approved_by_id IS NULL OR approved_by_id <> asked_by_id"),
            Check("(attempt_id IS NULL) <> (payment_id IS NULL)"),
        ]

    def move(self, before: Iterable[AttemptState], after: AttemptState, **facts: Any) -> bool:
        """Change state only if it is still one of `before`; False when someone else got there first."""
        return compare_and_set(self, before, after, facts)


# A sale has at most one try under way: two people cannot both send it back.
_under_way = MoneyBack.state.in_(IN_FLIGHT)
MoneyBack.add_index(MoneyBack.index(MoneyBack.attempt, unique=True, where=_under_way, name="money_back_under_way"))
MoneyBack.add_index(MoneyBack.index(MoneyBack.payment, unique=True, where=_under_way, name="money_back_by_hand"))


class Dispute(Row):
    """The cardholder's bank asks for a payment back."""

    key = TextField(unique=True, default=new_key)
    payment = link_to(Payment, unique=True)
    processor_id = TextField(null=True, unique=True)
    state = ChoiceField(DisputeState, default=DisputeState.OPEN)
    status = TextField(default="")  # the processor's own word
    reason = TextField(default="")
    opened_on = DateField()
    evidence_due_on = DateField(null=True)
    answer = ChoiceField(DisputeAnswer, null=True)
    answered_at = UTCField(null=True)
    closed_at = UTCField(null=True)


class Evidence(Row):
    """One thing told to the bank in a dispute: policy, consent, receipt, sign-in; never anything clinical."""

    dispute = link_to(Dispute)
    category = TextField()
    text = TextField()
    by = TextField()
    at = UTCField()
    processor_id = TextField(null=True, unique=True)
    removed_at = UTCField(null=True)


class Hold(Row):
    """Until ended, this charge (or, with no charge, the whole account) is not payable and gets no reminders."""

    kind = ChoiceField(HoldKind)
    account = link_to(Account)
    charge = link_to(Charge, null=True)
    dispute = link_to(Dispute, null=True)
    reason = SealedText(default="")
    began_at = UTCField()
    ended_at = UTCField(null=True)

    class Meta:
        indexes = ((("account", "ended_at"), False), (("charge", "ended_at"), False))


# --- Paper -----------------------------------------------------------------------------------------------------------


class Document(Row):
    """An issued paper: its facts frozen when numbered, its PDF bytes frozen when first made."""

    key = TextField(unique=True, default=new_key)
    type = ChoiceField(DocumentType)
    year = IntegerField()
    serial = IntegerField()
    account = link_to(Account)
    client = link_to(Client, null=True)  # of a superbill
    provider = link_to(Provider, null=True)  # of a superbill
    user = link_to(User, null=True)  # who paid, or who asked for it
    payment = link_to(Payment, null=True)  # of a receipt
    attempt = link_to(Attempt, null=True)  # of a receipt, also while the payment waits to be posted
    labels = BooleanField(default=True)  # False: says "Visit" only, for a payer without the services right
    issued_at = UTCField()
    from_on = DateField(null=True)
    to_on = DateField(null=True)
    language = TextField(default="en")
    data = SealedJSON()
    data_sha256 = TextField()
    pdf = SealedBlob(null=True)
    pdf_sha256 = TextField(null=True)
    replaces = link_to("self", null=True, unique=True)

    class Meta:
        # One sequence per type and year of issue; a number is never given twice.
        indexes = ((("type", "year", "serial"), True), (("account", "issued_at"), False))

    @property
    def number(self) -> str:
        """Display only: "SB-2026-000041"."""
        return f"{PREFIXES[self.type]}-{self.year}-{self.serial:06d}"


class DocumentCharge(Row):
    """This paper lists this charge. Append-only."""

    document = link_to(Document)
    charge = link_to(Charge, index=True)


class DocumentPayment(Row):
    """This superbill counts this payment; money back on it makes the paper out of date. Append-only."""

    document = link_to(Document)
    payment = link_to(Payment, index=True)


# --- Entry -----------------------------------------------------------------------------------------------------------


class SignIn(Row):
    """A browser that proved something. The cookie holds a random token, this row its hash; ending the row ends it.

    Half a proof opens nothing but the page of the second step. A whole one gets a row of its own.
    """

    id = AutoIncrementField()  # the log names it, long after it is deleted
    token_sha256 = TextField(unique=True)
    user = link_to(User, null=True)
    staff = link_to(Staff, null=True)
    stage = ChoiceField(Stage, default=Stage.WHOLE)
    stepped_up_at = UTCField(null=True)  # proved again, for what asks for it
    began_at = UTCField()
    seen_at = UTCField()
    ended_at = UTCField(null=True)
    ip = TextField(default="")
    agent = TextField(default="")

    class Meta:
        constraints = [one_person()]


class Strike(Row):
    """Something that may be done so often: what, a hash of by whom or from where, and when. See views/limits.py."""

    what = TextField()
    who_sha256 = TextField()
    at = UTCField()

    class Meta:
        indexes = ((("what", "who_sha256", "at"), False),)


class Passkey(Row):
    """A public key of a device that asks for a face, a finger or a screen lock: both steps in one."""

    id = AutoIncrementField()  # as of a sign-in
    key = TextField(unique=True, default=new_key)
    user = link_to(User, null=True)
    staff = link_to(Staff, null=True)
    credential_id = TextField(unique=True)  # base64url
    public_key = BlobField()  # COSE
    sign_count = IntegerField(default=0)
    name = TextField(default="")
    created_at = UTCField()
    used_at = UTCField(null=True)
    removed_at = UTCField(null=True)

    class Meta:
        constraints = [one_person()]


class Totp(Row):
    """A code app shares this secret; `last_step` is the last code's time step, since each code works once."""

    user = link_to(User, null=True)
    staff = link_to(Staff, null=True)
    secret = SealedText()
    last_step = IntegerField(default=0)
    created_at = UTCField()
    confirmed_at = UTCField(null=True)  # a code proved that the app has it
    removed_at = UTCField(null=True)

    class Meta:
        constraints = [one_person()]


class RecoveryCode(Row):
    """One of ten codes on paper, kept as a hash; works once."""

    user = link_to(User, null=True)
    staff = link_to(Staff, null=True)
    code_sha256 = TextField(unique=True)
    created_at = UTCField()
    used_at = UTCField(null=True)
    replaced_at = UTCField(null=True)  # newer ones were made

    class Meta:
        constraints = [one_person()]


class Challenge(Row):
    """A question put to one browser, which answers it at most once: a passkey's challenge, a code in an email."""

    key = TextField(unique=True, default=new_key)  # in the browser's session
    purpose = TextField()  # passkey.enter, passkey.add, confirm_email, setting_up …
    user = link_to(User, null=True)
    staff = link_to(Staff, null=True)
    secret = TextField(default="")  # the challenge, or the hash of the code
    facts = JSONField(default=dict)  # what comes into force with the answer: the new address
    tries = IntegerField(default=0)
    created_at = UTCField()
    expires_at = UTCField()
    used_at = UTCField(null=True)


class OneTimeLink(Row):
    """An address that works once, kept as a hash: to reset a password, to begin again, to begin as staff."""

    token_sha256 = TextField(unique=True)
    purpose = ChoiceField(LinkPurpose)
    user = link_to(User, null=True)
    staff = link_to(Staff, null=True)
    made_by = link_to(Staff, null=True)
    created_at = UTCField()
    expires_at = UTCField()
    used_at = UTCField(null=True)  # or taken back, or followed by a newer one

    class Meta:
        constraints = [one_person()]


class Invite(Row):
    """One person is asked to set up a login that may do this much on this account. Open until used, locked or over.

    `email`, `phone` and `initials` are what the practice has on file; the person shows that they know them, and the
    code told by another way. Nothing of it is ever shown back.
    """

    id = AutoIncrementField()  # as of a sign-in
    key = TextField(unique=True, default=new_key)
    account = link_to(Account)
    client = link_to(Client, null=True)  # as of a link
    role = ChoiceField(LinkRole)
    rights = JSONField()
    basis = TextField(default="")
    name = TextField()
    email = TextField()
    phone = TextField(default="")
    language = TextField(default="en")
    token_sha256 = TextField(unique=True)  # of the private link
    code_sha256 = SealedText()  # six digits are soon guessed from their hash alone
    tries = IntegerField(default=0)
    user = link_to(User, null=True)  # once the email is confirmed; setting up may stop half-way
    made_by = link_to(Staff)
    created_at = UTCField()
    expires_at = UTCField()
    locked_at = UTCField(null=True)
    revoked_at = UTCField(null=True)
    used_at = UTCField(null=True)
    link = link_to(Link, null=True)  # what came of it


class BreakGlass(Row):
    """A member of staff opened a client outside their panel, for an hour and for a reason; the owner hears of it."""

    staff = link_to(Staff)
    client = link_to(Client)
    reason = SealedText()
    began_at = UTCField()
    ends_at = UTCField()
    told_at = UTCField(null=True)


# --- The practice desk -----------------------------------------------------------------------------------------------


class Agreement(Row):
    """A fee agreed with one client for one line of the fee schedule (sliding scale), from a day until ended."""

    key = TextField(unique=True, default=new_key)
    client = link_to(Client)
    fee = link_to(Fee)
    amount = CentsField(constraints=[Check("amount >= 0")])  # what the client is charged instead of the fee
    from_on = DateField()
    until_on = DateField(null=True)  # the last day it holds
    reason = SealedText(default="")
    by = TextField()
    at = UTCField()


class OpenCharge(Row):
    """A charge of which something is open or waits on a plan. Kept by the database (`migrations/triggers.py`)."""

    charge = link_to(Charge, unique=True)
    account = link_to(Account)
    open = CentsField()
    pending = CentsField()
    since = DateField(null=True)  # the day the client's part arose; ages count from it


class OpenDay(Row):
    """All open charges of which the client's part arose on one day, summed. Kept by the database itself."""

    since = TextField(unique=True)  # "2026-11-19"; empty where nothing came to the client yet
    charges = IntegerField()
    open = CentsField()
    pending = CentsField()


class OpenCredit(Row):
    """A payment of which something is unapplied. Kept by the database itself."""

    payment = link_to(Payment, unique=True)
    account = link_to(Account)
    unapplied = CentsField()


class MonthTotal(Row):
    """What came in and went back by posting date in one month. Kept by the database itself."""

    month = TextField(unique=True)  # "2026-11"
    received = CentsField(default=0)
    back = CentsField(default=0)


class Notice(Row):
    """News in the practice's inbox, written in the transaction that caused it; never health details."""

    key = TextField(unique=True, default=new_key)
    kind = TextField()  # notice.payment, notice.dispute …
    account = link_to(Account, null=True)
    payment = link_to(Payment, null=True)
    attempt = link_to(Attempt, null=True)
    amount = CentsField(null=True)
    at = UTCField()
    read_at = UTCField(null=True)
    read_by = TextField(default="")

    class Meta:
        indexes = ((("read_at", "at"), False),)


class Mapping(Row):
    """Which column of another system's file means what, as a person of the practice decided."""

    key = TextField(unique=True, default=new_key)
    name = TextField(unique=True)
    kind = ChoiceField(ImportKind)
    columns = JSONField()  # field of ours -> header of theirs
    options = JSONField(default=dict)  # order of dates, sign of money
    by = TextField()
    at = UTCField()


class Import(Row):
    """One file brought in: looked at first, then taken in as a whole, or undone as a whole."""

    key = TextField(unique=True, default=new_key)
    kind = ChoiceField(ImportKind)
    profile = TextField()  # "evenly", the name of a known system, or the key of a mapping
    name = TextField()  # of the file
    sha256 = TextField()
    file = SealedBlob(null=True)  # deleted after 30 days
    columns = JSONField(default=dict)
    options = JSONField(default=dict)
    state = ChoiceField(ImportState)
    rows = IntegerField(default=0)
    done_rows = IntegerField(default=0)  # how far a long one is
    result = SealedJSON(null=True)  # counts, sums, errors by line, old -> new
    digest = TextField(default="")  # of what the dry run would do; taken in only if it still would
    by = link_to(Staff)
    at = UTCField()
    committed_at = UTCField(null=True)
    undone_at = UTCField(null=True)

    class Meta:
        indexes = ((("state", "at"), False),)


class Imported(Row):
    """One row of a file and what it made here; the same row again makes nothing."""

    batch = link_to(Import)
    kind = ChoiceField(ImportKind)
    source = TextField()
    identity_sha256 = TextField()  # of the external id, or of the key columns and the occurrence number
    content_sha256 = TextField()
    external_id = TextField(default="")  # what the file calls it; empty when it names rows by nothing
    line = IntegerField()
    made = TextField()  # "charge:12"
    before = SealedJSON(null=True)  # of a changed person: what stood there, for undoing
    undone_at = UTCField(null=True)

    class Meta:
        indexes = ((("batch", "line"), False), (("made",), False))


_standing = Imported.undone_at.is_null()
Imported.add_index(
    Imported.index(
        Imported.source, Imported.kind, Imported.identity_sha256, unique=True, where=_standing, name="imported_once"
    )
)


class BankLine(Row):
    """One line of the bank's statement, from its file or typed."""

    key = TextField(unique=True, default=new_key)
    identity_sha256 = TextField(unique=True)  # of day, text, amount and occurrence: the same file again adds nothing
    day = DateField()
    text = SealedText(default="")
    amount = CentsField()  # below zero the bank took it
    by = TextField()
    at = UTCField()


class Deposit(Row):
    """Money the processor sent to the bank in one transfer, or took from it."""

    key = TextField(unique=True, default=new_key)
    number = TextField(unique=True)  # "DEP-011"
    transfer_id = TextField(unique=True, null=True)
    source = ChoiceField(DepositSource)
    day = DateField()
    gross = CentsField(default=0)
    fees = CentsField(default=0)
    refunds = CentsField(default=0)
    disputes = CentsField(default=0)
    adjustments = CentsField(default=0)  # signed
    net = CentsField()  # as the processor reports it
    bank_line = link_to(BankLine, null=True)
    matched_at = UTCField(null=True)  # locked from then on
    matched_by = TextField(default="")
    at = UTCField()

    class Meta:
        indexes = ((("matched_at", "day"), False), (("day",), False))


class DepositLine(Row):
    """One transaction in a deposit, as the processor reports it."""

    deposit = link_to(Deposit)
    kind = ChoiceField(DepositLineKind)
    reference = TextField()  # the processor's id
    order_id = TextField(default="")
    payment = link_to(Payment, null=True)  # None: not known here
    back = link_to(MoneyBack, null=True)
    amount = CentsField()
    fee = CentsField(null=True)  # None: not told

    class Meta:
        indexes = ((("deposit", "kind", "reference"), True), (("reference",), False))


class OutsideVisit(Row):
    """A client left for the practice's outside pay page; Home says for some days that news of it takes time."""

    user = link_to(User)
    account = link_to(Account)
    at = UTCField()


class Exported(Row):
    """A file handed out: what of, over which days, how many rows, and how far the ledger had come."""

    kind = TextField()  # transactions, posting, quickbooks …
    from_on = DateField(null=True)
    to_on = DateField(null=True)
    rows = IntegerField()
    last_entry = IntegerField(default=0)
    by = link_to(Staff)
    at = UTCField()


class Tick(Row):
    """A row of the turn-on checklist that a person vouches for, with the day it was so."""

    row = TextField(unique=True)  # agreements, pci, bank …
    on = DateField()
    by = TextField()
    at = UTCField()


class TestPayment(Row):
    """A dollar taken by a member of staff from a card of their own, and given back: the processor works."""

    order_id = TextField(unique=True)
    request_key = TextField(unique=True)
    processor = TextField()  # built_in, trial or live: what it proves
    state = ChoiceField(AttemptState)
    transaction_id = TextField(null=True, unique=True)
    staff_text = TextField(default="")
    by = link_to(Staff)
    at = UTCField()
    back = ChoiceField(BackKind, null=True)
    returned_at = UTCField(null=True)


class BrokenCheck(Row):
    """A row of the turn-on checklist that was done and is not any more, for as long as that lasts."""

    row = TextField(unique=True)
    since = UTCField()
    seen_at = UTCField()  # by the last look
    told_at = UTCField(null=True)


# --- Plumbing --------------------------------------------------------------------------------------------------------


class Message(Row):
    """An email to send: a catalogue key and an address, written in the transaction that caused it."""

    kind = TextField()  # mail.receipt, mail.unknown …
    to = TextField()
    language = TextField(default="en")
    values = JSONField(default=dict)  # neutral values only
    created_at = UTCField()
    sent_at = UTCField(null=True)
    tries = IntegerField(default=0)
    failed_at = UTCField(null=True)


class Task(Row):
    """Something staff must look at or decide; one open task per kind and subject."""

    key = TextField(unique=True, default=new_key)
    kind = TextField()  # a catalogue key: task.two_charges, task.late_success …
    account = link_to(Account, null=True)
    attempt = link_to(Attempt, null=True)
    payment = link_to(Payment, null=True)
    detail = TextField(default="")
    created_at = UTCField()
    done_at = UTCField(null=True)


class WebhookDelivery(Row):
    """A signed notification as it came; a hint to look again, worked off later. The same payload is kept once."""

    payload_sha256 = TextField(unique=True)
    kind = TextField()
    subject_id = TextField(default="")
    transaction_id = TextField(default="")
    facts = JSONField(default=dict)  # of a disbursement, which cannot be fetched again
    received_at = UTCField()
    tries = IntegerField(default=0)
    due_at = UTCField()  # not looked at before
    done_at = UTCField(null=True)


WebhookDelivery.add_index(
    WebhookDelivery.index(WebhookDelivery.id, where=WebhookDelivery.done_at.is_null(), name="webhook_delivery_due")
)


class ForgedWebhooks(Row):
    """How many notifications without our signature came on a day (UTC)."""

    day = DateField(unique=True)
    count = IntegerField()


class AuditEntry(Row):
    """Who did or saw what, when, from where. Append-only and hash-chained; never content."""

    id = AutoIncrementField()  # gapless; the highest is known even when it is gone
    at = UTCField()
    by = TextField()
    what = TextField()
    subject = TextField(default="")  # "document:12"
    result = TextField(default="")
    detail = TextField(default="")  # settings: old -> new
    ip = TextField(default="")
    session = TextField(default="")  # the id of the sign-in
    reason = TextField(default="")  # a word of ours; what people write lies sealed in the row named
    prev_hash = TextField(unique=True)  # the chain cannot fork
    hash = TextField(unique=True)

    class Meta:
        indexes = tuple(((name,), False) for name in ("at", "by", "what", "subject", "session"))


class DataKey(Row):
    """A key that seals columns, itself wrapped with a master key that is not in here (sealing.py)."""

    id = TextField(primary_key=True)
    wrapped = TextField()
    made_at = UTCField()
    retired_at = UTCField(null=True)  # opens what it sealed, seals no more


TABLES: list[type[Row]] = [
    Practice, Provider, Staff, Client, Account, AccountClient, User, Link, Consent, SavedCard, Fee, Diagnosis, Charge,
    Attempt, AttemptLine, AttemptEvent, Payment, WaitingPayment, Entry, MoneyBack, Dispute, Evidence, Hold,
    Document, DocumentCharge, DocumentPayment,
    SignIn, Strike, Passkey, Totp, RecoveryCode, Challenge, OneTimeLink, Invite, BreakGlass,
    Agreement, OpenCharge, OpenDay, OpenCredit, MonthTotal, Notice, Mapping, Import, Imported,
    BankLine, Deposit, DepositLine, OutsideVisit, Exported, Tick, TestPayment, BrokenCheck,
    Message, Task, WebhookDelivery, ForgedWebhooks, AuditEntry, DataKey,
]  # fmt: skip
