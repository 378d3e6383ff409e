"""Serving on loopback: one write per answer, connections that can really be dropped."""

import contextlib
import json
import os
import socket
import threading
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from sandbox import merchants, seeds
from sandbox.app import Sandbox
from sandbox.store import Store

LOOPBACK, LAST_PORT = ("127.0.0.1", "localhost"), 65535


class Handler(WSGIRequestHandler):
    """Headers and body leave in one segment; a caller that hung up is no error."""

    wbufsize = 1 << 20

    def log(self, type: str, message: str, *args: Any) -> None:
        """The sandbox keeps its own log of requests; only a failure of its own is told here."""
        if type == "error":
            super().log(type, message, *args)

    def run_wsgi(self) -> None:
        with contextlib.suppress(OSError):
            super().run_wsgi()

    def finish(self) -> None:
        with contextlib.suppress(OSError):
            super().finish()


class Remote:
    """The levers of a sandbox, here or in another process of this machine."""

    def __init__(self, port: int) -> None:
        self.port, self.url = port, f"http://127.0.0.1:{port}"

    def control(self, lever: str, given: Any) -> Any:
        """Pull one of the levers of `control`, as a test outside this process would. Raises ValueError."""
        return self._ask("POST", f"/__sandbox/{lever}", given)

    def look(self, what: str) -> Any:
        """The `log` of requests or the `webhooks` that were announced, oldest first."""
        return self._ask("GET", f"/__sandbox/{what}")

    def pick(self, card: str) -> str:
        """A nonce for a test card of the card page. Raises ValueError when there is no such card."""
        return str(self._ask("POST", "/sandbox/card", {"card": card})["nonce"])

    def _ask(self, method: str, path: str, given: Any = None) -> Any:
        headers = {"X-Sandbox": "1", "Content-Type": "application/json"}
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        with contextlib.closing(connection):
            connection.request(method, path, json.dumps(given) if given is not None else None, headers)
            answer = connection.getresponse()
            content = answer.read()
        if answer.status >= 400:
            raise ValueError(f"{answer.status} {content.decode()}")
        return json.loads(content)


class Running(Remote):
    """A sandbox that serves from a thread of this process."""

    def __init__(self, store_path: str | Path, port: int = 0, host: str = "127.0.0.1") -> None:
        if host not in LOOPBACK:
            raise ValueError(f"The sandbox serves this machine only, not {host}.")
        if not 0 <= port <= LAST_PORT:
            raise ValueError(f"{port} is not a port.")
        self.store = Store(store_path)
        self.app = Sandbox(self.store)
        with socket.create_server((host, port)) as door:  # bound here: the server's own way ends the process
            self._server = ThreadedWSGIServer(host, port, self.app, Handler, fd=door.fileno())
        self._server.daemon_threads = True
        super().__init__(int(self._server.server_address[1]))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        self.app.sender.start()

    def stop(self) -> None:
        """Everything answered is already on disk."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self.app.sender.stop()
        self.store.close()

    def wait(self) -> None:
        """Until somebody interrupts the process; then close."""
        with contextlib.suppress(KeyboardInterrupt):
            self._thread.join()
        self.stop()

    def introduction(self) -> str:
        """For who started it by itself: where it is and how to use it."""
        return f"""The card sandbox listens on {self.url}. Stop it with Ctrl+C.
Point the portal at it: export BRAINTREE_ENVIRONMENT=loopback GATEWAY_PORT={self.port}
  .venv/bin/flask --app app run    answers on http://127.0.0.1:5000; of itself it runs no background jobs
  .venv/bin/flask --app app jobs   runs each of them once, as often as you call it
Send the webhooks there:
  curl -H 'X-Sandbox: 1' -d '{{"url": "http://127.0.0.1:5000/webhooks/braintree"}}' {self.url}/__sandbox/webhooks
Its merchant is {merchants.DEFAULT}, with integration_public_key and integration_private_key.
Test cards: {self.url}/sandbox/card?origin={self.url}"""

    def seed(self, given: dict[str, Any]) -> None:
        """Plant customers, cards and past sales; see `seeds.plant`."""
        with self.store.transaction():
            seeds.plant(self.store, given)


def refused(port: int | str, error: Exception) -> str:
    """Why `start` could not listen there, in a sentence. `error` is what it raised."""
    why = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else "it is not a port"
    return f"Port {port} cannot be used: {why}. Set GATEWAY_PORT to another one."


def start(store_path: str | Path, port: int = 0, *, browser_hosts: str = "loopback") -> Running:
    """Serve in a thread; port 0 takes a free one. Raises OSError when the port is taken, ValueError when it is none.

    `browser_hosts="braintree"` names Braintree's own hosts in client tokens, for browser tests
    that route those hosts here.
    """
    running = Running(store_path, port)
    with running.store.transaction():
        running.store.set("browser_hosts", browser_hosts)
    return running
