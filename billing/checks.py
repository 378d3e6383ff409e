"""The questions before clients can pay, each answered from what the books and the settings hold today."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from peewee import fn

from billing import safety, settings, ticks
from choices import AttemptState
from models import Account, AuditEntry, Link, Practice, Provider, TestPayment, Tick, User

SAQ_GOOD_FOR, SCAN_GOOD_FOR = timedelta(days=365), timedelta(days=90)  # PCI DSS 4.0: yearly, and each quarter
STAFF, HTTPS = "pr.safe.staff", "pr.safe.https"


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
    encrypted; `mails`, it can send email; `restored`, a backup was tried lately and found whole.
    """

    kind: Processor
    answers: bool = True
    heard: bool = True
    forged: int = 0
    https: bool = True
    restored: bool = True
    mails: bool = True


@dataclass(frozen=True)
class CheckRow:
    """One row. `key` and `hint` are catalogue keys, `missing` those of fields; `where` is the screen, or the
    part of the settings, that fixes it. `ticks`: what a person vouches for here, `stale` those that are too old."""

    number: int
    key: str
    answer: Answer
    required: bool = True
    where: str = "settings"
    hint: str = ""
    missing: tuple[str, ...] = ()
    share: tuple[int, int] | None = None  # so many of so many
    forged: int = 0
    ticks: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()
    changed_at: datetime | None = None  # the last change of the text it is about

    @property
    def blocks(self) -> bool:
        return self.required and self.answer != Answer.DONE


@dataclass(frozen=True)
class Asked:
    """Of whom and when: the practice, what was seen of its processor, the day, and what people vouched for."""

    practice: Practice
    facts: ProcessorFacts
    today: date
    ticks: Mapping[str, Tick] = field(default_factory=ticks.all_of_them)
    linked: int = field(default_factory=lambda: _linked_accounts())


def portal(asked: Asked) -> CheckRow:
    # Links that nobody can sign in to use are a problem; no links at all are work to do.
    waiting = not asked.linked and Link.select().where(Link.ended_at.is_null()).exists()
    answer = _done(asked.linked > 0, Answer.PROBLEM if waiting else Answer.TODO)
    return CheckRow(1, "pr.check.portal", answer, where="accounts")


def balance(asked: Asked) -> CheckRow:
    return CheckRow(2, "pr.check.balance", _done(asked.practice.show_balance), where="checkout")


def linked(asked: Asked) -> CheckRow:
    """One linked account is enough to turn payments on; the others are worth a look."""
    total = Account.select().count()
    answer = _done(0 < asked.linked == total)
    share = (asked.linked, total)
    return CheckRow(3, "pr.check.linked", answer, required=not asked.linked, where="accounts", share=share)


def processor(asked: Asked) -> CheckRow:
    if not asked.facts.answers:
        return CheckRow(4, "pr.check.processor", Answer.PROBLEM, where="processor", hint="pr.check.silent")
    if asked.facts.kind == Processor.TRIAL:
        return CheckRow(4, "pr.check.processor", Answer.TODO, required=False, where="processor", hint="pr.check.trial")
    return CheckRow(4, "pr.check.processor", Answer.DONE, where="")


def bank(asked: Asked) -> CheckRow:
    """The processor says nothing of it that a program can ask."""
    return _vouched(asked, 5, "pr.check.bank", (ticks.BANK,))


def webhook(asked: Asked) -> CheckRow:
    """Something signed came in the last day; forgeries are mentioned, since somebody sent them."""
    heard, forged = asked.facts.heard, asked.facts.forged
    hint = "" if heard else "pr.check.unheard"
    return CheckRow(6, "pr.check.webhook", _done(heard), where="processor", hint=hint, forged=forged)


def test(asked: Asked) -> CheckRow:
    """A dollar that went through this very processor and came back."""
    mine = TestPayment.select().where(TestPayment.processor == asked.facts.kind).order_by(TestPayment.id.desc())
    if mine.where(TestPayment.returned_at.is_null(False)).exists():
        return CheckRow(7, "pr.check.test", Answer.DONE, where="test")
    out = mine.where(TestPayment.state == AttemptState.SUCCEEDED).exists()
    answer, hint = (Answer.PROBLEM, "pr.dollar.out") if out else (Answer.TODO, "")
    return CheckRow(7, "pr.check.test", answer, where="test", hint=hint)


def link(asked: Asked) -> CheckRow:
    """The address is always encrypted, and its host was typed twice: the settings see to both."""
    practice = asked.practice
    broken = [name for name in settings.broken(practice) if name in settings.ON_OUTSIDE_PAGE]
    empty = [name for name in ("outside_name", "outside_host", "outside_id") if not getattr(practice, name)]
    opened = practice.outside_opened_at is not None
    answer = Answer.PROBLEM if broken else _done(opened and not empty)
    hint = "" if opened or not practice.outside_host else "pr.check.unopened"
    return CheckRow(8, "pr.check.link", answer, where="outside", hint=hint, missing=_fields([*broken, *empty]))


def name(asked: Asked) -> CheckRow:
    practice = asked.practice
    broken = "descriptor" in settings.broken(practice)
    answer = Answer.PROBLEM if broken else _done(bool(practice.descriptor))
    warned = [warning.key for warning in settings.warnings_of_name(practice)]
    return CheckRow(9, "pr.check.name", answer, where="checkout", hint=warned[0] if warned else "")


