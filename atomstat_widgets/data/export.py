"""Numbers of a result as files that other programs can read.

Each function gives the contents of one or several files by the end of their names.
"""

import csv
import io
import json
import tempfile
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from atomstat_widgets.data.extras import what_to_install
from atomstat_widgets.data.numbers import Axis, Numbers, Quantity

Files = dict[str, bytes]


def as_npz(numbers: Numbers) -> Files:
    """One NumPy archive: quantities, axes and columns by name, and ``provenance`` as JSON."""
    buffer = io.BytesIO()
    arrays: dict[str, Any] = {"provenance": json.dumps(numbers.provenance), **numbers.arrays}
    np.savez_compressed(buffer, **arrays)
    return {".npz": buffer.getvalue()}


def as_hdf5(numbers: Numbers) -> Files:
    """One HDF5 file: quantities with their axes as dimension scales, tables as groups, provenance as attributes."""
    import h5py

    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for name, value in numbers.provenance.items():
            file.attrs[name] = value if isinstance(value, str) else json.dumps(value)
        for axis in {axis.name: axis for one in numbers.quantities.values() for axis in one.axes}.values():
            scale = file.create_dataset(f"axes/{axis.name}", data=axis.values)
            scale.make_scale(axis.name)
            scale.attrs["units"] = axis.unit
        for name, quantity in numbers.quantities.items():
            dataset = file.create_dataset(name, data=quantity.values, compression="gzip")
            for dimension, axis in zip(dataset.dims, quantity.axes, strict=True):
                dimension.label = axis.name
                dimension.attach_scale(file[f"axes/{axis.name}"])
        for name, table in numbers.tables.items():
            for title, column in table.items():
                file.create_dataset(f"tables/{name}/{title.replace('/', ' per ')}", data=column)
    return {".h5": buffer.getvalue()}


def as_csv(numbers: Numbers) -> Files:
    """Each table as comma-separated values in UTF-8, its titles in the first line."""
    files = {}
    for name, table in numbers.tables.items():
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(table)
        writer.writerows(zip(*(column.tolist() for column in table.values()), strict=True))
        files[f"_{name}.csv"] = text.getvalue().encode()
    return files


def as_hspy(numbers: Numbers) -> Files:
    """Each quantity as a HyperSpy signal."""
    from rsciio.hspy import file_writer

    files = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, quantity in numbers.quantities.items():
            path = Path(folder, f"{name}.hspy")
            file_writer(str(path), _signal(name, quantity, numbers.provenance), show_progressbar=False)
            files[f"_{name}.hspy"] = path.read_bytes()
    return files


def _signal(name: str, quantity: Quantity, provenance: Mapping[str, Any]) -> dict[str, Any]:
    navigated = len(quantity.axes) - quantity.signal_axes
    return {
        "data": quantity.values,
        "axes": [{**_axis(axis), "navigate": at < navigated} for at, axis in enumerate(quantity.axes)],
        "metadata": {
            "General": {"title": name},
            "Signal": {"signal_type": ""},
            "atomstat_widgets": {"provenance": json.dumps(provenance)},
        },
        "original_metadata": {},
        "package_info": {"package": "hyperspy", "package_version": "2.0"},
        "tmp_parameters": {},
        "attributes": {"_lazy": False},
        "learning_results": {},
        "models": {},
    }


def _axis(axis: Axis) -> dict[str, Any]:
    described = {"name": axis.name, "units": axis.unit, "size": len(axis.values)}
    values = np.asarray(axis.values, float)
    scale = (values[-1] - values[0]) / (len(values) - 1) if len(values) > 1 else 1.0
    if np.allclose(values, values[0] + scale * np.arange(len(values)), rtol=0, atol=1e-6 * abs(scale)):
        return {**described, "_type": "UniformDataAxis", "scale": float(scale), "offset": float(values[0])}
    return {**described, "_type": "DataAxis", "axis": values}


WRITERS: Mapping[str, Callable[[Numbers], Files]] = {"npz": as_npz, "h5": as_hdf5, "csv": as_csv, "hspy": as_hspy}


def save(path: str | PathLike[str], numbers: Numbers) -> list[Path]:
    """Write numbers to a file, or several where the format has one for each table or quantity.

    Parameters
    ----------
    path : str or path
        Ends in .npz, .h5, .csv or .hspy. Of the last two the name of the table or quantity is put before the end. Files
        that exist are replaced.
    numbers : Numbers

    Returns
    -------
    list of path
        What was written.

    Raises
    ------
    ValueError
        The name ends in something else.
    """
    path = Path(path)
    ending = path.suffix[1:].lower()
    if ending not in WRITERS:
        raise ValueError(f"{path.name}: numbers are saved as {', '.join(WRITERS)}")
    written = []
    for end, content in WRITERS[ending](numbers).items():
        written.append(path.with_name(path.stem + end))
        written[-1].write_bytes(content)
    return written


def save_blocks(path: str | PathLike[str], **arrays: Any) -> Path:
    """Write arrays that need not fit in memory, such as loadings that stayed in blocks, a block at a time.

    Parameters
    ----------
    path : str or path
        Ends in .zarr, for a group of arrays that the workers write side by side, or in .h5, written by this process.
        What is there is replaced.
    **arrays : array, of numpy, dask or Zarr
        By the names they get.

    Returns
    -------
    path
        What was written.

    Raises
    ------
    ImportError
        Zarr is needed and not installed.
    ValueError
        The name ends in something else.
    """
    import dask.array as da

    from atomstat_widgets.stat.blocks import as_dask, compute, in_blocks  # here, because it takes long to import

    path = Path(path)
    lazy = {name: as_dask(one) if in_blocks(one) else da.from_array(np.asarray(one)) for name, one in arrays.items()}
    # Zarr has blocks of one size.
    even = {name: one.rechunk(tuple(max(sizes) for sizes in one.chunks)) for name, one in lazy.items()}
    if path.suffix == ".zarr":
        if find_spec("zarr") is None:
            raise ImportError(f"{path.name} needs {what_to_install('zarr')}")
        compute([one.to_zarr(str(path), component=name, overwrite=True, compute=False) for name, one in even.items()])
    elif path.suffix == ".h5":
        import h5py

        with h5py.File(path, "w") as file:
            for name, one in even.items():
                dataset = file.create_dataset(name, one.shape, one.dtype, chunks=one.chunksize)
                for place in da.core.slices_from_chunks(one.chunks):
                    dataset[place] = compute([one[place]])[0]
    else:
        raise ValueError(f"{path.name}: blocks are saved as .zarr or .h5")
    return path
