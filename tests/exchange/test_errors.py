"""Rows that cannot be taken: each says where and why, in words, and nothing is written."""

import pytest

from models import Account, AccountClient, Charge, Client, Fee
from tests import builders as the
from tests.exchange.conftest import a_file, charges, said

CLIENTS = "client_id,first_name,last_name,date_of_birth,email,state,provider_npi,language,dx1"
FIVE = "courtesy,5.00,2026-10-20,x"
SERVICES = "charge_id,account_id,client_id,service_date,label,amount,code,modifiers,units,pos,dx_pointers,provider_npi"


def test_each_kind_of_mistake_in_a_service_has_its_sentence(bring, ana):
    rows = [
        "V-1,1024,C-17,13/45/2026,Talk,12.345,,,,,,",
        "V-2,9999,C-99,2026-10-05,Talk,150.00,,,,,,",
        "V-3,1024,C-17,2027-01-05,,150.00,12,1,x,inn,Z,2000000021",
        "V-1,1024,C-17,2026-10-05,Talk,150.00,,,,,,2000000028",
        ",,C-17,2026-10-05," + "x" * 81 + ",=1+1,,,,,,,one,two",
        "V-5,1024,C-17,2026-10-05,,,,,,,,",
    ]

    assert said(bring("charges", a_file(*rows, header=SERVICES))) == [
        'Line 2, service_date: "13/45/2026" is not a date. Write it like 2026-10-19.',
        'Line 2, amount: "12.345" is not an amount. Write it like 185.00.',
        'Line 6, amount: "=1+1" is not an amount. Write it like 185.00.',
        "Line 3, client_id: No client with C-99. Import it first",
        "Line 3, account_id: No account with 9999. Import it first",
        "Line 4, service_date: 2027-01-05 is after today",
        'Line 4, code: "12" does not look like a procedure code',
        'Line 4, modifiers: "1" does not look like a modifier',
        'Line 4, units: "x" is not a whole number. Write it like 1.',
        'Line 4, pos: "inn" does not look like a place of service',
        'Line 4, dx_pointers: "Z" does not look like diagnosis pointers. Write them like AB',
        'Line 4, provider_npi: "2000000021" does not look like an NPI',
        "Line 4, label: this cell is empty",
        "Line 6, account_id: this cell is empty",
        "Line 7, amount: this cell is empty",
        "Line 7, label: this cell is empty",
        "Line 5, charge_id: Same as line 2",
        "Line 5, provider_npi: No clinician with 2000000028. Add them under Clinicians first",
        "Line 6: This row has more cells than the header",
        "Line 6, label: label is longer than 80 letters",
    ]
    assert not Charge.select().exists()


def test_a_row_with_mistakes_of_every_sort_names_them_all_at_once(take, bring, ana):
    header = "charge_id,account_id,client_id,service_date,label,amount,kind,code,visit_id,share_of,provider_npi"
    rows = [
        "V-8,9999,C-99,soon,Talk,x,fee,H0004,,,2000000028",
        "V-3,1024,C-17,2026-10-05,Talk,90.00,,,X,140.00,2000000028", "V-4,1024,C-17,2026-10-05,Talk,50.00,,,X,140.00,",
        "V-5,1024,C-17,2026-10-06,Talk,90.00,,,Y,some,", "V-6,1024,C-17,2026-10-06,Talk,50.00,,,Y,140.00,",
    ]  # fmt: skip
    found = said(bring("charges", a_file(*rows, header=header)))

    assert sorted(line.split(":")[0] for line in found if line.startswith("Line 2")) == [
        "Line 2, account_id", "Line 2, amount", "Line 2, client_id", "Line 2, code", "Line 2, provider_npi",
        "Line 2, service_date",
    ]  # fmt: skip
    assert sorted(line for line in found if not line.startswith("Line 2")) == [
        "Line 3, provider_npi: No clinician with 2000000028. Add them under Clinicians first",
        "Line 4, visit_id: Another share of visit X was rejected, on line 3",
        'Line 5, share_of: "some" is not an amount. Write it like 185.00.',
        "Line 6, visit_id: Another share of visit Y was rejected, on line 5",
    ], "sums that cannot be known, or are right, are not called wrong"

    take("charges", charges(("V-1", "2026-10-05", "150.00")))
    header = "entry_id,charge_id,account_id,client_id,service_date,type,amount,date,reason"
    changes = [
        "E-1,V-1,,,,courtesy,151.00,2026-10-20,",
        "E-1,,9999,C-99,soon,courtesy,x,then,",
        "E-3," + "V" * 65 + ",,,,courtesy,5.00,2026-10-20,x",
    ]
    assert sorted(said(bring("adjustments", a_file(*changes, header=header)))) == [
        'Line 2, amount: $151.00 is more than what is open ($150.00)',
        'Line 2, reason: this cell is empty',
        'Line 3, account_id: No account with 9999. Import it first',
        'Line 3, amount: "x" is not an amount. Write it like 185.00.',
        'Line 3, client_id: No client with C-99. Import it first',
        'Line 3, date: "then" is not a date. Write it like 2026-10-19.',
        'Line 3, entry_id: Same as line 2',
        'Line 3, reason: this cell is empty',
        'Line 3, service_date: "soon" is not a date. Write it like 2026-10-19.',
        'Line 4, charge_id: charge_id is longer than 64 letters',
    ]  # fmt: skip


