"""Disputes and evidence, seen by the unmodified SDK."""

from base64 import b64encode
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import BytesIO

import pytest

import sandbox
from gateways.braintree.sdk import braintree
from tests.sandbox.conftest import codes, sdk_of, send
from tests.sandbox.receiver import Receiver

S = braintree.DisputeSearch
NotFoundError = braintree.exceptions.NotFoundError
DISPUTED_CARD = {"number": "4023898493988028", "expiration_date": "12/2030"}


def sold(sdk, amount="77.00", **more):
    """A sale with the card whose sales are disputed at once."""
    return sdk.transaction.sale({"amount": amount, "credit_card": dict(DISPUTED_CARD), **more}).transaction


@pytest.fixture
def dispute(sdk):
    return sold(sdk).disputes[0]


@pytest.fixture
def settled(sdk):
    """A sale like any other."""
    params = {"amount": "50.00", "payment_method_nonce": "fake-valid-nonce"}
    sale = sdk.transaction.sale(params | {"options": {"submit_for_settlement": True}}).transaction
    sdk.testing.settle_transaction(sale.id)
    return sale.id


def test_a_sale_with_the_published_card_is_settled_and_disputed_at_once(sdk):
    sale = sold(sdk, order_id="P000046-QK4V2N")

    (dispute,) = sale.disputes
    assert (sale.status, dispute.status, dispute.kind) == ("settled", "open", "chargeback")
    assert (dispute.reason, dispute.reason_code) == ("fraud", "83")
    assert (dispute.amount_disputed, dispute.amount_won) == (Decimal("77.00"), Decimal("0.00"))
    assert dispute.reply_by_date == dispute.received_date + timedelta(days=14)
    found = sdk.dispute.find(dispute.id)
    assert (found.transaction.id, found.transaction.order_id) == (sale.id, "P000046-QK4V2N")
    assert (found.transaction.amount, found.transaction.payment_instrument_subtype) == (Decimal("77.00"), "Visa")
    (event,) = found.status_history
    assert (event.status, event.effective_date, event.timestamp) == ("open", found.received_date, found.created_at)
    assert [row.id for row in sdk.transaction.find(sale.id).disputes] == [dispute.id]


def test_the_card_page_offers_such_a_card(sandbox_server, sdk):
    params = {"amount": "5.00", "payment_method_nonce": sandbox_server.pick("disputed")}

    assert [row.status for row in sdk.transaction.sale(params).transaction.disputes] == ["open"]


def test_the_card_opens_nothing_when_the_bank_declines_or_money_goes_back(sdk):
    credit = sdk.transaction.credit({"amount": "5.00", "credit_card": dict(DISPUTED_CARD)}).transaction

    assert (sold(sdk, "2001.00").disputes, credit.disputes) == ([], [])


def test_a_text_is_handed_in_shown_and_taken_back(sdk, dispute):
    plain = sdk.dispute.add_text_evidence(dispute.id, "Signed payment policy, version 3.").evidence
    params = {"content": "Box 7", "category": "TRACKING_NUMBER", "sequence_number": "0"}
    named = sdk.dispute.add_text_evidence(dispute.id, params).evidence

    assert (plain.comment, plain.category, plain.sequence_number) == ("Signed payment policy, version 3.", None, None)
    assert (plain.url, plain.sent_to_processor_at) == (None, None)
    assert (named.category, named.tag, named.sequence_number) == ("TRACKING_NUMBER", "TRACKING_NUMBER", 0)
    assert [piece.id for piece in sdk.dispute.find(dispute.id).evidence] == [plain.id, named.id]
    assert sdk.dispute.remove_evidence(dispute.id, plain.id).is_success
    assert [piece.id for piece in sdk.dispute.find(dispute.id).evidence] == [named.id]


