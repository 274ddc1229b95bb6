"""An analysis of another package is everywhere that those of this one are, and one that is broken nowhere."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from atomstat_widgets.data import samples
from atomstat_widgets.reactive.registry import GROUP, Analysis, analyses, analysis_of, find_analysis

SOURCE = Path(__file__).parent / "another_package" / "atomstat_radial.py"
BROKEN = "raise RuntimeError('this package needs what is not here')\n"


def install(folder: Path, name: str, source: str, point: str) -> None:
    """Put a package of one module, with an entry point, where Python looks for them, as pip does."""
    (folder / f"{name}.py").write_text(source)
    about = folder / f"{name}-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[{GROUP}]\n{point} = {name}:ANALYSIS\n")


def python(*arguments: str, packages: Path) -> subprocess.CompletedProcess[str]:
    root = str(Path(__file__).parents[1])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(packages), root])}
    return subprocess.run(
        [sys.executable, *arguments], env=environment, cwd=packages, capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def packages(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("packages")
    install(folder, "atomstat_radial", SOURCE.read_text(), "radial-profile")
    np.save(folder / "image.npy", samples.grains(shape=(96, 128)).array)
    return folder


EVERYWHERE = """
import json, warnings
import atomstat_widgets
from atomstat_widgets import App, RadialPanel, analyse, samples, save
from atomstat_widgets.panels.exports import FORMATS, export_files
from atomstat_widgets.reactive.session import as_address, from_address

image = samples.grains(shape=(96, 128))
result = analyse("radial-profile", image, bins=32)
panel = RadialPanel(image, bins=32)

app = App()
app.tabs.value = "Radial profile"
app.panel.model.bins = 17
link = as_address(app.state())
other = App()
other.restore(from_address(link))
written = {form: sorted(export_files(result, form)) for form in FORMATS}
exec(export_files(result, "py")["Three_grains_radial_profile.py"])
print(json.dumps({
    "buttons": list(app.tabs.options), "tooltip": app.tabs.tooltips[-1],
    "name": "RadialPanel" in dir(atomstat_widgets), "status": app.panel.model.status,
    "rings": len(result.power), "same": bool((panel.model.result.power == result.power).all()),
    "restored": [other.tabs.value, type(other.panel).__name__, other.panel.model.bins, other.notice.value],
    "written": written,
}))
"""


def test_an_analysis_of_another_package_is_everywhere(packages, tmp_path):
    done = python("-W", "error::UserWarning", "-c", EVERYWHERE, packages=packages)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    assert said["buttons"] == [*(one.title for one in analyses().values()), "Radial profile"]
    assert said["tooltip"] == "Which distances the lattice planes have"
    assert said["name"]
    assert said["status"].startswith("17 rings in ")
    assert said["rings"] == 32
    assert said["same"]
    assert said["restored"] == ["Radial profile", "RadialPanel", 17, ""]
    stem = "Three_grains_radial_profile"
    assert said["written"] == {
        **{form: [f"{stem}.{form}"] for form in ("png", "svg", "pdf", "npz", "h5", "py", "ipynb", "json")},
        "csv": [f"{stem}_profile.csv"],
        "hspy": [],
    }
    with np.load(packages / f"{stem}.npz") as stored:  # the script wrote it
        assert stored["profile: power"].shape == (32,)


def test_it_runs_on_the_command_line(packages, tmp_path):
    arguments = ["run", "radial-profile", str(packages / "image.npy"), "--bins", "16", "--out", str(tmp_path)]
    done = python("-W", "error::UserWarning", "-m", "atomstat_widgets", *arguments, packages=packages)
    assert done.returncode == 0, done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {
        "image_radial_profile.npz", "image_radial_profile_profile.csv", "image_radial_profile.png",
        "image_radial_profile.py",
    }  # fmt: skip
    with np.load(tmp_path / "image_radial_profile.npz") as stored:
        assert stored["profile: power"].shape == (16,)
        assert json.loads(str(stored["provenance"]))["analysis"] == "Radial profile"
    assert "radial-profile" in python("-m", "atomstat_widgets", "run", "--help", packages=packages).stdout


@pytest.mark.parametrize(
    ("source", "why"),
    [
        (BROKEN, "this package needs what is not here"),
        ("ANALYSIS = 'strain'\n", "broken:ANALYSIS is no Analysis"),
        ("", "has no attribute 'ANALYSIS'"),
        ("import there_is_no_such_module\n", "No module named 'there_is_no_such_module'"),
    ],
)
def test_a_broken_package_costs_a_warning_and_not_the_app(tmp_path, source, why):
    install(tmp_path, "broken", source, "broken-one")
    code = "from atomstat_widgets.app import App; print(*App().tabs.options, sep=';')"
    done = python("-c", code, packages=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == ";".join(one.title for one in analyses().values())
    assert "UserWarning: the analysis broken-one cannot be used: " in done.stderr
    assert why in done.stderr


def test_a_second_analysis_of_one_name_is_refused(tmp_path):
    for name in ("atomstat_radial", "again"):
        install(tmp_path, name, SOURCE.read_text(), "radial-profile")
    done = python("-c", "from atomstat_widgets import App; print(App())", packages=tmp_path)
    assert done.returncode == 0
    assert done.stderr.count("there is another one called radial-profile") == 1


def test_what_is_no_analysis_is_said():
    with pytest.raises(ValueError, match="there is no analysis 'everything'; there are sliding-fft, domains"):
        find_analysis("everything")
    with pytest.raises(TypeError, match="no result of an analysis, but dict"):
        analysis_of({})


@pytest.mark.parametrize("name", analyses())
def test_every_record_is_whole(name):
    one = analyses()[name]
    assert isinstance(one, Analysis)
    assert one.name == name
    for part in ("model", "panel", "figure", "numbers"):
        assert callable(one.load(part))
    assert one.load("model").kind == one.kind
    assert one.kind not in one.parameters
    assert all(trait.metadata["parameter"] for trait in one.parameters.values())
