"""The domains panel: atoms, the crops around them, their components and classes, live."""

from collections.abc import Sequence
from typing import Any

import ipywidgets
import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.analyses.domains.coloring import Coloring, coloring_of
from atomstat_widgets.analyses.domains.controls import DomainsControls
from atomstat_widgets.analyses.domains.methods import METHODS
from atomstat_widgets.analyses.domains.model import DomainsModel
from atomstat_widgets.analyses.domains.result import DomainsResult
from atomstat_widgets.panels.controls import Explained, dropdown, title
from atomstat_widgets.panels.image_panel import ALL, NO_OVERLAY, ImagePanel
from atomstat_widgets.panels.panel import column, name_figure
from atomstat_widgets.reactive.image_model import MAX_COMPONENTS
from atomstat_widgets.reactive.methods import Curve, Method, Words
from atomstat_widgets.stat import otsu_threshold
from atomstat_widgets.views.colorbar import ColorBar
from atomstat_widgets.views.colors import COMPONENT_RGB, DIVERGING_MAPS, MARKER, SEQUENTIAL_MAPS
from atomstat_widgets.views.curve import CountCurve
from atomstat_widgets.views.histogram import Histogram
from atomstat_widgets.views.limits import common_limits, own_limits
from atomstat_widgets.views.rounding import percent
from atomstat_widgets.views.scatter import LASSO, ScoreScatter
from atomstat_widgets.views.tiles import TileGrid

ATOM_RADIUS = 0.36  # of the distance of neighbours
FINE = 0.05  # share of pixels beside a border from which on true domains are as fine as the lattice
REST = "#777777"


