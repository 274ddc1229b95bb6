import io

import numpy as np
import pytest
from sent import send

from atomstat_widgets import App
from atomstat_widgets.data import cubes, movies, samples
from atomstat_widgets.panels import uploads
from atomstat_widgets.panels.open_bar import FOLDER_VARIABLE, files_of
from atomstat_widgets.panels.uploads import plain_name

GRAINS = samples.grains(shape=(96, 96)).array


def upload(app, name, content):
    if isinstance(content, np.ndarray):
        buffer = io.BytesIO()
        np.save(buffer, content)
        content = buffer.getvalue()
    send(app, name, content)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    folder = tmp_path / "data"
    (folder / "film").mkdir(parents=True)
    np.save(folder / "b.npy", GRAINS)
    np.save(folder / "a.npy", GRAINS.T)
    np.save(tmp_path / "secret.npy", GRAINS)
    (folder / ".hidden.npy").write_bytes(b"")
    (folder / "link.npy").symlink_to(tmp_path / "secret.npy")
    monkeypatch.setenv(FOLDER_VARIABLE, str(folder))
    return folder


class TestUpload:
    def test_an_image(self):
        app = App()
        upload(app, "mine.npy", GRAINS)
        assert app.open_bar.words.value == "mine.npy is shown."
        assert (app.choice.value, app.choice.options[0]) == ("mine.npy", "mine.npy")
        np.testing.assert_array_equal(app.panel.model.image.array, GRAINS)
        assert app.panel.model.image.source.code == "load(source='mine.npy')"
        assert list(app.open_bar.uploads.folder.iterdir()) == []
        app.tabs.value = "Domains"  # every panel for images shows it
        assert app.panel.model.image.name == "mine.npy"

    @pytest.mark.parametrize(
        ("make", "kind", "tab"),
        [
            (lambda: movies.hopping_dopants(frames=10).frames, "", "Trajectories"),
            (lambda: cubes.oxides(shape=(12, 12), channels=40).array, "cube", "Unmixing"),
        ],
    )
    def test_of_another_kind_opens_its_panel(self, make, kind, tab):
        app = App()
        app.open_bar.kind.value = kind
        array = make()
        upload(app, "mine.npy", array)
        assert (app.tabs.value, app.choice.value) == (tab, "mine.npy")
        shown = app.panel.model.movie.frames if not kind else app.panel.model.cube.array
        np.testing.assert_array_equal(shown, array)
        app.tabs.value = "Sliding FFT"
        assert app.panel.model.image.name == "Three grains"

    def test_the_same_name_is_the_newer_file(self):
        app = App()
        upload(app, "mine.npy", GRAINS)
        upload(app, "mine.npy", GRAINS.T)
        np.testing.assert_array_equal(app.panel.model.image.array, GRAINS.T)
        assert list(app.choice.options).count("mine.npy") == 1

    @pytest.mark.parametrize(
        ("name", "content", "message"),
        [
            ("empty.npy", b"", "empty.npy is empty"),
            ("text.npy", b"no image", "text.npy is truncated, damaged or not a .npy file"),
            ("text.tif", b"no image", "text.tif is truncated, damaged or of a kind that cannot be read"),
            ("page.html", b"<script>", "page.html has the extension .html; uploads are read of npy"),
            ("<b>.npy", b"", "_b_.npy is empty"),
            ("flat.npy", np.ones((64, 64)), "all 4096 pixels of the image are equal"),
            ("small.npy", np.eye(3), "has no room for a window"),
            ("nan.npy", np.full((64, 64), np.nan), "NaN"),
            ("trap.npy", np.array([{}], object), "holds pickled Python objects"),
            ("words.npy", np.array([["a"]]), "words.npy"),
            ("deep.npy", np.ones((2, 2, 2, 2, 2)), "deep.npy"),
            ("noname", b"x", "noname has no extension; uploads are read of npy"),
            ("../../up.npy", b"x", "up.npy is truncated"),
            ("x" * 500 + ".npy", b"x", "xxx.npy is truncated"),
        ],
    )
    def test_what_cannot_be_shown_is_said_and_nothing_lost(self, name, content, message):
        app = App()
        before = app.panel.model.result
        upload(app, name, content)
        assert 'role="alert"' in app.open_bar.words.value
        assert message in app.open_bar.words.value
        assert (app.tabs.value, app.choice.value) == ("Sliding FFT", "Sample: Three grains")
        assert app.panel.model.result is before

    def test_too_large(self, monkeypatch):
        monkeypatch.setattr(uploads, "MOST_BYTES", 1_000_000)
        app = App()
        upload(app, "large.npy", bytes(2_100_000))
        assert "large.npy has 3 MB, uploads have up to 1 MB" in app.open_bar.words.value


