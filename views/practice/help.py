"""The first day of a practice in steps, each with the way to its screens; docs/first-day.md tells it at length."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from billing.staffing import Act
from views.practice import menu
from views.practice.acting import only

bp = Blueprint("help", __name__)

# A step of the guide -> the screens of the menu where it is done; some are done by the client.
STEPS = {
    "sign_in": ("security",),
    "fill_in": ("settings", "providers"),
    "price": ("fees", "imports"),
    "bring_in": ("imports", "accounts"),
    "invite": ("accounts", "links"),
    "join": ("share",),
    "turn_on": ("switch",),
    "pay": (),
    "post": ("inbox", "payments", "posting"),
    "match": ("deposits",),
    "hand_out": ("exports",),
}


@bp.get("/help")
@only(Act.SEE_TODAY)
def show() -> ResponseReturnValue:
    screens = {screen.tab: screen for group in menu.groups() for screen in group.screens}
    steps = {step: [screens[tab] for tab in tabs if tab in screens] for step, tabs in STEPS.items()}
    return render_template("practice/help.html", steps=steps)
