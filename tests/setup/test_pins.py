"""The same packages on every machine, from wherever that machine gets its packages."""

import json
import re
import tomllib
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
EXACT = re.compile(r"[a-z0-9-]+==[0-9][0-9a-z.]*( ; [^#]+)?")
REQUIREMENTS = ["requirements.txt", "requirements-dev.txt"]


def pins(name):
    """The lines of a requirements file that name a package from a registry."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith(("#", "-", "./"))]


def npm_file(name):
    return json.loads((ROOT / "frontend" / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", [*REQUIREMENTS, "constraints.txt"])
def test_every_pin_is_exact(name):
    assert [line for line in pins(name) if not EXACT.fullmatch(line)] == []


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_what_is_asked_for_is_what_the_constraints_say(name):
    assert set(pins(name)) <= set(pins("constraints.txt"))
    assert "-c constraints.txt" in (ROOT / name).read_text(encoding="utf-8")


def needs(package):
    """The packages that an installed one brings along on this machine."""
    found = [Requirement(text) for text in requires(package) or []]
    return [canonicalize_name(each.name) for each in found if not each.marker or each.marker.evaluate({"extra": ""})]


def test_every_package_that_comes_along_is_constrained():
    constrained = {line.partition("==")[0] for line in pins("constraints.txt")}
    waiting = [line.partition("==")[0] for name in REQUIREMENTS for line in pins(name)]

    seen = set()
    while waiting:
        package = waiting.pop()
        if package not in seen:
            seen.add(package)
            waiting += needs(package)

    assert seen <= constrained


def test_the_build_of_the_frontend_is_pinned_too():
    build = tomllib.loads((ROOT / "frontend/pyproject.toml").read_text(encoding="utf-8"))["build-system"]

    assert [line for line in build["requires"] if not EXACT.fullmatch(line)] == []


def test_npm_packages_are_exact_and_the_lock_holds_the_same_versions():
    asked = npm_file("package.json")["dependencies"]
    locked = npm_file("package-lock.json")["packages"]

    assert asked["htmx.org"] == "2.0.11"
    assert asked == locked[""]["dependencies"]
    assert asked == {name: locked[f"node_modules/{name}"]["version"] for name in asked}


def test_every_locked_npm_package_is_checked_by_sha512_and_names_no_registry():
    packages = {name: entry for name, entry in npm_file("package-lock.json")["packages"].items() if name}

    assert all(entry["integrity"].startswith("sha512-") for entry in packages.values())
    assert not any("resolved" in entry for entry in packages.values())


@pytest.mark.parametrize(
    "name",
    [*REQUIREMENTS, "constraints.txt", "pyproject.toml", "evenly", "frontend/package.json", "frontend/pyproject.toml"],
)
def test_no_package_index_is_named(name):
    text = (ROOT / name).read_text(encoding="utf-8")

    assert "://" not in text
    assert "--index-url" not in text
