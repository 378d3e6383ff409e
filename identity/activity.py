"""The activity log as people read it: who did what in plain words, filters, and what was unusual this week."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce
from operator import and_, or_
from typing import Any

from peewee import fn

from billing.payment_filters import midnight
from models import (
    Account,
    Attempt,
    AuditEntry,
    BreakGlass,
    Client,
    Deposit,
    Dispute,
    Document,
    Invite,
    Link,
    MoneyBack,
    Payment,
    Staff,
    Task,
    User,
    WaitingPayment,
)
from words import say, sentences

PER_PAGE = 50
OTHER = "other"
# Kind -> the first words of what belongs to it.
GROUPS: dict[str, tuple[str, ...]] = {
    "entry": (
        "sign_in", "sign_out", "second_step", "step_up", "session", "password", "factor_on", "recovery_codes",
        "passkey", "passkey_copied", "app", "codes", "email", "phone", "reset", "reenrol",
    ),
    "seen": ("seen",),
    "papers": ("document",),
    "money": (
        "posting", "refund", "dispute", "unsure", "payments", "account", "pay", "credit", "card", "ledger", "hold",
        "charge",
    ),
    "people": ("invite", "link", "staff", "user", "client"),
    "settings": ("practice", "provider"),
    "denied": ("denied",),
    "glass": ("glass",),
    "exports": ("data", "export"),
}  # fmt: skip
WHY = ("glass.open", "link.ended")  # what takes a reason
OF = {word: group for group, firsts in GROUPS.items() for word in firsts}
# What belongs to an account, by the word that subjects begin with.
ABOUT: dict[str, Any] = {
    "document": Document, "attempt": Attempt, "payment": Payment, "waiting_payment": WaitingPayment, "link": Link,
    "invite": Invite, "task": Task,
}  # fmt: skip


@dataclass(frozen=True)
class Filter:
    """What to list. Days are the practice's, both included; `who` is part of a name or email.

    `before` is an entry's id: the page begins with the one before it.
    """

    who: str = ""
    group: str = ""
    account: str = ""
    from_on: date | None = None
    to_on: date | None = None
    before: int = 0


@dataclass(frozen=True)
class About:
    """One thing an entry is about: an account with its number and key, a paper, a person, or a bare reference."""

    kind: str
    text: str
    key: str = ""


@dataclass(frozen=True)
class Line:
    """One entry with the name of who did it and of what it is about; `small` is the rest, as it lies in the log.

    `why` is a word of ours from the log, or what staff wrote, from the row that holds it.
    """

    entry: AuditEntry
    who: str
    told: str
    about: tuple[About, ...]
    small: str
    why: str


@dataclass(frozen=True)
class Page:
    """Newest first; `older` is where the next page begins, 0 on the last."""

    lines: list[Line]
    older: int


def page(wanted: Filter, zone: str, language: str) -> Page:
    """One page of what fits, in a fixed number of queries."""
    found = list(entries(wanted, zone).order_by(AuditEntry.id.desc()).limit(PER_PAGE + 1))
    shown = found[:PER_PAGE]
    return Page(lines(shown, language), shown[-1].id if len(found) > PER_PAGE else 0)


def entries(wanted: Filter, zone: str) -> Any:
    """All entries that fit, in no order yet."""
    return AuditEntry.select().where(reduce(and_, _conditions(wanted, zone), AuditEntry.id > 0))


def lines(rows: list[AuditEntry], language: str) -> list[Line]:
    """Each entry in words; names also of people who are no longer here."""
    named = _Names(rows, language)
    return [
        Line(
            row,
            named.by(row.by),
            told(row, language),
            tuple(named.about(row.subject)),
            small(row, language),
            named.why(row),
        )
        for row in rows
    ]


def told(entry: AuditEntry, language: str) -> str:
    """What happened, as a sentence; a change of the practice or of a clinician names what changed."""
    table, _, name = entry.what.partition(".")
    if table in GROUPS["settings"]:
        label = f"pr.set.{name}"
        return say(f"log.setting.{table}", language, name=say(label, language) if label in sentences() else name)
    no = f"log.{entry.what}.no"
    key = no if entry.result and no in sentences() else f"log.{entry.what}"
    return say(key, language) if key in sentences() else say("log.other", language, what=entry.what)


def small(entry: AuditEntry, language: str) -> str:
    """Result and detail: in words where there are any, else as they were written."""
    known = {f"log.r.{entry.result}": entry.result, entry.detail: entry.detail}
    said = [say(key, language) if key in sentences() else text for key, text in known.items()]
    return " · ".join(filter(None, said))


def group_of(what: str) -> str:
    return OF.get(what.partition(".")[0], OTHER)


def within(group: str) -> Any:
    """The condition for entries of this kind."""
    if group == OTHER:
        return reduce(and_, (~within(each) for each in GROUPS))
    return reduce(
        or_, ((AuditEntry.what == first) | AuditEntry.what.startswith(f"{first}.") for first in GROUPS[group])
    )


def _conditions(wanted: Filter, zone: str) -> Iterator[Any]:
    if wanted.before:
        yield AuditEntry.id < wanted.before
    if wanted.who:
        yield AuditEntry.by.in_(_people(wanted.who))
    if wanted.group in (*GROUPS, OTHER):
        yield within(wanted.group)
    if wanted.account:
        yield _of_account(wanted.account)
    if wanted.from_on:
        yield AuditEntry.at >= midnight(wanted.from_on, zone)
    if wanted.to_on and wanted.to_on < date.max:
        yield AuditEntry.at < midnight(wanted.to_on + timedelta(days=1), zone)


def _people(text: str) -> list[str]:
    """Whose name or email holds this text, as the log names them."""
    return [
        f"{word}:{row.id}"
        for word, kind in (("staff", Staff), ("user", User))
        for row in kind.select(kind.id).where(kind.name.contains(text) | kind.email.contains(text))
    ]


def _of_account(number: str) -> Any:
    """Entries about the account itself, alone or among others, or about something of it."""
    account = Account.get_or_none(Account.number == number.strip())
    if account is None:
        return AuditEntry.id < 0
    alone_or_among_others = AuditEntry.subject.concat(" ").contains(f"account:{account.id} ")
    about = (_names(kind, _ids(model).where(model.account == account)) for kind, model in ABOUT.items())
    sold = (Attempt.account == account) | (Payment.account == account)
    back = _ids(MoneyBack).left_outer_join(Attempt).switch(MoneyBack).left_outer_join(Payment).where(sold)
    disputed = _ids(Dispute).join(Payment).where(Payment.account == account)
    subjects = [*about, _names("money_back", back), _names("dispute", disputed)]
    return reduce(or_, (AuditEntry.subject.in_(each) for each in subjects), alone_or_among_others)


def _ids(model: Any) -> Any:
    return model.select(model.id)


def _names(kind: str, ids: Any) -> list[str]:
    return [f"{kind}:{id}" for (id,) in ids.tuples()]


class _Names:
    """The names behind the references of some entries, read at once."""

    def __init__(self, rows: Iterable[AuditEntry], language: str) -> None:
        self.language = language
        words = {word for row in rows for word in (row.by, *row.subject.split(" "))}
        self.people = {f"staff:{row.id}": row.name for row in Staff.select()}
        self.people |= {f"user:{row.id}": row.name for row in _found(User.select(), "user", words)}
        self.about_of = dict(_abouts(words))
        self.whys = dict(_whys(rows))

    def by(self, word: str) -> str:
        if word in self.people:
            return str(self.people[word])
        return say(f"log.by.{word}" if word in ("system", "stranger") else "log.by.gone", self.language)

    def why(self, row: AuditEntry) -> str:
        if row.reason:
            key = f"log.why.{row.reason}"
            return say(key, self.language) if key in sentences() else str(row.reason)
        words = row.subject.split(" ") if row.what in WHY else ()
        return next((self.whys[word] for word in words if word in self.whys), "")

    def about(self, subject: str) -> Iterator[About]:
        for word in filter(None, subject.split(" ")):
            if word in self.people:
                yield About("person", self.people[word])
            elif word != "practice:1" and not word.startswith("break_glass:"):
                yield from self.about_of.get(word, (About("", word),))


def _whys(rows: Iterable[AuditEntry]) -> Iterator[tuple[str, str]]:
    """Reference -> why staff opened a colleague's client, or ended a link."""
    words = {word for row in rows if row.what in WHY for word in row.subject.split(" ")}
    for row in _found(BreakGlass.select(), "break_glass", words):
        yield f"break_glass:{row.id}", row.reason
    for row in _found(Link.select(), "link", words):
        yield f"link:{row.id}", row.ended_because


