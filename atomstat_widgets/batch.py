"""``atomstat run``: one analysis of many files, without a page."""

import argparse
import json
import sys
import warnings
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
from traitlets import Bool, Enum, Float, Int, TraitType

from atomstat_widgets.data import load
from atomstat_widgets.data.calibration import number_and_unit
from atomstat_widgets.data.readers.loading import KINDS
from atomstat_widgets.panels.exports import FORMATS, export_files
from atomstat_widgets.reactive.failures import in_words
from atomstat_widgets.reactive.lengths import Length, WholeLength
from atomstat_widgets.reactive.registry import Analysis, analyses, find_analysis
from atomstat_widgets.reactive.results import analyse
from atomstat_widgets.renamed import with_new_names

DEFAULT_FORMATS = ("npz", "csv", "png", "py")
CONNECT_SECONDS = 10


def add_analyses(commands: Any, asked: str | None) -> None:
    """Add a command for each analysis and, of the one that is asked for, an option for each of its parameters.

    So only its model is loaded.

    Raises
    ------
    ValueError
        The parameters of that one cannot be options.
    """
    for analysis in analyses().values():
        parser = commands.add_parser(
            analysis.name,
            help=f"{analysis.title} of each {KINDS[analysis.kind]}".replace("%", "%%"),
            description=f"{analysis.title} of each {KINDS[analysis.kind]}. Rows are y, columns are x.",
        )
        parser.add_argument("files", nargs="+", metavar="FILE", help=f"{KINDS[analysis.kind]}, see atomstat --help")
        parser.add_argument("--out", required=True, metavar="DIR", type=Path, help="folder to write to; made if needed")
        parser.add_argument(
            "--formats", nargs="+", choices=FORMATS, default=DEFAULT_FORMATS, metavar="FORMAT",
            help=f"what to write, of {', '.join(FORMATS)} (default: {' '.join(DEFAULT_FORMATS)})",
        )  # fmt: skip
        parser.add_argument("--signal", metavar="NAME", help="of files with several signals, number or title of one")
        parser.add_argument(
            "--parameters", metavar="JSON", type=Path,
            help="file with parameters, as Export saves them; the options below are preferred to it",
        )  # fmt: skip
        parser.add_argument(
            "--scheduler", metavar="threads|processes|tcp://HOST:PORT",
            help="read files block by block, and compute by dask: in threads or processes of this machine, or on the "
            "workers of a scheduler (by default files are read at once, and computed here)",
        )  # fmt: skip
        if analysis.name == asked:
            try:
                _add_parameters(parser, analysis)
            except Exception as error:  # of a package that is not ours: whatever it is, words tell whose it is
                raise ValueError(f"the parameters of {asked} cannot be options: {in_words(error)}") from error


