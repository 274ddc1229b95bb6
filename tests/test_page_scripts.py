"""The scripts of a page in one file."""

import gzip
from pathlib import Path

import pytest

from atomstat_widgets.serving.page_scripts import PageScripts

STRICT = '"use strict";(self.webpackChunkone=self.webpackChunkone||[]).push([[1],{}]);'
SLOPPY = "/* licence */\n(self.rspackChunk_two=self.rspackChunk_two||[]).push([[2],{}]) // the end"


@pytest.fixture
def chunks(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / "1.js", tmp_path / "2.js"]
    for path, text in zip(paths, (STRICT, SLOPPY), strict=True):
        path.write_text(text)
    return paths


def text(scripts: PageScripts) -> str:
    return gzip.decompress(scripts.join()).decode()


def test_none_at_first() -> None:
    assert text(PageScripts()) == ""


def test_each_in_a_function_of_its_own_and_once(chunks: list[Path]) -> None:
    """Else the first would make all of them strict, and a comment at the end swallow what follows."""
    scripts = PageScripts()
    for path in [*chunks, *chunks]:
        scripts.add(path)
    assert text(scripts) == f"(()=>{{{STRICT}\n}})();\n(()=>{{{SLOPPY}\n}})();\n"


def test_those_asked_for_later_are_added(chunks: list[Path]) -> None:
    scripts = PageScripts()
    scripts.add(chunks[0])
    before = scripts.join()
    assert scripts.join() is before
    scripts.add(chunks[1])
    assert "rspackChunk_two" in text(scripts)


@pytest.mark.parametrize(
    ("name", "content"),
    [("main.js", "self.webpackChunkone.push([[1],{}])"), ("1.css", STRICT), ("long.js", " " * 1000 + STRICT)],
)
def test_what_is_no_chunk_is_left_alone(tmp_path: Path, name: str, content: str) -> None:
    path = tmp_path / name
    path.write_text(content)
    scripts = PageScripts()
    scripts.add(path)
    assert text(scripts) == ""
