"""`./evenly mutants [files]`: change the code a little, thousands of times, and see whether a test notices each time.

mutmut does the work in a copy of the project, var/mutants, and goes on where it stopped. It leaves decorated functions
alone, but the sums of the books are properties: in the copy those are written without the decorator.
"""

import ast
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
COPY = ROOT / "var" / "mutants"
CODE = ("money.py", "billing", "gateways")
LEFT_OUT = (".git", ".venv", "var", "node_modules", "mutants", "__pycache__", "docs")
MUTMUT = (sys.executable, "-m", "mutmut")


def main(*files: str) -> int:
    """1 when a change of these files (all, when none is named) went unnoticed; each is printed as a difference."""
    for path in _wanted():
        _copy(path)
    names = [pattern(file) for file in files]
    subprocess.run([*MUTMUT, "run", *names], cwd=COPY, check=True)
    left = [name for name in survivors() if not names or name.startswith(tuple(name[:-1] for name in names))]
    for name in left:
        print(subprocess.run([*MUTMUT, "show", name], cwd=COPY, capture_output=True, text=True).stdout)
    print(f"{len(left)} changes went unnoticed." if left else "Every change was noticed.")
    return 1 if left else 0


def pattern(file: str) -> str:
    """billing/figures.py -> "billing.figures.*", as mutmut names what it changes."""
    return file.removesuffix(".py").strip("/").replace("/", ".") + ".*"


def survivors() -> list[str]:
    """The names of the changes that no test noticed, or that no test reaches."""
    told = subprocess.run([*MUTMUT, "results"], cwd=COPY, capture_output=True, text=True, check=True).stdout
    rows = (line.strip().rpartition(": ") for line in told.splitlines())
    return [name for name, _, state in rows if state in ("survived", "no tests", "suspicious")]


def undecorated(source: str) -> str:
    """The same module with `name = property(name)` after each function instead of `@property` before it."""
    lines = source.splitlines(keepends=True)
    for node in sorted(_properties(ast.parse(source)), key=lambda node: -node.lineno):
        indent = " " * node.col_offset
        lines.insert(node.end_lineno, f"{indent}{node.name} = property({node.name})\n")
        del lines[node.decorator_list[0].lineno - 1]
    return "".join(lines)


def _properties(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and [ast.unparse(each) for each in node.decorator_list] == ["property"]:
            yield node


def _wanted() -> Iterator[Path]:
    for top in ROOT.iterdir():
        if top.name not in LEFT_OUT:
            yield from (path for path in [top, *top.rglob("*")] if path.is_file() and not set(path.parts) & {*LEFT_OUT})


def _copy(path: Path) -> None:
    """Only what differs, so that mutmut knows what has not changed."""
    place, name = COPY / path.relative_to(ROOT), path.relative_to(ROOT)
    content = path.read_bytes()
    if name.suffix == ".py" and name.parts[0] in CODE:
        content = undecorated(content.decode()).encode()
    if not place.exists() or place.read_bytes() != content:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
        shutil.copymode(path, place)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
