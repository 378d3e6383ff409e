"""Takes the README's pictures of the demo practice: `python -m tests.shots [folder]`.

The demo stands still on one day, so that the same code gives the same pictures.
"""

import io
import re
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import chain
from pathlib import Path

import pypdfium2
from flask import Flask
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

import documents
import sandbox
from app import create_app
from choices import DocumentType
from config import Settings
from demo import load, vault
from migrations import migrate
from models import Document, db, open_database
from tests.browser_program import CHROMIUM
from tests.builders import NOW, TODAY
from tests.visitor import HASH, PASSWORD

PICTURES = Path(__file__).parent.parent / "docs" / "pictures"
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}
DESKTOP = {"viewport": {"width": 1280, "height": 800}, "device_scale_factor": 1.5}
ADDRESS = "http://pay.example.com"  # as the share kit says it; not HTTPS, or no cookie would come to this machine
SCREENS = {
    "today": "/practice/", "payments": "/practice/transactions/", "switch": "/practice/payments/",
    "share": "/practice/share/", "deposits": "/practice/deposits/",
}  # fmt: skip
# Two services that are new, and one of an account that nobody has.
MONTH = """charge_id,account_id,client_id,service_date,label,amount
V-301,1001,DEMO-C01,2026-11-18,Talk therapy,185.00
V-302,1002,DEMO-C02,2026-11-19,Talk therapy,150.00
V-303,2001,DEMO-C02,2026-11-19,Talk therapy,150.00
"""
COLOURS = 128  # plain colours and their soft edges need no more
LARGEST = 120_000  # bytes; the README loads all of them


class Quiet(WSGIRequestHandler):
    """Says nothing about the requests it answers."""

    def log(self, *args: object) -> None:
        pass


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        site = stack.enter_context(demo_site(Path(stack.enter_context(tempfile.TemporaryDirectory()))))
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        for name, picture in chain(on_a_phone(browser, site), on_a_desktop(browser, site), on_paper()):
            keep(folder / f"{name}.png", picture)
        browser.close()


@contextmanager
def demo_site(folder: Path) -> Iterator[str]:
    """The address of the portal with the demo practice, as it stands on the story's last day."""
    database = folder / "evenly.sqlite"
    open_database(str(database))
    migrate()
    processor = sandbox.start(folder / "sandbox.sqlite")
    with db.connection_context():
        load.load(TODAY, NOW, HASH)
        processor.seed(vault.seeds())
    app = create_app(Settings(mode="demo", database=database, gateway_port=processor.port, public_url=ADDRESS))
    app.extensions["clock"] = lambda: NOW
    with served(app) as site:
        processor.control("webhooks", {"url": f"{site}/webhooks/braintree", "kind": "check", "wait": 5})
        yield site
    processor.stop()


@contextmanager
def served(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def on_a_phone(browser: Browser, site: str) -> Iterator[tuple[str, bytes]]:
    """Ana sees what she owes, picks both visits, and pays them with her saved card."""
    page = signed_in(browser, f"{site}/sign-in", "ana@example.com", PHONE)
    yield "phone-home", page.screenshot()
    page.get_by_role("link", name="Make a payment").click()
    page.get_by_label("Check all").check()
    page.wait_for_load_state("networkidle")
    yield "phone-choose", page.screenshot()
    page.locator(".paybar button").click()
    page.wait_for_load_state("networkidle")
    yield "phone-pay", page.screenshot()
    page.locator("#go").click()
    page.get_by_role("heading", name="Payment received").wait_for()
    yield "phone-paid", page.screenshot()


def on_a_desktop(browser: Browser, site: str) -> Iterator[tuple[str, bytes]]:
    """The owner reads what came in and what waits, tries a file, and looks at what the guide speaks of."""
    page = signed_in(browser, f"{site}/practice/sign-in", "mara@example.com", DESKTOP)
    for name, path in SCREENS.items():
        page.goto(site + path)
        yield f"desktop-{name}", page.screenshot()
    page.goto(f"{site}/practice/imports/")
    page.get_by_label("What is in it").select_option("Services and fees")
    page.get_by_label("File").set_input_files({"name": "charges.csv", "mimeType": "text/csv", "buffer": MONTH.encode()})
    page.get_by_role("button", name="Check the file").click()
    page.get_by_text("Nothing is saved yet.").wait_for()
    yield "desktop-import", page.screenshot()


def signed_in(browser: Browser, door: str, email: str, device: dict) -> Page:
    page = browser.new_context(**device, color_scheme="light", reduced_motion="reduce", locale="en-US").new_page()
    page.goto(door)
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.locator("main form:has(#password) button[type=submit]").click()
    said = page.get_by_text("In the demo, the code is now").inner_text()
    page.get_by_label("6-digit code").fill(re.search(r"\d{6}", said)[0])
    page.locator("main form:has(#code) button[type=submit]").click()
    page.wait_for_load_state("networkidle")
    return page


def on_paper() -> Iterator[tuple[str, bytes]]:
    """The first page of a superbill as it prints."""
    with db.connection_context():
        paper = Document.select().where(Document.type == DocumentType.SUPERBILL).order_by(Document.id).get()
        printed = pypdfium2.PdfDocument(documents.as_pdf(paper))
    picture = io.BytesIO()
    printed[0].render(scale=1.5).to_pil().save(picture, "PNG")
    yield "superbill", picture.getvalue()


def keep(path: Path, picture: bytes) -> None:
    """As a small PNG."""
    plain = Image.open(io.BytesIO(picture)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    plain.save(path, optimize=True)
    size = path.stat().st_size
    print(
        f"{path.name:24} {plain.width} x {plain.height}, {size / 1000:.0f} kB{'  too large' if size > LARGEST else ''}"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURES)
