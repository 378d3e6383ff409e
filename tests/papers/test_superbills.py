"""Which visits a superbill lists, what stops it, and when it is out of date."""

from datetime import timedelta

import pytest

import documents
from billing import access, charges, papers, superbills
from billing.superbill_facts import payment_line
from billing.superbills import CannotMake, Wanted
from choices import Method, Right
from models import Account, AccountClient, Diagnosis, Document
from tests import builders as b
from tests.papers.test_papers import a_clinician, complete


@pytest.fixture
def jade(practice):
    person = b.jade()
    complete(person)
    return person


@pytest.fixture
def mara(practice):
    return a_clinician(taxonomy="103TC0700X")


def a_visit(person, provider, on="2026-10-05", fee="150.00", **facts):
    about = {"code": "H0004", "pos": "11", "dx": ["F41.1"], "pointers": "A", "units": 3, **facts}
    return b.a_charge(person, on, fee, provider=provider, **about)


def october(person, provider=None, first=1, last=31):
    on = b.day("2026-10-01")
    return Wanted(person.account, person.client, on.replace(day=first), on.replace(day=last), provider)


def seen(person, **options):
    return superbills.preview(person.user, october(person, **options), b.TODAY)


def dates(preview):
    return [line.service_date.day for line in preview.paper.lines] if preview.paper else []


def test_the_range_includes_its_first_and_last_day(jade, mara):
    for day in (4, 5, 6, 7):
        a_visit(jade, mara, f"2026-10-0{day}")

    assert dates(seen(jade, first=5, last=6)) == [5, 6]
    assert dates(seen(jade, first=5, last=5)) == [5]


@pytest.mark.parametrize(
    "facts",
    [
        {"kind": "fee", "code": "", "dx": [], "pointers": "", "hsa_eligible": False},
        {"rendered": False},
        {"fee": "0.01"},
    ],
)
def test_only_services_that_took_place_and_cost_something_are_listed(jade, mara, facts):
    charge = a_visit(jade, mara, **facts)
    if facts.get("fee"):
        charges.adjust(charge, 1, "courtesy", "A gift", b.stamp())

    assert (dates(seen(jade)), seen(jade).refusal) == ([], "docs.sb.none")


def test_a_visit_after_today_is_not_listed(jade, mara):
    a_visit(jade, mara, "2026-10-20")

    preview = superbills.preview(jade.user, october(jade), b.day("2026-10-19"))

    assert dates(preview) == []


def test_a_visit_the_practice_files_is_left_out_and_named(jade, mara):
    a_visit(jade, mara, "2026-10-05")
    a_visit(jade, mara, "2026-10-06", payer="insurance")

    preview = seen(jade)

    assert dates(preview) == [5]
    assert preview.filed_by_practice == (b.day("2026-10-06"),)


def test_the_price_is_what_was_really_charged(jade, mara):
    charge = a_visit(jade, mara)
    charges.adjust(charge, 70_00, "sliding_scale", "Agreed fee", b.stamp())
    b.a_paid(charge, "30.00")

    paper = seen(jade).paper

    assert (paper.total_charge, paper.total_paid, paper.total_balance) == (80_00, 30_00, 50_00)
    assert paper.payment_line == "Amount paid $30.00. Balance $50.00."


def test_one_superbill_per_therapist_or_one_for_all(jade, mara):
    priya = a_clinician(name="Priya Nair-Demo", npi="2000000044")
    a_visit(jade, mara, "2026-10-05")
    a_visit(jade, priya, "2026-10-06")

    assert dates(seen(jade, provider=priya)) == [6]
    both = seen(jade).paper
    assert [line.npi for line in both.lines] == ["2000000028", "2000000044"]
    assert [renderer.name for renderer in both.renderers] == ["Mara Ellison-Demo, PsyD", "Priya Nair-Demo, PsyD"]


def test_another_client_of_the_account_is_not_on_it(jade, mara):
    sibling = b.a_client("Lily Tran-Demo")
    AccountClient.create(account=jade.account, client=sibling)
    a_visit(jade, mara, client=sibling)

    assert dates(seen(jade)) == []


def test_diagnoses_get_letters_in_the_order_of_first_use(jade, mara):
    Diagnosis.create(code="F41.1", text="Generalized anxiety disorder")
    a_visit(jade, mara, "2026-10-05", dx=["F51.01"], pointers="")
    a_visit(jade, mara, "2026-10-06", dx=["F41.1", "F51.01"], pointers="BA")

    paper = seen(jade).paper

    assert [(dx.letter, dx.code, dx.text) for dx in paper.dx] == [
        ("A", "F51.01", ""), ("B", "F41.1", "Generalized anxiety disorder"),
    ]  # fmt: skip
    assert [line.pointers for line in paper.lines] == ["A", "AB"]


def test_more_than_twelve_diagnoses_do_not_fit(jade, mara):
    for number in range(4):
        a_visit(jade, mara, f"2026-10-0{number + 1}", dx=[f"F4{number}.{n}" for n in range(4)], pointers="ABCD")

    assert seen(jade).refusal == "docs.sb.many"
    assert seen(jade, last=3).refusal == ""


