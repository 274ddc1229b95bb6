"""Links against an exhaustive assignment, by hand, and against the stored results of others."""

import csv

import numpy as np
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
