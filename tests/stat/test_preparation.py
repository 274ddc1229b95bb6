"""Crops that are prepared, and the truth that only prepared crops tell."""

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from scipy import ndimage

from atomstat_widgets.stat import extract_crops, factorize, gmm, pca
from atomstat_widgets.stat.atoms.crops import recentre_positions
from atomstat_widgets.stat.atoms.preparation import at_once, normalize_rows, recentre, smooth_images

BOND, WIDTH = 9.0, 2.0


def honeycomb(upside_down, cells=5):
    """Sites (n, 2) of graphene about the one at (0, 0), which has its three neighbours above it or below it."""
    i, j = np.indices((2 * cells + 1, 2 * cells + 1)).reshape(2, -1, 1) - cells
    one = BOND * np.sqrt(3) * (i * [0, 1] + j * [np.sqrt(3) / 2, 0.5])
    sites = np.concatenate([one, one - [BOND, 0]])
    return -sites if upside_down else sites


def columns(sites, heights, shape):
    """Gaussian atom columns."""
    (y, x), (rows, across) = sites.T[:, :, None], (np.arange(side) for side in shape)
    profiles = np.exp(-((rows - y) ** 2) / (2 * WIDTH**2)), np.exp(-((across - x) ** 2) / (2 * WIDTH**2))
    return (heights[:, None] * profiles[0]).T @ profiles[1]


def dopants(seed, count=600, side=48, noise=1.5):
    """Images (count, side, side, 1) of a dopant each, where it is, where it is said to be, and which are turned."""
    rng = np.random.default_rng(seed)
    turned = rng.random(count) < 0.5
    centres = side / 2 + rng.uniform(-0.5, 0.5, (count, 2))
    said = centres + rng.uniform(-4, 4, (count, 2))
    images = rng.normal(0, noise, (count, side, side))
    for image, centre, upside_down in zip(images, centres, turned, strict=True):
        sites = honeycomb(upside_down)
        image += columns(sites + centre, np.where(np.hypot(*sites.T) < 1, 3.0, 1.0), image.shape)
    return images[..., None].astype(np.float32), centres, dict(enumerate(said[:, None])), turned


def accuracy(labels, turned):
    right = np.mean((labels == 1) == turned)
    return max(right, 1 - right)


def by_pca(crops, covariance):
    scores = pca(factorize(crops.matrix, 8, center=True), 4).loadings
    return gmm(scores, 2, covariance=covariance, starts=10).labels


@pytest.mark.parametrize("seed", range(5))
def test_truth_is_told_by_prepared_crops_only(seed):
    images, centres, said, turned = dopants(seed)
    crops = extract_crops(images, said, 24)
    assert accuracy(gmm(crops.matrix, 2, covariance="diag").labels, turned) < 0.6  # AtomAI's way
    prepared = extract_crops(images, said, 24, recentre=True, normalize=True, smooth=1)
    assert prepared.left_out == 0
    assert np.median(np.hypot(*(prepared.positions - centres).T)) < 0.6
    for covariance in ("tied", "full"):
        assert accuracy(by_pca(crops, covariance), turned) < 0.65
        assert accuracy(by_pca(prepared, covariance), turned) >= 0.98


def graphene(faint=1.0, side=160, shift=(0.3, 0.4)):
    """Image without noise, positions of atoms well inside, and which of the two sublattices they are of."""
    sites = honeycomb(False, cells=14) + side / 2 + shift
    second = np.arange(len(sites)) >= len(sites) // 2
    inside = ((sites > 20) & (sites < side - 20)).all(axis=1)
    return columns(sites, np.where(second, faint, 1.0), (side, side)), sites[inside], second[inside].astype(float)


@pytest.mark.parametrize("faint", [1.0, 1 / 3, 1 / 6])
@pytest.mark.parametrize("with_class", [False, True])
def test_good_positions_hardly_move(faint, with_class):
    image, truth, classes = graphene(faint)
    given_at = truth + np.random.default_rng(0).normal(0, 0.1, truth.shape)
    moved = recentre_positions(image, np.column_stack([given_at, classes]) if with_class else given_at)
    assert np.hypot(*(moved[:, :2] - given_at).T).max() < 0.75
    error = np.hypot(*(moved[:, :2] - truth).T)
    assert np.sqrt(np.mean(error**2)) < np.sqrt(0.02)  # than they were
    if with_class:
        np.testing.assert_array_equal(moved[:, 2], classes)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("uneven", "share", "with_class"), [(3, 0.2, False), (2, 0.5, True)])
