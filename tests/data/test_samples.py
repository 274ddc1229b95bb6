import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, map_coordinates, maximum_filter
from scipy.spatial import KDTree
from sklearn.metrics import adjusted_rand_score, f1_score

from atomstat_widgets.data import Image, samples
from atomstat_widgets.stat import extract_crops, factorize, find_atoms, gmm, pca

CLEAN = {"noise": 0.0}

# First-order spots by hand, in a piece of 128 px: with spacing a = 9.643 px, width s = 1.786 px and area A per column
# the taper's sum 64**2 times 2 pi s**2 / A times exp(-2 (pi s f)**2).
SQUARE_SPOT = 448  # A = a**2, f = 1 / a
HEXAGONAL_SPOT = 413  # A = a**2 sqrt(3) / 2, f = 2 / (a sqrt(3))


def spectrum(piece: np.ndarray, fy: float, fx: float) -> float:
    """Magnitude of the Fourier transform of a Hann-tapered square piece at one frequency (cycles per pixel)."""
    taper = np.hanning(len(piece) + 1)[:-1]
    tapered = (piece - piece.mean()) * np.outer(taper, taper)
    steps = np.arange(len(piece))
    return abs(np.exp(-2j * np.pi * fy * steps) @ tapered @ np.exp(-2j * np.pi * fx * steps))


def first_order(angle: float, opening: float, spacing: float) -> list[tuple[float, float]]:
    """Spots (fy, fx) of a lattice with rows along `angle`: across the rows, one in the distance of rows."""
    frequency = 1 / (spacing * np.sin(np.deg2rad(opening)))
    turns = np.deg2rad(angle + 90 + np.arange(0, 180, opening))
    return [(frequency * np.sin(turn), frequency * np.cos(turn)) for turn in turns]


PIXEL_SIZES = {"Distortion domains": 0.04, "Doped graphene": 0.0142}
PIXEL_SIZES = {title: PIXEL_SIZES.get(title, 0.028) for title in samples.SAMPLES}
SHARES = {"Distortion domains": [0.5, 0.5], "Doped graphene": [0.46, 0.5, 0.04]}  # where they are not about even
TWO = ("Square | hexagonal", "Distortion domains", "Strained layer")  # of which there are two domains
ATOMS = [samples.ferroelectric, samples.graphene]


def peaks(array: np.ndarray) -> np.ndarray:
    """Pixels (y, x) brighter than all around."""
    return np.argwhere((array == maximum_filter(array, 5)) & (array > 0.5))


@pytest.mark.parametrize("title", samples.SAMPLES)
def test_every_sample_is_a_labelled_image(title):
    image = samples.SAMPLES[title]()
    assert isinstance(image, Image)
    assert image.array.shape == image.truth.shape == (512, 512)
    assert image.array.dtype == np.float32
    assert np.isfinite(image.array).all()
    assert (image.name, image.pixel_size, image.unit) == (title, PIXEL_SIZES[title], "nm")
    labels, counts = np.unique(image.truth, return_counts=True)
    assert labels.tolist() == list(range(2 if title in TWO else 3))
    if title in SHARES:
        assert counts / 512**2 == pytest.approx(SHARES[title], abs=0.015)
    else:
        assert counts.min() > 512**2 / 4


def test_the_default_has_three_grains():
    assert next(iter(samples.SAMPLES.values())) is samples.grains


@pytest.mark.parametrize("sample", samples.SAMPLES.values())
def test_a_seed_tells_all(sample):
    once, again, other = sample(seed=3), sample(seed=3), sample(seed=4)
    np.testing.assert_array_equal(once.array, again.array)
    assert not np.array_equal(once.array, other.array)
    np.testing.assert_array_equal(once.truth, again.truth)
    # The domains stay where they are; the dopants do not.
    assert np.array_equal(once.truth, other.truth) == (sample is not samples.graphene)


