"""Receipts as staff read them: the client's own paper, of the accounts they may see, and nothing else."""

import re

from billing import papers, receipts
from documents import pdf
from models import AuditEntry, Document
from tests import builders as the
from tests.practice.conftest import plain


def a_receipt(person, **facts):
    payment = the.a_settled(the.a_charge(person), **facts)
    return payment, receipts.issue(payment, the.stamp())


def test_the_page_of_a_payment_opens_its_receipt_and_the_log_says_who_did(browser, staff, provider):
    ana = the.ana()
    payment, receipt = a_receipt(ana)
    page = browser("biller").get(f"/practice/transactions/{payment.key}").text
    link = re.search(r'href="(/practice/papers/[^"]+)">Receipt<', page)[1]

    for role in ("owner", "biller", "auditor"):
        shown, file = browser(role).get(link), browser(role).get(f"{link}.pdf")
        assert receipt.number in plain(shown.text) and "Talk therapy, 45 min" in shown.text
        assert (file.mimetype, file.data[:5]) == ("application/pdf", b"%PDF-")
        who = (AuditEntry.by == f"staff:{staff[role].id}") & (AuditEntry.subject == f"document:{receipt.id}")
        assert [row.what for row in AuditEntry.select().where(who)] == ["document.view", "document.pdf"]
    assert browser("therapist").get(link).status_code == browser("therapist").get(f"{link}.pdf").status_code == 404
    ana.client.provider = provider
    ana.client.save()
    assert browser("therapist").get(link).status_code == 200


def test_staff_read_no_more_than_the_paper_says_and_no_paper_about_health(browser):
    ana = the.ana()
    _, receipt = a_receipt(ana, user=the.helen(ana).user)
    about = {"account": ana.account, "issued_at": the.NOW, "data": {}, "data_sha256": papers.digest({})}
    superbill = Document.create(type="superbill", year=2026, serial=1, **about)

    page = browser("owner").get(f"/practice/papers/{receipt.key}").text

    assert "Visit" in plain(page) and "Talk therapy" not in page
    assert browser("owner").get(f"/practice/papers/{superbill.key}").status_code == 404


def test_when_the_pdf_cannot_be_made_the_page_says_so(browser, monkeypatch, tmp_path):
    (tmp_path / "weasyprint.py").write_text("raise ValueError('broken')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(pdf, "child", pdf.Child())
    _, receipt = a_receipt(the.ana())

    answer = browser("biller").get(f"/practice/papers/{receipt.key}.pdf")

    assert answer.status_code == 503 and receipt.number in plain(answer.text)
