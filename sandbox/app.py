"""The WSGI application: who calls, what goes wrong on order, one committed answer."""

import base64
import binascii
import gzip
import json
import re
import socket
import time
from collections import deque
from collections.abc import Iterable
from contextlib import nullcontext
from typing import Any
from urllib.parse import parse_qsl

from sandbox import client_api, clock, control, documents, faults, merchants, nightly, routes, shapes, xmlwire
from sandbox.call import Answer, Call, NotFound, Unauthorized, refused, unsearchable
from sandbox.criteria import Unsearchable
from sandbox.errors import Problems, Refused
from sandbox.faults import Fault
from sandbox.request_keys import InFlight
from sandbox.routes import Route
from sandbox.store import Store
from sandbox.webhook_sender import Sender

LARGEST_BODY = 1024 * 1024
HOSTS = ("127.0.0.1", "localhost")
BROWSER_HOSTS = (
    "api.sandbox.braintreegateway.com",
    "payments.sandbox.braintree-api.com",
    "assets.braintreegateway.com",
)
REASONS = {200: "OK", 201: "Created", 202: "Accepted", 204: "No Content", 422: "Unprocessable Entity"}
NONCE = re.compile(r"tokencc_\w+")
Environ = dict[str, Any]


class Sandbox:
    """Everything a running sandbox holds: its store, and what lives only as long as the process."""

    def __init__(self, store: Store) -> None:
        self.store, self.sender = store, Sender(store)
        self.in_flight = InFlight()
        self.log: deque[dict[str, Any]] = deque(maxlen=500)

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        began, call = time.perf_counter(), Call(self.store, merchants.DEFAULT, clock.EPOCH)
        answer = self._answer(environ, call)
        self._remember(environ, answer, call, began)
        if answer.drop:
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
        return _send(environ, answer, start_response)

    def _answer(self, environ: Environ, call: Call) -> Answer:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        if environ.get("HTTP_HOST", "").partition(":")[0] not in (*HOSTS, *BROWSER_HOSTS):
            return _plain(400, "This host name is not served here.")
        if (refusal := _no_body(environ)) is not None:
            return refusal
        if path.startswith("/__sandbox/"):
            return control.answer(self, environ, _body(environ))
        if method == "OPTIONS" and routes.is_client_path(path):
            return Answer(200, headers=routes.CORS)
        return self._served(environ, call, method, path)

    def _served(self, environ: Environ, call: Call, method: str, path: str) -> Answer:
        """The handler's answer, or the fault that was ordered for it."""
        body = _body(environ)
        with self.store.transaction():
            fault, call.lag = faults.take(self.store, f"{method} {path}")
        if fault.action in ("status", "drop"):
            return _broken(fault)
        if fault.action == "delay":
            time.sleep(fault.seconds)
        answer = self._handled(environ, call, method, path, body, fault)
        return _with_cors(answer) if routes.is_client_path(path) else answer

    def _handled(self, environ: Environ, call: Call, method: str, path: str, body: bytes, fault: Fault) -> Answer:
        if (hit := routes.match(method, path)) is None:
            return Answer(404)
        route, call.args = hit
        try:
            _prepare(environ, call, route, body)
        except Unauthorized:
            return Answer(401)
        except (xmlwire.Unreadable, ValueError):
            return _plain(400, "The body cannot be read.")
        with self._flight(call) as first:
            return _after(fault, self._in_turn(call, route) if first else _still_running(call))

    def _flight(self, call: Call) -> Any:
        key = call.part("transaction").get("api_request_key")
        return self.in_flight.running(call.merchant, key) if key else nullcontext(True)

    def _in_turn(self, call: Call, route: Route) -> Answer:
        """One request at a time; what it changed is on disk before the answer leaves."""
        with self.store.transaction():
            call.now = clock.now(self.store)
            nightly.catch_up(self.store, call.now)
            return _tried(call, route)

    def _remember(self, environ: Environ, answer: Answer, call: Call, began: float) -> None:
        path = NONCE.sub("(nonce)", environ["PATH_INFO"])
        row = {"method": environ["REQUEST_METHOD"], "path": path, "order_id": call.order_id}
        milliseconds = round((time.perf_counter() - began) * 1000, 1)
        self.log.append(row | {"status": 0 if answer.drop else answer.status, "ms": milliseconds})


