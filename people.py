"""The tables of people: the practice, who works in it, who receives care, who pays, and who may see what."""

import secrets
from datetime import date
from typing import Self

from peewee import BooleanField, Check, DateField, IntegerField, TextField

from choices import AccountKind, Layout, LinkRole, PayBy, PostingMode, Right, StaffRole
from fields import CentsField, ChoiceField, JSONField, SealedDate, SealedJSON, SealedText, UTCField, new_key
from tables import Row, link_to


class Practice(Row):
    """The practice this file belongs to, with what it may change in Settings. Exactly one row."""

    name = TextField()
    legal_name = TextField(default="")  # as in NPPES
    short_name = TextField()  # neutral; the only name in messages
    line1 = TextField(default="")
    line2 = TextField(default="")
    city = TextField(default="")
    state = TextField(default="")
    zip = TextField(default="")
    phone = TextField(default="")
    email = TextField(default="")
    ein = TextField(default="")  # NN-NNNNNNN
    group_npi = TextField(default="")
    time_zone = TextField(default="America/Chicago")
    part2_program = BooleanField(default=False)
    part2_notice = TextField(default="")
    cpt_notice = TextField(default="")
    refund_policy = TextField(default="")
    payments_on = BooleanField(default=False)
    payments_off_reason = SealedText(default="")  # staff only
    payments_off_message = TextField(default="")  # shown to clients
    go_live_on = DateField(null=True)
    show_balance = BooleanField(default=True)
    posting_mode = ChoiceField(PostingMode, default=PostingMode.AUTO)
    posting_chosen = BooleanField(default=False)
    checkout_layout = ChoiceField(Layout, default=Layout.ONE_PAGE)
    per_line_amounts = BooleanField(default=False)
    minimum_payment = CentsField(default=1_00, constraints=[Check("minimum_payment BETWEEN 1 AND 5000")])
    notes_on = BooleanField(default=True)
    saved_cards_on = BooleanField(default=True)
    descriptor = TextField(default="")  # the name on card statements
    invoice_due_days = IntegerField(default=14)
    payment_copy_to = TextField(default="")  # a staff address that hears of each payment
    refund_limit = CentsField(default=500_00, constraints=[Check("refund_limit >= 0")])  # above it a second person
    pay_by = ChoiceField(PayBy, default=PayBy.CARD)
    outside_name = TextField(default="")  # of the site where clients pay instead
    outside_host = TextField(default="")  # typed twice; the only host a client is sent to
    outside_path = TextField(default="")  # the practice's own page there
    outside_id = TextField(default="")  # the practice's id there
    outside_days = IntegerField(default=3)  # how long Home says that the news takes time
    outside_opened_at = UTCField(null=True)  # a member of staff looked at it
    statement_day = IntegerField(null=True, constraints=[Check("statement_day BETWEEN 1 AND 28")])
    telehealth_modifiers = JSONField(default=lambda: ["GT", "FQ"])

    class Meta:
        constraints = [Check("id = 1")]

    @classmethod
    def the(cls) -> Self:
        """The one practice of this file."""
        return cls.get_by_id(1)


class Provider(Row):
    """A clinician who renders services; `name` is as on the license."""

    key = TextField(unique=True, default=new_key)
    name = TextField()
    credentials = TextField(default="")
    license_type = TextField(default="")
    license_number = TextField(default="")
    license_state = TextField(default="")
    npi = TextField(default="")  # type 1
    taxonomy = TextField(default="")
    medicare_opted_out_on = DateField(null=True)  # as in the affidavit; from then on clients pay by themselves
    supervisor = link_to("self", null=True)

    @property
    def signature(self) -> str:
        return f"{self.name}, {self.credentials}" if self.credentials else self.name


class Staff(Row):
    """One person of the practice with a login; the name outlives the login in every log."""

    key = TextField(unique=True, default=new_key)
    name = TextField()
    email = TextField(unique=True)  # lower case
    password_hash = TextField(null=True)
    role = ChoiceField(StaffRole)
    provider = link_to(Provider, null=True)
    backup = BooleanField(default=False)  # may break the glass for a colleague who is away
    language = TextField(default="en")
    secured_at = UTCField(null=True)  # two ways to prove who it is stand ready
    disabled_at = UTCField(null=True)