@pytest.mark.parametrize("sample", samples.SAMPLES.values())
def test_noise_has_the_standard_deviation_asked_for(sample):
    added = sample(noise=0.3).array - sample(**CLEAN).array
    assert added.std() == pytest.approx(0.3, rel=0.01)  # of 262144 pixels: known to 0.14 %
    assert added.mean() == pytest.approx(0, abs=0.003)


@pytest.mark.parametrize("sample", samples.SAMPLES.values())
def test_shape_and_pixel_size(sample):
    image = sample(shape=(96, 160), pixel_size=0.02)
    assert image.array.shape == image.truth.shape == (96, 160)
    assert image.pixel_size == 0.02


def test_spots_of_each_grain_are_where_its_angle_puts_them():
    angles = (5.0, 25.0, 45.0)
    image = samples.grains(angles=angles)
    spacing = 0.27 / 0.028
    for label, (y, x) in enumerate([(300, 380), (350, 100), (20, 200)]):
        piece = slice(y, y + 128), slice(x, x + 128)
        assert (image.truth[piece] == label).all()
        for grain, angle in enumerate(angles):
            strengths = [spectrum(image.array[piece], *spot) for spot in first_order(angle, 60, spacing)]
            if grain == label:
                assert strengths == pytest.approx([HEXAGONAL_SPOT] * 3, rel=0.03)
            else:
                assert max(strengths) < 50


def test_grains_may_be_other_than_three():
    assert np.unique(samples.grains(angles=(0, 10, 20, 30)).truth).tolist() == [0, 1, 2, 3]


def test_square_left_of_hexagonal():
    image = samples.phase_boundary()
    spacing = 0.27 / 0.028
    square, hexagonal = first_order(0, 90, spacing), first_order(0, 60, spacing)
    left, right = image.array[200:328, 20:148], image.array[200:328, 360:488]
    assert image.truth[200:328, 20:148].max() == 0
    assert image.truth[200:328, 360:488].min() == 1
    assert [spectrum(left, *spot) for spot in square] == pytest.approx([SQUARE_SPOT] * 2, rel=0.03)
    assert max(spectrum(left, *spot) for spot in hexagonal) < 50
    assert [spectrum(right, *spot) for spot in hexagonal] == pytest.approx([HEXAGONAL_SPOT] * 3, rel=0.03)
    assert max(spectrum(right, *spot) for spot in square) < 50


def test_columns_of_the_square_lattice_are_a_spacing_apart():
    image = samples.phase_boundary(pixel_size=0.027, **CLEAN)  # a spacing of 10 px
    found = peaks(image.array[100:200, 50:150])
    assert len(found) == 100
    assert sorted({*np.diff(np.unique(found[:, 0])), *np.diff(np.unique(found[:, 1]))}) == [10]


def test_a_column_is_a_gaussian_of_height_one():
    # The layers of a moiré coincide at the centre, a pixel: there two columns add up.
    image = samples.moire(pixel_size=0.01, **CLEAN)  # a width of 5 px, a spacing of 27
    assert image.array[256, 256] == pytest.approx(2)
    assert image.array[256, 261] == pytest.approx(2 * np.exp(-1 / 2), rel=1e-3)
    assert image.array[259, 260] == pytest.approx(2 * np.exp(-1 / 2), rel=1e-3)


@pytest.mark.parametrize("sample", [samples.grains, samples.phase_boundary])
def test_columns_do_not_crowd_at_a_boundary(sample):
    found = peaks(sample(**CLEAN).array)
    distances = np.hypot(*(found[:, None] - found[None]).T)
    nearest = np.sort(distances, axis=1)[:, 1]
    assert nearest.min() > 0.6 * 0.27 / 0.028 - np.sqrt(2)  # peaks are read to half a pixel each way
    assert np.median(nearest) == pytest.approx(0.27 / 0.028, abs=1)


def test_columns_beyond_the_edge_shine_into_the_image():
    small = samples.moire(shape=(128, 128), **CLEAN)
    large = samples.moire(shape=(256, 256), **CLEAN)
    np.testing.assert_allclose(small.array, large.array[64:192, 64:192], atol=1e-3)


