"""What leaves for the card processor: an amount, random numbers, a card's nonce or token; never who, what or when."""

import re
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import unquote_plus

import pytest

from gateways.braintree import BraintreeAdapter
from models import Attempt, Payment, Practice, SavedCard
from tests.builders import a_charge, a_staff_member
from tests.sandbox.fixtures import account_at

NOTE = "For my daughter's visit on Tuesday"
# Words of Braintree's calls that a payment, a kept card and a refund need.
MEANT = {
    "transaction", "amount", "type", "payment_method_nonce", "payment_method_token", "customer_id", "order_id",
    "options",
    "submit_for_settlement", "store_in_vault_on_success", "merchant_account_id", "customer", "id", "payment_method",
    "token", "make_default", "verify_card", "fail_on_duplicate_payment_method", "credit_card", "search", "client_token",
    "api_request_key", "is", "starts_with", "ids", "item", "min", "max", "created_at", "status", "source", "version",
}  # fmt: skip


@pytest.fixture
def sent(sandbox_server):
    """Passes every call on to the sandbox, and remembers its address and body."""
    calls: list[str] = []

    class Between(BaseHTTPRequestHandler):
        def pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            calls.append(unquote_plus(f"{self.path}\n{body.decode()}"))
            there = HTTPConnection("127.0.0.1", sandbox_server.port, timeout=30)
            there.request(self.command, self.path, body, dict(self.headers))
            answer = there.getresponse()
            content = answer.read()
            there.close()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("transfer-encoding", "connection", "date", "server"):
                    self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = pass_on  # noqa: N815

        def log_message(self, *_about) -> None:
            """Nothing: the calls are what is looked at."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Between)
    Thread(target=server.serve_forever, daemon=True).start()
    calls.append(str(server.server_port))
    yield calls
    server.shutdown()
    server.server_close()


def test_nothing_that_names_a_person_or_a_visit_goes_to_the_processor(app, sent, dana, reads, nonce, sign_in, clock):
    gateway = BraintreeAdapter(account_at(int(sent.pop())))
    app.extensions["gateway"] = gateway
    charge = a_charge(dana, "2026-10-19", "185.00")
    practice = Practice.the()
    reader = reads(dana)
    told = {"note": NOTE, "receipt_email": "aunt@example.com"}

    page = reader.follow(reader.open("/pay"), "Pay this one")
    reader.pay(page, nonce=nonce("visa"), save="y", amount="85", shown="85", **told)
    reader.pay(reader.follow(reader.open("/pay"), "Pay this one"), amount="40", shown="40", **told)
    reader.browser.get("/pay/token")
    rosa = sign_in(a_staff_member("Rosa Quill-Demo", role="biller"))
    for payment in Payment.select():
        rosa.submit(f"/practice/transactions/{payment.key}/refund", {"whole": "full", "reason": "Visit cut short"})
    gateway.find_by_reference(Attempt.get().order_id)

    assert (Payment.select().count(), SavedCard.select().count()) == (2, 1)
    assert len(sent) >= 6
    said = "\n".join(sent)
    private = [
        *dana.user.name.split(), dana.user.email, "aunt@example.com", NOTE, "Tuesday", charge.label,
        charge.client.name, practice.name, practice.short_name, practice.phone, dana.account.number, "Visit cut short",
        "2026-10-19", "October", "Rosa", charge.key, dana.user.key,
    ]  # fmt: skip
    assert [word for word in private if word and word.lower() in said.lower()] == []
    assert set(re.findall(r"<([\w-]+)[ >]", said)) - MEANT == set()
