// What Jupyter's widgets leave out of a page: names for those who cannot see it, pictures for those who have no mouse.

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
  const clicked = figure.classList.contains("atomstat-clicked")
    && figure.querySelector("image, .dot, .brushintsel") !== null;
  figure.setAttribute("role", clicked ? "application" : "img");
  figure.setAttribute("aria-label", (words(title) || "Picture")
    + (clicked ? ". Arrow keys move a cross, Enter clicks there, the space bar presses and releases the mouse." : ""));
  if (clicked) {
    figure.tabIndex = 0;
    figure.dataset.lmSuppressShortcuts = "true"; // JupyterLab's, by the same keys
  }
}

function nameAll(root) {
  root.querySelectorAll(".widget-hslider").forEach(nameSlider);
  root.querySelectorAll(".widget-play").forEach(namePlayer);
  root.querySelectorAll("select, input").forEach(nameByTooltip);
  root.querySelectorAll(".bqplot.figure").forEach(namePicture);
  root.querySelectorAll(".atomstat-status > .widget-html").forEach((line) => line.setAttribute("role", "status"));
}

function keepNamed(root, signal) {
  let planned = false;
  const plan = () => {
    if (planned) return;
    planned = true;
    setTimeout(() => { planned = false; nameAll(root); }, 300);
  };
  const observer = new MutationObserver(plan);
  observer.observe(root, { childList: true, subtree: true });
  signal.addEventListener("abort", () => observer.disconnect());
  nameAll(root);
}

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
  const box = figure.getBoundingClientRect();
  place.figure = figure;
  place.x = Math.min(Math.max(x, box.left + 1), box.right - 1);
  place.y = Math.min(Math.max(y, box.top + 1), box.bottom - 1);
  cross.style.left = `${place.x}px`;
  cross.style.top = `${place.y}px`;
  if (!cross.isConnected) document.body.append(cross);
}

function pressKey(event) {
  const figure = event.target;
  if (!figure.matches(".bqplot.figure") || event.ctrlKey || event.metaKey) return;
  if (!(event.key in ARROWS) && !["Enter", " "].includes(event.key)) return;
  event.preventDefault();
  event.stopPropagation();
  if (place.figure !== figure || !cross.isConnected) {
    const box = figure.getBoundingClientRect();
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
}

function takeKeys(root, signal) {
  root.addEventListener("keydown", pressKey, { capture: true, signal });
  root.addEventListener("focusout", (event) => {
    if (event.target !== place.figure) return;
    if (place.pressed) release();
    cross.remove();
  }, { signal });
  addEventListener("scroll", () => cross.remove(), { capture: true, signal });
}
