import io

import pytest
from matplotlib.image import imread
from matplotlib.text import Text

from atomstat_widgets import UnmixingPanel, cubes
from atomstat_widgets.panels.export_bar import ExportBar, export_files
from atomstat_widgets.reactive.results import figure_of


@pytest.fixture
def panel():
    return UnmixingPanel(cubes.oxides(shape=(12, 12), channels=30))


@pytest.fixture
def bar(panel):
    (bar,) = (child for child in panel.children if isinstance(child, ExportBar))
    bar.switch.value = True
    bar.show_button.value = True
    return bar
    bar.show_button.value = True
    return bar


def png(panel, figure):
    (content,) = export_files(panel.model.result, "png", 100, figure).values()
    return imread(io.BytesIO(content))


def test_the_figure_is_shown_with_its_size(panel, bar):
    box = bar.figure_box
    assert box.layout.display is None
    assert box.place.children[0].figure is box.figure
    assert box.figure_width.value == round(figure_of(panel.model.result).get_figwidth() * 25.4) == 180


def test_files_are_written_as_it_stands(panel, bar):
    box = bar.figure_box
    before = png(panel, box.figure)
    box.figure_width.value = 127
    assert before.shape[1] == pytest.approx(180 / 25.4 * 100, abs=2)
    assert png(panel, box.figure).shape[:2] == (before.shape[0], 500)
    axes = box.figure.axes[0]
    axes.set_xlim(10, 12)  # as with the buttons
    zoomed = png(panel, box.figure)
    axes.set_xlim(10, 13)
    assert (png(panel, box.figure) != zoomed).any()
    bar.prepare.click()
    assert "Download" in bar.link.value


def test_text_is_scaled_and_comes_back(bar):
    box = bar.figure_box
    texts = [text for text in box.figure.findobj(Text) if text.get_text()]
    before = [text.get_fontsize() for text in texts]
    assert min(before) >= 7
    box.text.value = 2.0
    assert [text.get_fontsize() for text in texts] == pytest.approx([2 * size for size in before])
    box.text.value = 1.0
    assert [text.get_fontsize() for text in texts] == pytest.approx(before)


def test_it_goes_with_its_result_and_comes_as_composed(panel, bar):
    box = bar.figure_box
    first = box.figure
    box.figure_width.value, box.text.value = 100, 1.5
    panel.model.n_components = 2
    assert (box.figure, bar.show_button.value, box.layout.display, box.place.children) == (None, False, "none", ())
    box.figure_width.value = 90  # of no figure
    bar.show_button.value = True
    assert box.figure is not first
    assert (box.figure_width.value, box.text.value) == (180, 1.0)
    bar.show_button.value = False
    assert box.figure is None


def test_a_failure_is_said_in_the_bar(bar, monkeypatch):
    bar.show_button.value = False

    def fail(result, **look):
        raise RuntimeError("<no> figure")

    monkeypatch.setattr("atomstat_widgets.panels.figure_box.figure_of", fail)
    bar.show_button.value = True
    assert "&lt;no&gt; figure." in bar.link.value
    assert bar.figure_box.layout.display == "none"
