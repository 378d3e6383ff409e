"""Clients at their pages, as a browser without JavaScript sends them: real app, real adapter, real sandbox."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from gateways.braintree import BraintreeAdapter
from models import Attempt, AttemptEvent, AttemptLine, Entry, Payment, WaitingPayment, db
from tests.builders import Person, a_saved_card, ana
from tests.portal.reader import Reader
from tests.sandbox.fixtures import faults, gateway, sandbox_server  # noqa: F401


@pytest.fixture
def settings(settings, sandbox_server):  # noqa: F811
    return replace(settings, gateway_port=sandbox_server.port)


@pytest.fixture
def app(app, gateway: BraintreeAdapter):  # noqa: F811
    app.extensions["gateway"] = gateway
    return app


@pytest.fixture
def reads(sign_in) -> Callable[..., Reader]:
    """`reads(ana)`: a browser in which this person is signed in, without JavaScript."""

    def reads(person) -> Reader:
        return Reader(sign_in(person.user if isinstance(person, Person) else person))

    return reads


@pytest.fixture
def dana(practice) -> Person:
    return ana()


@pytest.fixture
def card_of(sandbox_server):  # noqa: F811
    """A saved card that the vault knows too: `card_of(ana)`."""

    def keep(person: Person, **facts):
        card = a_saved_card(person.user, **facts)
        kept = {"token": card.token, "brand": card.brand, "last4": card.last4, "exp_month": card.exp_month,
                "exp_year": card.exp_year, "default": card.main}  # fmt: skip
        sandbox_server.seed({"customers": [{"id": person.user.vault_id, "cards": [kept]}]})
        return card

    return keep


@pytest.fixture
def nonce(sandbox_server):  # noqa: F811
    """What the card boxes hand to the page: `nonce("visa")`."""
    return sandbox_server.pick


MONEY_TABLES = (Attempt, AttemptLine, AttemptEvent, Payment, WaitingPayment, Entry)


@pytest.fixture
def nothing_written():
    """`with nothing_written(): …` proves that no row about money came, went or changed."""

    class Unchanged:
        def __enter__(self):
            self.before = rows()

        def __exit__(self, *failure):
            assert failure[0] or rows() == self.before

    def rows():
        """As they lie in the file: what is sealed there need not be opened to be compared."""
        raw = (f"SELECT * FROM {table._meta.table_name} ORDER BY id" for table in MONEY_TABLES)
        return [db.execute_sql(sql).fetchall() for sql in raw]

    return Unchanged


@pytest.fixture
def queries(app):
    """`queries(reader, "/pay")`: how many statements this page costs."""

    def count(reader: Reader, path: str) -> int:
        asked: list[str] = []
        execute = db.execute_sql

        def counted(sql, *rest, **more):
            asked.append(sql)
            return execute(sql, *rest, **more)

        db.execute_sql = counted
        try:
            reader.open(path)
        finally:
            del db.execute_sql
        return len(asked)

    return count