def test_rows_whose_ids_cannot_be_read_are_not_called_the_same(bring, ana):
    rows = (f"{letter * 65},Sam,Lee-Demo,1990-01-01" for letter in "xy")
    batch = bring("clients", a_file(*rows, header="client_id,first_name,last_name,date_of_birth"))

    assert said(batch) == [f"Line {n}, client_id: client_id is longer than 64 letters" for n in (2, 3)]


def test_a_change_that_is_refused_leaves_its_room_to_the_next(take, bring, ana):
    take("charges", charges(("V-1", "2026-10-05", "150.00")))
    header = "entry_id,charge_id,type,amount,date,reason"
    lines = ("E-1,V-1,courtesy,100.00,2026-10-20,", "E-2,V-1,courtesy,100.00,2026-10-20,Agreed")
    batch = bring("adjustments", a_file(*lines, header=header))

    assert said(batch) == ["Line 2, reason: this cell is empty"]
    assert batch.result["totals"] == [150_00, 50_00]


def test_mistakes_are_said_in_spanish_too(bring, ana):
    batch = bring("charges", charges(("V-1", "mañana", "150.00")))

    assert said(batch, "es") == ['Línea 2, service_date: "mañana" no es una fecha. Escríbala así: 2026-10-19.']


def test_fees_and_opening_balances_are_no_visits_and_shares_add_up(bring, ana):
    the.a_client("Ana Delgado-Demo", external_id="C-18")
    header = "charge_id,account_id,client_id,service_date,label,amount,kind,payer,code,visit_id,share_of"
    rows = [
        "V-1,1024,C-17,2026-10-05,Late,50.00,fee,insurance,H0004,,",
        "V-2,1024,C-18,2026-10-05,Talk,50.00,service,,,,",
        "V-3,1024,C-17,2026-10-05,Talk,90.00,,,,X,150.00",
        "V-4,1024,C-17,2026-10-05,Talk,50.00,,,,X,150.00",
    ]

    assert said(bring("charges", a_file(*rows, header=header))) == [
        "Line 2, code: A fee or an opening balance has no code and goes to no plan",
        "Line 2, payer: A fee or an opening balance has no code and goes to no plan",
        "Line 3, account_id: This client is not on account 1024. Import the account with this client first",
        "Line 4, share_of: The shares of visit X add up to $140.00, not $150.00",
        "Line 5, share_of: The shares of visit X add up to $140.00, not $150.00",
    ]


def test_a_client_without_an_id_is_found_by_name_and_birth_date_or_not_at_all(bring, ana):
    for _ in range(2):
        the.a_client("Sam Lee-Demo", date_of_birth="1990-01-01")
    header = "account_id,first_name,last_name,date_of_birth,service_date,label,amount"
    rows = [
        f"1024,{name},2026-10-05,Talk,50.00"
        for name in ("Ana,Delgado-Demo,1987-04-12", "Sam,Lee-Demo,1990-01-01", "Ana,Delgado-Demo,1987-04-13")
    ]

    batch = bring("charges", a_file(*rows, header=header))

    assert said(batch) == [
        "Line 3, client_id: More than one client is called Sam Lee-Demo. Add client_id",
        "Line 4, client_id: No client with Ana Delgado-Demo. Import it first",
    ]
    assert batch.result["counts"]["new"] == 1


