"""The look of every panel, the same in a notebook and under Voila."""

import ipywidgets

CSS = """
.atomstat { padding: 0 8px; font-family: system-ui, "DejaVu Sans", sans-serif; color: #222; }
.atomstat-header { align-items: center; gap: 14px; border-bottom: 1px solid #e2e2e2; margin-bottom: 4px; }
.atomstat-name { font-size: 19px; font-weight: 700; line-height: 32px; padding: 0 24px 0 4px; }

.atomstat .atomstat { padding: 0; }
.atomstat-controls { border-right: 1px solid #e2e2e2; padding-right: 10px; }
.atomstat-controls .widget-label, .atomstat-caption .widget-label { font-size: 12.5px; }
.atomstat-controls .widget-readout { min-width: 46px; }
.atomstat-range .widget-readout { min-width: 68px; font-size: 11.5px; }
/* The words of a check box are their own tooltip; so the pointer meets the label, and a click still checks. */
.atomstat-explained .widget-label-basic > span { pointer-events: none; }
.atomstat-caption { font-size: 12px; color: #555; line-height: 18px; }
.atomstat .bqplot text.axislabel { font-size: 12px !important; }
.atomstat h4 { margin: 6px 0 0; font-size: 12px; font-weight: 600; letter-spacing: .04em; text-transform: uppercase;
  color: #555; line-height: 20px; }
.atomstat h4 span { text-transform: none; }
.atomstat-title { font-size: 13px; font-weight: 600; line-height: 20px; }
.atomstat-title small { font-weight: 400; color: #555; font-size: 12px; }
.atomstat-bar { display: flex; align-items: center; gap: 6px; font-size: 11.5px; line-height: 18px; color: #333; }
.atomstat-bar i { flex: 1; max-width: 150px; height: 10px; border: 1px solid #999; }
.atomstat-status { border-top: 1px solid #e2e2e2; padding-top: 3px; min-height: 34px; }
.atomstat-status .widget-html-content, .atomstat-status .widget-html > div { font-size: 12.5px; line-height: 26px; }
.atomstat-export > .widget-hbox, .atomstat-session { align-items: center; gap: 8px; min-height: 34px; }
.atomstat-history, .atomstat-export { border-top: 1px solid #e2e2e2; padding-top: 3px; }
.atomstat-export a, .atomstat-session a { color: #005A8C; font-weight: 600; }
.atomstat-history .widget-html-content { font-size: 12.5px; line-height: 26px; }
.atomstat-history > .widget-hbox { align-items: center; border-bottom: 1px solid #f0f0f0; }
.atomstat-stale { color: #8a4b00; font-weight: 600; }
.atomstat-error { color: #a40000; font-weight: 600; }
.atomstat details { color: #444; } .atomstat details pre { font-size: 11px; line-height: 15px; margin: 0; }
.atomstat .bqplot image { cursor: crosshair; }
.atomstat .bqplot { transition: opacity .2s; }
.atomstat .is-stale .bqplot { opacity: .55; transition-delay: .5s; }
.atomstat .widget-toggle-button { min-width: 34px; }
.atomstat-matrix button { border: 1px solid white; font-weight: 600; min-width: 0; line-height: 1; }
.atomstat-matrix button.atomstat-chosen { outline: 3px solid #FFD400; outline-offset: -4px; }
.atomstat-player { align-items: center; }
.atomstat .noUi-handle:focus, .atomstat button:focus-visible, .atomstat select:focus-visible,
.atomstat input:focus-visible { outline: 2px solid #0072B2; outline-offset: 1px; }
"""


def style_sheet() -> ipywidgets.HTML:
    """Make a widget that carries the style into the page and takes no room there."""
    return ipywidgets.HTML(f"<style>{CSS}</style>", layout=ipywidgets.Layout(display="none"))
