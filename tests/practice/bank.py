"""A client's bank, over HTTP: it questions payments at the sandbox, and the books hear of it as they would."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from billing import disputes, receipts
from billing.postings import allocate
from gateways.braintree import BraintreeAdapter
from gateways.braintree.connection import connect
from models import Charge, Dispute, Payment
from tests import builders as the
from tests.sandbox.fixtures import account_at, test_card

LABEL, LABEL_ES, DX = "Trauma-focused hour", "Hora tranquila", "F00.0"


@dataclass
class Bank:
    """`bank()` questions a card payment of Ana's; the dispute that our books then have comes back."""

    server: Any
    gateway: BraintreeAdapter

    def __call__(self, person: the.Person | None = None, **given: Any) -> Dispute:
        person = person or the.ana()
        charge = the.a_charge(person, on="2026-11-03", label=LABEL, label_es=LABEL_ES, dx=[DX])
        payment = self.paid(person, charge)
        order = {"transaction_id": payment.attempt.transaction_id, "reason": "not_recognized", **given}
        self.tell(self.server.control("disputes", order)["id"])
        return Dispute.get(Dispute.payment == payment)

    def paid(self, person: the.Person, charge: Charge, **facts: Any) -> Payment:
        """A settled card payment with its receipt, known to the processor."""
        sale = self.gateway.charge(f"P{uuid4().hex[:10]}", uuid4().hex, charge.amount, test_card(self.server)).fact
        connect(account_at(self.server.port)).testing.settle_transaction(sale.id)
        card = {"card_brand": "Visa", "card_last4": "1111"}
        attempt = the.an_attempt(
            person, (charge, charge.amount), state="succeeded", transaction_id=sale.id, **card, **facts
        )
        about = {"method": "card", "source": "portal", "way": "one", "user": person.user, "attempt": attempt, **card}
        payment = the.a_payment(person, charge.amount, **about)
        allocate(payment, charge, charge.amount, the.stamp())
        receipts.issue(payment, the.stamp())
        return payment

    def says(self, dispute: Dispute, status: str) -> None:
        """The dispute moves on, and the news reach us."""
        self.server.control("disputes", {"id": dispute.processor_id, "status": status})
        self.tell(dispute.processor_id)

    def tell(self, id: str) -> None:
        disputes.learn(self.gateway.find_dispute(id), the.NOW)

    def reads(self, dispute: Dispute) -> list[str]:
        """What of ours the processor has for this dispute."""
        return [piece.text for piece in self.gateway.find_dispute(dispute.processor_id).evidence]

    def status(self, dispute: Dispute) -> str:
        return self.gateway.find_dispute(dispute.processor_id).status