def test_people_accounts_and_fees_have_mistakes_of_their_own(bring, ana):
    the.a_client("Sam Lee-Demo", date_of_birth="1990-01-01")
    the.a_client("Sam Lee-Demo", date_of_birth="1990-01-01")
    people = [
        "C-1,Ana,Lee,2030-01-01,nowhere,ZZ,2000000028,fr,F41.1",
        "C-2,Sam,Lee-Demo,1990-01-01,,,,,",
        "C-3,Kim,4111 1111 1111 1111,1990-01-01,,,,,",
    ]
    accounts = ["1024,Ana,C-17,,", "1024,Ben,C-17,twin,yes", "2000,Kim,nobody,,"]

    found = said(bring("clients", a_file(*people, header=CLIENTS)))

    assert found[0] == "Line 2, date_of_birth: 2030-01-01 is after today"
    assert {line.split(":")[0] for line in found} == {
        "Line 2, date_of_birth", "Line 2, email", "Line 2, state", "Line 2, language",
        "Line 2, provider_npi", "Line 3, client_id", "Line 4, last_name",
    }  # fmt: skip
    header = "account_id,guarantor_name,client_id,kind,confidential"
    assert [line.split(": ")[0] for line in said(bring("accounts", a_file(*accounts, header=header)))] == [
        "Line 3, kind", "Line 3", "Line 3, confidential", "Line 3, guarantor_name", "Line 4, client_id",
    ]  # fmt: skip
    yes = said(bring("accounts", a_file("1024,Ana,C-17,single,yes", ",,C-17,,", header=header)))[:1]
    assert yes == [
        "Line 2, confidential: Evenly keeps this with each service. "
        "Leave it empty, and mark the services as confidential"
    ]
    fee = said(bring("fees", a_file("LATE,Late cancel,50.00,fee,H0004", header="fee_key,label,amount,kind,code")))
    assert fee == ["Line 2, code: A fee or an opening balance has no code and goes to no plan"]
    unknown = bring("clients", a_file("C-1,Ana,Lee,1990-01-01,,,2000000028,,F41.1", header=CLIENTS))
    assert said(unknown)[0].startswith("Line 2, provider_npi: No clinician with 2000000028")
    nobody = bring("charges", charges(("V-1", "2026-10-05", "1.00")).replace("C-17", ""))
    assert said(nobody) == ["Line 2, client_id: this cell is empty"]
    assert said(bring("clients", a_file(",Ana,Lee,1990-01-01,,,,,", header=CLIENTS))) == [
        "Line 2, client_id: this cell is empty"
    ]
    assert said(bring("clients", a_file("C-1,Ana,Lee,1990-01-01,,,,,x", header=CLIENTS)))[0].startswith("Line 2, dx1: ")


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("E-1,V-9,,,,courtesy,5.00,2026-10-20,x", "charge_id: No service with V-9. Import it first"),
        ("E-1,V-1,,,,courtesy,5.00,2026-10-20,", "reason: this cell is empty"),
        ("E-1,V-1,,,,courtesy,151.00,2026-10-20,x", "amount: $151.00 is more than what is open ($150.00)"),
        ("E-1,V-1,,,,copay,5.00,2026-10-20,", "amount: The client pays this service; a plan does not"),
        (f"E-1,,1024,C-17,2026-10-06,{FIVE}", "charge_id: More than one service on 2026-10-06. Add charge_id"),
        (f"E-1,,1024,C-17,2026-10-07,{FIVE}", "charge_id: No service with 2026-10-07. Import it first"),
        ("E-1,,,C-17,2026-10-07,courtesy,5.00,2026-10-20,x", "charge_id: this cell is empty"),
    ],
)  # fmt: skip
def test_an_adjustment_that_does_not_fit_says_what_would(take, bring, ana, row, why):
    take("charges", charges(*((f"V-{n}", f"2026-10-0{day}", "150.00") for n, day in ((1, 5), (2, 6), (3, 6)))))
    header = "entry_id,charge_id,account_id,client_id,service_date,type,amount,date,reason"

    assert said(bring("adjustments", a_file(row, header=header))) == [f"Line 2, {why}"]


def test_a_charge_that_is_being_paid_is_left_alone(take, bring, ana):
    take("charges", charges(("V-1", "2026-10-05", "150.00")))
    person = the.Person(the.a_user(), ana.account, ana.client)
    the.an_attempt(person, (Charge.get(), "100.00"))
    header = "charge_id,type,amount,date,reason"

    batch = bring("adjustments", a_file("V-1,courtesy,60.00,2026-10-20,x", header=header))

    assert said(batch) == ["Line 2, amount: A payment for this is in progress"]


def test_a_fee_of_its_own_and_a_clinician_by_number_are_taken(bring, ana):
    the.a_provider(npi="2000000028")
    header = "account_id,client_id,service_date,label,amount,kind,provider_npi"
    insured = "1024,C-17,2026-10-05,Late,50.00,fee,2000000028"

    assert bring("charges", a_file(insured, header=header)).result["counts"]["new"] == 1
    unknown = "1024,C-17,2026-10-05,NONE"
    fee = bring("charges", a_file(unknown, header="account_id,client_id,service_date,fee_key"))
    assert said(fee) == ["Line 2, fee_key: No fee with NONE. Import it first"]
    late = bring("adjustments", a_file("V-1,courtesy,1.00,soon,x", header="charge_id,type,amount,date,reason"))
    assert late.result["missing"] == []


def test_nothing_was_written_by_any_of_it(bring, ana):
    before = [model.select().count() for model in (Client, Account, AccountClient, Fee)]
    bring("accounts", a_file("3000,Ana,C-17,,", header="account_id,guarantor_name,client_id,kind,confidential"))

    assert [model.select().count() for model in (Client, Account, AccountClient, Fee)] == before