def receipts(asked: Asked) -> CheckRow:
    """Ours cannot go out from a site without mail; that the processor sends none, somebody must look."""
    row = _vouched(asked, 10, "pr.check.receipts", (ticks.RECEIPTS,))
    if asked.facts.mails:
        return row
    return CheckRow(10, row.key, Answer.PROBLEM, where="", hint="pr.check.nomail", ticks=row.ticks)


def practice(asked: Asked) -> CheckRow:
    """Receipts cannot go out without a name, an address and a phone; superbills can wait for the rest."""
    empty, broken = settings.missing_for_receipts(asked.practice), settings.broken(asked.practice)
    needed = [name for name in broken if name in settings.ON_RECEIPTS]
    answer = Answer.PROBLEM if needed else _done(not empty)
    return CheckRow(11, "pr.check.practice", answer, hint="pr.check.onreceipts", missing=_fields([*empty, *needed]))


def superbills(asked: Asked) -> CheckRow:
    row, providers = asked.practice, list(Provider.select())
    broken = [name for name in settings.broken(row) if name in settings.ON_SUPERBILLS]
    missing = [name for name in settings.ON_SUPERBILLS if not getattr(row, name) and name != "group_npi"]
    wrong = bool(broken) or any(settings.broken(each) for each in providers)
    lacking = {name for each in providers for name in settings.missing_of_provider(each)}
    empty = [*missing, *(name for name in settings.ON_PROVIDERS if name in lacking)]
    answer = Answer.PROBLEM if wrong else _done(not empty and bool(providers))
    where = "settings" if missing or broken else "providers"
    return CheckRow(11, "pr.check.superbills", answer, where=where, missing=_fields([*broken, *empty]))


def policy(asked: Asked) -> CheckRow:
    """The refund policy is written, and somebody read it with the others since it was last changed."""
    changed = AuditEntry.select(fn.MAX(AuditEntry.at)).where(AuditEntry.what == "practice.refund_policy").scalar()
    if not asked.practice.refund_policy:
        missing = _fields(["refund_policy"])
        return CheckRow(12, "pr.check.policy", Answer.TODO, where="papers", missing=missing, ticks=(ticks.POLICY,))
    tick = asked.ticks.get(ticks.POLICY)
    stale = (ticks.POLICY,) if tick and changed and tick.at < changed else ()
    return CheckRow(
        12, "pr.check.policy", _done(tick is not None and not stale), where="", changed_at=changed,
        hint="pr.check.policychanged" if stale else "", ticks=(ticks.POLICY,), stale=stale,
    )  # fmt: skip


def safe(asked: Asked) -> CheckRow:
    done = {
        "pr.safe.staff": safety.all_staff_secured(),
        HTTPS: asked.facts.https,
        "pr.safe.restore": asked.facts.restored,
    }
    missing = tuple(key for key, is_safe in done.items() if not is_safe)
    return CheckRow(13, "pr.check.safe", _done(not missing), where="staff" if STAFF in missing else "", missing=missing)


def agreements(asked: Asked) -> CheckRow:
    return _vouched(asked, 14, "pr.check.agreements", (ticks.AGREEMENTS,))


def pci(asked: Asked) -> CheckRow:
    """The questionnaire of the last twelve months and the scan of the last ninety days."""
    row = _vouched(asked, 15, "pr.check.pci", (ticks.SAQ, ticks.SCAN))
    ages = {ticks.SAQ: SAQ_GOOD_FOR, ticks.SCAN: SCAN_GOOD_FOR}
    stale = tuple(
        name for name, age in ages.items() if name in asked.ticks and asked.ticks[name].on < asked.today - age
    )
    answer = Answer.PROBLEM if stale else row.answer
    return CheckRow(15, row.key, answer, where="", ticks=row.ticks, stale=stale)


def posting(asked: Asked) -> CheckRow:
    return CheckRow(16, "pr.check.posting", _done(asked.practice.posting_chosen), where="checkout")


def golive(asked: Asked) -> CheckRow:
    """A day, and the leaflets that tell clients of it."""
    dated, printed = asked.practice.go_live_on is not None, ticks.KIT in asked.ticks
    where = "share" if dated else "checkout"
    return CheckRow(
        17, "pr.check.golive", _done(dated and printed), where=where, hint="" if dated else "pr.check.nodate",
        ticks=(ticks.KIT,),
    )  # fmt: skip


def _vouched(asked: Asked, number: int, key: str, names: tuple[str, ...]) -> CheckRow:
    answer = _done(all(name in asked.ticks for name in names))
    return CheckRow(number, key, answer, where="", ticks=names)


def _linked_accounts() -> int:
    """Accounts that someone with a working login may see."""
    query = Link.select(fn.COUNT(Link.account.distinct())).join(User)
    may_enter = User.password_hash.is_null(False) | User.secured_at.is_null(False)  # by passkeys alone, too
    live = Link.ended_at.is_null() & User.disabled_at.is_null() & may_enter
    return int(query.where(live).scalar())


def _done(done: bool, otherwise: Answer = Answer.TODO) -> Answer:
    return Answer.DONE if done else otherwise


def _fields(names: list[str]) -> tuple[str, ...]:
    return tuple(f"pr.set.{name}" for name in dict.fromkeys(names))
