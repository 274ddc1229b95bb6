import base64
import io
import re
import resource
import tempfile
import zipfile

import numpy as np
import pytest

from atomstat_widgets import SlidingFFTPanel, UnmixingPanel, cubes, samples
from atomstat_widgets.panels.export_bar import ExportBar, download_link, readable_size
from atomstat_widgets.panels.exports import FORMATS, export_files
from atomstat_widgets.reactive.results import numbers_of


@pytest.fixture(scope="module")
def panel():
    return SlidingFFTPanel(samples.grains(shape=(96, 96)))


@pytest.fixture
def bar(panel):
    (bar,) = (child for child in panel.children if isinstance(child, ExportBar))
    bar.switch.value = True
    return bar


def prepare(bar, form):
    bar.form.value = form
    bar.prepare.click()
    found = re.search(r'download="([^"]*)" href="data:application/octet-stream;base64,([^"]*)"', bar.link.value)
    return (found[1], base64.b64decode(found[2])) if found else bar.link.value


def test_it_is_opened_and_closed(bar):
    assert bar.layout.display is None
    bar.switch.value = False
    assert bar.layout.display == "none"


@pytest.mark.parametrize("form", [form for form in FORMATS if form != "hspy"])
def test_a_file_of_every_format(panel, bar, form):
    name, content = prepare(bar, form)
    assert name == f"Three_grains_sliding_fft{'_windows' if form == 'csv' else ''}.{form}"
    starts = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF", "npz": b"PK", "h5": b"\x89HDF", "py": b"# Sliding",
              "csv": b"y (px),x (px),y (nm),x (nm),loading 1,"}  # fmt: skip
    assert content.startswith(starts.get(form, b"{"))


def test_the_numbers_are_those_shown(panel, bar):
    _, content = prepare(bar, "npz")
    with np.load(io.BytesIO(content)) as stored:
        np.testing.assert_array_equal(stored["components"], numbers_of(panel.model.result).arrays["components"])


def test_several_files_are_one_archive(bar):
    name, content = prepare(bar, "hspy")
    assert name == "Three_grains_sliding_fft.zip"
    assert zipfile.ZipFile(io.BytesIO(content)).namelist() == [
        "Three_grains_sliding_fft_components.hspy", "Three_grains_sliding_fft_loadings.hspy",
    ]  # fmt: skip


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # HDF5's, of what it could not write
def test_a_full_disk_is_said_in_one_sentence(panel, bar):
    """HyperSpy's format is the one that is made on the disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        said = prepare(bar, "hspy")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert re.sub("<[^>]*>", "", said) == "A file cannot be written or read: file too large."
    assert prepare(bar, "hspy")[0] == "Three_grains_sliding_fft.zip"


def test_a_folder_that_cannot_be_written_is_said_in_one_sentence(panel, bar, monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "file"))
    said = prepare(bar, "hspy")
    assert re.sub("<[^>]*>", "", said) == "A file cannot be written or read: not a directory."


def test_of_data_in_memory_there_is_no_script():
    own = SlidingFFTPanel(np.random.default_rng(0).random((64, 64)))
    (bar,) = (child for child in own.children if isinstance(child, ExportBar))
    assert "array is in memory only: save it to a file" in prepare(bar, "py")


def test_a_file_goes_with_the_result_that_it_is_of(panel, bar):
    prepare(bar, "npz")
    panel.model.n_components = 3
    assert bar.link.value == ""
    prepare(bar, "npz")
    bar.form.value = "h5"
    assert bar.link.value == ""
    panel.model.n_components = 4


def test_resolution_is_for_pictures_of_pixels(bar):
    bar.form.value = "svg"
    assert bar.dpi.disabled
    bar.form.value = "png"
    assert not bar.dpi.disabled
    sizes = []
    for bar.dpi.value in (150, 300):
        _, content = prepare(bar, "png")
        sizes.append(int.from_bytes(content[16:20], "big"))
    assert sizes[1] == pytest.approx(2 * sizes[0], abs=2)


def test_names_are_no_markup():
    assert download_link({'<b>&".npz': b""}, "stem").startswith('<a download="&lt;b&gt;&amp;&quot;.npz"')


def test_another_format_is_refused(panel):
    with pytest.raises(ValueError, match=r"the format is one of png, svg, .*, got 'docx'"):
        export_files(panel.model.result, "docx")


def test_spectra_are_a_table():
    result = UnmixingPanel(cubes.oxides(shape=(8, 8), channels=40)).model.result
    ((name, content),) = export_files(result, "csv").items()
    assert name == "Oxide_layers_unmix_spectra.csv"
    assert content.decode().splitlines()[0] == "energy (eV),component 1,component 2,component 3,residual"
    assert len(content.decode().splitlines()) == 41


@pytest.mark.parametrize(("n", "text"), [(0, "0 bytes"), (999, "999 bytes"), (20_400, "20 kB"), (1_440_000, "1.4 MB")])
def test_readable_size(n, text):
    assert readable_size(n) == text
