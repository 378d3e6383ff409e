"""The worked examples, read back from the PDF's own tags, to the cent."""

import documents
from billing import receipts, superbill_age
from models import Document, Payment

VISITS = ("Date", "Place", "Code", "Mod.", "Dx", "Units")


def visits(printed):
    """The lines without the rendering NPI, which is the same on all."""
    rows = [row for row in printed.table(*VISITS) if len(row) == 10]
    return [row[:6] + row[7:] for row in rows]


def total(printed):
    return next(row for row in printed.table(*VISITS) if row[0] == "Total")


def test_a_month_paid_in_full_at_the_office_and_by_video(printed):
    paper = printed("SB-2026-000041")

    assert visits(paper) == [
        ["10/02/2026", "11", "H0031", "", "A", "1", "225.00", "225.00", "0.00"],
        ["10/09/2026", "10", "H0004", "GT", "A", "3", "150.00", "150.00", "0.00"],
        ["10/16/2026", "11", "H0004", "", "AB", "4", "185.00", "185.00", "0.00"],
        ["10/23/2026", "10", "H0004", "GT", "A", "3", "150.00", "150.00", "0.00"],
    ]
    assert total(paper) == ["Total", "710.00", "710.00", "0.00"]
    assert "Paid in full. $710.00 on 10/31/2026, Visa ending 1111." in paper.paragraphs


def test_its_heading_names_practice_client_provider_and_diagnoses(printed):
    paper = printed("SB-2026-000041")

    assert paper.headings[0] == ("H1", "Superbill: statement for insurance reimbursement")
    assert paper.table("Letter", "Code", "Text") == [
        ["A", "F41.1", "Generalized anxiety disorder"],
        ["B", "F51.01", "Primary insomnia"],
    ]
    for words in (
        "This is not a bill.", "SB-2026-000041", "Nov 16, 2026, 10:00 AM CST", "10/01/2026 to 10/31/2026",
        "Jade Foster-Demo", "04/12/1991", "11 Example St", "DEMO000011",
        "Harbor Fern Counseling (DEMO)", "100 Example Ave, Suite 2", "00-1234567", "2000000010",
        "Mara Ellison-Demo, PsyD", "Clinical psychologist, IL DEMO-PSY-001", "2000000028", "103TC0700X",
        "Please send payment to the client. Benefits are not assigned to the provider.",
        "Electronically signed by Mara Ellison-Demo, PsyD on Nov 16, 2026, 10:00 AM CST",
        "Sent at client’s request. Contains private health information.", "Page 1 of 1",
    ):  # fmt: skip
        assert words in paper.text


def test_a_couple_that_paid_in_part(printed):
    paper = printed("SB-2026-000042")

    assert visits(paper) == [
        ["10/08/2026", "11", "H0004", "HR", "A", "4", "190.00", "190.00", "0.00"],
        ["10/22/2026", "11", "H0004", "HR", "A", "4", "190.00", "90.00", "100.00"],
        ["11/05/2026", "11", "H0004", "HR", "A", "4", "190.00", "0.00", "190.00"],
    ]
    assert total(paper) == ["Total", "570.00", "280.00", "290.00"]
    assert "Amount paid $280.00. Balance $290.00." in paper.paragraphs
    assert "Priya Nair-Demo, LMFT" in paper.text


def test_the_partner_is_not_named(printed):
    assert "Dee" not in printed("SB-2026-000042").text


def test_an_agreed_fee_prints_what_was_charged_and_no_late_fee(printed, demo):
    paper = printed("SB-2026-000043")

    assert visits(paper) == [
        ["10/01/2026", "11", "H0004", "", "A", "3", "80.00", "80.00", "0.00"],
        ["10/15/2026", "11", "H0004", "", "A", "3", "80.00", "80.00", "0.00"],
        ["10/29/2026", "11", "H0004", "", "A", "3", "80.00", "0.00", "80.00"],
    ]
    assert total(paper) == ["Total", "240.00", "160.00", "80.00"]
    assert "45.00" not in paper.text


def test_its_correction_names_it_and_changes_the_video_visit(printed):
    paper = printed("SB-2026-000044")

    assert visits(paper)[1] == ["10/15/2026", "10", "H0004", "GT", "A", "3", "80.00", "80.00", "0.00"]
    assert total(paper) == ["Total", "240.00", "160.00", "80.00"]
    assert "CORRECTED: replaces SB-2026-000043 issued Nov 16, 2026, 10:10 AM CST" in paper.paragraphs


def test_half_a_visit_prints_its_share_and_the_units_of_the_visit(printed):
    paper = printed("SB-2026-000045")

    assert visits(paper) == [
        ["10/13/2026", "11", "H0004", "", "A", "4", "92.50", "92.50", "0.00"],
        ["10/27/2026", "11", "H0004", "", "A", "3", "75.00", "0.00", "75.00"],
    ]
    assert total(paper) == ["Total", "167.50", "92.50", "75.00"]
    assert paper.text.count("One visit, charge shared. Share 1 of 2.") == 2
    assert "Luis" not in paper.text


def test_a_receipt_for_four_visits_at_once(printed):
    paper = printed("RCT-2026-000016")

    assert [row[2] for row in paper.table("Service date", "Service", "Amount")] == [
        "$225.00", "$150.00", "$185.00", "$150.00",
    ]  # fmt: skip
    assert paper.facts["Paid"] == "$710.00"
    assert paper.facts["Still owed after this payment"] == "$0.00"
    assert paper.facts["Paid with"] == "Visa ending in 1111"
    assert paper.facts["Date paid"] == "Oct 31, 2026, 1:05 PM CDT"
    assert "First visit · Jade" in paper.text


def test_a_receipt_for_a_part_says_what_was_still_owed_at_that_moment(printed):
    paper = printed("RCT-2026-000012")

    assert paper.table("Service date", "Service", "Amount") == [["Oct 22, 2026", "Couple visit · Sam", "$90.00"]]
    assert paper.facts["Still owed after this payment"] == "$100.00"


def test_the_golden_receipts_are_those_of_their_payments(paper):
    for number, account in (("RCT-2026-000016", "1011"), ("RCT-2026-000012", "1005")):
        document = paper(number)
        assert document.account.number == account
        assert receipts.of(Payment.get_by_id(document.payment_id)) == document


def test_every_demo_payment_and_refund_has_a_receipt_that_adds_up(demo):
    for payment in Payment.select():
        first = receipts.of(payment)
        assert first.data["amount"] == payment.amount
        assert sum(line["amount"] for line in first.data["lines"]) + first.data["unused"] == payment.amount
    assert [refund.data["amount"] for document in Document.select() for refund in receipts_of(document)] == [150_00]


def receipts_of(document):
    return receipts.refunds_of(document) if document.type == "receipt" else []


def test_no_demo_superbill_is_out_of_date(paper):
    for serial in range(41, 46):
        assert not superbill_age.out_of_date(paper(f"SB-2026-0000{serial}"))


def test_the_page_on_screen_says_what_the_pdf_says(paper, printed):
    document = paper("SB-2026-000041")
    seen = documents.article(document.type, document.data)

    for paragraph in printed("SB-2026-000041").paragraphs:
        assert paragraph.split("\n")[0][:20] in seen
