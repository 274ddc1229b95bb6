"""Spectra of sliding windows, all of them at once.

The discrete Fourier transform of one window, tapered and cut to low frequencies, is two small matrix
products: one along y, one along x. Both are done for many windows in one call of BLAS, and the product
along y is shared by all the windows of a row. Only the frequencies that are kept are ever computed,
and of them only the half that the other half mirrors (the image is real).
"""

from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray

from atomstat_widgets.arguments import FLOATING, array_of, number_of, progress_of, switch_of, whole_of
from atomstat_widgets.brief import brief
from atomstat_widgets.stat import blocks
from atomstat_widgets.stat.image import normalize_blocks, normalize_image
from atomstat_widgets.stat.progress import Progress, unreported
from atomstat_widgets.stat.windows.grid import Pair, WindowGrid

# Rows of windows transformed together: large enough for BLAS, small enough for the processor's cache.
CHUNK_BYTES = 8_000_000
MEDIANS = 8.0  # of the magnitudes, most of which are noise: so divided, they hardly count in the logarithm
OF_HIGHEST = 1e-3  # at least, of the highest magnitude: the median may be 0 where most of an image is empty
LOOKED_AT = 8  # windows along either side, whose magnitudes tell the median

Float32 = NDArray[np.float32]


@brief
@dataclass(frozen=True)
class Band:
    """The centre of a window's spectrum, from frequency -half up to half - 1 along y and along x.

    An image is real, so frequency (-u, -v) has the magnitude of (u, v): the *half plane* u = 0..half[0],
    v = -half[1]..half[1] holds all of the band, and some of it twice.
    """

    half: tuple[int, int]

    @classmethod
    def of_window(cls, window: tuple[int, int], zoom: int) -> "Band":
        """Band of the centre ``1 / zoom`` of the frequencies of a window (rows, columns)."""
        zoom = whole_of(zoom, "zoom", minimum=1, words="at least 1 (all frequencies)")
        rows, columns = (max(1, size // (2 * zoom)) for size in window)
        return cls((rows, columns))

    @property
    def n_features(self) -> int:
        """Number of pixels of the half plane."""
        return (self.half[0] + 1) * (2 * self.half[1] + 1)

    @cached_property
    def unfolding(self) -> NDArray[np.intp]:
        """For each pixel of the band, (2 half[0], 2 half[1]), the index of the feature that holds it."""
        u, v = np.meshgrid(*(np.arange(-h, h) for h in self.half), indexing="ij")
        mirrored = (u < 0) | ((u == 0) & (v < 0))
        u, v = np.where(mirrored, -u, u), np.where(mirrored, -v, v)
        return np.asarray(u * (2 * self.half[1] + 1) + v + self.half[1])

    @cached_property
    def multiplicity(self) -> NDArray[np.float64]:
        """How many pixels of the band each feature stands for, (n_features,): 0, 1 or 2."""
        return np.bincount(self.unfolding.ravel(), minlength=self.n_features).astype(float)


@brief
@dataclass(frozen=True)
class WindowSpectra:
    """Log-magnitude spectra of the windows of one image.

    Attributes
    ----------
    grid : WindowGrid
        Where the windows are.
    band : Band
        Which frequencies were kept.
    features : array, (windows, n_features), float32
        ``log1p(|FFT| / scale)`` on the half plane, windows in reading order; of an image of dask or Zarr an array of
        dask.
    scale : float
        By which the magnitudes were divided.
    """

    grid: WindowGrid
    band: Band
    features: Float32
    scale: float = 1.0

    @property
    def weights(self) -> NDArray[np.float64]:
        """Weight of each feature, (n_features,), with which sums of squares are those of the full plane."""
        return self.band.multiplicity

    @property
    def frequencies(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Frequencies along y and x of the band's pixels, in cycles per pixel of the image."""
        fy, fx = (np.arange(-h, h) / size for h, size in zip(self.band.half, self.grid.window, strict=True))
        return fy, fx

    def unfold(self, features: ArrayLike) -> NDArray[Any]:
        """Lay features (..., n_features) out as pictures (..., fy, fx) with frequency 0 at [fy // 2, fx // 2].

        Raises
        ------
        TypeError, ValueError
            They are no such array.
        """
        rows: NDArray[Any] = array_of(features, "features")
        if rows.ndim == 0 or rows.shape[-1] != self.band.n_features:
            raise ValueError(f"features have shape (..., {self.band.n_features}), got {rows.shape}")
        return np.asarray(rows[..., self.band.unfolding])


def sliding_fft(
    image: ArrayLike,
    window: Pair,
    step: Pair,
    *,
    zoom: int = 2,
    hamming: bool = True,
    keep_mean: bool = False,
    scale: float | None = 1.0,
    progress: Progress = unreported,
) -> WindowSpectra:
    """Spectra of windows that slide over an image.

    Parameters
    ----------
    image : array, (height, width) or (height, width, channels)
        See `normalize_image`. Of dask or Zarr the features are an array of dask, computed from the image block by
        block whenever they are asked for.
    window, step : int or (int, int)
        Window size and step in pixels, one number or (rows, columns).
    zoom : int
        Only the centre ``1 / zoom`` of the frequencies is kept, along each axis.
    hamming : bool
        Taper each window by the square root of the outer product of two Hamming windows, as AtomAI does.
    keep_mean : bool
        Leave the mean of each window in, as AtomAI does. Through the taper it reaches other frequencies, where it adds
        to a spot of the lattice, or takes from it, by where in the window the planes lie: maps of an even lattice get
        stripes.
    scale : float, optional
        What magnitudes are divided by before the logarithm, above 0; 1 is AtomAI's. None takes eight times their
        median, below which noise hardly counts.
    progress : callable
        Called with the fraction done; an exception it raises stops the computation.

    Returns
    -------
    WindowSpectra

    Raises
    ------
    TypeError, ValueError
        For an image or a window that cannot be used, see `normalize_image` and `WindowGrid`, zoom < 1, or a scale that
        is not above 0.

    Notes
    -----
    The sliding FFT of Vasudevan et al. [1]_. With `keep_mean` it has the features of AtomAI's ``SlidingFFTNMF``. The
    mean that is taken off is weighted by the taper, so that frequency 0 is 0. The median is that of up to 64 windows
    spread over the image, and the scale at least a thousandth of their highest magnitude.

    References
    ----------
    .. [1] Vasudevan et al., Appl. Phys. Lett. 106, 091601 (2015).

    Examples
    --------
    >>> from atomstat_widgets import samples, stat
    >>> spectra = stat.sliding_fft(samples.grains(shape=(128, 128)).array, window=32, step=16)
    >>> spectra.features.shape  # windows, frequencies
    (49, 153)
    """
    zoom, hamming = whole_of(zoom, "zoom"), switch_of(hamming, "hamming")
    keep_mean = switch_of(keep_mean, "keep_mean")
    scale = None if scale is None else number_of(scale, "scale", above=0)
    progress_of(progress)
    stored = blocks.in_blocks(image)
    pixels = normalize_blocks(image, progress) if stored else normalize_image(image)
    grid = WindowGrid(pixels.shape, window, step)
    of_scale = partial(WindowTransform, grid.window, zoom=zoom, hamming=hamming, keep_mean=keep_mean)
    scale = scale or _automatic_scale(pixels, grid, of_scale())
    transform = of_scale(scale=scale)
    if stored:
        return WindowSpectra(grid, transform.band, _in_blocks(pixels, grid, transform), scale)
    features = _features(pixels, grid, transform, progress)
    return WindowSpectra(grid, transform.band, features.reshape(grid.count, -1), scale)


def _automatic_scale(pixels: Any, grid: WindowGrid, transform: "WindowTransform") -> float:
    """Some medians of the magnitudes of windows spread over an image, in memory or of dask."""
    some = [np.linspace(0, n - 1, min(n, LOOKED_AT)).round().astype(int) for n in grid.shape]
    corners = grid.corners.reshape(*grid.shape, 2)[np.ix_(*some)].reshape(-1, 2).tolist()
    height, width = grid.window
    windows = [pixels[y : y + height, x : x + width] for y, x in corners]
    if blocks.in_blocks(pixels):
        windows = blocks.compute(windows, unreported)
    magnitudes = np.expm1(transform(np.stack(windows))[:, transform.band.unfolding])
    scale = max(MEDIANS * float(np.median(magnitudes)), OF_HIGHEST * float(magnitudes.max()))
    return scale or 1.0  # where these windows are all empty


def _in_blocks(pixels: Any, grid: WindowGrid, transform: "WindowTransform") -> Any:
    """Features of an image of dask: each block of them is of some rows of windows, or of a part of one."""
    import dask

    (ny, nx), n_features = grid.shape, transform.band.n_features
    together = max(1, blocks.BLOCK_BYTES // (4 * n_features))
    rows, columns = max(1, together // nx), min(nx, together)
    # Bands of the image, each read once, whichever blocks of windows need it.
    height = rows * grid.step[0]
    bands = pixels.rechunk({0: height, 1: -1}).to_delayed().ravel().tolist()
    make, shared = dask.delayed(_of_bands), dask.delayed(transform)
    parts, shapes = [], []
    for first in range(0, ny, rows):
        count = min(rows, ny - first)
        top = first * grid.step[0]
        bottom = top + (count - 1) * grid.step[0] + grid.window[0]
        own = bands[top // height : -(-bottom // height)]
        for left in range(0, nx, columns):
            across = min(columns, nx - left)
            start = left * grid.step[1]
            sides = slice(0, bottom - top), slice(start, start + (across - 1) * grid.step[1] + grid.window[1])
            parts.append(make(own, sides, grid.step, shared))
            shapes.append((count * across, n_features))
    return blocks.stack_delayed(parts, shapes, np.float32)


def _of_bands(
    bands: list[Float32], sides: tuple[slice, slice], step: tuple[int, int], transform: "WindowTransform"
) -> Float32:
    """Features of the windows of a part of an image, which lies in bands that follow on each other."""
    pixels = np.concatenate([band[:, sides[1]] for band in bands])[sides[0]]
    grid = WindowGrid(pixels.shape, transform.window, step)
    return _features(pixels, grid, transform, unreported).reshape(grid.count, -1)


def _features(pixels: Float32, grid: WindowGrid, transform: "WindowTransform", progress: Progress) -> Float32:
    """Features (ny, nx, n_features) of the windows of an image."""
    width = pixels.shape[1]
    ny, nx = grid.shape
    features = np.empty((ny, nx, transform.band.n_features), np.float32)
    chunk = max(1, CHUNK_BYTES // (nx * 8 * transform.band.n_features))
    for first in range(0, ny, chunk):
        last = min(first + chunk, ny)
        # (rows of windows, window rows, width): views into the image, nothing is copied
        strips = sliding_window_view(pixels, grid.window[0], axis=0)[:: grid.step[0]][first:last].swapaxes(1, 2)
        along_y = transform.along_y(strips)
        # (windows in a row, rows of windows * frequencies, window columns), again a view
        pieces = sliding_window_view(along_y.reshape(-1, width), grid.window[1], axis=1)[:, :: grid.step[1]]
        spectra = (pieces.swapaxes(0, 1) @ transform.x_basis).reshape(nx, last - first, *transform.shape)
        transform.log_magnitude(spectra.swapaxes(0, 1), out=features[first:last])
        progress(last / ny)
    return features


class WindowTransform:
    """Taper and Fourier transform of windows of one size, as two matrices.

    Parameters
    ----------
    window : (int, int)
        Rows and columns of a window.
    zoom : int
        Keep the centre ``1 / zoom`` of the frequencies.
    hamming : bool
        Taper the window.
    keep_mean : bool
        Leave its mean in.
    scale : float
        What magnitudes are divided by.
    """

    def __init__(
        self, window: tuple[int, int], *, zoom: int, hamming: bool, keep_mean: bool, scale: float = 1.0
    ) -> None:
        self.window = window
        self.band = Band.of_window(window, zoom)
        half_y, half_x = self.band.half
        self.shape = (2, half_y + 1, 2, half_x + 1)
        """Of one window's transform: real | imaginary along y, frequency along y, cosine | sine along x, frequency."""
        self.y_basis = _fourier_basis(window[0], half_y, hamming) / np.float32(scale)
        self.x_basis = np.ascontiguousarray(_fourier_basis(window[1], half_x, hamming).T)
        even = np.outer(self.y_basis[: half_y + 1].sum(axis=1), self.x_basis[:, : half_x + 1].sum(axis=0))
        self.of_even = None if keep_mean else even / even[0, 0]
        """Transform (half_y + 1, half_x + 1) of a window whose pixels are all equal, 1 at frequency 0."""

    def along_y(self, strips: Float32) -> Float32:
        """Transform (..., window rows, n) along the rows to (..., 2 (half + 1), n)."""
        return np.asarray(self.y_basis @ strips)

    def log_magnitude(self, spectra: Float32, out: Float32) -> None:
        """Fill `out` (..., n_features) with log1p(|F|) of transforms (..., *shape), which are overwritten."""
        out = out.reshape(*out.shape[:-1], self.band.half[0] + 1, 2 * self.band.half[1] + 1)
        real_cos, real_sin = spectra[..., 0, :, 0, :], spectra[..., 0, :, 1, :]
        if self.of_even is not None:  # its sines are 0
            real_cos -= real_cos[..., :1, :1] * self.of_even
        imag_cos, imag_sin = spectra[..., 1, :, 0, :], spectra[..., 1, :, 1, :]
        half = self.band.half[1]
        # F(u, v) = (rc - is) + i (rs + ic); F(u, -v) has the sine's sign turned.
        _log_abs(real_cos - imag_sin, real_sin + imag_cos, out[..., half:])
        _log_abs(real_cos + imag_sin, imag_cos - real_sin, out[..., half::-1])

    def __call__(self, windows: Float32) -> Float32:
        """Features (n, n_features) of separate windows (n, rows, columns)."""
        spectra = (self.along_y(windows) @ self.x_basis).reshape(len(windows), *self.shape)
        features = np.empty((len(windows), self.band.n_features), np.float32)
        self.log_magnitude(spectra, out=features)
        return features


def _fourier_basis(size: int, half: int, hamming: bool) -> Float32:
    """Cosines above sines (2 (half + 1), size) of frequencies 0..half, tapered."""
    places = np.arange(size) - (size - 1) / 2  # about its middle the transform of an even window is real
    phase = -2 * np.pi * np.outer(np.arange(half + 1), places) / size
    taper = np.sqrt(np.hamming(size)) if hamming else np.ones(size)
    return np.concatenate([np.cos(phase) * taper, np.sin(phase) * taper]).astype(np.float32)


def _log_abs(real: Float32, imag: Float32, out: Float32) -> None:
    """``log1p(|real + i imag|)``; the inputs are overwritten."""
    real *= real
    imag *= imag
    real += imag
    np.sqrt(real, out=real)
    real += 1  # log(1 + x): vectorised where log1p is not, and equal to 1e-7, which is float32's precision at 1
    np.log(real, out=out)


def zoom_spectra(spectra: ArrayLike, factor: int) -> NDArray[Any]:
    """Enlarge pictures (..., fy, fx) to (..., factor fy, factor fx), bilinearly.

    The corner pixels keep their places, as with ``scipy.ndimage.zoom(order=1)``.

    Raises
    ------
    TypeError, ValueError
        The pictures are no such array; the factor is smaller than 1, or makes them larger than 4 GB.

    Examples
    --------
    >>> import numpy as np
    >>> from atomstat_widgets import stat
    >>> stat.zoom_spectra(np.ones((2, 16, 16)), 2).shape
    (2, 32, 32)
    """
    pictures: NDArray[Any] = array_of(spectra, "spectra", dtype=FLOATING)
    if pictures.ndim < 2 or 0 in pictures.shape[-2:]:
        raise ValueError(f"spectra have shape (..., fy, fx), got {pictures.shape}")
    factor = whole_of(factor, "the interpolation factor", minimum=1)
    if factor == 1:
        return pictures
    if pictures.nbytes * factor**2 > blocks.MEMORY_BUDGET:
        raise ValueError(
            f"the interpolation factor {factor} makes spectra of {pictures.nbytes * factor**2 / 1e9:.1f} GB"
        )
    along_y, along_x = (_interpolation(size, factor * size).astype(pictures.dtype) for size in pictures.shape[-2:])
    return np.asarray(along_y @ pictures @ along_x.T)


def _interpolation(size: int, new_size: int) -> NDArray[np.float64]:
    """Matrix (new_size, size) of linear interpolation from corner to corner."""
    at = np.linspace(0, size - 1, new_size)
    return np.asarray(np.maximum(0, 1 - np.abs(at[:, None] - np.arange(size))))
