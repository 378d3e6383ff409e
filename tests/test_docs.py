"""What a person can set, type or download stands in the README, and what the README names is there."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

import config
import documents
from app import create_app
from choices import DocumentType
from custody import columns

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
SCRIPT = (ROOT / "evenly").read_text(encoding="utf-8")


def rows() -> dict[str, str]:
    """First cell -> last cell of every table row."""
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in README.splitlines() if line[:1] == "|"]
    return {row[0]: row[-1] for row in cells}


@pytest.mark.parametrize("setting", fields(config.Settings), ids=lambda each: each.name)
def test_every_setting_is_in_the_readme_in_its_own_words(setting):
    shown = ", ".join(f"`{name}`" for name in config.variables(setting))

    assert rows()[shown] == setting.metadata["doc"]


@pytest.mark.parametrize("command", re.findall(r"^run_(\w+)\(\)", SCRIPT, re.MULTILINE))
def test_every_word_of_the_script_is_in_the_readme_and_in_its_own_help(command):
    assert f"`./evenly {command}`" in rows()
    assert f"  ./evenly {command}" in SCRIPT


def test_the_readme_names_no_command_or_setting_that_is_not_there():
    commands = set(re.findall(r"^run_(\w+)\(\)", SCRIPT, re.MULTILINE))
    settings = {f"`{name}`" for each in fields(config.Settings) for name in config.variables(each)}
    table = README.split("| Setting |")[1].split("\n\n")[0]

    assert set(re.findall(r"`\./evenly (\w+)`", README)) <= commands
    assert set(re.findall(r"`\w+`", "\n".join(line.split("|")[1] for line in table.splitlines()[2:]))) <= settings


def test_every_command_for_the_machine_is_in_the_readme(database):
    # Flask's own commands are its business.
    own = set(create_app(config.Settings(mode="test", database=database)).cli.commands) - {"run", "shell", "routes"}

    assert {name for name in own if not re.search(rf"`(\./evenly )?{name}[`\s]", README)} == set()


def test_a_command_that_needs_a_word_more_is_named_with_it(database):
    commands = create_app(config.Settings(mode="test", database=database)).cli.commands.values()
    needed = {f"{each.name} {word.human_readable_name}" for each in commands for word in each.params
              if word.param_type_name == "argument" and word.required}  # fmt: skip

    assert needed and {line for line in needed if f"`{line}`" not in README} == set()


def test_every_command_that_a_page_names_is_there(database):
    there = set(create_app(config.Settings(mode="test", database=database)).cli.commands)
    pages = (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"))
    named = {name for page in pages for name in re.findall(r"flask --app app ([a-z][a-z-]+)", page.read_text("utf-8"))}

    assert named and named <= there


@pytest.mark.parametrize("type", documents.DRAWN)
def test_every_paper_that_can_be_drawn_is_in_the_readme(type):
    assert re.search(rf"\b{DocumentType(type)}\b", README, re.IGNORECASE)


def test_the_page_on_backups_names_every_table_with_something_sealed():
    text = (ROOT / "docs/backups.md").read_text(encoding="utf-8")
    named = {name for line in text.splitlines() if line[:3] == "| `" for name in re.findall(r"`(\w+)`", line)}

    assert named == {model._meta.table_name for model in columns.sealed()}


def test_every_room_is_in_the_readme():
    rooms = {path.parent.name for path in ROOT.glob("*/__init__.py")} | {"templates", "static", "translations"}
    files = {path.name for path in ROOT.glob("*.py")}

    assert {room for room in rooms if f"`{room}/`" not in README} == set()
    assert {file for file in files if f"`{file}`" not in README} == set()


@pytest.mark.parametrize("path", [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")], ids=lambda path: path.name)
def test_every_link_to_a_file_finds_it(path):
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", path.read_text(encoding="utf-8"))

    assert [link for link in links if not (path.parent / link).exists()] == []


@pytest.mark.parametrize("path", sorted((ROOT / "docs" / "decisions").glob("*.md")), ids=lambda path: path.name)
def test_every_decision_says_context_decision_status_and_consequences(path):
    headings = set(re.findall(r"^#+ (.+)$|^\*\*(.+?)[.:]?\*\*", path.read_text(encoding="utf-8"), re.MULTILINE))
    words = " ".join(word.lower() for pair in headings for word in pair)

    assert [part for part in ("context", "decision", "status", "consequences") if part not in words] == []
