"""Figures for a paper."""

import io

import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

from atomstat_widgets.analyses.domains.model import DomainsModel
from atomstat_widgets.analyses.sliding_fft.model import SlidingFFTModel
from atomstat_widgets.analyses.trajectories.model import TrajectoriesModel
from atomstat_widgets.analyses.unmixing.model import UnmixingModel
from atomstat_widgets.data import Image, Movie, cubes, movies, samples
from atomstat_widgets.reactive.results import figure_of
from atomstat_widgets.stat import normalize_image
from atomstat_widgets.views.colors import COMPONENT_COLORS

GRAINS = samples.grains(shape=(96, 128))


def titled(figure, title):
    (axes,) = (axes for axes in figure.axes if axes.get_title() == title)
    return axes


def shown(axes):
    return np.asarray(axes.images[0].get_array())


def texts(axes):
    return [text.get_text() for text in axes.texts]


class TestSlidingFFT:
    def test_shows_spectra_and_maps_in_place(self):
        result = SlidingFFTModel.analyse(GRAINS, n_components=3)
        figure = figure_of(result)
        for number in range(3):
            np.testing.assert_array_equal(shown(titled(figure, f"Spectrum {number + 1}")), result.components[number])
            maps = titled(figure, f"Loadings {number + 1}")
            np.testing.assert_array_equal(shown(maps), result.loading_maps[number])
            assert to_hex(maps.spines["left"].get_edgecolor()).upper() == COMPONENT_COLORS[number]
        y, x = (axis * GRAINS.pixel_size for axis in result.spectra.grid.axes)
        half = (y[1] - y[0]) / 2
        np.testing.assert_allclose(maps.images[0].get_extent(), [x[0] - half, x[-1] + half, y[-1] + half, y[0] - half])
        np.testing.assert_allclose(maps.get_ylim(), [95.5 * GRAINS.pixel_size, -0.5 * GRAINS.pixel_size])
        assert titled(figure, "Spectrum 1").get_xlabel() == "kx (1/nm)"

    def test_the_scale_bar_is_as_long_as_it_says(self):
        sample = titled(figure_of(SlidingFFTModel.analyse(GRAINS)), "Three grains")
        assert texts(sample) == ["0.5 nm"]  # of 128 × 0.028 nm
        (_, bar) = (patch for patch in sample.patches if isinstance(patch, Rectangle))
        assert bar.get_width() == 0.5

    def test_without_a_scale_there_are_pixels(self):
        figure = figure_of(SlidingFFTModel.analyse(GRAINS.array))
        sample = titled(figure, "array")
        assert (texts(sample), sample.get_xlabel(), sample.get_ylabel()) == ([], "x (px)", "y (px)")
        assert sample.images[0].get_extent() == [-0.5, 127.5, 95.5, -0.5]

    @pytest.mark.parametrize("count", [1, 8])
    def test_few_and_many(self, count):
        figure = figure_of(SlidingFFTModel.analyse(GRAINS, n_components=count))
        assert sum(bool(axes.images) and "oadings" in axes.get_title() for axes in figure.axes) == count

    def test_a_coloured_image(self):
        colours = np.repeat((255 * GRAINS.array / GRAINS.array.max()).clip(0).astype(np.uint8)[..., None], 3, axis=2)
        figure = figure_of(SlidingFFTModel.analyse(Image(colours, "picture.png")))
        assert shown(titled(figure, "picture.png")).shape == (96, 128)


class TestDomains:
    IMAGE = samples.graphene(shape=(160, 160))

    def test_classes_have_their_colours(self):
        result = DomainsModel.analyse(self.IMAGE, method="GMM", n_components=2)
        figure = figure_of(result)
        (dots,) = titled(figure, "Doped graphene").collections
        np.testing.assert_allclose(dots.get_offsets(), result.crops.positions[:, ::-1] * self.IMAGE.pixel_size)
        colours = [to_hex(colour).upper() for colour in dots.get_facecolors()]
        assert colours == [COMPONENT_COLORS[label] for label in result.labels]
        np.testing.assert_array_equal(shown(titled(figure, "Class mean 2")), result.component_pictures[1])
        assert titled(figure, "Probabilities 1").collections

    def test_signs_are_around_zero(self):
        result = DomainsModel.analyse(self.IMAGE, method="PCA", n_components=2)
        figure = figure_of(result)
        picture = titled(figure, "Component 1").images[0]
        low, high = picture.get_clim()
        assert (low, picture.get_cmap().name) == (-high, "RdBu_r")
        (dots,) = titled(figure, "Doped graphene, loadings 1").collections
        np.testing.assert_array_equal(dots.get_array(), result.decomposition.loadings[:, 0])


def test_trajectories():
    result = TrajectoriesModel.analyse(movies.hopping_dopants(frames=12))
    figure = figure_of(result)
    sample = titled(figure, "Hopping dopants, first frame")
    assert len(sample.lines) == len(result.tracks)
    y, x = result.still.track(0)[1].T * result.movie.pixel_size  # as seen from the first frame
    np.testing.assert_allclose(sample.lines[0].get_xydata(), np.column_stack([x, y]))
    cells = titled(figure, "Transition probabilities (counts)")
    np.testing.assert_array_equal(shown(cells), result.matrix.probabilities)
    assert texts(cells)[0] == f"{result.matrix.probabilities[0, 0]:.2f}\n({result.matrix.counts[0, 0]})"
    assert cells.get_xlabel() == "state 1 frame later"


def test_tracks_over_the_first_frame_that_can_be_used():
    movie = movies.hopping_dopants(frames=12, missing=0)
    frames = movie.frames.copy()
    frames[:2] = 0
    figure = figure_of(TrajectoriesModel.analyse(Movie(frames, "late")))
    np.testing.assert_allclose(shown(titled(figure, "late, frame 2")), normalize_image(frames[2]))


def test_unmixing():
    cube = cubes.oxides(shape=(20, 24), channels=60)
    mask = np.ones((20, 24), bool)
    mask[:3] = False
    result = UnmixingModel.analyse(cube, mask=mask, n_components=3)
    figure = figure_of(result)
    spectra = titled(figure, "Components of Oxide layers")
    assert (spectra.get_xlabel(), len(spectra.lines)) == ("energy (eV)", 3)
    np.testing.assert_array_equal(spectra.lines[1].get_xydata()[:, 1], result.unmixing.components[1])
    assert [line.get_color() for line in spectra.lines] == list(COMPONENT_COLORS[:3])
    found = titled(figure, "Abundance 3").images[0].get_array()
    np.testing.assert_array_equal(np.ma.filled(found, np.nan), result.unmixing.abundance_maps[..., 2])
    assert texts(titled(figure, "Abundance 1")) == ["2 nm"]
    assert titled(figure, "Residual (RMS)").images


def test_nothing_stays_open_and_every_format_is_written():
    before = pyplot.get_fignums()  # of other tests
    figure = figure_of(SlidingFFTModel.analyse(GRAINS))
    for form in ("png", "svg", "pdf"):
        buffer = io.BytesIO()
        figure.savefig(buffer, format=form)
        assert buffer.tell() > 10_000
    assert pyplot.get_fignums() == before
