"""Where it is served: homes that cannot be written, variables of the user, ports, and several servers at once."""

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from serving import kernel_of, serving
from test_sessions import get, talk


def test_it_simply_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/dev/null/home")  # can neither be made nor written, by root either
    monkeypatch.setenv("PYTHONWARNINGS", "error")
    for name, value in {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}.items():
        monkeypatch.setenv(name, value)
    with serving("--port", "0") as served:
        status, html = get(served.address)
        assert (status, "atomstat" in html) == (200, True)
        talk(served.address, kernel_of(html))
        assert served.said() == ""


def test_nothing_of_the_user_is_touched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Path(tempfile.mkdtemp(dir=tmp_path))
    startup = home / ".ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "mine.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    before = sorted(home.rglob("*"))
    monkeypatch.setenv("HOME", str(home))
    for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "IPYTHONDIR", "MPLCONFIGDIR"):
        monkeypatch.delenv(name, raising=False)
    with serving("--port", "0") as served:
        talk(served.address, kernel_of(get(served.address)[1]))
        opened = [file.path for kernel in served.kernels() for file in kernel.open_files()]
    assert not [path for path in opened if "history" in path or path.startswith(str(home))]
    assert sorted(home.rglob("*")) == before
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--port", "80000"], "ports are from 0 to 65535, not 80000"),
        (["--port", "-1"], "ports are from 0 to 65535, not -1"),
        (["--ip", "127.0.0.300"], "cannot listen at 127.0.0.300, port 8866: "),
        (["--public", "--ip", "203.0.113.1"], "cannot listen at 203.0.113.1, port 8866: "),
    ],
)
def test_where_it_cannot_be_served_is_one_sentence(arguments: list[str], said: str) -> None:
    command = [sys.executable, "-m", "atomstat_widgets", "serve", *arguments, "--no-browser"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith(f"atomstat: {said}")
    assert ended.stderr.count("\n") == 1
