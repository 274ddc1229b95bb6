import numpy as np
import pytest

from atomstat_widgets.stat import diffusion_coefficient, link, mean_squared_displacement, step_lengths


@pytest.fixture(scope="module")
def brownian():
    """50 atoms of D = 0.18 pixels squared per frame, far from each other, 400 frames."""
    rng = np.random.default_rng(0)
    starts = 200.0 * np.stack(np.divmod(np.arange(50), 10), axis=1)
    steps = rng.normal(0, np.sqrt(2 * 0.18), (399, 50, 2))
    return np.cumsum(np.concatenate([starts[None], steps]), axis=0)


def test_by_hand():
    tracks = link({0: [[0, 0], [50, 50]], 1: [[3, 4], [50, 51]], 3: [[3, 5]], 4: [[3, 6]]}, 6, memory=1)
    found = mean_squared_displacement(tracks, 3)
    # of the first track: 25 and 1 one frame apart, 1 two apart (frames 1 and 3), 34 and 4 three apart
    np.testing.assert_allclose(found.per_track, [[13, 1, 19], [1, np.nan, np.nan]])
    np.testing.assert_allclose(found.ensemble, [9, 1, 19])
    assert found.pairs.tolist() == [3, 1, 2]
    assert sorted(step_lengths(tracks)) == pytest.approx([1, 1, 5])
    np.testing.assert_allclose(mean_squared_displacement(tracks, 1, pixel_size=0.1).ensemble, [0.09])


def test_brownian_motion(brownian):
    tracks = link(list(brownian), 10)
    found = mean_squared_displacement(tracks, 5)
    np.testing.assert_allclose(found.ensemble, 4 * 0.18 * found.lags, rtol=0.05)
    value, error = diffusion_coefficient(tracks)
    assert abs(value - 0.18) < 3 * error
    assert error < 0.01
    scaled = diffusion_coefficient(tracks, pixel_size=0.5, frame_time=0.1)
    assert scaled.value == pytest.approx(value * 0.25 / 0.1)
    assert scaled.error == pytest.approx(error * 0.25 / 0.1)


def test_errors_of_localisation_cancel(brownian):
    noise = np.random.default_rng(1).normal(0, 0.5, brownian.shape)
    value, error = diffusion_coefficient(link(list(brownian + noise), 10))
    assert abs(value - 0.18) < 3 * error
    still = diffusion_coefficient(link(list(brownian[:1] + noise), 10))
    assert abs(still.value) < 3 * still.error


def test_the_error_is_that_of_repeated_experiments():
    rng = np.random.default_rng(2)
    estimates = []
    for _ in range(150):
        places = np.cumsum(rng.normal(0, 1, (60, 2)), axis=0)
        estimates.append(diffusion_coefficient(link(list(places[:, None]), 50)))
    values, errors = np.array(estimates).T
    assert values.mean() == pytest.approx(0.5, abs=0.03)
    assert errors.mean() == pytest.approx(values.std(), rel=0.3)


def test_gaps_are_no_steps():
    tracks = link({0: [[0, 0]], 2: [[1, 0]], 4: [[2, 0]]}, 3, memory=1)
    assert len(step_lengths(tracks)) == 0
    assert mean_squared_displacement(tracks, 2).pairs.tolist() == [0, 2]
    with pytest.raises(ValueError, match="no track has three frames in a row"):
        diffusion_coefficient(tracks)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda t: mean_squared_displacement(t, 0), "max_lag is at least 1 and at most 1000000, got 0"),
        (lambda t: mean_squared_displacement(t, 1, pixel_size=0), "pixel_size is above 0, got 0"),
        (lambda t: diffusion_coefficient(t, frame_time=-1), "frame_time is above 0, got -1"),
        (lambda t: step_lengths(t, pixel_size=np.nan), "pixel_size is above 0, got nan"),
    ],
)
def test_refuses(call, message):
    with pytest.raises(ValueError, match=message):
        call(link([[[1, 1]], [[1, 2]], [[1, 3]]], 3))
