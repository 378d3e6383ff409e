"""The rows of pages that clients and staff have each on their side, for the table of tests/walk/test_routes.py."""

# Below /account for clients, below /practice/security for staff; nobody on the other's side.
OWN = """
POST /sessions/end-others    go
GET  /password               200
POST /password               422
GET  /email                  200
POST /email                  422
GET  /email/code             go
POST /email/code             422
GET  /passkeys               200
POST /passkeys               go
POST /passkeys/options       200
GET  /passkeys/nobodys       404
POST /passkeys/nobodys       404
POST /passkeys/nobodys/remove 404
GET  /app                    200
POST /app                    go
GET  /app/new                go
POST /app/new                go
POST /app/remove             422
GET  /codes                  200
POST /codes                  200
"""
STAFF_ONLY = """
GET  /practice/security               200
POST /practice/security/sessions/end  go
"""
CLIENTS_ONLY = """
GET  /account/phone                   200
POST /account/phone                   go
"""
# At both doors: for a stranger, and for whoever is signed in, on whichever side.
DOORS = """
GET  /reset                              200  200
POST /reset                              in   in
GET  /reset/made-up                      404  404
POST /reset/made-up                      404  404
GET  /begin/made-up                      404  404
POST /begin/made-up                      404  404
POST /sign-in/passkey/options            200  200
POST /sign-in/passkey                    in   go
POST /sign-in/again/options              401  200
POST /sign-in/second-step/passkey        in   go
POST /sign-in/second-step/passkey/options in  go
"""


def rows() -> list[list[str]]:
    """One stranger, seven clients, four of the staff: the columns of the table."""
    found = []
    for method, path, outcome in _lines(OWN):
        found.append([method, f"/account{path}", *_columns("in", outcome, "404")])
        found.append([method, f"/practice/security{path}", *_columns("in", "404", outcome)])
    found += [[method, path, *_columns("in", "404", outcome)] for method, path, outcome in _lines(STAFF_ONLY)]
    found += [[method, path, *_columns("in", outcome, "404")] for method, path, outcome in _lines(CLIENTS_ONLY)]
    for method, path, stranger, others in _lines(DOORS):
        found += [[method, f"{door}{path}", *_columns(stranger, others, others)] for door in ("", "/practice")]
    return found


def _lines(table: str) -> list[list[str]]:
    return [line.split() for line in table.strip().splitlines()]


def columns_of(stranger: str, client: str, staff: list[str]) -> list[str]:
    return [stranger, *[client] * 7, *staff]


def _columns(stranger: str, client: str, staff: str) -> list[str]:
    return columns_of(stranger, client, [staff] * 4)
