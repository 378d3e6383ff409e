"""Which request goes to which handler."""

import re
from collections.abc import Callable
from typing import NamedTuple

from sandbox import (
    addresses,
    card_page,
    client_api,
    client_token,
    customers,
    disputes,
    disputes_search,
    documents,
    evidence,
    graphql,
    life,
    methods,
    nonce_calls,
    sales,
    search,
    settlement,
    vault_search,
    verifications,
)
from sandbox.call import Answer, Call

Handler = Callable[[Call], Answer]

# Server calls, below /merchants/MERCHANT.
SERVER: tuple[tuple[str, str, Handler], ...] = (
    ("POST", "/client_token", client_token.create),
    ("POST", "/customers", customers.create),
    ("POST", "/customers/advanced_search_ids", vault_search.customer_ids),
    ("POST", "/customers/advanced_search", vault_search.customer_page),
    ("GET", "/customers/<id>", customers.find),
    ("PUT", "/customers/<id>", customers.update),
    ("DELETE", "/customers/<id>", customers.delete),
    ("POST", "/customers/<id>/addresses", addresses.create),
    ("GET", "/customers/<id>/addresses/<address>", addresses.find),
    ("PUT", "/customers/<id>/addresses/<address>", addresses.update),
    ("DELETE", "/customers/<id>/addresses/<address>", addresses.delete),
    ("POST", "/payment_methods", methods.create),
    ("POST", "/payment_methods/<token>/nonces", nonce_calls.create),
    ("GET", "/payment_methods/from_nonce/<nonce>", nonce_calls.card),
    ("GET", "/payment_methods/(?:any|credit_card)/<token>", methods.find),
    ("PUT", "/payment_methods/(?:any|credit_card)/<token>", methods.update),
    ("DELETE", "/payment_methods/(?:any|credit_card)/<token>", methods.delete),
    ("GET", "/payment_method_nonces/<nonce>", nonce_calls.find),
    ("POST", "/verifications", verifications.create),
    ("POST", "/verifications/advanced_search_ids", vault_search.verification_ids),
    ("POST", "/verifications/advanced_search", vault_search.verification_page),
    ("GET", "/verifications/<id>", verifications.find),
    ("POST", "/transactions", sales.create),
    ("POST", "/transactions/advanced_search_ids", search.ids),
    ("POST", "/transactions/advanced_search", search.page),
    ("GET", "/transactions/<id>", life.find),
    ("PUT", "/transactions/<id>/submit_for_settlement", life.submit),
    ("PUT", "/transactions/<id>/void", life.void),
    ("PUT", "/transactions/<id>/update_details", life.update_details),
    ("POST", "/transactions/<id>/refund", life.refund),
    ("POST", "/transactions/<id>/submit_for_partial_settlement", life.partial),
    ("POST", "/transactions/<id>/reverse", life.reverse),
    ("PUT", "/transactions/<id>/settle", life.settled),
    ("PUT", "/transactions/<id>/settlement_confirm", life.confirmed),
    ("PUT", "/transactions/<id>/settlement_decline", life.settlement_declined),
    ("PUT", "/transactions/<id>/settlement_pending", life.settlement_pending),
    ("POST", "/settlement_batch_summary", settlement.summary),
    ("POST", "/disputes/advanced_search", disputes_search.page),
    ("GET", "/disputes/<id>", disputes.find),
    ("PUT", "/disputes/<id>/accept", disputes.accept),
    ("PUT", "/disputes/<id>/finalize", disputes.finalize),
    ("POST", "/disputes/<id>/evidence", evidence.add),
    ("DELETE", "/disputes/<id>/evidence/<evidence_id>", evidence.remove),
)
# Browser calls, below /merchants/MERCHANT/client_api/v1.
CLIENT: tuple[tuple[str, str, Handler], ...] = (
    ("GET", r"/configuration(?:\.json)?", client_api.configuration),
    ("GET", r"/payment_methods(?:\.json)?", client_api.stored_methods),
    ("POST", r"/payment_methods/credit_cards(?:\.json)?", client_api.tokenize),
)
PAGE: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/sandbox/card", card_page.show),
    ("POST", "/sandbox/card", card_page.tokenize),
    ("GET", r"/sandbox/(?P<name>card\.css|card\.js)", card_page.asset),
)
CORS = (
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Allow-Headers", "Authorization, Braintree-Version, Content-Type"),
    ("Access-Control-Allow-Methods", "GET, POST, OPTIONS"),
)


class Route(NamedTuple):
    """`kind` says who may call: server (keys), file (keys, with a file), client (fingerprint), graphql, page."""

    kind: str
    method: str
    pattern: re.Pattern[str]
    handler: Handler


def _compiled(kind: str, prefix: str, rows: tuple[tuple[str, str, Handler], ...]) -> list[Route]:
    routes = []
    for method, path, handler in rows:
        pattern = re.sub(r"(?<!\?P)<(\w+)>", r"(?P<\1>[A-Za-z0-9_-]+)", path)
        routes.append(Route(kind, method, re.compile(prefix + pattern), handler))
    return routes


MERCHANT = r"/merchants/(?P<merchant>\w+)"
ROUTES = [
    *_compiled("server", MERCHANT, SERVER),
    *_compiled("file", MERCHANT, (("POST", "/document_uploads", documents.upload),)),
    *_compiled("client", MERCHANT + "/client_api/v1", CLIENT),
    *_compiled("graphql", "", (("POST", "/graphql", graphql.answer),)),
    *_compiled("page", "", PAGE),
]


def match(method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    for route in ROUTES:
        if route.method == method and (hit := route.pattern.fullmatch(path)):
            return route, hit.groupdict()
    return None


def is_client_path(path: str) -> bool:
    """Paths a page of another origin may call."""
    return path == "/graphql" or re.match(MERCHANT + "/client_api/", path) is not None
