"""The client's Documents screens, as the people of the demo practice see them."""

import html
import logging
import re
from io import BytesIO
from urllib.parse import parse_qsl, urlsplit

import pdfplumber
import pytest

from billing import moneyback
from documents import pdf
from fields import new_key
from models import AccountClient, AuditEntry, Client, Document, Link, Practice, User, db
from tests.builders import stamp
from tests.limited import spend
from views.limits import of_pdfs

LABELS = ("Talk therapy", "First visit", "Late cancel", "Terapia")
NAMES = ("Grace", "Mara", "Ellison", "Kim-Demo")


@pytest.fixture
def database(demo):
    """The pages stand on the demo practice."""
    return demo


@pytest.fixture
def browse(sign_in):
    return lambda name: sign_in(User.get(User.email == f"{name}@example.com"))


@pytest.fixture
def jade(browse):
    return browse("jade")


def links(page, pattern=r"/documents/[\w-]+"):
    return re.findall(rf'href="({pattern})"', page.text)


def key_of(number):
    return next(document.key for document in Document.select() if document.number == number)


def test_papers_are_listed_newest_first_with_their_amount(jade):
    page = jade.get("/documents")

    assert page.status_code == 200
    assert page.text.index("SB-2026-000041") < page.text.index("RCT-2026-000016") < page.text.index("INV-2026-000006")
    assert "$710.00" in page.text


def test_one_type_can_be_picked(jade):
    page = jade.get("/documents?type=receipt")

    assert "RCT-2026-000016" in page.text
    assert "SB-2026-000041" not in page.text
    assert 'aria-current="true">Receipts' in page.text


def test_one_year_can_be_picked(jade, demo):
    old = Document.get(Document.key == key_of("INV-2026-000006"))
    facts = {**old.__data__, "id": None, "key": "last-year", "year": 2025}
    Document.create(**facts)

    assert "<option selected>2025" in jade.get("/documents?year=2025").text
    assert "SB-2026-000041" not in jade.get("/documents?year=2025&type=").text
    assert "SB-2026-000041" in jade.get("/documents?year=1999").text


def test_an_unknown_type_or_page_shows_what_there_is(jade):
    for address in ("/documents?type=secret", "/documents?page=99", "/documents?page=-1", "/documents?year=x"):
        assert "RCT-2026-000016" in jade.get(address).text


def test_someone_without_papers_is_told_so(browse):
    page = browse("rob").get("/documents")

    assert "There is nothing here yet." in page.text
    assert "Superbills" not in page.text


def test_a_paper_is_read_and_that_is_logged(jade):
    page = jade.get(f"/documents/{key_of('SB-2026-000041')}")

    assert page.text.count("<h1") == 1
    assert "Paid in full. $710.00 on 10/31/2026, Visa ending 1111." in page.text
    assert "This paper has private health facts." in page.text
    entry = AuditEntry.select().order_by(AuditEntry.id.desc()).get()
    document = Document.get(Document.key == key_of("SB-2026-000041"))
    assert (entry.what, entry.subject) == ("document.view", f"document:{document.id}")
    assert entry.by == f"user:{User.get(User.email == 'jade@example.com').id}"


def test_a_download_is_the_stored_file_under_its_number(jade):
    number = "RCT-2026-000016"

    answer = jade.get(f"/documents/{key_of(number)}.pdf")

    assert answer.data == bytes(Document.get(Document.key == key_of(number)).pdf)
    assert answer.headers["Content-Disposition"] == f"attachment; filename={number}.pdf"
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer.headers["Cache-Control"] == "no-store"
    assert AuditEntry.select().where(AuditEntry.what == "document.pdf").count() == 1


def test_another_persons_paper_is_not_found(jade):
    for number in ("SB-2026-000042", "INV-2026-000001", "RCT-2026-000012"):
        assert jade.get(f"/documents/{key_of(number)}").status_code == 404
        assert jade.get(f"/documents/{key_of(number)}.pdf").status_code == 404