def _abouts(words: set[str]) -> Iterator[tuple[str, tuple[About, ...]]]:
    """Reference -> what to show of it: a person, a number, a client's initials, the account it belongs to."""
    belongs = dict(_belongs(words))
    accounts = {
        row.id: About("account", row.number, row.key)
        for row in Account.select().where(Account.id.in_(set(belongs.values())))
    }
    of: dict[str, tuple[About, ...]] = {word: (accounts[id],) for word, id in belongs.items()}
    papers = Document.select(Document.id, Document.type, Document.year, Document.serial)
    of |= {f"document:{row.id}": (About("document", row.number),) for row in _found(papers, "document", words)}
    for row in _found(Deposit.select(Deposit.id, Deposit.number), "deposit", words):
        of[f"deposit:{row.id}"] = (About("document", row.number),)
    for row in _found(Client.select(), "client", words):
        of[f"client:{row.id}"] = (About("person", f"{row.first_name[:1]}. {row.last_name[:1]}."),)
    for row in _found(Link.select(Link, User).join(User), "link", words):
        of[f"link:{row.id}"] = (About("person", row.user.name), *of[f"link:{row.id}"])
    yield from of.items()


def _belongs(words: set[str]) -> Iterator[tuple[str, int]]:
    """Reference -> the id of the account it belongs to."""
    for kind, model in {"account": Account, **ABOUT}.items():
        whose = Account.id if model is Account else model.account
        yield from _named(kind, _found(model.select(model.id, whose), kind, words))
    back = MoneyBack.select(MoneyBack.id, fn.COALESCE(Attempt.account, Payment.account))
    back = back.left_outer_join(Attempt).switch(MoneyBack).left_outer_join(Payment, on=MoneyBack.payment == Payment.id)
    yield from _named("money_back", _found(back, "money_back", words))
    yield from _named("dispute", _found(Dispute.select(Dispute.id, Payment.account).join(Payment), "dispute", words))


def _named(kind: str, rows: Any) -> Iterator[tuple[str, int]]:
    for id, account in rows.tuples() if rows else ():
        if account:
            yield f"{kind}:{id}", account


def _found(query: Any, kind: str, words: set[str]) -> Any:
    """The rows of this kind that are referred to; nothing is asked when there are none."""
    ids = [int(id) for word in words for name, _, id in [word.partition(":")] if name == kind and id.isdigit()]
    return query.where(query.model.id.in_(ids)) if ids else ()
