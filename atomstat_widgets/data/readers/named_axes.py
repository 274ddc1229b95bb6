"""Arrays whose axes have names, put in our order: times first, then y and x, energies last."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from atomstat_widgets.brief import brief

TIMES = ("t", "time", "frame", "frames")  # names of an axis along which images follow each other


@brief
class NamedAxis(NamedTuple):
    """Name of an axis, what its places stand for (None where unknown), and the unit of that."""

    name: str
    values: np.ndarray | None = None
    unit: str = ""


def ordered_signal(data: Any, axes: Sequence[NamedAxis], title: str) -> dict[str, Any] | None:
    """Describe an array as RosettaSciIO describes what is in a file.

    Returns
    -------
    dict or None
        With ``data``, ``axes`` and ``metadata``; None where the axes y and x, and at most one more, are not there.
    """
    places = {axis.name.lower(): number for number, axis in enumerate(axes)}
    others = [number for name, number in places.items() if name not in ("y", "x")]
    if len(places) != len(axes) or len(others) != len(axes) - 2 or len(others) > 1:
        return None
    first = [number for number in others if axes[number].name.lower() in TIMES]
    last = [number for number in others if number not in first]
    order = [*first, places["y"], places["x"], *last]
    navigated = first or order[: 2 * len(last)]
    if order != sorted(order):  # what is in order already may stay on disk
        data = np.transpose(data, order)
    return {
        "data": data,
        "axes": [{"navigate": number in navigated, **_describe(axes[number], data.shape, at)}
                 for at, number in enumerate(order)],
        "metadata": {"General": {"title": title}},
    }  # fmt: skip


def _describe(axis: NamedAxis, shape: Sequence[int], at: int) -> dict[str, Any]:
    described: dict[str, Any] = {"name": axis.name, "size": shape[at], "units": axis.unit}
    if axis.values is not None:
        described["axis"] = values = np.asarray(axis.values, float)
        steps = np.diff(values)
        if len(steps) and np.allclose(steps, steps[0], rtol=1e-3, atol=0):
            described["scale"], described["offset"] = float(values[-1] - values[0]) / len(steps), float(values[0])
    return described