class TestSignals:
    @staticmethod
    def archive(**arrays):
        buffer = io.BytesIO()
        np.savez(buffer, **arrays)
        return buffer.getvalue()

    def test_one_of_several_is_chosen(self):
        app = App()
        signal = app.open_bar.signal
        assert signal.layout.display == "none"
        cube = cubes.oxides(shape=(12, 12), channels=40).array
        upload(app, "several.npz", self.archive(left=GRAINS, right=GRAINS.T, spectra=cube))
        assert signal.layout.display is None
        assert "choose an array by its name" in app.open_bar.words.value
        assert [value for _, value in signal.options] == ["", "left", "right", "spectra"]
        for name, shown in (("right", GRAINS.T), ("left", GRAINS)):
            signal.value = name
            assert app.open_bar.words.value == "several.npz is shown."
            np.testing.assert_array_equal(app.panel.model.image.array, shown)
            assert app.panel.model.image.source.arguments == {"source": "several.npz", "signal": name}
        signal.value = "spectra"  # a stack of images, unless told otherwise
        assert app.tabs.value == "Trajectories"
        app.open_bar.kind.value = "cube"
        signal.value = ""
        signal.value = "spectra"
        assert (app.tabs.value, app.choice.value) == ("Unmixing", "several.npz")
        app.tabs.value = "Sliding FFT"  # the same name is another thing there
        np.testing.assert_array_equal(app.panel.model.image.array, GRAINS)

    def test_the_choice_goes_with_the_file(self):
        app = App()
        upload(app, "several.npz", self.archive(left=GRAINS, right=GRAINS.T))
        app.open_bar.signal.value = "right"
        upload(app, "mine.npy", GRAINS)
        assert app.open_bar.signal.layout.display == "none"
        assert app.open_bar.words.value == "mine.npy is shown."
        np.testing.assert_array_equal(app.panel.model.image.array, GRAINS)


class TestFolder:
    def test_its_files_are_offered(self, folder):
        app = App()
        app.open_bar.switch.value = True
        assert [value for _, value in app.open_bar.file.options] == ["", "a.npy", "b.npy", "film"]
        app.open_bar.file.value = "a.npy"
        np.testing.assert_array_equal(app.panel.model.image.array, GRAINS.T)

    def test_a_folder_without_images_is_said(self, folder):
        app = App()
        app.open_bar.switch.value = True
        app.open_bar.file.value = "film"
        assert "there are no images in" in app.open_bar.words.value

    def test_new_files_are_seen_when_it_is_opened_again(self, folder):
        app = App()
        app.open_bar.switch.value = True
        np.save(folder / "c.npy", GRAINS)
        app.open_bar.switch.value = False
        app.open_bar.switch.value = True
        assert "c.npy" in [value for _, value in app.open_bar.file.options]

    def test_links_and_hidden_files_are_not_listed(self, folder):
        assert files_of(folder) == ["a.npy", "b.npy", "film"]

    def test_without_one_there_is_no_list(self, monkeypatch):
        monkeypatch.delenv(FOLDER_VARIABLE, raising=False)
        app = App()
        app.open_bar.switch.value = True
        assert app.open_bar.file.layout.display == "none"


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("a b-c_(1).tif", "a b-c_(1).tif"), ("../../x.npy", "_.._x.npy"), ("/etc/x.npy", "_etc_x.npy"),
        ("C:\\x.npy", "C__x.npy"), ("é.npy", "é.npy"), (".npy", "file.npy"), ("x", "file x"), ("", "file "),
        ("a" * 300 + ".npy", "a" * 80 + ".npy"), ("a." + "b" * 300, "a." + "b" * 12), ("\0\n.npy", "__.npy"),
    ],
)  # fmt: skip
def test_plain_names(name, plain):
    assert plain_name(name) == plain
