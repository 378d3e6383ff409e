"""A short soak passes, and one with a careless portal does not: the proof can fail."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
WRONG = ("charged twice", "lost", "unknown left", "invariants broken")


def soak(*words: str) -> tuple[int, dict[str, int], str]:
    """The exit code, the first number of each row of the table, and all that was said."""
    ran = subprocess.run([sys.executable, "-m", "tests.soak", *words], cwd=ROOT, capture_output=True, text=True)
    rows = re.findall(r"^(\S.*?\S) {2,}([\d,]+)", ran.stdout, re.MULTILINE)
    return ran.returncode, {what: int(value.replace(",", "")) for what, value in rows}, ran.stdout + ran.stderr


def test_whatever_breaks_money_is_taken_once_and_recorded():
    code, table, said = soak("--payments", "20", "--seed", "2", "--threads", "3", "--kill-every", "4")

    assert ([table[what] for what in WRONG], code) == ([0, 0, 0, 0], 0), said
    assert table["payments asked for"] >= 20
    assert table["recorded in the books"] == table["charged at the processor"] > 0
    assert table["times the portal was killed"] and table["faults ordered"]


def test_a_careless_portal_is_found_out():
    code, table, said = soak("--payments", "10", "--threads", "3", "--adapter", "tests.soak.careless:Careless")

    assert code == 1, said
    assert table["charged twice"] and table["lost"], said
