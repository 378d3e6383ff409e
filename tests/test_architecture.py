"""Imports go down the floors, and what belongs to one file stays in that file. Each breach is a sentence."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
FLOORS = [
    {"serve"},
    {"app"},
    {"views", "cli", "jobs"},
    {"documents", "mail", "demo", "custody"},
    {"identity", "exchange"},
    {"billing", "migrations"},
    {"models", "gateways", "sandbox"},
    {"people"},
    {"tables"},
    {"fields"},
    {"money", "config", "words", "logs", "choices", "sealing", "banking_days"},
]
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
WEB = {"flask", "werkzeug", "htmx_flask", "wtforms"}
# package -> where alone it may be imported
FENCES = {
    "wtforms": ("views/",),
    "flask_wtf": ("views/", "app.py"),
    "flask_login": ("views/", "app.py"),
    "braintree": ("gateways/braintree",),
    "weasyprint": ("documents/pdf.py",),
    "pikepdf": ("documents/",),
    "htmx_flask": ("views/responses.py", "app.py"),
    "gateways.braintree": ("gateways/", "app.py"),
    "cryptography": ("sealing.py",),
    "demo.codes": ("demo/", "views/dev.py"),  # knows every code; mounted in the demo alone
    "pyotp": ("identity/totp.py", "demo/codes.py"),
    "segno": ("identity/totp.py", "documents/qr.py"),
    "argon2": ("identity/passwords.py",),
    "zxcvbn": ("identity/passwords.py",),
    "webauthn": ("identity/passkeys.py",),
    "smtplib": ("mail.py",),
    "huey": ("jobs.py",),
    "playhouse.migrations": ("migrations/__init__.py",),
}


def sources() -> list[Path]:
    """Every Python file that ships."""
    rooms = [ROOT / room for room in FLOOR]
    packages = [path for room in rooms if room.is_dir() for path in room.rglob("*.py")]
    return sorted(packages + [room.with_suffix(".py") for room in rooms if room.with_suffix(".py").exists()])


@cache
def tree(path: Path) -> ast.Module:
    """A file taken apart, once for all who look at it."""
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> Iterator[str]:
    """Every module named by an import anywhere in the file, also inside functions."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def breaches(path: Path) -> Iterator[str]:
    name, here = path.relative_to(ROOT).as_posix(), room_of(path)
    for module in sorted(set(imports(path))):
        there = module.split(".")[0]
        if there in FLOOR and there != here and FLOOR[there] <= FLOOR[here]:
            yield f"{name} imports {module}: {here} stands on {there}'s floor or below it, and imports go down."
        if there in WEB and FLOOR[here] > FLOOR["views"] and here != "sandbox":
            yield f"{name} imports {module}: only views, cli and jobs know the web."
        for fenced, allowed in FENCES.items():
            within = module == fenced or module.startswith(f"{fenced}.")
            if within and not name.startswith(allowed):
                yield f"{name} imports {module}, which belongs to {' and '.join(allowed)} alone."


def test_imports_go_down_and_stay_inside_their_fences():
    assert [sentence for path in sources() for sentence in breaches(path)] == []


def test_every_file_that_ships_has_a_floor():
    top = {path.stem for path in ROOT.glob("*.py")}
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}

    assert top | packages <= set(FLOOR) | {"frontend", "tests"}


def test_a_breach_is_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(f"{__name__}.ROOT", tmp_path)
    planted = tmp_path / "billing" / "planted.py"
    planted.parent.mkdir()
    planted.write_text("def late():\n    from flask import g\n    import braintree\n    from views import portal\n")

    assert list(breaches(planted)) == [
        "billing/planted.py imports braintree, which belongs to gateways/braintree alone.",
        "billing/planted.py imports flask: only views, cli and jobs know the web.",
        "billing/planted.py imports flask.g: only views, cli and jobs know the web.",
        "billing/planted.py imports views: billing stands on views's floor or below it, and imports go down.",
        "billing/planted.py imports views.portal: billing stands on views's floor or below it, and imports go down.",
    ]


def test_time_is_passed_into_billing_and_never_asked_for():
    asked = {"now", "today", "utcnow", "time"}
    for path in (ROOT / "billing").glob("*.py"):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in asked:
                owner = ast.unparse(node.func.value)
                assert owner not in ("datetime", "date", "time", "datetime.datetime"), f"{path.name}: {owner}"


def test_the_ledger_has_one_door():
    for path in sources():
        text = path.read_text(encoding="utf-8")
        if path.name not in ("entries.py", "models.py"):
            assert not re.search(r"(?<!\w)Entry\.(create|insert|update|delete)", text), path


def test_rooms_that_hide_what_is_in_them_do_not_exist():
    names = {path.stem for path in sources()} | {path.parent.name for path in sources()}

    assert not names & {"utils", "helpers", "services", "misc", "common", "repositories", "signals"}
