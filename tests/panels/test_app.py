import datetime
import json
import re

import ipywidgets
import numpy as np
import pytest

from atomstat_widgets import App, DomainsPanel, SlidingFFTPanel
from atomstat_widgets import app as app_module
from atomstat_widgets.app import FILE_VARIABLE
from atomstat_widgets.data import calibrated, cubes, movies, samples
from atomstat_widgets.data.guarded.opening import Cancelled
from atomstat_widgets.panels.open_bar import FOLDER_VARIABLE
from atomstat_widgets.panels.reading import Reading
from atomstat_widgets.reactive.results import numbers_of
from atomstat_widgets.reactive.session import as_address, as_json, from_address

NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


@pytest.fixture
def file(tmp_path):
    np.save(tmp_path / "mine.npy", samples.grains(shape=(128, 128)).array)
    return tmp_path / "mine.npy"


def test_opens_on_the_first_sample():
    app = App()
    assert app.panel.model.image.name == "Three grains"
    assert app.panel.model.result.loading_maps.shape == (3, 48, 48)
    assert [label.removeprefix("Sample: ") for label in app.choice.options] == list(samples.SAMPLES)


def inside_of(widget):
    """A widget and all that it holds."""
    yield widget
    for child in getattr(widget, "children", ()):
        yield from inside_of(child)


@pytest.mark.parametrize("tab", ["Sliding FFT", "Domains", "Strain", "Trajectories", "Unmixing"])
def test_an_option_that_is_chosen_again_is_shown_as_chosen(tab):
    app = App()
    app.tabs.value = tab
    lists = [one for one in inside_of(app) if isinstance(one, ipywidgets.Dropdown | ipywidgets.ToggleButtons)]
    assert len(lists) > 5
    # A list of ipywidgets loses its option when a browser tells it that the one with the value None is chosen.
    named = [one.options for one in lists if one.options and isinstance(one.options[0], tuple)]
    assert len(named) > 2
    assert [options for options in named if None in [value for _, value in options]] == []


def test_another_sample_can_be_chosen():
    app = App()
    app.choice.value = "Sample: Moiré"
    assert app.panel.model.image.name == "Moiré"
    assert app.panel.model.result.image is app.panel.model.image


def test_opens_the_file_of_the_command_line(file, monkeypatch):
    monkeypatch.setenv(FILE_VARIABLE, str(file))
    app = App()
    assert app.panel.model.image.name == app.choice.value == "mine.npy"
    app.choice.value = "Sample: Three grains"
    app.choice.value = "mine.npy"
    assert app.panel.model.image.name == "mine.npy"


def test_takes_an_array():
    image = samples.grains(shape=(128, 128)).array
    assert App(image).panel.model.image.array is image


def test_a_file_that_cannot_be_read_is_said_above_a_sample(tmp_path):
    (tmp_path / "<b>.npy").write_bytes(b"no image")
    app = App(tmp_path / "<b>.npy")
    assert "&lt;b&gt;.npy is truncated, damaged or not a .npy file" in app.notice.value
    assert app.panel.model.image.name == "Three grains"
    assert app.panel.model.result is not None


def test_an_image_that_cannot_be_analysed_is_said_above_a_sample(tmp_path):
    np.save(tmp_path / "flat.npy", np.ones((64, 64)))
    app = App(tmp_path / "flat.npy")
    assert "all 4096 pixels of the image are equal" in app.notice.value
    assert app.panel.model.image.name == "Three grains"


def test_tabs_are_built_when_they_are_first_shown():
    app = App()
    assert list(app.panels) == ["Sliding FFT"]
    app.tabs.value = "Domains"
    assert isinstance(app.panel, DomainsPanel)
    assert app.panel.model.image.name == "Distortion domains"
    assert app.choice.value == "Sample: Distortion domains"
    assert [panel.layout.display for panel in app.panels.values()] == ["none", None]
    first = app.panel
    app.tabs.value = "Sliding FFT"
    assert isinstance(app.panel, SlidingFFTPanel)
    assert app.choice.value == "Sample: Three grains"
    app.tabs.value = "Domains"
    assert app.panel is first


def test_what_was_chosen_is_shown_in_every_tab():
    app = App()
    app.tabs.value = "Domains"
    app.choice.value = "Sample: Doped graphene"
    app.tabs.value = "Sliding FFT"
    assert app.panel.model.image is app.panels["Domains"].model.image
    app.choice.value = "Sample: Three grains"
    app.tabs.value = "Domains"
    assert app.panel.model.image.name == "Three grains"


