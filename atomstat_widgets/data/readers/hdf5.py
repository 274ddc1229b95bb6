"""HDF5 files that RosettaSciIO does not know: Nion Swift's, NSID's and others with dimension scales, and plain ones."""

import json
from pathlib import Path
from typing import Any

from atomstat_widgets.data.readers.named_axes import NamedAxis, ordered_signal
from atomstat_widgets.data.readers.nion import nion_signal
from atomstat_widgets.data.readers.pointers import require_own_values


def file_reader(filename: str) -> list[dict[str, Any]]:
    """Describe the datasets of two or three axes, as RosettaSciIO's readers do; they stay in the file until read."""
    import h5py

    file = h5py.File(filename, "r")
    found: list[Any] = []
    file.visititems(lambda _, item: found.append(item) if _shows(item) else None)
    return [_signal(dataset) for dataset in found]


def _shows(item: Any) -> bool:
    """Whether it is a dataset of numbers that is no axis of another."""
    import h5py

    return isinstance(item, h5py.Dataset) and item.ndim in (2, 3) and item.dtype.kind in "iufc" and not item.is_scale


def _signal(dataset: Any) -> dict[str, Any]:
    title = dataset.name.rsplit("/", 1)[-1]
    if "properties" in dataset.attrs:
        return nion_signal(dataset, json.loads(dataset.attrs["properties"]))
    named = ordered_signal(dataset, [_axis(dimension) for dimension in dataset.dims], title)
    plain = {
        "data": dataset,
        "axes": [{"size": size} for size in dataset.shape],
        "metadata": {"General": {"title": title}},
    }
    return named or plain


def _axis(dimension: Any) -> NamedAxis:
    """Axis by the first of its dimension scales, the way netCDF and NSID store them."""
    if not len(dimension):
        return NamedAxis(dimension.label)
    scale = dimension[0]  # which a reference leads to, and no link need do so
    require_own_values(scale.id, scale.name or "an axis", Path(scale.file.filename).name)
    unit = scale.attrs.get("units", "")
    name = dimension.label or scale.name.rsplit("/", 1)[-1]
    return NamedAxis(name, scale[:], unit.decode() if isinstance(unit, bytes) else str(unit))
