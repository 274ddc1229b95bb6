"""Simulated spectrum images whose components and abundances are known."""

from collections.abc import Callable

import numpy as np

from atomstat_widgets.data.cube import Cube, CubeTruth
from atomstat_widgets.data.source import remembered

_FIRST, _LAST = 380.0, 780.0  # eV
_EXPONENT = 3.0  # of the power law that the background falls by
_RESOLUTION = 3.0  # eV, standard deviation of what blurs the edges
# Onset in eV, height of the edge and of its white lines, relative to the background where it starts.
_OXYGEN = (532.0, 0.5, 0.3)
_OXIDES = {
    "Titanium oxide": [(456.0, 0.5, 1.2), _OXYGEN],
    "Manganese oxide": [(640.0, 0.9, 2.2), _OXYGEN],
    "Iron oxide": [(708.0, 1.1, 2.8), _OXYGEN],
}
_SPLITTING = 0.018  # of the onset: distance of the two white lines


@remembered("cubes")
def oxides(
    *,
    dose: float = 1000.0,
    shape: tuple[int, int] = (64, 64),
    channels: int = 200,
    pixel_size: float = 0.5,
    seed: int = 0,
) -> Cube:
    """Simulate electron energy losses of two oxide layers with a precipitate of a third.

    Each spectrum is a power-law background with the edges of oxygen and of one metal, mixed where layers meet; the
    thickness of the sample rises to the right by half. Counts are Poisson distributed.

    Parameters
    ----------
    dose : float
        Mean number of counts in a pixel where the sample is thinnest, above 0.
    shape : (int, int)
        Height and width in pixels, at least 8.
    channels : int
        From 380 to 780 eV, at least 20.
    pixel_size : float
        Edge of a pixel in nm, above 0.
    seed : int
        Seeds the noise.

    Returns
    -------
    Cube
        float32 counts.

    Raises
    ------
    ValueError
        If a parameter is out of its range.

    Examples
    --------
    >>> from atomstat_widgets import cubes
    >>> cubes.oxides(shape=(16, 16)).array.shape
    (16, 16, 200)
    """
    if not 0 < dose < np.inf:
        raise ValueError(f"dose must be a positive, finite number of counts, not {dose}")
    if len(shape) != 2 or min(shape) < 8:
        raise ValueError(f"shape must be (height, width) of at least 8 pixels each, not {shape}")
    if channels < 20:
        raise ValueError(f"there must be at least 20 channels, not {channels}")
    if not 0 < pixel_size < np.inf:
        raise ValueError(f"pixel_size must be a positive, finite number of nm, not {pixel_size}")
    energies = np.linspace(_FIRST, _LAST, channels)
    endmembers = np.array([_spectrum(energies, edges) for edges in _OXIDES.values()])
    endmembers /= endmembers.sum(axis=1, keepdims=True)

    y, x = np.indices(shape) / (np.array(shape)[:, None, None] - 1)
    lower = 1 / (1 + np.exp(-(y - 0.5 - 0.04 * np.sin(3 * np.pi * x)) / 0.03))
    precipitate = 1 / (1 + np.exp((np.hypot(y - 0.32, x - 0.65) - 0.16) / 0.02))
    abundances = np.stack([(1 - lower) * (1 - precipitate), lower * (1 - precipitate), precipitate], axis=-1)
    thickness = 1 + 0.5 * x
    expected = dose * thickness[:, :, None] * (abundances @ endmembers)
    counts = np.random.default_rng(seed).poisson(expected).astype(np.float32)
    truth = CubeTruth(endmembers, abundances, tuple(_OXIDES))
    return Cube(counts, "Oxide layers", pixel_size, "nm", energies, "eV", truth)


def _spectrum(energies: np.ndarray, edges: list[tuple[float, float, float]]) -> np.ndarray:
    """Background and edges, each with two white lines."""
    spectrum = (energies / _FIRST) ** -_EXPONENT
    for onset, height, line in edges:
        base = (onset / _FIRST) ** -_EXPONENT
        step = 0.5 * (1 + np.tanh((energies - onset) / (2 * _RESOLUTION)))
        lines = sum(
            share * np.exp(-((energies - onset - 2 - shift * _SPLITTING * onset) ** 2) / (2 * _RESOLUTION**2))
            for share, shift in ((1.0, 0), (0.5, 1))
        )
        spectrum = spectrum + base * (height * step * (energies / onset) ** -_EXPONENT + line * lines)
    return spectrum


CUBES: dict[str, Callable[[], Cube]] = {"Oxide layers": oxides}
"""The spectrum images by title; the first is the default."""