def test_an_image_that_is_not_for_a_tab_is_said_there_above_its_sample():
    app = App(np.random.default_rng(0).random((7, 200)))
    assert app.panel.model.image.array.shape == (7, 200)
    app.tabs.value = "Domains"
    assert "no room for atoms" in app.notice.value
    assert app.panel.model.image.name == "Distortion domains"


class TestSession:
    def test_goes_from_one_app_to_another(self, file):
        app = App(file)
        app.panel.model.n_components = 3
        app.tabs.value = "Unmixing"
        app.panel.model.method = "PCA"
        app.tabs.value = "Domains"
        state = json.loads(json.dumps(app.state()))
        assert [one["data"] for one in state["panels"].values()] == ["mine.npy", "Sample: Oxide layers", "mine.npy"]
        other = App(file)
        other.restore(state)
        assert other.notice.value == ""
        assert (other.tabs.value, other.choice.value) == ("Domains", "mine.npy")
        assert other.state() == state
        for name, panel in app.panels.items():
            np.testing.assert_array_equal(
                numbers_of(other.panels[name].model.result).arrays["components"],
                numbers_of(panel.model.result).arrays["components"],
            )

    def test_of_data_that_are_opened_anew(self, tmp_path, monkeypatch):
        monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
        np.save(tmp_path / "film.npy", movies.hopping_dopants(frames=10).frames)
        app = App()
        app.panel.model.image = calibrated(samples.grains(), 3.0, "Å")
        app.tabs.value = "Unmixing"
        app.panel.model.cube = cubes.oxides(dose=300.0)
        app.open_bar.file.options = ["film.npy"]
        app.open_bar.file.value = "film.npy"
        state = json.loads(json.dumps(app.state()))
        other = App()
        other.restore(state)
        assert other.notice.value == ""
        assert other.state() == state
        shown = {name: panel.model for name, panel in other.panels.items()}
        assert (shown["Sliding FFT"].image.pixel_size, shown["Sliding FFT"].image.unit) == (3.0, "Å")
        assert shown["Unmixing"].cube.source == app.panels["Unmixing"].model.cube.source
        np.testing.assert_array_equal(shown["Trajectories"].movie.frames, app.panel.model.movie.frames)

    def test_of_data_that_are_not_here_any_more(self, tmp_path, monkeypatch):
        monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
        np.save(tmp_path / "mine.npy", samples.grains(shape=(96, 96)).array)
        app = App(tmp_path / "mine.npy")
        app.panel.model.n_components = 2
        state = app.state()
        (tmp_path / "mine.npy").unlink()
        other = App()
        other.restore(state)
        assert "mine.npy cannot be opened (" in other.notice.value
        assert "does not exist), Sample: Three grains is shown" in other.notice.value
        assert other.panel.model.n_components == 2

    @pytest.mark.parametrize(
        ("state", "problem"),
        [
            ({}, "the session has no panels"),
            ({"panels": []}, "the session has no panels"),
            ({"panels": {"Sliding FFT": 3}}, "the session has no panels"),
            ({"panels": {}}, "there is no panel None"),
            ({"panels": {}, "tab": "<i>"}, "there is no panel &lt;i&gt;"),
            ({"panels": {}, "tab": ["Domains"]}, "there is no panel ["),
            ({"panels": {"Phases": {}}, "tab": "Sliding FFT"}, "there is no panel Phases"),
            ({"panels": {"Sliding FFT": {}}, "tab": "Sliding FFT"}, "Sliding FFT: None is not here, Sample: Three gr"),
            ({"panels": {"Sliding FFT": {"data": "Sample: Moiré"}}, "tab": "Sliding FFT"}, "it has no parameters"),
            (
                {"panels": {"Sliding FFT": {"data": "/etc/passwd", "parameters": {}}}, "tab": "Sliding FFT"},
                "/etc/passwd is not here, Sample: Three grains is shown",
            ),
            (
                {
                    "panels": {"Sliding FFT": {"data": "b", "source": {"source": "/etc/passwd"}, "parameters": {}}},
                    "tab": "Sliding FFT",
                },
                "b cannot be opened (there is no data folder here), Sample: Three grains is shown",
            ),
            (
                {
                    "panels": {"Sliding FFT": {"data": "b", "source": {"sample": "cubes.oxides"}, "parameters": {}}},
                    "tab": "Sliding FFT",
                },
                "b cannot be opened (it is a cube), Sample: Three grains is shown",
            ),
            (
                {"panels": {"Sliding FFT": {"data": {}, "parameters": {"hamming": -1}}}, "tab": "Sliding FFT"},
                "hamming cannot be -1, it is True",
            ),
        ],
    )
    def test_what_cannot_be_shown_is_said(self, state, problem):
        app = App()
        app.page.address = f"?state={as_address(state)}"
        assert problem in app.notice.value
        assert app.tabs.value == "Sliding FFT"
        assert app.panel.model.result is not None

    def test_a_damaged_address_is_said(self):
        app = App()
        app.page.address = "?state=???"
        assert "the state in the address is damaged" in app.notice.value

    def test_a_file_is_opened_and_may_be_opened_again(self):
        app = App()
        app.panel.model.zoom = 1
        content = as_json(app.state()).encode()
        for _ in range(2):
            app.panel.model.zoom = 2
            app.session_bar.upload.value = [
                {"name": "s.json", "type": "", "size": len(content), "content": content, "last_modified": NOW}
            ]
            assert app.panel.model.zoom == 1
            assert app.session_bar.upload.value == ()

    @pytest.fixture
    def reads(self, monkeypatch):
        """What is read beside the page, and waits to be done."""
        reads = []
        monkeypatch.setattr(app_module, "in_background", lambda work, then: reads.append((work, then)))
        return reads

    @pytest.fixture
    def session(self, tmp_path, monkeypatch):
        """Session in which the first two panels show a file of the data folder."""
        monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
        np.save(tmp_path / "mine.npy", samples.grains(shape=(128, 128)).array)
        panels = {
            name: {"data": "mine.npy", "source": {"source": "mine.npy"}, "parameters": {"n_components": 2}}
            for name in ("Sliding FFT", "Domains")
        }
        return {"tab": "Sliding FFT", "panels": panels}

    def test_files_are_read_beside_the_page(self, session, reads):
        app = App()
        app.restore(session)
        assert "Opening the data" in app.notice.value
        assert app.panel.model.image.name == "Three grains"
        ((work, then),) = reads
        read = work()
        assert read["Sliding FFT"] is read["Domains"]  # read once
        then(read, None)
        assert app.notice.value == ""
        assert {panel.model.image for panel in app.panels.values()} == {read["Domains"]}
        assert list(app.panels) == ["Sliding FFT", "Domains"]
        assert app.panel.model.n_components == 2

    @pytest.mark.parametrize(
        "later",
        [
            lambda app: setattr(app.choice, "value", "Sample: Moiré"),
            lambda app: setattr(app.tabs, "value", "Unmixing"),
            lambda app: app.show(samples.moire()),
            lambda app: app.restore({"tab": "Sliding FFT", "panels": {}}),
        ],
    )
    def test_what_is_chosen_later_wins(self, session, reads, later):
        app = App()
        app.restore(session)
        ((work, then),) = reads
        later(app)
        state = app.state()
        assert app.notice.value == ""
        read = work()
        assert all(isinstance(one, Cancelled) for one in read.values())  # its reader was ended
        then(read, None)
        assert app.state() == state

    def test_of_two_the_later_is_shown(self, session, reads):
        app = App()
        app.restore(session)
        app.restore({**session, "tab": "Domains"})
        for work, then in reversed(reads):
            then(work(), None)
        assert (app.tabs.value, app.choice.value, app.notice.value) == ("Domains", "mine.npy", "")

    def test_a_reader_that_hangs_is_ended_when_it_is_given_up(self, tmp_path):
        (tmp_path / "<i>.dens").write_text("\n")
        told = []

        def tell(words):
            told.append(words)
            reading.give_up()

        reading = Reading(tell)
        read = reading.read({"Domains": {"source": "<i>.dens"}, "Unmixing": {"source": "b.npy"}}, tmp_path)
        assert [str(one) for one in read.values()] == ["<i>.dens: cancelled", "b.npy: cancelled"]
        assert re.fullmatch(r"Opening <i>\.dens: \d+ s, of at most 60 s", told[0])

    def test_the_links_follow_what_is_shown(self, monkeypatch):
        monkeypatch.setenv("VOILA_PREHEAT", "True")
        app = App()
        app.session_bar.switch.value = True
        app.panel.model.zoom = 1
        found = re.search(r'href="\?state=([\w-]+)"', app.session_bar.links.value)
        assert from_address(found[1])["panels"]["Sliding FFT"]["parameters"]["zoom"] == 1

    def test_in_a_notebook_there_is_no_link(self, monkeypatch):
        monkeypatch.delenv("VOILA_PREHEAT", raising=False)
        app = App()
        app.session_bar.switch.value = True
        assert "?state=" not in app.session_bar.links.value
        assert 'download="session.json"' in app.session_bar.links.value
