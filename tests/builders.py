"""The people and papers that tests speak of. Each builder makes only what a test mentions; the rest is plain.

The cast: Ana pays for herself. Kim and Luis are parents of Max; each has an account. Sam and Dee come as a couple.
Noor pays an agreed fee, Walt disputes, Helen only pays for Grace, Tomás reads Spanish, Jade and Omar come weekly.
"""

import itertools
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from billing import charges, postings
from billing.entries import GENESIS, digest
from billing.stamp import Stamp
from choices import IN_FLIGHT, AttemptState, EntryKind, LinkRole, Method, Payer, Right, Source, StaffRole, Way
from models import (
    Account,
    AccountClient,
    Attempt,
    AttemptEvent,
    AttemptLine,
    Charge,
    Client,
    Entry,
    Link,
    Payment,
    Practice,
    Provider,
    SavedCard,
    Staff,
    User,
    WebhookDelivery,
)
from money import Cents, parse_dollars

ZONE = "America/Chicago"
TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
EVERYTHING = tuple(Right)
ONLY_PAYS = (Right.BALANCE, Right.PAY)

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Person:
    """A login with the account it may see and the client it may stand for."""

    user: User
    account: Account
    client: Client


def cents(amount: "str | Cents") -> Cents:
    """Tests say "150.00" or 150_00."""
    return parse_dollars(amount) if isinstance(amount, str) else amount


def day(text: "str | date") -> date:
    return date.fromisoformat(text) if isinstance(text, str) else text


def noon(on: "str | date") -> datetime:
    """12:00 in the practice on that day."""
    return datetime.combine(day(on), time(12), ZoneInfo(ZONE)).astimezone(UTC)


def stamp(on: "str | date" = TODAY, by: str = "staff:1") -> Stamp:
    return Stamp.of(by, noon(on), ZONE)


def the_practice(**facts) -> Practice:
    """The practice of this database, made on first use; `facts` change it."""
    practice = Practice.get_or_none() or Practice.create(
        id=1, name="Harbor Fern Counseling (DEMO)", short_name="Harbor Fern", phone="(312) 555-0100",
        time_zone=ZONE, payments_on=True, posting_chosen=True, descriptor="HARBOR FERN",
    )  # fmt: skip
    for name, value in facts.items():
        setattr(practice, name, value)
    practice.save()
    return practice


def a_provider(name: str = "Mara Ellison-Demo", **facts) -> Provider:
    return Provider.create(name=name, **facts)


def a_staff_member(name: str = "Rosa Quill-Demo", role: str = StaffRole.BILLER, **facts) -> Staff:
    return Staff.create(name=name, role=role, **{"email": _email(name), **facts})


def a_client(name: str = "Ana Delgado-Demo", **facts) -> Client:
    first, _, last = name.partition(" ")
    return Client.create(first_name=first, last_name=last, **facts)


def an_account(guarantor: str = "Ana Delgado-Demo", *clients: Client, **facts) -> Account:
    account = Account.create(number=f"{1000 + next(_numbers)}", guarantor_name=guarantor, **facts)
    for client in clients:
        AccountClient.create(account=account, client=client)
    return account


def a_user(name: str = "Ana Delgado-Demo", **facts) -> User:
    return User.create(name=name, **{"email": _email(name), **facts})


def a_link(user: User, account: Account, *rights: Right, role=LinkRole.SELF, ended: str = "", client=None) -> Link:
    """`user` may see `account`: everything, unless rights are named."""
    return Link.create(
        user=user, account=account, client=client, role=role, rights=[str(right) for right in rights or EVERYTHING],
        from_on=day("2026-09-01"), ended_at=noon(ended) if ended else None,
    )  # fmt: skip


def a_person(name: str, language: str = "en", **facts) -> Person:
    """A client who signs in and pays for their own care."""
    the_practice()
    client = a_client(name, language=language, **facts)
    account, user = an_account(name, client), a_user(name, language=language)
    a_link(user, account, client=client)
    return Person(user, account, client)


def ana() -> Person:
    return a_person("Ana Delgado-Demo")


def ben() -> Person:
    return a_person("Ben Okafor-Demo")


def noor() -> Person:
    return a_person("Noor Haddad-Demo")


def walt() -> Person:
    return a_person("Walt Jensen-Demo")


def grace() -> Person:
    return a_person("Grace Kim-Demo")


def tomas() -> Person:
    return a_person("Tomás Rivera-Demo", language="es")


def jade() -> Person:
    return a_person("Jade Foster-Demo")


def omar() -> Person:
    return a_person("Omar Aziz-Demo")


def helen(pays_for: Person) -> Person:
    """She sees what is owed and pays it, and nothing about the care."""
    user = a_user("Helen Kim-Demo")
    a_link(user, pays_for.account, *ONLY_PAYS, role=LinkRole.GUARANTOR)
    return Person(user, pays_for.account, pays_for.client)


def a_parent(name: str, *children: Client) -> Person:
    """Kim or Luis: a family account for the children, one login."""
    the_practice()
    account, user = an_account(name, *children, kind="family"), a_user(name)
    a_link(user, account, *EVERYTHING[:-1], role=LinkRole.REPRESENTATIVE)
    return Person(user, account, children[0])


def kim(*children: Client) -> Person:
    return a_parent("Kim Tran-Demo", *(children or (a_client("Max Tran-Demo"),)))


