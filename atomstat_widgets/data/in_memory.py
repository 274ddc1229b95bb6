"""HyperSpy signals and xarray arrays in memory, known by what they offer: neither package is imported."""

from typing import Any

import numpy as np

from atomstat_widgets.data.readers import ReadError

TIMES = ("t", "time", "frame", "frames")  # names of an axis along which images follow each other


def signal_of(source: Any) -> dict[str, Any] | None:
    """Describe a HyperSpy signal or an xarray.DataArray as RosettaSciIO describes what is in a file.

    Returns
    -------
    dict or None
        With ``data``, ``axes`` and ``metadata``; None of anything else.

    Raises
    ------
    ReadError
        Which axes of an xarray.DataArray are y and x cannot be told from their names.
    """
    if hasattr(source, "axes_manager") and hasattr(source, "data"):
        return {
            "data": source.data,
            "axes": list(source.axes_manager.as_dictionary().values()),
            "metadata": source.metadata.as_dictionary(),
        }
    if all(hasattr(source, name) for name in ("dims", "coords", "transpose", "values")):
        return _of_data_array(source)
    return None


def name_of(signal: dict[str, Any]) -> str:
    """What to call a signal that is in memory."""
    return str(signal["metadata"].get("General", {}).get("title") or "array")


def _of_data_array(array: Any) -> dict[str, Any]:
    """Describe a DataArray, with rows y and columns x, energies last and times first."""
    dims = [str(dim) for dim in array.dims]
    others = [dim for dim in dims if dim.lower() not in ("y", "x")]
    if len(dims) not in (2, 3) or len(dims) - len(others) != 2:
        raise ReadError(
            f"a DataArray with the axes {', '.join(dims) or 'none'}: name them y and x and, of a movie, time or, of a "
            "spectrum image, energy"
        )
    y, x = sorted((dim for dim in dims if dim not in others), key=str.lower, reverse=True)
    first = [dim for dim in others if dim.lower() in TIMES]
    last = [dim for dim in others if dim not in first]
    navigated = {*first, *((y, x) if last else ())}
    ordered = array.transpose(*first, y, x, *last)
    return {
        "data": ordered.data,
        "axes": [{"navigate": dim in navigated, **_axis(ordered, dim)} for dim in ordered.dims],
        "metadata": {"General": {"title": array.name or ""}},
    }


def _axis(array: Any, dim: str) -> dict[str, Any]:
    size = array.sizes[dim]
    if dim not in array.coords:
        return {"size": size}
    values = array.coords[dim].values.astype(float)
    described = {"size": size, "units": array.coords[dim].attrs.get("units", ""), "axis": values}
    steps = np.diff(values)
    if size > 1 and np.allclose(steps, steps[0], rtol=1e-3, atol=0):
        described["scale"] = (values[-1] - values[0]) / (size - 1)
    return described
