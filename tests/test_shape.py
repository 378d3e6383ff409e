"""The shape of the code: short functions, short files, everything typed and explained."""

import ast
import re
import statistics
from collections.abc import Iterator
from pathlib import Path

from tests.test_architecture import ROOT, sources, tree

Function = ast.FunctionDef | ast.AsyncFunctionDef

LONGEST_FUNCTION = 40
LONGEST_FILE = {"models.py": 900}
FILE, TEST_FILE = 300, 400


def functions(path: Path) -> Iterator[Function]:
    for node in ast.walk(tree(path)):
        if isinstance(node, Function):
            yield node


def body_length(function: Function) -> int:
    """Lines of the body without the docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


def untyped(function: Function) -> list[str]:
    """What lacks a type, except `self` and `cls`."""
    arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    optional = [argument for argument in (function.args.vararg, function.args.kwarg) if argument]
    bare = [argument.arg for argument in (*arguments, *optional) if argument.annotation is None]
    missing = [name for name in bare if name not in ("self", "cls")]
    return missing + ([] if function.returns or function.name == "__init__" else ["return"])


def lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def all_tests() -> list[Path]:
    return sorted((ROOT / "tests").rglob("*.py"))


def migrations(path: Path) -> bool:
    return path.parent.name == "migrations" and path.name[0].isdigit()


def test_no_function_is_long_and_most_are_short():
    lengths = {f"{path.name}:{f.name}": body_length(f) for path in sources() for f in functions(path)}

    assert {name: length for name, length in lengths.items() if length > LONGEST_FUNCTION} == {}
    assert statistics.median(lengths.values()) <= 6
    assert statistics.quantiles(lengths.values(), n=20)[-1] <= 25


def test_a_file_fits_in_the_head():
    """A migration is a frozen list of tables, read once."""
    read = [path for path in sources() if not migrations(path)]

    assert [path for path in read if lines(path) > LONGEST_FILE.get(path.name, FILE)] == []


def test_a_test_file_fits_in_the_head():
    long = {path.name: lines(path) for path in all_tests() if lines(path) > TEST_FILE}

    assert long == {}


def test_everything_is_typed():
    bare = {f"{path}: {f.name}": untyped(f) for path in sources() for f in functions(path)}

    assert {name: missing for name, missing in bare.items() if missing} == {}


def test_every_file_says_what_it_is():
    assert [path for path in sources() if not ast.get_docstring(tree(path))] == []


def test_nothing_is_left_for_later():
    later = re.compile(
        r"#.*\b(TO" + "DO|FIX" + "ME|XX" + "X)\\b|pragma: no " + "cover|Not" + "ImplementedError|mark\\.skip"
    )
    found = {path.name: later.findall(path.read_text(encoding="utf-8")) for path in [*sources(), *all_tests()]}

    assert {name: marks for name, marks in found.items() if marks} == {}