def test_accepting_ends_a_dispute(sdk, dispute):
    assert sdk.dispute.accept(dispute.id).is_success

    found = sdk.dispute.find(dispute.id)
    assert (found.status, [event.status for event in found.status_history]) == ("accepted", ["open", "accepted"])


def test_finalizing_sends_the_evidence_to_the_bank(sdk, dispute):
    sdk.dispute.add_text_evidence(dispute.id, "Signed payment policy")

    assert sdk.dispute.finalize(dispute.id).is_success

    found = sdk.dispute.find(dispute.id)
    assert (found.status, found.evidence[0].sent_to_processor_at) == ("disputed", found.received_date)


@pytest.mark.parametrize(
    ("text", "verdict", "won"), [("compelling_evidence", "won", "77.00"), ("losing_evidence", "lost", "0.00")]
)
def test_two_published_texts_decide_at_once(sdk, dispute, text, verdict, won):
    sdk.dispute.add_text_evidence(dispute.id, text)
    sdk.dispute.finalize(dispute.id)

    found = sdk.dispute.find(dispute.id)
    assert [event.status for event in found.status_history] == ["open", "disputed", verdict]
    assert found.amount_won == Decimal(won)


def test_only_an_open_dispute_takes_an_answer(sdk, dispute):
    evidence = sdk.dispute.add_text_evidence(dispute.id, "policy").evidence
    sdk.dispute.accept(dispute.id)

    refused = {
        "95701": sdk.dispute.add_text_evidence(dispute.id, "more"),
        "95702": sdk.dispute.remove_evidence(dispute.id, evidence.id),
        "95704": sdk.dispute.accept(dispute.id),
        "95705": sdk.dispute.finalize(dispute.id),
    }

    for code, answer in refused.items():
        assert [error.code for error in answer.errors.for_object("dispute").on("status")] == [code] == codes(answer)
    assert refused["95704"].message == "Disputes can only be accepted when they are in an Open state"


@pytest.mark.parametrize(("category", "code"), [("NO_SUCH", "95706"), ("PROOF_OF_DELIVERY", "95712")])
def test_a_text_wants_a_category_for_texts(sdk, dispute, category, code):
    answer = sdk.dispute.add_text_evidence(dispute.id, {"content": "x", "category": category})

    assert [error.code for error in answer.errors.for_object("dispute").on("evidence")] == [code]


def test_a_file_wants_its_upload_first(sdk, dispute):
    assert codes(sdk.dispute.add_file_evidence(dispute.id, "nosuchfile")) == ["95703"]
    params = {"document_id": "nosuchfile", "category": "DEVICE_ID"}
    assert codes(sdk.dispute.add_file_evidence(dispute.id, params)) == ["95703", "95711"]


def named(name, content):
    file = BytesIO(content)
    file.name = name
    return file


def uploaded(sdk, content=b"%PDF-1.7 Signed payment policy", kind="evidence_document"):
    return sdk.document_upload.create({"kind": kind, "file": named("policy.pdf", content)})


def test_a_file_is_handed_in_by_its_upload(sdk, dispute):
    document = uploaded(sdk).document_upload
    params = {"document_id": document.id, "category": "SIGNED_ORDER_FORM"}

    evidence = sdk.dispute.add_file_evidence(dispute.id, params).evidence

    assert (document.name, document.content_type, document.size) == ("policy.pdf", "application/pdf", 30)
    assert (evidence.comment, evidence.category) == (None, "SIGNED_ORDER_FORM")
    assert evidence.url.endswith(document.id)
    assert codes(sdk.dispute.add_file_evidence(dispute.id, params | {"category": "DEVICE_ID"})) == ["95711"]


@pytest.mark.parametrize(
    ("wrong", "code"), [({"content": b""}, "84906"), ({"content": b"GIF89a"}, "84903"), ({"kind": "diary"}, "84901")]
)
def test_a_file_no_bank_reads_is_refused(sdk, wrong, code):
    assert codes(uploaded(sdk, **wrong)) == [code]


