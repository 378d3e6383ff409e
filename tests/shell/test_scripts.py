"""The inventory of scripts, the files, the templates and the pages tell one story (PCI DSS 6.4.3)."""

import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from evenly_frontend import asset_dir, versions

from models import Task
from tests import builders
from views import scripts
from views.portal.card_boxes import BUNDLES

ROOT = Path(__file__).parents[2]
TEMPLATES = {path: path.read_text(encoding="utf-8") for path in (ROOT / "templates").rglob("*.html")}
# What a page of each kind loads: the card page none of the application's comforts, and the bundles only for a new card.
PAGES = {
    "/sign-in": {"plain", "passkey"},
    "/account/passkeys": {"signed in", "plain", "passkey"},
    "/": {"signed in", "plain"},
    "/practice/": {"signed in", "plain"},
    "/cards/new": {"signed in", "card"},
    "/pay/checkout": {"signed in", "card"},
}


def files(*pages):
    return {script.file for script in scripts.inventory() if script.pages in pages}


class Loaded(HTMLParser):
    """Addresses of the scripts of a page."""

    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        if tag == "script":
            self.found.append(dict(attributes)["src"].partition("?")[0].removeprefix("/"))


def test_each_script_is_the_one_that_the_inventory_describes():
    assert scripts.problems() == []


def test_every_script_there_is_stands_in_the_inventory():
    there = {f"static/{path.name}" for path in (ROOT / "static").rglob("*.js")}
    there |= {f"assets/{path.relative_to(asset_dir()).as_posix()}" for path in asset_dir().rglob("*.js")}

    assert there == {script.file for script in scripts.inventory()}


def test_the_inventory_says_why_each_is_there_and_whose_it_is():
    for script in scripts.inventory():
        assert script.why.endswith(".") and script.pages in {"plain", "signed in", "passkey", "card", "new card"}
        assert script.version == ("with Evenly" if script.ours else versions()[script.owner])


def test_templates_load_nothing_else_and_hold_no_script_of_their_own():
    named = [
        match
        for text in TEMPLATES.values()
        for match in re.findall(
            r'<script nonce="{{ csp_nonce }}" src="{{ url_for\("(\w+)", filename="([\w.]+)"\) }}"', text
        )
    ]

    assert sum(text.count("<script") for text in TEMPLATES.values()) == len(named)
    assert {"/".join(pair) for pair in named} == files("plain", "signed in", "passkey", "card")
    assert {f"assets/{name}" for name in BUNDLES} == files("new card")
    assert not [path for path, text in TEMPLATES.items() if re.search(r"javascript:|\son\w+=", text)]


@pytest.mark.parametrize("address", PAGES)
def test_a_page_loads_what_the_inventory_allows_it_and_those_bytes(client, sign_in, practice, address):
    ana = builders.ana()
    if address == "/pay/checkout":
        address += f"?way=one&charge={builders.a_charge(ana).key}"
    who = builders.a_staff_member(role="owner") if address == "/practice/" else ana.user
    browser = client if address == "/sign-in" else sign_in(who)

    loaded = Loaded(browser.get(address, follow_redirects=True).text).found

    assert sorted(loaded) == sorted(files(*PAGES[address.partition("?")[0]]))
    described = {script.file: script.sha256 for script in scripts.inventory()}
    for file in loaded:
        with browser.get(f"/{file}") as answer:
            assert hashlib.sha256(answer.data).hexdigest() == described[file]


@pytest.fixture
def planted(tmp_path, monkeypatch):
    """An inventory of one's own: `planted("static/pay.js", sha256="0")` plants an error."""
    monkeypatch.setattr(scripts, "INVENTORY", tmp_path / "scripts.json")

    def plant(file, /, **changes):
        (row,) = [script for script in json.loads(_real()) if script["file"] == file]
        scripts.INVENTORY.write_text(json.dumps([row | changes]))

    return plant


def _real():
    return (ROOT / "views" / "scripts.json").read_text(encoding="utf-8")


CHANGED = "static/pay.js is not the file that the inventory of scripts describes."


@pytest.mark.parametrize(
    ("file", "changes", "sentences"),
    [
        ("static/pay.js", {"sha256": "0"}, [CHANGED]),
        ("static/pay.js", {"file": "static/gone.js"}, ["static/gone.js is in the inventory of scripts and not there."]),
        (
            "assets/braintree/client.js",
            {"version": "3.0.0"},
            ["assets/braintree/client.js comes from braintree-web 3.144.0, the inventory says 3.0.0."],
        ),
    ],
)
def test_what_differs_is_said_in_a_sentence(planted, capsys, file, changes, sentences):
    planted(file, **changes)

    assert scripts.main([]) == 1
    assert capsys.readouterr().err.splitlines() == sentences


def test_our_own_hashes_are_written_by_the_command_and_those_of_others_are_not(planted):
    planted("static/pay.js", sha256="0")
    assert scripts.main(["write"]) == 0
    assert json.loads(scripts.INVENTORY.read_text()) == [
        row for row in json.loads(_real()) if row["file"] == "static/pay.js"
    ]

    planted("assets/htmx.min.js", sha256="0")
    assert scripts.main(["write"]) == 1


def test_staff_are_told_of_a_script_that_changed(app, planted):
    planted("static/pay.js", sha256="0")

    assert app.extensions["jobs"].run_due()["check the scripts"] == 1
    assert [(task.kind, task.detail) for task in Task.select()] == [("task.scripts", CHANGED)]
