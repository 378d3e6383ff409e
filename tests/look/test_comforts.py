"""What our own small scripts add to pages that work without them."""

from pathlib import Path

import pytest

HERE = "http://portal.test"
STATIC = Path(__file__).parents[2] / "static"
TOOLS = '<div class="tools"><form method="post"><input name="csrf_token" value="token"></form></div>'
IDLE = f"""{TOOLS}<dialog id="idle" data-after="900" data-most="43200"><p>Soon</p>
<button type="button">Stay</button></dialog>"""
BOXES = """<form id="pick"><input type="checkbox" id="every" data-all="g">
<input type="checkbox" id="one" data-group="g"><input type="checkbox" id="two" data-group="g"></form>"""


@pytest.fixture
def shown(chromium):
    """`shown(html)`: a page with that body and the script; `page.asked` lists what the server was asked for."""
    context = chromium.new_context()

    def shown(body):
        page = context.new_page()
        page.asked = []
        page.clock.install()
        page.route("**/*", lambda route: answer(route, page, body))
        page.goto(f"{HERE}/page")
        page.asked.clear()
        return page

    yield shown
    context.unroute_all(behavior="ignoreErrors")
    context.close()


def answer(route, page, body):
    path = route.request.url.removeprefix(HERE)
    page.asked.append((route.request.method, path))
    if path.endswith(".js"):
        route.fulfill(path=STATIC / path[1:], content_type="text/javascript")
    else:
        script = "idle" if 'id="idle"' in body else "app"
        html = f"<!doctype html><title>A page</title>{body}<script src='/{script}.js' defer></script>"
        route.fulfill(body=html, content_type="text/html")


def state(page):
    return page.eval_on_selector("#every", "box => box.indeterminate ? 'some' : box.checked ? 'all' : 'none'")


def test_check_all_has_three_states(shown):
    page = shown(BOXES)
    states = [state(page)]

    page.check("#one")
    states.append(state(page))
    page.check("#two")
    states.append(state(page))

    assert states == ["none", "some", "all"]


def test_check_all_ticks_and_clears_every_box(shown):
    page = shown(BOXES)

    page.click("#every")
    ticked = page.locator("[data-group]:checked").count()
    page.click("#every")

    assert (ticked, page.locator("[data-group]:checked").count()) == (2, 0)


def test_a_password_can_be_shown_and_hidden(shown):
    page = shown(
        '<input id="p" type="password"><label hidden>Show<input id="show" type="checkbox" data-shows="p"></label>'
    )

    page.check("#show")
    shown_as = page.get_attribute("#p", "type")
    page.uncheck("#show")

    assert (shown_as, page.get_attribute("#p", "type")) == ("text", "password")


def test_a_counter_counts_while_one_types(shown):
    page = shown('<textarea id="note"></textarea><p id="count" hidden data-counts="note" data-of="200"></p>')

    page.type("#note", "Thank you")

    assert page.inner_text("#count") == "9 / 200"


def test_a_second_press_sends_nothing_for_ten_seconds(shown):
    page = shown(
        '<iframe name="away"></iframe><form method="post" action="/go" target="away"><button>Go</button></form>'
    )

    page.click("button")
    page.click("button")
    pressed_twice = page.asked.count(("POST", "/go"))
    page.clock.run_for(10_001)
    with page.expect_response("**/go"):
        page.click("button")

    assert (pressed_twice, page.asked.count(("POST", "/go"))) == (1, 2)


def test_two_minutes_before_the_end_a_reader_is_asked_and_may_stay(shown):
    page = shown(IDLE)

    page.clock.run_for(779_000)
    early = page.is_visible("#idle")
    page.clock.run_for(2_000)
    asked = page.is_visible("#idle")
    with page.expect_request("**/stay"):
        page.click("#idle button")

    assert (early, asked, page.is_visible("#idle")) == (False, True, False)


def test_without_an_answer_the_page_goes_to_the_server_when_the_session_is_over(shown):
    page = shown(IDLE)

    with page.expect_navigation():
        page.clock.run_for(903_000)

    assert ("GET", "/page") in page.asked
