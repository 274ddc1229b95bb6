"""Every form in which a result can be taken away."""

import io
import json
from collections.abc import Callable, Mapping
from typing import Any

from atomstat_widgets.data.export import WRITERS, Files
from atomstat_widgets.reactive.recipe import recipe_of
from atomstat_widgets.reactive.results import figure_of, numbers_of

DPI = 300
FIGURES = ("png", "svg", "pdf")
FORMATS: Mapping[str, str] = {
    "png": "Figure (png)",
    "svg": "Figure (svg)",
    "pdf": "Figure (pdf)",
    "npz": "Numbers (NumPy npz)",
    "h5": "Numbers (HDF5)",
    "csv": "Tables (csv)",
    "hspy": "HyperSpy signals (hspy)",
    "py": "Script (py)",
    "ipynb": "Notebook (ipynb)",
    "json": "Parameters (json)",
}


def export_files(result: Any, form: str, dpi: int = DPI, figure: Any = None, **look: Any) -> Files:
    """Files of a result in one of the `FORMATS`, by name; of a figure that was adjusted, if there is one.

    `look` is for `figure_of`.

    Raises
    ------
    ValueError
        There is no such format, or no script can find the data.
    """
    if form not in FORMATS:
        raise ValueError(f"the format is one of {', '.join(FORMATS)}, got {form!r}")
    makers: dict[str, Callable[[Any], Files]] = {
        **dict.fromkeys(FIGURES, lambda one: {f".{form}": figure_file(figure or figure_of(one, **look), form, dpi)}),
        **{name: lambda one: WRITERS[form](numbers_of(one)) for name in WRITERS},
        "py": lambda one: {".py": recipe_of(one).script().encode()},
        "ipynb": lambda one: {".ipynb": recipe_of(one).notebook().encode()},
        "json": lambda one: {".json": json.dumps(recipe_of(one).parameters, indent=1).encode()},
    }
    return {recipe_of(result).stem + end: content for end, content in makers[form](result).items()}


def figure_file(figure: Any, form: str, dpi: int) -> bytes:
    """Contents of a file with a figure."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format=form, dpi=dpi)
    return buffer.getvalue()
