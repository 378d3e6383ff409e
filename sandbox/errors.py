"""Validation errors: their numbers, names and sentences, and the nested answer they come in.

Numbers and names as in Braintree's published table; a test compares the two.
"""

import re
from typing import Any

from sandbox.xmlwire import Rows

TRANSACTION = {
    "81501": "AmountCannotBeNegative",
    "81502": "AmountIsRequired",
    "81503": "AmountIsInvalid",
    "81528": "AmountIsTooLarge",
    "81531": "AmountMustBeGreaterThanZero",
    "91501": "OrderIdIsTooLong",
    "91504": "CannotBeVoided",
    "91505": "CannotRefundCredit",
    "91506": "CannotRefundUnlessSettled",
    "91507": "CannotSubmitForSettlement",
    "91508": "CreditCardIsRequired",
    "91510": "CustomerIdIsInvalid",
    "91511": "CustomerDoesNotHaveCreditCard",
    "91512": "HasAlreadyBeenRefunded",
    "91513": "MerchantAccountIdIsInvalid",
    "91514": "MerchantAccountIsSuspended",
    "91516": "PaymentMethodDoesNotBelongToCustomer",
    "91518": "PaymentMethodTokenIsInvalid",
    "91521": "RefundAmountIsTooLarge",
    "91522": "SettlementAmountIsTooLarge",
    "91523": "TypeIsInvalid",
    "91524": "TypeIsRequired",
    "91526": "CustomFieldIsInvalid",
    "91564": "PaymentMethodNonceConsumed",
    "91565": "PaymentMethodNonceUnknown",
    "91566": "PaymentMethodNonceLocked",
    "91575": "CannotSimulateTransactionSettlement",
    "915103": "CannotSubmitForPartialSettlement",
    "915133": "TransactionSourceIsInvalid",
    "915200": "RefundAuthHardDeclined",
    "915201": "RefundAuthSoftDeclined",
    "915230": "ApiRequestKeyTooLong",
    "915231": "ApiRequestKeyNotAllowed",
    "915232": "ApiRequestKeyCanBeReusedOnlyWithTheSameRequest",
    "915233": "ApiRequestKeyIsInFlight",
    "915234": "ApiRequestKeyWithFailedRequest",
    "915235": "ApiRequestKeyServerError",
    "915282": "CannotReverseAtThisTime",
}
EXTERNAL_VAULT = {
    "915175": "StatusIsInvalid",
    "915177": "StatusWithPreviousNetworkTransactionIdIsInvalid",
    "915179": "PreviousNetworkTransactionIdIsInvalid",
}
CREDIT_CARD = {
    "81703": "CreditCardTypeIsNotAccepted",
    "81706": "CvvIsRequired",
    "81707": "CvvIsInvalid",
    "81709": "ExpirationDateIsRequired",
    "81710": "ExpirationDateIsInvalid",
    "81714": "NumberIsRequired",
    "81715": "NumberIsInvalid",
    "81716": "NumberHasInvalidLength",
    "81717": "NumberMustBeTestNumber",
    "81723": "CardholderNameIsTooLong",
    "81724": "DuplicateCardExists",
    "81736": "CvvVerificationFailed",
    "81737": "PostalCodeVerificationFailed",
    "81763": "DuplicateCardExistsForCustomer",
    "91704": "CustomerIdIsRequired",
    "91705": "CustomerIdIsInvalid",
    "91718": "TokenInvalid",
    "91719": "TokenIsInUse",
    "91720": "TokenIsTooLong",
    "91721": "TokenIsNotAllowed",
    "91722": "TokenIsRequired",
    "91731": "PaymentMethodNonceConsumed",
    "91732": "PaymentMethodNonceUnknown",
    "91733": "PaymentMethodNonceLocked",
}
PAYMENT_METHOD = {
    "93101": "PaymentMethodParamsAreRequired",
    "93102": "NonceIsInvalid",
    "93103": "NonceIsRequired",
    "93104": "CustomerIdIsRequired",
    "93105": "CustomerIdIsInvalid",
    "93107": "PaymentMethodNonceConsumed",
    "93108": "PaymentMethodNonceUnknown",
    "93109": "PaymentMethodNonceLocked",
}
CUSTOMER = {
    "81604": "EmailIsInvalid",
    "91602": "CustomFieldIsInvalid",
    "91609": "IdIsInUse",
    "91610": "IdIsInvalid",
    "91611": "IdIsNotAllowed",
    "91612": "IdIsTooLong",
}
CLIENT_TOKEN = {
    "92011": "InvalidDomainFormat",
    "92801": "MakeDefaultRequiresCustomerId",
    "92802": "VerifyCardRequiresCustomerId",
    "92803": "FailOnDuplicatePaymentMethodRequiresCustomerId",
    "92804": "CustomerDoesNotExist",
    "92805": "FailOnDuplicatePaymentMethodForCustomerRequiresCustomerId",
    "92806": "UnsupportedVersion",
    "92807": "MerchantAccountDoesNotExist",
    "92810": "TooManyDomains",
}
SETTLEMENT = {
    "82301": "SettlementDateIsRequired",
    "82302": "SettlementDateIsInvalid",
    "82303": "CustomFieldIsInvalid",
}
TABLE = {
    "Transaction": TRANSACTION,
    "Transaction.ExternalVault": EXTERNAL_VAULT,
    "CreditCard": CREDIT_CARD,
    "PaymentMethod": PAYMENT_METHOD,
    "Customer": CUSTOMER,
    "ClientToken": CLIENT_TOKEN,
    "SettlementBatchSummary": SETTLEMENT,
}
NAMES = {code: name for group in TABLE.values() for code, name in group.items()}
SENTENCES = {
    "81715": "Credit card number is invalid.",
    "91564": "Cannot use a payment_method_nonce more than once.",
    "91565": "Unknown or expired payment_method_nonce.",
    "91731": "Cannot use a payment_method_nonce more than once.",
    "91732": "Unknown or expired payment_method_nonce.",
}
SECRET = {"number", "cvv"}


