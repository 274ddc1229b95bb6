"""Classes of atoms by what the image shows at them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atomstat_widgets.arguments import array_of, number_of, seed_of, whole_of, word_of
from atomstat_widgets.stat.atoms.crops import Positions, classes_of, extract_crops, positions_by_frame
from atomstat_widgets.stat.matrices._gmm import gmm
from atomstat_widgets.unwarned import unwarned

# And the options that each cannot do without.
METHODS = {
    "threshold": ["thresh"],
    "kmeans": ["n_components"],
    "meanshift": [],
    "gmm_local": ["n_components", "window_size"],
}
# AtomAI's rule: an array of three dimensions whose last is at most this is one image with channels.
MOST_CHANNELS = 10
# Of the largest intensity: what rounding may make of equal ones.
ROUNDING = 1e-12
# Of the range of intensities: scikit-learn's seeds are rounded to float32, and must stay closer to atoms than this.
SMALLEST_BANDWIDTH = 1e-6
# Atoms of which the bandwidth is estimated, evenly taken by rank: that takes time as the square of their number.
SAMPLE = 2000

Floats = NDArray[np.float64]
Labels = NDArray[np.intp]


def update_classes(
    coordinates: Positions,
    image: ArrayLike,
    method: str = "threshold",
    *,
    thresh: float | None = None,
    window_size: int | None = None,
    n_components: int | None = None,
    quantile: float = 0.25,
    coord_class: float = 0,
    random_state: int = 42,
) -> dict[int, Floats]:
    """Give atoms new classes, by the intensity at each or by the pixels around it.

    Parameters
    ----------
    coordinates : array, or mapping of frame number to array
        Of one image: (n, 2) or (n, 3), row and column in pixels and, if given, class. Of a stack: such an array by
        number of the frame (int, or str of one).
    image : array, (height, width), (height, width, channels), (frames, height, width) or all four
        Rows are y, columns are x. Of three dimensions, the last are channels if there are 10 or fewer.
    method : {'threshold', 'kmeans', 'meanshift', 'gmm_local'}
        The first three sort the atoms of all frames together by intensity: the mean over all channels of a square
        around the pixel nearest to the atom, of which only pixels of the image count. 'gmm_local' sorts crops by a
        Gaussian mixture of their pixels.
    thresh : float
        For 'threshold': class 1 from this intensity on, class 0 below.
    window_size : int, optional
        Side of the square or crop in pixels, which starts ``window_size // 2`` before the nearest pixel. By default 3;
        'gmm_local' has no default.
    n_components : int
        For 'kmeans' and 'gmm_local': number of classes.
    quantile : float
        For 'meanshift', above 0, at most 1: the bandwidth is the mean distance, in intensity, to the farthest of this
        fraction of the atoms, and of two at least.
    coord_class : float
        For 'gmm_local': only atoms of this class are sorted. Atoms without class are of class 0.
    random_state : int
        Seed of 'kmeans' and 'gmm_local'.

    Returns
    -------
    dict of int to array, (n, 3), float64
        Row, column and class of every atom given, by frame number, in the order given. Classes count from 0: by rising
        intensity, for 'gmm_local' from the largest on. There, atoms of another class than `coord_class`, and atoms
        whose crop leaves the image or holds NaN or infinity, are of class -1.

    Raises
    ------
    TypeError, ValueError
        There is no such method, or it lacks an option; an option is out of range; there are more classes than
        different intensities or crops; coordinates or image have another shape, or are no real numbers; there are no
        atoms, or one is not finite, outside the image or in no frame of the stack; an intensity is not finite.

    Notes
    -----
    Reference: AtomAI 0.8.1, ``atomai.stat.update_classes``. The coordinates given are not changed.

    Examples
    --------
    >>> import numpy as np
    >>> from atomstat_widgets import stat
    >>> image = np.zeros((32, 32))
    >>> image[8, 8], image[8, 24] = 1.0, 5.0
    >>> stat.update_classes([[8, 8], [8, 24]], image, thresh=2.0, window_size=1)
    {0: array([[ 8.,  8.,  0.],
           [ 8., 24.,  1.]])}
    """
    word_of(method, "the method", METHODS)
    options: dict[str, Any] = {"thresh": thresh, "window_size": window_size, "n_components": n_components}
    missing = [name for name in METHODS[method] if options[name] is None]
    if missing:
        raise ValueError(f"the method {method!r} needs {' and '.join(missing)}")
    if thresh is not None:
        options["thresh"] = number_of(thresh, "thresh")
    if window_size is not None:
        options["window_size"] = whole_of(window_size, "window_size", minimum=1)
    if n_components is not None:
        options["n_components"] = whole_of(n_components, "n_components", minimum=1)
    quantile, random_state = number_of(quantile, "quantile", above=0, maximum=1), seed_of(random_state, "random_state")
    coord_class = number_of(coord_class, "coord_class")
    stack = _as_stack(image)
    by_frame = positions_by_frame(coordinates, len(stack))
    if not any(map(len, by_frame.values())):
        raise ValueError("there are no atoms in the coordinates")
    _check_inside(by_frame, stack.shape[1:3])

    if method == "gmm_local":
        labels = _by_crop(stack, by_frame, options["window_size"], coord_class, options["n_components"], random_state)
    else:
        # One that is twice as long as the image holds all of it, wherever the atom is.
        window = min(options["window_size"] or 3, 2 * max(stack.shape[1:3]) + 1)
        intensities = np.concatenate([_intensities(stack[frame], by_frame[frame], window, frame) for frame in by_frame])
        if method == "threshold":
            labels = (intensities >= options["thresh"]).astype(np.intp)
        elif method == "kmeans":
            labels = _kmeans(intensities, options["n_components"], random_state)
        else:
            labels = _meanshift(intensities, quantile)
    pieces = np.split(labels, np.cumsum([len(points) for points in by_frame.values()])[:-1])
    sorted_ = zip(by_frame.items(), pieces, strict=True)
    return {frame: np.column_stack([points[:, :2], piece]) for (frame, points), piece in sorted_}


def _as_stack(image: ArrayLike) -> NDArray[Any]:
    """The image as (frames, height, width, channels)."""
    stack: NDArray[Any] = array_of(image, "image")
    if stack.ndim == 2:
        stack = stack[None, :, :, None]
    elif stack.ndim == 3:
        stack = stack[None] if stack.shape[-1] <= MOST_CHANNELS else stack[..., None]
    if stack.ndim != 4 or stack.size == 0:
        raise ValueError(f"the image is (height, width), with frames before or channels after, got {np.shape(image)}")
    return stack


def _check_inside(by_frame: Mapping[int, Floats], shape: tuple[int, ...]) -> None:
    for frame, points in by_frame.items():
        nearest = np.rint(points[:, :2])
        outside = np.flatnonzero(((nearest < 0) | (nearest >= shape)).any(axis=1))
        if len(outside):
            raise ValueError(
                f"{len(outside)} of {len(points)} atoms of frame {frame} are outside its {shape[0]} rows and "
                f"{shape[1]} columns, the first is number {outside[0]} at {points[outside[0], :2].tolist()}"
            )


def _intensities(image: NDArray[Any], points: Floats, window: int, frame: int) -> Floats:
    """Mean of the square around each atom, (n,)."""
    height, width = image.shape[:2]
    first = np.rint(points[:, :2]).astype(np.intp) - window // 2
    rows, columns = first[:, :1, None] + np.arange(window)[:, None], first[:, 1:, None] + np.arange(window)
    within = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    pixels = image[rows.clip(0, height - 1), columns.clip(0, width - 1)]
    with np.errstate(over="ignore"):  # which is infinite then
        means: Floats = pixels.mean(axis=(1, 2, 3), dtype=np.float64, where=within[..., None])
    bad = np.flatnonzero(~np.isfinite(means))
    if len(bad):
        raise ValueError(
            f"NaN or infinity at {len(bad)} of {len(means)} atoms of frame {frame}, the first is number {bad[0]}"
        )
    return means


def _kmeans(intensities: Floats, count: int, seed: int) -> Labels:
    from sklearn.cluster import KMeans  # here: slow to import

    different = len(np.unique(intensities))
    if count > different:
        raise ValueError(f"{count} classes of {len(intensities)} atoms with {different} different intensities")
    return _rising(KMeans(count, n_init=10, random_state=seed), intensities)


def _meanshift(intensities: Floats, quantile: float) -> Labels:
    from sklearn.cluster import MeanShift, estimate_bandwidth  # here: slow to import

    spread = np.ptp(intensities)
    if spread <= ROUNDING * np.abs(intensities).max():
        return np.zeros(len(intensities), np.intp)
    scaled = (intensities - intensities.min()) / spread
    ranks = np.linspace(0, len(scaled) - 1, min(len(scaled), SAMPLE)).round().astype(np.intp)
    # Two and a half, to count two after rounding: of one, the atom itself, the distance is 0.
    fraction = max(quantile, min(2.5 / len(ranks), 1))
    bandwidth = estimate_bandwidth(np.sort(scaled)[ranks, None], quantile=fraction) + SMALLEST_BANDWIDTH
    return _rising(MeanShift(bandwidth=bandwidth, bin_seeding=True), scaled)


def _rising(model: Any, intensities: Floats) -> Labels:
    """Cluster, and number the clusters by their centres."""
    with unwarned():  # that values which differ by rounding share a cluster, or that each of a few has a bin of its own
        labels = model.fit_predict(intensities[:, None])
    return np.unique(model.cluster_centers_[labels, 0], return_inverse=True)[1]


def _by_crop(
    stack: NDArray[Any], by_frame: Mapping[int, Floats], window: int, coord_class: float, count: int, seed: int
) -> Labels:
    crops = extract_crops(stack, by_frame, window, atom_class=coord_class)
    if count > len(crops.positions):
        raise ValueError(f"{count} classes of {len(crops.positions)} crops")
    # Crops are in the order of their atoms, and of atoms at one place all have a crop or none.
    cropped = np.concatenate(
        [
            (classes_of(points) == coord_class)
            & np.isin(points[:, :2] @ [1, 1j], crops.positions[crops.frames == frame] @ [1, 1j])
            for frame, points in by_frame.items()
        ]
    )
    labels = np.full(len(cropped), -1)
    labels[cropped] = gmm(crops.matrix[:], count, seed=seed).labels - 1
    return labels