def _tried(call: Call, route: Route) -> Answer:
    try:
        return route.handler(call)
    except NotFound:
        return Answer(404)
    except client_api.UNKNOWN_CALLER:
        return client_api.unauthorized()
    except Refused as error:
        return refused(error.content)
    except Unsearchable as error:
        return unsearchable(str(error))


def _still_running(call: Call) -> Answer:
    problems = Problems("transaction", call.part("transaction"))
    problems.add("915233", "api_request_key")
    return refused(problems.content())


def _prepare(environ: Environ, call: Call, route: Route, body: bytes) -> None:
    """Who calls and what they sent. Raises Unauthorized, Unreadable, ValueError."""
    call.base_url, call.path = f"http://{environ['HTTP_HOST']}", environ["PATH_INFO"]
    call.browser = "HTTP_ORIGIN" in environ
    call.query = dict(parse_qsl(environ.get("QUERY_STRING", "")))
    call.merchant = call.args.get("merchant", merchants.DEFAULT)
    if route.kind == "server":
        _authorize(environ, call.merchant)
        call.params = shapes.request(xmlwire.read(body))
    elif route.kind == "file":
        _authorize(environ, call.merchant)
        call.params = documents.read(environ.get("CONTENT_TYPE", ""), body)
    else:
        call.params = shapes.request(shapes.snake(_json(body)))
        call.args["bearer"] = environ.get("HTTP_AUTHORIZATION", "").removeprefix("Bearer ")


def _authorize(environ: Environ, merchant_id: str) -> None:
    scheme, _, coded = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    try:
        user, _, password = base64.b64decode(coded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise Unauthorized from None
    merchant = merchants.by_keys(user, password)
    if scheme != "Basic" or merchant is None or merchant.id != merchant_id:
        raise Unauthorized


def _json(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body) if body.strip() else {}
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(value, dict):
        raise ValueError("not an object")
    return value


def _no_body(environ: Environ) -> Answer | None:
    """A refusal for a body that does not say how long it is, or is too long."""
    length = environ.get("CONTENT_LENGTH") or "0"
    if "HTTP_TRANSFER_ENCODING" in environ or not (length.isascii() and length.isdigit()):
        return _plain(411, "The length of the body is missing.")
    return _plain(413, "The body is too large.") if int(length) > LARGEST_BODY else None


def _body(environ: Environ) -> bytes:
    data: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    return data


def _broken(fault: Fault) -> Answer:
    return Answer(drop=True) if fault.action.endswith("drop") else Answer(fault.status, fault.body.encode())


def _after(fault: Fault, answer: Answer) -> Answer:
    """What happens to an answer whose work is already committed."""
    if fault.action == "apply_then_delay":
        time.sleep(fault.seconds)
    return _broken(fault) if fault.action in ("apply_then_drop", "apply_then_status") else answer


def _plain(status: int, text: str) -> Answer:
    return Answer(status, f"{text}\n".encode(), "text/plain; charset=utf-8")


def _with_cors(answer: Answer) -> Answer:
    return Answer(answer.status, answer.body, answer.type, (*answer.headers, *routes.CORS), answer.drop)


def _send(environ: Environ, answer: Answer, start_response: Any) -> Iterable[bytes]:
    body, headers = answer.body, [("Content-Type", answer.type), ("Cache-Control", "no-store"), *answer.headers]
    if body and "gzip" in environ.get("HTTP_ACCEPT_ENCODING", ""):
        body = gzip.compress(body, 1)
        headers.append(("Content-Encoding", "gzip"))
    headers.append(("Content-Length", str(len(body))))
    start_response(f"{answer.status} {REASONS.get(answer.status, 'Answer')}", headers)
    return [body]
