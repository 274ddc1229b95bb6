"""HyperSpy signals and xarray arrays in memory, known by what they offer: neither package is imported."""

from typing import Any

from atomstat_widgets.data.read_error import ReadError
from atomstat_widgets.data.readers.named_axes import NamedAxis, ordered_signal


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
    if all(hasattr(source, name) for name in ("dims", "coords", "sizes", "values")):
        described = ordered_signal(source.data, [_axis(source, dim) for dim in source.dims], source.name or "")
        if described is None:
            raise ReadError(
                f"a DataArray with the axes {', '.join(map(str, source.dims)) or 'none'}: name them y and x and, of a "
                "movie, time or, of a spectrum image, energy"
            )
        return described
    return None


def name_of(signal: dict[str, Any]) -> str:
    """What to call a signal that is in memory."""
    return str(signal["metadata"].get("General", {}).get("title") or "array")


def _axis(array: Any, dim: Any) -> NamedAxis:
    if dim not in array.coords:
        return NamedAxis(str(dim))
    return NamedAxis(str(dim), array.coords[dim].values, str(array.coords[dim].attrs.get("units", "")))
