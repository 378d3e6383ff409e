"""Passkeys in Chromium, with a device of its own that looks at a face which is always there."""

from dataclasses import replace

import pytest
from playwright.sync_api import expect

from identity import passkeys
from models import AuditEntry, Passkey, SignIn
from tests.builders import a_charge, a_staff_member, ana
from tests.visitor import HASH, PASSWORD, equipped

DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
# The virtual device answers autofill by itself, before anyone has pressed a button.
NO_AUTOFILL = "PublicKeyCredential.isConditionalMediationAvailable = async () => false"


@pytest.fixture
def here(app, site) -> str:
    """The portal's address with a name, since no browser offers passkeys for a number."""
    address = site.replace("127.0.0.1", "localhost")
    app.extensions["settings"] = replace(app.extensions["settings"], public_url=address)
    return address


@pytest.fixture
def browse(chromium, here, sign_in):
    """`browse(ana)`: a phone on which she is signed in, and which keeps passkeys."""
    contexts = []

    def browse(person=None, language="en", autofill=False, width=390):
        context = chromium.new_context(base_url=here, viewport={"width": width, "height": 844}, reduced_motion="reduce")
        contexts.append(context)
        context.add_cookies([{"name": "language", "value": language, "url": here}])
        if person:
            cookie = sign_in(person).get_cookie("session")
            context.add_cookies([{"name": "session", "value": cookie.value, "url": here}])
        if not autofill:
            context.add_init_script(NO_AUTOFILL)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.wrong = []
        page.on("pageerror", lambda error: page.wrong.append(str(error)))
        page.on("console", lambda line: "Content Security" in line.text and page.wrong.append(line.text))
        page.device = context.new_cdp_session(page)
        page.device.send("WebAuthn.enable")
        page.device.id = page.device.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})["authenticatorId"]
        return page

    yield browse
    for context in contexts:
        context.close()


@pytest.fixture
def anas(practice):
    person = ana()
    a_charge(person)
    person.user.password_hash = HASH
    person.user.save()
    return equipped(person.user)


def add_one(page, button="Add a passkey", path="/account/passkeys"):
    page.goto(path)
    page.get_by_role("button", name=button).click()
    page.locator("ul.rows .row").first.wait_for()


def leave(page):
    """Sign out, and forget everything but what the device keeps."""
    page.context.clear_cookies()


def test_from_adding_a_passkey_to_signing_in_with_one_tap(browse, anas, axe):
    page = browse(anas)
    page.goto("/account/passkeys")
    assert axe(page) == []
    add_one(page)
    expect(page.get_by_role("status")).to_contain_text("You can sign in with your new passkey.")
    assert axe(page) == []

    leave(page)
    page.goto("/sign-in?next=/history")
    assert axe(page) == []
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url("/history")

    assert page.wrong == []
    assert Passkey.get().used_at and SignIn.select().order_by(SignIn.id.desc()).get().stepped_up_at
    assert AuditEntry.get(AuditEntry.what == "sign_in").detail == "passkey"


def test_autofill_signs_in_without_a_button(browse, anas):
    page = browse(anas, language="es", autofill=True)
    anas.language = "es"
    anas.save()
    add_one(page, "Agregar una llave de acceso")

    leave(page)
    page.goto("/sign-in?next=/account")
    page.wait_for_url("/account")

    expect(page.get_by_role("heading", level=1)).to_have_text("Su cuenta")
    assert page.wrong == []


def test_a_passkey_proves_it_again(browse, anas, clock):
    page = browse(anas)
    add_one(page)
    SignIn.update(stepped_up_at=None).execute()

    page.goto("/account/email")
    expect(page.get_by_role("heading", level=1)).to_have_text("Show us it is still you")
    page.get_by_role("button", name="Use your passkey").click()
    page.wait_for_url("/account/email")

    SignIn.update(stepped_up_at=None).execute()
    page.get_by_label("New email").fill("ana.new@example.com")
    page.get_by_role("button", name="Send the code").click()
    page.get_by_role("button", name="Use your passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Enter the code from your email")
    assert page.wrong == []


def test_adding_one_asks_first_who_is_there(browse, anas):
    page = browse(anas)
    page.goto("/account/passkeys")
    SignIn.update(stepped_up_at=None).execute()
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Show us it is still you")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_text("You can sign in with your new passkey.")).to_be_visible()
    assert page.wrong == []


def test_staff_have_passkeys_too_and_no_client_comes_in_with_theirs(browse, practice, axe):
    mara = equipped(a_staff_member(role="owner", password_hash=HASH))
    page = browse(mara, width=1280)
    add_one(page, path="/practice/security/passkeys")
    page.goto("/practice/security")
    assert axe(page) == []

    leave(page)
    page.goto("/sign-in")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("That passkey did not work.")).to_be_visible()
    page.goto("/practice/sign-in")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url("/practice/")
    assert page.wrong == []


def test_a_device_that_refuses_leaves_the_other_ways_and_no_error(browse, anas, axe):
    page = browse(anas)
    add_one(page)
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_text("This device has a passkey for you already.")).to_be_visible()
    assert axe(page) == []

    leave(page)
    page.device.send("WebAuthn.setUserVerified", {"authenticatorId": page.device.id, "isUserVerified": False})
    page.goto("/sign-in")
    button = page.get_by_role("button", name="Sign in with a passkey")
    button.click()
    expect(page.locator("form[data-busy]")).to_have_count(0)
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(button).to_be_enabled()


def test_no_page_of_ones_own_sign_in_has_a_finding_or_scrolls_sideways(browse, anas, axe):
    anas.language = "es"
    anas.save()
    page, found = browse(anas, "es", width=320), []
    page.emulate_media(color_scheme="dark")
    add_one(page, "Agregar una llave de acceso")
    one = f"/passkeys/{passkeys.of(anas)[0].key}"
    for path in ("", "/password", "/email", "/phone", "/app", "/codes", one):
        page.goto(f"/account{path}")
        found += axe(page)
        assert page.evaluate("document.documentElement.scrollWidth") == 320, path
    leave(page)
    for path in ("/reset", "/reset/nobodys"):
        page.goto(path)
        found += axe(page)

    assert found == [] and page.wrong == []


def test_without_the_browsers_own_reading_of_options_ours_does(browse, anas):
    page = browse(anas)
    page.add_init_script(
        "delete PublicKeyCredential.parseCreationOptionsFromJSON;"
        "delete PublicKeyCredential.parseRequestOptionsFromJSON;"
        "delete PublicKeyCredential.prototype.toJSON;"
    )
    add_one(page)
    leave(page)
    page.goto("/sign-in?next=/account")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url("/account")

    assert len(passkeys.of(anas)) == 1


def test_without_a_name_or_without_passkeys_there_is_no_button(browse, site, here):
    page = browse()
    page.goto(site + "/sign-in")
    expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
    expect(page.locator("form.passkey")).to_be_hidden()

    page.add_init_script("delete window.PublicKeyCredential")
    page.goto(here + "/sign-in")
    expect(page.locator("form.passkey")).to_be_hidden()
