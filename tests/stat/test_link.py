"""Links against an exhaustive assignment, by hand, and against the stored results of others."""

import csv
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from atomstat_widgets.stat import link, nearest_steps


def ids(tracks):
    return [numbers.tolist() for numbers in tracks.ids]


def test_by_hand():
    tracks = link([[[0, 0], [10, 10]], [[10, 11], [1, 0]], [[2, 0]], [[3, 0], [50, 50]]], 3)
    assert ids(tracks) == [[0, 1], [1, 0], [0], [0, 2]]
    assert tracks.lengths.tolist() == [4, 2, 1]
    frames, positions = tracks.track(0)
    assert frames.tolist() == [0, 1, 2, 3]
    assert positions.tolist() == [[0, 0], [1, 0], [2, 0], [3, 0]]
    assert len(tracks) == 3
    assert tracks.ambiguous == 0


def test_the_sum_of_squares_counts_not_the_nearest():
    # The second point is nearest to the first one's new place, but then the first would have to stay alone.
    tracks = link([[[0, 0], [0, 3]], [[0, 2], [0, 5]]], 4)
    assert ids(tracks) == [[0, 1], [0, 1]]
    assert tracks.ambiguous == 2


def test_a_missing_atom_is_remembered_for_so_many_frames():
    movie = [[[5, 5]], [], [], [[6, 5]]]
    assert ids(link(movie, 2)) == [[0], [], [], [1]]
    assert ids(link(movie, 2, memory=1)) == [[0], [], [], [1]]
    assert ids(link(movie, 2, memory=2)) == [[0], [], [], [0]]


def test_missing_frame_numbers_are_frames_without_points():
    given = {"0": [[5, 5, 1]], 3: [[6, 5, 1]]}
    tracks = link(given, 2)
    assert tracks.frames.tolist() == [0, 3]
    assert ids(tracks) == [[0], [1]]
    assert ids(link(given, 2, memory=2)) == [[0], [0]]


def test_frames_come_in_the_order_of_their_numbers():
    tracks = link({2: [[3, 0]], 0: [[1, 0]], 1: [[2, 0]]}, 2)
    assert tracks.track(0)[1].tolist() == [[1, 0], [2, 0], [3, 0]]


def test_identical_points_are_linked_one_to_one():
    tracks = link([[[1, 1], [1, 1]], [[1, 1], [1, 1], [1, 1]]], 5)
    assert sorted(ids(tracks)[1]) == [0, 1, 2]


@pytest.mark.parametrize("movie", [[], {}, [[], []], [[[1, 2]]], {7: []}])
def test_next_to_nothing(movie):
    tracks = link(movie, 3)
    assert len(tracks) == sum(map(len, movie.values() if isinstance(movie, dict) else movie))
    assert len(nearest_steps(movie)) == 0


def test_short_tracks_can_be_left_out():
    tracks = link([[[0, 0], [9, 9]], [[0, 1], [50, 50]], [[0, 2], [50, 51]]], 2).at_least(2)
    assert ids(tracks) == [[0, -1], [0, 1], [0, 1]]
    assert tracks.lengths.tolist() == [3, 2]
    assert tracks.track(1)[0].tolist() == [1, 2]
    assert len(tracks.at_least(4)) == 0


clouds = hnp.arrays(np.float64, st.tuples(st.integers(0, 7), st.just(2)), elements=st.integers(0, 12).map(float))


def cost(before, after, pairs, rmax):
    linked = sum(np.sum((before[i] - after[j]) ** 2) for i, j in pairs)
    return linked + rmax**2 * (len(before) + len(after) - 2 * len(pairs))


@settings(deadline=None, max_examples=200)
@given(clouds, clouds, st.sampled_from([1.5, 3.0, 6.5, 100.0]))
def test_no_other_links_are_cheaper(before, after, rmax):
    first, second = link([before, after], rmax).ids
    pairs = [(i, j) for i, track in enumerate(first) for j, other in enumerate(second) if track == other]
    assert len({i for i, _ in pairs}) == len({j for _, j in pairs}) == len(pairs)
    distances = cdist(before, after)
    assert all(distances[i, j] <= rmax for i, j in pairs)

    m, n = distances.shape
    table = np.full((m + n, m + n), rmax**2)
    table[:m, :n] = np.where(distances <= rmax, distances**2, 1e9)
    table[m:, n:] = 0
    best = table[linear_sum_assignment(table)].sum()
    assert cost(before, after, pairs, rmax) == pytest.approx(best, abs=1e-6)


