"""The practice's side: only signed-in staff gets past this door; clients and strangers do not."""

from importlib import import_module

from flask import Blueprint, abort
from flask.typing import ResponseReturnValue
from flask_login import current_user

from views.responses import to_sign_in

SCREENS = (
    "today",
    "help",
    "inbox",
    "payments",
    "transaction",
    "refunds",
    "papers",
    "statements",
    "superbills",
    "posting",
    "exports",
    "unposting",
    "credits",
    "reports",
    "tasks",
    "disputes",
    "imports",
    "import_columns",
    "deposits",
    "deposit_files",
    "deposit_new",
    "accounts",
    "ledger",
    "charges",
    "clients",
    "invitations",
    "link_matches",
    "links",
    "service_entry",
    "several",
    "fees",
    "agreements",
    "splits",
    "share",
    "switch",
    "dollar",
    "providers",
    "staff",
    "glass",
    "settings",
    "audit",
    "security",
    "reenrol",
    "erasing",
    "searching",
)

bp = Blueprint("practice", __name__, url_prefix="/practice")
for _screen in SCREENS:
    bp.register_blueprint(import_module(f"{__name__}.{_screen}").bp)


@bp.before_request
def only_staff() -> ResponseReturnValue | None:
    if not current_user.is_authenticated:
        return to_sign_in("staff_auth.sign_in", query=False)
    if current_user.staff is None:
        abort(404)
    return None
