"""Backup codes: how many are left, and ten new ones, shown once."""

from flask.typing import ResponseReturnValue
from flask_login import current_user

from identity import factors, recovery_codes
from views.context import now
from views.security import page
from views.security.shared import renew, show
from views.stepping_up import required


@page("/codes", "GET")
def codes() -> ResponseReturnValue:
    return show("codes", left=recovery_codes.left(current_user.person))


@page("/codes", "POST")
@required
def make_codes() -> ResponseReturnValue:
    """This answer shows them and no other does; asked for again, it shows other ones."""
    codes = factors.make_codes(current_user.person, current_user.sign_in, now())
    renew()
    return show("codes_new", codes=codes)