def test_moire_stackings_lie_where_the_layers_put_them():
    truth = samples.moire(twist=3.0, **CLEAN).truth
    period = 0.27 / 0.028 / (2 * np.sin(np.deg2rad(1.5)))  # 184 px
    # AA recurs at a period across the rows of columns; between three AA, at a period / sqrt(3), AB and BA take turns.
    around = np.deg2rad([0, 60, 120, 180, 240, 300])
    same = truth[np.rint(256 + period * np.cos(around)).astype(int), np.rint(256 + period * np.sin(around)).astype(int)]
    between = period / np.sqrt(3)
    turns = truth[
        np.rint(256 + between * np.sin(around)).astype(int), np.rint(256 + between * np.cos(around)).astype(int)
    ]
    assert truth[256, 256] == 0
    assert same.tolist() == [0] * 6
    assert turns.tolist() in ([1, 2] * 3, [2, 1] * 3)


def test_columns_coincide_in_aa_alone():
    image = samples.moire(**CLEAN)
    brightest = [image.array[image.truth == label].max() for label in range(3)]
    assert brightest[0] == pytest.approx(2, abs=0.01)
    assert max(brightest[1:]) < 1.5


@pytest.mark.parametrize("sample", samples.SAMPLES.values())
@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"noise": -0.1}, "noise must be a finite number, 0 or more, not -0.1"),
        ({"noise": np.nan}, "noise must be a finite number, 0 or more, not nan"),
        ({"shape": (63, 512)}, r"shape must be .* at least 64 pixels each, not \(63, 512\)"),
        ({"shape": (512,)}, r"shape must be \(height, width\)"),
    ],
)
def test_impossible_parameters_are_refused(sample, parameters, message):
    with pytest.raises(ValueError, match=message):
        sample(**parameters)


WIDTHS = {samples.ferroelectric: 0.09, samples.graphene: 0.028}  # nm; of the others 0.05


@pytest.mark.parametrize("sample", samples.SAMPLES.values())
@pytest.mark.parametrize("pixel_size", [0, -0.03, 0.1, np.nan])
def test_impossible_pixel_sizes_are_refused(sample, pixel_size):
    coarsest = WIDTHS.get(sample, 0.05)
    with pytest.raises(ValueError, match=f"pixel_size must be above 0 and up to {coarsest} nm, not {pixel_size}"):
        sample(pixel_size=pixel_size)
    sample(pixel_size=coarsest, shape=(64, 64))


def test_one_angle_makes_no_boundary():
    with pytest.raises(ValueError, match="grains needs at least two angles, not 1"):
        samples.grains(angles=[0])


@pytest.mark.parametrize("twist", [0, -1, 31, np.nan])
def test_impossible_twists_are_refused(twist):
    with pytest.raises(ValueError, match=f"twist must be above 0 and up to 30 degrees, not {twist}"):
        samples.moire(twist=twist)


# Middles of the cells of the ferroelectric: its bright columns stand at 16, 26, ... in both directions.
MIDDLES = np.mgrid[21:492:10, 21:492:10].reshape(2, -1)


def slope(array: np.ndarray) -> np.ndarray:
    """Below each middle less above: what the bright columns add is the same there."""
    rows, columns = MIDDLES
    return array[rows + 3, columns] - array[rows - 3, columns]


def slope_of_faint(displaced: np.ndarray | float) -> np.ndarray | float:
    """The same by hand, of columns of height 0.3 and width 2.25 px, the two in the next cells among them."""
    below, above = (
        sum(0.3 * np.exp(-((y - cell - displaced) ** 2) / (2 * 2.25**2)) for cell in (-10, 0, 10)) for y in (3, -3)
    )
    return below - above


def test_faint_columns_are_displaced_up_in_one_domain_and_down_in_the_other():
    image = samples.ferroelectric(displacement=0.08, **CLEAN)  # 2 px, in a cell of 10
    far = maximum_filter(image.truth, 41) == -maximum_filter(-image.truth, 41)  # from a wall: 20 px and more
    rows, columns = MIDDLES
    for label, displaced in enumerate([-2, 2]):
        here = far[rows, columns] & (image.truth[rows, columns] == label)
        assert here.sum() > 400
        assert slope(image.array)[here].mean() == pytest.approx(slope_of_faint(displaced), rel=0.03)


