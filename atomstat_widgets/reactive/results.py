"""Results without a screen: make one, and take away its numbers, its figure or a file."""

from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import Any

from atomstat_widgets.data import export
from atomstat_widgets.data.numbers import Numbers
from atomstat_widgets.reactive.registry import analysis_of, find_analysis


def analyse(name: str, data: Any, *, on_progress: Callable[[float], None] | None = None, **parameters: Any) -> Any:
    """Analyse data once, without a widget.

    Parameters
    ----------
    name : str
        Of the analysis, as on the command line; ``atomstat run --help`` lists them.
    data : path, array, HyperSpy signal, xarray.DataArray, Image, Movie or Cube
        What to analyse, see `load`. All of them are, however large.
    on_progress : callable, optional
        Called with the fraction of the run that is done, 0 to 1.
    **parameters
        Of the analysis, by the names that its model, or ``atomstat run NAME --help``, has for them.

    Returns
    -------
    result
        Of the analysis: components and loadings, tracks, maps, as its own documentation says.

    Raises
    ------
    ValueError
        There is no such analysis, it failed, or a parameter is not as it should be; the message says why.

    Examples
    --------
    >>> from atomstat_widgets import analyse, samples
    >>> result = analyse("sliding-fft", samples.grains(), n_components=3)
    >>> result.loading_maps.shape
    (3, 48, 48)
    """
    return find_analysis(name).load("model").analyse(data, on_progress, **parameters)


def numbers_of(result: Any) -> Numbers:
    """Numbers of a result, lengths in the unit of the data where it is known, else in pixels.

    Parameters
    ----------
    result
        Of `analyse` or of a panel's model.

    Raises
    ------
    TypeError
        It is no result of an analysis.

    Examples
    --------
    >>> from atomstat_widgets import analyse, samples
    >>> from atomstat_widgets.reactive.results import numbers_of
    >>> result = analyse("sliding-fft", samples.grains(shape=(128, 128)), n_components=3)
    >>> sorted(numbers_of(result).quantities)
    ['components', 'loadings']
    """
    numbers: Numbers = analysis_of(result).load("numbers")(result)
    return numbers


def figure_of(result: Any, **look: Any) -> Any:
    """Figure of a result, composed by matplotlib for a paper.

    Parameters
    ----------
    result
        Of `analyse` or of a panel's model.
    **look
        What the figure of its analysis offers.

    Raises
    ------
    TypeError
        It is no result of an analysis.
    """
    return analysis_of(result).load("figure")(result, **look)


def save(path: str | PathLike[str], result: Any) -> list[Path]:
    """Write the numbers of a result to a file, or several where the format has one for each table or quantity.

    Parameters
    ----------
    path : str or path
        Ends in .npz, .h5, .csv or .hspy. Of the last two the name of the table or quantity is put before the end. Files
        that exist are replaced.
    result
        Of `analyse` or of a panel's model, or `Numbers`.

    Returns
    -------
    list of path
        What was written.

    Raises
    ------
    TypeError, ValueError
        It is no result of an analysis; the name ends in something else.

    Examples
    --------
    >>> import tempfile
    >>> from atomstat_widgets import analyse, samples, save
    >>> result = analyse("sliding-fft", samples.grains(shape=(128, 128)), n_components=3)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     [path.name for path in save(f"{folder}/grains.npz", result)]
    ['grains.npz']
    """
    return export.save(path, result if isinstance(result, Numbers) else numbers_of(result))
