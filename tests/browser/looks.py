"""What can be measured of the looks of a page: contrast, overlaps, names, places."""

from typing import Any

from playwright.sync_api import Page

# What is seen of the page: not what is hidden, nor out of use, which may be pale.
SEEN = """
function seen(element) {
  return element.checkVisibility({ visibilityProperty: true, opacityProperty: true })
    && !element.closest(".jupyter-button, .widget-inline-hbox")?.matches(":disabled, :has(:disabled, [disabled])");
}
"""

# Words whose contrast to what is below them is less than it should be, by WCAG 2.1, level AA.
PALE = """() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  function rgba(color) {  // whatever CSS calls it
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
    return [red, green, blue, alpha / 255];
  }
  const over = (top, below) => [0, 1, 2].map((n) => top[n] * top[3] + below[n] * (1 - top[3])).concat(1);
  function ground(element) {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      // A disc below the letters of a graph.
      const disc = at.tagName === "text" ? at.previousElementSibling : null;
      if (disc?.tagName === "circle") layers.push(rgba(getComputedStyle(disc).fill));
      layers.push(rgba(style.backgroundColor));
      if (layers.at(-1)[3] === 1) break;
    }
    return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255, 1]);
  }
  function luminance(color) {
    const [red, green, blue] = color.map((part) => part / 255)
      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  }
  const found = { words: 0, pale: [] };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement, text = walker.currentNode.textContent.trim();
    // A badge is a colour, not a letter; the label of the scale bar stands on a ground of its own, over the image.
    if (!text || text === "■" || !seen(element) || element.closest("script, style, option")) continue;
    if (element.closest(".atomstat-sample") && element.matches(".label, .label *")) continue;
    const style = getComputedStyle(element), letters = element.namespaceURI.endsWith("svg") ? style.fill : style.color;
    const below = ground(element), above = over(rgba(letters), below);
    const [low, high] = [luminance(above), luminance(below)].sort((a, b) => a - b);
    const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    const contrast = (high + 0.05) / (low + 0.05);
    found.words += 1;
    if (contrast < (large ? 3 : 4.5)) found.pale.push(`${text.slice(0, 40)}: ${contrast.toFixed(2)}`);
  }
  return found;
}"""

# Pairs of controls and pictures that lie over one another, and those that stick out of the window.
OVERLAPS = """() => {
  const parts = [...document.querySelectorAll(
    ".atomstat .jupyter-button, .atomstat .widget-inline-hbox, .atomstat .bqplot.figure, .atomstat .widget-html, "
    + ".atomstat-graph"
  )].filter((part) => part.checkVisibility({ visibilityProperty: true }) && part.innerText !== "");
  const boxes = parts.map((part) => {
    // Words may take less room than they are given, and more.
    const content = part.matches(".widget-html") ? part.querySelector(".widget-html-content") ?? part : part;
    const range = document.createRange();
    range.selectNodeContents(content);
    const box = part.matches(".widget-html") ? range.getBoundingClientRect() : part.getClientRects()[0];
    const name = part.getAttribute("class").match(/atomstat-\\w+/)?.[0] ?? (part.innerText || part.title).slice(0, 30);
    return { part, box, name };
  }).filter(({ box }) => box.width > 1 && box.height > 1);
  const found = [];
  boxes.forEach(({ part, box, name }, number) => {
    if (box.left < -1 || box.right > innerWidth + 1) found.push(`${name} sticks out to ${Math.round(box.right)}`);
    for (const other of boxes.slice(number + 1)) {
      if (part.contains(other.part) || other.part.contains(part)) continue;
      const across = Math.min(box.right, other.box.right) - Math.max(box.left, other.box.left);
      const down = Math.min(box.bottom, other.box.bottom) - Math.max(box.top, other.box.top);
      if (across > 2 && down > 2) found.push(`${name} and ${other.name}: ${across.toFixed(0)} × ${down.toFixed(0)} px`);
    }
  });
  return found;
}"""

# What is cut off, other than by the edge of the window.
CUT = """() => [...document.querySelectorAll(".jp-OutputArea-output, .atomstat, .atomstat-export")]
  .filter((part) => part.checkVisibility())
  .map((part) => [part.className, part.getBoundingClientRect().height / part.currentCSSZoom, part.scrollHeight])
  .filter(([_name, height, whole]) => whole > height + 1)"""

# What has scroll bars of its own.
SCROLLED = """() => [...document.querySelectorAll(".atomstat, .atomstat *")].filter((part) => {
  const { overflowX, overflowY } = getComputedStyle(part), bars = ["auto", "scroll"];
  return part.checkVisibility() && ((bars.includes(overflowX) && part.scrollWidth > part.clientWidth)
    || (bars.includes(overflowY) && part.scrollHeight > part.clientHeight));
}).map((part) => `${part.getAttribute("class")}: ${part.scrollWidth} × ${part.scrollHeight} px`)"""

PLACES = """() => [...document.querySelectorAll(".atomstat .jupyter-widgets:not(.widget-html)")]
  .filter((part) => part.checkVisibility())
  .map((part) => { const { x, y, width, height } = part.getBoundingClientRect();
                   return `${part.className.slice(0, 80)} ${[x, y, width, height].map(Math.round)}`; })"""


def pale_words(page: Page) -> tuple[int, list[str]]:
    """How many words were looked at, and those whose contrast is too low."""
    found = page.evaluate(f"() => {{ {SEEN} return ({PALE})(); }}")
    return found["words"], found["pale"]


def overlaps(page: Page) -> list[str]:
    """Parts of the page that lie over one another, or stick out."""
    return page.evaluate(OVERLAPS)


def cut(page: Page) -> list[Any]:
    """Parts of the page that are not seen to their end."""
    return page.evaluate(CUT)


def scrolled(page: Page) -> list[str]:
    """Parts of panels that have scroll bars, whether a browser shows those or not."""
    return page.evaluate(SCROLLED)


def places(page: Page) -> list[str]:
    """Where everything is."""
    return page.evaluate(PLACES)


def unnamed(page: Page) -> tuple[int, list[Any]]:
    """How many parts the keys reach, and those without a name for people who cannot see them."""
    session = page.context.new_cdp_session(page)
    reached = [
        node
        for node in session.send("Accessibility.getFullAXTree")["nodes"]
        if not node["ignored"]
        and any(one["name"] == "focusable" and one["value"]["value"] for one in node.get("properties", []))
    ]
    nameless = [node["backendDOMNodeId"] for node in reached if not node.get("name", {}).get("value")]
    return len(reached), [
        session.send("DOM.describeNode", {"backendNodeId": one})["node"]["localName"] for one in nameless
    ]
