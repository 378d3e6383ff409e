"""Who may do what on which account: one table of rights; a link made, changed and ended with an entry in the log."""

from contextlib import contextmanager

import pytest

from billing import access, invoices, papers, receipts
from billing.errors import ReasonMissing
from billing.formats import FieldRefused
from choices import DocumentType, LinkRole, Right
from identity import links
from identity.links import Health, LinkRefused, Money
from models import AccountClient, AuditEntry, Charge, Link, Message
from tests import builders as b

pytestmark = pytest.mark.usefixtures("practice")

SELF, REPRESENTATIVE, PARTNER, GUARANTOR, MINOR = LinkRole
BALANCE, PAY, SERVICES, PROVIDER, BILLS, SUPERBILLS, LINKS = Right
MATRIX = """
                 balance pay services provider bills superbills links
self             x       x   x        x        x     x          x
self/joint       x       x   x        x        x     x          -
representative   x       x   x        x        x     x          -
partner/joint    x       x   x        x        x     -          -
partner/patient  x       x   x        x        x     x          -
guarantor        x       x   -        -        -     -          -
minor            -       -   x        x        x     x          -
"""
ROWS = [line.split() for line in MATRIX.strip().splitlines()[1:]]


@contextmanager
def refused(key, field=None):
    with pytest.raises(LinkRefused) as caught:
        yield
    assert caught.value.key == key
    assert field in (None, caught.value.field)


@pytest.fixture
def mara(practice):
    return b.a_staff_member("Mara Ellison-Demo", "owner")


@pytest.fixture
def joint(practice):
    """Sam is the identified patient of the account that Sam and Dee share."""
    return b.an_account("Sam Whitaker-Demo", b.a_client("Sam Whitaker-Demo"), kind="joint")


def own(account):
    return AccountClient.get(account=account).client


def linked(user, account, role, rights, mara, **facts):
    return links.link(user, account, role, rights, "As they told us", mara, b.NOW, "203.0.113.9", **facts)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_what_a_role_brings_unless_somebody_restricts_it(row, joint):
    role, _, where = row[0].partition("/")
    account = joint if where else b.ana().account
    client = own(account) if where == "patient" else None

    rights = links.default_rights(LinkRole(role), account, client)

    assert [str(right) for right in rights] == [str(r) for r, sign in zip(Right, row[1:], strict=True) if sign == "x"]
    links.check(account, LinkRole(role), rights, client)


@pytest.mark.parametrize("role", LinkRole)
def test_the_two_answers_come_back_as_they_were_given(role, joint):
    for money in Money:
        for health in Health:
            rights = links.rights_for(role, joint, money, health)
            assert (links.money_of(rights), links.health_of(rights)) == (money, health)
            assert LINKS not in rights


@pytest.mark.parametrize(
    ("role", "rights", "key", "field"),
    [
        (GUARANTOR, (BALANCE, PAY, SERVICES), "pr.link.err.guarantor", "health"),
        (GUARANTOR, (BALANCE, PAY, PROVIDER), "pr.link.err.guarantor", "health"),
        (GUARANTOR, (BALANCE, PAY, BILLS), "pr.link.err.guarantor", "health"),
        (GUARANTOR, (BALANCE, PAY, SUPERBILLS), "pr.link.err.guarantor", "health"),
        (GUARANTOR, (BALANCE, PAY, LINKS), "pr.link.err.guarantor", "health"),
        (GUARANTOR, (BALANCE,), "pr.link.err.payer", "money"),
        (REPRESENTATIVE, (BALANCE, LINKS), "pr.link.err.links", "role"),
        (MINOR, (BALANCE, LINKS), "pr.link.err.links", "role"),
        (PARTNER, (BALANCE, PAY), "pr.link.err.partner", "role"),
        (SELF, (), "pr.link.err.nothing", "money"),
        (SELF, (PAY,), "pr.link.err.balance", "money"),
        (SELF, (SUPERBILLS, BALANCE), "pr.link.err.superbills", "health"),
    ],
)
def test_what_a_role_may_never_have(role, rights, key, field, mara):
    account = b.ana().account
    with refused(key, field):
        linked(b.a_user("Kim Tran-Demo"), account, role, rights, mara)
    assert Link.select().where(Link.role == role, Link.user != 1).count() == 0


