"""On the 18th birthday, by the practice's date, nobody stands for a client any more; the practice is asked to act."""

from datetime import UTC, date, datetime

import pytest

from billing import access
from choices import LinkRole, Right
from identity import birthdays, invites, links
from models import AuditEntry, Invite, Link, Task
from tests import builders as b

BORN = date(2008, 11, 20)  # 18 on the builders' day


@pytest.fixture
def kim(practice):
    return b.kim(b.a_client("Max Tran-Demo", date_of_birth=BORN), b.a_client("Lily Tran-Demo"))


def instant(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("born", "grown"), [("2008-11-20", "2026-11-20"), ("2008-02-29", "2026-03-01"), ("2008-02-28", "2026-02-28")]
)
def test_the_day_someone_turns_18(born, grown):
    client = b.Client(first_name="Max", last_name="Tran-Demo", date_of_birth=date.fromisoformat(born))
    on = date.fromisoformat(grown)
    assert birthdays.eighteenth(client.date_of_birth) == on
    assert birthdays.is_grown_up(client, on)
    assert not birthdays.is_grown_up(client, date.fromordinal(on.toordinal() - 1))
    assert not birthdays.is_grown_up(b.Client(date_of_birth=None), on)


def test_the_link_ends_on_the_birthday_in_the_practice_and_not_an_hour_before(kim):
    assert birthdays.end_representation(instant("2026-11-20T05:59")) == 0  # 11:59 p.m. of the 19th in Chicago
    assert access.reader(kim.user).accounts == [kim.account]

    assert birthdays.end_representation(instant("2026-11-20T06:01")) == 1

    assert access.reader(kim.user).accounts == []
    [task] = Task.select()
    assert (task.kind, task.account, task.detail) == ("task.adult", kim.account, "M. T.")
    entry = AuditEntry.get(what="link.ended")
    assert (entry.by, entry.reason) == ("system", "task.adult")
    assert birthdays.end_representation(b.NOW) == 0
    assert Task.select().count() == 1


def test_others_on_the_account_and_other_families_keep_theirs(kim):
    payer = b.a_link(b.a_user("Rob Tran-Demo"), kim.account, Right.BALANCE, role=LinkRole.GUARANTOR)
    luis = b.luis(b.a_client("Ivy Tran-Demo", date_of_birth=date(2010, 1, 1)))

    birthdays.end_representation(b.NOW)

    assert access.reader(payer.user).accounts == [kim.account]
    assert access.reader(luis.user).accounts == [luis.account]


def test_a_link_made_on_the_birthday_or_later_was_decided_by_a_person(kim):
    mara = b.a_staff_member("Mara Ellison-Demo", "owner")
    birthdays.end_representation(b.NOW)
    rights = (Right.BALANCE, Right.PAY)
    links.link(kim.user, kim.account, LinkRole.REPRESENTATIVE, rights, "For Lily", mara, b.NOW)

    assert birthdays.end_representation(b.noon("2026-12-24")) == 0
    assert Link.select().where(Link.ended_at.is_null()).count() == 1


def test_a_link_made_on_the_birthday_by_an_earlier_invitation_ends(kim):
    mara, user = b.a_staff_member("Mara Ellison-Demo", "owner"), b.a_user("Pat Tran-Demo")
    facts = (LinkRole.REPRESENTATIVE, (Right.BALANCE, Right.PAY))
    asked = {"name": user.name, "email": user.email, "by": mara, "now": b.noon("2026-11-19")}
    invites.invite(kim.account, *facts, **asked)
    link = links.link(user, kim.account, *facts, "", mara, instant("2026-11-20T06:05"))  # five past midnight
    Invite.update(link=link, used_at=b.NOW).execute()

    assert birthdays.end_representation(b.NOW) == 2  # and the one there was
    assert access.reader(user).accounts == []


def test_an_invitation_to_stand_for_the_child_is_taken_back(kim):
    mara = b.a_staff_member("Mara Ellison-Demo", "owner")
    asked = {"name": "Pat Tran-Demo", "email": "pat@example.com", "by": mara}
    rights = (Right.BALANCE, Right.PAY)
    roles = (LinkRole.REPRESENTATIVE, LinkRole.GUARANTOR)
    before = [invites.invite(kim.account, role, rights, now=b.noon("2026-11-18"), **asked) for role in roles]
    after = invites.invite(kim.account, roles[0], rights, now=b.NOW, **asked)

    assert birthdays.end_representation(b.NOW) == 2  # the link of Kim's, and the first invitation

    open_still = {row.id for row in Invite.select().where(Invite.revoked_at.is_null())}
    assert open_still == {before[1].invite.id, after.invite.id}
    assert AuditEntry.get(what="invite.revoked").by == "system"
