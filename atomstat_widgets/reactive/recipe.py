"""How a result was made: data and parameters, as JSON, as a script and as a notebook that make it again."""

import base64
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.brief import brief
from atomstat_widgets.data import Cube, Image, Movie
from atomstat_widgets.data.code import as_code, plain
from atomstat_widgets.data.mask import Mask
from atomstat_widgets.reactive.registry import ANALYSES, Analysis


@brief
@dataclass(frozen=True, eq=False)
class Recipe:
    """What makes a result again.

    Attributes
    ----------
    analysis : Analysis
    data : Image, Movie or Cube
    parameters : dict
        By name, as JSON knows them.
    arrangement : tuple of int
        Numbers and signs of the components, see `Decomposition.arranged`.
    """

    analysis: Analysis
    data: Image | Movie | Cube
    parameters: dict[str, Any]
    arrangement: tuple[int, ...]

    def provenance(self, **facts: Any) -> dict[str, Any]:
        """What is written into files beside the numbers."""
        source = self.data.source
        return {
            "program": f"atomstat_widgets {version('atomstat_widgets')}",
            "analysis": self.analysis.title,
            "data": self.data.name,
            "source": "" if source is None else source.code,
            "metadata": json.loads(json.dumps(dict(self.data.metadata), default=str)),
            "parameters": self.parameters,
            "arrangement": list(self.arrangement),
            **facts,
        }

    def cells(self) -> list[str]:
        """Python code that makes the result again and saves its numbers, in parts.

        Raises
        ------
        ValueError
            The data are in memory only, so that no code can find them.
        """
        source = self.data.source
        if source is None:
            raise ValueError(
                f"{self.data.name} is in memory only: save it to a file and open that, so that a script can find it"
            )
        model, kind = self.analysis.model, self.analysis.kind
        masked = "mask" in self.parameters and self.parameters["mask"] is not None
        imports = [
            f"from atomstat_widgets import {', '.join(source.names)}",
            "from atomstat_widgets.data.export import save",
            "from atomstat_widgets.reactive.numbers import numbers_of",
            *(["from atomstat_widgets.reactive.recipe import unpacked"] if masked else []),
            f"from {model.__module__} import {model.__name__}",
        ]
        arguments = "".join(
            f"    {name}={f'unpacked({as_code(value)})' if name == 'mask' and masked else as_code(value)},\n"
            for name, value in self.parameters.items()
        )
        arranged = f".arranged({list(self.arrangement)})" if self.arrangement else ""
        return [
            "\n".join(imports),
            f"{kind} = {source.code}",
            f"result = {model.__name__}.analyse(\n    {kind},\n{arguments}){arranged}",
            f"save({as_code(f'{self.stem}.npz')}, numbers_of(result))",
        ]

    @property
    def title(self) -> str:
        """What it is, in words, on one line: it becomes a comment of the script."""
        words = f"{self.analysis.title} of {self.data.name}"
        return " ".join("".join(char if char.isprintable() else " " for char in words).split())

    @property
    def stem(self) -> str:
        """Name for files, without the end."""
        kept = "".join(char if char.isalnum() or char in "-_" else "_" for char in self.data.name.rsplit(".", 1)[0])
        return f"{kept}_{self.analysis.name.replace('-', '_')}"

    def script(self) -> str:
        """Python script that makes the result again, see `cells`."""
        return "\n\n".join([f"# {self.title}\n{self.cells()[0]}", *self.cells()[1:]]) + "\n"

    def notebook(self) -> str:
        """Jupyter notebook that makes the result again, see `cells`."""
        texts = [("markdown", f"# {self.title}"), *(("code", cell) for cell in self.cells())]
        cells = [
            {
                "id": f"cell-{number}", "cell_type": kind, "metadata": {}, "source": text,
                **({} if kind == "markdown" else {"execution_count": None, "outputs": []}),
            }
            for number, (kind, text) in enumerate(texts)
        ]  # fmt: skip
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
        return json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}, indent=1) + "\n"


def recipe_of(result: Any) -> Recipe:
    """Recipe of a result of any analysis."""
    analysis = next(one for one in ANALYSES.values() if isinstance(result, one.result))
    parameters = {name: storable(result.parameters[name]) for name in analysis.parameter_names}
    return Recipe(analysis, getattr(result, analysis.kind), parameters, result.arrangement)


def storable(value: Any) -> Any:
    """Value of a parameter as JSON knows it."""
    if isinstance(value, Mask):
        bits = zlib.compress(np.packbits(value.used).tobytes(), 9)
        return {"shape": list(value.used.shape), "bits": base64.b64encode(bits).decode()}
    value = plain(value)
    return list(value) if isinstance(value, tuple) else value


def unpacked(mask: Mapping[str, Any]) -> NDArray[np.bool_]:
    """Mask (height, width) from the form it has in JSON.

    Raises
    ------
    ValueError
        It is not of that form.
    """
    try:
        height, width = (int(side) for side in mask["shape"])
        wanted = -(-height * width // 8)
        bits = zlib.decompressobj().decompress(base64.b64decode(mask["bits"], validate=True), wanted + 1)
        if min(height, width) < 1 or len(bits) != wanted:
            raise ValueError(f"{len(bits)} bytes for {height} × {width} pixels")
    except (KeyError, TypeError, ValueError, zlib.error) as error:
        raise ValueError(f"no mask, which has shape and bits: {error}") from error
    used = np.unpackbits(np.frombuffer(bits, np.uint8), count=height * width)
    return used.reshape(height, width).astype(bool)
