"""What must be done before clients can pay: one table of which question counts for which way of paying."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from enum import StrEnum

from billing import checks
from billing.checks import Answer, Asked, CheckRow, Processor, ProcessorFacts
from choices import PayBy
from models import Practice

__all__ = ["Answer", "CheckRow", "Kind", "Processor", "ProcessorFacts", "checklist", "kind_of"]


class Kind(StrEnum):
    """A way of being paid: through a processor with real money, with play money, or on a site outside."""

    CARDS = "cards"
    PLAY = "play"
    OUTSIDE = "outside"


# Question -> what it is for each kind: required, optional, or not asked.
R, O, NO = "required", "optional", ""  # noqa: E741
TABLE: dict[Callable[[Asked], CheckRow], tuple[str, str, str]] = {
    #                 cards play outside
    checks.portal:     (R, R, R),
    checks.balance:    (R, R, R),
    checks.linked:     (R, R, R),
    checks.processor:  (R, R, NO),  # of play money only whether keys are taken
    checks.bank:       (R, NO, NO),
    checks.webhook:    (R, R, NO),
    checks.test:       (R, NO, NO),
    checks.link:       (NO, NO, R),
    checks.name:       (R, O, NO),
    checks.receipts:   (R, NO, NO),
    checks.practice:   (R, R, R),
    checks.superbills: (O, O, O),
    checks.policy:     (R, NO, R),
    checks.safe:       (R, NO, R),
    checks.agreements: (O, NO, O),
    checks.pci:        (O, NO, O),
    checks.posting:    (R, R, R),
    checks.golive:     (O, O, O),
}  # fmt: skip


def kind_of(practice: Practice, facts: ProcessorFacts) -> Kind:
    if practice.pay_by == PayBy.OUTSIDE:
        return Kind.OUTSIDE
    return Kind.CARDS if facts.kind == Processor.LIVE else Kind.PLAY


def checklist(practice: Practice, facts: ProcessorFacts, today: date) -> list[CheckRow]:
    """Every row that counts for this practice, in the order they are best done. A fixed number of queries."""
    asked, column = Asked(practice, facts, today), list(Kind).index(kind_of(practice, facts))
    found = [(check(asked), needs[column]) for check, needs in TABLE.items() if needs[column]]
    rows = [replace(row, required=row.required and need == R) for row, need in found]
    built_in = facts.kind == Processor.BUILT_IN
    return [row for row in rows if not (built_in and row.key == "pr.check.processor")]  # it has no keys
