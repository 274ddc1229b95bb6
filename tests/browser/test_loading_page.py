"""How a page comes up: in few requests, and also where the machine is too busy to be in time."""

from playwright.sync_api import Browser, Page, Request, expect

# The page stands still for longer than ipywidgets waits for a widget, just when the widgets come.
BUSY = """
const own = Object.getOwnPropertyDescriptor(WebSocket.prototype, "onmessage");
Object.defineProperty(WebSocket.prototype, "onmessage", {...own, set(heard) {
  own.set.call(this, (event) => {
    const start = performance.now();
    if (event.data.byteLength > 400000) while (performance.now() - start < 2500);
    heard.call(this, event);
  });
}});
"""


def shown(page: Page) -> None:
    page.locator(".atomstat-spectra image").first.wait_for(timeout=60_000)


def test_scripts_come_in_one_file_once_a_page_had_them(page: Page, browser: Browser, voila_server: str) -> None:
    page.goto(voila_server)
    shown(page)
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    second = browser.new_page()  # with nothing in its cache
    second.on("request", note)
    second.goto(voila_server)
    shown(second)
    second.close()
    assert any(url.endswith("/voila/scripts.js") for url in asked)
    assert len([url for url in asked if ".js" in url]) < 15  # of 110 before


def test_widgets_that_are_late_are_shown(page: Page, voila_server: str) -> None:
    page.goto(voila_server)
    shown(page)  # so that all scripts are there at once
    page.add_init_script(BUSY)
    page.reload()
    shown(page)
    expect(page.get_by_text("Error displaying widget")).to_have_count(0)
    expect(page.locator(".atomstat-spectra")).to_have_count(1)


def test_a_page_that_waits_draws_nothing(page: Page, voila_server: str) -> None:
    """What moves takes processor time of each page, and where many wait they would wait for that."""
    page.route("**/voila/static/voila.js", lambda route: route.fulfill(body=""))
    page.goto(voila_server)
    expect(page.locator("#loading")).to_be_visible()
    assert page.evaluate("document.getAnimations().length") == 0
