"""The settings of panels as text, for a file or the address of a page, and back."""

import base64
import json
import zlib
from collections.abc import Mapping
from typing import Any

from traitlets import TraitError

from atomstat_widgets.reactive.model import AnalysisModel
from atomstat_widgets.reactive.parameter import from_json as value_of
from atomstat_widgets.reactive.parameter import to_json

VERSION = 1
MOST_BYTES = 1_000_000  # of a session: what is longer was not written by `as_json`


def parameters_of(model: AnalysisModel) -> dict[str, Any]:
    """Parameters of a model beside its data, as JSON knows them."""
    traits = model.traits(parameter=True)
    return {name: to_json(traits[name], value) for name, value in model.parameters().items() if name != model.kind}


def set_parameters(model: AnalysisModel, parameters: Mapping[str, Any]) -> list[str]:
    """Set parameters, by new names or old ones, in one run; those that cannot be set stay what they are.

    Returns
    -------
    list of str
        What could not be set and why, in words.
    """
    problems = []
    known, traits = parameters_of(model), model.traits(parameter=True)
    parameters = {model.renamed.get(name, name): value for name, value in parameters.items()}
    with model.one_run():
        for name, value in parameters.items():
            if name not in known:
                problems.append(f"there is no parameter {_short(name)}")
                continue
            try:
                setattr(model, name, value_of(traits[name], value))
            except (TraitError, ValueError, TypeError):
                shown = "without" if known[name] is None else _short(known[name])
                problems.append(f"{name} cannot be {_short(value)}, it is {shown}")
    return problems


def as_json(state: Mapping[str, Any]) -> str:
    """Text of a session."""
    return json.dumps({"atomstat": VERSION, **state}, indent=1)


def from_json(text: str | bytes) -> dict[str, Any]:
    """Session from its text.

    Raises
    ------
    ValueError
        It is not the text of a session.
    """
    if len(text) > MOST_BYTES:
        raise ValueError(f"a session has no {len(text):,} characters")
    try:
        state = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"this is no session: {error}") from error
    if not isinstance(state, dict) or state.get("atomstat") != VERSION:
        raise ValueError(f"this is no session of atomstat, version {VERSION}")
    return state


def as_address(state: Mapping[str, Any]) -> str:
    """Session in letters, digits, - and _, for the address of a page."""
    return base64.urlsafe_b64encode(zlib.compress(as_json(state).encode(), 9)).decode().rstrip("=")


def from_address(text: str) -> dict[str, Any]:
    """Session from an address.

    Raises
    ------
    ValueError
        There is none in it.
    """
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        content = zlib.decompressobj().decompress(packed, MOST_BYTES + 1)
    except (ValueError, zlib.error) as error:
        raise ValueError(f"the state in the address is damaged: {error}") from error
    return from_json(content)


def _short(value: Any) -> str:
    shown = str(value)
    return shown if len(shown) <= 40 else f"{shown[:39]}…"
