// --- all of it, for what a panel or the app is in: a page of its own, or an output of a notebook

const WAIT = 100; // ms: a view is made before it is put into the page

function outermost(element) {
  let found = null;
  for (let one = element.closest(".atomstat"); one; one = one.parentElement?.closest(".atomstat")) found = one;
  return found;
}

// On a large screen the page enlarges itself, but for figures: they measure pixels of the screen.
function tellScale(model) {
  const scale = Number(getComputedStyle(document.documentElement).getPropertyValue("--atomstat-scale")) || 1;
  if (scale === model.get("scale")) return;
  model.set("scale", scale);
  model.save_changes();
}

function begin(root, model, signal) {
  const alone = "voila" in document.body.dataset;
  tellScale(model);
  addEventListener("resize", () => tellScale(model), { signal });
  if (model.get("whole")) {
    takeFiles(root, alone, model, signal);
    model.set("address", location.search);
    model.save_changes();
  }
  if (root.dataset.atomstatPage) return; // of a panel in the app: that has done the rest
  root.dataset.atomstatPage = "true";
  signal.addEventListener("abort", () => delete root.dataset.atomstatPage);
  keepNamed(root, signal);
  takeKeys(root, signal);
  const kernel = model.widget_manager.kernel;
  if (kernel) tellOfEnd(kernel, root, alone, signal);
}

function render({ model, el, signal }) {
  const timer = setInterval(() => {
    const root = el.isConnected && outermost(el);
    if (!root) return;
    clearInterval(timer);
    begin(root, model, signal);
  }, WAIT);
  signal.addEventListener("abort", () => clearInterval(timer));
}

export default { render };
