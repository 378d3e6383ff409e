"""What the code never does, said once and looked for everywhere: each is a way in that others left open."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from fields import new_key
from tests.test_architecture import ROOT, imports, sources, tree

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
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def strayed(path: Path) -> Iterator[str]:
    """Each call of a file that leaves what is stated."""
    name = named(path)
    for called, call in calls(path):
        word = called.rpartition(".")[2]
        if called in ("eval", "exec", "compile", "pickle.loads", "yaml.load", "os.system"):
            yield f"{name} runs what it reads: {called}"
        if word in ("render_template_string", "from_string", "populate_obj"):
            yield f"{name} takes a template or a form whole: {called}"
        if word in ("execute_sql", "SQL", "executescript") and not (fixed(call) or name.startswith(OWN_SQL)):
            yield f"{name} puts SQL together: {called}"
        yield from (f"{name} takes whatever was sent: {text}" for text in loose(call) if word != "url_for")
        yield from (f"{name} opens a shell or a debugger: {called}" for keyword in call.keywords if risky(keyword))


def fixed(call: ast.Call) -> bool:
    return bool(call.args) and isinstance(call.args[0], ast.Constant)


def loose(call: ast.Call) -> list[str]:
    given = [ast.unparse(each.value) for each in call.keywords if each.arg is None]
    return [text for text in given if "request." in text]


def risky(keyword: ast.keyword) -> bool:
    return keyword.arg in ("shell", "debug") and ast.unparse(keyword.value) == "True"


def test_every_file_keeps_to_what_is_stated():
    assert [sentence for path in sources() for sentence in strayed(path)] == []


def test_the_search_finds_what_strays(tmp_path, monkeypatch):
    monkeypatch.setattr(f"{__name__}.ROOT", tmp_path)
    planted = tmp_path / "planted.py"
    planted.write_text(
        "eval(x)\nrender_template_string(x)\ndb.execute_sql('SELECT ' + x)\nRow(**request.form)\nrun(x, shell=True)\n"
    )

    assert list(strayed(planted)) == [
        "planted.py runs what it reads: eval",
        "planted.py takes a template or a form whole: render_template_string",
        "planted.py puts SQL together: db.execute_sql",
        "planted.py takes whatever was sent: request.form",
        "planted.py opens a shell or a debugger: run",
    ]


def test_nobody_calls_out_but_who_may_and_nothing_secret_is_predictable():
    used = {named(path): set(imports(path)) for path in sources()}

    calling = {name: all_ & OUTBOUND for name, all_ in used.items() if not name.startswith(MAY_CALL_OUT)}
    assert {name: reached for name, reached in calling.items() if reached} == {}
    assert [name for name, all_ in used.items() if "random" in all_ and not name.startswith(PREDICTABLE)] == []


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
