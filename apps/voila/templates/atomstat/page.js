// What Jupyter's widgets leave out of the page: names for those who cannot see it, pictures for those who have no mouse,
// patience for a busy machine.

// Figures measure their room in pixels of the screen and draw in those of the page: when it is enlarged, divide.
const measured = Element.prototype.getBoundingClientRect;
Element.prototype.getBoundingClientRect = function () {
  const box = measured.call(this);
  const zoom = this.classList.contains("bqplot") ? (this.currentCSSZoom ?? 1) : 1;
  return zoom === 1 ? box : new DOMRect(box.x / zoom, box.y / zoom, box.width / zoom, box.height / zoom);
};

// --- names

const words = (element) => element?.textContent.trim() ?? "";

function nameSlider(slider) {
  const label = words(slider.querySelector(".widget-label"));
  const handles = slider.querySelectorAll(".noUi-handle");
  const ends = handles.length === 2 ? [", lower end", ", upper end"] : [""];
  handles.forEach((handle, number) => handle.setAttribute("aria-label", label + ends[number]));
  const readout = slider.querySelector(".widget-readout");
  readout?.setAttribute("role", "textbox");
  readout?.setAttribute("aria-label", `${label}, as a number`);
}

function namePlayer(player) {
  const buttons = player.querySelectorAll("button");
  const names = ["Play or pause the movie", "Stop the movie", "Repeat the movie"];
  buttons.forEach((button, number) => {
    button.setAttribute("aria-label", names[number]);
    button.title = names[number];
  });
}

// What has no words of its own has them in the tooltip of its box.
function nameByTooltip(control) {
  if ([...(control.labels ?? [])].some(words)) return;
  const label = control.closest(".jupyter-widgets")?.querySelector(".widget-label");
  const name = words(label) || control.title || label?.title || control.closest("[title]")?.title;
  if (name) control.setAttribute("aria-label", name);
}

function namePicture(figure) {
  const title = figure.closest(".widget-vbox")?.querySelector(".atomstat-title, option:checked");
  // Of the pictures that hear of the mouse, once there is something in them.
  const clicked = figure.classList.contains("atomstat-clicked")
    && figure.querySelector("image, .dot, .brushintsel") !== null;
  figure.setAttribute("role", clicked ? "application" : "img");
  figure.setAttribute("aria-label", (words(title) || "Picture")
    + (clicked ? ". Arrow keys move a cross, Enter clicks there, the space bar presses and releases the mouse." : ""));
  if (clicked) figure.tabIndex = 0;
}

function nameAll() {
  document.querySelectorAll(".atomstat .widget-hslider").forEach(nameSlider);
  document.querySelectorAll(".atomstat .widget-play").forEach(namePlayer);
  document.querySelectorAll(".atomstat select, .atomstat input").forEach(nameByTooltip);
  document.querySelectorAll(".atomstat .bqplot.figure").forEach(namePicture);
  document.querySelectorAll(".atomstat-status > .widget-html").forEach((line) => line.setAttribute("role", "status"));
}

let planned = false;
new MutationObserver(() => {
  if (planned) return;
  planned = true;
  setTimeout(() => { planned = false; nameAll(); }, 300);
}).observe(document, { childList: true, subtree: true });

// --- pictures by keyboard: a cross that the arrow keys move, and that clicks and draws as the mouse does

const cross = document.createElement("div");
cross.className = "atomstat-cross";
const place = { figure: null, x: 0, y: 0, pressed: false };
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function mouse(type, buttons) {
  const target = place.pressed && type !== "mousedown" ? window : document.elementFromPoint(place.x, place.y);
  if (target !== window && !place.figure.contains(target)) return;
  target.dispatchEvent(new MouseEvent(type,
    { bubbles: true, cancelable: true, view: window, clientX: place.x, clientY: place.y, buttons }));
}

function release() {
  mouse("mouseup", 0);
  place.pressed = false;
  cross.classList.remove("is-pressed");
}

function put(figure, x, y) {
  const box = measured.call(figure);
  place.figure = figure;
  place.x = Math.min(Math.max(x, box.left + 1), box.right - 1);
  place.y = Math.min(Math.max(y, box.top + 1), box.bottom - 1);
  cross.style.left = `${place.x}px`;
  cross.style.top = `${place.y}px`;
  if (!cross.isConnected) document.body.append(cross);
}

document.addEventListener("keydown", (event) => {
  const figure = event.target;
  if (!(figure instanceof Element) || !figure.matches(".atomstat .bqplot.figure") || event.ctrlKey || event.metaKey) return;
  if (!(event.key in ARROWS) && !["Enter", " "].includes(event.key)) return;
  event.preventDefault();
  event.stopPropagation();
  if (place.figure !== figure || !cross.isConnected) {
    const box = measured.call(figure);
    put(figure, box.left + box.width / 2, box.top + box.height / 2);
  }
  if (event.key in ARROWS) {
    const [x, y] = ARROWS[event.key];
    const step = event.shiftKey ? 32 : 8;
    put(figure, place.x + step * x, place.y + step * y);
    mouse("mousemove", place.pressed ? 1 : 0);
  } else if (event.key === " " && place.pressed) {
    release();
  } else if (event.key === " ") {
    mouse("mousedown", 1);
    place.pressed = true;
    cross.classList.add("is-pressed");
  } else {
    for (const type of ["mousedown", "mouseup", "click"]) mouse(type, 0);
  }
}, true);
document.addEventListener("focusout", (event) => {
  if (event.target !== place.figure) return;
  if (place.pressed) release();
  cross.remove();
});
addEventListener("scroll", () => cross.remove(), true);

// --- the theme, for what looks at more than its colours

const dark = matchMedia("(prefers-color-scheme: dark)");
function tellTheme() {
  document.body.dataset.jpThemeLight = String(!dark.matches);
}
dark.addEventListener("change", tellTheme);
addEventListener("DOMContentLoaded", tellTheme);

// --- widgets that are late

// Widgets that take two seconds to come are given up in the very moment that they do, where the machine is busy:
// let the page think that it still waits for them, and tell it again that they are there.
Object.defineProperty(window, "jupyterapp", {
  async set(app) {
    const manager = await app.widgetManagerPromise.promise;
    let there = manager.restoredStatus;
    manager.restored.connect(() => (there = true));
    Object.defineProperty(manager, "restoredStatus", { value: false });
    const timer = setInterval(() => {
      if (document.querySelector(".atomstat")) clearInterval(timer);
      else if (there) manager.restored.emit();
    }, 500);
  },
});