@settings(deadline=None, max_examples=50)
@given(st.lists(clouds, min_size=1, max_size=5), st.integers(0, 2), st.floats(0.5, 50))
def test_every_point_has_one_track_and_no_track_two_points_a_frame(movie, memory, rmax):
    tracks = link(movie, rmax, memory=memory)
    assert [len(numbers) for numbers in tracks.ids] == [len(points) for points in movie]
    for numbers in tracks.ids:
        assert len(set(numbers.tolist())) == len(numbers)
    seen = np.concatenate([np.empty(0, int), *tracks.ids])
    # numbered in the order in which they begin
    assert sorted(set(seen.tolist())) == list(range(len(tracks)))
    assert np.unique(seen, return_index=True)[1].tolist() == sorted(np.unique(seen, return_index=True)[1].tolist())
    for number in range(len(tracks)):
        frames, positions = tracks.track(number)
        assert (np.diff(frames) >= 1).all()
        assert (np.diff(frames) <= memory + 1).all()
        assert (np.hypot(*np.diff(positions, axis=0).T) <= rmax + 1e-9).all()


def test_a_range_that_is_a_distance_but_for_rounding_ends():
    before = np.array([[3.0, 3], [3, 1], [3, 2], [0, 2], [0, 3], [2, 2], [2, 1]])
    after = np.array([[3.0, 1], [2, 1], [3, 0], [1, 1], [0, 1]])
    first, second = link([before, after], 6.000000000000001).ids
    assert np.isin(second, first).all()


def test_links_of_brownian_atoms():
    rng = np.random.default_rng(0)
    movie = np.cumsum(np.concatenate([rng.random((1, 100, 2)) * 1024, rng.normal(0, 2, (299, 100, 2))]), axis=0)
    tracks = link(list(movie), 10)
    assert np.mean([a == b for a, b in zip(tracks.ids, tracks.ids[1:], strict=False)]) >= 0.998


def test_a_range_of_many_spacings_ends():
    rng = np.random.default_rng(1)
    before = rng.random((400, 2)) * 100
    order = rng.permutation(400)
    tracks = link([before, before[order] + rng.normal(0, 0.2, (400, 2))], 50)
    assert np.mean(tracks.ids[1] == order) > 0.98
    assert tracks.ambiguous == 400


@pytest.mark.parametrize("rmax", [1e3, 1e9, 1e12, 1e200, 1e308])
def test_any_range_links_the_same_where_all_are_in_it(rmax):
    rng = np.random.default_rng(0)
    before = rng.random((60, 2)) * 100
    after = before[rng.permutation(60)] + rng.normal(0, 3, (60, 2))
    squares = cdist(before, after) ** 2
    first, second = link([before, after], rmax).ids
    assert squares[first, np.argsort(second)].sum() == pytest.approx(squares[linear_sum_assignment(squares)].sum())


def test_a_range_next_to_nothing_links_identical_points():
    assert sorted(ids(link([[[1, 1], [1, 1]]] * 2, 1e-200))[1]) == [0, 1]


@pytest.mark.parametrize("seed", range(20))
def test_links_do_not_depend_on_the_order_of_points_nor_on_the_axes(seed):
    rng = np.random.default_rng(seed)
    movie = [rng.random((rng.integers(0, 30), 2)) * 30 for _ in range(4)]
    rmax, memory, angle = rng.uniform(1, 12), int(rng.integers(0, 3)), rng.uniform(0, 6)
    orders = [rng.permutation(len(points)) for points in movie]
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])

    def groups(numbers):
        tracks: dict[int, list[tuple[int, int]]] = {}
        for frame, own in enumerate(numbers):
            for point, number in enumerate(own.tolist()):
                tracks.setdefault(number, []).append((frame, point))
        return sorted(tracks.values())

    links = groups(link(movie, rmax, memory=memory).ids)
    shuffled = link([points[order] for points, order in zip(movie, orders, strict=True)], rmax, memory=memory).ids
    assert groups([own[np.argsort(order)] for own, order in zip(shuffled, orders, strict=True)]) == links
    assert groups(link([points @ turn + [50, -20] for points in movie], rmax, memory=memory).ids) == links


def test_nearest_steps():
    steps = nearest_steps({0: [[0, 0], [9, 0]], 1: [[0, 3]], 3: [[0, 4]]})
    np.testing.assert_allclose(steps, [3, np.hypot(9, 3)])


