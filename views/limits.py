"""How often anyone may do what costs something or could be guessed at. Each limit, and where it stands:

| What                           | How often                                            | Where                      |
|--------------------------------|------------------------------------------------------|----------------------------|
| wrong passwords                | 5 in 15 minutes per person, then a wait and an email | identity/signins.py        |
|                                | 5 in 15 minutes per session that is asked again      | identity/signins.py        |
|                                | 100 in a row per person, then a new one is needed    | identity/signins.py        |
|                                | 20 in 15 minutes per network, codes and proofs too   | `of_sign_in`               |
| wrong codes of the second step | 5 per sign-in, 10 per hour per person                | identity/second_step.py    |
| wrong codes from an email      | 5 per code                                           | identity/challenges.py     |
| codes sent by email            | 3 per hour per person and per invitation             | identity/mailed_codes.py   |
| wrong identity checks          | 5 per invitation, 20 per hour per network            | identity/identity_check.py |
| links to reset a password      | 3 per hour per address, 10 per hour per network      | identity/resets.py         |
| invitations renewed            | 3 per hour each, 10 per hour per network             | identity/invites.py        |
| starts of passkeys             | 60 in 15 minutes per network                         | `of_passkeys`              |
| declined payments              | 5 per hour and 10 per day per person                 | billing/limits.py          |
| new cards                      | 3 per day per person                                 | billing/limits.py          |
| starts of the card boxes       | 20 per hour per person                               | `of_card_boxes`            |
| PDFs made                      | 20 per hour per person                               | `of_pdfs`                  |
| exports                        | 10 per day per member of staff                       | `of_exports`               |
| own data downloaded            | 5 per day per client                                 | `of_own_data`              |
| forged announcements           | 60 per minute per network                            | `of_forgeries`             |
| signed announcements           | 600 per minute                                       | `of_announcements`         |

Those of the database (identity, billing) outlast a restart; those named here are counted in memory, since one process
serves one practice. All of them follow the app's clock.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from flask import Response, after_this_request, g, request
from flask_limiter import Limiter
from flask_login import current_user

from identity.strikes import whence
from views.windows import Windows


def network() -> str:
    """Where this request comes from, as the configured proxies say."""
    return whence(request.remote_addr or "")


def _person() -> str:
    """Each person by themselves; strangers by where they are."""
    return str(current_user.by) if current_user.is_authenticated else network()


def _everyone() -> str:
    return "everyone"


def count_failure() -> None:
    """This request failed, although its answer leads on to another page."""
    g.failed = True


def _refused(response: Response) -> bool:
    return response.status_code == 422 or g.get("failed", False)


def _forged(response: Response) -> bool:
    return response.status_code == 400


limiter = Limiter(network, storage_uri=f"{Windows.STORAGE_SCHEME[0]}://", strategy="moving-window")

_try = limiter.shared_limit("20 per 15 minutes", scope="sign-in", methods=["POST"], error_message="signin.slow")


def of_sign_in(view: Callable[..., Any]) -> Callable[..., Any]:
    """Takes a try before anything is looked at, and gives it back when nothing was wrong: many at once get no more."""

    @wraps(view)
    def tried(*args: Any, **kwargs: Any) -> Any:
        after_this_request(_give_back)
        return view(*args, **kwargs)

    return _try(tried)


def _give_back(response: Response) -> Response:
    if not _refused(response):
        counted = cast(Windows, limiter.storage)
        for limit in limiter.current_limits:
            counted.give_back(limit.key)
    return response


# Each writes a row down for somebody who is nobody yet.
of_passkeys = limiter.shared_limit("60 per 15 minutes", scope="passkeys", key_func=network, error_message="signin.slow")
of_card_boxes = limiter.shared_limit("20 per hour", scope="card boxes", key_func=_person)
PDFS = 20  # an hour
of_pdfs = limiter.shared_limit(f"{PDFS} per hour", scope="pdfs", key_func=_person)
of_exports = limiter.shared_limit("10 per day", scope="exports", key_func=_person)
of_own_data = limiter.shared_limit("5 per day", scope="own data", key_func=_person)
# Forgeries are counted in the database; a flood of them from one address is not.
of_forgeries = limiter.shared_limit("60 per minute", scope="forgeries", deduct_when=_forged)
of_announcements = limiter.shared_limit("600 per minute", scope="announcements", key_func=_everyone)