def test_a_stranger_is_sent_to_sign_in(client):
    for address in ("/documents", "/documents/x", "/documents/x.pdf", "/documents/superbill"):
        assert client.get(address).status_code == 303


def test_who_only_pays_finds_no_label_and_no_name_anywhere(browse, demo):
    grace, helen = User.get(User.email == "grace@example.com"), User.get(User.email == "helen@example.com")
    papers = [document for document in Document.select() if document.type == "receipt"]
    hers = next(document for document in papers if document.user == grace)
    serial = max(document.serial for document in papers) + 1
    own = {"id": None, "key": new_key(), "serial": serial, "user": helen, "pdf": None, "pdf_sha256": None}
    receipt = Document.create(**hers.__data__ | own)
    browser = browse("helen")

    pages = [browser.get("/documents"), browser.get(f"/documents/{receipt.key}")]
    download = browser.get(f"/documents/{receipt.key}.pdf")

    assert [page.status_code for page in pages] == [200, 200]
    with pdfplumber.open(BytesIO(download.data)) as paper:
        printed = "".join(page.extract_text() for page in paper.pages) + str(paper.metadata)
    for text in (pages[0].text, pages[1].text, printed, str(download.headers)):
        for word in (*LABELS, *NAMES):
            assert word not in text
    assert "Visit" in printed
    assert Document.get_by_id(receipt.id).pdf is None


def test_a_replaced_paper_stays_readable_and_leads_to_the_new_one(browse):
    noor = browse("noor")

    old = noor.get(f"/documents/{key_of('SB-2026-000043')}")
    new = noor.get(f"/documents/{key_of('SB-2026-000044')}")

    assert 'Replaced by <span class="whole">SB-2026-000044' in old.text
    assert f"/documents/{key_of('SB-2026-000044')}" in links(old)
    assert 'Replaces <span class="whole">SB-2026-000043' in new.text
    assert 'Replaced by <span class="whole">SB-2026-000044' in noor.get("/documents").text


def test_an_invoice_says_how_it_stands_today(browse):
    ana = browse("ana")

    assert "Paid on Oct 5, 2026" in ana.get(f"/documents/{key_of('INV-2026-000007')}").text
    assert "$185.00 is left to pay" in ana.get(f"/documents/{key_of('INV-2026-000018')}").text


def test_papers_never_wait_for_a_payment(browse):
    """Noor owes; payments are off and the balance is hidden. The papers are hers all the same."""
    Practice.update(payments_on=False, show_balance=False).execute()
    noor = browse("noor")

    for number in ("INV-2026-000026", "RCT-2026-000008", "SB-2026-000044"):
        assert number in noor.get(f"/documents/{key_of(number)}").text
    made = noor.submit("/documents/superbill", asked(whom=whom("1007", "Noor"), from_on="2026-10-20"))
    assert "Amount paid $0.00. Balance $80.00." in noor.get(made.location).text


def test_a_receipt_leads_to_the_receipt_of_money_back(browse):
    tomas = browse("tomas")

    first = tomas.get(f"/documents/{key_of('RCT-2026-000015')}")

    assert "Devolución: $150.00" in first.text
    assert f"/documents/{key_of('RCT-2026-000018')}" in links(first)


@pytest.fixture
def stale(demo):
    """Jade's superbill, whose payment went back in part."""
    document = Document.get(Document.key == key_of("SB-2026-000041"))
    payment = Document.get(Document.key == key_of("RCT-2026-000016")).payment
    moneyback.refund(payment, 10_00, "Asked for it", stamp())
    return document


def test_a_superbill_that_lost_a_payment_says_so(jade, stale):
    assert "A payment on this superbill changed. Ask for a new one." in jade.get(f"/documents/{stale.key}").text
    assert "A payment changed" in jade.get("/documents").text


