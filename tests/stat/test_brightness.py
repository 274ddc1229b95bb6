"""What gain and offset do to frames is taken off crops, in stat and through imlocal."""

import logging

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from atomstat_widgets.stat import extract_crops, extract_movie_crops, imlocal
from atomstat_widgets.stat.atoms.brightness import normalization_of, normalize_frames, settled
from atomstat_widgets.stat.atoms.preparation import fading

RNG = np.random.default_rng(0)
STACK = RNG.random((4, 24, 30, 1)).astype(np.float32)
POSITIONS = {place: RNG.uniform(6, (17, 23), (5, 2)) for place in range(4)}


def test_normalised_by_hand():
    ramp = np.arange(101.0, dtype=np.float32).reshape(1, 1, 101, 1)  # quantiles 0.1, 0.5, 0.9 are 10, 50, 90
    np.testing.assert_allclose(normalize_frames(3 * ramp + 7, "frame"), (ramp - 50) / 80, atol=1e-6)
    np.testing.assert_allclose(normalize_frames(3 * ramp + 7, "offset"), 3 * (ramp - 50), atol=1e-4)
    assert normalize_frames(ramp, "none") is ramp
    assert not normalize_frames(np.full((1, 4, 4, 1), 3.0, np.float32), "frame").any()
    holed = ramp.copy()
    holed[0, 0, :3] = np.nan
    assert np.isnan(normalize_frames(holed, "frame")).sum() == 3
    assert np.isnan(normalize_frames(np.full((1, 2, 2, 1), np.nan, np.float32), "frame")).all()


@given(
    gains=st.lists(st.floats(0.1, 10), min_size=4, max_size=4),
    offsets=st.lists(st.floats(-5, 5), min_size=4, max_size=4),
    smooth=st.sampled_from([0.0, 0.8]),
)
def test_by_frame_neither_gain_nor_offset_counts(gains, offsets, smooth):
    changed = np.array(gains)[:, None, None, None] * STACK + np.array(offsets)[:, None, None, None]
    options = {"between_pixels": True, "normalize": "frame", "smooth": smooth}
    expected = extract_crops(STACK, POSITIONS, 8, **options).images
    np.testing.assert_allclose(extract_crops(changed, POSITIONS, 8, **options).images, expected, atol=1e-3)


def test_heights_count_by_frame_and_not_by_crop():
    y, x = np.mgrid[:40, :40]
    sheet = np.cos(2 * np.pi * y / 8) + np.cos(2 * np.pi * x / 8)  # the same at both
    dim, bright = (np.exp(-((y - 20) ** 2 + (x - at) ** 2) / 4) for at in (12, 28))
    image = (2 * (sheet + 3 * dim + 6 * bright))[None, ..., None]
    own, other = extract_crops(image, {0: [[20, 12], [20, 28]]}, 8, normalize="frame").images[:, 4, 4, 0]
    assert other > own + 1
    crops = extract_crops(image, {0: [[20, 12], [20, 28]]}, 8, normalize="crop").matrix
    np.testing.assert_allclose(crops.mean(axis=1), 0, atol=1e-5)
    np.testing.assert_allclose(crops.std(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("normalize", ["frame", "crop", "none"])
def test_one_frame_at_a_time_gives_the_same(normalize):
    whole = extract_crops(STACK, POSITIONS, 8, between_pixels=True, normalize=normalize, smooth=0.7)
    read = extract_movie_crops(
        lambda at: STACK[at, ..., 0], list(POSITIONS.values()), 8, normalize=normalize, smooth=0.7
    )
    np.testing.assert_allclose(read.matrix, whole.matrix, atol=1e-6)


def test_frames_that_are_flat_but_for_a_few_atoms_keep_their_gain():
    flat = np.zeros((2, 40, 40, 1), np.float32)
    flat[0, 10:12, 10:12], flat[1, 10:12, 10:12] = 1, 3
    assert settled("frame", flat.__getitem__, [0, 1]) == "offset"
    assert settled("frame", STACK.__getitem__, range(4)) == "frame"
    assert settled("crop", flat.__getitem__, [0, 1]) == "crop"
    assert settled("frame", flat.__getitem__, []) == "frame"
    crops = extract_crops(flat + 5, {0: [[10, 10]], 1: [[10, 10]]}, 6, normalize="frame")
    np.testing.assert_allclose(crops.matrix.max(axis=1), [1, 3], atol=1e-5)


def test_words_and_the_switch_of_before():
    assert [normalization_of(one) for one in (True, False, 1, np.False_, "frame")] == [
        "crop", "none", "crop", "none", "frame",
    ]  # fmt: skip
    for wrong in ("by frame", None, 2, [1]):
        with pytest.raises(ValueError, match="normalize is one of frame, crop, none, got"):
            normalization_of(wrong)


def test_a_crop_fades_toward_its_rim():
    weights = fading(8)
    assert weights.shape == (8, 8)
    assert weights[4, 4] == weights.max() == 1
    np.testing.assert_allclose(weights[4, 6], np.exp(-0.5))  # a quarter of the side away
    assert weights.min() == weights[0, 0] > 0


def test_classes_of_imlocal_under_a_gain_that_changes(hard_scenes, caplog):
    movie, positions, states = hard_scenes.changing_gain(seed=1)
    local = imlocal(movie[..., None], {number: at[None] for number, at in enumerate(positions)})
    assert 20 <= local.imgstack.shape[1] <= 32  # twice the distance of neighbours, which the frames tell
    raw = local.imgstack.copy()
    with caplog.at_level(logging.INFO):
        found = local.transition_matrix(2)
    assert "crops normalised by frame, under a Gaussian of 1 pixels; AtomAI takes crops as they are" in caplog.text
    classes = found["trajectories"][0][:, 2] - 1
    assert max(np.mean(classes == states), np.mean(classes == 1 - states)) >= 0.97
    np.testing.assert_array_equal(local.imgstack, raw)  # what AtomAI has stays

    caplog.clear()
    with caplog.at_level(logging.INFO):
        atomai = local.transition_matrix(2, normalize="none", smooth=0)
    assert not caplog.records
    _, _, described = local.gmm(2)
    np.testing.assert_array_equal(atomai["trajectories"][0][:, 2], described[:, 2])


def test_centres_are_those_of_the_atoms_where_asked_for():
    y, x = np.mgrid[:48, :48]
    movie = np.stack([np.exp(-((y - 20.4) ** 2 + (x - 24.7) ** 2) / 8) * (1 + place % 2) for place in range(6)])
    local = imlocal(movie[..., None], {place: [[21.0, 24.0]] for place in range(6)}, 12)
    flow = local.transition_matrix(2, recentre=True)["trajectories"][0]
    np.testing.assert_allclose(flow[:, :2], [[20.4, 24.7]] * 6, atol=0.2)
    np.testing.assert_array_equal(flow[:, 2] == flow[0, 2], [True, False] * 3)
