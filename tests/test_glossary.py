"""The glossary is whole, and written once."""

import subprocess
import sys

import pytest

from atomstat_widgets.glossary import GLOSSARY, as_markdown, in_brief
from atomstat_widgets.reactive.registry import analyses


@pytest.mark.parametrize("term", GLOSSARY)
def test_each_term_has_one_or_two_sentences(term):
    words = GLOSSARY[term]
    assert words[0].isupper()
    assert words.endswith(".")
    assert len(words) <= 240
    assert words.startswith(in_brief(term))


def test_in_brief_is_the_first_sentence():
    assert in_brief("search range") == "The farthest that an atom goes between two of its points, rmax"
    assert in_brief("mask") == "The pixels that are used"


def test_parameters_are_explained_by_it():
    brief = {in_brief(term) for term in GLOSSARY}
    helps = {trait.help for analysis in analyses().values() for trait in analysis.parameters.values()}
    assert len(helps & brief) >= 20


def test_it_is_written_as_markdown():
    command = [sys.executable, "-m", "atomstat_widgets.glossary"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == as_markdown()
    lines = done.stdout.splitlines()
    assert lines[:2] == ["# Glossary", ""]
    assert len(lines) == 2 + len(GLOSSARY)
    assert f"- **lag**: {GLOSSARY['lag']}" in lines
