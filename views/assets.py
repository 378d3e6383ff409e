"""Files that never change under one address: our own and those of the frontend package."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from evenly_frontend import asset_dir
from flask import Flask, Response, request, send_from_directory
from werkzeug.security import safe_join

FOLDERS = {"static": Path(__file__).parents[1] / "static", "assets": asset_dir()}
ENDPOINTS = tuple(FOLDERS)
FOREVER = "public, max-age=31536000, immutable"


def init_app(app: Flask) -> None:
    for endpoint in ENDPOINTS:
        app.add_url_rule(f"/{endpoint}/<path:filename>", endpoint, _file)
    app.url_defaults(_add_version)


def _file(filename: str) -> Response:
    response = send_from_directory(FOLDERS[str(request.endpoint)], filename)
    # Read at once: a file that is still open when it is compressed would stay open.
    response.direct_passthrough = False
    response.make_sequence()
    if "v" in request.args:
        response.headers["Cache-Control"] = FOREVER
    return response


def _add_version(endpoint: str, values: dict[str, Any]) -> None:
    if endpoint in ENDPOINTS:
        path = Path(safe_join(str(FOLDERS[endpoint]), values["filename"]) or "")
        if path.is_file():
            values.setdefault("v", _version(path, path.stat().st_mtime_ns))


@cache
def _version(path: Path, _modified: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:10]