def sentence(code: str) -> str:
    """Our wording of an error; Braintree's own is known for a few only."""
    words = re.sub(r"(?<!^)(?=[A-Z])", " ", NAMES[code]).capitalize()
    return SENTENCES.get(code, f"{words}.")


class Refused(Exception):
    """The request breaks a rule; carries the answer's content."""

    def __init__(self, content: dict[str, Any]) -> None:
        super().__init__(content["message"])
        self.content = content


class Problems:
    """Collects every error of one request, nested like the request under `root`."""

    def __init__(self, root: str, params: dict[str, Any]) -> None:
        self.root, self.params = root, params
        self.found: list[tuple[tuple[str, ...], str, str]] = []

    def __bool__(self) -> bool:
        return bool(self.found)

    def add(self, code: str, attribute: str, *inner: str) -> None:
        """`inner` names the parts of the request between the root and the attribute."""
        self.found.append(((self.root, *inner), code, attribute))

    def stop(self) -> None:
        """Raises Refused when anything was found."""
        if self.found:
            raise Refused(self.content())

    def content(self) -> dict[str, Any]:
        tree: dict[str, Any] = {"errors": Rows("error")}
        for path, code, attribute in self.found:
            _put(tree, path, {"code": code, "attribute": attribute, "message": sentence(code)})
        message = " ".join(sentence(code) for _, code, _ in self.found)
        return {"errors": tree, "params": echo({self.root: self.params}), "message": message}


def _put(tree: dict[str, Any], path: tuple[str, ...], error: dict[str, str]) -> None:
    for step in path:
        tree = tree.setdefault(step, {"errors": Rows("error")})
    tree["errors"] = Rows("error", [*tree["errors"].items, error])


def echo(params: Any) -> Any:
    """The request as answers repeat it: never a card number or security code."""
    if isinstance(params, dict):
        return {name: echo(value) for name, value in params.items() if name not in SECRET}
    return Rows("item", [echo(item) for item in params]) if isinstance(params, list) else params
