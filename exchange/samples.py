"""Our own templates: the header of each kind of file, and one row as an example."""

from collections.abc import Iterator

from billing.sheets import sheet
from exchange.kinds import Kind

# Other systems name a client by these; a file of ours has the client's id.
THEIRS = ("client_name", "first_name", "last_name", "date_of_birth")


def template(kind: Kind) -> Iterator[str]:
    """The file in pieces."""
    example: dict[str, str] = kind.rows.EXAMPLE
    names = [column.name for column in kind.columns if not (kind.money and column.name in THEIRS)]
    return sheet(names, [[example.get(name, "") for name in names]])