def test_nobody_removes_others_on_a_joint_account_and_a_partner_has_no_superbills_unless_the_patient(joint, mara):
    dee, everything = b.a_user("Dee Whitaker-Demo"), links.ALL_BUT_LINKS
    with refused("pr.link.err.links"):
        linked(b.a_user("Sam Whitaker-Demo"), joint, SELF, Right, mara)
    with refused("pr.link.err.patient", "client"):
        linked(dee, joint, PARTNER, everything, mara)
    with refused("pr.link.err.client", "client"):
        linked(dee, joint, PARTNER, everything, mara, client=b.a_client("Dee Whitaker-Demo"))

    assert linked(dee, joint, PARTNER, everything, mara, client=own(joint)).client == own(joint)
    assert access.patients(dee) == [(joint, own(joint))]


def test_a_word_that_is_no_right_is_refused(mara):
    with pytest.raises(ValueError, match="everything"):
        linked(b.a_user("Kim Tran-Demo"), b.ana().account, SELF, ["everything"], mara)


def test_a_link_opens_the_account_at_once_and_is_written_down(mara):
    ana, max_ = b.ana(), b.a_user("Max Delgado-Demo")
    made = linked(max_, ana.account, GUARANTOR, (PAY, BALANCE), mara)

    assert access.rights(max_, ana.account) == {BALANCE, PAY}
    assert (made.from_on, made.approved_by, made.client) == (b.TODAY, mara, None)
    entry = AuditEntry.get(what="link.made")
    assert (entry.by, entry.subject, entry.ip) == (f"staff:{mara.id}", f"link:{made.id}", "203.0.113.9")
    assert entry.detail == f"user:{max_.id} account:{ana.account.id} guarantor: balance pay"
    with refused("pr.link.err.twice"):
        linked(max_, ana.account, GUARANTOR, (PAY, BALANCE), mara)


def test_who_comes_as_the_only_client_is_that_client(mara):
    ana, family = b.ana(), b.kim(b.a_client("Max Tran-Demo"), b.a_client("Lily Tran-Demo")).account
    assert linked(b.a_user("Ana Two-Demo"), ana.account, SELF, (BALANCE,), mara).client == ana.client
    assert linked(b.a_user("Max Tran-Demo"), family, MINOR, (SERVICES,), mara).client is None


def test_changed_rights_count_from_the_next_look(mara):
    ana, partner = b.ana(), b.a_user("Max Delgado-Demo")
    made = linked(partner, ana.account, REPRESENTATIVE, links.ALL_BUT_LINKS, mara)

    changed = links.change(made, (BALANCE, SERVICES), ana.client, mara, b.NOW)

    assert access.rights(partner, ana.account) == {BALANCE, SERVICES}
    assert changed.client == ana.client
    told = "balance pay services provider bills superbills -> balance services"
    assert AuditEntry.get(what="link.changed").detail == told
    with refused("pr.link.err.links"):
        links.change(made, (BALANCE, LINKS), None, mara, b.NOW)
    links.end(made, mara, b.NOW, reason="Divorced")
    with refused("pr.link.err.ended"):
        links.change(made, (BALANCE,), None, mara, b.NOW)
    assert not Message.select().exists()  # nobody reads in an email who else has access, or had


def test_ending_works_at_once_and_needs_a_reason_from_staff(mara):
    ana, rob = b.ana(), b.a_user("Rob Delgado-Demo")
    link = b.a_link(rob, ana.account, BALANCE, PAY, role=GUARANTOR)
    for reason, error in ((" ", ReasonMissing), ("x" * 201, FieldRefused)):
        with pytest.raises(error) as caught:
            links.end(link, mara, b.NOW, reason=reason)
        assert caught.value.field == "reason"
    assert access.reader(rob).accounts == [ana.account]

    links.end(link, mara, b.NOW, reason="Pays no more")
    links.end(link, mara, b.noon("2026-12-24"), reason="Once more")

    assert access.reader(rob).accounts == []
    assert Link.get_by_id(link.id).ended_at == link.ended_at == b.NOW
    [entry] = AuditEntry.select().where(AuditEntry.what == "link.ended")
    assert (entry.by, entry.reason, Link.get_by_id(link.id).ended_because) == (f"staff:{mara.id}", "", "Pays no more")


