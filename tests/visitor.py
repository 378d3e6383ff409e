"""A browser for tests: it sends a form the way a page would, with the page's own token."""

import re
from datetime import timedelta

from argon2 import PasswordHasher
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from demo.codes import code_now, equip
from identity import passwords, signins
from identity.whose import rows_of
from models import Staff, Totp, User
from tests.builders import NOW

PASSWORD = "harbor-fern-tests"
# Tests need no slow hashes; a hash carries its own parameters, so the application does not know.
CHEAPEST = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
HASH = passwords.hash_password(PASSWORD, CHEAPEST)


def equipped(person: User | Staff) -> User | Staff:
    """The same person with a code app and codes on paper."""
    equip(person, NOW)
    return person


class Visitor(FlaskClient):
    """`browser.submit(url, data)` posts with a token that this browser's session was given."""

    def submit(self, url: str, data: dict | None = None, **options) -> TestResponse:
        return self.post(url, data={"csrf_token": self.token(), **(data or {})}, **options)

    def token(self) -> str:
        """From the frame of a page: each has a form, to change the language."""
        page = self.get("/no-such-page").text
        return re.search(r'name="csrf_token" value="([^"]+)"', page)[1]

    def enter(self, person: User | Staff, *, stepped_up: bool = True) -> "Visitor":
        """Be signed in as this person, both steps behind: a session begins without the pages that lead to it.

        `stepped_up`: the proof that some pages ask for again stays fresh as long as the session lasts.
        """
        now = self.application.extensions["clock"]()
        token = signins.begin(person, now, stepped_up_at=now + timedelta(hours=12) if stepped_up else None)
        with self.session_transaction() as session:
            session.update(_user_id=token, _fresh=True)
        return self

    def sign_in(self, person: User | Staff, password: str = PASSWORD, **options) -> TestResponse:
        """By the pages: the password, and a code of the app for whoever has one."""
        door = "/sign-in" if isinstance(person, User) else "/practice/sign-in"
        answer = self.submit(door, {"email": person.email, "password": password}, **options)
        if "/sign-in/code" not in (answer.location or ""):
            return answer
        Totp.update(last_step=0).where(rows_of(Totp, person)).execute()  # as if the last code was used long ago
        return self.submit(answer.location, {"code": code_now(person, self.application.extensions["clock"]())})
