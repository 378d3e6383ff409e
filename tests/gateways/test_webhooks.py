"""Webhooks: only what the processor signed is read."""

from base64 import encodebytes
from datetime import UTC, date, datetime
from hashlib import sha1
from hmac import digest

import pytest

from gateways import BadSignature, Disbursement, Event

AT = datetime(2026, 3, 9, 15, 4, 5, tzinfo=UTC)
DISPUTE = (
    "<dispute><id>d1sp0te0</id><amount>77.00</amount><amount-disputed>77.00</amount-disputed>"
    "<amount-won>0.00</amount-won><kind>chargeback</kind><reason>fraud</reason><status>open</status>"
    '<received-date type="date">2026-03-09</received-date><reply-by-date type="date">2026-03-23</reply-by-date>'
    '<evidence type="array"/><status-history type="array"/>'
    "<transaction><id>q4bexggf</id><amount>77.00</amount></transaction></dispute>"
)
PAYOUT = (
    "<disbursement><id>disb1</id><transaction-ids type='array'><item>s3p7g2x5</item></transaction-ids>"
    "<success type='boolean'>{success}</success><retry type='boolean'>false</retry>"
    "<merchant-account><id>sandbox_credit_card</id><status>active</status></merchant-account>"
    "<amount>125.00</amount><disbursement-type>{type}</disbursement-type>"
    "<disbursement-date type='date'>2026-03-11</disbursement-date>"
    "<exception-message>{text}</exception-message></disbursement>"
)
SALE = "<transaction><id>s3p7g2x5</id><status>settled</status><amount>125.00</amount></transaction>"


def form(kind, subject, key="integration_private_key", public="integration_public_key"):
    """A notification as it is posted: base64 with line ends, signed over exactly that text."""
    xml = f'<notification><timestamp type="datetime">2026-03-09T15:04:05Z</timestamp><kind>{kind}</kind>'
    payload = encodebytes(f"{xml}<subject>{subject}</subject></notification>".encode()).decode()
    signature = digest(sha1(key.encode()).digest(), payload.encode(), "sha1").hex()
    return {"bt_signature": f"other|0000&{public}|{signature}", "bt_payload": payload}


def test_a_dispute_points_at_its_sale(gateway):
    assert gateway.parse_webhook(form("dispute_opened", DISPUTE)) == Event("dispute_opened", AT, "d1sp0te0", "q4bexggf")


@pytest.mark.parametrize(("type", "cents"), [("credit", 125_00), ("debit", -125_00)])
def test_a_payout_is_read_in_full_because_it_comes_once(gateway, type, cents):
    event = gateway.parse_webhook(form("disbursement", PAYOUT.format(success="true", type=type, text="")))

    payout = Disbursement("disb1", cents, date(2026, 3, 11), True, "sandbox_credit_card", ("s3p7g2x5",))
    assert event == Event("disbursement", AT, "disb1", disbursement=payout)


def test_a_failed_payout_says_why(gateway):
    body = PAYOUT.format(success="false", type="credit", text="bank_rejected")

    payout = gateway.parse_webhook(form("disbursement_exception", body)).disbursement

    assert (payout.success, payout.exception_text) == (False, "bank_rejected")


def test_a_transaction_is_named_to_be_looked_at_again(gateway):
    event = gateway.parse_webhook(form("transaction_settled", SALE))

    assert event == Event("transaction_settled", AT, "s3p7g2x5", "s3p7g2x5")


def test_a_check_speaks_of_nothing(gateway):
    assert gateway.parse_webhook(form("check", '<check type="boolean">true</check>')) == Event("check", AT)


@pytest.mark.parametrize(
    "forged",
    [
        {},
        {"bt_signature": "integration_public_key|00", "bt_payload": "PG4vPg==\n"},
        form("check", "<check/>", key="guessed"),
        form("check", "<check/>", public="other_public_key"),
        {"bt_signature": "integration_public_key|00", "bt_payload": "ñ"},
        {"bt_signature": "integration_public_key|00", "bt_payload": "<no>"},
    ],
    ids=["nothing", "wrong signature", "wrong key", "other account", "no ASCII", "no base64"],
)
def test_what_we_were_not_sent_is_refused(gateway, forged):
    with pytest.raises(BadSignature):
        gateway.parse_webhook(forged)


def test_what_is_signed_but_unreadable_is_refused(gateway):
    with pytest.raises(BadSignature, match="unreadable"):
        gateway.parse_webhook(form("transaction_settled", "<transaction><id>a</id></transaction>"))
