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
    "81527": "CustomFieldIsTooLong",
    "91581": "ShippingAddressDoesntMatchCustomer",
    "915129": "CannotUpdateTransactionDetailsNotSubmittedForSettlement",
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
    "91702": "BillingAddressIdIsInvalid",
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
    "81601": "CompanyIsTooLong",
    "81603": "CustomFieldIsTooLong",
    "81604": "EmailIsInvalid",
    "81605": "EmailIsTooLong",
    "81607": "FaxIsTooLong",
    "81608": "FirstNameIsTooLong",
    "81613": "LastNameIsTooLong",
    "81614": "PhoneIsTooLong",
    "81615": "WebsiteIsTooLong",
    "91602": "CustomFieldIsInvalid",
    "91609": "IdIsInUse",
    "91610": "IdIsInvalid",
    "91611": "IdIsNotAllowed",
    "91612": "IdIsTooLong",
}
ADDRESS = {
    "81801": "CannotBeBlank",
    "81802": "CompanyIsTooLong",
    "81804": "ExtendedAddressIsTooLong",
    "81805": "FirstNameIsTooLong",
    "81806": "LastNameIsTooLong",
    "81807": "LocalityIsTooLong",
    "81809": "PostalCodeIsTooLong",
    "81810": "RegionIsTooLong",
    "81812": "StreetAddressIsTooLong",
    "81813": "PostalCodeInvalidCharacters",
    "91803": "CountryNameIsNotAccepted",
    "91814": "CountryCodeAlpha2IsNotAccepted",
    "91815": "InconsistentCountry",
    "91816": "CountryCodeAlpha3IsNotAccepted",
    "91817": "CountryCodeNumericIsNotAccepted",
    "91818": "TooManyAddressesPerCustomer",
}
VERIFICATION_OPTIONS = {
    "94201": "AmountCannotBeNegative",
    "94202": "AmountFormatIsInvalid",
    "94204": "MerchantAccountIdIsInvalid",
    "94207": "AmountIsTooLarge",
}
CREDIT_CARD_OPTIONS = {
    "91723": "UpdateExistingTokenIsInvalid",
    "91728": "VerificationMerchantAccountIdIsInvalid",
    "91739": "VerificationAmountCannotBeNegative",
    "91740": "VerificationAmountFormatIsInvalid",
    "91752": "VerificationAmountIsTooLarge",
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
DISPUTE = {
    "95701": "CanOnlyAddEvidenceToOpenDispute",
    "95702": "CanOnlyRemoveEvidenceFromOpenDispute",
    "95703": "CanOnlyAddEvidenceDocumentToDispute",
    "95704": "CanOnlyAcceptOpenDispute",
    "95705": "CanOnlyFinalizeOpenDispute",
    "95706": "CanOnlyCreateEvidenceWithValidCategory",
    "95711": "EvidenceCategoryTextOnly",
    "95712": "EvidenceCategoryDocumentOnly",
    "95726": "ValidEvidenceRequiredToFinalize",
}
DOCUMENT_UPLOAD = {
    "84901": "KindIsInvalid",
    "84903": "FileTypeIsInvalid",
    "84906": "FileIsEmpty",
}
TABLE = {
    "Transaction": TRANSACTION,
    "Transaction.ExternalVault": EXTERNAL_VAULT,
    "CreditCard": CREDIT_CARD,
    "PaymentMethod": PAYMENT_METHOD,
    "Customer": CUSTOMER,
    "CreditCard.Options": CREDIT_CARD_OPTIONS,
    "Address": ADDRESS,
    "Verification.Options": VERIFICATION_OPTIONS,
    "ClientToken": CLIENT_TOKEN,
    "SettlementBatchSummary": SETTLEMENT,
    "Dispute": DISPUTE,
    "DocumentUpload": DOCUMENT_UPLOAD,
}
NAMES = {code: name for group in TABLE.values() for code, name in group.items()}
SENTENCES = {
    "81709": "Expiration date is required.",
    "81714": "Credit card number is required.",
    "81716": "Credit card number must be 12-19 digits.",
    "81717": "Credit card number is not an accepted test number.",
    "81724": "Duplicate card exists in the vault.",
    "81763": "Duplicate card exists in the vault for the customer.",
    "91803": "Country name is not an accepted country.",
    "91815": "Provided country information is inconsistent.",
    "81715": "Credit card number is invalid.",
    "91564": "Cannot use a payment_method_nonce more than once.",
    "91565": "Unknown or expired payment_method_nonce.",
    "91731": "Cannot use a payment_method_nonce more than once.",
    "91732": "Unknown or expired payment_method_nonce.",
    "95701": "Evidence can only be attached to disputes that are in an Open state",
    "95702": "Evidence can only be removed from disputes that are in an Open state",
    "95704": "Disputes can only be accepted when they are in an Open state",
    "95705": "Disputes can only be finalized when they are in an Open state",
    "95706": "The category you supplied on the evidence record is not valid",
    "95711": "Only text evidence can be provided for this category",
    "95712": "Only document evidence can be provided for this category",
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
    """Collects every error of one request, nested like the request under `root`, or `under` another name."""

    def __init__(self, root: str, params: dict[str, Any], under: str = "") -> None:
        self.root, self.params, self.under = root, params, under or root
        self.found: list[tuple[tuple[str, ...], str, str]] = []

    def __bool__(self) -> bool:
        return bool(self.found)

    def add(self, code: str, attribute: str, *inner: str) -> None:
        """`inner` names the parts of the request between the root and the attribute."""
        self.found.append(((self.under, *inner), code, attribute))

    def add_to_root(self, code: str, attribute: str) -> None:
        self.found.append(((self.root,), code, attribute))

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