def luis(*children: Client) -> Person:
    return a_parent("Luis Tran-Demo", *children)


def a_charge(account: "Person | Account", on="2026-10-05", fee="150.00", **facts) -> Charge:
    """A visit of the account's first client, posted on its own day."""
    account = _account(account)
    client = facts.pop("client", None) or _first_client(account)
    about = {"label": "Talk therapy, 45 min", "label_es": "Terapia, 45 min", **facts}
    on = day(on)
    return charges.post_charge(
        account=account, client=client, stamp=stamp(on), service_date=on, amount=cents(fee), **about
    )


def many_charges(person: Person, count: int) -> None:
    """Post `count` visits straight into the tables, chained as the ledger chains them."""
    first = day("2020-01-01")
    rows = [
        {"account": person.account, "client": person.client, "label": "Visit", "amount": 100_00 + i,
         "service_date": first + timedelta(days=i % 2000), "key": f"many-{next(_numbers)}"}
        for i in range(count)
    ]  # fmt: skip
    for start in range(0, count, 1000):
        Charge.insert_many(rows[start : start + 1000]).execute()
    last = Entry.select().order_by(Entry.id.desc()).first()
    previous, entries = last.hash if last else GENESIS, []
    for charge in Charge.select().order_by(Charge.id.desc()).limit(count):
        entry = Entry(
            kind=EntryKind.CHARGE, account=person.account, charge=charge, amount=charge.amount, by="staff:1",
            on=charge.service_date, at=NOW, prev_hash=previous,
        )  # fmt: skip
        entry.hash = previous = digest(entry)
        entries.append(entry)
    Entry.bulk_create(entries, batch_size=1000)


def an_insured_charge(account: "Person | Account", on="2026-10-07", fee="150.00", **facts) -> Charge:
    """A visit that the practice sends to the client's health plan."""
    return a_charge(account, on, fee, payer=Payer.INSURANCE, **facts)


def a_fee(account: "Person | Account", on="2026-10-26", fee="90.00", **facts) -> Charge:
    """A late-cancel fee: no medical visit."""
    about = {"label": "Late cancel fee", "label_es": "Cargo por cancelar tarde", "rendered": False}
    return a_charge(account, on, fee, kind="fee", hsa_eligible=False, **{**about, **facts})


def a_payment(account: "Person | Account", amount: "str | Cents", on: "str | date" = TODAY, **facts) -> Payment:
    """Money staff recorded, a check unless said otherwise, not yet used for anything."""
    about = {"method": Method.CHECK, "source": Source.STAFF, "way": Way.STAFF, **facts}
    return postings.record_payment(
        account=_account(account), amount=cents(amount), paid_at=noon(on), stamp=stamp(on), **about
    )


def a_paid(charge: Charge, amount: "str | Cents | None" = None, on: "str | date" = TODAY, **facts) -> Payment:
    """A payment toward this charge: its whole amount unless said otherwise."""
    payment = a_payment(charge.account, charge.amount if amount is None else amount, on, **facts)
    postings.allocate(payment, charge, payment.amount, stamp(on))
    return payment


def a_settled(charge: Charge, amount: "str | Cents | None" = None, on: "str | date" = TODAY, **facts) -> Payment:
    """A payment toward this charge, banked."""
    payment = a_paid(charge, amount, on, **facts)
    postings.settle(payment, stamp(on))
    return payment


def an_attempt(person: Person, *lines: tuple, state: str = AttemptState.SENT, **facts) -> Attempt:
    """A try to pay by card: `an_attempt(ana, (charge, "50.00"))`; in flight unless another state is given."""
    number = next(_numbers)
    amount = sum(cents(line[1]) for line in lines)
    at = facts.get("created_at", NOW - timedelta(seconds=30))
    times = {"created_at": at, "sent_at": at, "answered_at": None if state in IN_FLIGHT else at}
    about = {"way": Way.ONE, **times, **facts}
    attempt = Attempt.create(
        attempt_key=f"form-{number}", order_id=f"order-{number}", request_key=f"request-{number}",
        account=person.account, user=person.user, amount=amount, state=state, **about,
    )  # fmt: skip
    for charge, part in lines:
        AttemptLine.create(attempt=attempt, charge=charge, amount=cents(part))
    AttemptEvent.create(attempt=attempt, at=attempt.created_at, after=state, what="asked for")
    return attempt


def a_saved_card(user: User, token: str = "", **facts) -> SavedCard:
    about = {"brand": "Visa", "last4": "1111", "exp_month": 12, "exp_year": 2028, "main": True, **facts}
    return SavedCard.create(user=user, token=token or f"token-{next(_numbers)}", **about)


def a_notification(at: datetime = NOW, **facts) -> WebhookDelivery:
    """Signed news of the processor that came and waits: a test of the address, unless facts say more."""
    about = {"payload_sha256": f"payload-{next(_numbers)}", "kind": "check", "received_at": at, "due_at": at, **facts}
    return WebhookDelivery.create(**about)


def _account(account: "Person | Account") -> Account:
    return account.account if isinstance(account, Person) else account


def _first_client(account: Account) -> Client:
    link = AccountClient.select().where(AccountClient.account == account).order_by(AccountClient.id).first()
    return link.client if link else a_client(account.guarantor_name)


def _email(name: str) -> str:
    first = name.split()[0].lower().replace("á", "a")
    return f"{first}.{next(_numbers)}@example.com"
