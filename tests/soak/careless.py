"""A portal that must not pass: it loses answers for good, and asks again without its key when it heard nothing."""

import itertools
from typing import Any
from uuid import uuid4

from gateways import Outcome, Result, Search
from gateways.braintree import BraintreeAdapter

_calls = itertools.count(1)


class Careless(BraintreeAdapter):
    """Every fifth answer is lost and never looked for; every third charge is sent twice."""

    def charge(self, order_id: str, request_key: str, *about: Any, **more: Any) -> Result:
        answer, number = super().charge(order_id, request_key, *about, **more), next(_calls)
        if number % 5 == 0:
            return Result(Outcome.UNKNOWN)
        if number % 3 == 0 and answer.fact and answer.fact.card:
            self._once(str(uuid4()), lambda key: self._again(order_id, about[0], key))
        return answer

    def _again(self, order_id: str, cents: int, key: dict[str, str]) -> Any:
        card = {"payment_method_nonce": "fake-valid-nonce"}
        params = {"amount": f"{cents / 100:.2f}", "order_id": order_id, "options": {"submit_for_settlement": True}}
        return self._gateway.transaction.sale({**params, **card, **key})

    def find_by_reference(self, order_id: str) -> Search:
        return Search(ok=True)
