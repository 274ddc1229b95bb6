"""Keys of frames are read in one place: all that take positions by frame refuse the same."""

import numpy as np
import pytest

from atomstat_widgets.data import Movie
from atomstat_widgets.data.readers.findings import with_findings
from atomstat_widgets.stat import (
    extract_crops,
    imlocal,
    link,
    nearest_steps,
    recentre_positions,
    remove_drift,
    update_classes,
)
from atomstat_widgets.stat.frame_numbers import by_frame_number

STACK = np.random.default_rng(0).random((2, 32, 32, 1))
POINTS = np.array([[8.0, 8.0, 0.0], [20.0, 21.0, 0.0]])
LATER = np.array([[8.5, 8.25, 0.0], [20.5, 21.25, 0.0]])
KMEANS = {"method": "kmeans", "n_components": 2}
TAKERS = {
    "link": lambda positions: link(positions, 3).positions,
    "nearest_steps": nearest_steps,
    "remove_drift": lambda positions: list(remove_drift(positions, np.ones((len(positions), 2))).values()),
    "extract_crops": lambda positions: extract_crops(STACK, positions, 4).positions,
    "recentre_positions": lambda positions: list(recentre_positions(STACK, positions).values()),
    "imlocal": lambda positions: imlocal(STACK, positions, 4).imgstack_com,
    "get_trajectory": lambda positions: imlocal.get_trajectory(positions, [8, 8], 3)[0],
    "update_classes": lambda positions: list(update_classes(positions, STACK, **KMEANS).values()),
    "with_findings": lambda positions: list(with_findings(Movie(STACK[..., 0]), positions).atoms.values()),
}


@pytest.mark.parametrize("take", TAKERS.values(), ids=TAKERS)
@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (("0", 0), "frame 0 is there twice"),
        (("1", np.int64(1)), "frame 1 is there twice"),
        (("01", "1"), "frame 1 is there twice"),
        ((0, 0.5), "the key 0.5 of the positions is no frame number"),
        ((0, "0.0"), "the key '0.0' of the positions is no frame number"),
        ((0, None), "the key None of the positions is no frame number"),
        ((0, np.nan), "the key nan of the positions is no frame number"),
        ((0, -1), "frame -1 is negative"),
    ],
)
def test_keys_that_are_refused(take, keys, message):
    with pytest.raises(ValueError, match=message):
        take(dict.fromkeys(keys, POINTS))


@pytest.mark.parametrize("take", TAKERS.values(), ids=TAKERS)
def test_keys_that_mean_the_same(take):
    expected = take({0: POINTS, 1: LATER})
    for keys in (("0", "1"), (np.int8(0), 1.0)):
        found = take({keys[1]: LATER, keys[0]: POINTS})
        np.testing.assert_array_equal(np.concatenate(found, axis=None), np.concatenate(expected, axis=None))


def test_in_the_order_of_the_frames():
    assert list(by_frame_number({"10": "b", 9: "a"}.items()).items()) == [(9, "a"), (10, "b")]
