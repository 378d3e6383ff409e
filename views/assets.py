"""Files that never change under one address: our own and those of the frontend package."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from evenly_frontend import asset_dir
from flask import Flask, Response, current_app, request, send_from_directory

ENDPOINTS = ("static", "assets")
FOREVER = "public, max-age=31536000, immutable"


def init_app(app: Flask) -> None:
    app.add_url_rule("/assets/<path:filename>", "assets", _asset)
    app.url_defaults(_add_version)
    app.after_request(_keep_long)


def _asset(filename: str) -> Response:
    return send_from_directory(asset_dir(), filename)


def _add_version(endpoint: str, values: dict[str, Any]) -> None:
    if endpoint not in ENDPOINTS:
        return
    folder = asset_dir() if endpoint == "assets" else Path(current_app.static_folder or "")
    path = folder / str(values.get("filename", ""))
    if path.is_file():
        values.setdefault("v", _version(path, path.stat().st_mtime_ns))


@cache
def _version(path: Path, _modified: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:10]


def _keep_long(response: Response) -> Response:
    if request.endpoint in ENDPOINTS and "v" in request.args and response.status_code < 400:
        response.headers["Cache-Control"] = FOREVER
    return response
