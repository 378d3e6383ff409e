"""Which Chromium the tests drive: the one without windows draws the same pages for a third of the work."""

from shutil import which

CHROMIUM = which("chromium-headless-shell") or which("chromium") or "/usr/bin/chromium"
