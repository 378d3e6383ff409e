"""What a practice may change about itself and its clinicians: every value checked, every change logged old -> new."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from billing import formats
from billing.audit import note
from billing.formats import FieldRefused, FieldsRefused, line, lines, needed, refuse
from billing.stamp import Stamp
from choices import DocumentType, Layout, PayBy, PostingMode
from models import Document, Practice, Provider, Row, db
from money import Cents, format_dollars
from words import local_day

MOST_MINIMUM: Cents = 50_00
MOST_DUE_DAYS = 120
MOST_OUTSIDE_DAYS = 30
LAST_IN_EVERY_MONTH = 28
SHOWN_IN_LOG = 120

ON_RECEIPTS = ("name", "line1", "city", "state", "zip", "phone")
ON_SUPERBILLS = ("ein", "group_npi")  # a group NPI only if the practice has one
ON_OUTSIDE_PAGE = ("outside_name", "outside_host", "outside_path")
ON_PROVIDERS = ("npi", "license_type", "license_number", "license_state", "taxonomy")


class Warned(NamedTuple):
    """A value that is kept, and the sentence that says why to look at it again."""

    field: str
    key: str


def minimum(cents: Cents | None) -> Cents:
    """The smallest payment a client may type: $0.01 to $50.00."""
    if cents is None or not 1 <= cents <= MOST_MINIMUM:
        raise refuse("pr.err.minimum", most=format_dollars(MOST_MINIMUM))
    return cents


def limit(cents: Cents | None) -> Cents:
    """The most one person may give back alone; nothing at all is a limit too."""
    if cents is None:
        raise refuse("pr.err.needed")
    return cents


def due_days(days: int | None) -> int:
    if days is None or not 0 <= days <= MOST_DUE_DAYS:
        raise refuse("pr.err.days", most=str(MOST_DUE_DAYS))
    return days


def statement_day(day: int | None) -> int | None:
    """The day of the month on which statements are made, 1 to 28; None: only by hand."""
    if day is not None and not 1 <= day <= LAST_IN_EVERY_MONTH:
        raise refuse("pr.err.monthday")
    return day


def outside_days(days: int | None) -> int:
    if days is None or not 1 <= days <= MOST_OUTSIDE_DAYS:
        raise refuse("pr.err.days1", most=str(MOST_OUTSIDE_DAYS))
    return days


def one_of(choices: type[PostingMode] | type[Layout] | type[PayBy]) -> Callable[[object], str]:
    def rule(word: object) -> str:
        if word not in list(choices):
            raise refuse("pr.err.choose")
        return str(word)

    return rule


def modifiers(pair: list[str]) -> list[str]:
    """The two telehealth modifiers: for live video and for audio only. The refusal names which of the two."""
    return [_modifier(text, name) for text, name in zip(pair, ("telehealth_live", "telehealth_audio"), strict=True)]


def _modifier(text: str, name: str) -> str:
    try:
        return needed(formats.modifier)(text)
    except FieldRefused as refused:
        refused.field = name
        raise


def any_day(day: date | None) -> date | None:
    return day


PRACTICE_RULES: dict[str, Callable[[Any], Any]] = {
    "name": needed(line(80)),
    "legal_name": line(120),
    "short_name": needed(line(40)),
    "line1": line(100),
    "line2": line(100),
    "city": line(60),
    "state": formats.state,
    "zip": formats.zip_code,
    "phone": formats.phone,
    "email": formats.email,
    "ein": formats.ein,
    "group_npi": formats.npi,
    "time_zone": formats.time_zone,
    "part2_program": bool,
    "part2_notice": lines(1000),
    "refund_policy": lines(1000),
    "refund_limit": limit,
    "go_live_on": any_day,
    "show_balance": bool,
    "posting_mode": one_of(PostingMode),
    "checkout_layout": one_of(Layout),
    "per_line_amounts": bool,
    "minimum_payment": minimum,
    "notes_on": bool,
    "saved_cards_on": bool,
    "descriptor": formats.descriptor,
    "invoice_due_days": due_days,
    "statement_day": statement_day,
    "payment_copy_to": formats.email,
    "telehealth_modifiers": modifiers,
    "pay_by": one_of(PayBy),
    "outside_name": line(60),
    "outside_host": formats.host,
    "outside_path": formats.path,
    "outside_id": line(60),
    "outside_days": outside_days,
}

PROVIDER_RULES: dict[str, Callable[[Any], Any]] = {
    "name": needed(line(80)),
    "credentials": line(40),
    "license_type": line(80),
    "license_number": formats.license_number,
    "license_state": formats.state,
    "npi": formats.npi,
    "taxonomy": formats.taxonomy,
    "medicare_opted_out_on": any_day,
}


def change_practice(values: Mapping[str, Any], stamp: Stamp, ip: str = "") -> list[str]:
    """Keep these columns of the practice; returns the names of those that changed.

    Choosing a posting mode, even the one there was, counts as having chosen.

    Raises:
        FieldsRefused: with one problem per field.
    """
    with db.atomic():
        practice = Practice.the()
        kept = _checked(PRACTICE_RULES, values)
        if "posting_mode" in kept:
            kept["posting_chosen"] = True
        _check_outside(practice, kept)
        if kept.get("time_zone", practice.time_zone) != practice.time_zone:
            _check_zone(kept["time_zone"], stamp)
        return _keep(practice, kept, stamp, ip)


def change_provider(provider: Provider, values: Mapping[str, Any], stamp: Stamp, ip: str = "") -> list[str]:
    """Keep these columns of a clinician, and the `supervisor` if named. Raises FieldsRefused."""
    with db.atomic():
        kept = _checked(PROVIDER_RULES, values)
        if "supervisor" in values:
            kept["supervisor"] = _supervisor(provider, values["supervisor"])
        return _keep(provider, kept, stamp, ip)


def add_provider(values: Mapping[str, Any], stamp: Stamp, ip: str = "") -> Provider:
    """A new clinician; the log has each value. Raises FieldsRefused."""
    with db.atomic():
        provider: Provider = Provider.create(name="")
        change_provider(provider, {"name": "", **values}, stamp, ip)
    return provider


def warnings(practice: Practice) -> Iterator[Warned]:
    """Values that are allowed and may still be mistakes."""
    if practice.ein and not formats.ein_prefix_known(practice.ein):
        yield Warned("ein", "pr.warn.ein")
    yield from warnings_of_name(practice)
    if formats.telling(practice.short_name):
        yield Warned("short_name", "pr.warn.telling")


def warnings_of_name(practice: Practice) -> Iterator[Warned]:
    """What clients may stumble over in the name on their card statement."""
    if formats.telling(practice.descriptor):
        yield Warned("descriptor", "pr.warn.telling")
    if practice.descriptor and not _sounds_like(practice):
        yield Warned("descriptor", "pr.warn.name")


def missing_for_receipts(practice: Practice) -> list[str]:
    """Columns every receipt needs and the practice has not filled."""
    return [name for name in ON_RECEIPTS if not getattr(practice, name)]


def missing_of_provider(provider: Provider) -> list[str]:
    """Columns of a clinician that a superbill needs and that are empty."""
    return [name for name in ON_PROVIDERS if not getattr(provider, name)]


def broken(row: Practice | Provider) -> list[str]:
    """Columns whose kept value breaks today's rule, as an import may have left them."""
    rules = PRACTICE_RULES if isinstance(row, Practice) else PROVIDER_RULES
    return [error.field for error in _problems(rules, {name: getattr(row, name) for name in rules})]


