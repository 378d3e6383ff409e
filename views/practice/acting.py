"""Which member of staff is asking, what they may do, and in whose name things are written down."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import abort, request
from flask_login import current_user

from billing import staffing
from billing.formats import FieldsRefused
from billing.staffing import Act
from billing.stamp import Stamp
from models import Staff
from views.context import now, practice
from views.forms import Form


def staff() -> Staff:
    """The blueprint's guard has let in nobody else."""
    person: Staff = current_user.staff
    return person


def stamp() -> Stamp:
    return Stamp.of(current_user.by, now(), practice().time_zone)


def address() -> str:
    return request.remote_addr or ""


def only(act: Act) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A view for those who may `act`, which it also says of itself; for others there is no such page."""

    def around(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if not staffing.may(staff(), act):
                abort(404)
            return view(*args, **kwargs)

        says: Any = guarded
        says.act = act
        return guarded

    return around


def rights() -> dict[str, Any]:
    """For templates: `may("post")`."""
    person = current_user.staff
    return {"may": lambda act: person is not None and staffing.may(person, Act(act))}


def show_problems(form: Form, refused: FieldsRefused) -> None:
    """Put each refusal at its field."""
    for problem in refused.problems:
        form.refuse(problem)
