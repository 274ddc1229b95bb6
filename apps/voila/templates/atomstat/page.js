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
