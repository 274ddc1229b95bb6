import numpy as np
import pytest

from atomstat_widgets.stat import estimate_drift, link, remove_drift


@pytest.fixture
def drifting():
    """A crystal that drifts, in which one atom of 25 jumps and one leaves."""
    rng = np.random.default_rng(0)
    drift = np.cumsum(np.concatenate([[[0, 0]], rng.normal(0.5, 0.3, (11, 2))]), axis=0)
    sites = 20.0 * np.stack(np.divmod(np.arange(25), 5), axis=1)
    movie = sites + drift[:, None] + rng.normal(0, 0.05, (12, 25, 2))
    movie[6:, 7] += 4
    return {frame: points[: 24 if frame > 8 else 25] for frame, points in enumerate(movie)}, drift


def test_the_drift_is_found_and_removed(drifting):
    movie, drift = drifting
    found = estimate_drift(link(movie, 8))
    np.testing.assert_allclose(found, drift, atol=0.1)
    still = remove_drift(movie, found)
    assert sorted(still) == list(range(12))
    np.testing.assert_allclose(still[11][0], movie[0][0], atol=0.3)
    assert np.abs(estimate_drift(link(still, 8))).max() < 1e-9


def test_atoms_of_no_track_are_not_asked(drifting):
    tracks = link(drifting[0], 8)
    np.testing.assert_allclose(estimate_drift(tracks.at_least(12)), estimate_drift(tracks), atol=0.1)
    np.testing.assert_array_equal(estimate_drift(tracks.at_least(13)), 0)


def test_frames_without_common_atoms_do_not_drift():
    tracks = link([[[0, 0]], [[50, 50]], [[51, 50]], []], 3)
    np.testing.assert_array_equal(estimate_drift(tracks), [[0, 0], [0, 0], [1, 0], [1, 0]])
    assert estimate_drift(link([], 3)).shape == (0, 2)


def test_a_drift_that_does_not_fit():
    with pytest.raises(ValueError, match=r"for each of 2 frames, got shape \(3, 2\)"):
        remove_drift([[[1, 1]], [[1, 1]]], np.zeros((3, 2)))
