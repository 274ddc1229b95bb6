"""Nion Swift's data: .ndata files, and what its .h5 files have in common with them."""

import io
import json
import zipfile
from typing import Any

import numpy as np


def file_reader(filename: str) -> list[dict[str, Any]]:
    """Describe the one array of an .ndata file, a zip archive of ``data.npy`` and ``metadata.json``."""
    with zipfile.ZipFile(filename) as archive:
        data = np.lib.format.read_array(io.BytesIO(archive.read("data.npy")), allow_pickle=False)
        return [nion_signal(data, json.loads(archive.read("metadata.json")))]


def nion_signal(data: Any, properties: dict[str, Any]) -> dict[str, Any]:
    """Describe an array with Nion Swift's properties: its axes are sequence, then collection, then datum."""
    calibrations = properties.get("dimensional_calibrations") or [{}] * data.ndim
    navigated = int(properties.get("is_sequence", False)) + int(properties.get("collection_dimension_count", 0))
    return {
        "data": data,
        "axes": [
            {"size": size, "navigate": number < navigated, "scale": one.get("scale", 1.0),
             "offset": one.get("offset", 0.0), "units": one.get("units", "")}
            for number, (size, one) in enumerate(zip(data.shape, calibrations, strict=True))
        ],
        "metadata": {"General": {"title": properties.get("title", "")}},
    }  # fmt: skip
