"""Atoms of images that look as real ones do: dirt, particles, backgrounds, noise that is not white."""

import h5py
import numpy as np
import pytest
from scipy import ndimage
from scipy.spatial import KDTree
from test_atoms import columns, score

from atomstat_widgets.stat import find_atoms, find_lattice
from atomstat_widgets.stat.blemishes import without_outliers

SCENES = {
    "dirty_honeycomb": ({"side": 384}, 8.0),
    "particle": ({}, 9.0),
    "blurred_particle": ({}, 9.0),
    "resampled_honeycomb": ({"side": 128}, 18.0),
    "clean_honeycomb": ({}, 9.0),
    "uneven_columns": ({"side": 256}, 12.7),
}


@pytest.mark.parametrize("name", SCENES)
def test_atoms_of_a_scene(hard_scenes, name):
    options, spacing = SCENES[name]
    image, truth, *rest = getattr(hard_scenes, name)(seed=3, **options)
    atoms = find_atoms(image)
    found = atoms.positions
    if name.startswith("dirty"):
        found = found[~rest[0][tuple(np.rint(found).astype(int).clip(0, 383).T)]]
    _, recall, precision, _ = score(found, truth, spacing / 3)
    assert recall >= 0.99
    assert precision >= 0.97
    assert atoms.doubt == ""
    assert np.all((atoms.certainties >= 0) & (atoms.certainties <= 1))
    assert np.median(atoms.certainties) > 0.9


@pytest.mark.parametrize(("side", "seed"), [(128, 13), (128, 6), (256, 6)])
def test_noise_between_the_atoms_of_an_enlarged_image(hard_scenes, side, seed):
    """Where the lattice is dark maxima of noise are lower, and tell a third to a fifth of the noise."""
    image, truth = hard_scenes.resampled_honeycomb(side=side, seed=seed)
    _, recall, precision, _ = score(find_atoms(image).positions, truth, 6.0)
    assert recall >= 0.99
    assert precision >= 0.97


@pytest.mark.parametrize("height", [1, 3, 10])
@pytest.mark.parametrize("kind", ["wedge", "blob", "step", "tilt", "vacuum"])
def test_atoms_on_a_background(hard_scenes, kind, height):
    image, truth = hard_scenes.on_background(kind, side=256, height=height, seed=3)
    _, recall, precision, _ = score(find_atoms(image).positions, truth, 3.0)
    assert recall >= 0.99
    assert precision >= 0.97


@pytest.mark.parametrize("seed", [1, 2])
def test_overlapping_columns_fitted_together(hard_scenes, seed):
    image, truth = hard_scenes.clean_honeycomb(noise=0.2, seed=seed)
    found = find_atoms(image, refine="together").positions
    nearest, _ = KDTree(truth).query(found)
    bound = np.sqrt(2) * np.sqrt(2 / np.pi) * 0.2  # Cramer-Rao, of lone columns
    assert np.sqrt(np.mean(nearest[nearest < 4.5] ** 2)) <= 1.3 * bound


def test_columns_without_noise_are_fitted_exactly(hard_scenes):
    image, truth = hard_scenes.clean_honeycomb(side=128, seed=4)
    nearest, _ = KDTree(find_atoms(image, refine="together").positions).query(truth)
    assert nearest.max() < 0.01


def test_noise_by_rows_and_a_border_without_data_make_no_atoms(hard_scenes):
    rng = np.random.default_rng(5)
    image, truth = hard_scenes.clean_honeycomb(noise=0.1, seed=5)
    image = image + 0.1 * rng.standard_normal((256, 1))
    image[:14] = image[:, -11:] = 0
    found = find_atoms(image).positions
    assert found[:, 0].min() >= 13
    assert found[:, 1].max() <= 245.5
    inner = (found[:, 0] > 16) & (found[:, 1] < 243)
    assert np.all(KDTree(truth).query(found[inner])[0] < 3)


def test_hot_pixels_are_no_atoms():
    rng = np.random.default_rng(6)
    points = np.stack(np.meshgrid(np.arange(6, 250, 12.0), np.arange(7, 250, 12.0), indexing="ij"), -1).reshape(-1, 2)
    clean = 15 + 60 * columns(points, np.ones(len(points)), 2.6, (256, 256))
    image = rng.poisson(clean).astype(float)
    image[rng.integers(0, 256, 8), rng.integers(0, 256, 8)] = 65_535
    found = find_atoms(image)
    _, recall, precision, _ = score(found.positions, points, 3)
    assert (recall, precision) == (1, 1)
    assert found.spacing == pytest.approx(12, rel=0.15)