def test_an_upload_wants_keys_and_a_file(sandbox_server):
    form = '--b\r\nContent-Disposition: form-data; name="document_upload[kind]"\r\n\r\nevidence_document\r\n--b--\r\n'

    assert post(sandbox_server, "/document_uploads", "x", "text/plain", "a:b")[0] == 401
    assert post(sandbox_server, "/document_uploads", "x", "text/plain")[0] == 400
    status, text = post(sandbox_server, "/document_uploads", form, "multipart/form-data; boundary=b")
    assert (status, "<code>84906</code>" in text) == (422, True)


@pytest.mark.parametrize(("amount", "code"), [("83.00", "83"), ("10.40", "1040"), ("13.10", "1310"), ("70.30", "7030")])
def test_some_amounts_want_evidence_of_a_category(sdk, amount, code):
    dispute = sold(sdk, amount).disputes[0]
    sdk.dispute.add_text_evidence(dispute.id, "policy")

    assert (dispute.reason_code, codes(sdk.dispute.finalize(dispute.id))) == (code, ["95726"])
    sdk.dispute.add_text_evidence(dispute.id, {"content": "dana@example.com", "category": "PURCHASER_EMAIL_ADDRESS"})
    assert sdk.dispute.finalize(dispute.id).is_success


def test_what_does_not_exist_is_not_found(sdk, dispute):
    for ask in (
        lambda: sdk.dispute.find("nosuch"),
        lambda: sdk.dispute.accept("nosuch"),
        lambda: sdk.dispute.finalize("nosuch"),
        lambda: sdk.dispute.add_text_evidence("nosuch", "x"),
        lambda: sdk.dispute.remove_evidence(dispute.id, "nosuch"),
    ):
        with pytest.raises(NotFoundError):
            ask()


def test_a_dispute_belongs_to_its_merchant(sandbox_server, dispute):
    keys = {"merchant_id": "processing_rules_merchant_id", "public_key": "processing_rules_public_key"}
    other = sdk_of(sandbox_server, private_key="processing_rules_private_key", **keys)

    with pytest.raises(NotFoundError):
        other.dispute.find(dispute.id)


def test_a_lever_opens_a_dispute_and_moves_it_on(sandbox_server, sdk, settled):
    given = {"transaction_id": settled, "kind": "pre_arbitration", "reason": "duplicate", "amount": "12.50"}
    opened = sandbox_server.control("disputes", given | {"reply_by": "2099-01-31"})

    found = sdk.dispute.find(opened["id"])
    assert (found.kind, found.reason, found.amount_disputed) == ("pre_arbitration", "duplicate", Decimal("12.50"))
    assert (found.status, found.reply_by_date) == (opened["status"], date(2099, 1, 31))
    for status in ("under_review", "won", "lost", "auto_accepted"):
        assert sandbox_server.control("disputes", {"id": opened["id"], "status": status})["status"] == status
    history = sdk.transaction.find(settled).disputes[0].status_history
    assert [event.status for event in history] == ["open", "under_review", "won", "lost", "auto_accepted"]


def test_a_retrieval_is_a_question_without_a_reason_of_its_own(sandbox_server, sdk, settled):
    opened = sandbox_server.control("disputes", {"transaction_id": settled, "kind": "retrieval"})

    assert sdk.dispute.find(opened["id"]).reason == "retrieval"


@pytest.mark.parametrize(
    "wrong",
    [
        {"transaction_id": "nosuch"},
        {"kind": "quarrel"},
        {"reason": "spite"},
        {"amount": "much"},
        {"reply_by": "soon"},
        {"id": "nosuch", "status": "won"},
    ],
    ids=str,
)
def test_an_order_that_makes_no_sense_opens_nothing(sandbox_server, sdk, settled, wrong):
    with pytest.raises(ValueError, match="400"):
        sandbox_server.control("disputes", {"transaction_id": settled, **wrong})

    assert sdk.transaction.find(settled).disputes == []


