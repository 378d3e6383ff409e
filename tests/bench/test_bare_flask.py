"""The balance page against the same queries and the same template in Flask alone.

Alone means: no sign-in, no token, no limits, no compression, no headers, no log. What is left is the reading of the
ledger and the drawing of the page, which both do.
"""

from types import SimpleNamespace

from flask import Flask, g

from models import Practice, User, db
from tests.bench.conftest import FEW, milliseconds, open_app, signed_in
from tests.builders import NOW
from views import assets, context
from views.portal import home

MOST = 1.5


def bare(app: Flask) -> Flask:
    """Flask with the same addresses, templates and words, and one view."""
    flat = Flask(app.import_name, root_path=app.root_path)
    flat.extensions.update({name: app.extensions[name] for name in ("settings", "clock")})
    for rule in app.url_map.iter_rules():
        if rule.endpoint not in flat.view_functions and rule.endpoint != "portal.home.show":
            flat.add_url_rule(rule.rule, rule.endpoint, lambda **values: "")
    flat.add_url_rule("/", "portal.home.show", balance)
    flat.url_defaults(assets._add_version)
    context.init_app(flat)
    flat.context_processor(lambda: {"current_user": g.person})
    flat.jinja_env.globals["csrf_token"] = lambda: "token"
    return flat


def balance() -> str:
    db.connect(reuse_if_open=True)
    ana = User.get_by_id(1)
    g.practice = Practice.get_by_id(1)
    here = SimpleNamespace(began_at=NOW, seen_at=NOW)
    g.person = g._login_user = SimpleNamespace(user=ana, staff=None, language="en", is_authenticated=True, sign_in=here)
    return home.show()


def test_the_balance_page_costs_little_more_than_bare_flask(files, compare):
    app = open_app(files[FEW])
    full, flat = signed_in(app, User), bare(app).test_client()
    ours, theirs = full.get("/"), flat.get("/")
    assert (ours.status_code, theirs.status_code) == (200, 200)
    assert ours.text.count("<") == theirs.text.count("<") and "$" in theirs.text
    taken = [(milliseconds(lambda: full.get("/")), milliseconds(lambda: flat.get("/"))) for _ in range(5)]
    ours, theirs = (min(each) for each in zip(*taken, strict=True))
    assert compare("C4", "balance page in the portal, in bare Flask", ours, theirs, MOST).kept
