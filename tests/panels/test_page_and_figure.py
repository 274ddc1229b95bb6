"""The page, the figure for a paper and the numbers say the same of one result."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from atomstat_widgets import DomainsPanel, SlidingFFTPanel, TrajectoriesPanel, UnmixingPanel
from atomstat_widgets.data import Cube, cubes, movies, samples
from atomstat_widgets.panels.exports import export_files
from atomstat_widgets.panels.image_panel import ALL
from atomstat_widgets.reactive.results import figure_of, numbers_of
from atomstat_widgets.views.tiles import TileGrid


@pytest.fixture
def tiles(monkeypatch):
    """Titles, limits and pictures of the tiles that each grid showed last, by their grid."""
    shown = {}
    show = TileGrid.show

    def recorded(self, pictures, titles, limits, *rest, **options):
        shown[self] = titles, np.asarray(limits), np.asarray(pictures)
        show(self, pictures, titles, limits, *rest, **options)

    monkeypatch.setattr(TileGrid, "show", recorded)
    return shown


def titled(figure, start):
    return [axes for axes in figure.axes if axes.get_title().startswith(start)]


def limits_in(figure, start):
    """Ends of the colours of pictures or dots whose titles begin so."""
    return [(axes.images or axes.collections)[0].get_clim() for axes in titled(figure, start)]


def test_sliding_fft(tiles):
    panel = SlidingFFTPanel(samples.grains(shape=(96, 128)), n_components=3)
    figure = figure_of(panel.model.result)
    np.testing.assert_allclose(limits_in(figure, "Spectrum"), tiles[panel.spectra][1])
    np.testing.assert_allclose(limits_in(figure, "Loadings"), tiles[panel.maps][1])
    assert (tiles[panel.maps][1][:, 0] == 0).all()


@pytest.mark.parametrize("method", ["PCA", "ICA", "NMF", "GMM"])
def test_domains(tiles, method):
    panel = DomainsPanel(samples.graphene(shape=(160, 160)), method=method, n_components=3)
    result = panel.model.result
    figure = figure_of(result)
    below = "Probabilities" if method == "GMM" else "Loadings"
    above = "Class mean" if method == "GMM" else "Component"
    np.testing.assert_allclose(limits_in(figure, above), tiles[panel.components][1])
    for number in range(3):
        panel.overlay.value = number
        np.testing.assert_allclose(limits_in(figure, below)[number], panel.find_coloring().limits)
    (dots,) = titled(figure, "Doped graphene")[0].collections
    if result.signed:
        return
    panel.overlay.value = ALL
    values, _, colors, levels, _ = panel.find_coloring()
    np.testing.assert_allclose(dots.get_facecolors()[:, :3], colors[levels] / 255)
    np.testing.assert_array_equal(values, result.strongest + 1)
    loadings = result.decomposition.loadings
    if method == "NMF":  # of amounts that cannot be compared: the figure took the largest
        np.testing.assert_array_equal(result.strongest, (loadings / loadings.max(axis=0)).argmax(axis=1))
        assert (result.strongest != loadings.argmax(axis=1)).any()


def test_trajectories(tiles):
    panel = TrajectoriesPanel(movies.hopping_dopants(frames=12, missing=1, shape=(112, 112)))
    figure = figure_of(panel.model.result)
    np.testing.assert_allclose(limits_in(figure, "State"), tiles[panel.centroids][1])
    result, table = panel.model.result, numbers_of(panel.model.result).tables
    panel.select_track(1)
    assert "track 2: " in panel.strip_title.value
    np.testing.assert_array_equal(table["tracks"]["frame"][table["tracks"]["track"] == 2], result.tracks.track(1)[0])
    cells = titled(figure, "Transition probabilities")[0].texts
    buttons, counts = (
        [cell for row in panel.transitions.matrix.cells for cell in row],
        table["transitions"]["transitions"],
    )
    assert [cell.get_text() for cell in cells] == [
        f"{button.description}\n({count})" for button, count in zip(buttons, counts, strict=True)
    ]


@pytest.mark.parametrize("method", ["PCA", "ICA", "NMF", "GMM"])
def test_unmixing(tiles, method):
    panel = UnmixingPanel(cubes.oxides(shape=(20, 24), channels=60), method=method, n_components=2)
    figure = figure_of(panel.model.result)
    below = "Probability" if method == "GMM" else "Abundance"
    np.testing.assert_allclose(limits_in(figure, below), tiles[panel.maps][1])
    np.testing.assert_allclose(limits_in(figure, "Residual"), tiles[panel.residual][1])


def test_names_and_colours_of_the_page_are_in_the_figure():
    panel = UnmixingPanel(cubes.oxides(shape=(20, 24), channels=60), n_components=3)
    panel.naming.which.value = 2
    panel.naming.name.value, panel.naming.color.value = "_Ti & $Mn$", "#123456"
    figure = figure_of(panel.model.result, **panel.give_look())
    spectra = titled(figure, "Components of")[0]
    texts = [text.get_text() for text in spectra.get_legend().get_texts()]
    assert texts == ["1", "_Ti & $Mn$", "3"]
    assert [line.get_color() for line in spectra.lines] == panel.spectra.solid.colors[:3]
    (second,) = titled(figure, "Abundance _Ti & $Mn$")
    assert to_rgb(second.spines["left"].get_edgecolor()) == to_rgb("#123456")
    figure.draw_without_rendering()
    assert b"Abundance _Ti &amp; $Mn$" in b"".join(
        export_files(panel.model.result, "svg", **panel.give_look()).values()
    )


def test_maps_of_a_binned_cube_stand_where_their_pixels_are():
    cube = cubes.oxides(shape=(31, 22), channels=60)
    cube = Cube(cube.array, "binned", pixel_size=0.5, unit="nm")
    panel = UnmixingPanel(cube, binning=8, n_components=2)
    figure, maps = figure_of(panel.model.result), numbers_of(panel.model.result).quantities["abundances"]
    (axes, _) = titled(figure, "Abundance")
    left, right, bottom, top = axes.images[0].get_extent()
    assert (left, right, bottom, top) == (-0.25, 7.75, 11.75, -0.25)  # 3 x 2 pixels of 8
    for axis, (low, high) in zip(maps.axes[1:], ((top, bottom), (left, right)), strict=True):
        edges = np.linspace(low, high, len(axis.values) + 1)
        np.testing.assert_allclose(axis.values, (edges[1:] + edges[:-1]) / 2)
    assert axes.get_xlim() == (-0.25, 10.75)


def test_shares_are_those_of_the_sum_of_squares(tiles):
    for panel, view, left in (
        (SlidingFFTPanel(samples.grains(shape=(96, 128))), "spectra", None),
        (DomainsPanel(samples.graphene(shape=(160, 160)), method="NMF"), "components", None),
        (DomainsPanel(samples.graphene(shape=(160, 160)), method="PCA"), "components", 1),
        (UnmixingPanel(cubes.oxides(shape=(20, 24), channels=60), method="PCA"), "maps", 1),
    ):
        result = panel.model.result
        shares = result.unmixing.shares if hasattr(result, "unmixing") else result.shares
        titles = tiles[getattr(panel, view)][0]
        assert [title.split(" · ")[1] for title in titles] == [f"{share:.1%}" for share in shares]
        if left:  # orthogonal components explain together what each does alone
            decomposition = getattr(result, "unmixing", result).decomposition
            assert shares.sum() == pytest.approx(1 - decomposition.reconstruction_error**2, rel=1e-4)


def test_colours_are_those_of_the_palette():
    panel = SlidingFFTPanel(samples.grains(shape=(96, 128)), n_components=3)
    figure = figure_of(panel.model.result)
    frames = [axes.spines["left"].get_edgecolor()[:3] for axes in titled(figure, "Spectrum")]
    assert frames == [to_rgb(color) for color in panel.spectra.frames.colors]