def _add_parameters(parser: argparse.ArgumentParser, analysis: Analysis) -> None:
    """Add an option for each parameter of an analysis, by its new name and by the former one."""
    group = parser.add_argument_group("parameters")
    for name, trait in analysis.parameters.items():
        if (argument := _argument(trait)) is None:
            continue
        former = [old for old, new in analysis.load("model").renamed.items() if new == name]
        options = {
            name: (trait.metadata.get("option") or name, _explanation(trait)),
            **{old: (old, argparse.SUPPRESS) for old in former},
        }
        for given, (option, explained) in options.items():
            group.add_argument(
                f"--{option.replace('_', '-')}", dest=f"parameter {given}", default=argparse.SUPPRESS,
                help=explained, **argument,
            )  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Analyse the files that the arguments name, going on after one that cannot be, and say what came of it.

    Returns
    -------
    int
        0, or 1 when a file failed.

    Raises
    ------
    ValueError, OSError
        Nothing can be done at all: the parameters or the folder to write to are at fault.
    """
    from tqdm import tqdm

    analysis = find_analysis(arguments.analysis)
    given = {} if arguments.parameters is None else read_parameters(arguments.parameters, analysis)
    options = vars(arguments).items()
    here = {name.removeprefix("parameter "): value for name, value in options if name.startswith("parameter ")}
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        given |= with_new_names(here, analysis.load("model").renamed)
    for one in told:
        sys.stderr.write(f"atomstat: {one.message}\n")
    for name, trait in analysis.parameters.items():
        if (other := trait.metadata.get("follows")) in given:
            given.setdefault(name, given[other])
    arguments.out.mkdir(parents=True, exist_ok=True)
    failures, taken = [], set()
    bar = tqdm(total=len(arguments.files), bar_format="{desc}{percentage:3.0f}%|{bar}| {elapsed}")
    with _use_scheduler(arguments.scheduler), bar:
        for number, file in enumerate(arguments.files):
            bar.set_description(Path(file).name)
            try:
                in_blocks = arguments.scheduler is not None and Path(file).is_file()
                data = load(file, kind=analysis.kind, signal=arguments.signal, lazy=in_blocks or None)
                result = analyse(analysis.name, data, on_progress=_follower(bar, number), **given)
                for form in arguments.formats:
                    for name, content in export_files(result, form).items():
                        path = arguments.out / name
                        if path in taken:
                            raise ValueError(f"{path.name} was written for another file: rename one, or run them apart")
                        taken.add(path)
                        path.write_bytes(content)
            except (ValueError, TypeError, OSError, MemoryError) as error:
                failures.append(f"{file}: {in_words(error)}")
            bar.update(number + 1 - bar.n)
    done = len(arguments.files) - len(failures)
    sys.stdout.write(f"{done} of {len(arguments.files)} files analysed, results in {arguments.out}\n")
    for failure in failures:
        sys.stderr.write(f"atomstat: {failure}\n")
    return 1 if failures else 0


def _use_scheduler(scheduler: str | None) -> AbstractContextManager[Any]:
    """Have dask compute by this scheduler, while inside."""
    if scheduler is None:
        return nullcontext()
    if scheduler in ("threads", "processes"):
        import dask

        used: AbstractContextManager[Any] = dask.config.set(scheduler=scheduler)
        return used
    if "://" not in scheduler:
        raise ValueError(f"the scheduler is threads, processes or an address as tcp://host:port, not {scheduler!r}")
    try:
        from distributed import Client
    except ImportError as error:
        raise ValueError("a scheduler elsewhere needs pip install 'atomstat-widgets[dask]'") from error
    try:
        client: AbstractContextManager[Any] = Client(scheduler, timeout=CONNECT_SECONDS)
        return client
    except (OSError, ValueError) as error:
        raise ConnectionError(f"no scheduler answers at {scheduler}") from error


def read_parameters(path: Path, analysis: Analysis) -> dict[str, Any]:
    """Parameters of an analysis from a JSON file, by their new names whatever they are called there.

    Raises
    ------
    ValueError
        It holds no such parameters.
    """
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is no JSON: {error}") from error
    if not isinstance(given, dict):
        raise ValueError(f"{path} holds no parameters by name")
    renamed = analysis.load("model").renamed
    given = {renamed.get(name, name): value for name, value in given.items()}
    unknown = [name for name in given if name not in analysis.parameters]
    if unknown:
        raise ValueError(
            f"{path}: {analysis.title} has no parameter {unknown[0]!r}, but {', '.join(analysis.parameters)}"
        )
    return given


def _explanation(trait: TraitType[Any, Any]) -> str:
    """Help of a parameter, with its unit, limits and default."""
    low, high = getattr(trait, "min", None), getattr(trait, "max", None)
    # A number without a limit has none, or an infinite one.
    ends = [f"{word} {end:g}" for word, end in (("from", low), ("to", high)) if end is not None and np.isfinite(end)]
    value = trait.default_value
    known = isinstance(value, str | int | float)  # None is told by the help
    default = f"{'on' if value else 'off'} by default" if isinstance(value, bool) else f"default {value}" * known
    remarks = "; ".join(one for one in (trait.metadata.get("unit"), " ".join(ends), default) if one)
    return (f"{trait.help} ({remarks})" if remarks else trait.help).replace("%", "%%")


def _argument(trait: TraitType[Any, Any]) -> Mapping[str, Any] | None:
    """How a parameter is given on the command line; None where that cannot be done in a few words."""
    argument: Mapping[str, Any] | None = trait.metadata.get("argument")
    if argument is not None:
        return argument
    if isinstance(trait, Bool):
        return {"action": argparse.BooleanOptionalAction}
    if isinstance(trait, Enum):
        return {"choices": trait.values}
    if isinstance(trait, Length | WholeLength):
        return {"type": length, "metavar": "LENGTH"}
    for kind, number in ((Int, int), (Float, float)):
        if isinstance(trait, kind):
            return {"type": number, "metavar": "N"}
    return None


def length(text: str) -> str:
    """Length as it is given; how many pixels it has depends on the file."""
    number_and_unit(text)
    return text


def _follower(bar: Any, number: int) -> Callable[[float], None]:
    """Progress of one file on the bar of all."""
    return lambda fraction: bar.update(max(0.0, number + fraction - bar.n))
