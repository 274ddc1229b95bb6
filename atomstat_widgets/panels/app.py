"""The app: the header with the choice of analysis and data, and the panel below it."""

import os
from html import escape
from typing import Any, NamedTuple

import ipywidgets

from atomstat_widgets.data import Image, load, samples
from atomstat_widgets.panels.controls import Explained, dropdown
from atomstat_widgets.panels.domains import DomainsPanel
from atomstat_widgets.panels.image_panel import ImagePanel
from atomstat_widgets.panels.sliding_fft import SlidingFFTPanel
from atomstat_widgets.panels.style import style_sheet

FILE_VARIABLE = "ATOMSTAT_FILE"  # how the command line names the user's image to the notebook it serves


class Tab(NamedTuple):
    """A panel, the sample that shows it best, and what it does in words."""

    panel: type[ImagePanel]
    sample: str
    purpose: str


TABS = {
    "Sliding FFT": Tab(SlidingFFTPanel, "Three grains", "Which parts of the image have which lattice"),
    "Domains": Tab(DomainsPanel, "Distortion domains", "Which atoms have alike surroundings"),
}


class App(ipywidgets.VBox):
    """All panels under one header, each built when it is first shown.

    Parameters
    ----------
    data : Image, array or path, optional
        What to show, see `load`. By default the file that ``atomstat FILE`` was given, or each panel's own sample.

    Attributes
    ----------
    panel : SlidingFFTPanel or DomainsPanel
        The panel that is shown.
    """

    def __init__(self, data: Any = None) -> None:
        self._notice = ipywidgets.HTML()
        self._images: dict[str, Image] = {}
        self._panels: dict[str, ImagePanel] = {}
        self._chosen: str | None = None  # by the user, for all panels
        labels = [f"Sample: {name}" for name in samples.SAMPLES]
        data = os.environ.get(FILE_VARIABLE) if data is None else data
        if data is not None:
            try:
                own = load(data)
                labels.insert(0, own.name)
                self._chosen, self._images[own.name] = own.name, own
            except (ValueError, TypeError) as error:
                self._say(error)
        self._tabs = ipywidgets.ToggleButtons(
            options=list(TABS), tooltips=[tab.purpose for tab in TABS.values()], style={"button_width": "auto"}
        )
        self._choice = dropdown(labels, None, "Data", "The image to analyse, in every panel")
        self._choice.layout.width = "340px"
        header = ipywidgets.HBox(
            [ipywidgets.HTML('<div class="atomstat-name">atomstat</div>'), self._tabs, Explained(self._choice),
             self._notice]
        )  # fmt: skip
        header.add_class("atomstat-header")
        super().__init__([style_sheet(), header])
        self.add_class("atomstat")
        self._show_tab()
        self._tabs.observe(self._guarded(self._show_tab), "value")
        self._choice.observe(self._guarded(self._take_choice), "value")

    @property
    def panel(self) -> ImagePanel:
        """The panel that is shown."""
        return self._panels[self._tabs.value]

    def _guarded(self, call: Any) -> Any:
        """Make a callback that says in the header what went wrong; nobody would see it elsewhere."""

        def guarded(_change: Any) -> None:
            try:
                call()
            except Exception as error:
                self._say(error)

        return guarded

    def _say(self, error: Exception) -> None:
        self._notice.value = f'<span class="atomstat-error" role="alert">{escape(str(error))}</span>'

    def _show_tab(self) -> None:
        name = self._tabs.value
        label = self._chosen or f"Sample: {TABS[name].sample}"
        new = name not in self._panels
        if new:
            label = self._build(name, label)
        # Never two at once. Hidden, not taken away: its figures keep their sizes.
        for other in self._panels.keys() - {name}:
            self._panels[other].layout.display = "none"
        if new:
            self.children = (*self.children, self.panel)
        self.panel.layout.display = None
        if self._chosen is not None and self.panel.model.image is not self._image(label):
            self.panel.model.image = self._image(label)
        self._choice.value = label

    def _build(self, name: str, label: str) -> str:
        """Build a panel, on its own sample if the chosen image is not for it, and give the label of what it shows."""
        tab = TABS[name]
        try:
            self._panels[name] = tab.panel(self._image(label))
        except (ValueError, TypeError) as error:
            self._say(error)
            label = f"Sample: {tab.sample}"
            self._panels[name] = tab.panel(self._image(label))
        return label

    def _take_choice(self) -> None:
        label = self._choice.value
        if self.panel.model.image is not self._image(label):
            self._notice.value = ""
            self._chosen = label
            self.panel.model.image = self._image(label)

    def _image(self, label: str) -> Image:
        if label not in self._images:
            self._images[label] = samples.SAMPLES[label.removeprefix("Sample: ")]()
        return self._images[label]
