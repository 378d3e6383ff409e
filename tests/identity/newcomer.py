"""Somebody who was invited, in a browser, with a phone for the codes and a mailbox."""

import json
import re
from dataclasses import dataclass

import pyotp
from werkzeug.test import TestResponse

from choices import LinkRole, Right
from demo.codes import waiting
from identity import invites, totp
from identity.invites import Invited
from models import Account, Message, Staff, User
from tests.builders import NOW
from tests.device import Device
from tests.visitor import Visitor

CHOSEN = "a quiet morning in may"


def an_invite(account: Account, staff: Staff, now=NOW, **facts) -> Invited:
    """María is invited to everything a client may do."""
    about = {"name": "María Delgado-Demo", "email": "maria@example.com", "phone": "(312) 555-0142", **facts}
    role, rights = about.pop("role", LinkRole.SELF), about.pop("rights", tuple(Right))
    return invites.invite(account, role, rights, **about, by=staff, now=now)


@dataclass
class Newcomer:
    """Each method is one step; all return the answer."""

    browser: Visitor
    invited: Invited
    token: str = ""

    def sends(self, path: str, data: dict | None = None) -> TestResponse:
        """With a token of the session, which begins anew with the identity check."""
        self.token = self.token or self.browser.token()
        return self.browser.post(path, data={"csrf_token": self.token, **(data or {})})

    @property
    def user(self) -> User:
        return User.get(User.email == self.invited.invite.email)

    @property
    def link(self) -> str:
        return f"/join/{self.invited.token}"

    def checks_in(self, **changes) -> TestResponse:
        """By the private link."""
        self.token = ""
        answer = self.sends(self.link, {"fact": "MDD", "code": self.invited.code, **changes})
        self.token = ""
        return answer

    def checks_in_shared(self, **changes) -> TestResponse:
        facts = {"contact": "(312) 555-0142", "initials": "MD", "code": self.invited.code}
        self.token = ""
        answer = self.sends("/start", {**facts, **changes})
        self.token = ""
        return answer

    def mailed_code(self) -> str:
        letters = Message.select().where(Message.kind == "mail.code").order_by(Message.id.desc())
        return letters.get().values["code"]

    def confirms_email(self, code: str = "") -> TestResponse:
        return self.sends("/start/email", {"code": code or self.mailed_code()})

    def chooses_password(self, password: str = CHOSEN) -> TestResponse:
        return self.sends("/start/password", {"password": password})

    def app_code(self) -> str:
        clock = self.browser.application.extensions["clock"]
        secret = (waiting(self.user, clock()) or totp.standing(self.user)).secret
        return pyotp.TOTP(secret).at(clock())

    def confirms_app(self, code: str = "") -> TestResponse:
        if not waiting(self.user, self.browser.application.extensions["clock"]()):
            self.sends("/start/second-step/app")
        return self.sends("/start/second-step", {"code": code or self.app_code()})

    def adds_passkey(self, device: Device | None = None, **changes) -> TestResponse:
        asked = self.sends("/start/passkey/options").json
        answer = (device or Device()).create(json.dumps(asked["options"]), **changes)
        facts = {"passkey_challenge": asked["challenge"], "passkey_answer": answer}
        return self.sends("/start/passkey", facts)

    def saves_codes(self) -> TestResponse:
        self.sends("/start/codes")
        return self.sends("/start/codes/saved")

    def finishes(self, **changes) -> TestResponse:
        return self.sends("/start/last", {"read": "y", "kinds": ["bill", "receipt"], **changes})

    def is_sent_to(self) -> str:
        """Where any other page of the set-up leads: the step that is next."""
        page = self.browser.get("/start/last")
        return page.location or ("/start/last" if page.status_code == 200 else str(page.status_code))


def heading(answer: TestResponse) -> str:
    return re.search(r"<h1>(.*?)</h1>", answer.text)[1]
