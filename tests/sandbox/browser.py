"""Chromium in front of the application, without a server between them."""

PORTAL = "http://localhost"


def from_portal(route, portal):
    """The application's own answer, in this thread; the signed-in session stays in `portal`."""
    asked = route.request
    kind = asked.headers.get("content-type")
    answer = portal.open(
        asked.url.removeprefix(PORTAL), method=asked.method, data=asked.post_data_buffer, content_type=kind,
        headers={"Accept": asked.headers.get("accept", "*/*")},
    )  # fmt: skip
    if answer.location:
        # Chromium would follow a redirect past us, to where nobody listens, and come back seconds later.
        route.fulfill(body=f'<meta http-equiv="refresh" content="0;url={answer.location}">', content_type="text/html")
    else:
        route.fulfill(status=answer.status_code, headers=dict(answer.headers), body=answer.get_data())
    answer.close()
