"""What an entry of the ledger is called in addresses and forms: the beginning of its hash, which says nothing.

Figures are written as letters, so that no name of an entry ever looks like the number of a card.
"""

from typing import Any

from models import Entry

LETTERS = 22  # of a hexadecimal hash: 88 bits
FIGURES = str.maketrans("0123456789", "ghijklmnop")
AS_THEY_WERE = str.maketrans("ghijklmnop", "0123456789")


def key_of(entry: Entry) -> str:
    return str(entry.hash)[:LETTERS].translate(FIGURES)


def is_called(key: str) -> Any:
    """The condition that finds the entry with this key, and none for anything else."""
    begins = key.translate(AS_THEY_WERE) if len(key) == LETTERS else "none"
    return (Entry.hash >= begins) & (Entry.hash < begins + "g")
