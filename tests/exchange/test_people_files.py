"""People and accounts from files: what is known of them changes with the file, and back."""

from billing import service_charges, whom
from billing.superbill_facts import _responsible, pointed_at
from exchange import batches
from models import Account, Charge, Client, Import
from tests import builders as the
from tests.exchange.conftest import a_file, said
from tests.exchange.test_taking_in import PEOPLE, counts, undo, why_not


def test_people_who_changed_are_updated_and_put_back(take, bring, ana):
    by_hand = the.a_client("Sam Lee-Demo", date_of_birth="1990-01-01")
    rows = ["C-17,Ana,Delgado-Demo,1987-04-12,Chicago,,yes", "C-20,Sam,Lee-Demo,1990-01-01,,,"]
    batch = take("clients", a_file(*rows, header=PEOPLE))

    assert counts(batch) == {"changed": 2}
    assert batch.result["changes"][0] == [2, "Ana Delgado-Demo", [["city", "", "Chicago"], ["medicare", False, True]]]
    assert (Client.get_by_id(by_hand.id).external_id, Client.get_by_id(ana.client.id).city) == ("C-20", "Chicago")

    moved = take("clients", a_file(rows[0].replace("Chicago", "Evanston"), header=PEOPLE))
    assert (moved.result["missing"], why_not(batch)[1]) == (["C-20"], ["later"])
    undo(moved)
    Client.update(medicare=False).where(Client.id == ana.client.id).execute()
    assert why_not(batch)[1] == ["edited"]
    Client.update(medicare=True).where(Client.id == ana.client.id).execute()
    undo(Import.get_by_id(batch.id))
    assert (Client.get_by_id(by_hand.id).external_id, Client.get_by_id(ana.client.id).city) == (None, "")


def test_diagnoses_come_with_a_client_and_go_with_their_services(take, bring, ana):
    header = "client_id,first_name,last_name,date_of_birth,dx1,dx2,dx3,active"
    row = "C-17,Ana,Delgado-Demo,1987-04-12,{},,F43.10,{}"
    take("clients", a_file(row.format("f41.1", ""), header=header))
    client = Client.get_by_id(ana.client.id)
    assert (client.dx, client.inactive) == (["F41.1", "F43.10"], False)
    assert service_charges.usual(client, the.TODAY).dx == ("F41.1", "F43.10")
    assert [each.client for each in whom.offered(the.a_staff_member("Mara", "owner"))] == [client]

    visits = "charge_id,account_id,client_id,service_date,label,amount,kind,dx_pointers"
    lines = ("V-1,1024,C-17,2026-10-05,Talk,150.00,,B", "V-2,1024,C-17,2026-10-06,Talk,150.00,,",
             "V-3,1024,C-17,2026-10-07,Late,50.00,fee,", "V-4,1024,C-17,2026-10-08,Talk,150.00,,C")  # fmt: skip
    batch = bring("charges", a_file(*lines, header=visits))
    assert said(batch) == ['Line 5, dx_pointers: "C" points past the diagnoses we have of this client: 2']
    batches.take_in(batch, batch.digest, True, the.stamp())
    assert [pointed_at(each) for each in Charge.select().order_by(Charge.id)] == [["F43.10"], ["F41.1", "F43.10"], []]

    left = take("clients", a_file(row.format("F32.9", "no"), header=header))
    assert left.result["changes"][0][2] == [["dx", "F41.1 F43.10", "F32.9 F43.10"], ["inactive", False, True]]
    assert whom.offered(the.a_staff_member("Una", "owner")) == []
    undo(left)
    assert (Client.get_by_id(client.id).dx, Client.get_by_id(client.id).inactive) == (["F41.1", "F43.10"], False)


def test_how_to_reach_who_pays_comes_with_the_account(take, bring, practice):
    the.a_client("Kim Lee-Demo", external_id="C-2")
    the.a_client("Sam Lee-Demo", external_id="C-3")
    header = (
        "account_id,guarantor_name,client_id,guarantor_email,guarantor_phone,guarantor_address_line1,guarantor_city,"
        "guarantor_state,guarantor_zip"
    )
    rows = ["A1,Pat Lee,C-2,PAT@example.com,3125550142,18 Harbor Street,Chicago,il,60601", "A1,Pat Lee,C-3,,,,,,"]
    take("accounts", a_file(*rows, header=header))
    account = Account.get()

    assert (account.email.lower(), account.line1, account.state, account.zip) == (
        "pat@example.com",
        "18 Harbor Street",
        "IL",
        "60601",
    )
    assert _responsible(account, Client.get(Client.external_id == "C-2")) == (
        "Pat Lee, 18 Harbor Street, Chicago, IL 60601"
    )
    other = "A1,Pat Lee,C-3,sam@example.com,,,,,"
    assert said(bring("accounts", a_file(rows[0], other, header=header))) == [
        "Line 3, guarantor_email: Another guarantor than on line 2"
    ]
    moved = take("accounts", a_file(rows[0].replace("18 Harbor", "20 Harbor"), header=header))
    assert Account.get().line1 == "20 Harbor Street"
    undo(moved)
    assert Account.get().line1 == "18 Harbor Street"
