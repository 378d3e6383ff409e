"""What the code never does, said once and looked for everywhere: each is a way in that others left open."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from fields import new_key
from tests.test_architecture import ROOT, imports, sources

TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
# Who may open a connection: to the processor (its library), to the mail server, to our own page as clients reach it,
# and the stand-in processor to ours.
OUTBOUND = {"requests", "httpx", "urllib.request", "http.client", "socket", "smtplib", "ftplib", "aiohttp", "urllib3"}
MAY_CALL_OUT = ("mail.py", "gateways/braintree", "sandbox/", "cli/demo.py", "views/live_page.py")
# Where SQL is written by hand, all of it from our own words.
OWN_SQL = (
    "tables.py", "migrations/", "custody/", "sandbox/", "cli/", "billing/audit.py", "billing/transactions.py",
    "exchange/transactions_file.py",
)  # fmt: skip
PREDICTABLE = ("demo/", "sandbox/")


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", sources(), ids=named)
def test_a_file_keeps_to_what_is_stated(path):
    name = named(path)
    for called, call in calls(path):
        word = called.rpartition(".")[2]
        assert called not in ("eval", "exec", "compile", "pickle.loads", "yaml.load", "os.system"), (name, called)
        assert word not in ("render_template_string", "from_string", "populate_obj"), (name, called)
        if word in ("execute_sql", "SQL", "executescript") and not name.startswith(OWN_SQL):
            assert call.args and isinstance(call.args[0], ast.Constant), f"{name} puts SQL together: {called}"
        if word != "url_for":
            loose = [ast.unparse(each.value) for each in call.keywords if each.arg is None]
            assert not [text for text in loose if "request." in text], f"{name} takes whatever was sent: {loose}"
        for keyword in call.keywords:
            assert not (keyword.arg in ("shell", "debug") and ast.unparse(keyword.value) == "True"), (name, called)


@pytest.mark.parametrize("path", sources(), ids=named)
def test_nobody_calls_out_but_who_may_and_nothing_secret_is_predictable(path):
    name, used = named(path), set(imports(path))
    if not name.startswith(MAY_CALL_OUT):
        assert not used & OUTBOUND, f"{name} can reach other hosts"
    if not name.startswith(PREDICTABLE):
        assert "random" not in used, f"{name} uses numbers that can be guessed"


def test_what_stands_in_an_address_is_128_bits_from_the_systems_source():
    keys = {new_key() for _ in range(1_000)}

    assert len(keys) == 1_000
    assert {len(key) for key in keys} == {22}  # 16 bytes, six bits a letter


def test_templates_escape_everything():
    """What is safe as it stands is said so in Python, beside the reason."""
    for path in TEMPLATES:
        text = re.sub(
            r'"[^"]*"\|safe', "", path.read_text(encoding="utf-8")
        )  # a tag of our own is not typed by anybody
        assert not re.search(r"\|\s*safe\b|autoescape\s+false", text), named(path)


def test_nothing_hinders_pasting_or_a_password_manager():
    for path in (*TEMPLATES, *(ROOT / "static").glob("*.js")):
        assert not re.search(r"onpaste|addEventListener\(.paste", path.read_text(encoding="utf-8")), named(path)
    boxes = [box for path in TEMPLATES for box in re.findall(r"<input[^>]*type=\"password\"[^>]*>", path.read_text())]
    assert all('autocomplete="' in box and 'autocomplete="off"' not in box for box in boxes)