def test_displacement_turns_gradually_in_the_walls():
    image = samples.ferroelectric(displacement=0.08, **CLEAN)
    rows, columns = MIDDLES
    walls = [np.flatnonzero(np.diff(image.truth[row])) + 0.5 for row in rows]
    nearest = np.array([min(column - wall, key=abs) for wall, column in zip(walls, columns, strict=True)])
    distance = np.where(image.truth[rows, columns] == 1, 1, -1) * np.abs(nearest)
    for close in (np.abs(distance) < 3, (np.abs(distance) > 3) & (np.abs(distance) < 8)):
        assert close.sum() > 50
        # Half a cell, 5 px, is the half thickness of a wall.
        expected = slope_of_faint(2 * np.tanh(distance[close] / 5))
        ratio = (slope(image.array)[close] @ expected) / (expected @ expected)
        assert ratio == pytest.approx(1, abs=0.1)


def test_walls_stand_at_a_sixth_the_middle_and_five_sixths():
    truth = samples.ferroelectric(shape=(1536, 768), **CLEAN).truth[512]  # their waves are 0 at a third of the height
    np.testing.assert_allclose(np.flatnonzero(np.diff(truth)), [128, 384, 640], atol=1)
    assert truth[[0, 256, 512, 767]].tolist() == [1, 0, 1, 0]


def test_bright_columns_stand_in_the_corners_of_square_cells():
    found = peaks(samples.ferroelectric(**CLEAN).array)
    corners = np.stack(np.mgrid[6:512:10, 6:512:10], axis=-1).reshape(-1, 2)
    assert len(found) == len(corners) == 51**2
    off = found - corners
    assert np.abs(off).max() <= 1
    assert np.abs(off.mean(axis=0)).max() < 0.02


def test_neighbours_of_one_sublattice_stand_opposite_to_those_of_the_other():
    image = samples.graphene(dopants=0, vacancies=0, **CLEAN)
    points = find_atoms(image.array).positions
    inner = points[((points > 15) & (points < 496)).all(axis=1)]
    distances, near = KDTree(points).query(inner, k=5)
    bonds = distances[:, 1:4]
    assert bonds.mean() == pytest.approx(10, abs=0.02)  # 0.142 nm of 0.0142 nm
    assert bonds.std() == pytest.approx(0.1 * np.sqrt(2), rel=0.15)  # two atoms, each off by a hundredth of the bond
    assert distances[:, 4].min() > 16  # of the same sublattice: 10 sqrt(3)
    kinds = image.truth[tuple(np.rint(points).astype(int).T)]
    of_inner = kinds[near[:, 0]]
    assert (kinds[near[:, 1:4]] == 1 - of_inner[:, None]).all()
    dy, dx = np.moveaxis(points[near[:, 1:4]] - inner[:, None], -1, 0)
    threefold = np.rad2deg(np.angle(np.exp(3j * np.arctan2(dy, dx)))) / 3  # the same for all three neighbours
    # Rows of the lattice are turned by 7 degrees, bonds stand half-way between two of them: at 37, 157 and 277.
    assert threefold[of_inner == 0].mean() == pytest.approx(37, abs=0.2)
    assert threefold[of_inner == 1].mean() == pytest.approx(37 - 60, abs=0.2)


