"""The rows of the practice's desk for the table of tests/walk/test_routes.py: no client and no stranger gets there."""

import io

from choices import ImportKind
from exchange import batches
from models import Import, Staff
from tests.builders import NOW
from tests.walk.own_pages import columns_of

# Below /practice: Mara the owner, Jonah a therapist, Rosa the biller, Ivo the auditor.
DESK = """
                              mara jonah rosa ivo
GET  /services/               200  200   200  404
POST /services/               422  422   422  404
POST /services/price          200  200   200  404
POST /services/ready          go   go    go   404
POST /services/<charge>/undo  go   404   go   404
GET  /services/<charge>/split 200  404   200  404
POST /services/<charge>/split 422  404   422  404
GET  /services/several/       200  200   200  404
POST /services/several/       422  422   422  404
GET  /fees/                   200  200   200  200
GET  /fees/new                200  404   404  404
POST /fees/new                422  404   404  404
GET  /fees/TALK45             200  404   404  404
POST /fees/TALK45             422  404   404  404
POST /fees/TALK45/offered     go   404   404  404
GET  /agreements/             200  200   200  200
POST /agreements/             422  422   422  404
POST /agreements/made-up/end  404  404   404  404
GET  /imports/                200  404   200  200
POST /imports/                422  404   422  404
GET  /imports/templates/charges.csv 200 404 200 200
GET  /imports/<file>          200  404   200  200
GET  /imports/<file>/rejected.csv 200 404 200 404
GET  /imports/<file>/columns 200 404  200  404
POST /imports/<file>/columns 422 404  422  404
POST /imports/<file>/try      go   404   go   404
POST /imports/<file>/accounts go   404   go   404
POST /imports/<file>/take-in  422  404   422  404
POST /imports/<file>/undo     422  404   422  404
GET  /transactions/<payment>/unpost 200 404 200 404
POST /transactions/<payment>/unpost 422 404 422 404
GET  /transactions/<payment>/place go 404 go 404
POST /transactions/<payment>/place go 404 go 404
GET  /exports/                200  404   200  200
GET  /exports/transactions    200  404   200  200
POST /exports/transactions    200  404   200  200
GET  /accounts/<account>/payment 200 404 200 404
POST /accounts/<account>/payment 422 404 422 404
GET  /accounts/<account>/entries/<entry> 200 404 200 200
POST /accounts/<account>/entries/<entry> 422 404 422 404
POST /accounts/<account>/entries/<entry>/banked 422 404 422 404
GET  /accounts/<account>/facts 200 404 200 404
POST /accounts/<account>/facts 422 404 422 404
GET  /accounts/<omar>/clients 200 200 200 404
POST /accounts/<account>/clients 422 404 422 404
POST /accounts/<account>/clients/<client>/off 422 404 422 404
GET  /clients/new 200 200 200 404
POST /clients/new 422 422 422 404
GET  /clients/<client> 200 404 200 404
POST /clients/<client> 422 404 422 404
GET  /clients/<client>/account 200 404 200 404
POST /clients/<client>/account 422 404 422 404
GET  /charges/<charge> 200 404 200 200
GET  /charges/<charge>/adjust 200 404 200 404
POST /charges/<charge>/adjust 422 404 422 404
GET  /charges/<charge>/plan 200 404 200 404
POST /charges/<charge>/plan 422 404 422 404
GET  /charges/<charge>/hold 200 404 200 404
POST /charges/<charge>/hold 422 404 422 404
POST /charges/<charge>/hold/end go 404 go 404
POST /charges/<charge>/confidential go 404 go 404
GET  / 200 200 200 200
GET  /help 200 200 200 200
GET  /inbox/ 200 200 200 200
GET  /superbill-details 200 200 200 200
POST /inbox/ go go go 404
POST /search/accounts go go go go
GET  /transactions/ 200 200 200 200
GET  /transactions/<payment> 200 404 200 200
GET  /transactions/<payment>/refund 200 404 200 404
POST /transactions/<payment>/refund 422 404 422 404
GET  /papers/<receipt> 200 404 200 200
GET  /papers/<receipt>.pdf 200 404 200 200
GET  /papers/ 200 404 200 200
GET  /papers/accounts/<account> 200 404 200 200
POST /papers/accounts/<account>/invoice 422 404 422 404
GET  /papers/<invoice> 200 404 200 200
GET  /superbills/ 200 200 404 404
GET  /superbills/<superbill> 200 404 404 404
GET  /superbills/<superbill>.pdf 200 404 404 404
GET  /superbills/<superbill>/correct 200 404 404 404
POST /superbills/<superbill>/correct 422 404 404 404
GET  /superbills/new/<account> 200 404 404 404
POST /superbills/new/<account> 422 404 404 404
GET  /statements/<account>?from_on=2026-10-01&to_on=2026-10-31 200 404 200 404
POST /statements/<account> 422 404 422 404
GET  /share/ 200 200 200 404
GET  /share/qr.png 200 200 200 404
GET  /share/flyer-es.pdf 200 200 200 404
GET  /money-back/<back> 200 200 200 200
POST /money-back/<back>/check go 404 go 404
POST /money-back/<back>/approve go 404 422 404
POST /money-back/<back>/cancel go 404 go 404
GET  /credits/ 200 404 200 200
GET  /reports/ 200 404 200 200
GET  /reports/collected 200 404 200 200
GET  /reports/aging.csv 200 404 200 200
GET  /links/ 200 200 200 200
GET  /links/new 200 200 404 404
GET  /links/new/<nia>/<account> 200 404 404 404
POST /links/new/<nia>/<account> 422 404 404 404
GET  /links/new/<nia>/<omar> 200 200 404 404
GET  /links/<helped> 200 404 200 200
GET  /links/<helped>/change 200 404 404 404
POST /links/<helped>/change 422 404 404 404
GET  /people/<nia>/reenrol 200 404 404 404
POST /people/<nia>/reenrol 422 404 404 404
GET  /people/<nia>/erase 200 404 404 404
POST /people/<nia>/erase 422 404 404 404
POST /links/<helped>/end 422 404 404 404
GET  /links/matches/ 200 200 200 200
POST /links/matches/ 422 422 404 404
GET  /links/invitations/ 200 200 200 200
GET  /links/invitations/new/<omar> 200 200 404 404
POST /links/invitations/new/<account> 422 404 404 404
POST /links/invitations/<asked>/renew 200 404 404 404
POST /links/invitations/<asked>/revoke go 404 404 404
GET  /accounts/ 200 200 200 200
GET  /accounts/<account> 200 404 200 200
GET  /accounts/<omar> 200 200 200 200
POST /accounts/<omar>/payments go go 404 404
GET  /to-post/ 200 404 200 200
GET  /to-post/<waiting> 200 404 200 404
POST /to-post/<waiting> go 404 go 404
POST /to-post/ go 404 go 404
GET  /tasks/ 200 404 200 200
POST /tasks/ 404 404 404 404
POST /tasks/unsure 422 404 422 404
GET  /disputes/ 200 404 200 200
GET  /disputes/<dispute> 200 404 200 200
POST /disputes/<dispute>/evidence 422 404 422 404
POST /disputes/<dispute>/evidence/remove 404 404 404 404
POST /disputes/<dispute>/answer 422 404 422 404
POST /disputes/<dispute>/look go 404 go 404
POST /disputes/<dispute>/end 422 404 422 404
GET  /deposits/ 200 404 200 200
POST /deposits/compare 200 404 200 404
GET  /deposits/<deposit> 200 404 200 200
POST /deposits/<deposit>/bank 422 404 422 404
POST /deposits/<deposit>/pick 404 404 404 404
POST /deposits/<deposit>/more 422 404 422 404
POST /deposits/<deposit>/unlock 422 404 422 404
GET  /deposits/<deposit>/adopt/0 404 404 404 404
POST /deposits/<deposit>/adopt/0 404 404 404 404
GET  /deposits/new/ 200 404 200 404
POST /deposits/new/ 422 404 422 404
GET  /deposits/files/report 200 404 200 404
POST /deposits/files/report 422 404 422 404
GET  /deposits/files/bank 200 404 200 404
POST /deposits/files/bank 422 404 422 404
GET  /deposits/files/bank/made-up 404 404 404 404
POST /deposits/files/bank/made-up 404 404 404 404
GET  /payments/ 200 404 404 200
POST /payments/on go 404 404 404
POST /payments/off 422 404 404 404
POST /payments/ticks/bank 422 404 404 404
GET  /payments/test/ 200 404 404 404
POST /payments/test/ 422 404 404 404
GET  /payments/test/token 200 404 404 404
GET  /settings/ 200 404 404 200
GET  /settings/details 200 404 404 404
POST /settings/details 422 404 404 404
POST /settings/outside/look go 404 404 404
GET  /staff/ 200 404 404 200
GET  /staff/new 200 404 404 404
POST /staff/new 422 404 404 404
GET  /staff/<rosa> 200 404 404 404
POST /staff/<rosa> 422 404 404 404
GET  /staff/<rosa>/remove 200 404 404 404
POST /staff/<rosa>/remove go 404 404 404
GET  /staff/<rosa>/again 200 404 404 404
POST /staff/<rosa>/again go 404 404 404
GET  /emergency/ 404 200 404 404
POST /emergency/find 404 200 404 404
POST /emergency/open 404 422 404 404
POST /emergency/close 404 go 404 404
GET  /providers/ 200 404 404 200
GET  /providers/new 200 404 404 404
POST /providers/new 422 404 404 404
GET  /providers/<provider> 200 404 404 404
POST /providers/<provider> 422 404 404 404
GET  /audit/ 200 404 404 200
GET  /audit/log.csv 200 404 404 200
GET  /audit/week 200 404 404 200
POST /audit/week go 404 404 404
"""


def a_file(staff: Staff) -> Import:
    """A file of services that was tried, with a row that is rejected."""
    text = "charge_id,account_id,client_id,service_date,label,amount\nV-1,1001,nobody,2026-10-05,Talk therapy,150.00\n"
    return batches.upload(io.BytesIO(text.encode()), "services.csv", ImportKind.CHARGES, staff, NOW)


def rows() -> list[list[str]]:
    """One stranger, seven clients, four of the staff: the columns of the table."""
    lines = [line.split() for line in DESK.strip().splitlines()[1:]]
    return [[method, f"/practice{path}", *columns_of("in", "404", staff)] for method, path, *staff in lines]
