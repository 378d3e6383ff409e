"""What a dry run found, as it is kept and shown: counts, sums, problems by line, changes, balances."""

from collections.abc import Container
from typing import Any

from exchange.people import written
from exchange.plan import Plan
from exchange.rows import Fate, Problem

HIDDEN = "•••"
MOST_SHOWN = 200  # of each list; the file of rejected rows has all
MOST_ASKED = 50  # rows of which a person is asked at once whose they are


def kept(plan: Plan) -> dict[str, Any]:
    """The result for `Import.result`."""
    problems = [problem for row in plan.rows for problem in row.problems]
    balances = plan.balances()
    return {
        "counts": plan.counts,
        "sums": plan.sums,
        "notices": list(plan.notices),
        "ignored": list(plan.mapped.ignored),
        "problems": [[each.line, each.column, each.code, each.values] for each in _by_kind(problems)],
        "problem_count": len(problems),
        "changes": _changes(plan),
        "again": [row.line for row in plan.rows if any(each.code == "changed_money" for each in row.problems)],
        "whose": _whose(plan),
        "whose_count": sum(row.whose for row in plan.rows),
        "accounts": [[each.account.id, each.account.number, each.before, each.after] for each in balances[:MOST_SHOWN]],
        "account_count": len(balances),
        "totals": [sum(each.before for each in balances), sum(each.after for each in balances)],
        "left_out": plan.left_out,
        "elsewhere": dict(plan.elsewhere),
        "compared": [vars(each) for each in _differing_first(plan)[:MOST_SHOWN]],
        "compared_count": [sum(each.differs for each in _differing_first(plan)), len(_differing_first(plan))],
        "missing": plan.missing[:MOST_SHOWN],
        "missing_count": len(plan.missing),
    }


def problems(result: dict[str, Any]) -> list[Problem]:
    """The problems of a kept result."""
    return [Problem(*each) for each in result.get("problems", ())]


def without(result: dict[str, Any], columns: Container[str]) -> dict[str, Any]:
    """The same for who may not read these columns: that they change is told, and not from what to what."""
    told = [[line, who, [_told(pair, columns) for pair in pairs]] for line, who, pairs in result.get("changes", ())]
    return {**result, "changes": told}


def _told(pair: list[Any], columns: Container[str]) -> list[Any]:
    return [pair[0], HIDDEN, HIDDEN] if pair[0] in columns else pair


def _by_kind(found: list[Problem]) -> list[Problem]:
    """Those of one kind together, in the order in which the kinds first came; no more than are shown."""
    order = {code: place for place, code in enumerate(dict.fromkeys(each.code for each in found))}
    return sorted(found, key=lambda each: (order[each.code], each.line))[:MOST_SHOWN]


def _differing_first(plan: Plan) -> list[Any]:
    found = [each for row in plan.rows for each in row.facts.get("compared", ())]
    return sorted(found, key=lambda each: not each.differs)


def _whose(plan: Plan) -> list[list[Any]]:
    """Line, day, cents, their id, how the file names the account, and who was picked, of rows that a person decides."""
    rows = [row for row in plan.rows if row.whose]
    asked = sorted(rows, key=lambda row: bool(row.picked))[:MOST_ASKED]
    return [[row.line, *plan.kind.rows.told(row), row.picked] for row in sorted(asked, key=lambda row: row.line)]


def _changes(plan: Plan) -> list[list[Any]]:
    """Line, whom it is about, and column, before, after of each change."""
    changed = [row for row in plan.rows if row.fate == Fate.CHANGED][:MOST_SHOWN]
    return [[row.line, plan.kind.rows.shown(row), _pairs(row.changes)] for row in changed]


def _pairs(changes: dict[str, tuple[Any, Any]]) -> list[list[Any]]:
    return [[name, _shown(old), _shown(new)] for name, (old, new) in changes.items()]


def _shown(value: Any) -> Any:
    return " ".join(value) if isinstance(value, list) else written(value)
