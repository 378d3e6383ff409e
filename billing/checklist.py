"""What must be done before clients can pay: one row per question, each with its answer today."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from peewee import fn

from billing import formats, safety, settings
from models import Account, Link, Practice, Provider, User


class Answer(StrEnum):
    DONE = "done"
    TODO = "todo"
    PROBLEM = "problem"


class Processor(StrEnum):
    """Which processor this portal talks to, and whether its money is real."""

    BUILT_IN = "built_in"
    TRIAL = "trial"
    LIVE = "live"


@dataclass(frozen=True)
class ProcessorFacts:
    """What was just seen of the processor. `answers`: it took our keys. `heard`: its news reach us.

    `forged`: how many notifications came lately that it had not signed. Of this site: `https`, browsers reach it
    encrypted; `restored`, a backup was tried lately and found whole.
    """

    kind: Processor
    answers: bool = True
    heard: bool = True
    forged: int = 0
    https: bool = True
    restored: bool = True


@dataclass(frozen=True)
class CheckRow:
    """One row. `key` and `hint` are catalogue keys, `missing` those of fields; `where` is the screen, or the
    part of the settings, that fixes it."""

    number: int
    key: str
    answer: Answer
    required: bool = True
    where: str = "settings"
    hint: str = ""
    missing: tuple[str, ...] = ()
    share: tuple[int, int] | None = None  # so many of so many
    forged: int = 0

    @property
    def blocks(self) -> bool:
        return self.required and self.answer != Answer.DONE


# Rows of going live that only a person can answer; nothing in Evenly knows them.
BY_HAND = ("bank", "test", "receipts", "policy", "agreements", "pci")


def checklist(practice: Practice, facts: ProcessorFacts) -> list[CheckRow]:
    """Every row that can be checked today, in the order they are best done. A fixed number of queries."""
    linked = _linked_accounts()
    rows = [_portal(linked), _balance(practice), _linked(linked)]
    if facts.kind != Processor.BUILT_IN:
        rows.append(_processor(facts))
    rows += [_webhook(facts), _name(practice, required=facts.kind == Processor.LIVE)]
    rows += _practice(practice)
    if facts.kind == Processor.LIVE:
        rows.append(_safe(facts))
    rows += [_posting(practice), _golive(practice)]
    return rows


def _linked_accounts() -> int:
    """Accounts that someone with a working login may see."""
    query = Link.select(fn.COUNT(Link.account.distinct())).join(User)
    live = Link.ended_at.is_null() & User.disabled_at.is_null() & User.password_hash.is_null(False)
    return int(query.where(live).scalar())


def _done(done: bool, otherwise: Answer = Answer.TODO) -> Answer:
    return Answer.DONE if done else otherwise


def _portal(linked: int) -> CheckRow:
    # Links that nobody can sign in to use are a problem; no links at all are work to do.
    waiting = not linked and Link.select().where(Link.ended_at.is_null()).exists()
    return CheckRow(
        1, "pr.check.portal", _done(linked > 0, Answer.PROBLEM if waiting else Answer.TODO), where="accounts"
    )


def _balance(practice: Practice) -> CheckRow:
    return CheckRow(2, "pr.check.balance", _done(practice.show_balance), where="checkout")


def _linked(linked: int) -> CheckRow:
    """One linked account is enough to turn payments on; the others are worth a look."""
    total = Account.select().count()
    answer = _done(0 < linked == total)
    return CheckRow(3, "pr.check.linked", answer, required=not linked, where="accounts", share=(linked, total))


def _processor(facts: ProcessorFacts) -> CheckRow:
    if not facts.answers:
        return CheckRow(4, "pr.check.processor", Answer.PROBLEM, where="", hint="pr.check.silent")
    if facts.kind == Processor.TRIAL:
        return CheckRow(4, "pr.check.processor", Answer.TODO, required=False, where="", hint="pr.check.trial")
    return CheckRow(4, "pr.check.processor", Answer.DONE, where="")


def _webhook(facts: ProcessorFacts) -> CheckRow:
    """Something signed came in the last day; forgeries are mentioned, since somebody sent them."""
    hint = "" if facts.heard else "pr.check.unheard"
    return CheckRow(6, "pr.check.webhook", _done(facts.heard), where="", hint=hint, forged=facts.forged)


def _name(practice: Practice, *, required: bool) -> CheckRow:
    broken = "descriptor" in settings.broken(practice)
    answer = Answer.PROBLEM if broken else _done(bool(practice.descriptor))
    hint = "pr.warn.telling" if formats.telling(practice.descriptor) else ""
    return CheckRow(9, "pr.check.name", answer, required=required, where="checkout", hint=hint)


def _practice(practice: Practice) -> Iterator[CheckRow]:
    """Receipts cannot go out without a name, an address and a phone; superbills can wait for the rest."""
    empty, broken = settings.missing_for_receipts(practice), settings.broken(practice)
    needed = [name for name in broken if name in settings.ON_RECEIPTS]
    answer = Answer.PROBLEM if needed else _done(not empty)
    yield CheckRow(11, "pr.check.practice", answer, hint="pr.check.onreceipts", missing=_fields([*empty, *needed]))
    yield _superbills(practice, [name for name in broken if name in settings.ON_SUPERBILLS])


def _superbills(practice: Practice, broken: list[str]) -> CheckRow:
    missing = [name for name in settings.ON_SUPERBILLS if not getattr(practice, name) and name != "group_npi"]
    providers = list(Provider.select())
    wrong = bool(broken) or any(settings.broken(each) for each in providers)
    lacking = {name for each in providers for name in settings.missing_of_provider(each)}
    empty = [*missing, *(name for name in settings.ON_PROVIDERS if name in lacking)]
    answer = Answer.PROBLEM if wrong else _done(not empty and bool(providers))
    where = "settings" if missing or broken else "providers"
    return CheckRow(
        11, "pr.check.superbills", answer, required=False, where=where, missing=_fields([*broken, *empty])
    )  # fmt: skip


def _safe(facts: ProcessorFacts) -> CheckRow:
    done = {"staff": safety.all_staff_secured(), "https": facts.https, "restore": facts.restored}
    missing = tuple(f"pr.safe.{name}" for name, safe in done.items() if not safe)
    return CheckRow(13, "pr.check.safe", _done(not missing), where="", missing=missing)


def _posting(practice: Practice) -> CheckRow:
    return CheckRow(16, "pr.check.posting", _done(practice.posting_chosen), where="checkout")


def _golive(practice: Practice) -> CheckRow:
    answer = _done(practice.go_live_on is not None)
    return CheckRow(17, "pr.check.golive", answer, required=False, where="checkout", hint="pr.check.onlydate")


def _fields(names: list[str]) -> tuple[str, ...]:
    return tuple(f"pr.set.{name}" for name in dict.fromkeys(names))
