import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.csgraph import maximum_bipartite_matching
from scipy.spatial import KDTree

from atomstat_widgets.stat.atoms.atoms import find_atoms


def nearest_distance(points):
    return KDTree(points).query(points, k=2)[0][:, 1]


def columns(points, heights, width, shape):
    """Gaussians of standard deviation `width` at points (y, x)."""
    (py, px), (y, x) = points.T[:, :, None], map(np.arange, shape)
    profile_y, profile_x = (np.exp(-((at - p) ** 2) / (2 * width**2)) for at, p in ((y, py), (x, px)))
    return (heights[:, None] * profile_y).T @ profile_x


def lattice_image(*, opening, faint, noise, side=256, spacing=9.6, width=1.8, seed=0):
    """A turned lattice, every other column (at random) `faint`: image and the true positions, also just outside."""
    rng = np.random.default_rng(seed)
    angles = np.deg2rad([7, 7 + opening])
    basis = spacing * np.stack([np.sin(angles), np.cos(angles)], axis=1)
    points = np.mgrid[-side:side, -side:side].reshape(2, -1).T @ basis + (side / 2 + rng.random(2))
    points = points[((points > -spacing) & (points < side - 1 + spacing)).all(axis=1)]
    heights = np.where(rng.random(len(points)) < 0.5, 1.0, faint)
    return columns(points, heights, width, (side, side)) + noise * rng.standard_normal((side, side)), points


def multislice(file, kind):
    """Image and truth of one file, without the first and last 4 columns.

    Scan distortion left unrecorded pixels there, filled with 0 where the darkest recorded pixel is above 0.5: spots
    that are as good as atoms. The truth stays 6 px and more from the new border.
    """
    with h5py.File(file) as h:
        image = h["haadf"][{"clean": "stem00-clean", "noisy": "stem00-blbk1"}[kind]][()]
        truth = np.argwhere(h["haadf/peak_map_clean"][()]).astype(float)
    return image[:, 4:-4], truth - [0, 4]


def score(found, truth, radius, inside=None):
    """F1, recall, precision and median error of a largest one-to-one matching within `radius`.

    With ``inside=(shape, margin)`` recall counts the true atoms, and precision the finds, that are this far from the
    border; the partner may be nearer to it. Else an atom on the border's wrong side by a hundredth would count.
    """
    near = KDTree(found).sparse_distance_matrix(KDTree(truth), radius, output_type="coo_matrix").tocsr()
    near.data += 1e-9  # a distance of 0 is a pair, too
    partner = maximum_bipartite_matching(near, perm_type="column")
    hit = partner >= 0
    if inside is None:
        counted_found, counted_truth = np.ones(len(found), bool), np.ones(len(truth), bool)
    else:
        shape, margin = inside
        counted_found, counted_truth = (
            ((points >= margin) & (points <= np.array(shape) - 1 - margin)).all(axis=1) for points in (found, truth)
        )
    error = np.median(np.linalg.norm(found[hit & counted_found] - truth[partner[hit & counted_found]], axis=1))
    precision = hit[counted_found].mean()
    recall = np.isin(np.flatnonzero(counted_truth), partner[hit]).mean()
    return 2 * precision * recall / (precision + recall), recall, precision, error


@pytest.mark.parametrize("refine", ["gaussian", "centroid"])
@pytest.mark.parametrize("opening", [60, 90])
@pytest.mark.parametrize(("faint", "noise"), [(1.0, 0.05), (1.0, 0.1), (1.0, 0.2), (1.0, 0.3), (0.5, 0.05), (0.5, 0.1)])
def test_finds_the_atoms_of_a_lattice(opening, faint, noise, refine):
    image, truth = lattice_image(opening=opening, faint=faint, noise=noise)
    atoms = find_atoms(image, refine=refine)
    _, recall, precision, error = score(atoms.positions, truth, 9.6 / 4, inside=(image.shape, 4.8))
    assert recall >= 0.99
    assert precision >= 0.99
    assert atoms.spacing == pytest.approx(9.6, rel=0.2)  # the close neighbours', so below the mean
    # No estimator is better than the Cramér-Rao bound, by and large: a coordinate's standard deviation is
    # sqrt(2 / pi) noise / height, and the median distance 1.18 of it.
    # With two heights, roughly that of the mean height.
    bound = 1.18 * np.sqrt(2 / np.pi) * noise / ((1 + faint) / 2)
    assert error <= max(0.1, 1.25 * bound)


