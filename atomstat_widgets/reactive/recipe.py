"""How a result was made: data and parameters, as JSON, as a script and as a notebook that make it again."""

import json
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from atomstat_widgets.brief import brief
from atomstat_widgets.data import Cube, Image, Movie
from atomstat_widgets.data.code import as_code
from atomstat_widgets.data.mask import unpacked as unpacked  # from here scripts of version 0.1 import it
from atomstat_widgets.reactive.parameter import to_json
from atomstat_widgets.reactive.registry import Analysis, analysis_of


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
        kind = self.analysis.kind
        names = sorted({"analyse", "save", *source.names})
        arguments = "".join(f"    {name}={as_code(value)},\n" for name, value in self.parameters.items())
        arranged = f".arranged({list(self.arrangement)})" if self.arrangement else ""
        return [
            f"from atomstat_widgets import {', '.join(names)}",
            f"{kind} = {source.code}",
            f"result = analyse(\n    {as_code(self.analysis.name)},\n    {kind},\n{arguments}){arranged}",
            f"save({as_code(f'{self.stem}.npz')}, result)",
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
        cells: list[dict[str, Any]] = [
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
    analysis = analysis_of(result)
    parameters = {name: to_json(trait, result.parameters[name]) for name, trait in analysis.parameters.items()}
    return Recipe(analysis, getattr(result, analysis.kind), parameters, result.arrangement)