def test_progress_and_cancel():
    told = []
    link([[[1, 1]]] * 4, 2, progress=told.append)
    assert told == [0.25, 0.5, 0.75, 1]

    def stop(fraction):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        link([[[1, 1]]], 2, progress=stop)


@pytest.mark.parametrize(
    ("movie", "options", "message"),
    [
        ([[[1, 1]]], {"rmax": 0}, "rmax is a positive, finite number of pixels, got 0"),
        ([[[1, 1]]], {"rmax": np.inf}, "got inf"),
        ([[[1, 1]]], {"rmax": np.nan}, "got nan"),
        ([[[1, 1]]], {"rmax": 3, "memory": -1}, "memory is a number of frames, 0 or more, got -1"),
        (
            [[[1, 1]], [[1, np.nan], [2, 2]]],
            {"rmax": 3},
            "1 of 2 points of frame 1 are not finite, the first is number 0",
        ),
        ([[1, 2, 3]], {"rmax": 3}, r"points of frame 0 have shape \(n, 2\) or more columns, got \(3,\)"),
        ({"first": [[1, 1]]}, {"rmax": 3}, "the key 'first' of the positions is no frame number"),
        ({1.5: [[1, 1]]}, {"rmax": 3}, "the key 1.5 of the positions is no frame number"),
        ({np.inf: [[1, 1]]}, {"rmax": 3}, "the key inf of the positions is no frame number"),
        ([[[1, 1]], [[1, 1], [2]]], {"rmax": 3}, "points of frame 1 must be an array of numbers"),
        ({-1: [[1, 1]]}, {"rmax": 3}, "frame -1 is negative"),
        ({1: [[1, 1]], "1": [[1, 1]]}, {"rmax": 3}, "frame 1 is there twice"),
    ],
)
def test_refuses(movie, options, message):
    with pytest.raises(ValueError, match=message):
        link(movie, **options)


def test_refuses_a_memory_that_is_no_whole_number():
    with pytest.raises(TypeError, match="memory is a number of frames, 0 or more, got nan"):
        link([[[1, 1]]], 3, memory=np.nan)


def test_a_range_along_each_axis():
    movie = [[[0, 0], [20, 20]], [[5, 0], [20, 25]]]
    assert ids(link(movie, (6, 2))) == [[0, 1], [0, 2]]
    assert ids(link(movie, (2, 6))) == [[0, 1], [2, 1]]
    assert ids(link([[[0, 0]], [[3, 3]]], (4, 4))) == [[0], [1]]  # an ellipse, not a rectangle
    tracks = link(movie, (6, 2))
    assert tracks.track(0)[1].tolist() == [[0, 0], [5, 0]]  # in pixels


def test_a_range_along_each_axis_is_one_of_stretched_points():
    rng = np.random.default_rng(0)
    movie = [rng.random((40, 2)) * 40 for _ in range(5)]
    stretched = [points * (1, 2) for points in movie]
    assert ids(link(movie, (6, 3), memory=1)) == ids(link(stretched, 6, memory=1))


def test_another_name_of_the_range():
    movie = [[[0, 0]], [[0, 2]]]
    assert ids(link(movie, search_range=3)) == [[0], [0]]
    with pytest.raises(TypeError, match="rmax is given twice, as search_range too"):
        link(movie, rmax=3, search_range=3)


@pytest.mark.parametrize(
    ("rmax", "message"),
    [
        ((1, 0), "rmax along columns is a positive, finite number of pixels, got 0"),
        ((1, 2, 3), r"or two, along rows and columns, got shape \(3,\)"),
    ],
)
def test_refuses_ranges(rmax, message):
    with pytest.raises(ValueError, match=message):
        link([[[1, 1]]], rmax)