def _checked(rules: Mapping[str, Callable[[Any], Any]], values: Mapping[str, Any]) -> dict[str, Any]:
    problems = tuple(_problems(rules, values))
    if problems:
        raise FieldsRefused(problems)
    return {name: rules[name](value) for name, value in values.items() if name in rules}


def _problems(rules: Mapping[str, Callable[[Any], Any]], values: Mapping[str, Any]) -> Iterator[FieldRefused]:
    for name, value in values.items():
        try:
            rules.get(name, any_day)(value)
        except FieldRefused as refused:
            refused.field = refused.field or name
            yield refused


def _keep(row: Row, kept: Mapping[str, Any], stamp: Stamp, ip: str) -> list[str]:
    changed = [name for name, value in kept.items() if getattr(row, name) != value]
    table = type(row).__name__.lower()
    for name in changed:
        detail = f"{_shown(getattr(row, name))} -> {_shown(kept[name])}"
        note(stamp.by, f"{table}.{name}", f"{table}:{row.get_id()}", stamp.at, ip=ip, detail=detail)
        setattr(row, name, kept[name])
    if changed:
        row.save(only=changed)
    return changed


def _shown(value: object) -> str:
    return f"provider:{value.get_id()}" if isinstance(value, Provider) else str(value)[:SHOWN_IN_LOG]


def _check_outside(practice: Practice, kept: dict[str, Any]) -> None:
    """Clients are sent to a page with a name and an address; a new address must be opened by staff again."""
    then = {name: kept.get(name, getattr(practice, name)) for name in ("pay_by", *ON_OUTSIDE_PAGE)}
    missing = [name for name in ("outside_name", "outside_host") if not then[name]]
    if then["pay_by"] == PayBy.OUTSIDE and missing:
        raise FieldsRefused(tuple(FieldRefused("pr.err.needed", field=name) for name in missing))
    if any(then[name] != getattr(practice, name) for name in ("outside_host", "outside_path")):
        kept["outside_opened_at"] = None


def _check_zone(zone: str, stamp: Stamp) -> None:
    """A statement has told all of its days: none of them may come back because the practice moves west."""
    told = (Document.type == DocumentType.STATEMENT) & (Document.to_on >= local_day(stamp.at, zone))
    if Document.select().where(told).exists():
        raise FieldsRefused((FieldRefused("pr.err.yesterday", field="time_zone"),))


def _supervisor(provider: Provider, key: str | None) -> Provider | None:
    """The clinician with this key; a circle of supervision is refused."""
    if not key:
        return None
    found: Provider | None = Provider.get_or_none(Provider.key == key)
    above = found
    while above is not None and above != provider:
        above = above.supervisor
    if found is None or above is not None:
        raise FieldsRefused((FieldRefused("pr.err.supervisor", field="supervisor"),))
    return found


def _sounds_like(practice: Practice) -> bool:
    """Whether clients will know the practice by the name on their card statement."""
    words = f"{practice.name} {practice.short_name} {practice.legal_name}".lower().split()
    return any(word in practice.descriptor.lower() for word in words if len(word) >= 3)
