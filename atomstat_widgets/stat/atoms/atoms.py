"""Atom columns in an image, found without a neural network."""

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import KDTree

from atomstat_widgets.arguments import number_of, word_of
from atomstat_widgets.brief import brief
from atomstat_widgets.stat.atoms.otsu import otsu_threshold
from atomstat_widgets.stat.blocks import take_into_memory
from atomstat_widgets.stat.image import normalize_image

SMALLEST_SIDE = 8
# Of the band-pass's noise. A maximum as high as the first is an atom, whatever else is in the image. The guess of the
# spacing asks for more: it looks at a finer scale, where there are more maxima of noise to be mistaken.
ENOUGH, CERTAIN = 3.5, 4.0
# Of the strongest maximum: the least noise assumed. Simulated images have none, but the rounding of their filters.
DYNAMIC_RANGE = 1 / 500
ITERATIONS = 8
# Atoms refined at a time: 10,000 patches of 9 x 9 pixels and their five derivatives would leave every cache.
BLOCK = 1024

Floats = NDArray[np.float64]
Float32 = NDArray[np.float32]


@brief
@dataclass(frozen=True)
class Atoms:
    """Atom columns of one image.

    Attributes
    ----------
    positions : array, (n, 2), float64
        (y, x) in pixels: y runs down the rows, x along the columns, and pixel (0, 0) has its centre at (0, 0).
        In the order of the strengths.
    strengths : array, (n,), float64
        Signal-to-noise ratio of each atom after the band-pass, largest first.
    spacing : float
        Distance between close neighbours in pixels, guessed or as it was given. No two atoms are closer than half of
        it.
    """

    positions: Floats
    strengths: Floats
    spacing: float


def find_atoms(
    image: NDArray[Any],
    *,
    spacing: float | None = None,
    strength: float | None = None,
    refine: Literal["gaussian", "centroid"] = "gaussian",
) -> Atoms:
    """Find the bright atom columns of an image, to a fraction of a pixel.

    Parameters
    ----------
    image : array, (height, width) or (height, width, channels)
        See `normalize_image`; at least 8 pixels a side. Atoms are bright: negate an image in which they are dark.
        Of dask or Zarr it is taken into memory, where a movie is looked at frame by frame by `find_movie_atoms`.
    spacing : float, optional
        Distance between neighbouring columns in pixels. By default it is guessed, see the notes. Two maxima closer than
        half of it are one atom, the stronger.
    strength : float, optional
        Smallest signal-to-noise ratio of an atom after the band-pass. By default Otsu's threshold between the maxima
        of noise and of atoms, on a logarithmic scale, but at most 3.5: where noise is weak it would part bright
        columns from faint ones.
    refine : {"gaussian", "centroid"}
        A round Gaussian on a constant ground, fitted by least squares, or the iterated centre of mass, which is
        quicker but drawn to bright neighbours.

    Returns
    -------
    Atoms

    Raises
    ------
    TypeError, ValueError
        For an image that cannot be used, see `normalize_image`; an image of fewer than 8 rows or columns; a spacing
        that is not between 2 pixels and the longer side; a strength that is negative or not finite; another `refine`.

    Notes
    -----
    The band-pass is the Laplacian of a Gaussian. Its scale is the one at which the image, less its white noise, has the
    most energy ([1]_; here read off the power spectrum, from which noise can be subtracted), or a quarter of the
    spacing where that is finer. In a lattice the scale is that of its first Bragg spots. The noise is what the power
    spectrum has in its corners, beyond what any resolved column shows.

    The guess of the spacing is a first look with 0.6 of that scale, fine enough to part columns that touch, and of the
    distances from each maximum with a signal-to-noise ratio of 4 to its nearest neighbour the one that 15 % fall
    below. A low one, since in a crystal with uneven distances the close pairs have to be kept apart; of an even
    lattice with noise the guess is therefore up to a fifth too small. Where columns blend and noise hides the faint of
    them, give the spacing.

    At the border the image is mirrored for the band-pass, and patches are cut to the pixels that exist. An
    atom is kept if its refined centre is within the pixels' area, so from -0.5 to the side - 0.5. Where the
    refinement diverges (it leaves the neighbourhood of the maximum, or is no peak) the maximum's pixel is the position.

    References
    ----------
    .. [1] Lindeberg, Int. J. Comput. Vis. 30, 79 (1998).

    Examples
    --------
    >>> import numpy as np
    >>> from atomstat_widgets import stat
    >>> y, x = np.mgrid[:64, :64]
    >>> image = np.cos(2 * np.pi * y / 16) + np.cos(2 * np.pi * x / 16)  # an atom each 16 pixels
    >>> atoms = stat.find_atoms(image)
    >>> inner = ((atoms.positions > 8) & (atoms.positions < 56)).all(axis=1)
    >>> atoms.positions[inner].round(1)
    array([[16., 16.],
           [16., 32.],
           [16., 48.],
           [32., 16.],
           [32., 32.],
           [32., 48.],
           [48., 16.],
           [48., 32.],
           [48., 48.]])
    """
    pixels = take_into_memory(normalize_image(image), "the pixels")
    if min(pixels.shape) < SMALLEST_SIDE:
        raise ValueError(f"finding atoms needs at least {SMALLEST_SIDE} rows and columns, got shape {pixels.shape}")
    if spacing is not None:
        longest = max(pixels.shape)
        words = f"in pixels, between 2 and the image's {longest}"
        spacing = number_of(spacing, "spacing", minimum=2, maximum=longest, words=words)
    if strength is not None:
        words = "a signal-to-noise ratio, finite and not negative"
        strength = number_of(strength, "strength", minimum=0, words=words)
    word_of(refine, "refine", ("gaussian", "centroid"))

    scale, noise = _scale_and_noise(pixels)
    if spacing is None:
        spacing = _guess_spacing(pixels, scale, noise)
    maxima, strengths = _maxima(pixels, min(scale, spacing / 4), noise, spacing / 2)
    if strength is None:
        strength = min(ENOUGH, math.exp(otsu_threshold(np.log(strengths)))) if len(strengths) > 1 else 0.0
    keep = strengths >= strength
    maxima, strengths = maxima[keep], strengths[keep]

    refiner = _fit_gaussian if refine == "gaussian" else _centroid
    blocks = [refiner(pixels, maxima[n : n + BLOCK], spacing) for n in range(0, len(maxima), BLOCK)]
    positions = np.concatenate([np.empty((0, 2)), *blocks])
    inside = np.all((positions >= -0.5) & (positions <= np.array(pixels.shape) - 0.5), axis=1)
    positions, strengths = positions[inside], strengths[inside]
    alone = _suppress(positions, spacing / 2)
    return Atoms(positions[alone], strengths[alone], float(spacing))


