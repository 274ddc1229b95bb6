"""The guide runs, and leads where it says."""

import re
import tomllib
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

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