def test_the_client_makes_the_new_superbill_from_the_old_one(jade, stale, clock):
    clock.pass_(minutes=1)
    page = jade.get(f"/documents/{stale.key}")
    (again,) = links(page, r"/documents/superbill[^\"]+")

    preview = jade.get(html.unescape(again))
    made = jade.submit("/documents/superbill", dict(parse_qsl(urlsplit(html.unescape(again)).query)))

    assert 'The new superbill replaces <span class="whole">SB-2026-000041</span>.' in preview.text
    new = jade.get(made.location)
    assert 'CORRECTED: replaces <span class="whole">SB-2026-000041' in new.text
    assert "Amount paid $700.00. Balance $10.00." in new.text
    old = jade.get(f"/documents/{stale.key}").text
    assert 'Replaced by <span class="whole">SB-2026-' in old and "A payment on this superbill changed" not in old
    assert "A payment changed" not in jade.get("/documents").text


def test_when_the_pdf_cannot_be_made_the_page_is_still_there(jade, monkeypatch, tmp_path, caplog):
    (tmp_path / "weasyprint.py").write_text("raise OSError('cannot load library')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(pdf, "child", pdf.Child())

    with caplog.at_level(logging.ERROR):
        answer = jade.get(f"/documents/{key_of('SB-2026-000041')}.pdf")

    assert answer.status_code == 503
    assert "We could not make the PDF. You can view the page or try again." in answer.text
    assert "Paid in full. $710.00" in answer.text
    assert "libpango-1.0-0" in caplog.text


def test_a_child_that_dies_is_no_reason_to_name_packages(jade, monkeypatch, tmp_path, caplog):
    (tmp_path / "weasyprint.py").write_text("raise ValueError('broken')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(pdf, "child", pdf.Child())

    assert jade.get(f"/documents/{key_of('SB-2026-000041')}.pdf").status_code == 503
    assert "libpango" not in caplog.text


def test_making_pdfs_is_limited_and_stored_ones_are_not(app, jade):
    stored, fresh = key_of("RCT-2026-000016"), key_of("INV-2026-000022")
    Document.update(pdf=b"%PDF stored").where(Document.key == stored).execute()
    spend(app, of_pdfs, f"user:{User.get(User.email == 'jade@example.com').id}")

    assert jade.get(f"/documents/{fresh}.pdf").status_code == 429
    assert jade.get(f"/documents/{stored}.pdf").status_code == 200


def asked(**changes):
    """The form for Jade's October, all therapists."""
    return {"whom": whom("1011", "Jade"), "from_on": "2026-10-01", "to_on": "2026-10-31", "provider": "all", **changes}


def whom(account, first_name):
    client = Client.get(Client.first_name == first_name)
    link = Link.select().join(User).where(User.name.startswith(first_name)).first()
    return f"{link.account.key}.{client.key}" if link.account.number == account else ""


def test_the_form_begins_with_last_month_and_the_own_therapist(jade):
    page = jade.get("/documents/superbill").text

    assert 'value="2026-10-01"' in page
    assert 'value="2026-10-31"' in page
    assert re.search(r"<option selected[^>]*>Mara Ellison-Demo, PsyD", page)
    assert "Preview" not in page


def test_a_preview_shows_the_paper_without_a_number(jade):
    page = jade.get("/documents/superbill", query_string=asked()).text

    assert "Paid in full. $710.00" in page
    assert "Electronically signed" not in page
    assert page.count("<h1") == 1
    assert Document.select().where(Document.type == "superbill").count() == 5


def test_a_superbill_is_made_and_the_same_one_only_once(jade):
    form = asked(from_on="2026-10-05", to_on="2026-10-10")

    first = jade.submit("/documents/superbill", form)
    again = jade.submit("/documents/superbill", form)

    assert first.status_code == 303
    assert first.location == again.location
    assert "SB-2026-000046" in jade.get(first.location).text
    assert AuditEntry.select().where(AuditEntry.what == "document.make").count() == 2


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"from_on": ""}, "Enter the first day, like 10/01/2026"),
        ({"to_on": "soon"}, "Enter the last day, like 10/31/2026"),
        ({"to_on": "2026-09-30"}, "Choose a last day that is not before the first day"),
        ({"whom": "someone.else"}, "Choose one from the list"),
        ({"provider": "nobody"}, "Choose one from the list"),
    ],
)
def test_what_was_typed_wrong_is_said_and_kept(jade, changes, sentence):
    form = asked(**changes)

    seen, made = jade.get("/documents/superbill", query_string=form), jade.submit("/documents/superbill", form)

    for page in (seen, made):
        assert sentence in page.text
    assert (seen.status_code, made.status_code) == (200, 422)
    if "to_on" in changes:
        assert f'value="{changes["to_on"]}"' in made.text