def test_tables_in_and_out():
    table = pd.DataFrame({"x": [2, 1.0, 9], "frame": [4, 3, 4], "mass": 7, "y": [1, 1.0, 9]}, index=[7, 8, 9])
    tracks = link(table, 3)
    assert tracks.frames.tolist() == [3, 4]
    out = tracks.to_dataframe()
    assert out.to_dict("list") == {"y": [1, 1, 9], "x": [1, 2, 9], "frame": [3, 4, 4], "particle": [0, 0, 1]}
    assert ids(link(out, 3)) == ids(tracks)
    assert tracks.at_least(2).to_dataframe()["frame"].tolist() == [3, 4]  # none of no track
    assert len(link([], 3).to_dataframe()) == 0


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"y": [1.0, 2], "x": [1.0, 2], "frame": [0, 0.5]}, "frames of the positions .* got 0.5 in row 1"),
        ({"y": [1.0, 2], "x": [1.0, 2], "frame": [-1, 0]}, "got -1 in row 0"),
        ({"y": [1.0, np.nan], "x": [1.0, 2], "frame": [0, 5]}, "1 of 1 points of frame 5 are not finite"),
        ({"y": [1.0, 2], "frame": [0, 1]}, "named row and column, or y and x, got y, frame"),
    ],
)
def test_refuses_tables(table, message):
    with pytest.raises(ValueError, match=message):
        link(pd.DataFrame(table), 3)


def test_pandas_is_named_where_it_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match="a DataFrame needs pandas: pip install pandas"):
        link([], 3).to_dataframe()


LATTICE = np.stack(np.mgrid[:6, :6], axis=-1).reshape(-1, 2) * 10.0


def whole_tracks(tracks):
    """Number of points, in order in all frames, whose track is theirs alone and whole."""
    same = [np.unique([numbers[point] for numbers in tracks.ids]) for point in range(len(tracks.ids[0]))]
    return sum(len(one) == 1 and tracks.lengths[one[0]] == len(tracks.frames) for one in same)


@pytest.mark.parametrize("rmax", [1, 3, 5, 8, 12, (2, 9)])
def test_a_lattice_that_flows_by_more_than_half_its_spacing(rmax):
    movie = [LATTICE + np.array([0, 6 * frame]) for frame in range(10)]
    assert whole_tracks(link(movie, rmax, predict=True)) == 36
    missing = {frame: points for frame, points in enumerate(movie) if frame not in (4, 5)}
    assert whole_tracks(link(missing, rmax, predict=True, memory=2)) == 36


@pytest.mark.parametrize("rmax", [3, 5, 8])
def test_without_a_prediction_a_lattice_that_flows_is_lost(rmax):
    assert whole_tracks(link([LATTICE + np.array([0, 6 * frame]) for frame in range(10)], rmax)) == 0


@pytest.mark.parametrize("seed", range(3))
def test_a_drift_that_changes_and_atoms_that_shake(seed):
    rng = np.random.default_rng(seed)
    drift = np.cumsum(rng.uniform(-9, 9, (15, 2)), axis=0)
    movie = [LATTICE + moved + rng.normal(0, 0.3, (36, 2)) for moved in drift]
    assert whole_tracks(link(movie, 3, predict=True)) == 36


def test_neighbours_tell_a_flow_that_is_not_the_same_everywhere():
    shear = [LATTICE + frame * np.array([0, 0.12]) * LATTICE[:, :1] for frame in range(10)]
    assert whole_tracks(link(shear, 4, predict=True)) == 36
    assert whole_tracks(link(shear, 4)) < 36


def test_a_lost_atom_is_looked_for_where_the_others_went():
    movie = [LATTICE + np.array([0, 6 * frame]) for frame in range(6)]
    movie[3] = movie[3][1:]
    tracks = link(movie, 2, predict=True, memory=1)
    assert len(tracks) == 36
    assert tracks.lengths.tolist() == [5] + [6] * 35


def test_where_each_goes_its_own_way_prediction_changes_little():
    rng = np.random.default_rng(0)
    movie = np.cumsum(np.concatenate([rng.random((1, 100, 2)) * 1024, rng.normal(0, 2, (99, 100, 2))]), axis=0)
    tracks = link(list(movie), 10, predict=True)
    assert np.mean([a == b for a, b in zip(tracks.ids, tracks.ids[1:], strict=False)]) >= 0.998


@pytest.mark.parametrize("movie", [[], [[], []], [[[1, 2]], [[1, 3]]], [[[1, 1]] * 4] * 3, {0: [[1, 1]], 9: [[1, 1]]}])
def test_next_to_nothing_is_predicted(movie):
    assert ids(link(movie, 3, predict=True, memory=9)) == ids(link(movie, 3, memory=9))


@settings(deadline=None, max_examples=50)
@given(st.lists(clouds, min_size=1, max_size=5), st.integers(0, 2), st.floats(0.5, 50))
def test_predicted_tracks_are_one_to_one(movie, memory, rmax):
    tracks = link(movie, rmax, memory=memory, predict=True)
    assert [len(numbers) for numbers in tracks.ids] == [len(points) for points in movie]
    assert all(len(set(numbers.tolist())) == len(numbers) for numbers in tracks.ids)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("rmax", "memory"), [(3, 0), (3, 2), ((2, 5), 0), ((5, 2), 1)])