def test_the_client_and_a_birthday_end_a_link_without_a_word(practice):
    ana = b.ana()
    for by, told in ((ana.user, f"user:{ana.user.id}"), (None, "system")):
        link = b.a_link(b.a_user("Rob Delgado-Demo"), ana.account, BALANCE)
        links.end(link, by, b.NOW)
        assert AuditEntry.get(what="link.ended", subject=f"link:{link.id}").by == told


def test_a_basis_is_one_line_that_says_something():
    assert links.check_basis(" Parent,  custody order on file ") == "Parent, custody order on file"
    with refused("pr.link.err.basis", "basis"):
        links.check_basis("  ")
    with pytest.raises(FieldRefused) as caught:
        links.check_basis("x" * 201)
    assert caught.value.field == "basis"


def test_after_the_end_only_the_receipts_of_own_payments_until_then_stay(mara):
    ana = b.ana()
    helen = b.helen(ana)
    link = Link.get(user=helen.user)
    visit = b.a_charge(ana)
    invoices.issue(ana.account, [visit], b.stamp("2026-10-05"), 14)
    hers = receipts.issue(b.a_paid(visit, "50.00", user=helen.user, on="2026-10-06"), b.stamp("2026-10-06"))
    receipts.issue(b.a_paid(visit, "20.00", user=ana.user, on="2026-10-06"), b.stamp("2026-10-06"))
    links.end(link, mara, b.noon("2026-10-10"), reason="Pays no more")
    later = receipts.issue(b.a_paid(visit, "10.00", user=helen.user, on="2026-10-12"), b.stamp("2026-10-12"))

    assert list(papers.readable_by(helen.user)) == [hers]
    assert papers.without_labels(hers.data)["lines"] == hers.data["lines"]
    assert later in papers.readable_by(ana.user)
    b.a_link(helen.user, ana.account, BALANCE, PAY, role=GUARANTOR)
    assert list(papers.readable_by(helen.user)) == [later, hers]


def test_who_lost_the_right_to_services_does_not_get_it_back_by_leaving(mara):
    ana = b.ana()
    partner = b.a_user("Kim Tran-Demo")
    link = linked(partner, ana.account, REPRESENTATIVE, links.ALL_BUT_LINKS, mara)
    receipt = receipts.issue(b.a_paid(b.a_charge(ana), user=partner, on="2026-11-20"), b.stamp())
    assert papers.may_see_labels(partner, receipt)

    links.change(link, (BALANCE, PAY), None, mara, b.NOW)
    assert not papers.may_see_labels(partner, receipt)
    links.end(link, mara, b.NOW, reason="Restricted by a court")

    assert list(papers.readable_by(partner)) == [receipt]
    assert not papers.may_see_labels(partner, receipt)


def test_two_parents_of_one_child_have_nothing_in_common(practice):
    max_ = b.a_client("Max Tran-Demo")
    kim, luis = b.kim(max_), b.luis(max_)
    hers, his = b.a_charge(kim, client=max_), b.a_charge(luis, client=max_)
    for parent, charge in ((kim, hers), (luis, his)):
        invoices.issue(parent.account, [charge], b.stamp(), 14)
        receipts.issue(b.a_paid(charge, "50.00", user=parent.user), b.stamp())

    for parent, other in ((kim, luis), (luis, kim)):
        assert access.reader(parent.user).accounts == [parent.account]
        assert access.patients(parent.user) == [(parent.account, max_)]
        found = list(papers.readable_by(parent.user))
        assert {paper.account for paper in found} == {parent.account}
        said = str([paper.data for paper in found])
        assert other.user.name not in said
        assert other.account.number not in said


def test_a_couple_shares_the_joint_visits_and_nothing_else(joint, mara):
    sam, dee = b.a_user("Sam Whitaker-Demo"), b.a_user("Dee Whitaker-Demo")
    alone = b.a_person("Dee Alone-Demo")
    linked(sam, joint, SELF, links.ALL_BUT_LINKS, mara)
    linked(dee, joint, PARTNER, links.default_rights(PARTNER, joint), mara)
    b.a_link(dee, alone.account)
    together, own_visit = b.a_charge(joint, label="Couple visit"), b.a_charge(alone)

    assert access.reader(sam).charge_label(together, "en") == access.reader(dee).charge_label(together, "en")
    assert access.reader(sam).charge_label(own_visit, "en") == "Visit"
    assert access.patients(sam) == [(joint, own(joint))]
    assert access.patients(dee) == [(alone.account, alone.client)]


