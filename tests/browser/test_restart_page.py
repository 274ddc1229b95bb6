"""The server is killed, and the page goes on with its session; or the kernel is, and the page says so."""

import pytest
from interactions import SECOND, end_kernel, press, status
from playwright.sync_api import Browser, expect
from serving import kernel_of, serving


@pytest.mark.slow
def test_page_goes_on_with_the_next_server(browser: Browser) -> None:
    with serving("--port", "0") as served:
        page = browser.new_page()  # not the strict one: a browser complains of sockets that break
        page.goto(served.address)
        expect(status(page)).to_contain_text("2,304 windows, 3 components", timeout=60 * SECOND)
        with page.expect_event("websocket", timeout=60 * SECOND) as again:
            served.server().kill()
        again.value.wait_for_event("framereceived", timeout=60 * SECOND)
        press(page, "Components", "ArrowRight")
        expect(status(page)).to_contain_text("2,304 windows, 4 components", timeout=60 * SECOND)
        expect(page.locator(".atomstat-ended")).to_have_count(0)
        page.close()


@pytest.mark.slow
def test_page_says_that_its_session_has_ended(browser: Browser) -> None:
    with serving("--port", "0") as served:
        page = browser.new_page()
        page.goto(served.address)
        expect(status(page)).to_contain_text("2,304 windows, 3 components", timeout=60 * SECOND)
        expect(page.locator("[data-atomstat-page]")).to_have_count(1)
        for kernel in served.kernels():
            kernel.kill()
        ended = page.get_by_role("alert").filter(has_text="This session has ended: its kernel stopped")
        expect(ended).to_be_visible(timeout=30 * SECOND)
        ended.get_by_role("button", name="Reload").click()
        expect(page.get_by_role("alert")).to_have_count(0)
        expect(status(page)).to_contain_text("2,304 windows, 3 components", timeout=60 * SECOND)
        served.process.terminate()
        told = page.get_by_role("alert").filter(has_text="The server does not answer")
        expect(told).to_be_visible(timeout=30 * SECOND)
        page.close()


@pytest.mark.slow
def test_page_says_that_its_kernel_was_ended_by_others(browser: Browser, voila_server: str) -> None:
    page = browser.new_page()
    html = page.goto(voila_server).text()
    expect(status(page)).to_contain_text("2,304 windows, 3 components", timeout=60 * SECOND)
    end_kernel(page, kernel_of(html))  # which leaves the page its connection
    expect(page.get_by_role("alert")).to_contain_text("This session has ended: its kernel is gone", timeout=60 * SECOND)
    page.close()
