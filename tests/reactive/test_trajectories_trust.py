"""What the trajectories model says of its states and transitions: how certain, how many, and whether to trust them."""

import numpy as np
import pytest

from atomstat_widgets.analyses.trajectories.model import TrajectoriesModel
from atomstat_widgets.analyses.trajectories.state_advice import advised_states, changes, next_count
from atomstat_widgets.data import Movie, movies

STILL = {"frames": 24, "shape": (112, 112)}


@pytest.fixture(scope="module")
def film():
    return movies.hopping_dopants(frames=40, shape=(112, 112), missing=1)


@pytest.fixture(scope="module")
def model(film):
    return TrajectoriesModel(film)


def test_posteriors_go_with_labels(model):
    states = model.result.states
    for labels, table in zip(states.labels, states.posteriors, strict=True):
        known = labels >= 0
        assert np.isnan(table[~known]).all()
        np.testing.assert_array_equal(table[known].argmax(axis=1), labels[known])
        np.testing.assert_allclose(table[known].sum(axis=1), 1, atol=1e-9)
    turned = states.arranged([2, 1])
    np.testing.assert_array_equal(turned.posteriors[3][:, ::-1], states.posteriors[3])


def test_numbers_of_states_do_not_hang_on_the_order_of_frames(film, model):
    order = np.random.default_rng(2).permutation(len(film))
    mixed = Movie(np.stack([film[int(place)] for place in order]), "mixed", film.pixel_size, film.unit)
    found = model.result
    other = TrajectoriesModel(mixed, spacing=found.found.spacing, window=found.window).result
    np.testing.assert_array_equal(found.states.counts, other.states.counts)
    for place, came_from in enumerate(order.tolist()):
        np.testing.assert_array_equal(other.states.labels[place], found.states.labels[came_from])


def test_uncertain_states_are_drawn_and_told():
    # Long enough that the draws of a third state, which is none, tell its row to some hundredths.
    film = movies.hopping_dopants(frames=120, shape=(112, 112), missing=1)
    found = TrajectoriesModel(film, n_states=3).result
    doubtful = np.count_nonzero(found.certainties < 0.9)
    assert doubtful > 0
    assert found.doubts[0].startswith(f"{doubtful:,} of {len(found.certainties):,} states, hatched in time, are less")
    assert len(found.draws.of_tracks) == len(found.tracks)
    assert found.transitions.drawn.shape == (100, 3, 3)
    hatched = found.doubtful(np.arange(len(found.tracks)))
    assert hatched.shape == found.timeline(np.arange(len(found.tracks))).shape
    assert 0 < hatched.sum() <= doubtful
    # other numbers for the states, and all that follows has them
    turned = found.arranged([3, 1, 2])
    np.testing.assert_allclose(
        turned.matrix.probabilities, found.matrix.probabilities[[2, 0, 1]][:, [2, 0, 1]], atol=0.03
    )


def test_two_states_are_advised_where_atoms_change_between_two(model):
    assert model.advised_states == 2
    assert model.checks.result is model.result
    assert model.checks.predictions.agrees.all()
    assert model.checks.doubts == ()


def test_one_state_is_advised_for_a_movie_in_which_nothing_changes():
    still = TrajectoriesModel(movies.hopping_dopants(**STILL, probabilities=(0.0, 0.0), missing=0))
    assert still.result.n_states == 2
    assert still.advised_states == 1


def test_advice_goes_with_crops_and_changes_with_tracks(film):
    own = TrajectoriesModel(film)
    seen = []
    own.observe(lambda change: seen.append((sorted(own.advice), own.checks)), "result")
    own.lag = 2
    own.rmax = 3.0
    own.window = own.result.window + 4
    assert seen == [(["changes", "stability"], None), (["stability"], None), ([], None)]
    assert own.advised_states is not None
    assert own.checks.predictions.lags[0] == 2


def test_changes_that_may_be_mistakes_do_not_count():
    steps = np.array([0, 1, 2]), np.array([1, 2, 3])
    table = np.array([[0.98, 0.02], [0.01, 0.99], [0.97, 0.03], [np.nan, np.nan]])
    assert changes(table, steps) == pytest.approx(2 - 4 * 0.06)
    table[1] = 0.3, 0.7  # not certain: what it leads to is no change
    assert changes(table, steps) == 0


def test_advice_by_hand():
    advice = {"stability": {1: 1.0, 2: 0.99, 3: 0.5, 4: 0.4}, "changes": {1: 0.0, 2: 7.0, 3: 9.0, 4: 9.0}}
    assert next_count({}, 8) == 1
    assert next_count(advice, 8) is None
    assert advised_states(advice, 8) == 2
    assert advised_states({**advice, "changes": dict.fromkeys(range(1, 5), 0.0)}, 8) == 1
    assert next_count({name: {k: values[k] for k in (1, 2, 3)} for name, values in advice.items()}, 8) == 4
    assert advised_states({"stability": {1: 1.0}, "changes": {1: 0.0}}, 8) is None
    assert advised_states({"stability": {1: 1.0}, "changes": {1: 0.0}}, 1) == 1