@pytest.mark.parametrize("program", ["medicare", "medicaid"])
def test_public_programs_do_not_pay_clients_back(jade, mara, program):
    a_visit(jade, mara)
    setattr(jade.client, program, True)

    preview = superbills.preview(jade.user, october(jade), b.TODAY)

    assert preview.refusal == f"docs.sb.{program}"
    with pytest.raises(CannotMake) as refused:
        superbills.issue(jade.user, october(jade), b.stamp())
    assert refused.value.key == f"docs.sb.{program}"


def test_who_opted_out_of_medicare_may_override_from_that_day_and_says_so(jade, mara):
    jade.client.medicare = True
    a_visit(jade, mara, "2026-10-05")
    a_visit(jade, mara, "2026-10-06")
    assert superbills.preview(jade.user, october(jade, first=7), b.TODAY).refusal == "docs.sb.none"
    mara.medicare_opted_out_on = b.day("2026-10-06")
    mara.save()

    assert seen(jade).refusal == "docs.sb.medicare"
    made = superbills.issue(jade.user, october(jade, first=6), b.stamp())

    sentence = "Provider has opted out of Medicare. Do not send to Medicare."
    assert sentence in documents.article("superbill", made.data)
    a_visit(jade, None, "2026-10-07")
    assert seen(jade, first=6).refusal == "docs.sb.medicare"
    jade.client.medicare = False
    assert sentence not in documents.article("superbill", papers.frozen(seen(jade).paper))


def test_a_paper_from_before_the_word_on_medicare_is_still_the_same(jade, mara):
    a_visit(jade, mara)
    first = superbills.issue(jade.user, october(jade), b.stamp())
    before = {name: value for name, value in first.data.items() if name != "medicare_notice"}
    old = Document.create(
        **first.__data__
        | {"id": None, "key": "x" * 22, "serial": 2, "data": before, "data_sha256": papers.digest(before)}
    )

    assert "opted out" not in documents.article("superbill", old.data)
    with pytest.raises(CannotMake) as refused:
        superbills.correct(old, b.stamp())
    assert refused.value.key == "pr.sb.same"


def test_what_nobody_has_filled_in_is_named(jade, mara):
    a_visit(jade, None, code="", pos="", dx=[], pointers="")
    b.the_practice(ein="", line1="PO Box 12")
    jade.client.date_of_birth = None

    preview = superbills.preview(jade.user, october(jade), b.TODAY)

    assert preview.missing == (
        "sb.practice.ein", "sb.practice.line1", "sb.provider.name", "sb.client.date_of_birth",
        "sb.charge.code", "sb.charge.pos", "sb.charge.dx",
    )  # fmt: skip
    with pytest.raises(CannotMake) as refused:
        superbills.issue(jade.user, october(jade), b.stamp())
    assert "the practice’s tax number (EIN)" in refused.value.values["fields"]


def test_a_supervised_therapist_needs_the_supervisors_facts(jade, mara):
    student = a_clinician(name="Sol Demo", npi="2000000051", supervisor=b.a_provider("Una Demo"))

    assert superbills.missing(jade.client, student, b.the_practice()) == [
        "sb.supervisor.license_number", "sb.supervisor.npi",
    ]  # fmt: skip


def test_the_supervisor_is_named_but_never_as_the_one_who_gave_care(jade, mara):
    student = a_clinician(name="Sol Demo", credentials="LPC", npi="2000000051", supervisor=mara)
    a_visit(jade, student)

    page = documents.article("superbill", superbills.issue(None, october(jade), b.stamp()).data)

    assert "Rendered by Sol Demo, LPC under supervision of Mara Ellison-Demo, PsyD" in page
    assert "Electronically signed by Sol Demo, LPC" in page
    assert "Electronically signed by Mara" not in page


@pytest.mark.parametrize(
    ("pos", "modifiers", "warned"),
    [("10", [], True), ("02", ["HR"], True), ("11", ["GT"], True), ("10", ["GT"], False), ("11", [], False)],
)
def test_a_place_that_does_not_fit_its_modifier_is_a_warning_only(jade, mara, pos, modifiers, warned):
    for _ in range(2):  # both on one day, which is named once
        a_visit(jade, mara, pos=pos, modifiers=modifiers)

    preview = seen(jade)

    assert len(preview.check_place) == warned
    assert preview.ready


def test_only_the_superbills_right_opens_the_way(jade, mara):
    a_visit(jade, mara)
    other = b.a_user("Dee Whitaker-Demo")
    b.a_link(other, jade.account, Right.BILLS, Right.SERVICES)

    assert access.patients(other) == []
    assert access.patients(jade.user) == [(jade.account, jade.client)]
    with pytest.raises(Account.DoesNotExist):
        superbills.preview(other, october(jade), b.TODAY)


def test_a_client_of_another_account_is_not_found(jade, mara):
    stranger = b.ben().client
    wanted = Wanted(jade.account, stranger, b.TODAY, b.TODAY)

    for asks, missing in ((jade.user, Account), (None, AccountClient)):
        with pytest.raises(missing.DoesNotExist):
            superbills.preview(asks, wanted, b.TODAY)


