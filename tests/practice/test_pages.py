"""Settings and therapists by page: good input is kept and shown, bad input is told, kept and not written."""

import pytest
from markupsafe import escape

from models import AuditEntry, Practice, Provider
from tests import builders as the
from tests.practice.conftest import plain

DETAILS = {
    "name": "Harbor Fern Counseling (DEMO)", "legal_name": "Harbor Fern LLC", "short_name": "Harbor Fern",
    "line1": "100 Example Ave", "line2": "", "city": "Exampleton", "state": "IL", "zip": "00000",
    "phone": "312-555-0100", "email": "billing@example.com", "time_zone": "America/New_York",
}  # fmt: skip
PAPERS = {
    "ein": "12-3456789", "group_npi": "2000000010", "invoice_due_days": "30", "statement_day": "1",
    "refund_policy": "Call us.",
    "telehealth_live": "GT", "telehealth_audio": "FQ", "part2_program": "y", "part2_notice": "42 CFR",
}  # fmt: skip
CHECKOUT = {
    "show_balance": "y", "posting_mode": "manual", "checkout_layout": "two_page", "minimum_payment": "$5",
    "notes_on": "y", "descriptor": "HARBOR FERN", "go_live_on": "2027-01-04", "payment_copy_to": "desk@example.com",
}  # fmt: skip
PROVIDER = {
    "name": "Priya Nair-Demo", "credentials": "LMFT", "license_type": "Marriage and family therapist",
    "license_number": "DEMO-MFT-003", "license_state": "IL", "npi": "2000000044", "taxonomy": "106H00000X",
    "medicare_opted_out_on": "2024-04-01", "supervisor": "",
}  # fmt: skip
FORMS = {"details": DETAILS, "papers": PAPERS, "checkout": CHECKOUT}
LONG, HOSTILE = "x" * 5000, '"><script>alert(1)</script>\x00'


def changes():
    return AuditEntry.select().where(AuditEntry.what != "sign_in").count()


def test_the_practice_changes_its_details(owner):
    answer = owner.submit("/practice/settings/details", DETAILS, follow_redirects=True)
    assert "Saved." in answer.text
    found = Practice.the()
    assert (found.phone, found.time_zone, found.legal_name) == ("(312) 555-0100", "America/New_York", "Harbor Fern LLC")


def test_the_practice_changes_its_papers(owner):
    assert owner.submit("/practice/settings/papers", PAPERS).status_code == 303
    found = Practice.the()
    assert (found.ein, found.invoice_due_days, found.telehealth_modifiers) == ("12-3456789", 30, ["GT", "FQ"])
    assert found.statement_day == 1
    assert (found.part2_program, found.part2_notice) == (True, "42 CFR")


def test_the_practice_changes_how_clients_pay(owner):
    assert owner.submit("/practice/settings/checkout", CHECKOUT).status_code == 303
    found = Practice.the()
    assert (found.minimum_payment, found.posting_mode, found.checkout_layout) == (5_00, "manual", "two_page")
    assert (found.show_balance, found.notes_on, found.saved_cards_on) == (True, True, False)
    assert found.go_live_on.isoformat() == "2027-01-04"


def test_a_go_live_day_can_be_taken_away(owner):
    owner.submit("/practice/settings/checkout", CHECKOUT)
    owner.submit("/practice/settings/checkout", {**CHECKOUT, "go_live_on": ""})
    assert Practice.the().go_live_on is None


def test_saving_a_page_as_it_is_changes_nothing(owner):
    for section, typed in FORMS.items():
        owner.submit(f"/practice/settings/{section}", typed)
        before = changes()
        owner.submit(f"/practice/settings/{section}", typed)
        assert changes() == before, section


def test_the_settings_page_shows_what_is_kept_and_warns(owner):
    the.the_practice(ein="00-1234567", go_live_on=the.day("2027-01-04"))
    page = plain(owner.get("/practice/settings/").text)
    assert "EIN: The IRS has not given out EINs that begin like this one." in page
    assert "Smallest payment a client may type $1.00" in page
    assert "Go-live date (optional) Jan 4, 2027" in page
    assert "Pay page One page" in page
    assert "Time zone Central Time" in page
    assert "The built-in sandbox. It takes no real money." in page