def test_dopants_are_twice_as_bright_and_of_one_sublattice():
    doped, pure = samples.graphene(vacancies=0, **CLEAN), samples.graphene(vacancies=0, dopants=0, **CLEAN)
    found = peaks(doped.array)
    heights, kinds = doped.array[tuple(found.T)], doped.truth[tuple(found.T)]
    inner = ((found > 2) & (found < 509)).all(axis=1)  # an atom's middle may be outside
    np.testing.assert_array_equal(heights[inner] > 1.5, kinds[inner] == 2)
    assert np.median(heights[kinds == 2]) == pytest.approx(2, abs=0.1)
    assert np.median(heights[kinds < 2]) == pytest.approx(1, abs=0.05)
    assert (pure.truth[doped.truth == 2] == 0).all()
    assert (kinds == 2).sum() / (kinds != 1).sum() == pytest.approx(0.08, abs=0.025)  # of a thousand: known to 0.009


def test_vacancies_are_missing_atoms():
    whole, holed = (peaks(samples.graphene(vacancies=share, **CLEAN).array) for share in (0, 0.1))
    assert len(holed) / len(whole) == pytest.approx(0.9, abs=0.02)
    inner = ((holed > 2) & (holed < 509)).all(axis=1)  # an atom outside may shine in where its neighbour is missing
    assert KDTree(whole).query(holed[inner])[0].max() < 2


@pytest.mark.parametrize("sample", ATOMS)
def test_atoms_of_the_default_are_found(sample):
    image, truth = sample(), peaks(sample(**CLEAN).array)
    found = find_atoms(image.array).positions
    assert 2000 <= len(found) <= 3000
    for points, others in (
        (found, truth),
        (truth, found),
    ):  # precision and recall; partners may be nearer to the border
        inner = points[((points > 5) & (points < 506)).all(axis=1)]
        assert (KDTree(others).query(inner)[0] < 2.5).mean() >= 0.99


def crops(image: Image, *, prepared: bool) -> tuple[np.ndarray, np.ndarray]:
    """Crops around the atoms found, one a row, and the label of each.

    Prepared, the image is smoothed, crops are cut around the atoms to a fraction of a pixel, and the brightness and
    contrast of each are made equal.
    """
    cut = extract_crops(image.array, find_atoms(image.array).positions)
    assert cut.images.shape[1] == 20
    matrix = cut.matrix
    if prepared:
        offsets = np.indices((20, 20)).reshape(2, -1) - 10
        at = np.moveaxis(cut.positions[:, :, None] + offsets, 1, 0)
        matrix = map_coordinates(gaussian_filter(image.array, 1), at, order=3, mode="nearest")
        matrix = (matrix - matrix.mean(axis=1, keepdims=True)) / matrix.std(axis=1, keepdims=True)
    return matrix, image.truth[tuple(np.rint(cut.positions).astype(int).T)]


@pytest.mark.parametrize("prepared", [False, True])
def test_the_first_principal_component_is_the_map_of_the_distortion(prepared):
    matrix, truth = crops(samples.ferroelectric(), prepared=prepared)
    first, second = pca(factorize(matrix, 10, center=True), 2).loadings.T
    assert adjusted_rand_score(truth, first > 0) >= 0.9
    assert adjusted_rand_score(truth, second > 0) < 0.1


@pytest.mark.parametrize("prepared", [False, True])
def test_a_mixture_tells_sublattices_and_dopants(prepared):
    matrix, truth = crops(samples.graphene(), prepared=prepared)
    scores = pca(factorize(matrix, 10, center=True), 4).loadings
    labels = gmm(scores, 3, covariance="tied", starts=5).labels
    assert adjusted_rand_score(truth, labels) >= 0.95
    assert f1_score(truth == 2, labels == 3) >= 0.85  # the smallest class


@pytest.mark.parametrize("displacement", [0, -0.04, 0.11, np.nan])
def test_impossible_displacements_are_refused(displacement):
    with pytest.raises(ValueError, match=f"displacement must be above 0 and up to 0.1 nm, not {displacement}"):
        samples.ferroelectric(displacement=displacement)


@pytest.mark.parametrize("name", ["dopants", "vacancies"])
@pytest.mark.parametrize("share", [-0.1, 0.6, np.nan])
def test_impossible_shares_are_refused(name, share):
    with pytest.raises(ValueError, match=f"{name} must be a share from 0 to 0.5, not {share}"):
        samples.graphene(**{name: share})
