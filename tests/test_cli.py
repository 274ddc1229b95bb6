import numpy as np
import pytest

import atomstat_widgets
from atomstat_widgets.__main__ import main
from atomstat_widgets.data import samples
from atomstat_widgets.serving import start as serve_module


@pytest.fixture
def file(tmp_path):
    np.save(tmp_path / "image.npy", samples.grains(shape=(128, 160)).array)
    return tmp_path / "image.npy"


def test_a_file_that_cannot_be_read(tmp_path, capsys):
    (tmp_path / "broken.tif").write_text("no picture")
    assert main([str(tmp_path / "broken.tif"), "--no-browser"]) == 2
    assert "broken.tif" in capsys.readouterr().err
    assert main(["missing.dm3"]) == 2
    assert capsys.readouterr().err == "atomstat: missing.dm3 does not exist\n"


def test_serves_with_what_was_asked_for(file, monkeypatch):
    calls = []
    monkeypatch.setattr(serve_module, "serve", lambda path, **options: calls.append((path, *options.values())))
    assert main([]) == main(["serve"]) == 0
    assert main([str(file), "--kind", "image", "--port", "9000", "--no-browser"]) == 0
    assert main(["serve", str(file), "--public", "--ip", "10.0.0.1", "--data", "here"]) == 0
    assert main(["serve", "lesson.ipynb"]) == 0
    assert calls == [
        *[(None, None, None, None, None, False, None, 8866, True)] * 2,
        (str(file), None, "image", None, None, False, None, 9000, False),
        (str(file), None, None, None, "here", True, "10.0.0.1", 8866, True),
        (None, "lesson.ipynb", None, None, None, False, None, 8866, True),
    ]


def test_how_to_take_no_file_is_refused(capsys):
    assert main(["--kind", "cube", "--no-browser"]) == 2
    assert capsys.readouterr().err == "atomstat: --kind and --signal say how to take a FILE, and there is none\n"


@pytest.mark.parametrize(
    "arguments", [["--help"], ["serve", "--help"], ["run", "--help"], ["run", "sliding-fft", "--help"]]
)
def test_help(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 0
    assert "usage: atomstat" in capsys.readouterr().out


def test_unknown_analysis_is_refused(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["run", "everything", "file.npy"])
    assert ended.value.code == 2
    assert "invalid choice: 'everything'" in capsys.readouterr().err


def test_version(capsys):
    with pytest.raises(SystemExit) as end:
        main(["--version"])
    assert (end.value.code, capsys.readouterr().out) == (0, f"atomstat_widgets {atomstat_widgets.__version__}\n")
