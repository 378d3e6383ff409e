"""What a merchant says against a dispute: texts, and files by the id of their upload."""

from typing import Any

from sandbox import clock, disputes
from sandbox.call import Answer, Call, NotFound, created, fresh_id
from sandbox.errors import Problems
from sandbox.store import Doc
from sandbox.wire_dispute import evidence

# <https://developer.paypal.com/braintree/graphql/reference/types/dispute-evidence-category>
EITHER = frozenset(("GENERAL",))
FILES = EITHER | {
    "LEGIT_PAYMENTS_FOR_SAME_MERCHANDISE", "MERCHANT_WEBSITE_OR_APP_ACCESS", "PROFILE_SETUP_OR_APP_ACCESS",
    "PROOF_OF_3D_SECURE", "PROOF_OF_AUTHORIZED_SIGNER", "PROOF_OF_DELIVERY", "PROOF_OF_DELIVERY_EMP_ADDRESS",
    "PROOF_OF_POSSESSION_OR_USAGE", "SIGNED_DELIVERY_FORM", "SIGNED_ORDER_FORM", "TICKET_PROOF",
}  # fmt: skip
TEXTS = EITHER | {
    "AVS_RESPONSE", "CARRIER_NAME", "CARRIER_NAME_OTHER", "CREDIT_ISSUED_AMOUNT", "CREDIT_ISSUED_ARN",
    "CREDIT_ISSUED_DATE_TIME", "DEVICE_ID", "DEVICE_NAME", "DOWNLOAD_DATE_TIME", "EVIDENCE_TYPE",
    "GEOGRAPHICAL_LOCATION", "PRIOR_DIGITAL_GOODS_TRANSACTION_ARN", "PRIOR_DIGITAL_GOODS_TRANSACTION_DATE_TIME",
    "PRIOR_DIGITAL_GOODS_TRANSACTION_ID", "PRIOR_NON_DISPUTED_TRANSACTION_ARN",
    "PRIOR_NON_DISPUTED_TRANSACTION_DATE_TIME", "PRIOR_NON_DISPUTED_TRANSACTION_EMAIL_ADDRESS",
    "PRIOR_NON_DISPUTED_TRANSACTION_ID", "PRIOR_NON_DISPUTED_TRANSACTION_IP_ADDRESS",
    "PRIOR_NON_DISPUTED_TRANSACTION_PHONE_NUMBER", "PRIOR_NON_DISPUTED_TRANSACTION_PHYSICAL_ADDRESS",
    "PURCHASER_EMAIL_ADDRESS", "PURCHASER_IP_ADDRESS", "PURCHASER_NAME", "RECURRING_TRANSACTION_ARN",
    "RECURRING_TRANSACTION_DATE_TIME", "RECURRING_TRANSACTION_ID", "REFUND_ID", "TRACKING_NUMBER", "TRACKING_URL",
}  # fmt: skip


def add(call: Call) -> Answer:
    row, params = disputes.need(call), call.part("evidence")
    disputes.stop_unless_open(row, "95701")
    document_id = params.get("document_upload_id")
    _check(call, params.get("category"), document_id, params)
    piece = _piece(call, params, document_id)
    disputes.keep(call, row | {"evidence": [*row["evidence"], piece]})
    return created("evidence", evidence(piece))


def _check(call: Call, category: str | None, document_id: str | None, params: dict[str, Any]) -> None:
    """Raises Refused for a file that was never uploaded, and for a category of the other sort."""
    problems = Problems("dispute", params)
    if document_id and call.get("document", document_id) is None:
        problems.add("95703", "evidence")
    if category and category not in FILES | TEXTS:
        problems.add("95706", "evidence")
    elif category and category not in (FILES if document_id else TEXTS):
        problems.add("95711" if document_id else "95712", "evidence")
    problems.stop()


def _piece(call: Call, params: dict[str, Any], document_id: str | None) -> Doc:
    number = str(params.get("sequence_number") or "")
    return {
        "id": fresh_id(16),
        "category": params.get("category"),
        "comment": params.get("comments"),
        "sequence_number": int(number) if number.isdecimal() else None,
        "url": f"{call.base_url}/documents/{document_id}" if document_id else None,
        "at": clock.text(call.now),
        "sent_on": None,
    }


def remove(call: Call) -> Answer:
    row, id = disputes.need(call), call.args["evidence_id"]
    left = [piece for piece in row["evidence"] if piece["id"] != id]
    if len(left) == len(row["evidence"]):
        raise NotFound(id)
    disputes.stop_unless_open(row, "95702")
    disputes.keep(call, row | {"evidence": left})
    return Answer()
