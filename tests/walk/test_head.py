"""HEAD is GET without the body: over the whole table it is answered as GET is, and no form counts as sent by it."""

from models import AuditEntry, SignIn, Strike
from tests.walk.conftest import As, kept
from tests.walk.test_routes import ROWS, VISITORS, named, outcome, things  # noqa: F401

PAGES = [row for row in ROWS if row[0] == "GET" and not row[1].endswith(".pdf")]  # what is asked for is printed, once
BOTH = {row[1].partition("?")[0] for row in ROWS if row[0] == "POST"}


def test_head_is_answered_like_get_and_sends_no_form(as_: As, things):  # noqa: F811
    for visitor in ("stranger", "ana", "mara"):
        browser, column, before = as_(visitor), 2 + VISITORS.index(visitor), kept()
        rows = [row for row in PAGES if visitor == "mara" or row[1].partition("?")[0] in BOTH]
        answers = {row[1]: browser.head(named(row[1], things), buffered=True) for row in rows}

        assert {url: outcome(answer) for url, answer in answers.items()} == {row[1]: row[column] for row in rows}
        assert {answer.data for answer in answers.values()} == {b""}
        assert kept() == before
    assert Strike.select().count() == 0
    assert {row.ended_at for row in SignIn.select()} <= {None}
    assert not AuditEntry.select().where(AuditEntry.result.startswith("signin.")).exists()


def test_a_page_that_is_only_for_sending_is_not_there(client):
    assert client.head("/sign-out").status_code == 405