def test_the_summary_of_errors_names_each_field(owner, provider):
    answer = owner.submit("/practice/settings/details", {**DETAILS, "name": "", "short_name": ""})
    for field, label in (("name", "Practice name"), ("short_name", "Short name")):
        assert f'<a href="#{field}">{label}: Fill in this field</a>' in answer.text

    answer = owner.submit("/practice/providers/new", {**PROVIDER, "name": ""})
    assert '<a href="#name">Name as on the license: Fill in this field</a>' in answer.text


@pytest.mark.parametrize(
    ("language", "arizona", "mountain"),
    [
        ("en", "Mountain Time (Arizona)", "Mountain Time"),
        ("es", "Hora de las Montañas Rocosas (Arizona)", "Hora de las Montañas Rocosas"),
    ],
)
def test_time_zones_are_told_apart(staff, sign_in, language, arizona, mountain):
    staff["owner"].language = language
    staff["owner"].save()
    page = sign_in(staff["owner"]).get("/practice/settings/details").text
    assert f'value="America/Phoenix">{arizona}</option>' in page
    assert f'value="America/Denver">{mountain}</option>' in page


def test_posting_is_not_preset_before_it_was_chosen(owner):
    the.the_practice(posting_chosen=False)
    page = owner.get("/practice/settings/checkout").text
    group = page.split('id="posting_mode"')[1].split("</fieldset>")[0]
    assert "checked" not in group
    answer = owner.submit("/practice/settings/checkout", {**CHECKOUT, "posting_mode": ""})
    assert "Choose one" in answer.text


@pytest.mark.parametrize("page", ["", "details", "papers", "checkout"])
def test_an_auditor_reads_settings_and_finds_no_way_to_change_them(browser, page):
    answer = browser("auditor").get(f"/practice/settings/{page}")
    assert answer.status_code == (404 if page else 200)
    if not page:
        assert "/practice/settings/details" not in answer.text


@pytest.mark.parametrize(
    ("section", "field", "typed", "sentence"),
    [
        ("details", "name", "", "Fill in this field"),
        ("details", "name", "x" * 81, "Use 80 letters or fewer"),
        ("details", "short_name", "  ", "Fill in this field"),
        ("details", "state", "Illinois", "Enter the 2 letters of the state"),
        ("details", "zip", "123", "Enter a ZIP code"),
        ("details", "phone", "555", "Enter a 10-digit phone number"),
        ("details", "email", "nobody", "Enter an email like"),
        ("details", "time_zone", "Mars/Olympus", "Choose a time zone from the list"),
        ("papers", "ein", "123-45-6789", "This looks like a Social Security number."),
        ("papers", "ein", "12", "Enter the EIN as 2 digits"),
        ("papers", "group_npi", "1234567890", "Check the NPI"),
        ("papers", "statement_day", "31", "Enter a day from 1 to 28, or nothing"),
        ("papers", "statement_day", "soon", "Enter a whole number"),
        ("papers", "invoice_due_days", "soon", "Enter a whole number"),
        ("papers", "invoice_due_days", "-1", "Enter a whole number from 0 to 120"),
        ("papers", "invoice_due_days", "9" * 400, "Enter a whole number from 0 to 120"),
        ("papers", "telehealth_live", "G", "Enter 2 letters or digits"),
        ("papers", "refund_policy", "x" * 1001, "Use 1000 letters or fewer"),
        ("papers", "refund_policy", "4111 1111 1111 1111", "Take the card number out of this text"),
        ("checkout", "minimum_payment", "0", "The smallest payment must be from $0.01 to $50.00"),
        ("checkout", "minimum_payment", "50.01", "The smallest payment must be from $0.01 to $50.00"),
        ("checkout", "minimum_payment", "1.200,00", "Amount to pay must be a number"),
        ("checkout", "posting_mode", "sometimes", "Choose one"),
        ("checkout", "checkout_layout", "three", "Choose one"),
        ("checkout", "descriptor", "<b>", "Use 5 to 22 letters"),
        ("checkout", "go_live_on", "tomorrow", "Enter a real date"),
        ("checkout", "go_live_on", "0001-01-01", "Enter a real date"),
    ],
)
def test_what_cannot_be_kept_is_told_and_kept_on_the_page(owner, section, field, typed, sentence):
    answer = owner.submit(f"/practice/settings/{section}", {**FORMS[section], field: typed})
    assert answer.status_code == 422
    assert sentence in plain(answer.text)
    assert "<title>Error: " in answer.text
    assert f'href="#{field}"' in answer.text
    if field not in ("time_zone", "posting_mode", "checkout_layout"):
        assert str(escape(typed)) in answer.text
    assert changes() == 0


