"""At each door, an address that nobody has is answered as quickly as one that somebody has."""

from statistics import quantiles
from time import perf_counter

import pytest

from identity import passwords
from models import Invite, Strike
from tests import builders, quick
from tests.identity.newcomer import an_invite
from views.limits import limiter

MOST = 1.2
EACH = 40
DOORS = {"/sign-in": "email", "/practice/sign-in": "email", "/reset": "email", "/start": "contact"}
SOMEBODY, NOBODY = "ana@example.com", "bob@example.com"


@pytest.mark.parametrize("door", DOORS)
def test_a_stopwatch_does_not_tell_who_is_known(door, client, clock, compare, monkeypatch):
    monkeypatch.setattr(passwords, "_nobodys", quick.nobodys)  # other tests compare with a cheaper hash
    kept = {"email": SOMEBODY, "password_hash": passwords.hash_password("as slow as it is kept"), "secured_at": clock()}
    builders.a_user("Ana Delgado-Demo", **kept)
    rosa = builders.a_staff_member("Rosa Quill-Demo", **kept)
    an_invite(builders.an_account("Ana Delgado-Demo", builders.a_client("Ana Delgado-Demo")), rosa, email=SOMEBODY)
    data = {"csrf_token": client.token(), "password": "a guess", "initials": "XX", "code": "000000"}

    taken = {SOMEBODY: [], NOBODY: []}
    for _ in range(EACH):  # by turns: what else the machine does meanwhile strikes both
        for address, times in taken.items():
            limiter.reset()
            Strike.delete().execute()
            Invite.update(tries=0, locked_at=None).execute()
            began = perf_counter()
            client.post(door, data={**data, DOORS[door]: address})
            times.append((perf_counter() - began) * 1000)
    known, unknown = (quantiles(times)[0] for times in taken.values())  # the undisturbed ones
    slower, quicker = max(known, unknown), min(known, unknown)
    assert compare("P34", f"{door} for a known address, an unknown one", slower, quicker, MOST).kept
