"""Movies with something wrong: it is told with the frame, and the rest is analysed."""

import numpy as np
import pytest

from atomstat_widgets.analyses.trajectories.model import TrajectoriesModel
from atomstat_widgets.data import Movie, movies

GOOD = movies.hopping_dopants(frames=10, missing=0)
FRAMES = GOOD.frames
COUNT = len(FRAMES)


def analysed(movie, **parameters):
    model = TrajectoriesModel(movie, advise=False, **parameters)
    assert model.error == ""
    return model, model.result


def test_two_frames():
    _, result = analysed(FRAMES[:2])
    steps = result.used_steps
    assert steps.words == f"0 of {steps.short} steps used: {steps.short} in tracks of two frames"
    assert steps.short > 5
    _, result = analysed(FRAMES[:2], min_length=2)
    assert result.used_steps.words == f"{steps.short} of {steps.short} steps used"


def test_one_frame():
    _, result = analysed(FRAMES[:1])
    assert result.used_steps.words == "0 of 0 steps used"


@pytest.mark.parametrize("axis", [1, 2])
def test_a_jump_of_half_the_picture(axis):
    moved = FRAMES.copy()
    moved[4:] = np.roll(moved[4:], FRAMES.shape[axis] // 2, axis=axis)
    _, result = analysed(moved)
    assert list(result.drift.doubtful) == [4]
    assert "The drift of 1 frame is in doubt (4), no step into them is counted; of frame 4: " in result.remark
    steps = result.used_steps
    assert steps.doubtful == len(result.chosen.positions[3])
    assert steps.used > 0.7 * steps.total
    assert not any(set(before) & set(later) for before in result.links.ids[:4] for later in result.links.ids[4:])


def test_a_jump_is_not_looked_for_where_there_is_no_drift_to_be_measured():
    moved = FRAMES.copy()
    moved[4:] = np.roll(moved[4:], FRAMES.shape[1] // 2, axis=1)
    _, result = analysed(moved, drift="off")
    assert not result.drift.doubtful


@pytest.mark.parametrize("place", [0, 3, COUNT - 1])
def test_a_frame_of_nan(place):
    holed = FRAMES.copy()
    holed[place] = np.nan
    model, result = analysed(holed)
    assert list(result.found.skipped) == [place]
    assert f"1 frame could not be used; of frame {place}: " in model.notice
    assert "NaN" in model.notice
    assert result.used_steps.used > 0.5 * result.used_steps.total
    assert (result.used_steps.missing > 0) == (place == 3)


@pytest.mark.parametrize("place", [0, 3])
def test_a_frame_of_another_size(tmp_path, place):
    for number, frame in enumerate(FRAMES):
        np.save(tmp_path / f"f{number:02}.npy", frame[:-9] if number == place else frame)
    model, result = analysed(tmp_path)
    assert f"of frame {place}: f{place:02}.npy has shape" in model.notice
    assert result.used_steps.used > 0.5 * result.used_steps.total


def test_a_movie_of_nan_is_not_told_to_set_the_spacing():
    model = TrajectoriesModel(np.full((14, 64, 64), np.nan))
    assert model.result is None
    assert model.error == (
        "no frame that was looked at tells the spacing of atoms; of frame 13: 4096 of 4096 pixels are NaN or infinite, "
        "the first at row 0, column 0"
    )


def test_given_positions_outside_the_frame_are_told_of():
    atoms = {number: np.array([[20.0, 20], [40, 40]]) for number in range(5)}
    frames = np.random.default_rng(0).random((5, 64, 64))
    model = TrajectoriesModel(Movie(frames, "given", atoms=atoms))
    assert "outside" not in model.result.remark
    atoms = {**atoms, 3: np.array([[20.0, 20], [40, 70]])}
    model = TrajectoriesModel(Movie(frames, "given", atoms=atoms))
    assert "A position is outside the frame: in frame 3 at y 40, x 70" in model.result.remark
    assert len(model.result.tracks) == 2


def test_frame_numbers_twice():
    numbers = np.arange(COUNT)
    numbers[3] = 2
    model, result = analysed(FRAMES, frames=numbers)
    assert model.notice == "Frame numbers that are there twice: 2; the first frame of each is taken"
    assert len(result.movie) == COUNT - 1
    assert result.used_steps.missing > 0  # from 2 to 4


def test_frame_numbers_out_of_order():
    order = np.arange(COUNT)
    order[[2, 3]] = 3, 2
    model, result = analysed(FRAMES[order], frames=order)
    assert model.notice.startswith("Frames are out of order, frame 2 comes after 3")
    plain = analysed(FRAMES)[1]
    np.testing.assert_array_equal(result.matrix.counts, plain.matrix.counts)
    np.testing.assert_array_equal(result.states.counts, plain.states.counts)


def test_frame_numbers_that_are_none():
    with pytest.raises(ValueError, match=f"frames are the numbers of {COUNT} frames of array, got 2"):
        TrajectoriesModel(FRAMES, frames=[0, 1])


def test_that_frames_are_taken_as_consecutive_is_said_once():
    words = "(numbers taken as consecutive)"
    model, _ = analysed(FRAMES)
    assert words in model.status
    model.min_length = 4
    assert words not in model.status
    assert words not in analysed(FRAMES, frames=np.arange(COUNT))[0].status
    assert words not in analysed(GOOD)[0].status  # of a sample it is known
    model.movie = FRAMES[:-1]
    assert words in model.status  # of another movie


def test_no_drift_is_removed_where_it_is_in_doubt_in_most_frames_of_one_atom(hard_scenes):
    frames, _, states = hard_scenes.changing_gain(seed=20)
    _, result = analysed(frames)
    assert result.remark.startswith("The drift is in doubt in ")
    assert "of 40 frames, none was removed: the one atom may move with the sample" in result.remark
    assert (result.drift.shifts == 0).all()
    assert len(result.drift.doubtful) == 0
    table = np.zeros((2, 2), int)
    np.add.at(table, (states[:-1], states[1:]), 1)
    assert min(np.abs(one - table).sum() for one in (result.matrix.counts, result.matrix.counts[::-1, ::-1])) <= 2


def test_a_state_that_no_step_tells_of_is_in_doubt(hard_scenes):
    _, result = analysed(hard_scenes.changing_gain(seed=24, noise=0.6)[0])
    words = "State 2 is in no step that counts: atoms in it are in no track that is long enough, or are none"
    counts = result.transitions.counts
    assert (words in result.doubts) == (counts[1].sum() + counts[:, 1].sum() == 0)
    assert words in result.doubts
