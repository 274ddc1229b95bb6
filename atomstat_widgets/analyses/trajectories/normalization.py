"""How crops are normalised, as a parameter: a word, and True or False, which it was before."""

import argparse
from collections.abc import Sequence
from typing import Any

from traitlets import Enum

from atomstat_widgets.stat.atoms.brightness import CROP, NONE, NORMALIZATIONS, normalization_of


class Normalization(Enum[Any]):
    """One of the `NORMALIZATIONS`; assign True or False for "crop" or "none"."""

    def __init__(self, default: str) -> None:
        super().__init__(NORMALIZATIONS, default)

    def validate(self, obj: Any, value: Any) -> Any:
        """Take a switch as the word that means the same."""
        return super().validate(obj, normalization_of(value) if isinstance(value, bool) else value)


class NormalizationOption(argparse.Action):
    """``--normalize WORD`` on the command line; ``--normalize`` alone and ``--no-normalize``, as it was before."""

    def __init__(self, option_strings: Sequence[str], dest: str, **options: Any) -> None:
        without = [option.replace("--", "--no-", 1) for option in option_strings]
        super().__init__([*option_strings, *without], dest, nargs="?", choices=NORMALIZATIONS, **options)

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option_string: Any = None
    ) -> None:
        """Keep the word."""
        if not option_string.startswith("--no-"):
            setattr(namespace, self.dest, values or CROP)
        elif values is None:
            setattr(namespace, self.dest, NONE)
        else:
            parser.error(f"{option_string} takes no value, got {values}")