# F1 as measured, less 0.02, but never below the best score of scikit-image's peak_local_max with hindsight, save where
# both are 1 (tests/benchmarks/atoms.py). What limits it: the truth is of the image before blur, scan jitter and noise.
# Of the 187 columns missed in 391225, clean, 140 have less than 5 % of the brightest one's height (noisy: none such is
# found); in 411361.000102, noisy, 38 of the 46 that stand within 6 px of a brighter one are missed. Of the false finds
# in 411361, clean, 79 are half a spacing and more from any truth, 76 of them on an atom that the peak map leaves out.
MULTISLICE = {
    ("010438.000101", "clean"): 0.96,
    ("010438.000101", "noisy"): 0.713,
    ("020790.010002", "clean"): 0.92,
    ("020790.010002", "noisy"): 0.843,
    ("052227.000101", "clean"): 0.98,
    ("052227.000101", "noisy"): 0.98,
    ("391225.010001", "clean"): 0.72,
    ("391225.010001", "noisy"): 0.588,
    ("411361.000102", "clean"): 0.888,
    ("411361.000102", "noisy"): 0.622,
    ("411361.020102", "clean"): 0.895,
    ("411361.020102", "noisy"): 0.86,
}


# Since the noise is no longer taken to be white: pairs 7.5 px apart, a fifth as bright as the columns beside, are not
# parted in the noise, where they were by the finer scale of all of the image's energy. Measured: 0.68.
NOT_PARTED = pytest.mark.xfail(reason="faint pairs beside bright columns are not parted in noise")


@pytest.mark.parametrize(
    ("name", "kind"),
    [pytest.param(*one, marks=NOT_PARTED if one == ("010438.000101", "noisy") else ()) for one in MULTISLICE],
)
def test_finds_the_atoms_of_multislice_images(shared_data, name, kind):
    image, truth = multislice(shared_data / "stem-simulated-with-positions" / f"{name}.h5", kind)
    spacing = np.median(nearest_distance(truth))
    f1, recall, precision, _ = score(find_atoms(image).positions, truth, spacing / 4)
    assert f1 >= MULTISLICE[name, kind]
    if name.startswith("052227"):  # its columns stand apart
        assert min(f1, recall, precision) >= 0.97


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("spacing", "width"), [(6, 1.2), (14, 3.6), (24, 3)])
def test_finds_atoms_far_and_near_broad_and_narrow(spacing, width, seed):
    image, truth = lattice_image(opening=60, faint=1, noise=0.3, spacing=spacing, width=width, seed=seed)
    atoms = find_atoms(image)
    _, recall, precision, _ = score(atoms.positions, truth, spacing / 4, inside=(image.shape, spacing / 2))
    assert min(recall, precision) >= 0.98


@pytest.mark.parametrize("refine", ["gaussian", "centroid", "together"])
@pytest.mark.parametrize("place", [(20.0, 30.0), (20.3, 30.6), (24.49, 19.5)])
def test_one_gaussian_is_where_it_is(place, refine):
    atoms = find_atoms(columns(np.array([place]), np.ones(1), 2.5, (48, 64)), refine=refine)
    assert atoms.positions.dtype == np.float64
    np.testing.assert_allclose(atoms.positions, [place], atol=0.02)


def test_two_columns_of_unequal_height():
    truth = np.array([[20.2, 18.7], [22.1, 31.4]])
    image = columns(truth, np.array([0.1, 1.0]), 2.0, (40, 50))
    atoms = find_atoms(image)
    np.testing.assert_allclose(atoms.positions, truth[::-1], atol=0.05)  # the stronger first
    assert atoms.strengths[0] > 5 * atoms.strengths[1]
    assert atoms.spacing == pytest.approx(np.hypot(1.9, 12.7), abs=0.8)
    # the faint one is left out when asked to be, and one of the two when they count as one
    assert len(find_atoms(image, strength=atoms.strengths.mean()).positions) == 1
    assert len(find_atoms(image, spacing=30).positions) == 1