def _scale_and_noise(pixels: Float32) -> tuple[float, float]:
    """Standard deviation of the Gaussian that suits the atoms, in pixels, and that of the white noise of a pixel."""
    taper = np.outer(*(np.hanning(side + 2)[1:-1] for side in pixels.shape)).astype(np.float32)
    power = np.abs(np.fft.rfft2((pixels - pixels.mean()) * taper)) ** 2
    fy, fx = np.fft.fftfreq(pixels.shape[0]), np.fft.rfftfreq(pixels.shape[1])
    frequency = 2 * np.pi * np.hypot(fy[:, None], fx)  # radians per pixel

    rings = np.rint(frequency * max(pixels.shape) / (2 * np.pi)).astype(np.intp).ravel()
    count = np.bincount(rings)
    floor = power[frequency > np.pi].mean()
    energy = np.bincount(rings, power.ravel()) - floor * count
    k2 = (np.bincount(rings, frequency.ravel()) / np.maximum(count, 1)) ** 2
    scales = np.geomspace(0.7, min(pixels.shape) / 4, 100)
    response = (scales[:, None] ** 2 * k2) ** 2 * np.exp(-k2 * scales[:, None] ** 2) @ energy
    return float(scales[response.argmax()]), math.sqrt(floor / np.sum(taper.astype(float) ** 2))


def _guess_spacing(pixels: Float32, scale: float, noise: float) -> float:
    fine = 0.6 * scale
    maxima, strengths = _maxima(pixels, fine, noise, 2 * fine)
    certain = maxima[strengths >= CERTAIN]
    if len(certain) < 2:
        return 4 * scale
    to_nearest, _ = KDTree(certain).query(certain, k=[2])
    return max(2.0, float(np.quantile(to_nearest, 0.15)))


def _maxima(pixels: Float32, scale: float, noise: float, distance: float) -> tuple[Floats, Floats]:
    """Local maxima (n, 2) of the band-passed image, no two closer than `distance`, and their signal-to-noise ratios."""
    response = -ndimage.gaussian_laplace(pixels, scale, mode="reflect")
    peak = (response == ndimage.maximum_filter(response, 3)) & (response > 0)
    heights = response[peak].astype(np.float64)
    order = np.argsort(-heights, kind="stable")
    points, heights = np.argwhere(peak)[order].astype(np.float64), heights[order]
    # Of white noise: the integral of |k|^4 exp(-k^2 scale^2) over the plane.
    noise = max(noise / (math.sqrt(2 * math.pi) * scale**3), DYNAMIC_RANGE * float(response.max()))
    alone = _suppress(points, distance)
    return points[alone], heights[alone] / noise