def test_good_positions_of_unlike_atoms_never_jump(seed, uneven, share, with_class):
    rng = np.random.default_rng(seed)
    truth = np.stack(np.mgrid[12:150:10, 12:150:10], axis=-1).reshape(-1, 2) + rng.uniform(-uneven, uneven, (196, 2))
    faint = rng.random(len(truth)) < share
    image = columns(truth, np.where(faint, 0.15, 1.0), (160, 160))
    given_at = truth + rng.normal(0, 0.1, truth.shape)
    moved = recentre_positions(image, np.column_stack([given_at, faint]) if with_class else given_at)
    assert np.hypot(*(moved[:, :2] - given_at).T).max() < 1.3


def test_bad_positions_find_their_atoms():
    image, truth, _ = graphene()
    moved = recentre_positions(image, truth + np.random.default_rng(0).uniform(-1.5, 1.5, truth.shape))
    assert np.hypot(*(moved - truth).T).max() < 0.15


def test_a_single_atom_and_one_outside():
    image = columns(np.array([[20.3, 18.6]]), np.ones(1), (40, 40))
    moved = recentre_positions(image, [[22.0, 16.0], [90.0, -70.0]])
    np.testing.assert_allclose(moved, [[20.3, 18.6], [90, -70]], atol=0.1)


def test_dark_atoms_are_as_good_as_bright_ones():
    image, truth, _ = graphene()
    given_at = truth + np.random.default_rng(0).uniform(-1, 1, truth.shape)
    np.testing.assert_allclose(recentre_positions(-image, given_at), recentre_positions(image, given_at), atol=1e-3)


def test_channels_add_up():
    image, truth, _ = graphene()
    probabilities = np.stack([image, 1 - image], axis=2)[None]  # whose sum is the same everywhere
    moved = recentre_positions(probabilities, {"0": truth + 1})
    np.testing.assert_allclose(moved[0], truth, atol=0.15)


def test_nothing_to_see_nothing_to_move():
    frames, points = np.zeros(3, int), np.array([[3.2, 4.9], [8, 8], [-3, 4]])
    blank = np.ones((1, 12, 12, 1), np.float32)
    np.testing.assert_allclose(recentre((12, 12), at_once(blank), frames, points, 3.0), points, atol=1e-5)
    blind = np.full((1, 12, 12, 1), np.nan, np.float32)
    np.testing.assert_allclose(recentre((12, 12), at_once(blind), frames, points, 3.0), points, atol=1e-5)


def test_missing_pixels_do_not_draw_atoms():
    image, truth, _ = graphene()
    image[:, :40] = np.nan
    image[30:34, 100:104] = np.inf
    moved = recentre_positions(image, truth + 0.5)
    known = truth[:, 1] > 40 + 2 * WIDTH
    assert np.hypot(*(moved - truth)[known].T).max() < 1


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.floats(-5, 45), st.floats(-5, 45)), min_size=1, max_size=6), st.booleans())
@example([(3.0, 3.0), (3.0, 3.0)], False)
def test_no_position_moves_farther_than_it_can_reach(points, missing):
    image = np.random.default_rng(0).random((40, 40))
    if missing:
        image[10:30, 5:8] = np.nan
    moved = recentre_positions(image, points)
    assert np.isfinite(moved).all()
    assert np.hypot(*(moved - points).T).max() <= 6 + 1 + np.sqrt(0.5)  # of the nearest pixel, and a parabola


@settings(deadline=None)
@given(st.integers(1, 8), st.floats(0, 11), st.floats(0, 9))
@example(8, 4.0, 4.0)
@example(1, 11.0, 9.0)
def test_between_pixels_a_bilinear_image_is_exact(window, y, x):
    rows, across = np.mgrid[:12, :10].astype(float)
    image = 1 + 2 * rows - across + 0.5 * rows * across
    top, left = y - window // 2, x - window // 2
    if not (0 <= top <= 12 - window and 0 <= left <= 10 - window):
        with pytest.raises(ValueError, match="no crop is left of 1 atoms"):
            extract_crops(image, [[y, x]], window, between_pixels=True)
        return
    crops = extract_crops(image, [[y, x]], window, between_pixels=True)
    down, right = top + np.arange(window)[:, None], left + np.arange(window)
    np.testing.assert_allclose(crops.images[0, :, :, 0], 1 + 2 * down - right + 0.5 * down * right, atol=1e-4)
    np.testing.assert_array_equal(crops.positions, [[y, x]])


def test_between_pixels_by_hand():
    image = np.zeros((9, 9))
    image[4, 4] = 16
    crops = extract_crops(image, [[4.0, 4.5]], 3, between_pixels=True)  # cubic weights half-way: (-1, 9, 9, -1) / 16
    np.testing.assert_array_equal(crops.images[0, :, :, 0], [[0, 0, 0], [9, 9, -1], [0, 0, 0]])


