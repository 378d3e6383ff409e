"""The inventory of scripts: which a page may load, why, whose each is, and the SHA-256 of its bytes (PCI DSS 6.4.3).

`scripts.json` is the inventory. `python -m views.scripts` compares it with the files, `… write` brings the hashes of
our own files up to date; a bundle of others is pinned by a person who has read what changed.
"""

import hashlib
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import click
from evenly_frontend import versions
from flask import Flask

from views.assets import FOLDERS

INVENTORY = Path(__file__).with_name("scripts.json")
OURS = "Evenly"


@dataclass(frozen=True)
class Script:
    """One script. `file` is its address without the leading slash.

    `pages`: plain, signed in, passkey, card or new card.
    """

    file: str
    pages: str
    why: str
    owner: str
    version: str
    sha256: str

    @property
    def path(self) -> Path:
        folder, _, name = self.file.partition("/")
        return FOLDERS[folder] / name

    @property
    def ours(self) -> bool:
        return self.owner == OURS


def init_app(app: Flask) -> None:
    app.extensions["script_problems"] = problems  # for the daily look


def inventory() -> list[Script]:
    """Every script that any page may load."""
    return [Script(**row) for row in json.loads(INVENTORY.read_text(encoding="utf-8"))]


def problems() -> list[str]:
    """A sentence for each script that is not what the inventory says; empty when all is well."""
    return [sentence for script in inventory() for sentence in _problems(script)]


def write() -> None:
    """Put the hashes of our own files into the inventory."""
    rows = [
        {**asdict(script), "sha256": _digest(script.path) if script.ours else script.sha256} for script in inventory()
    ]
    INVENTORY.write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _problems(script: Script) -> Iterator[str]:
    if not script.path.is_file():
        yield f"{script.file} is in the inventory of scripts and not there."
    elif _digest(script.path) != script.sha256:
        yield f"{script.file} is not the file that the inventory of scripts describes."
    release = script.version if script.ours else versions()[script.owner]
    if release != script.version:
        yield f"{script.file} comes from {script.owner} {release}, the inventory says {script.version}."


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main(words: list[str]) -> int:
    """What `./evenly check` runs: write first when asked to, then say what is wrong."""
    if words == ["write"]:
        write()
    found = problems()
    for sentence in found:
        click.echo(sentence, err=True)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