@pytest.mark.parametrize("side", [2, 3])
@pytest.mark.parametrize("value", [65_535, 0])
def test_small_spots_of_hot_and_dead_pixels_are_mended(side, value):
    rng = np.random.default_rng(6)
    points = np.stack(np.meshgrid(np.arange(6, 250, 12.0), np.arange(7, 250, 12.0), indexing="ij"), -1).reshape(-1, 2)
    clean = rng.poisson(200 + 600 * columns(points, np.ones(len(points)), 2.6, (256, 256))).astype(np.float32)
    image = clean.copy()
    at = np.array([[30, 37], [100, 61], [72, 200], [180, 12], [222, 133], [0, 90], [150, 253]])
    for y, x in at:
        image[y : y + side, x : x + side] = value
    mended = without_outliers(image)
    kept = image == clean
    if value:
        assert np.all(mended[~kept] < 1_500)
        _, recall, precision, _ = score(find_atoms(image).positions, points, 3)
        assert min(recall, precision) >= 0.99
    np.testing.assert_array_equal(mended[kept], clean[kept])


@pytest.mark.parametrize("place", [(0, 0), (0.5, 0), (0.5, 0.5), (0.2, 0.4)])
def test_the_narrowest_atoms_are_no_spots(place):
    points = np.stack(np.meshgrid(np.arange(8, 120, 12.0), np.arange(8, 120, 12.0), indexing="ij"), -1).reshape(-1, 2)
    image = columns(points + place, np.ones(len(points)), 1.0, (128, 128)).astype(np.float32)
    image += np.float32(0.01) * np.random.default_rng(0).standard_normal((128, 128), np.float32)
    np.testing.assert_array_equal(without_outliers(image), image)


@pytest.mark.parametrize("seed", [24, 31])
@pytest.mark.parametrize("spread", [0.2, 1])
def test_noise_by_rows_of_a_small_image(hard_scenes, spread, seed):
    image, truth = hard_scenes.clean_honeycomb(side=200, noise=0.1, seed=seed)
    found = find_atoms(image + spread * np.random.default_rng(seed).normal(size=(200, 1))).positions
    found = found[((found > 1) & (found < 198)).all(axis=1)]  # the scene has no atoms at the border, which it cuts
    _, recall, precision, _ = score(found, truth, 3.0)
    assert recall >= 0.99
    assert precision >= 0.97


@pytest.mark.parametrize(("kind", "side", "seed"), [("step", 160, 25), ("tilt", 128, 20), ("tilt", 128, 24)])
def test_atoms_on_a_background_of_a_small_image(hard_scenes, kind, side, seed):
    image, truth = hard_scenes.on_background(kind, side=side, height=10, seed=seed)
    _, recall, precision, _ = score(find_atoms(image).positions, truth, 3.0)
    assert recall >= 0.99
    assert precision >= 0.97


def test_an_image_of_few_planes_is_a_doubt(hard_scenes):
    image, _ = hard_scenes.clean_honeycomb(side=96, noise=0.1, seed=1)
    assert "so small that only 7 planes" in find_atoms(image).doubt


def dumbbells(noise, seed=0, side=256, pair=6.5, width=1.9):
    """Pairs 0.13 nm apart in the cell of silicon along [110], 0.02 nm/px."""
    rng = np.random.default_rng(seed)
    turn = np.radians(20)
    turned = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    rows, columns_ = np.mgrid[-20:20, -20:20].reshape(2, -1)
    cells = np.stack([27.15 * rows, 19.2 * columns_], axis=1)
    cells = np.concatenate([cells, cells + np.array([27.15, 19.2]) / 2])
    points = np.concatenate([cells, cells + np.array([pair, 0])]) @ turned + side / 2
    points = points[((points > 3) & (points < side - 4)).all(axis=1)]
    image = columns(points, np.ones(len(points)), width, (side, side))
    return image + noise * rng.standard_normal(image.shape), points


