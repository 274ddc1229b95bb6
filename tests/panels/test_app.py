import numpy as np
import pytest

from atomstat_widgets import App, DomainsPanel, SlidingFFTPanel
from atomstat_widgets.data import samples
from atomstat_widgets.panels.app import FILE_VARIABLE


@pytest.fixture
def file(tmp_path):
    np.save(tmp_path / "mine.npy", samples.grains(shape=(128, 128)).array)
    return tmp_path / "mine.npy"


def test_opens_on_the_first_sample():
    app = App()
    assert app.panel.model.image.name == "Three grains"
    assert app.panel.model.result.loading_maps.shape == (4, 29, 29)
    assert [label.removeprefix("Sample: ") for label in app._choice.options] == list(samples.SAMPLES)


def test_another_sample_can_be_chosen():
    app = App()
    app._choice.value = "Sample: Moiré"
    assert app.panel.model.image.name == "Moiré"
    assert app.panel.model.result.image is app.panel.model.image


def test_opens_the_file_of_the_command_line(file, monkeypatch):
    monkeypatch.setenv(FILE_VARIABLE, str(file))
    app = App()
    assert app.panel.model.image.name == app._choice.value == "mine.npy"
    app._choice.value = "Sample: Three grains"
    app._choice.value = "mine.npy"
    assert app.panel.model.image.name == "mine.npy"


def test_takes_an_array():
    image = samples.grains(shape=(128, 128)).array
    assert App(image).panel.model.image.array is image


def test_a_file_that_cannot_be_read_is_said_above_a_sample(tmp_path):
    (tmp_path / "<b>.npy").write_bytes(b"no image")
    app = App(tmp_path / "<b>.npy")
    assert "&lt;b&gt;.npy is truncated, damaged or not a .npy file" in app._notice.value
    assert app.panel.model.image.name == "Three grains"
    assert app.panel.model.result is not None


def test_an_image_that_cannot_be_analysed_is_said_above_a_sample(tmp_path):
    np.save(tmp_path / "flat.npy", np.ones((64, 64)))
    app = App(tmp_path / "flat.npy")
    assert "all 4096 pixels of the image are equal" in app._notice.value
    assert app.panel.model.image.name == "Three grains"


def test_tabs_are_built_when_they_are_first_shown():
    app = App()
    assert list(app._panels) == ["Sliding FFT"]
    app._tabs.value = "Domains"
    assert isinstance(app.panel, DomainsPanel)
    assert app.panel.model.image.name == "Distortion domains"
    assert app._choice.value == "Sample: Distortion domains"
    assert [panel.layout.display for panel in app._panels.values()] == ["none", None]
    first = app.panel
    app._tabs.value = "Sliding FFT"
    assert isinstance(app.panel, SlidingFFTPanel)
    assert app._choice.value == "Sample: Three grains"
    app._tabs.value = "Domains"
    assert app.panel is first


def test_what_was_chosen_is_shown_in_every_tab():
    app = App()
    app._tabs.value = "Domains"
    app._choice.value = "Sample: Doped graphene"
    app._tabs.value = "Sliding FFT"
    assert app.panel.model.image is app._panels["Domains"].model.image
    app._choice.value = "Sample: Three grains"
    app._tabs.value = "Domains"
    assert app.panel.model.image.name == "Three grains"


def test_an_image_that_is_not_for_a_tab_is_said_there_above_its_sample():
    app = App(np.random.default_rng(0).random((7, 200)))
    assert app.panel.model.image.array.shape == (7, 200)
    app._tabs.value = "Domains"
    assert "no room for atoms" in app._notice.value
    assert app.panel.model.image.name == "Distortion domains"
