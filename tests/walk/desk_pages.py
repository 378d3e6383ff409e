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
POST /imports/<file>/try      go   404   go   404
POST /imports/<file>/take-in  422  404   422  404
POST /imports/<file>/undo     422  404   422  404
GET  /exports/                200  404   200  200
GET  /exports/transactions    200  404   200  200
POST /exports/transactions    200  404   200  200
"""


def a_file(staff: Staff) -> Import:
    """A file of services that was tried, with a row that is rejected."""
    text = "charge_id,account_id,client_id,service_date,label,amount\nV-1,1001,nobody,2026-10-05,Talk therapy,150.00\n"
    return batches.upload(io.BytesIO(text.encode()), "services.csv", ImportKind.CHARGES, staff, NOW)


def rows() -> list[list[str]]:
    """One stranger, seven clients, four of the staff: the columns of the table."""
    lines = [line.split() for line in DESK.strip().splitlines()[1:]]
    return [[method, f"/practice{path}", *columns_of("in", "404", staff)] for method, path, *staff in lines]
