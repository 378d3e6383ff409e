"""Who of the practice has a login: added with a first link, changed and removed with an owner always left."""

import pytest

import mail
from billing.formats import FieldsRefused
from choices import StaffRole
from identity import people, resets, signins
from identity.people import LastOwner, Oneself, Standing
from models import AuditEntry, Message, OneTimeLink, SignIn, Staff
from tests import builders as the
from tests.builders import NOW

NEW = {"name": "Tess Arden-Demo", "email": "Tess@Example.com", "role": "biller", "provider": "", "language": "es",
       "backup": False}  # fmt: skip


@pytest.fixture
def mara(practice) -> Staff:
    return the.a_staff_member("Mara Ellison-Demo", StaffRole.OWNER)


@pytest.fixture
def jonah(practice) -> Staff:
    return the.a_staff_member("Jonah Reyes-Demo", StaffRole.THERAPIST, provider=the.a_provider("Jonah Reyes-Demo"))


def rights(person, **changed):
    about = {"role": person.role, "provider": person.provider.key if person.provider else "",
             "language": person.language, "backup": person.backup}  # fmt: skip
    return {**about, **changed}


def log():
    """What people do to people; that a link was made is noted with the link."""
    noted = AuditEntry.what.startswith("staff."), AuditEntry.what != "staff.made"
    return [(row.what, row.detail) for row in AuditEntry.select().where(*noted)]


def token_sent(to):
    return Message.select().where(Message.to == to).order_by(Message.id.desc()).get().values["first_url"].split("/")[-1]


def test_somebody_new_has_no_password_and_a_link_that_works_for_a_day(mara, practice, settings):
    tess = people.add(NEW, mara, NOW, "10.0.0.1")

    assert (tess.email, tess.role, tess.language, tess.password_hash) == ("tess@example.com", "biller", "es", None)
    link = resets.find(Staff, token_sent("tess@example.com"), NOW)
    assert (link.staff, link.made_by, (link.expires_at - NOW).total_seconds()) == (tess, mara, 24 * 3600)
    text = mail.render(Message.get(), practice, settings).get_content()
    assert "http://localhost/practice/reset/" in text
    assert "Tess" not in text
    assert log() == [("staff.add", "biller")]


@pytest.mark.parametrize(
    ("wrong", "field", "key"),
    [
        ({"name": " "}, "name", "pr.err.needed"),
        ({"email": "tess"}, "email", "pr.err.email"),
        ({"email": "mara.x@example.com"}, "email", "pr.staff.err.email"),
        ({"role": "janitor"}, "role", "pr.err.choose"),
        ({"language": "fr"}, "language", "pr.err.choose"),
        ({"provider": "nobody"}, "provider", "pr.err.choose"),
        ({"role": "therapist"}, "provider", "pr.staff.err.provider"),
    ],
)
def test_what_cannot_be_kept_is_said_at_its_field(mara, wrong, field, key):
    Staff.update(email="mara.x@example.com").where(Staff.id == mara.id).execute()
    with pytest.raises(FieldsRefused) as refused:
        people.add({**NEW, **wrong}, mara, NOW)
    assert [(each.field, each.key) for each in refused.value.problems] == [(field, key)]
    assert (Staff.select().count(), Message.select().count()) == (1, 0)


def test_only_who_treats_clients_stands_for_a_clinician_and_only_therapists_stand_in(mara):
    provider = the.a_provider()
    asked = {**NEW, "provider": provider.key, "backup": True}

    kept = {role: people.add({**asked, "role": role, "email": f"{role}@example.com"}, mara, NOW) for role in StaffRole}

    assert {role for role, person in kept.items() if person.provider == provider} == {"owner", "therapist"}
    assert {role for role, person in kept.items() if person.backup} == {"therapist"}


def test_a_new_role_is_logged_and_ends_the_sessions(mara, jonah):
    token = signins.begin(jonah, NOW)

    changed = people.change(jonah, rights(jonah, role="biller", language="es"), mara, NOW)

    assert sorted(changed) == ["language", "provider", "role"]
    assert set(log()) == {
        ("staff.role", "therapist -> biller"), ("staff.provider", f"provider:{the_provider()} -> None"),
        ("staff.language", "en -> es"),
    }  # fmt: skip
    assert SignIn.get(SignIn.token_sha256 == signins.sha256(token)).ended_at == NOW
    assert Staff.get_by_id(jonah.id).role == StaffRole.BILLER


