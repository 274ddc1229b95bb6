"""The project holds to its own rules."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from jupyter_core.paths import jupyter_path
from traitlets.config.loader import PyFileConfigLoader

import atomstat_widgets

ROOT = Path(__file__).parents[1]

START = "python3 -m venv .venv && .venv/bin/pip install . && .venv/bin/atomstat"
TEST = (
    "python3 -m venv .venv-test && .venv-test/bin/pip install -e '.[test]' && "
    ".venv-test/bin/python tests/browser/chromium.py && .venv-test/bin/pytest"
)


@pytest.mark.parametrize("command", ["ruff check", "ruff format --check", "mypy", "lint-imports"])
def test_code_is_clean(command: str) -> None:
    tool, *arguments = command.split()
    # The tools of this environment, activated or not.
    done = subprocess.run([Path(sys.executable).with_name(tool), *arguments], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_analysis_loads_no_widget_and_no_plot() -> None:
    script = "import sys, atomstat_widgets.stat; print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert not {"ipywidgets", "bqplot", "matplotlib", "traitlets"} & set(done.stdout.split())


def test_a_session_loads_no_library_before_it_needs_it() -> None:
    """Each of them takes 10 to 60 MB of every session, and time to import."""
    script = "import sys; from atomstat_widgets import App; App(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    heavy = {"scipy.stats", "sklearn", "matplotlib.pyplot", "rsciio", "tifffile", "h5py", "ipympl", "dask", "numba"}
    assert not heavy & set(done.stdout.split())


def test_no_module_is_long() -> None:
    lengths = {path: len(path.read_text().splitlines()) for path in (ROOT / "atomstat_widgets").rglob("*.py")}
    assert {str(path): length for path, length in lengths.items() if length > 400} == {}


def test_type_checkers_see_the_names_of_the_front_door(tmp_path: Path) -> None:
    names = sorted({*atomstat_widgets.__all__, *dir(atomstat_widgets)})
    wrong = ["from atomstat_widgets import no_such_name", "atomstat_widgets.load()", "atomstat_widgets.stat.nonsense"]
    program = tmp_path / "program.py"
    program.write_text("\n".join(["import atomstat_widgets", *(f"atomstat_widgets.{name}" for name in names), *wrong]))
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--no-error-summary", "--hide-error-context", program.name],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    found = [int(line.split(":")[1]) for line in done.stdout.splitlines() if ": error:" in line]
    assert found == [len(names) + 2, len(names) + 3, len(names) + 4], done.stdout + done.stderr


def test_readme_has_the_two_commands() -> None:
    blocks = re.findall(r"^```bash\n(.*?)^```$", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    assert [block.strip() for block in blocks] == [START, TEST]


def test_top_level_is_small() -> None:
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    names = {name.partition("/")[0] for name in files if name and not name.startswith(".")}
    assert names <= {"pyproject.toml", "README.md", "LICENSE", "atomstat_widgets", "apps", "tests", "binder"}


@pytest.mark.parametrize(
    ("source", "installed"),
    [
        ("apps/atomstat.ipynb", "atomstat_widgets/atomstat.ipynb"),
        ("apps/voila.json", "atomstat_widgets/voila.json"),
        ("apps/public/voila.json", "atomstat_widgets/public/voila.json"),
        ("apps/voila/templates/atomstat/index.html.j2", "voila/templates/atomstat/index.html.j2"),
    ],
)
def test_installed_app_is_the_one_in_apps(source: str, installed: str) -> None:
    copy = next(path for folder in jupyter_path() if (path := Path(folder, installed)).is_file())
    assert copy.read_text() == (ROOT / source).read_text(), "apps/ has changed: pip install -e . again"


def test_settings_for_a_jupyter_server_are_those_of_the_app(monkeypatch: pytest.MonkeyPatch) -> None:
    app = json.loads((ROOT / "apps/voila.json").read_text())
    monkeypatch.setattr("os.environ", environment := {})
    config = PyFileConfigLoader("jupyter_server_config.py", path=str(ROOT / "apps")).load_config()
    for section in ("VoilaExecutor", "MappingKernelManager", "KernelManager", "KernelRestarter"):
        assert config[section] == app[section]
    assert environment["OPENBLAS_NUM_THREADS"] == "1"


def test_binder_has_a_version_of_everything() -> None:
    lines = (ROOT / "binder/requirements.txt").read_text().splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", pin) for pin in pins)
    names = {pin.partition("==")[0].lower().replace("_", "-") for pin in pins}
    required = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    assert {re.match(r"[\w-]+", one)[0] for one in required} | {"jupyterlab"} <= names
