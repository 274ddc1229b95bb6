import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from atomstat_widgets.stat import match_components


@given(st.integers(1, 6).flatmap(lambda k: st.tuples(st.permutations(range(k)), st.integers(0, k))), st.integers(0, 99))
def test_finds_its_own_again(order_and_first, seed):
    order, kept = order_and_first
    components = np.random.default_rng(seed).random((len(order), 40))
    shuffled = 3 * components[order] + 1
    matched = match_components(components[:kept], shuffled)
    assert sorted(matched) == list(range(len(order)))
    np.testing.assert_allclose(shuffled[matched][:kept], 3 * components[:kept] + 1)


def test_new_components_follow_in_their_own_order():
    a, b, c, d = np.eye(4)
    np.testing.assert_array_equal(match_components(np.stack([b, d]), np.stack([a, d, c, b])), [3, 1, 0, 2])


def test_of_fewer_candidates_those_whose_number_is_left_keep_it():
    a, b, c = np.eye(3)
    np.testing.assert_array_equal(match_components(np.stack([a, b, c]), np.stack([c, a])), [1, 0])
    np.testing.assert_array_equal(match_components(np.stack([a, b, c]), np.stack([b, c])), [1, 0])


def test_a_constant_map_matches_what_is_left():
    a, _ = np.eye(2)
    np.testing.assert_array_equal(match_components(np.stack([a, np.ones(2)]), np.stack([np.ones(2), a])), [1, 0])


def test_refuses_other_lengths():
    with pytest.raises(ValueError, match="different lengths cannot be matched: 3 and 4"):
        match_components(np.ones((2, 3)), np.ones((2, 4)))
