import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.cluster import KMeans, MeanShift, estimate_bandwidth

from atomstat_widgets.atomai._update_classes import update_classes

IMAGE = np.arange(80.0).reshape(8, 10)
OPTIONS = {
    "threshold": {"thresh": 0.5},
    "kmeans": {"n_components": 1},
    "meanshift": {},
    "gmm_local": {"n_components": 1, "window_size": 1},
}


def classes(result, frame=0):
    return result[frame][:, 2].tolist()


def blobs(frames=3, side=64, levels=(0.2, 0.6, 1.0), seed=0):
    """Stack of atoms of some brightnesses, and where they are: {frame: (n, 3)}, with the level as class."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:side, :side]
    stack, atoms = np.zeros((frames, side, side, 1)), {}
    for frame in range(frames):
        grid = np.stack(np.meshgrid(np.arange(6, side - 5, 8), np.arange(6, side - 5, 8)), -1).reshape(-1, 2)
        level = random.integers(len(levels), size=len(grid))
        atoms[frame] = np.column_stack([grid + random.uniform(-0.4, 0.4, grid.shape), level])
        for (row, column), one in zip(grid, level, strict=True):
            stack[frame, :, :, 0] += levels[one] * np.exp(-((y - row) ** 2 + (x - column) ** 2) / 8)
    return stack + random.normal(0, 0.005, stack.shape), atoms


def naive_intensity(image, row, column, window):
    top, left = int(np.rint(row)) - window // 2, int(np.rint(column)) - window // 2
    return image[max(top, 0) : top + window, max(left, 0) : left + window].mean()


@pytest.mark.parametrize(
    ("at", "window", "intensity"),
    [
        ((4, 5), 3, 45),
        ((4.4, 4.6), 3, 45),
        ((0, 0), 3, (0 + 1 + 10 + 11) / 4),
        ((7, 9), 3, (68 + 69 + 78 + 79) / 4),
        ((0, 5), 3, (4 + 5 + 6 + 14 + 15 + 16) / 6),
        ((4, 5), 1, 45),
        ((4, 5), 2, (34 + 35 + 44 + 45) / 4),
        ((7.4, -0.4), 1, 70),
        ((4, 5), 99, 39.5),
    ],
)
def test_threshold_by_hand(at, window, intensity):
    """The class changes exactly at the intensity."""
    for thresh, expected in ((intensity, 1), (np.nextafter(intensity, np.inf), 0)):
        result = update_classes([at], IMAGE, "threshold", thresh=thresh, window_size=window)
        np.testing.assert_array_equal(result[0], [[*at, expected]])


def test_the_window_is_3_and_the_method_threshold_unless_told():
    image = np.zeros((9, 9))
    image[3:6, 3:6] = 1
    assert classes(update_classes([[4, 4], [4, 5]], image, thresh=1)) == [1, 0]


def test_negative_thresholds():
    assert classes(update_classes([[1, 1], [1, 8]], IMAGE - 100, thresh=-85)) == [0, 1]


def test_channels_are_averaged():
    image = np.stack([IMAGE, IMAGE + 10, IMAGE + 50], axis=-1)
    assert classes(update_classes([[4, 5]], image, thresh=65)) == [1]
    assert classes(update_classes([[4, 5]], image, thresh=65.1)) == [0]


@pytest.mark.parametrize("shape", [(12, 14), (1, 12, 14), (12, 14, 1), (12, 14, 10), (1, 12, 14, 1), (1, 12, 14, 2)])
def test_shapes_of_one_image(shape):
    image = np.zeros(shape)
    image.reshape(12, 14, -1)[5:8, 5:8] = 1
    assert classes(update_classes([[6, 6], [10, 12]], image, thresh=0.5)) == [1, 0]


@pytest.mark.parametrize("shape", [(4, 12, 14), (4, 12, 14, 1)])
def test_frames_are_found_by_number(shape):
    stack = np.zeros(shape)
    stack[3] = 1
    given = {
        "3": [
            [2, 2],
            [
                3,
                3,
            ],
        ],
        1: np.array([[5.0, 6, 2]]),
        0: np.empty((0, 3)),
    }
    result = update_classes(given, stack, thresh=0.5)
    assert list(result) == [0, 1, 3]
    assert result[0].shape == (0, 3)
    np.testing.assert_array_equal(result[1], [[5, 6, 0]])
    np.testing.assert_array_equal(result[3], [[2, 2, 1], [3, 3, 1]])


@st.composite
def cases(draw):
    height, width = draw(st.integers(1, 12)), draw(st.integers(11, 15))
    atom = st.tuples(st.floats(-0.49, height - 0.51), st.floats(-0.49, width - 0.51), st.integers(-1, 3))
    kinds = st.sampled_from([int, str])
    frames = {}
    for frame in draw(st.sets(st.integers(0, 3), min_size=1)):
        atoms = draw(st.lists(atom, min_size=1, max_size=8))
        frames[draw(kinds)(frame)] = np.array(atoms + atoms[: draw(st.integers(0, 2))])  # some twice
    levels = draw(st.sampled_from([1, 2, 1000]))
    stack = np.random.default_rng(draw(st.integers(0, 5))).integers(0, levels, (4, height, width, 2)) / 7
    return stack, frames, draw(st.integers(1, 5))


@settings(deadline=None, max_examples=40)
@given(cases(), st.sampled_from(sorted(OPTIONS)))
def test_every_atom_is_kept_in_its_order_and_the_input_unchanged(case, method):
    stack, given_atoms, _ = case
    before, image = {frame: atoms.copy() for frame, atoms in given_atoms.items()}, stack.copy()
    wanted = next(iter(given_atoms.values()))[0, 2]
    result = update_classes(given_atoms, stack, method, **OPTIONS[method], coord_class=wanted)
    assert set(result) == {int(frame) for frame in given_atoms}
    np.testing.assert_array_equal(stack, image)
    for frame, atoms in given_atoms.items():
        np.testing.assert_array_equal(atoms, before[frame])
        np.testing.assert_array_equal(result[int(frame)][:, :2], atoms[:, :2])
        assert not np.shares_memory(result[int(frame)], atoms)


@settings(deadline=None, max_examples=40)
@given(cases())
def test_threshold_equals_averaging_one_by_one(case):
    stack, atoms, window = case
    intensities = {
        int(frame): np.array([naive_intensity(stack[int(frame)], row, column, window) for row, column, _ in points])
        for frame, points in atoms.items()
    }
    thresh = float(np.mean(np.concatenate(list(intensities.values()))))
    result = update_classes(atoms, stack, thresh=thresh, window_size=window)
    for frame, expected in intensities.items():
        clear = np.abs(expected - thresh) > 1e-9
        np.testing.assert_array_equal(result[frame][clear, 2], (expected >= thresh)[clear])


@settings(deadline=None, max_examples=40)
@given(cases(), st.sampled_from(["kmeans", "meanshift"]), st.integers(1, 3))
def test_classes_are_intervals_that_rise_with_intensity(case, method, count):
    stack, atoms, window = case
    options = {"n_components": count} if method == "kmeans" else {"quantile": count / 3}
    intensities = np.concatenate(
        [
            [naive_intensity(stack[f], *at, window) for at in atoms[k][:, :2]]
            for f, k in sorted((int(k), k) for k in atoms)
        ]
    )
    if method == "kmeans" and len(np.unique(intensities.round(9))) < count:
        return
    result = update_classes(atoms, stack, method, window_size=window, **options)
    found = np.concatenate([result[frame][:, 2] for frame in sorted(result)])
    order = np.argsort(intensities.round(9), kind="stable")
    assert (np.diff(found[order])[np.diff(intensities[order]) > 1e-9] >= 0).all()
    assert set(found) == set(range(int(found.max()) + 1))
    if method == "kmeans":
        assert found.max() == count - 1


@pytest.mark.parametrize("method", ["kmeans", "meanshift"])
def test_brightness_is_found_in_all_frames_together(method):
    stack, atoms = blobs()
    result = update_classes(atoms, stack, method, n_components=3, quantile=0.3)
    for frame, points in atoms.items():
        np.testing.assert_array_equal(result[frame][:, 2], points[:, 2])


def test_classes_equal_those_of_sklearn():
    stack, atoms = blobs(levels=(0.5, 0.9), seed=1)
    values = np.concatenate([[naive_intensity(stack[f], *at, 3) for at in atoms[f][:, :2]] for f in atoms])[:, None]
    shift = MeanShift(bandwidth=estimate_bandwidth(values, quantile=0.25), bin_seeding=True).fit(values)
    means = KMeans(4, n_init=10, random_state=42).fit(values)
    for method, model in (("meanshift", shift), ("kmeans", means)):
        result = update_classes(atoms, stack, method, n_components=4)
        found = np.concatenate([result[frame][:, 2] for frame in result])
        rank = np.argsort(np.argsort(model.cluster_centers_[:, 0]))
        np.testing.assert_array_equal(found, rank[model.labels_])


@pytest.mark.parametrize("level", [0.0, 0.1, -3.7])
def test_meanshift_of_equal_intensities_is_one_class(level):
    y, x = np.mgrid[:8, :10]
    atoms = np.stack([y.ravel(), x.ravel()], axis=1)  # at the border squares are smaller, and rounding differs
    assert set(classes(update_classes(atoms, np.full((8, 10), level), "meanshift"))) == {0}


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ([5], [0]),
        ([5, 1, 1.01], [1, 0, 0]),
        ([2] * 20 + [1] * 20, [1] * 20 + [0] * 20),  # of each, the quarter nearest to it is as bright
        ([1e6 + 0.1, 1e6, 1e6 + 5, 1e6 + 5.1], [0, 0, 1, 1]),
        ([1, 1 + 1e-9, 1 + 2e-9, 2, 2 + 1e-9, 2 + 2e-9], [0, 0, 0, 1, 1, 1]),
    ],
)
def test_meanshift_of_few_or_close_intensities(levels, expected):
    atoms = [[0, column] for column in range(len(levels))]
    image = np.zeros((11, 40))
    image[0, : len(levels)] = levels
    assert classes(update_classes(atoms, image, "meanshift", window_size=1)) == expected


def test_meanshift_of_many_atoms_is_fast_and_right():
    image = np.random.default_rng(0).normal(0, 0.05, (150, 150)) + (np.arange(150) % 2)
    y, x = np.mgrid[:150, :150]
    result = update_classes(np.stack([y.ravel(), x.ravel()], 1), image, "meanshift", window_size=1)
    np.testing.assert_array_equal(result[0][:, 2], x.ravel() % 2)


def test_gmm_local_counts_from_the_largest_class():
    image = np.zeros((40, 60))
    atoms = np.array([[row, column] for row in (5, 15, 25, 35) for column in (5, 15, 25, 35, 45, 55)], float)
    dark = np.arange(len(atoms)) % 4 == 0
    for (row, column), is_dark in zip(atoms.astype(int), dark, strict=True):
        image[row - 2 : row + 3, column - (not is_dark) : column + 1 + (not is_dark)] = 1
    result = update_classes(atoms, image, "gmm_local", n_components=2, window_size=5)
    assert classes(result) == dark.astype(float).tolist()


def test_gmm_local_leaves_out_what_it_cannot_sort():
    stack = np.stack([np.zeros((12, 12)), np.ones((12, 12)), np.zeros((12, 12))])[..., None]
    stack[2, 6, 6] = np.nan
    atoms = {
        0: [[6, 6, 1], [0, 6, 1], [5, 5, 0], [6, 6, 1], [6, 6, 0], [7, 7, 1]],
        1: [[11, 11, 1], [6, 6, 1]],
        2: [[5, 6, 1]],
    }
    result = update_classes(atoms, stack, "gmm_local", n_components=2, window_size=3, coord_class=1)
    assert classes(result, 0) == [0, -1, -1, 0, -1, 0]
    assert classes(result, 1) == [-1, 1]
    assert classes(result, 2) == [-1]
    for frame, points in atoms.items():
        np.testing.assert_array_equal(result[frame][:, :2], np.array(points)[:, :2])


def test_the_seed_makes_it_repeatable():
    stack, atoms = blobs()
    for method in ("kmeans", "gmm_local"):
        first, again = (
            update_classes(atoms, stack, method, n_components=5, window_size=5, random_state=7) for _ in range(2)
        )
        for frame in atoms:
            np.testing.assert_array_equal(first[frame], again[frame])


@pytest.mark.parametrize(
    ("coordinates", "image", "method", "options", "message"),
    [
        ([[1, 1]], IMAGE, "otsu", {}, "one of threshold, kmeans, meanshift, gmm_local, got 'otsu'"),
        ([[1, 1]], IMAGE, "threshold", {}, "'threshold' needs thresh"),
        ([[1, 1]], IMAGE, "kmeans", {}, "'kmeans' needs n_components"),
        ([[1, 1]], IMAGE, "gmm_local", {}, "'gmm_local' needs n_components and window_size"),
        ([[1, 1]], IMAGE, "gmm_local", {"n_components": 1}, "'gmm_local' needs window_size"),
        ([[1, 1]], IMAGE, "threshold", {"window_size": 0, "thresh": 1}, "window_size is at least 1, got 0"),
        ([[1, 1]], IMAGE, "kmeans", {"n_components": 0}, "n_components is at least 1, got 0"),
        ([[1, 1]], IMAGE, "meanshift", {"quantile": 0}, "quantile is above 0 and at most 1, got 0"),
        ([[1, 1]], IMAGE, "meanshift", {"quantile": 1.5}, "got 1.5"),
        ([[1, 1]], IMAGE, "meanshift", {"quantile": np.nan}, "got nan"),
        ([[1, 1], [4, 4]], IMAGE, "kmeans", {"n_components": 3}, "3 classes of 2 atoms with 2 different intensities"),
        ([[1, 1], [1, 1]], IMAGE, "kmeans", {"n_components": 2}, "2 classes of 2 atoms with 1 different intensities"),
        (
            [[1, 1], [4, 4], [0, 0]],
            IMAGE,
            "gmm_local",
            {"n_components": 3, "window_size": 3},
            "3 classes of 2 crops",
        ),
        ([[1, 1]], IMAGE, "gmm_local", {"n_components": 1, "window_size": 9}, "between 1 and 8, .*, got 9"),
        (
            [[1, 1, 2]],
            IMAGE,
            "gmm_local",
            {"n_components": 1, "window_size": 3},
            "none of 1 atoms is of class",
        ),
        (np.empty((0, 3)), IMAGE, "meanshift", {}, "no atoms"),
        ({}, IMAGE, "meanshift", {}, "no atoms"),
        ({0: [], 1: []}, np.zeros((2, 20, 20)), "meanshift", {}, "no atoms"),
        (
            [[1, 1], [3, 9.6], [-0.7, 2]],
            IMAGE,
            "gmm_local",
            {"n_components": 1, "window_size": 3},
            r"2 of 3 atoms of frame 0 are outside its 8 rows and 10 columns, the first is number 1 at \[3.0, 9.6\]",
        ),
        ([[1e300, 1]], IMAGE, "threshold", {"thresh": 1}, "1 of 1 atoms of frame 0 are outside"),
        ([[1, np.nan]], IMAGE, "threshold", {"thresh": 1}, "1 of 1 positions of frame 0 are not finite"),
        ({2: [[1, 1]]}, np.zeros((2, 20, 20)), "threshold", {"thresh": 1}, "frame 2, the images have frames 0 to 1"),
        ([[1, 1]], np.zeros((2, 20, 20)), "threshold", {"thresh": 1}, "for 2 images positions are a mapping"),
        ([[1, 1]], np.zeros(5), "threshold", {"thresh": 1}, r"frames before or channels after, got \(5,\)"),
        ([[1, 1]], np.zeros((0, 5)), "threshold", {"thresh": 1}, r"got \(0, 5\)"),
    ],
)
def test_refuses(coordinates, image, method, options, message):
    with pytest.raises(ValueError, match=message):
        update_classes(coordinates, image, method, **options)


@pytest.mark.parametrize("method", ["threshold", "kmeans", "meanshift"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_refuses_intensities_that_are_not_finite(method, value):
    stack = np.ones((3, 20, 20))
    stack[2, 5, 5] = value
    atoms = {0: [[5, 5]], 2: [[10, 10], [4, 4], [6, 6]]}
    with pytest.raises(ValueError, match="NaN or infinity at 2 of 3 atoms of frame 2, the first is number 1"):
        update_classes(atoms, stack, method, **OPTIONS[method])
    stack[2, 5, 5], stack[2, 19, 19] = 1, value  # where no atom is, it does not matter
    update_classes(atoms, stack, method, **OPTIONS[method])


def test_it_does_not_plot():
    program = (
        "import sys, numpy as np; from atomstat_widgets.atomai._update_classes import update_classes; "
        "update_classes([[1, 1], [3, 3]], np.eye(12), thresh=.5); "
        "print({'matplotlib', 'sklearn'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
