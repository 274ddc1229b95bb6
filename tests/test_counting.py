"""Numbers of things in words."""

import pytest

from atomstat_widgets.counting import count_of


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ((0, "atom"), "0 atoms"),
        ((1, "atom"), "1 atom"),
        ((2431, "atom"), "2,431 atoms"),
        ((1, "class", "classes"), "1 class"),
        ((4, "class", "classes"), "4 classes"),
    ],
)
def test_words(given, words):
    assert count_of(*given) == words