def test_asked_for_again_it_is_the_same_paper_until_something_changes(jade, mara):
    charge = a_visit(jade, mara)
    first = superbills.issue(jade.user, october(jade), b.stamp())
    later = b.Stamp("user:1", b.NOW + timedelta(hours=1), b.TODAY)

    assert superbills.issue(jade.user, october(jade), later) == first
    b.a_paid(charge)
    assert superbills.issue(jade.user, october(jade), later).number == "SB-2026-000002"


def test_a_correction_names_the_old_paper_and_is_made_once(jade, mara):
    charge = a_visit(jade, mara)
    first = superbills.issue(jade.user, october(jade, provider=mara), b.stamp())
    type(charge).update(pos="10", modifiers=["GT"]).where(type(charge).id == charge.id).execute()

    second = superbills.correct(first, b.stamp(), serial=44)

    assert (second.number, second.replaces, second.provider) == ("SB-2026-000044", first, mara)
    assert second.data["lines"][0]["pos"] == "10"
    assert 'CORRECTED: replaces <span class="whole">SB-2026-000001</span> issued' in documents.article(
        "superbill", second.data
    )
    with pytest.raises(CannotMake) as refused:
        superbills.correct(first, b.stamp())
    assert refused.value.values == {"number": "SB-2026-000044"}


def test_what_has_not_changed_is_not_corrected(jade, mara):
    a_visit(jade, mara)
    first = superbills.issue(jade.user, october(jade), b.stamp())

    with pytest.raises(CannotMake) as refused:
        superbills.correct(first, b.stamp())

    assert refused.value.key == "pr.sb.same"


def test_several_payments_are_dated_each_and_said_once(jade):
    card = {"method": Method.CARD, "card_brand": "Visa", "card_last4": "1111"}
    paid = [
        b.a_payment(jade, 10_00, "2026-10-05", **card),
        b.a_payment(jade, 10_00, "2026-10-05", **card),
        b.a_payment(jade, 10_00, "2026-10-06", method=Method.CHECK, check_number="204"),
        b.a_payment(jade, 10_00, "2026-10-07", method=Method.CASH),
        b.a_payment(jade, 10_00, "2026-10-08", method=Method.EXTERNAL, site="pay.example.com"),
    ]

    assert payment_line(50_00, [0], paid, b.ZONE) == (
        "Paid in full. $50.00 on 10/05/2026, 10/06/2026, 10/07/2026 and 10/08/2026, "
        "Visa ending 1111, check 204, cash and paid at pay.example.com."
    )


def with_plan(person, **facts):
    for name, value in {"plan": "Sample Health Plan (DEMO)", "member_id": "DEMO1", **facts}.items():
        setattr(person.client, name, value)
    person.client.save()


def test_the_clients_own_plan_is_printed(jade, mara):
    a_visit(jade, mara)
    with_plan(jade, insured_relation="self")

    assert seen(jade).paper.insured.name == "Jade Foster-Demo"


def test_a_parents_plan_is_printed_on_that_parents_account_only(practice, mara):
    child = b.a_client("Max Tran-Demo")
    kim, luis = b.kim(child), b.luis(child)
    for parent in (kim, luis):
        complete(parent)
        with_plan(parent, insured_relation="child", insured_name="Kim Tran-Demo")
        a_visit(parent, mara)

    hers, his = seen(kim).paper, seen(luis).paper

    assert (hers.insured.name, hers.responsible) == ("Kim Tran-Demo", "Kim Tran-Demo")
    assert (his.insured, his.responsible) == (None, "Luis Tran-Demo")


def test_a_couples_superbill_names_nobody_but_the_client(jade, mara):
    a_visit(jade, mara)
    Account.update(kind="joint", guarantor_name="Dee Whitaker-Demo").execute()
    with_plan(jade, insured_relation="spouse", insured_name="Dee Whitaker-Demo")
    wanted = Wanted(Account.get(), jade.client, b.day("2026-10-01"), b.day("2026-10-31"))

    document = superbills.issue(None, wanted, b.stamp())

    assert "Dee" not in documents.page(document)


def test_a_program_under_part_2_prints_its_notice(jade, mara):
    a_visit(jade, mara)
    b.the_practice(part2_program=True, cpt_notice="Codes under license.")
    assert seen(jade).paper.part2_notice.startswith("42 CFR part 2")
    b.the_practice(part2_notice="Our own words.")

    page = documents.article("superbill", superbills.issue(None, october(jade), b.stamp()).data)

    assert "Our own words." in page
    assert "Codes under license." in page


def test_a_restriction_toward_the_plan_does_not_stop_the_clients_own_superbill(jade, mara):
    a_visit(jade, mara, no_plan_disclosure=True)

    assert seen(jade).ready


def test_who_had_it_made_is_kept(jade, mara):
    a_visit(jade, mara)

    document = superbills.issue(jade.user, october(jade), b.stamp(by=f"user:{jade.user.id}"))

    assert (document.data["signer"], document.user) == (f"user:{jade.user.id}", jade.user)
    assert (document.client, document.from_on) == (jade.client, b.day("2026-10-01"))
    assert Document.select().count() == 1