def test_a_parent_who_stands_for_one_child_has_only_that_childs_superbills(practice):
    max_, lily = b.a_client("Max Tran-Demo"), b.a_client("Lily Tran-Demo")
    kim = b.kim(max_, lily)
    assert access.patients(kim.user) == [(kim.account, max_), (kim.account, lily)]
    Link.update(client=lily).where(Link.user == kim.user).execute()
    assert access.patients(kim.user) == [(kim.account, lily)]
    Link.update(client=None, role=SELF).where(Link.user == kim.user).execute()
    assert access.patients(kim.user) == []
    alone = b.a_person("Kim Alone-Demo")
    b.a_link(kim.user, alone.account)
    assert access.patients(kim.user) == [(alone.account, alone.client)]


@pytest.mark.parametrize("role", [REPRESENTATIVE, GUARANTOR])
def test_nobody_stands_or_pays_for_someone_on_an_account_with_confidential_care(role, mara):
    max_ = b.a_person("Max Tran-Demo")
    b.a_charge(max_, confidential=True)
    with refused("pr.link.err.confidential", "role"):
        linked(b.a_user("Kim Tran-Demo"), max_.account, role, (BALANCE, PAY), mara)
    assert linked(b.a_user("Max Two-Demo"), max_.account, MINOR, (SERVICES,), mara)


@pytest.mark.parametrize("role", [REPRESENTATIVE, GUARANTOR])
def test_confidential_care_stays_hidden_even_if_rows_say_otherwise(role):
    """Every list, paper and letter of an outsider starts from live links; such a link is none."""
    max_ = b.a_person("Max Tran-Demo")
    kim = b.a_user("Kim Tran-Demo")
    b.a_link(kim, max_.account, role=role)
    charge = b.a_charge(max_)
    invoices.issue(max_.account, [charge], b.stamp(), 14)
    receipts.issue(b.a_paid(charge, "50.00", user=kim), b.stamp())
    assert len(list(papers.readable_by(kim))) == 2

    Charge.update(confidential=True).execute()

    assert access.reader(kim).accounts == []
    assert access.patients(kim) == []
    assert access.last_links(kim, max_.account.id) == []
    assert list(papers.readable_by(kim)) == []
    assert access.reader(max_.user).accounts == [max_.account]
    Message.delete().execute()
    b.a_charge(max_, "2026-10-06", confidential=False)
    invoices.issue_ready(b.TODAY, b.stamp())
    assert [message.to for message in Message.select()] == [max_.user.email]
    assert {paper.type for paper in papers.readable_by(max_.user)} == {DocumentType.INVOICE, DocumentType.RECEIPT}


def test_own_receipts_from_before_the_confidential_care_stay_while_the_link_is_shut():
    """Open, shut and ended: the same receipts, and none that counts the care in what is still owed."""
    max_ = b.a_person("Max Tran-Demo")
    kim, stranger = b.a_user("Kim Tran-Demo"), b.a_user("Nia Reyes-Demo")
    link = b.a_link(kim, max_.account, role=GUARANTOR)
    old, new = b.a_charge(max_, "2026-10-05"), b.a_charge(max_, "2026-11-02")
    kept = receipts.issue(b.a_paid(old, "50.00", "2026-10-20", user=kim), b.stamp("2026-10-20"))
    receipts.issue(b.a_paid(old, "20.00", "2026-10-20", user=stranger), b.stamp("2026-10-20"))
    assert kept in papers.readable_by(kim)

    Charge.update(confidential=True).where(Charge.id == new).execute()
    receipts.issue(b.a_paid(old, "10.00", "2026-11-03", user=kim), b.stamp("2026-11-03"))

    assert access.live_links(kim) == []
    assert list(papers.readable_by(kim)) == [kept]
    assert list(papers.readable_by(stranger)) == []
    assert not papers.may_see_labels(kim, kept)
    Link.update(ended_at=b.noon("2026-11-02")).where(Link.id == link).execute()
    assert list(papers.readable_by(kim)) == [kept]
