"""The part of ``atomai.stat.imlocal`` that follows atoms through a movie."""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from atomstat_widgets.arguments import array_of, number_of, switch_of, whole_of, word_of
from atomstat_widgets.atomai.local_crops import LocalCrops
from atomstat_widgets.renamed import also_called
from atomstat_widgets.stat.atoms.brightness import FRAME, Normalization
from atomstat_widgets.stat.tracks._link import Movie, frames_and_points, link
from atomstat_widgets.stat.tracks.transitions import count_transitions, sum_transitions

Array = NDArray[Any]

SMOOTH = 1.0  # px, of the Gaussian under which crops are sorted: noise hides the classes else


class Trajectories(LocalCrops):
    """Trajectories of the atoms that crops were taken around, and the transitions between their classes.

    A base of `imlocal`, whose crops it reads. In AtomAI each atom goes to the nearest one of the next frame, so that
    two may end in the same, and one that is lost is looked for in all later frames. Here the atoms of a frame and the
    next are matched one-to-one, see `link`.
    """

    def gmm(
        self, n_components: int, covariance: str = "diag", random_state: int = 1, plot_results: bool = False
    ) -> tuple[Array, list[Array], Array]:
        """Classes of the crops."""
        raise NotImplementedError

    @classmethod
    def get_trajectory(
        cls, coord_class_dict: Movie, start_coord: Array, rmax: float, *, memory: int = 0
    ) -> tuple[Array, Array]:
        """Trajectory of one atom.

        Parameters
        ----------
        coord_class_dict : dict of array, (n, 3)
            Row, column and class of the atoms of each frame.
        start_coord : array, (2,)
            Row and column of the atom in the first frame, to within `rmax`.
        rmax : float
            Farthest that an atom goes from frame to frame, in pixels.
        memory : int
            Number of frames that it may be missing for.

        Returns
        -------
        flow : array, (n, 3)
            Row, column and class of the atom, frame by frame; none where there is no atom at the start.
        frames : array, (n,)
            Their frame numbers.

        Raises
        ------
        ValueError
            See `link`.
        """
        start_coord = array_of(start_coord, "start_coord", "(2,)", dtype=np.float64, finite=True)
        if len(start_coord) < 2:
            raise ValueError(f"start_coord is row and column, got shape {start_coord.shape}")
        rmax = number_of(rmax, "rmax", above=0, words="a positive, finite number of pixels")
        memory = whole_of(memory, "memory", minimum=0)
        frames, points = frames_and_points(coord_class_dict, columns=3)
        if len(points) == 0 or len(points[0]) == 0:
            return np.empty((0, 3)), np.empty(0, np.intp)
        distance, nearest = KDTree(points[0][:, :2]).query(start_coord[:2])
        if distance > rmax:
            return np.empty((0, 3)), np.empty(0, np.intp)
        tracks = link(dict(zip(frames.tolist(), points, strict=True)), rmax, memory=memory)
        number = int(tracks.ids[0][nearest])
        return np.concatenate(points)[tracks.members(number)], tracks.track(number)[0]

    def get_all_trajectories(
        self,
        min_length: int = 0,
        run_gmm: bool = False,
        rmax: float = 10,
        *,
        n_components: int = 5,
        covariance: str = "diag",
        random_state: int = 1,
        memory: int = 0,
        start: Literal["first", "any"] = "first",
    ) -> dict[str, Any]:
        """Trajectories of all atoms with crops.

        Parameters
        ----------
        min_length : int
            Only trajectories of more points than that.
        run_gmm : bool
            Sort the crops into classes.
        rmax : float
            Farthest that an atom goes from frame to frame, in pixels.
        n_components, covariance, random_state
            As for `gmm`.
        memory : int
            Number of frames that an atom may be missing for.
        start : {'first', 'any'}
            Only trajectories that begin in the first frame (as AtomAI's), or all.

        Returns
        -------
        dict
            "trajectories": list of array (n, 3), row, column and class (0 without GMM, else from 1 on); "frames": list
            of array (n,), their frame numbers; with GMM "gmm_components": array, see `gmm`.

        Raises
        ------
        ValueError
            `start` is another one; see `link` and `gmm`.
        """
        word_of(start, "start", ("first", "any"))
        min_length, run_gmm = whole_of(min_length, "min_length", minimum=0), switch_of(run_gmm, "run_gmm")
        rmax = number_of(rmax, "rmax", above=0, words="a positive, finite number of pixels")
        classes = np.zeros(len(self.imgstack_frames))
        found: dict[str, Any] = {}
        if run_gmm:
            found["gmm_components"], _, described = self.gmm(n_components, covariance, random_state)
            classes = described[:, 2]
        atoms = np.column_stack([self.imgstack_com, classes])
        by_frame = {frame: atoms[self.imgstack_frames == frame] for frame in np.unique(self.imgstack_frames).tolist()}
        tracks = link(by_frame, rmax, memory=memory)
        numbers = range(len(tracks.ids[0])) if start == "first" else range(len(tracks))
        chosen = [number for number in numbers if tracks.lengths[number] > min_length]
        joined = np.concatenate(list(by_frame.values()))
        return {
            "trajectories": [joined[tracks.members(number)] for number in chosen],
            "frames": [tracks.track(number)[0] for number in chosen],
            **found,
        }

    @classmethod
    def renumerate_classes(cls, classes: Array) -> Array:
        """Classes (n,), of which some may be missing, numbered from 0 on without gaps, in their order."""
        return np.unique(array_of(classes, "classes", "(n,)", finite=True), return_inverse=True)[1].astype(np.int64)

    @also_called(normalise="normalize")
    def transition_matrix(
        self,
        n_components: int,
        covariance: str = "diag",
        random_state: int = 1,
        rmax: float = 10,
        min_length: int = 0,
        sum_all_transitions: bool = False,
        *,
        memory: int = 0,
        start: Literal["first", "any"] = "first",
        normalize: Normalization | bool = FRAME,
        smooth: float = SMOOTH,
        recentre: bool = False,
    ) -> dict[str, Any]:
        """Trajectories, and the probabilities of transitions between classes along each.

        Parameters
        ----------
        n_components, covariance, random_state, rmax, min_length, memory, start
            As for `get_all_trajectories`.
        sum_all_transitions : bool
            Give the transitions of all trajectories together too.
        normalize, smooth, recentre
            How crops are prepared before they are sorted into classes, see `extract_crops`. AtomAI sorts them as they
            are, ``normalize="none", smooth=0``, so that classes are those of noise and of the gain of frames; what is
            done instead is logged. ``normalise`` is another name of ``normalize``.

        Returns
        -------
        dict
            As of `get_all_trajectories` with GMM, and "transitions": list of array (k, k), of the k classes of each
            trajectory, in their order; "all_transitions": array (n_components, n_components), where asked for. Only
            neighbouring frames are a step; the row of a class that is never left is 0.

        Raises
        ------
        ValueError
            See `get_all_trajectories` and `extract_crops`.
        """
        switch_of(sum_all_transitions, "sum_all_transitions")
        prepared = self._prepared(normalize, smooth, recentre)
        found = prepared.get_all_trajectories(
            min_length, True, rmax, n_components=n_components, covariance=covariance, random_state=random_state,
            memory=memory, start=start,
        )  # fmt: skip
        found["transitions"] = [
            count_transitions(self.renumerate_classes(flow[:, 2]), frames).matrix().probabilities
            for flow, frames in zip(found["trajectories"], found["frames"], strict=True)
        ]
        if sum_all_transitions:
            found["all_transitions"] = sum_transitions(found, n_components)
        return found