def test_only_a_sale_that_settled_can_be_disputed(sandbox_server, sdk):
    sale = sdk.transaction.sale({"amount": "5.00", "payment_method_nonce": "fake-valid-nonce"}).transaction

    with pytest.raises(ValueError, match="settled"):
        sandbox_server.control("disputes", {"transaction_id": sale.id})


def test_an_unknown_status_moves_nothing(sandbox_server, sdk, dispute):
    with pytest.raises(ValueError, match="known are open"):
        sandbox_server.control("disputes", {"id": dispute.id, "status": "forgotten"})

    assert sdk.dispute.find(dispute.id).status == "open"


def test_a_dispute_nobody_answers_expires_after_its_last_day(server):
    sdk = sdk_of(server)
    server.control("clock", {"set": "2030-03-04T12:00:00Z"})
    silent, answered = sold(sdk).disputes[0], sold(sdk).disputes[0]
    sdk.dispute.finalize(answered.id)

    server.control("clock", {"set": "2030-03-18T23:59:00Z"})
    assert sdk.dispute.find(silent.id).status == "open"
    server.control("clock", {"set": "2030-03-20T12:00:00Z"})

    found = sdk.dispute.find(silent.id)
    assert found.status == "expired"
    assert found.status_history[-1].timestamp == datetime(2030, 3, 19, tzinfo=UTC).replace(tzinfo=None)
    assert sdk.dispute.find(answered.id).status == "disputed"


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Three disputes, opened a day apart: ids by name, and the SDK."""
    server = sandbox.start(tmp_path_factory.mktemp("disputes") / "s.sqlite")
    server.control("clock", {"set": "2030-05-01T12:00:00Z"})
    sdk = sdk_of(server)
    customer, disputes = sdk.customer.create({"id": "ana"}).customer.id, {}
    for name, amount in (("one", "10.00"), ("two", "20.00"), ("three", "30.00")):
        disputes[name] = sold(sdk, amount, **({"customer_id": customer} if name == "two" else {})).disputes[0]
        server.control("clock", {"advance": 86400})
    sdk.dispute.accept(disputes["one"].id)
    server.control("disputes", {"id": disputes["three"].id, "status": "won"})
    sale = disputes["two"].transaction.id
    late = server.control("disputes", {"transaction_id": sale, "kind": "retrieval", "amount": "1.00"})
    disputes["four"] = sdk.dispute.find(late["id"])
    yield sdk, disputes
    server.stop()


CASES = [
    (lambda _: (), "one two three four"),
    (lambda d: (S.id == d["one"].id,), "one"),
    (lambda d: (S.id != d["one"].id,), "two three four"),
    (lambda _: (S.case_number.ends_with("3"),), "three"),
    (lambda _: (S.reference_number == "REF000002",), "two"),
    (lambda d: (S.transaction_id == d["two"].transaction.id,), "two four"),
    (lambda _: (S.customer_id == "ana",), "two four"),
    (lambda _: (S.status == "open",), "two four"),
    (lambda _: (S.status.in_list(["won", "accepted"]),), "one three"),
    (lambda _: (S.reason == "fraud", S.kind == "chargeback"), "one two three"),
    (lambda _: (S.kind.in_list("retrieval"), S.reason_code == "83"), "four"),
    (lambda _: (S.merchant_account_id == "sandbox_credit_card_non_default",), ""),
    (lambda _: (S.amount_disputed.between("10.00", "20.00"),), "one two"),
    (lambda _: (S.amount_disputed >= "20.00", S.status == "won"), "three"),
    (lambda _: (S.amount_won == "30.00",), "three"),
    (lambda _: (S.received_date.between(date(2030, 5, 2), date(2030, 5, 3)),), "two three"),
    (lambda _: (S.received_date.between("05/02/2030", "05/02/2030"),), "two"),
    (lambda _: (S.reply_by_date <= date(2030, 5, 15),), "one"),
    (lambda _: (S.effective_date >= date(2030, 5, 4),), "one three four"),
    (lambda _: (S.transaction_source == "recurring",), ""),
    (lambda _: (S.pre_dispute_program == "none",), "one two three four"),
]


@pytest.mark.parametrize(("criteria", "expected"), CASES, ids=lambda value: value if isinstance(value, str) else "")
def test_a_search_finds_what_fits_newest_first(world, criteria, expected):
    sdk, disputes = world

    found = sdk.dispute.search(*(criteria(disputes) or ([],))).disputes

    assert [row.id for row in found] == [
        disputes[name].id for name in ("four", "three", "two", "one") if name in expected
    ]


ODD = {
    "an unknown field": "<colour><is>red</is></colour>",
    "an unknown operator": "<id><like>x</like></id>",
    "no operator": "<id>x</id>",
    "no amount": "<amount_disputed><min>much</min></amount_disputed>",
    "no day": "<received_date><min>soon</min></received_date>",
    "a list of days": '<received_date type="array"><item>2030-05-01</item></received_date>',
    "a nested day": "<received_date><min><x>1</x></min></received_date>",
}


@pytest.mark.parametrize("criterion", ODD.values(), ids=ODD)
def test_a_criterion_nobody_can_read_is_refused(sandbox_server, dispute, criterion):
    assert post(sandbox_server, "/disputes/advanced_search?page=1", f"<search>{criterion}</search>")[0] == 422


def test_a_page_that_is_no_number_is_the_first(sandbox_server, dispute):
    search = f"<search><id><is>{dispute.id}</is></id></search>"

    assert dispute.id in post(sandbox_server, "/disputes/advanced_search?page=x", search)[1]


def test_an_odd_number_of_a_text_is_none(sandbox_server, sdk, dispute):
    body = "<evidence><comments>x</comments><sequence_number>two</sequence_number></evidence>"

    assert post(sandbox_server, f"/disputes/{dispute.id}/evidence", body)[0] == 201
    assert sdk.dispute.find(dispute.id).evidence[0].sequence_number is None


def post(server, path, body, type="application/xml", keys="integration_public_key:integration_private_key"):
    """A request as no SDK sends it; gives status and text."""
    headers = {"Authorization": f"Basic {b64encode(keys.encode()).decode()}", "Content_Type": type}
    status, _, text = send(server, "POST", f"/merchants/integration_merchant_id{path}", body, **headers)
    return status, text


def test_a_long_list_comes_in_pages(server):
    sdk = sdk_of(server)
    sale = sold(sdk)
    for _ in range(52):
        server.control("disputes", {"transaction_id": sale.id, "amount": "1.00"})

    ids = [row.id for row in sdk.dispute.search(S.transaction_id == sale.id).disputes]

    assert len(ids) == len(set(ids)) == 53


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.stop()


def test_every_change_is_announced_and_the_sdk_reads_it(server, receiver):
    sdk = sdk_of(server)
    server.control("webhooks", {"url": receiver.url})
    won, expired = sold(sdk).disputes[0].id, sold(sdk).disputes[0].id
    sdk.dispute.add_text_evidence(won, "compelling_evidence")
    sdk.dispute.finalize(won)
    server.control("clock", {"advance": 16 * 86400})

    assert server.control("webhooks", {"wait": 10})["idle"]
    told = [
        (event.dispute.id, event.kind, event.dispute.status) for event in receiver.read(sdk) if "dispute" in event.kind
    ]

    kinds = ("dispute_opened", "open"), ("dispute_disputed", "disputed"), ("dispute_won", "won")
    assert [event[1:] for event in told if event[0] == won] == list(kinds)
    assert [event[1:] for event in told if event[0] == expired] == [kinds[0], ("dispute_expired", "expired")]
