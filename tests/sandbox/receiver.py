"""A receiver of notifications: a real server that keeps what is posted and answers as told."""

import threading
from urllib.parse import parse_qs

from werkzeug.serving import WSGIRequestHandler, make_server

OK, REFUSED = "200 OK", "500 Internal Server Error"


class Quiet(WSGIRequestHandler):
    def log(self, *_):
        pass


class Receiver:
    """`forms` is what came, in order; `status` what is answered; `verify` answers a challenge."""

    def __init__(self, port=0):
        self.forms, self.status, self.verify = [], OK, lambda _: "nothing"
        self._server = make_server("127.0.0.1", port, self, threaded=True, request_handler=Quiet)
        self.port = self._server.port
        self.url = f"http://127.0.0.1:{self.port}/hooks"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def __call__(self, environ, start_response):
        if environ["REQUEST_METHOD"] == "GET":
            start_response(OK, [("Content-Type", "text/plain")])
            return [self.verify(parse_qs(environ["QUERY_STRING"])["bt_challenge"][0]).encode()]
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])).decode()
        self.forms.append({name: values[0] for name, values in parse_qs(body).items()})
        start_response(self.status, [("Content-Type", "text/plain")])
        return [b""]

    def read(self, sdk):
        """What came, in the SDK's own reading; forgotten here afterwards."""
        forms, self.forms = self.forms, []
        return [sdk.webhook_notification.parse(form["bt_signature"], form["bt_payload"]) for form in forms]

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