def test_a_day_may_be_typed_as_americans_do(jade):
    page = jade.get("/documents/superbill", query_string=asked(from_on="10/01/2026", to_on=" 10/31/2026 "))

    assert "Paid in full. $710.00" in page.text


def test_no_visits_and_missing_fields_are_said_in_a_sentence(jade):
    none = asked(from_on="2026-01-01", to_on="2026-01-31")
    assert "There are no visits in these dates." in jade.get("/documents/superbill", query_string=none).text

    Practice.update(ein="").execute()
    page = jade.submit("/documents/superbill", asked())

    assert page.status_code == 422
    assert "Ask your therapist to add: the practice’s tax number (EIN)." in page.text
    assert "Make this superbill" not in page.text


def test_visits_that_the_practice_files_are_explained(browse):
    form = asked(whom=whom("1002", "Ben"))

    page = browse("ben").get("/documents/superbill", query_string=form).text

    assert "Your therapist sends this visit to your health plan." in page
    assert "Oct 7, 2026, Oct 21, 2026" in page


def test_a_place_to_check_is_mentioned(jade):
    Practice.update(telehealth_modifiers=["FQ"]).execute()

    page = jade.get("/documents/superbill", query_string=asked()).text

    assert "Ask your therapist to check the place of these visits: Oct 9, 2026, Oct 23, 2026." in page
    assert "Make this superbill" in page


def test_a_parent_chooses_the_child(browse):
    page = browse("kim").get("/documents/superbill").text

    assert re.findall(r"<option[^>]*>(Lily|Max)</option>", page) == ["Lily", "Max"]


def test_a_client_of_two_accounts_is_told_apart_by_the_account(browse):
    partner = Link.get(Link.user == User.get(User.email == "dee@example.com"), Link.role == "partner")
    sam = AccountClient.get(account=partner.account).client
    Link.update(rights=["superbills"], client=sam).where(Link.id == partner.id).execute()

    page = browse("dee").get("/documents/superbill").text

    assert re.findall(r"<option[^>]*>(Sam|Dee)", page) == ["Sam", "Dee"]


@pytest.mark.parametrize("person", ["helen", "rob", "nia"])
def test_without_the_right_there_is_no_such_page(browse, person):
    browser = browse(person)

    assert browser.get("/documents/superbill").status_code == 404
    assert browser.submit("/documents/superbill").status_code == 404


def test_in_spanish_the_english_superbill_is_announced(browse):
    tomas = browse("tomas")

    page = tomas.get("/documents/superbill").text

    assert "Hacer un superbill" in page
    assert "El superbill está en inglés para su seguro." in page
    made = tomas.submit("/documents/superbill", asked(whom=whom("1010", "Tomás")))
    assert 'lang="en"' in tomas.get(made.location).text
    assert "El superbill está en inglés" in tomas.get(made.location).text


def test_the_list_costs_the_same_however_long_it_is(jade, demo):
    def queries():
        asked = []
        handler = logging.Handler()
        handler.emit = asked.append
        logger = logging.getLogger("peewee")
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
        jade.get("/documents")
        logger.removeHandler(handler)
        logger.setLevel(logging.NOTSET)
        return len(asked)

    few = queries()
    original = Document.get(Document.key == key_of("INV-2026-000006"))
    with db.atomic():
        for serial in range(100, 120):
            Document.create(**{**original.__data__, "id": None, "key": f"copy-{serial}", "serial": serial})
    assert queries() == few