def test_the_tracks_of_trackpy(rmax, memory):
    trackpy = pytest.importorskip("trackpy")
    trackpy.quiet()
    rng = np.random.default_rng(0)
    points = np.cumsum(np.concatenate([rng.random((1, 60, 2)) * 200, rng.normal(0, 0.8, (19, 60, 2))]), axis=0)
    frames, number = np.indices((20, 60)).reshape(2, -1)
    table = pd.DataFrame({"y": points[..., 0].ravel(), "x": points[..., 1].ravel(), "frame": frames, "who": number})
    table = table[rng.random(len(table)) > 0.05]
    theirs = trackpy.link(table, search_range=rmax, memory=memory).sort_values(["frame", "who"])
    ours = link(table, search_range=rmax, memory=memory).to_dataframe()
    assert ours[["y", "x", "frame"]].to_numpy().tolist() == theirs[["y", "x", "frame"]].to_numpy().tolist()
    both = set(zip(ours["particle"], theirs["particle"], strict=True))
    assert len(both) == ours["particle"].nunique() == theirs["particle"].nunique()


@pytest.mark.filterwarnings("ignore")
def test_the_flow_that_trackpy_predicts():
    """It has to be told how the flow begins; here it is found."""
    trackpy = pytest.importorskip("trackpy")
    trackpy.quiet()
    movie = np.array([LATTICE + np.array([0, 6 * frame]) for frame in range(10)])
    table = pd.DataFrame(movie.reshape(-1, 2), columns=["y", "x"]).assign(frame=np.repeat(np.arange(10), 36))
    begin = {"initial_guess_positions": [[0, 0]], "initial_guess_vels": [[0, 6]], "pos_columns": ["y", "x"]}
    theirs = trackpy.predict.NearestVelocityPredict(**begin).link_df(table, 5)
    ours = link(table, 5, predict=True).to_dataframe()
    assert ours["particle"].nunique() == theirs["particle"].nunique() == 36
    assert len(set(zip(ours["particle"], theirs["particle"], strict=True))) == 36


@pytest.mark.parametrize(("memory", "stored"), [(0, "arr_5"), (2, "arr_6")])
def test_the_links_that_trackpy_stored(shared_data, memory, stored):
    data = np.load(shared_data / "tracking-reference-links" / "reproducibility_v0.4.npz")
    frames = data["arr_4"][:, 2]
    tracks = link({frame: data["arr_4"][frames == frame, :2] for frame in np.unique(frames)}, 5, memory=memory)
    ours = np.concatenate(tracks.ids)
    theirs = np.concatenate([data[stored][frames == frame] for frame in np.unique(frames)])
    assert len(ours) == 100
    # up to renaming: a one-to-one map of names
    assert len(set(zip(ours, theirs, strict=True))) == len(set(ours)) == len(set(theirs))


@pytest.mark.parametrize(("kind", "memory", "count"), [("without_gap_closing", 0, 127), ("with_gap_closing", 1, 128)])
def test_the_links_of_trackmate(shared_data, kind, memory, count):
    """All of them, gap closing too: here its second look over all gaps finds what looking back one frame finds."""

    def table(name):
        with open(shared_data / "tracking-laptrack" / f"trackmate_tracks_{kind}_{name}.csv") as file:
            return list(csv.DictReader(file))

    spots: dict[int, list[tuple[int, list[float]]]] = {}
    for row in table("spots"):
        place = [float(row["position_y"]), float(row["position_x"])]
        spots.setdefault(int(row["frame"]), []).append((int(row["id"]), place))
    tracks = link({frame: [place for _, place in found] for frame, found in spots.items()}, 15, memory=memory)
    ours, last = set(), {}
    for frame, numbers in zip(tracks.frames.tolist(), tracks.ids, strict=True):
        for (spot, _), number in zip(spots[frame], numbers.tolist(), strict=True):
            if number in last:
                ours.add(frozenset((last[number], spot)))
            last[number] = spot
    theirs = {frozenset((int(row["spot_source_id"]), int(row["spot_target_id"]))) for row in table("edges")}
    assert len(theirs) == count
    assert ours == theirs
