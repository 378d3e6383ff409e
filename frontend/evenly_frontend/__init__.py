"""The files a browser or a paper needs that others wrote: htmx, a CSS base, fonts, braintree-web.

They come from npm when this package is built (see `hatch_build.py`); none is in the repository.
"""

import json
from pathlib import Path


def asset_dir() -> Path:
    """The folder of the files; `versions()` says which release each came from."""
    return Path(__file__).parent / "assets"


def versions() -> dict[str, str]:
    """The npm packages the files came from, each with its version."""
    found: dict[str, str] = json.loads((asset_dir() / "versions.json").read_text(encoding="utf-8"))
    return found