def the_provider():
    return AuditEntry.get(AuditEntry.what == "staff.provider").detail.split(" ")[0].partition(":")[2]


def test_another_language_ends_no_session_and_the_same_again_is_no_change(mara, jonah):
    signins.begin(jonah, NOW)
    assert people.change(jonah, rights(jonah, language="es"), mara, NOW) == ["language"]
    assert people.change(jonah, rights(jonah), mara, NOW) == []
    assert people.change(mara, rights(mara, language="es"), mara, NOW) == ["language"]  # her own language is hers
    assert SignIn.get().ended_at is None


def test_nobody_changes_or_removes_themselves(mara, jonah):
    the.a_staff_member("Second Owner-Demo", StaffRole.OWNER)
    with pytest.raises(Oneself):
        people.change(mara, rights(mara, role="auditor"), mara, NOW)
    with pytest.raises(Oneself):
        people.remove(mara, mara, NOW)
    with pytest.raises(Oneself):
        people.begin_again(mara, mara, NOW)
    assert log() == []


def test_the_last_owner_stays(mara):
    away = the.a_staff_member("Former Owner-Demo", StaffRole.OWNER, disabled_at=NOW)
    with pytest.raises(LastOwner):
        people.change(mara, rights(mara, role="biller"), away, NOW)
    with pytest.raises(LastOwner):
        people.remove(mara, away, NOW)

    second = the.a_staff_member("Second Owner-Demo", StaffRole.OWNER)
    people.change(mara, rights(mara, role="biller"), second, NOW)
    assert Staff.get_by_id(mara.id).role == StaffRole.BILLER


def test_a_removed_login_opens_nothing_and_its_name_stays(mara):
    tess = people.add(NEW, mara, NOW)
    token, session = token_sent("tess@example.com"), signins.begin(tess, NOW)

    people.remove(tess, mara, NOW)
    people.remove(tess, mara, NOW)

    assert SignIn.get(SignIn.token_sha256 == signins.sha256(session)).ended_at == NOW
    with pytest.raises(resets.LinkOver):
        resets.find(Staff, token, NOW)
    assert OneTimeLink.get().used_at == NOW
    assert Staff.get_by_id(tess.id).name == "Tess Arden-Demo"
    assert [what for what, _ in log()] == ["staff.add", "staff.remove"]


def test_who_begins_again_proves_nothing_with_what_was_lost(mara, jonah):
    Staff.update(password_hash="kept", secured_at=NOW).where(Staff.id == jonah.id).execute()
    session = signins.begin(jonah, NOW)

    people.begin_again(jonah, mara, NOW)

    kept = Staff.get_by_id(jonah.id)
    assert (kept.password_hash, kept.secured_at) == (None, None)
    assert SignIn.get(SignIn.token_sha256 == signins.sha256(session)).ended_at == NOW
    assert resets.find(Staff, token_sent(jonah.email), NOW).staff == jonah


def test_who_was_removed_comes_back_by_a_new_link_only(mara, jonah):
    people.remove(jonah, mara, NOW)
    people.begin_again(Staff.get_by_id(jonah.id), mara, NOW)
    assert Staff.get_by_id(jonah.id).disabled_at is None
    assert resets.find(Staff, token_sent(jonah.email), NOW).staff == jonah


def test_the_list_says_how_far_each_login_is(mara, jonah):
    Staff.update(secured_at=NOW).where(Staff.id == mara.id).execute()
    people.add(NEW, mara, NOW)
    gone = the.a_staff_member("Abel Gone-Demo", StaffRole.BILLER, disabled_at=NOW)
    people.note(f"staff:{mara.id}", "sign_in", "", the.noon("2026-11-01"))
    people.note(f"staff:{mara.id}", "sign_in", "", the.noon("2026-11-02"))
    people.note("stranger", "sign_in", "", NOW, result="signin.fail")

    found = {row.staff.name: (row.standing, row.signed_in_at) for row in people.listing(NOW)}

    assert list(found) == ["Jonah Reyes-Demo", "Mara Ellison-Demo", "Tess Arden-Demo", gone.name]
    assert found == {
        "Jonah Reyes-Demo": (Standing.STUCK, None),
        "Mara Ellison-Demo": (Standing.READY, the.noon("2026-11-02")),
        "Tess Arden-Demo": (Standing.INVITED, None),
        gone.name: (Standing.REMOVED, None),
    }
