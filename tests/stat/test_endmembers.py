import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atomstat_widgets.stat import factorize, nfindr, vca


def mixtures(seed, k, n=200, thickness=False):
    """Spectra of which the first k are pure."""
    rng = np.random.default_rng(seed)
    shares = np.concatenate([np.eye(k), 0.9 * rng.dirichlet(np.ones(k), n) + 0.1 / k])
    spectra = shares @ (0.1 + rng.random((k, 25)))
    return spectra * rng.uniform(0.5, 2, (len(spectra), 1)) if thickness else spectra


@settings(deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 6), st.booleans())
@pytest.mark.parametrize("find", [vca, nfindr])
def test_pure_pixels_are_found_however_thick(find, seed, k, thickness):
    low_rank = factorize(mixtures(seed, k, thickness=thickness), k)
    found = find(low_rank, k, seed=seed)
    if k > 1:
        assert sorted(found) == list(range(k))
    else:
        assert len(found) == 1


def volume(low_rank, rows):
    scores = (low_rank.u * low_rank.s)[:, : len(rows)]
    return abs(np.linalg.det((scores / (scores @ scores.mean(axis=0))[:, None])[rows]))


@given(st.integers(0, 10**6))
def test_no_single_pixel_makes_the_simplex_of_nfindr_larger(seed):
    rng = np.random.default_rng(seed)
    low_rank = factorize(mixtures(seed, 4, n=40) + 0.05 * rng.random((44, 25)), 4)
    rows = nfindr(low_rank, 4)
    largest = volume(low_rank, rows)
    assert largest >= volume(low_rank, vca(low_rank, 4)) * (1 - 1e-9)
    for number in range(4):
        for pixel in range(44):
            assert volume(low_rank, [*rows[:number], pixel, *rows[number + 1 :]]) <= largest * (1 + 1e-6)


def test_a_pixel_of_nothing_is_not_pure():
    spectra = mixtures(0, 3)
    spectra[50] = 0
    assert sorted(vca(factorize(spectra, 3), 3)) == [0, 1, 2]


@pytest.mark.parametrize("find", [vca, nfindr])
def test_more_than_there_are(find):
    with pytest.raises(ValueError, match="between 1 and the rank of the factor, 3, got 4"):
        find(factorize(mixtures(0, 3), 3), 4)
