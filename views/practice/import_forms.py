"""Whose the payments of a report are that name no account we know: one box for each, beside what the report says."""

from datetime import date
from typing import Any

from flask import request

from billing import whom
from billing.whom import DOT, WhomRefused
from models import Account
from money import format_dollars
from views.context import language, say
from views.practice.forms import LabelledForm, text_field
from words import show_day

LINE = "line-"


class WhoseForm(LabelledForm):
    """A box for each row that is asked about; `rows` as the dry run keeps them under `whose`."""

    def __init__(self, rows: list[list[Any]], **given: Any) -> None:
        super().__init__(**given)
        for line, day, cents, id, named, _ in rows:
            facts = {"day": show_day(date.fromisoformat(day), language()), "amount": format_dollars(cents), "id": id}
            box = self[f"{LINE}{line}"]
            box.label.text = say("pr.import.pick.one", n=f"{line}", **facts)
            box.description = say("pr.import.pick.named" if named else "pr.import.pick.unnamed", name=named)

    def picked(self) -> dict[int, int | None]:
        """Line -> the account's id; None where the box is empty. What nobody, or several, are called stays an error."""
        found: dict[int, int | None] = {}
        for box in self:
            try:
                found[int(box.name.removeprefix(LINE))] = whom.account(box.data).id if box.data.strip() else None
            except WhomRefused as refusal:
                box.errors = [say(refusal.key)]
        return found


def whose(rows: list[list[Any]]) -> WhoseForm | None:
    """The form with what was picked before, or what is sent now; None where nothing is asked."""
    if not rows:
        return None
    boxes = {f"{LINE}{line}": text_field() for line, *_ in rows}
    form = type("Whose", (WhoseForm,), {**boxes, "labels": dict.fromkeys(boxes, "pr.import.pick.whose")})
    sent = request.form if request.method == "POST" and request.path.endswith("/accounts") else None
    made: WhoseForm = form(rows, formdata=sent, data=_before(rows))
    return made


def _before(rows: list[list[Any]]) -> dict[str, str]:
    chosen = {id: line for line, *_, id in rows if id}
    accounts = {each.id: each for each in Account.select().where(Account.id.in_(list(chosen)))}
    shown = {id: f"{each.guarantor_name}{DOT}{each.number}" for id, each in accounts.items()}
    return {f"{LINE}{line}": shown.get(id, "") for line, *_, id in rows}