class DomainsPanel(ImagePanel):
    """Local image analysis around atoms, with controls.

    Parameters
    ----------
    image : Image, array or path
        What to analyse, see `load`; rows are y, columns are x.
    coordinates, network_output : optional
        Atoms to take instead of finding them, and what else to cut crops from, see `DomainsModel`.
    **parameters
        Traits of `DomainsModel`, such as ``method="GMM"``.

    Attributes
    ----------
    model : DomainsModel
        Parameters, result and state: ``panel.model.n_components = 6`` moves the slider.
    selected : array of bool or None, (crops,)
        Atoms inside the lasso or the brush.

    Raises
    ------
    TypeError, ValueError
        The image cannot be read or analysed; the message says why.
    """

    model: DomainsModel

    def __init__(self, image: Any, coordinates: Any = None, network_output: Any = None, **parameters: Any) -> None:
        self.selected: NDArray[np.bool_] | None = None
        self.atom: int | None = None
        self._drawn_method: Method | None = None
        self._fine_truth = False
        self._selectable: Any = None  # the crops among which was selected
        super().__init__(
            DomainsModel(image, coordinates, network_output, **parameters),
            "Click an atom for its crop, a picture for its map. Draw a lasso round scores, or a brush over the "
            "histogram, to see where these atoms are.",
        )
        self._on(self.model, "advice", self._draw_curve)
        self.opacity.value = 0.85  # of atoms, which leave the image free between them

    # --- what it is made of

    def _make_controls(self) -> Sequence[ipywidgets.Widget]:
        self.controls = DomainsControls(self.model, self.units)
        return self.controls.widgets

    def _make_display_controls(self) -> Sequence[ipywidgets.Widget]:
        self.picture_map = dropdown(DIVERGING_MAPS, DIVERGING_MAPS[0], "Maps", "")
        self._on(self.picture_map, "value", self._draw_result)
        return [Explained(self.picture_map)]

    def _make_views(self) -> Sequence[ipywidgets.Widget]:
        guard = self.model.guard
        self.components = TileGrid(250, 290, guard(self.choose_component))
        self.components_bar = ColorBar(layout=ipywidgets.Layout(width="220px"))
        self.scatter = ScoreScatter(258, 290, guard(self.choose_atoms))
        self.histogram = Histogram(172, 190, guard(self.choose_amounts))
        self.curve = CountCurve(172, 190, MAX_COMPONENTS, guard(self.choose_count))
        self.crop = TileGrid(158, 92, lambda number: None, colors=(MARKER, REST))
        self.means = TileGrid(158, 92, lambda number: None, colors=(LASSO, REST))
        self.crop_title, self.means_title = (ipywidgets.HTML(layout=ipywidgets.Layout(width="182px")) for _ in range(2))
        self.components_title, self.histogram_title = ipywidgets.HTML(), ipywidgets.HTML()
        self.axis_choices = [
            ipywidgets.Dropdown(
                options=[1], tooltip=f"Coordinate along {name}", layout=ipywidgets.Layout(width="50px", height="22px")
            )
            for name in "xy"
        ]
        for choice in self.axis_choices:
            self._on(choice, "value", self._draw_scores)
        self.clear = ipywidgets.Button(
            description="Clear selection", disabled=True, layout=ipywidgets.Layout(width="118px", height="24px")
        )
        self.clear.on_click(guard(lambda _button: self.select(None)))
        self.curve_choice = ipywidgets.Dropdown(
            options=_name_curves(METHODS[self.model.method].curves), tooltip="",
            layout=ipywidgets.Layout(width="162px", height="22px"),
        )  # fmt: skip
        self._on(self.curve_choice, "value", self._draw_curve)
        scores_title = ipywidgets.HBox(
            [ipywidgets.HTML(title("Scores")), *map(Explained, self.axis_choices), self.clear],
            layout=ipywidgets.Layout(height="26px", align_items="center"),
        )
        return [
            ipywidgets.HBox(
                [
                    column(
                        self.components_title,
                        name_figure(self.components, "components", clicked=True),
                        self.components_bar,
                    ),
                    column(scores_title, name_figure(self.scatter, "scores", clicked=True)),
                ]
            ),
            ipywidgets.HBox(
                [
                    column(Explained(self.curve_choice), name_figure(self.curve, "curve", clicked=True)),
                    column(self.histogram_title, name_figure(self.histogram, "histogram", clicked=True)),
                    column(
                        self.crop_title,
                        name_figure(self.crop, "crop"),
                        self.means_title,
                        name_figure(self.means, "means"),
                    ),
                ]
            ),
        ]

    # --- what the user does

    def choose_component(self, number: int) -> None:
        """Show a component over the image, by its index."""
        self.overlay.value = number

    def choose_count(self, count: int) -> None:
        """Take a number of components."""
        self.model.n_components = count

    def choose_place(self, y: float, x: float) -> None:
        """Show the atom nearest to a place, in pixels."""
        if self._shown is not None:
            self.atom = int(self._shown.nearest(np.array([[y, x]]))[0])
            self._draw_crop(self._shown, self.atom)

    def choose_atoms(self, numbers: NDArray[np.intp]) -> None:
        """Select atoms by their numbers."""
        if self._shown is not None and numbers.max() < len(self._shown.crops):
            chosen = np.zeros(len(self._shown.crops), bool)
            chosen[numbers] = True
            self.histogram.clear_brush()
            self.select(chosen)

    def choose_amounts(self, low: float, high: float) -> None:
        """Select the atoms whose amount of what is shown lies from low to high."""
        with self._drawing:
            if self._shown is not None:
                values = self.find_coloring().values
                self.select((values >= low) & (values <= high))

    def select(self, chosen: NDArray[np.bool_] | None) -> None:
        """Select atoms by a truth for each (n,), or none."""
        with self._drawing:
            self.selected = chosen
            if chosen is None:
                self.histogram.clear_brush()
            self.clear.disabled = chosen is None
            self.clear.tooltip = "No atoms are selected" if chosen is None else "Show all atoms alike"
            self._draw_atoms()
            self._draw_scores()
            self._draw_means()
            self._draw_score()

    def _offer_overlays(self) -> None:
        """One button a component of the result; all at once where one of them is the strongest."""
        result = self._shown
        if result is None:
            return
        words = result.method.words
        together = [] if result.signed else [("All", ALL, f"Every atom in the colour of its {words.strongest}")]
        numbers = range(1, result.decomposition.n_components + 1)
        self._set_overlays(
            [
                *together,
                *((str(n), n - 1, words.amount_of(n).capitalize()) for n in numbers),
                ("None", NO_OVERLAY, "The image alone"),
            ]
        )

    # --- what is drawn

    def _take_image(self) -> None:
        image = self.model.image
        self._fine_truth = image.truth is not None and np.mean(np.diff(image.truth, axis=1) != 0) > FINE
        self.controls.take_image(image)
        self.atom = None

    def _draw_shown(self) -> None:
        result: DomainsResult = self._shown
        if result.crops is not self._selectable:
            self._selectable, self.selected = result.crops, None
            self.clear.disabled = True
        if self.atom is None or self.atom >= len(result.crops):
            self.atom = int(result.nearest(np.array([self.model.sides]) / 2)[0])
        self.controls.show_automatic(result)
        with self._quietly():
            self._offer(result)
        self._draw_components()
        self._draw_overlay()
        self._draw_crop(result, self.atom)
        self._draw_means()
        self._draw_curve()

    def _offer(self, result: DomainsResult) -> None:
        """What can be chosen in the views follows the result, not the controls: it is the result that is drawn."""
        self._offer_overlays()
        if result.method is not self._drawn_method:
            self._drawn_method = result.method
            self._take_words(result.method.words)
            self.picture_map.options = DIVERGING_MAPS if result.signed else SEQUENTIAL_MAPS[1:]
            self.curve_choice.options = _name_curves(result.method.curves)
            self.overlay.value = self.overlay.options[0][1]
        axes = [str(number) for number in range(1, result.scores.shape[1] + 1)]
        for choice, default in zip(self.axis_choices, (0, min(1, len(axes) - 1)), strict=True):
            if list(choice.options) != axes:
                kept = choice.value if choice.value in axes else axes[default]
                choice.options = axes
                choice.value = kept

    def _take_words(self, words: Words) -> None:
        self.components_title.value = title(words.pictures.capitalize())
        self.picture_map.tooltip = f"Colour map of {words.pictures} and {words.amounts}"
        self.curve_choice.tooltip = f"What tells a good number of {words.parts}"

    def _draw_components(self) -> None:
        with self._drawing:
            result: DomainsResult = self._shown
            pictures = result.component_pictures
            if result.signed:
                self.components_bar.show_map(self.picture_map.value, "−", "+", "0 in the middle")
            else:
                self.components_bar.show_map(self.picture_map.value, "lowest", "highest of each")
            if result.labels is not None:
                counts = np.bincount(result.labels, minlength=len(pictures))
                titles = [f"{j} · {count:,}" for j, count in enumerate(counts, start=1)]
            else:
                titles = [f"{j} · {percent(share)}" for j, share in enumerate(result.shares, start=1)]
            self.components.show(pictures, titles, own_limits(pictures, result.signed), self.picture_map.value)

    def find_coloring(self) -> Coloring:
        """Find by which values the atoms are coloured, and how."""
        return coloring_of(self._shown, self.overlay.value, self.picture_map.value)

    def _draw_overlay(self) -> None:
        with self._drawing:
            if self._shown is None:
                return
            chosen = self.overlay.value
            self.components.select(chosen)
            values, limits, colors, _, name = self.find_coloring()
            words = self._shown.method.words
            shown = words.all_strongest if chosen == ALL else words.amounts
            self.histogram_title.value = title(shown.capitalize())
            self.histogram.clear_brush()
            self.histogram.show(values, limits, name, colors, whole=chosen == ALL)
            self._draw_atoms()
            self._draw_scores()
            self._draw_score()

    def _draw_atoms(self) -> None:
        with self._drawing:
            result, chosen = self._shown, self.overlay.value
            if result is None:
                return
            self.overlay_bar.value = ""
            _, limits, colors, levels, _ = self.find_coloring()
            if self.truth.value and self._fine_truth:
                levels, colors = result.truth, COMPONENT_RGB
                self.overlay_bar.value = title("", "colours of the true classes")
            elif chosen == NO_OVERLAY:
                self.sample.clear_overlay()
                return
            elif chosen == ALL:
                self.overlay_bar.value = title("", f"colours of the {result.method.words.parts}")
            else:
                self.overlay_bar.show_map(
                    self.picture_map.value, f"{limits[0]:.3g}".replace("-", "−"), f"{limits[1]:.3g}"
                )
            radius = ATOM_RADIUS * result.atoms.spacing
            self.sample.show_atoms(result.crops.positions, levels, colors, radius, self.selected, self.opacity.value)

    def _draw_truth(self) -> None:
        """Outline true domains; those as fine as the lattice would be a tangle of lines, so they colour the atoms."""
        with self._drawing:
            if self._fine_truth:
                self.sample.show_outline(None)
                self._draw_atoms()
                self._draw_score()
            else:
                super()._draw_truth()

    def _draw_scores(self) -> None:
        with self._drawing:
            if self._shown is None:
                return
            _, _, colors, levels, _ = self.find_coloring()
            x, y = (int(choice.value) for choice in self.axis_choices)
            kind = self._shown.score_name
            scores = self._shown.scores[:, [x - 1, y - 1]]
            self.scatter.show(scores, (f"{kind} {x}", f"{kind} {y}"), levels, colors, self.selected)

    def _draw_crop(self, result: DomainsResult, atom: int) -> None:
        with self._drawing:
            pictures = result.crop(atom)
            y, x = result.crops.positions[atom]
            self.crop_title.value = title("Atom", self._place(y, x))
            self.crop.show(pictures, ["crop", "model"], common_limits(pictures), "gray")
            corner = (round(y) - result.window // 2, round(x) - result.window // 2)
            self.sample.show_window(corner, (result.window, result.window))

    def _draw_means(self) -> None:
        with self._drawing:
            result: DomainsResult = self._shown
            if self.selected is None:
                pictures = result.mean_crops(np.ones(len(result.crops), bool))[:1]
                self.means_title.value = title("Mean crop", "nothing selected")
                self.means.show(pictures, ["all"], common_limits(pictures), "gray", aspect=1)
                return
            pictures, count = result.mean_crops(self.selected), int(self.selected.sum())
            self.means_title.value = title("Mean crop", f"{count:,} selected")
            self.means.show(pictures, ["selected", "rest"], common_limits(pictures), "gray")

    def _draw_curve(self) -> None:
        with self._drawing:
            result: DomainsResult | None = self._shown
            curve: Curve | None = self.curve_choice.value
            if result is None or curve is None:
                return
            values = curve.values(result, self.model.advice)
            self.curve.show(
                values, result.parameters["n_components"], curve.label, advised=curve.advise_for(result, values),
                counted=result.method.words.parts,
            )  # fmt: skip

    def _agreement(self) -> tuple[float, str]:
        result: DomainsResult = self._shown
        if self.selected is not None:
            return result.agreement(self.selected), "the selection"
        values, _, _, labels, name = self.find_coloring()
        if self.overlay.value == ALL:
            return result.agreement(labels), f"the {result.method.words.all_strongest}"
        return result.agreement(values > otsu_threshold(values)), f"{name} split in two"


def _name_curves(curves: Sequence[Curve]) -> list[tuple[str, Curve]]:
    return [(curve.title, curve) for curve in curves]
