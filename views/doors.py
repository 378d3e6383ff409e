"""The two doors: clients come in by one and staff by the other, through pages that are otherwise the same."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from flask import Blueprint, Flask, request, url_for
from flask_login import current_user

from identity.whose import Person
from models import Staff, User

PAGES = ("auth", "passkeys", "codes", "securing", "stepping_up", "resets")

bp = Blueprint("auth", __name__)
staff_bp = Blueprint("staff_auth", __name__, url_prefix="/practice")


@dataclass(frozen=True)
class Door:
    """One side's pages: for whom, in which blueprint and frame, and where they lead."""

    kind: type[Person]
    pages: str
    frame: str
    home: str

    def url(self, page: str, **values: Any) -> str:
        """The address of one of this door's pages; where the visitor wanted to go stays in it."""
        return url_for(f"{self.pages}.{page}", **{"next": request.args.get("next"), **values})


CLIENTS = Door(User, bp.name, "base.html", "portal.home.show")
STAFF = Door(Staff, staff_bp.name, "practice/base.html", "practice.today.show")


def init_app(app: Flask) -> None:
    for page in PAGES:
        import_module(f"views.{page}")
    app.register_blueprint(bp)
    app.register_blueprint(staff_bp)


def page(rule: str, *methods: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A page that both doors have, for staff below /practice."""

    def around(view: Callable[..., Any]) -> Callable[..., Any]:
        for side in (bp, staff_bp):
            side.add_url_rule(rule, view_func=view, methods=methods)
        return view

    return around


def of(person: Person) -> Door:
    return CLIENTS if isinstance(person, User) else STAFF


def here() -> Door:
    """The door whose page was asked for; of any other page, the one by which the visitor came in."""
    if request.blueprint in (bp.name, staff_bp.name):
        return STAFF if request.blueprint == staff_bp.name else CLIENTS
    return STAFF if current_user.staff else CLIENTS


def home() -> str:
    return url_for(of(current_user.person).home)
