"""The control of the drift: measured, none, or given in a table that is opened."""

import csv
from typing import Any

import ipywidgets
import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.analyses.trajectories.drift import OFF
from atomstat_widgets.analyses.trajectories.model import TrajectoriesModel
from atomstat_widgets.analyses.trajectories.stages import AUTOMATIC
from atomstat_widgets.panels.controls import WIDTH, Explained, dropdown
from atomstat_widgets.reactive.parameter import help_of, label_of

GIVEN = "given"
COLUMNS = ("y (px)", "x (px)")  # of a table that was exported


class DriftControl(ipywidgets.VBox):
    """List of where the drift comes from; for one that is given there is a button that opens a table of shifts.

    Parameters
    ----------
    model : TrajectoriesModel

    Attributes
    ----------
    source : Dropdown
    upload : FileUpload
    """

    def __init__(self, model: TrajectoriesModel) -> None:
        self._model = model
        self._given: Any = None  # the last shifts, to come back to
        options = [("Automatic", AUTOMATIC), ("Off", OFF), ("Given", GIVEN)]
        self.source = dropdown(options, AUTOMATIC, label_of(model, "drift"), help_of(model, "drift"))
        self.upload = ipywidgets.FileUpload(
            accept=".csv,.txt", description="Open a table of shifts",
            tooltip="Open a table with a row for each frame: its shift along y and x, in pixels",
            layout=ipywidgets.Layout(width=WIDTH),
        )  # fmt: skip
        super().__init__([Explained(self.source), self.upload])
        self._follow()
        model.observe(lambda _change: self._follow(), "drift")
        self.source.observe(model.guard(lambda change: self._choose(change.new)), "value")
        self.upload.observe(model.guard(lambda _change: self._take_upload()), "value")

    def _follow(self) -> None:
        drift = self._model.drift
        if not isinstance(drift, str):
            self._given = drift
        self.source.value = drift if isinstance(drift, str) else GIVEN
        self._offer()

    def _choose(self, source: str) -> None:
        if source != GIVEN:
            self._model.drift = source
        elif self._given is not None and len(self._given) == len(self._model.movie):
            self._model.drift = self._given
        self._offer()

    def _offer(self) -> None:
        self.upload.layout.display = None if self.source.value == GIVEN else "none"

    def _take_upload(self) -> None:
        files, self.upload.value = self.upload.value, ()  # so that the same file can be opened again
        for file in files:
            self._model.drift = read_shifts(bytes(file["content"]), file["name"])


def read_shifts(content: bytes, name: str) -> NDArray[np.float64]:
    """Shifts (frames, 2) along rows and columns, in pixels, of a table.

    Of one with a head these are the columns "y (px)" and "x (px)", as the export writes them, else its two columns.

    Raises
    ------
    ValueError
        It is no such table; the message names the row.
    """
    lines = [line for line in content.decode("utf-8-sig", "replace").splitlines() if line.strip()]
    lines = [line for line in lines if not line.startswith("#")]
    rows = [[cell.strip() for cell in row] for row in csv.reader(lines)]
    columns = [0, 1]
    if rows and all(one in rows[0] for one in COLUMNS):
        columns = [rows[0].index(one) for one in COLUMNS]
        rows = rows[1:]
    shifts = []
    for number, row in enumerate(rows, 1):
        try:
            shifts.append([float(row[column]) for column in columns])
        except (ValueError, IndexError):
            raise ValueError(f"{name}: row {number} has no two numbers y and x, in pixels") from None
    return np.array(shifts, np.float64).reshape(-1, 2)
