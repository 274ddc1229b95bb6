"""The guide runs, and leads where it says."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import nbformat
import pytest
import yaml
from nbclient import NotebookClient

from atomstat_widgets import stat
from atomstat_widgets.glossary import as_markdown
from atomstat_widgets.reactive.registry import analyses

ROOT = Path(__file__).parents[1]
GUIDE = ROOT / "apps/guide"
NOTEBOOKS = sorted(path.name for path in GUIDE.glob("*.ipynb"))
PAGES = sorted([ROOT / "README.md", *(ROOT / ".github").rglob("*.md"), *GUIDE.rglob("*.md")])


@pytest.mark.slow
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_notebook_runs(name: str) -> None:
    notebook = nbformat.read(GUIDE / name, as_version=4)
    nbformat.validate(notebook)
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()  # an error in a cell is raised
    printed = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert printed
    assert not [output.text for output in printed if output.get("name") == "stderr"]


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_notebook_is_committed_as_it_is_before_it_runs(name: str) -> None:
    for cell in nbformat.read(GUIDE / name, as_version=4).cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files(page: Path) -> None:
    for link in re.findall(r"\]\(([^)]+)\)", page.read_text()):
        if not link.startswith("https://"):
            assert (page.parent / link).is_file(), link


def test_index_leads_to_every_page() -> None:
    links = re.findall(r"\]\(([^)]+)\)", (GUIDE / "README.md").read_text())
    assert set(links) == {*NOTEBOOKS, *(path.name for path in GUIDE.glob("*.md"))} - {"README.md"}


def test_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 85


def test_changelog_knows_the_release() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert re.search(rf"^## {re.escape(version)}\b", (GUIDE / "CHANGELOG.md").read_text(), re.MULTILINE)


def test_glossary_is_that_of_the_page() -> None:
    assert (GUIDE / "glossary.md").read_text() == as_markdown(), "python -m atomstat_widgets.glossary > glossary.md"


def test_reference_has_every_room_and_analysis() -> None:
    pages = "".join(page.read_text() for page in (GUIDE / "reference").glob("*.rst"))
    documented = set(re.findall(r"automodule:: (\S+)", pages))
    rooms = {f"{stat.__name__}.{folder.parent.name}" for folder in Path(stat.__file__).parent.glob("*/__init__.py")}
    models = {one.model.partition(":")[0] for one in analyses().values() if one.model.startswith("atomstat_widgets.")}
    assert rooms | models <= documented


@pytest.mark.slow
def test_reference_builds_without_a_warning(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sphinx", "-q", "-n", "-W", "--keep-going", GUIDE / "reference", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "stat.matrices.factorize" in (tmp_path / "stat.html").read_text()


@pytest.mark.parametrize("path", sorted((ROOT / ".github").rglob("*.yml")), ids=lambda path: path.name)
def test_forms_and_workflows_are_yaml(path: Path) -> None:
    content = yaml.safe_load(path.read_text())
    if path.parent.name == "workflows":
        for job in content["jobs"].values():
            assert job["runs-on"]
            assert all("uses" in step or "run" in step for step in job["steps"])
    elif path.name != "config.yml":
        assert {"name", "description", "body"} <= content.keys()
        fields = [field for field in content["body"] if field["type"] != "markdown"]
        assert all(field["attributes"]["label"] for field in fields)
        assert len({field["id"] for field in fields}) == len(fields)