@pytest.mark.parametrize("noise", [0, 0.05, 0.1])
def test_dumbbells_are_parted(noise):
    image, truth = dumbbells(noise)
    _, recall, precision, _ = score(find_atoms(image).positions, truth, 2.0)
    assert recall >= 0.99
    assert precision >= 0.97


def scattered(number, side=200, apart=6.0, seed=0):
    """Places (number, 2) without order, none closer to another than 6 px."""
    rng = np.random.default_rng(seed)
    points = np.empty((0, 2))
    while len(points) < number:
        one = rng.uniform(3, side - 4, 2)
        if np.all(np.hypot(*(points - one).T) > apart):
            points = np.append(points, [one], axis=0)
    return points


@pytest.mark.parametrize("blur", [0, 1.5])
@pytest.mark.parametrize("noise", [0, 0.1])
@pytest.mark.parametrize("number", [10, 240, 420])
def test_atoms_without_order(number, noise, blur):
    truth = scattered(number)
    grain = np.random.default_rng(1).standard_normal((200, 200))
    if blur:
        grain = ndimage.gaussian_filter(grain, blur)
    image = columns(truth, np.ones(number), 2.0, (200, 200)) + noise * grain / grain.std()
    atoms = find_atoms(image)
    _, recall, precision, _ = score(atoms.positions, truth, 3.0)
    assert recall >= 0.98
    assert precision >= 0.95
    assert "are guesses" in atoms.doubt or "is a guess" in atoms.doubt


@pytest.mark.parametrize("seed", range(3))
def test_noise_and_amorphous_matter_have_no_atoms(seed):
    rng = np.random.default_rng(seed)
    white = rng.standard_normal((200, 200))
    for image in (
        white,
        ndimage.gaussian_filter(white, 1.5),
        ndimage.zoom(white, 2),
        white + rng.normal(size=(200, 1)),
    ):
        atoms = find_atoms(image)
        assert len(atoms.positions) == 0
        assert atoms.doubt == "No atoms stand out of the noise."


def test_doubts_are_said(hard_scenes):
    image, truth = hard_scenes.clean_honeycomb(noise=0.2, seed=1)
    few = find_atoms(image, spacing=60)
    assert len(few.positions) < len(truth) / 4
    assert "hold another: many may be missing" in few.doubt
    fringes = find_atoms(
        np.cos(2 * np.pi * np.indices((128, 128))[0] / 9) + 0.1 * np.random.default_rng(0).random((128, 128))
    )
    assert "Planes in one direction only" in fringes.doubt
    many = find_atoms(np.random.default_rng(0).standard_normal((128, 128)), strength=1.0)
    assert "No lattice stands out of the noise: the scale of the atoms" in many.doubt
    assert "Most of the atoms are hardly above the noise" in many.doubt
    assert many.certainties.max() < 0.9


@pytest.mark.parametrize("shape", [(8, 8), (2000, 50), (9, 300)])
def test_images_of_any_shape(shape):
    atoms = find_atoms(np.random.default_rng(0).random(shape))
    assert atoms.positions.shape == (len(atoms.certainties), 2)


def test_spots_in_one_line_have_no_cell(shared_data):
    """Enlarged by repeating pixels: harmonics of the enlargement are the strongest spots."""
    with h5py.File(shared_data / "stem-simulated-with-positions" / "391225.010001.h5") as file:
        image = file["haadf/stem00-clean"][()]
    assert find_lattice(np.kron(image, np.ones((2, 2))))


def test_the_spacing_is_no_longer_than_a_vector_of_the_lattice(hard_scenes):
    basis = hard_scenes.basis(8, 17, 60)
    truth = hard_scenes.lattice(512, basis, (0, 0), -8)
    image = hard_scenes.draw(512, truth, 1, 2.0) + 0.45 * np.random.default_rng(512).standard_normal((512, 512))
    atoms = find_atoms(image)
    assert atoms.spacing <= 8.1
    assert len(atoms.positions) > 0.85 * len(truth)


def test_many_missing_atoms_are_a_doubt(hard_scenes):
    """At few counts a pixel; a honeycomb has two atoms a cell."""
    image, truth = hard_scenes.clean_honeycomb(side=400, seed=1)
    atoms = find_atoms(np.random.default_rng(1).poisson(1.5 * (0.8 * image + 0.2)))
    assert len(atoms.positions) < len(truth) / 2
    assert "many may be missing" in atoms.doubt
