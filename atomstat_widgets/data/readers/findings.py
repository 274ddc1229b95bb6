"""What a neural network found in images, as AtomAI's predictors give it: its output, and coordinates of atoms."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from atomstat_widgets.arguments import array_of, instance_of
from atomstat_widgets.data.image import Image
from atomstat_widgets.data.movie import Movie
from atomstat_widgets.data.read_error import ReadError
from atomstat_widgets.data.readers.images import require_real
from atomstat_widgets.data.readers.npy import read_npy, read_npz
from atomstat_widgets.data.readers.paths import require_there
from atomstat_widgets.points import parted, points_of


def load_output(source: Any) -> Image | Movie:
    """Load the output of AtomAI's segmentation network as what it shows: all classes but the last, the background.

    Parameters
    ----------
    source : path, array, Image or Movie
        A .npy file or an array of shape (frames, height, width, channels), or (height, width, channels); what was
        loaded before is returned as it is.

    Returns
    -------
    Image or Movie
        An image, with its `channels`, of one frame; a movie of more.

    Raises
    ------
    ReadError
        The array is not as above.
    TypeError
        `source` is of another type.
    """
    if isinstance(source, Image | Movie):
        return source
    output = _array(source, "output of a network")
    name = Path(source).name if isinstance(source, str | Path) else "array"
    require_real(output.dtype, name)
    if output.ndim not in (3, 4) or 0 in output.shape:
        raise ReadError(
            f"{name}: the output of a network is (frames, height, width, channels), not of shape {output.shape}"
        )
    output = array_of(output, name, stored=True)
    frames = output.reshape(-1, *output.shape[-3:])
    shown = frames[..., 0] if frames.shape[3] == 1 else frames[..., :-1].sum(axis=3)
    if len(frames) > 1:
        return Movie(shown, name)
    return Image(shown[0], name, channels=np.asarray(frames[0], np.float32))


def with_findings(data: Any, coordinates: Any = None, network_output: Any = None) -> Any:
    """Add to an image or a movie what was found in it elsewhere.

    Parameters
    ----------
    data : Image or Movie
    coordinates : path, mapping or array, optional
        Atoms by frame number, (n, 2) row and column in pixels or (n, 3) with class, as AtomAI's predictor gives them;
        a .npz file of arrays that are named by frame numbers; a table with the columns y, x and frame; of an image also
        the array alone.
    network_output : path or array, optional
        Of an image, (height, width, channels) or (1, height, width, channels), or a .npy file of it.

    Returns
    -------
    Image or Movie
        Without `source`: what makes it again is not one file.

    Raises
    ------
    TypeError, ValueError
        They do not fit the data, or are no real numbers.
    """
    instance_of(data, "data", Image, Movie)
    if coordinates is not None:
        frames = _by_frame(coordinates)
        if isinstance(data, Movie):
            data = replace(data, atoms=frames, source=None)
        elif len(frames) == 1:
            data = replace(data, atoms=next(iter(frames.values())), source=None)
        else:
            raise ValueError(f"coordinates are of one image, got those of {len(frames)}")
    if network_output is not None:
        output = array_of(_array(network_output, "output of a network"), "network_output", dtype=np.float32)
        if not isinstance(data, Image):
            raise ValueError(f"{data.name}: the output of a network is taken beside one image, not beside a movie")
        data = replace(data, channels=output[0] if output.ndim == 4 and len(output) == 1 else output, source=None)
    return data


def _by_frame(coordinates: Any) -> dict[int, np.ndarray]:
    if isinstance(coordinates, str | Path):
        path = Path(coordinates)
        if path.suffix.lower() != ".npz":
            raise ReadError(
                f"{path.name}: coordinates are read from .npz files; write them by "
                "np.savez(file, **{str(frame): points for frame, points in coordinates.items()})"
            )
        coordinates = read_npz(path)
    try:
        coordinates = parted(coordinates, "coordinates")
    except (TypeError, ValueError) as error:
        raise ReadError(f"coordinates are numbers by frame number: {error}") from error
    if not isinstance(coordinates, Mapping):
        coordinates = {0: coordinates}
    from atomstat_widgets.stat.frame_numbers import by_frame_number  # here: it takes longer to import than `data`

    try:
        return {
            frame: points_of(points, f"coordinates of frame {frame}", finite=False)
            for frame, points in by_frame_number(coordinates.items()).items()
        }
    except (TypeError, ValueError) as error:
        raise ReadError(f"coordinates are numbers by frame number: {error}") from error


def _array(source: Any, what: str) -> np.ndarray:
    if isinstance(source, str | Path):
        require_there(Path(source))
        return read_npy(Path(source))
    if isinstance(source, np.ndarray):
        return source
    raise TypeError(f"the {what} is a path or an array, not of type {type(source).__name__}")