@pytest.mark.parametrize("window", [6, 7])
def test_the_atom_is_on_the_middle_pixel(window):
    centres = np.array([[10.2, 9.7], [20.5, 22.25]])
    crops = extract_crops(columns(centres, np.ones(2), (32, 32)), centres, window, between_pixels=True).images[..., 0]
    np.testing.assert_allclose(crops[:, window // 2, window // 2], 1, atol=0.01)
    about = crops[:, window // 2 - 2 : window // 2 + 3, window // 2 - 2 : window // 2 + 3]
    np.testing.assert_allclose(about, about[:, ::-1, ::-1], atol=0.02)


def test_whole_positions_are_cut_alike_both_ways():
    image = np.random.default_rng(0).random((2, 20, 21, 3))
    places = {0: [[3, 4], [17, 18], [10, 10]], 1: [[2, 2]]}
    at = extract_crops(image, places, 5)
    between = extract_crops(image, places, 5, between_pixels=True)
    np.testing.assert_array_equal(between.images, at.images)


def test_between_pixels_crops_near_missing_pixels_are_left_out():
    image = np.ones((20, 20))
    image[10, 10] = np.nan
    crops = extract_crops(image, [[10.5, 6.5], [10.5, 7.5]], 3, between_pixels=True)
    np.testing.assert_array_equal(
        crops.positions, [[10.5, 6.5]]
    )  # the other starts at 6.5 and so reads columns 5 to 10
    np.testing.assert_allclose(crops.images, 1, atol=1e-6)


def test_recentred_crops_are_those_between_pixels_at_moved_positions():
    image, truth, classes = graphene()
    places = np.column_stack([truth + 0.7, classes])
    moved = recentre_positions(image, places)
    crops = extract_crops(image, places, 16, atom_class=1, recentre=True)
    np.testing.assert_array_equal(crops.positions, moved[classes == 1, :2])
    again = extract_crops(image, moved, 16, atom_class=1, between_pixels=True)
    np.testing.assert_array_equal(crops.images, again.images)


@settings(deadline=None)
@given(st.integers(1, 5), st.integers(1, 30), st.floats(-100, 100), st.floats(0.01, 100), st.integers(0, 99))
@example(2, 2, 65.0, 0.0625, 29)  # two almost equal pixels
def test_normalised(count, pixels, offset, scale, seed):
    rows = np.random.default_rng(seed).normal(offset, scale, (count, pixels)).astype(np.float32)
    mean = rows.mean(axis=1, keepdims=True, dtype=float)
    expected = rows - mean
    deviation = expected.std(axis=1, keepdims=True)
    assume(((deviation == 0) | (deviation > 2e-6 * np.abs(mean))).all())  # less may be rounding, or not
    expected = np.divide(expected, deviation, out=np.zeros_like(expected), where=deviation > 0)
    np.testing.assert_allclose(normalize_rows(rows), expected, atol=0.02)


def test_normalised_constant_crops_are_zero():
    for at in ([[4, 4]], [[4.3, 4.6]]):
        crops = extract_crops(np.full((9, 9), 1e4 / 3), at, 4, between_pixels=True, normalize=True)
        assert not crops.images.any()
    assert not extract_crops(np.zeros((9, 9)), [[4, 4]], 4, normalize=True).images.any()


def test_normalised_by_hand():
    crops = extract_crops(np.tile([1.0, 3.0], (4, 2)), [[2, 2]], 4, normalize=True)
    np.testing.assert_allclose(crops.images[0, :, :, 0], np.tile([-1, 1], (4, 2)))


def test_smooth_is_a_gaussian_of_the_image():
    image = np.random.default_rng(0).random((1, 20, 22, 2)).astype(np.float32)
    crops = extract_crops(image, [[10, 10]], 6, smooth=1.5)
    for channel in range(2):
        expected = ndimage.gaussian_filter(image[0, :, :, channel], 1.5)[7:13, 7:13]
        np.testing.assert_allclose(crops.images[0, :, :, channel], expected, rtol=1e-5)


@settings(deadline=None)
@given(st.integers(0, 99), st.floats(0.3, 4))
def test_smooth_keeps_missing_pixels_where_they_are(seed, sigma):
    rng = np.random.default_rng(seed)
    stack = np.full((1, 9, 11, 1), 3, np.float32)
    stack[rng.random(stack.shape) < 0.4] = np.nan
    np.testing.assert_allclose(smooth_images(stack, sigma), stack, rtol=1e-5)


@pytest.mark.parametrize("smooth", [-1, np.nan, np.inf])
def test_refuses(smooth):
    with pytest.raises(ValueError, match="smooth is a standard deviation in pixels"):
        extract_crops(np.zeros((9, 9)), [[4, 4]], 4, smooth=smooth)
