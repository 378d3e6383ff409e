"""docs/asvs.md names a test that exists for each requirement we hold ourselves to, or says in a sentence why not."""

import ast
import re
from functools import cache

import pytest

from tests.test_architecture import ROOT

# Of OWASP ASVS 5.0.0 (https://github.com/OWASP/ASVS/tree/v5.0.0_release) what concerns a portal of this kind.
REQUIRED = """
    1.2.1 1.2.4 1.2.10 1.3.7 2.2.2 2.3.1 2.3.2 2.3.3 2.3.4 2.4.1 3.2.1 3.3.1 3.3.2 3.3.3 3.3.4 3.4.1 3.4.3 3.4.4
    3.4.5 3.4.6 3.5.1 3.5.3 3.7.2 4.1.3 5.4.2 6.2.1 6.2.4 6.2.5 6.2.7 6.2.9 6.2.10 6.2.12 6.3.1 6.3.3 6.3.8 6.4.3
    6.4.4 6.5.1 6.5.2 6.5.5 6.6.1 6.6.3 7.2.4 7.3.1 7.3.2 7.4.1 7.4.2 7.4.3 7.5.1 7.5.2 7.5.3 8.2.1 8.2.2 8.2.3
    8.3.1 8.4.1 11.4.2 11.5.1 13.2.4 13.3.1 13.4.2 14.2.1 14.2.3 14.3.1 14.3.2 14.3.3 15.3.3 16.2.1 16.2.5 16.3.1
    16.3.2 16.4.2 16.5.1 16.5.2 16.5.3
"""
ROW = re.compile(r"^\| (\d+\.\d+\.\d+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
ROWS = ROW.findall((ROOT / "docs/asvs.md").read_text(encoding="utf-8"))


@cache
def functions_of(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_requirement_has_its_row_and_only_one():
    assert sorted(id for id, _, _ in ROWS) == sorted(REQUIRED.split())


@pytest.mark.parametrize(("id", "shown"), [(id, shown) for id, _, shown in ROWS])
def test_what_a_row_names_is_there(id, shown):
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", shown)
    assert named or shown.startswith("No test: ")
    assert [f"{path}::{name}" for path, name in named if name not in functions_of(path)] == []
