"""What people do on the page, and what they see of it."""

from playwright.sync_api import Locator, Page

SECOND = 1000


def slider(page: Page, label: str) -> Locator:
    return page.locator(".widget-hslider:visible", has=page.get_by_text(label, exact=True))


def press(page: Page, label: str, *keys: str) -> None:
    slider(page, label).locator(".noUi-handle").focus()
    for key in keys:
        page.keyboard.press(key)


def view(page: Page, name: str) -> Locator:
    return page.locator(f".atomstat-{name}:visible")


def pixels(page: Page, name: str) -> bytes:
    return view(page, name).screenshot()


def picture(page: Page, name: str) -> str:
    """Address of the picture that a view shows, another one for every picture."""
    return view(page, name).locator("image").first.get_attribute("href")


def wait_for_another_picture(page: Page, name: str, before: str) -> None:
    page.wait_for_function(
        """([name, before]) => {
            const shown = [...document.querySelectorAll(`.atomstat-${name}`)].find(view => view.offsetParent !== null);
            return shown.querySelector("image").getAttribute("href") !== before;
        }""",
        arg=[name, before],
    )


def titles(page: Page, name: str) -> list[str]:
    texts = view(page, name).locator("text").all_text_contents()
    return [text for text in texts if " · " in text]


def status(page: Page) -> Locator:
    return page.locator(".atomstat-status:visible")


def drag(page: Page, places: list[tuple[float, float]]) -> None:
    """Press the mouse at the first place, draw through the others, release at the last."""
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=4)
    page.mouse.up()


def settled_text(words: Locator) -> str:
    """Text of an element, when it has been the same for half a second."""
    before, now = None, words.inner_text()
    while now != before:
        words.page.wait_for_timeout(SECOND / 2)
        before, now = now, words.inner_text()
    return now


def end_kernel(page: Page, kernel: str) -> None:
    """End a kernel through the interface of the server, as an administrator or a list of running kernels does."""
    status = page.evaluate(
        """async (kernel) => {
            const [, token] = document.cookie.match(/_xsrf=([^;]*)/);
            const asked = { method: "DELETE", headers: { "X-XSRFToken": token } };
            return (await fetch(`/api/kernels/${kernel}`, asked)).status;
        }""",
        kernel,
    )
    assert status == 204