class Client(Row):
    """A person who receives care."""

    key = TextField(unique=True, default=new_key)
    external_id = TextField(null=True, unique=True)
    first_name = TextField()
    last_name = TextField()
    date_of_birth = SealedDate(null=True)
    line1 = SealedText(default="")
    line2 = SealedText(default="")
    city = SealedText(default="")
    state = SealedText(default="")
    zip = SealedText(default="")
    phone = TextField(default="")
    email = TextField(default="")
    sex = TextField(default="")  # as the insurer has it; never guessed
    provider = link_to(Provider, null=True)
    language = TextField(default="en")
    medicare = BooleanField(default=False)
    medicaid = BooleanField(default=False)
    plan = TextField(default="")
    member_id = SealedText(default="")
    plan_group = SealedText(default="")
    insured_relation = TextField(default="")
    insured_name = SealedText(default="")
    dx = SealedJSON(default=list)  # ICD-10-CM with dots, main first; what new services are mostly for
    inactive = BooleanField(default=False)  # not in care now, so not offered for new services

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"


class Account(Row):
    """A billing account: who is financially responsible, for one or more clients."""

    key = TextField(unique=True, default=new_key)
    number = TextField(unique=True)  # the Account ID in exports
    guarantor_name = TextField()
    kind = ChoiceField(AccountKind, default=AccountKind.SINGLE)
    line1 = SealedText(default="")  # these are the guarantor's
    line2 = SealedText(default="")
    city = SealedText(default="")
    state = SealedText(default="")
    zip = SealedText(default="")
    phone = TextField(default="")
    email = TextField(default="")
    payments_off = BooleanField(default=False)
    payments_off_reason = SealedText(default="")  # staff only

    class Meta:
        indexes = ((("guarantor_name", "number"), False),)


class AccountClient(Row):
    """This client's care is billed to this account."""

    account = link_to(Account)
    client = link_to(Client)

    class Meta:
        indexes = ((("account", "client"), True),)


class User(Row):
    """A client-side login: someone who pays, receives care, or both. Never staff."""

    key = TextField(unique=True, default=new_key)
    name = TextField()
    email = TextField(unique=True)  # lower case
    phone = TextField(default="")
    password_hash = TextField(null=True)
    language = TextField(default="en")
    secured_at = UTCField(null=True)  # two ways to prove who it is stand ready
    cards_held_until = UTCField(null=True)  # after a re-enrolment; until then saved cards stay as they are
    told_of = JSONField(default=lambda: ["bill", "due", "receipt"])  # by email; changes of sign-in always
    amounts_in_mail = BooleanField(default=False)  # only with a consent
    vault_id = TextField(unique=True, default=lambda: "c-" + secrets.token_hex(8))  # opaque name at the processor
    disabled_at = UTCField(null=True)
    anonymised_at = UTCField(null=True)


class Link(Row):
    """This user may do this much on this account, from a day until ended."""

    key = TextField(unique=True, default=new_key)
    user = link_to(User)
    account = link_to(Account)
    client = link_to(Client, null=True)  # whom this user is, or stands for when it is one of several
    role = ChoiceField(LinkRole)
    rights = JSONField()  # words of Right
    basis = TextField(default="")
    from_on = DateField()
    ended_at = UTCField(null=True)
    ended_because = SealedText(default="")
    approved_by = link_to(Staff, null=True)

    class Meta:
        indexes = ((("user", "account"), False),)

    def allows(self, right: Right) -> bool:
        return str(right) in self.rights


class Consent(Row):
    """What a person agreed to, word for word. Append-only."""

    user = link_to(User)
    kind = TextField()  # save_card
    text = TextField()
    text_sha256 = TextField()
    language = TextField()
    at = UTCField()
    ip = TextField(default="")
    reference = TextField(default="")  # the set-up's order id or token


class SavedCard(Row):
    """A card kept in the processor's vault for one user; we hold only what a receipt may show."""

    key = TextField(unique=True, default=new_key)
    user = link_to(User)
    token = TextField(unique=True)
    brand = TextField()
    last4 = TextField(constraints=[Check("length(last4) = 4")])
    exp_month = IntegerField(constraints=[Check("exp_month BETWEEN 1 AND 12")])
    exp_year = IntegerField()
    funding = TextField(default="credit")  # credit, debit, prepaid
    healthcare = BooleanField(default=False)
    main = BooleanField(default=False)
    consent = link_to(Consent, null=True)
    removed_at = UTCField(null=True)

    def expired(self, today: date) -> bool:
        return (self.exp_year, self.exp_month) < (today.year, today.month)


# A user has at most one main card.
_main = SavedCard.main & SavedCard.removed_at.is_null()
SavedCard.add_index(SavedCard.index(SavedCard.user, unique=True, where=_main, name="saved_card_main"))
