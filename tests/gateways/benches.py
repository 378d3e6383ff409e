"""What the contract needs of the world behind each adapter. A new adapter adds its bench here."""

from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import uuid4

from config import Settings
from gateways import registry
from gateways.braintree.connection import connect
from tests.gateways.test_webhooks import form
from tests.sandbox.fixtures import account_at, fresh, test_card


class BraintreeBench:
    """Braintree's adapter over our sandbox, and what a test may do to the world behind it."""

    OTHER_ACCOUNT = "sandbox_credit_card_non_default"
    CHALLENGE = "20f9f8ed05f77439fe955c977e4c8a53"
    PATHS = {
        "charge": "POST .*/transactions$",
        "refund": "/refund$",
        "void": "/void$",
        "save_card": "POST .*/payment_methods$",
        "add_evidence": "POST .*/evidence$",
        "remove_evidence": "DELETE .*/evidence/",
        "accept_dispute": "/accept$",
        "fight_dispute": "/finalize$",
    }

    def __init__(self, server, faults, closed_port):
        self.server, self.faults = server, faults
        self.gateway, self.unreachable = self._at(server.port), self._at(closed_port)

    def _at(self, port, **facts):
        account, names = account_at(port, **facts), ("merchant_id", "public_key", "private_key", "merchant_account")
        keys = {f"braintree_{name}": getattr(account, name) for name in names}
        return registry.build(Settings(mode="test", gateway_port=port, **keys))

    def paying_into(self, account):
        return self._at(self.server.port, merchant_account=account)

    @contextmanager
    def long_ago(self):
        """A quiet hour, with no other test's sales in it."""
        self.server.control("clock", {"set": "2021-05-03T12:00:00Z"})
        yield
        self.server.control("clock", {"set": datetime.now(UTC).isoformat()})

    def lose_answer(self, method):
        """The next call of this method is done, and its answer never arrives."""
        self.faults(self.PATHS[method], "apply_then_drop")

    def card(self, good=True):
        return test_card(self.server, "visa" if good else "funds")

    def sale(self, cents=10_00):
        return self.gateway.charge(*fresh(), cents, self.card()).fact

    def settled(self):
        sale = self.sale()
        connect(account_at(self.server.port)).testing.settle_transaction(sale.id)
        return self.gateway.find(sale.id)

    def paid_out(self, day):
        """The id of a sale whose money went to the bank on this day."""
        id, card = f"paid{uuid4().hex[:6]}", {"brand": "Visa", "last4": "1111", "exp_month": 12, "exp_year": 2030}
        sale = {"id": id, "order_id": id, "cents": 10_00, "card": card, "at": "2030-01-02T10:00:00Z"}
        sale |= {"settled_at": "2030-01-03T06:00:00Z", "disbursed_on": day.isoformat()}
        self.server.seed({"sales": [sale]})
        return id

    def dispute(self):
        """The id of an open dispute, with one text handed in."""
        id = self.server.control("disputes", {"transaction_id": self.settled().id})["id"]
        self.gateway.add_evidence(id, "Consent of 2026-01-12")
        return id

    def notification(self, transaction_id):
        subject = f"<transaction><id>{transaction_id}</id><status>settled</status><amount>1.00</amount></transaction>"
        return form("transaction_settled", subject)


BENCHES = {"braintree": BraintreeBench}