@pytest.mark.parametrize("bad", [LONG, HOSTILE, "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16")])
@pytest.mark.parametrize("url", ["settings/details", "settings/papers", "settings/checkout", "providers/new"])
def test_hostile_input_is_only_text(owner, url, bad):
    typed = FORMS.get(url.split("/")[1], PROVIDER)
    answer = owner.submit(f"/practice/{url}", dict.fromkeys(typed, bad))
    assert answer.status_code == 422
    assert "<script>alert" not in answer.text
    assert (changes(), Provider.select().where(Provider.name != "Mara Ellison-Demo").count()) == (0, 0)


@pytest.mark.parametrize("url", ["settings/details", "settings/papers", "settings/checkout", "providers/new"])
def test_an_empty_form_is_told(owner, url):
    assert owner.submit(f"/practice/{url}", {}).status_code in (303, 422)
    assert owner.post(f"/practice/{url}", data={}).status_code == 400, "no token"


def test_a_therapist_is_added_and_changed(owner, provider):
    answer = owner.submit("/practice/providers/new", {**PROVIDER, "supervisor": provider.key}, follow_redirects=True)
    assert "Priya Nair-Demo, LMFT" in answer.text
    priya = Provider.get(Provider.name == "Priya Nair-Demo")
    assert (priya.supervisor, priya.medicare_opted_out_on) == (provider, the.day("2024-04-01"))

    page = owner.get(f"/practice/providers/{priya.key}").text
    assert 'value="2000000044"' in page and 'value="2024-04-01"' in page
    assert f'<option selected value="{provider.key}">' in page
    owner.submit(f"/practice/providers/{priya.key}", {**PROVIDER, "credentials": "PhD"})
    assert Provider.get_by_id(priya.id).credentials == "PhD"


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("name", "", "Fill in this field"),
        ("npi", "1234567890", "Check the NPI"),
        ("taxonomy", "103TC", "Enter the taxonomy code"),
        ("license_state", "XX", "Enter the 2 letters of the state"),
        ("license_number", "<i>", "Enter the license number"),
        ("medicare_opted_out_on", "2024-13-01", "Enter a real date"),
        ("supervisor", "nobody", "Choose another supervisor"),
    ],
)
def test_a_therapist_that_cannot_be_kept(owner, provider, field, typed, sentence):
    for url in ("new", provider.key):
        answer = owner.submit(f"/practice/providers/{url}", {**PROVIDER, field: typed})
        assert answer.status_code == 422
        assert sentence in plain(answer.text)
        assert "Marriage and family therapist" in answer.text
    assert (Provider.select().count(), changes()) == (1, 0)


def test_the_list_of_therapists_says_what_is_missing(owner, provider):
    the.a_provider("Priya Nair-Demo", npi="2000000044")
    page = plain(owner.get("/practice/providers/").text)
    assert "Missing: Kind of license, License number, State of the license, Taxonomy code" in page
    assert "Complete" in page
    assert owner.get("/practice/providers/nobody").status_code == 404


def test_no_therapists_yet(sign_in, practice):
    owner = sign_in(the.a_staff_member("Mara Ellison-Demo", "owner"))
    assert "No therapists yet." in owner.get("/practice/providers/").text


@pytest.mark.parametrize("url", ["transactions/", "to-post/", "accounts/", "payments/", "settings/", "providers/"])
def test_every_page_speaks_spanish(staff, sign_in, waiting, url):
    waiting(the.ana(), "100.00")
    staff["owner"].language = "es"
    staff["owner"].save()
    page = sign_in(staff["owner"]).get(f"/practice/{url}").text
    assert '<html lang="es">' in page
    assert "Pagos" in plain(page)
    for english in ("Payments", "Amount", "To post", "Change", "Therapists"):
        assert english not in plain(page), english
