"""Radial profile of the power spectrum: an analysis that comes with a package of its own, for the tests.

Its peaks are at one over the distances of lattice planes, whatever the directions of the planes.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from traitlets import Instance, Int

from atomstat_widgets.data import Image
from atomstat_widgets.data.numbers import Numbers
from atomstat_widgets.data.sampling import overview
from atomstat_widgets.panels.controls import heading, slider, title
from atomstat_widgets.panels.image_panel import ImagePanel
from atomstat_widgets.panels.panel import column, name_figure
from atomstat_widgets.reactive.image_model import ImageModel
from atomstat_widgets.reactive.parameter import parameter
from atomstat_widgets.reactive.recipe import recipe_of
from atomstat_widgets.reactive.registry import Analysis
from atomstat_widgets.views.colors import INK
from atomstat_widgets.views.spectra import SpectraView

ANALYSIS = Analysis(
    name="radial-profile",
    title="Radial profile",
    kind="image",
    purpose="Which distances the lattice planes have",
    sample="Three grains",
    model=f"{__name__}:RadialModel",
    panel=f"{__name__}:RadialPanel",
    figure=f"{__name__}:radial_figure",
    numbers=f"{__name__}:radial_numbers",
)


@dataclass(frozen=True, eq=False)
class RadialResult:
    """Mean power (bins,) of the spectrum by frequency (bins,), in periods per pixel."""

    analysis: ClassVar = "radial-profile"

    image: Image
    parameters: dict[str, Any]
    frequencies: np.ndarray
    power: np.ndarray
    arrangement: tuple[int, ...] = ()

    @property
    def quality(self) -> str:
        return f"peak at {self.frequencies[self.power.argmax()]:.3f} per px"


class RadialModel(ImageModel):
    """Radial profile of the power spectrum of an image.

    Attributes
    ----------
    bins : int
        Rings of frequencies, from 0 to 0.5 periods per pixel.
    """

    bins = parameter(Int(64, min=4, max=512), label="Rings", help="Number of rings")
    result = Instance(RadialResult, allow_none=True)

    def __init__(self, image: Any, **parameters: Any) -> None:
        super().__init__(image, **parameters)
        self.start()

    def compute(self, parameters: dict[str, Any], run: Any) -> str:
        pixels = overview(parameters["image"])
        windows = [np.hanning(side) for side in pixels.shape]
        power = np.abs(np.fft.fft2((pixels - pixels.mean()) * windows[0][:, None] * windows[1])) ** 2
        rows, columns = (np.fft.fftfreq(side) for side in pixels.shape)
        radius = np.hypot(rows[:, None], columns)
        edges = np.linspace(0, 0.5, parameters["bins"] + 1)
        sums, counts = (np.histogram(radius, edges, weights=one)[0] for one in (power, np.ones_like(power)))
        profile = sums / np.maximum(counts, 1)
        self.publish(RadialResult(parameters["image"], parameters, (edges[1:] + edges[:-1]) / 2, profile))
        return f"{parameters['bins']} rings"


class RadialPanel(ImagePanel):
    """Radial profile of the power spectrum, with controls."""

    has_lengths = False

    def __init__(self, image: Any, **parameters: Any) -> None:
        super().__init__(RadialModel(image, **parameters), "The peaks are at one over the distances of planes.")

    def _make_controls(self) -> list[Any]:
        return [heading("Spectrum"), slider(self.model, "bins", 4, 256)]

    def _make_views(self) -> list[Any]:
        self.profile = SpectraView(500, 200)
        return [column(title("Radial profile"), name_figure(self.profile, "profile"))]

    def _draw_shown(self) -> None:
        result = self._shown
        self.profile.show(result.frequencies, result.power[None], [INK], ("frequency (1/px)", "power"))


def radial_figure(result: RadialResult) -> Any:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(3.5, 2.5), layout="constrained")
    figure.add_subplot().plot(result.frequencies, result.power)
    return figure


def radial_numbers(result: RadialResult) -> Numbers:
    table = {"frequency (1/px)": result.frequencies, "power": result.power}
    return Numbers({}, {"profile": table}, recipe_of(result).provenance())
