"""The files from npm are there, in the releases that were asked for, and nothing of them is in the repository."""

import json
from pathlib import Path

import evenly_frontend
import pytest

ROOT = Path(__file__).parents[2]
FILES = [
    "htmx.min.js",
    "modern-normalize.css",
    "braintree/client.js",
    "braintree/hosted-fields.js",
    *(f"fonts/source-sans-3-{face}.woff2" for face in ("latin-400", "latin-600", "latin-700")),
    *(f"fonts/source-sans-3-{face}.woff2" for face in ("latin-ext-400", "latin-ext-600", "latin-ext-700")),
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
