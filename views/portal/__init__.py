"""The client's side: only a signed-in user gets past this door; staff and strangers do not."""

from importlib import import_module

from flask import Blueprint, abort
from flask.typing import ResponseReturnValue
from flask_login import current_user

from views.portal import kept
from views.responses import to_sign_in

SCREENS = ("home", "payments", "outside", "history", "documents", "cards", "messages", "account", "own_data", "people")

bp = Blueprint("portal", __name__)
for _screen in SCREENS:
    bp.register_blueprint(import_module(f"{__name__}.{_screen}").bp)


@bp.before_request
def only_users() -> ResponseReturnValue | None:
    if not current_user.is_authenticated:
        return kept.instead_of_signing_in() or to_sign_in("auth.sign_in")
    if current_user.user is None:
        abort(404)
    return None