def test_atoms_cut_by_the_border_are_found():
    truth = np.array([[0.2, 20.3], [20.4, 0.0], [20.0, 39.3], [39.4, 20.0], [20.0, 20.0], [0.3, 0.2]])
    atoms = find_atoms(columns(truth, np.ones(6), 2.0, (40, 40)), spacing=12)
    assert len(atoms.positions) == 6
    assert np.all(KDTree(atoms.positions).query(truth)[0] < 0.05)


def test_an_atom_centred_outside_is_none():
    truth = np.array([[-1.5, 20.0], [20.0, 20.0]])
    atoms = find_atoms(columns(truth, np.ones(2), 2.0, (40, 40)), spacing=12)
    np.testing.assert_allclose(atoms.positions, [[20, 20]], atol=0.02)


def test_offset_and_gain_do_not_matter():
    image, _ = lattice_image(opening=60, faint=0.5, noise=0.1, side=100)
    atoms, other = find_atoms(image), find_atoms(1e4 + 37 * image)
    assert len(atoms.positions) > 90
    np.testing.assert_allclose(other.positions, atoms.positions, atol=1e-3)
    np.testing.assert_allclose(other.strengths, atoms.strengths, rtol=1e-3)


@settings(deadline=None, max_examples=60)
@given(
    st.tuples(st.integers(8, 40), st.integers(8, 40)),
    st.integers(0, 2**32 - 1),
    st.sampled_from([2, 256, 2**16]),
    st.one_of(st.none(), st.floats(2, 8)),
    st.one_of(st.none(), st.floats(0, 5)),
    st.sampled_from(["gaussian", "centroid", "together"]),
)
def test_any_image_gives_separate_atoms_inside(shape, seed, levels, spacing, strength, refine):
    image = np.random.default_rng(seed).integers(levels, size=shape)
    atoms = find_atoms(image, spacing=spacing, strength=strength, refine=refine)
    assert atoms.positions.shape == (len(atoms.strengths), 2)
    assert np.all((atoms.positions >= -0.5) & (atoms.positions <= np.array(shape) - 0.5))
    assert np.all(np.diff(atoms.strengths) <= 0)
    assert np.all(atoms.strengths >= (strength or 0))
    if len(atoms.positions) > 1:
        assert nearest_distance(atoms.positions).min() >= atoms.spacing / 2


def test_the_stronger_of_close_maxima_wins_and_spares_the_third():
    # 5 px apart, in a row: the middle one is the strongest, or removes nobody once it is removed itself
    points = np.array([[20.0, 15.0], [20.0, 20.0], [20.0, 25.0]])
    for heights, kept in (([0.5, 1.0, 0.5], [20]), ([1.0, 0.9, 0.8], [15, 25])):
        atoms = find_atoms(columns(points, np.array(heights), 1.2, (41, 41)), spacing=12)
        assert sorted(np.rint(atoms.positions[:, 1])) == kept


@pytest.mark.parametrize(
    ("image", "options", "error", "message"),
    [
        (np.ones((20, 20)), {}, ValueError, "all 400 pixels of the image are equal"),
        (np.zeros((0, 5)), {}, ValueError, "the image is empty"),
        (np.arange(20), {}, ValueError, "2 dimensions .* got 1"),
        (np.full((20, 20), "a"), {}, TypeError, "real numbers"),
        (np.where(np.eye(20) > 0, np.nan, 1), {}, ValueError, "20 of 400 pixels are .*, the first at row 0"),
        (np.where(np.eye(20) > 0, np.inf, 1), {}, ValueError, "20 of 400 pixels are NaN or infinite"),
        (np.eye(7, 20), {}, ValueError, r"at least 8 rows and columns, got shape \(7, 20\)"),
        (np.eye(20), {"spacing": 1.9}, ValueError, "spacing is in pixels, between 2 and the image's 20, got 1.9"),
        (np.eye(20), {"spacing": 21}, ValueError, "spacing .* got 21"),
        (np.eye(20), {"spacing": np.nan}, ValueError, "spacing .* got nan"),
        (np.eye(20), {"strength": -1}, ValueError, "strength is a signal-to-noise ratio, .* got -1"),
        (np.eye(20), {"strength": np.inf}, ValueError, "strength .* got inf"),
        (
            np.eye(20),
            {"refine": "parabola"},
            ValueError,
            "refine is one of gaussian, centroid, together, got 'parabola'",
        ),
    ],
)
def test_refuses(image, options, error, message):
    with pytest.raises(error, match=message):
        find_atoms(image, **options)