def _suppress(points: Floats, distance: float) -> NDArray[np.bool_]:
    """Which points (n, 2), strongest first, stay when each removes the weaker ones closer than `distance`."""
    stay = np.ones(len(points), bool)
    if len(points) < 2:
        return stay
    pairs = KDTree(points).query_pairs(math.nextafter(distance, 0), output_type="ndarray")
    pairs.sort(axis=1)
    while len(pairs):
        # Who has no stronger rival left stays for certain, and what is near to it goes: equal to one by one.
        rivalled = np.zeros(len(points), bool)
        rivalled[pairs[:, 1]] = True
        stay[pairs[~rivalled[pairs[:, 0]], 1]] = False
        pairs = pairs[stay[pairs].all(axis=1)]
    return stay


def _patches(pixels: Float32, points: Floats, radius: float) -> tuple[Floats, Floats, Floats]:
    """Discs around points: offsets (2, m), values (n, m) and weights (n, m), which are 0 outside the image."""
    reach = math.floor(radius)
    offsets = np.indices((2 * reach + 1, 2 * reach + 1)).reshape(2, -1) - reach
    offsets = offsets[:, np.hypot(*offsets) <= radius]
    rows, columns = points.astype(np.intp).T[:, :, None] + offsets[:, None]
    height, width = pixels.shape
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    values = pixels[rows.clip(0, height - 1), columns.clip(0, width - 1)]
    return offsets.astype(np.float64), values.astype(np.float64), inside.astype(np.float64)


def _radius(spacing: float) -> float:
    """Radius of the patch that is the atom's own, with at least the 3 x 3 pixels that tell a position."""
    return max(1.5, 0.45 * spacing)


def _fit_gaussian(pixels: Float32, points: Floats, spacing: float) -> Floats:
    """Positions (n, 2) of the Gaussians fitted around maxima (n, 2): Gauss-Newton for all atoms at once."""
    (dy, dx), values, weights = _patches(pixels, points, _radius(spacing))
    ground = np.min(values, axis=1, initial=np.inf, where=weights > 0)
    # Amplitude, y, x, ground, and the logarithm of the width, which so stays positive.
    height = np.max(values, axis=1, initial=-np.inf, where=weights > 0) - ground
    start = np.log(spacing / 5)
    p = np.stack([height, np.zeros_like(height), np.zeros_like(height), ground, np.full_like(height, start)], axis=1)
    limit = np.array([np.inf, 0.5, 0.5, np.inf, 0.3])  # one step: curbs those who start far from a peak
    with np.errstate(all="ignore"):  # those who diverge are told by their values
        for _ in range(ITERATIONS):
            amplitude, y, x, ground, log_width = p.T[:, :, None]
            v, u, width2 = dy - y, dx - x, np.exp(2 * log_width)
            profile = np.exp(-(v**2 + u**2) / (2 * width2)) * weights
            slope = amplitude * profile / width2
            jacobian = np.stack([profile, slope * v, slope * u, weights, slope * (v**2 + u**2)], axis=1)
            residual = (values - ground) * weights - amplitude * profile
            normal = jacobian @ jacobian.swapaxes(1, 2)
            # A trace of Marquardt's damping keeps the few patches solvable that show no peak at all.
            diagonal = np.einsum("nii->ni", normal)
            diagonal *= 1 + 1e-6
            diagonal += 1e-12
            step = np.linalg.solve(normal, jacobian @ residual[:, :, None])[:, :, 0]
            p += np.nan_to_num(np.clip(step, -limit, limit))
    peak = (p[:, 0] > 0) & (np.abs(p[:, 4] - start) < math.log(4))
    return _near(points, p[:, 1:3], spacing, peak)


def _centroid(pixels: Float32, points: Floats, spacing: float) -> Floats:
    """Positions (n, 2) of the centres of mass, under a Gaussian weight that follows them, from maxima (n, 2) on."""
    offsets, values, weights = _patches(pixels, points, _radius(spacing))
    values = (values - np.min(values, axis=1, initial=np.inf, where=weights > 0)[:, None]) * weights
    moved = np.zeros_like(points)
    for _ in range(ITERATIONS):
        squares = np.sum((offsets[:, None] - moved.T[:, :, None]) ** 2, axis=0)
        mass = values * np.exp(-squares / (2 * (spacing / 5) ** 2))
        centre = mass @ offsets.T / np.maximum(mass.sum(axis=1, keepdims=True), np.finfo(float).tiny)
        # A Gaussian under a Gaussian weight of like width has its centre half-way: twice the step arrives.
        moved += 2 * (centre - moved)
    return _near(points, moved, spacing, np.ones(len(points), bool))


def _near(points: Floats, moved: Floats, spacing: float, valid: NDArray[np.bool_]) -> Floats:
    """Points moved, but for those that are not valid or left the maximum's neighbourhood."""
    valid = valid & (np.hypot(*moved.T) <= max(1.5, spacing / 4))
    return np.asarray(points + np.where(valid[:, None], moved, 0.0))
