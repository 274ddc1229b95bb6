"""The interface of ``atomai.stat.SlidingFFTNMF``."""

import logging
from os import PathLike, fspath
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray

from atomstat_widgets.arguments import FLOATING, array_of, switch_of, whole_of
from atomstat_widgets.stat.blocks import in_blocks
from atomstat_widgets.stat.image import normalize_image
from atomstat_widgets.stat.matrices._nmf import nmf
from atomstat_widgets.stat.matrices.factor import factorize
from atomstat_widgets.stat.windows._sliding_fft import WindowSpectra, WindowTransform, sliding_fft, zoom_spectra
from atomstat_widgets.stat.windows.grid import WindowGrid, automatic_window

logger = logging.getLogger(__name__)

# Singular values beyond the components: enough that the error is that of NMF on the full matrix to 1e-5.
EXTRA_RANK = 16


class SlidingFFTNMF:
    """Sliding-window FFT with NMF unmixing, called as in AtomAI.

    In the names of this class, as in AtomAI, ``x`` is the row axis (height) and ``y`` the column axis (width).

    Parameters
    ----------
    window_size_x, window_size_y : int, optional
        Rows and columns of a window. By default the power of two at or below ``side // 8``, from 32 to 128.
    window_step_x, window_step_y : int, optional
        Rows and columns between windows; by default a quarter of the window.
    interpolation_factor : int
        Enlarge the spectra by this factor, bilinearly.
    zoom_factor : int
        Keep the centre ``1 / zoom_factor`` of the frequencies.
    hamming_filter : bool
        Taper each window.
    components : int
        Number of NMF components.

    Raises
    ------
    TypeError, ValueError
        A size, step, factor or number of components is no whole number, 1 or more.

    Attributes
    ----------
    window_size_x, window_size_y, window_step_x, window_step_y : int
        Sizes in use, once an image has been seen.
    windows_shape : (int, int)
        Number of windows along the rows and columns of the image.
    pos_vec : array, (windows, 2)
        Centre (row, column) of each window, in pixels.
    fft_size : (int, int)
        Shape of one spectrum.

    Notes
    -----
    Reference: AtomAI 0.8.1, ``atomai.stat.SlidingFFTNMF``. Unlike it, windows may be oblong, a window larger
    than the image is an error, positions are centres, and files are written only when asked for.

    Examples
    --------
    >>> from atomstat_widgets import samples, stat
    >>> analysis = stat.SlidingFFTNMF(window_size_x=64, window_size_y=64, components=3)
    >>> components, abundances = analysis.analyze_image(samples.grains(shape=(256, 256)).array)
    >>> len(components), len(abundances)
    (3, 3)
    """

    def __init__(
        self,
        window_size_x: int | None = None,
        window_size_y: int | None = None,
        window_step_x: int | None = None,
        window_step_y: int | None = None,
        interpolation_factor: int = 2,
        zoom_factor: int = 2,
        hamming_filter: bool = True,
        components: int = 4,
    ) -> None:
        sizes = {"window_size_x": window_size_x, "window_size_y": window_size_y}
        steps = {"window_step_x": window_step_x, "window_step_y": window_step_y}
        self._asked_size, self._asked_step = (
            tuple(None if one is None else whole_of(one, name, minimum=1) for name, one in asked.items())
            for asked in (sizes, steps)
        )
        self.interpolation_factor = whole_of(interpolation_factor, "interpolation_factor", minimum=1)
        self.zoom_factor = whole_of(zoom_factor, "zoom_factor", minimum=1)
        self.hamming_filter = switch_of(hamming_filter, "hamming_filter")
        self.components = whole_of(components, "components", minimum=1)

    def make_windows(self, image: ArrayLike) -> NDArray[np.float32]:
        """Cut an image into windows.

        Parameters
        ----------
        image : array, (height, width) or (height, width, channels)
            See `normalize_image`.

        Returns
        -------
        array, (windows, window_size_x, window_size_y)
            A read-only view of the image normalised to 0..1, where its size allows.

        Raises
        ------
        TypeError, ValueError
            For an image or a window that cannot be used, see `normalize_image` and `WindowGrid`.
        """
        pixels = normalize_image(image)
        grid = self._lay_out(pixels.shape)
        views = sliding_window_view(pixels, grid.window)[:: grid.step[0], :: grid.step[1]]
        return views.reshape(grid.count, *grid.window)

    def process_fft(self, windows: ArrayLike) -> NDArray[np.float32]:
        """Spectra of separate windows.

        Parameters
        ----------
        windows : array, (n, rows, columns)
            As given by `make_windows`.

        Returns
        -------
        array, (n, fft_size[0], fft_size[1])
            ``log1p(|FFT|)``, frequency zero in the centre, cropped by `zoom_factor` and enlarged by
            `interpolation_factor`.

        Raises
        ------
        TypeError, ValueError
            The windows are not a stack of pictures, or not finite.
        """
        stack: NDArray[np.float32] = array_of(windows, "windows", dtype=np.float32, finite=True)
        if stack.ndim != 3 or 0 in stack.shape:
            raise ValueError(f"windows are a stack (n, rows, columns), got shape {stack.shape}")
        rows, columns = stack.shape[1:]
        transform = WindowTransform((rows, columns), zoom=self.zoom_factor, hamming=self.hamming_filter, keep_mean=True)
        spectra = zoom_spectra(transform(stack)[:, transform.band.unfolding], self.interpolation_factor)
        self.fft_size = spectra.shape[1:]
        return np.asarray(spectra)

    def run_nmf(self, fft_results: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]:
        """Components of spectra, and how much of each there is in every window.

        Parameters
        ----------
        fft_results : array, (windows, fy, fx)
            As given by `process_fft`; negative values count as 0.

        Returns
        -------
        components : array, (k, fy, fx)
        abundances : array, (ny, nx, k)

        Raises
        ------
        TypeError, ValueError
            No windows were made yet; the spectra are zero, not finite, or not those of the windows last made; or there
            are fewer windows than components.
        """
        if not hasattr(self, "windows_shape"):
            raise ValueError("fft_results are those of the windows of an image: call make_windows first")
        spectra: NDArray[Any] = array_of(
            fft_results, "fft_results", "(windows, fy, fx)", dtype=FLOATING, empty=False, finite=True
        )
        if len(spectra) != np.prod(self.windows_shape):
            raise ValueError(
                f"fft_results: {len(spectra)} spectra do not fill the {self.windows_shape} windows of the image"
            )
        matrix = np.maximum(spectra.reshape(len(spectra), -1), 0)
        result = nmf(factorize(matrix, self.components + EXTRA_RANK), self.components)
        components = result.components.reshape(-1, *spectra.shape[1:])
        return components, result.loadings.reshape(*self.windows_shape, -1)

    def analyze_image(
        self, image_input: str | PathLike[str] | ArrayLike, output_path: str | PathLike[str] | None = None
    ) -> tuple[NDArray[Any], NDArray[Any]]:
        """Do the full analysis of an image.

        Parameters
        ----------
        image_input : str, path or array
            An image file, or an image (height, width) or (height, width, channels).
        output_path : str or path, optional
            When given, ``{output_path}_components.npy`` and ``{output_path}_abundances.npy`` are written.

        Returns
        -------
        components : array, (k, fy, fx)
            Spectra on the zoomed, interpolated grid of frequencies.
        abundances : array, (k, ny, nx)
            Their loading maps.

        Raises
        ------
        TypeError, ValueError
            For an image, window or number of components that cannot be used, or a file that cannot be read.
        """
        written = None if output_path is None else fspath(output_path)
        spectra = self._spectra(image_input)
        low_rank = factorize(spectra.features, self.components + EXTRA_RANK, weights=spectra.weights)
        result = nmf(low_rank, self.components)
        components = zoom_spectra(spectra.unfold(result.components), self.interpolation_factor)
        self.fft_size = components.shape[1:]
        abundances = result.loadings.T.reshape(-1, *self.windows_shape)
        if written is not None:
            np.save(f"{written}_components.npy", components)
            np.save(f"{written}_abundances.npy", abundances)
        return components, abundances

    def _spectra(self, image_input: Any) -> WindowSpectra:
        if isinstance(image_input, (str, PathLike)):
            # The one import against the layers: AtomAI's method takes a path, and readers know no analysis.
            from atomstat_widgets.data.readers.images import load_image

            image_input = load_image(fspath(image_input)).array
        elif not in_blocks(image_input):
            image_input = array_of(image_input, "image_input")
        grid = self._lay_out(image_input.shape)
        return sliding_fft(
            image_input, grid.window, grid.step, zoom=self.zoom_factor, hamming=self.hamming_filter, keep_mean=True
        )

    def _lay_out(self, shape: tuple[int, ...]) -> WindowGrid:
        if len(shape) < 2 or 0 in shape:
            raise ValueError(f"an image has a height and a width, got shape {shape}")
        size = [automatic_window(side) if n is None else n for n, side in zip(self._asked_size, shape, strict=False)]
        step = [max(1, n // 4) if s is None else s for s, n in zip(self._asked_step, size, strict=True)]
        grid = WindowGrid((shape[0], shape[1]), (size[0], size[1]), (step[0], step[1]))
        grid.require(self.components)
        self.window_size_x, self.window_size_y = grid.window
        self.window_step_x, self.window_step_y = grid.step
        self.windows_shape = grid.shape
        self.pos_vec = grid.centers
        logger.info("%d x %d windows of %d x %d, step %d x %d", *grid.shape, *grid.window, *grid.step)
        return grid
