"""Every public function, called with what it should not be called with.

For each there is one good call, and each argument in turn becomes something else: what is wrong must end in a TypeError
or ValueError that names the argument, and what means the same must give the same result. A new public function, or a
new parameter of one, without such a call fails `test_every_public_parameter_is_called`.
"""

import dataclasses
import inspect
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from types import ModuleType
from typing import Any

import dask.array as da
import numpy as np
import pandas as pd
import pytest
import zarr

from atomstat_widgets import data, stat
from atomstat_widgets.atomai import plots
from atomstat_widgets.data.readers.findings import with_findings

resource = pytest.importorskip("resource")
ALLOCATION = 2**30  # bytes that no bad call may ask for

RNG = np.random.default_rng(0)
ROWS, COLUMNS = np.indices((32, 32))
IMAGE = np.round(100 * (2 + np.sin(ROWS * np.pi / 4) + np.sin(COLUMNS * np.pi / 4))) + RNG.integers(0, 9, (32, 32))
STACK = np.stack([IMAGE, IMAGE, IMAGE + 1])[..., None]
POINTS = np.array([[10.0, 10, 0], [10, 18, 1], [18, 10, 0], [18, 18, 1], [14, 14, 0], [10, 14, 0]])
BY_FRAME = {0: POINTS[:5], 1: POINTS[1:] + np.array([1, 0, 0]), 2: POINTS}
MATRIX = RNG.integers(1, 50, (14, 6)).astype(float)
CUBE = RNG.integers(1, 50, (5, 4, 6)).astype(float)
SPECTRA = stat.take_spectra(CUBE)
LOW = stat.factorize(MATRIX, 6)
LOW_OF_SPECTRA = stat.factorize(SPECTRA.matrix, 6)
CENTRED = stat.factorize(MATRIX, 6, center=True)
FOUND = stat.nmf(LOW, 2)
TRACKS = stat.link(BY_FRAME, 3)
COUNTS = stat.count_transitions([[0, 1, 1, 0], [1, 0, 2]])
WINDOWS = stat.sliding_fft(IMAGE, 8, 8)
GRID = WINDOWS.grid
LATTICE = np.add(*(np.cos(2 * np.pi * at / 8) for at in np.indices((64, 72))))
SPECTRUM = stat.power_spectrum(LATTICE)
REFLECTIONS = np.array([[0.0, 0.125], [0.125, 0.0]])
PLANES = stat.find_lattice(LATTICE)
WAVES = stat.lattice_waves(LATTICE, REFLECTIONS)
CROPS = stat.extract_crops(IMAGE, POINTS, 5)
LOCAL = stat.imlocal(STACK, BY_FRAME, 6)
SLIDING = stat.SlidingFFTNMF(8, 8, 4, 4, components=2)
SLIDING_WINDOWS = SLIDING.make_windows(IMAGE)
SLIDING_SPECTRA = SLIDING.process_fft(SLIDING_WINDOWS)
UNMIXER = stat.SpectralUnmixer("pca", 2)
UNMIXER.fit(CUBE)
TRANSITIONS = {"trajectories": [POINTS + np.array([0, 0, 1])], "frames": [np.arange(6)]}
PICTURE = data.Image(IMAGE, pixel_size=0.1, unit="nm")
FILM = data.Movie(STACK[..., 0])


def nothing(fraction):
    """Progress that is not looked at."""


@dataclass
class Kind:
    """What an argument is: a good value, what is none, and what means the same.

    `words` are what an error may call the argument, besides its name. `optional`: None is good, too.
    """

    good: Any
    words: Sequence[str] = ()
    optional: bool = False
    also_bad: Sequence[Any] = ()
    strange: Sequence[Any] = field(default=(object(), {"a": 1}, b"1", np.datetime64("2020-01-01")), repr=False)

    def odd(self) -> list[Any]:
        return []

    def bad(self) -> list[Any]:
        return [*([] if self.optional else [None]), *self.strange, *self.also_bad, *self.own_bad()]

    def own_bad(self) -> list[Any]:
        return []

    def same(self) -> list[Any]:
        return []


class Given(Kind):
    """What is not changed, as another argument is about it."""

    def bad(self):
        return []


@dataclass
class Whole(Kind):
    """A whole number; of `several`, a list of them will do, too."""

    several: int = 0

    def own_bad(self):
        wrong = [1.5, 3.0, np.nan, np.inf, -1, "3", True, np.True_, 2 + 0j, 10**30, np.float64(3)]
        lists = [[1, 2, 3], [3], np.ones(2), ["3", "4"], np.ones((2, 2), int)]
        return [*wrong, *(one for one in lists if not self.several or len(one) != self.several), [1.0] * self.several]

    def same(self):
        if self.good is None:
            return []
        numbers = [self.good] * self.several
        lists = [numbers, tuple(numbers), np.array(numbers)] if self.several else []
        return [np.int64(self.good), np.uint32(self.good), np.array(self.good), *lists]


class Pair(Kind):
    """Two whole numbers."""

    def own_bad(self):
        return [1, 1.5, "12", [1], [1, 2, 3], [1.0, 2.0], [1, np.nan], [True, 2], [1, "2"], [[1, 2]], np.ones((2, 2))]

    def same(self):
        return [list(self.good), np.array(self.good), tuple(map(np.int64, self.good))]


class Text(Kind):
    def own_bad(self):
        return [1, np.nan, ["a"], np.ones(2)]


class Number(Kind):
    def own_bad(self):
        return [np.nan, np.inf, -np.inf, "1", True, 1j, [1.0], np.ones(2), 10**400, np.ma.masked, np.array(np.nan)]

    def same(self):
        if self.good is None:
            return []
        number = float(self.good)
        return [np.float64(number), np.longdouble(number), np.array(number), Fraction(number)]


class Range(Number):
    """One number, or two along rows and columns."""

    def own_bad(self):
        pairs = [[1.0, 0], [1.0, np.nan], [1.0, "1"], [1.0, 2, 3], np.ones((2, 2))]
        return [one for one in super().own_bad() if np.shape(one) != (2,)] + pairs


class Word(Kind):
    def own_bad(self):
        return ["", "no such word", 1, np.nan, ["a"], np.ones(2)]

    def same(self):
        return [] if self.good is None else [np.str_(self.good)]


class Switch(Kind):
    def own_bad(self):
        return ["yes", 2, 0.5, np.nan, np.ones(2), [], [True]]

    def same(self):
        return [int(self.good), np.bool_(self.good), np.array(self.good)]


class Normalization(Word):
    """One of some words, or a switch, which it was before."""

    def own_bad(self):
        return ["", "no such word", 2, np.nan, ["a"], np.ones(2)]


class Of(Kind):
    """An object of a class of ours."""

    def own_bad(self):
        return [1, "x", np.ones((3, 3)), [1]]


class Called(Of):
    def __init__(self, good=nothing):
        super().__init__(good)


@dataclass
class Array(Kind):
    """Numbers in an array."""

    finite: bool = True
    axes: bool = True  # another number of them is wrong
    empty: bool = False
    integers: bool = False
    lazy: bool = True  # may be of dask or Zarr
    rows: bool = True  # each of which has to be right

    def own_bad(self):
        good = self.array
        masked = np.ma.array(good, mask=np.arange(good.size).reshape(good.shape) == 1)
        fields = np.zeros(3, [("a", float), ("b", float)])
        wrong = [
            "text", masked, good.astype(complex) + 1j, good.astype(object), good.astype(str), fields,
            good.astype("timedelta64[s]"), [[1, 2], [3]], [*good.tolist(), "x"], da.from_array(good + 1j),
        ]  # fmt: skip
        if good.ndim > 1 and self.rows:
            wrong.append([*[row.tolist() for row in good[1:]], masked[0]])
        if self.finite:
            for value in (np.nan, np.inf, -np.inf):
                one = good.astype(float)
                one[(-1,) * good.ndim] = value
                wrong += [one, one.tolist()]
        if self.axes:
            wrong += [good[None], np.stack([good, good], axis=-1)[None], np.array(3.0), 3.0]
        if not self.empty:
            wrong += [good[:0], []]
        return wrong

    def odd(self):
        """Numbers that may be refused, or lead to a result, but to no warning."""
        good = self.array.astype(float)
        return [good * size for size in (0, 5e-324, 1e-310, 1e-200, 1e200, 1e305)] + [np.full(good.shape, 3.0)]

    @property
    def array(self):
        return np.asarray(self.good)

    def same(self):
        good = self.array
        own = np.array(good)
        own.setflags(write=False)
        flipped = np.array(good[(slice(None, None, -1),) * good.ndim])[(slice(None, None, -1),) * good.ndim]
        same = [
            good.tolist(), tuple(good.tolist()), np.asfortranarray(good), flipped, own, np.ma.array(good),
            good.astype(good.dtype.newbyteorder(">")), np.repeat(good, 2, axis=-1)[..., ::2],
            pd.DataFrame(good) if good.ndim == 2 else good,
        ]  # fmt: skip
        if not self.integers:
            same.append(good.astype(np.longdouble))
            if (good.astype(np.float16) == good).all():
                same.append(good.astype(np.float16))
        return [*same, da.from_array(good), zarr.array(good)] if self.lazy and good.ndim else same


class Points(Array):
    """Row, column and class of points: tables are taken by the names of their columns."""

    def own_bad(self):
        y, x, *_ = self.array.T
        return [
            *super().own_bad(),
            pd.DataFrame({"x": x, "y": y, "frame": np.arange(len(x))}),
            pd.DataFrame({"a": x, "b": y}),
            np.array(list(zip(x, y, strict=True)), [("x", float), ("frame", float)]),
        ]

    def same(self):
        y, x, *rest = self.array.T
        columns = {"x": x, **dict(zip(["class"], rest, strict=False)), "y": y, "mass": x**2}
        table = pd.DataFrame(columns)
        return [*super().same(), table, table.to_records(index=False), table.rename(columns=str.upper)]


class ByFrame(Kind):
    """Points by number of the frame."""

    def own_bad(self):
        frames = list(self.good)
        wrong = [
            array for array in Points(self.good[frames[0]], finite=True, empty=True).own_bad() if array is not None
        ]
        changed = [{**self.good, frames[0]: array} for array in wrong]
        table = pd.DataFrame({"y": [1.0, 2], "x": [1.0, 2], "frame": [0, 1]})
        return [
            *changed,
            3,
            "text",
            table,
            table.to_records(index=False),
            {"first": POINTS},
            *({key: POINTS} for key in (1.5, -1, 10**30)),
            {1: POINTS, "1": POINTS},
        ]

    def same(self):
        frames = list(self.good)
        same = [{**self.good, frames[0]: array} for array in Points(self.good[frames[0]], lazy=False).same()]
        return [*same, {str(frame): points for frame, points in self.good.items()}]


class InOneTable(ByFrame):
    """Points by number of the frame, or of all frames in a table that names these."""

    def own_bad(self):
        table = pd.DataFrame({"y": [1.0, 2], "x": [1.0, 2], "frame": [0, 1]})
        bare = [one for one in super().own_bad() if not hasattr(one, "dtypes") and not hasattr(one, "dtype")]
        wrong = [table[["y", "x"]], table[["y", "frame"]], table.assign(y=["a", "b"]), table.assign(x=[1, np.nan])]
        return bare + wrong + [table.assign(frame=frames) for frames in ([0, 0.5], [0, -1], [0, np.nan], ["a", "b"])]

    def same(self):
        parts = [pd.DataFrame(points[:, :2], columns=["y", "x"]).assign(frame=key) for key, points in self.good.items()]
        table = pd.concat(parts[::-1])
        return [*super().same(), table, table.to_records(index=False), table.rename(columns=str.upper)]


@dataclass
class Call:
    """A good call."""

    name: str  # of the public function or, after a dot, method
    function: Callable[..., Any]
    arguments: dict[str, Kind]

    def __call__(self, **changes: Any) -> Any:
        return self.function(**{**{name: kind.good for name, kind in self.arguments.items()}, **changes})


def call(name: str, /, *, function: Callable[..., Any] | None = None, **arguments: Kind) -> Call:
    if function is None:
        function = stat if hasattr(stat, name.partition(".")[0]) else data
        for part in name.split("."):
            function = getattr(function, part)
    return Call(name, function, arguments)


def of_result(result: Any, name: str, /, **arguments: Kind) -> Call:
    return Call(f"{type(result).__name__}.{name}", getattr(result, name), arguments)


IMAGE_WORDS = "pixels", "image"
SEED = Whole(1)
COMPONENTS = {"n_components": Whole(2, also_bad=[0, 10**6])}
FACTOR = {"low_rank": Of(LOW), **COMPONENTS}
WINDOW = Whole(6, ["window"], also_bad=[0, 10**6])
IN_LOCAL = {**COMPONENTS, "random_state": SEED, "plot_results": Switch(False)}
MARKER = Number(32.0, also_bad=[0, -1])
LINKS = {
    "rmax": Number(3.0, also_bad=[0, -1]),
    "memory": Whole(1),
    "start": Word("any"),
    "min_length": Whole(0),
}
POSITIONS = "positions", "points", "class", "atoms"
COVARIANCE = {"covariance": Word("diag")}
IMAGES = Array(STACK, IMAGE_WORDS, finite=False, lazy=False)  # lazily is tests/stat/test_blocks.py

CALLS = [
    call(
        "abundances",
        spectra=Array(MATRIX, empty=True),
        endmembers=Array(MATRIX[:2], also_bad=[MATRIX[:2, :3], np.ones((80, 6))]),
        sum_to_one=Switch(False),
    ),
    call("automatic_window", length=Whole(100, also_bad=[0])),
    call(
        "calculate_transition_matrix",
        trace=Array(
            np.array([0, 1, 1, 0]), ["states"], integers=True, empty=True, also_bad=[[0, 10**9], [0, 10**30], [0, 0.5]]
        ),
    ),
    call(
        "count_transitions",
        states=Array(
            np.array([0, 1, 1, 0]),
            ["a state"],
            integers=True,
            empty=True,
            lazy=False,
            axes=False,
            also_bad=[[0, 10**9], [0, 1e300]],
        ),
        frames=Array(
            np.array([0, 1, 3, 4]), integers=True, optional=True, lazy=False, axes=False, also_bad=[[0, 1, 1, 2]]
        ),
        n_states=Whole(3, ["a state is"], optional=True, also_bad=[1, 10**9]),
        lag=Whole(1, also_bad=[0]),
        counting=Word("sliding"),
        drawn=Array(np.array([[[0, 1, 1, 1]]]), integers=True, lazy=False, optional=True, axes=False),
    ),
    call(
        "diffusion_coefficient",
        tracks=Of(TRACKS),
        pixel_size=Number(2.0, also_bad=[0, -1]),
        frame_time=Number(2.0, also_bad=[0]),
    ),
    *(
        call(
            name,
            counts=Array(np.array([1, 2, 3]), ["count"], integers=True, empty=True, also_bad=[[3, 2, 1]]),
            **{values: Array(np.array([3.0, 1, 0.5]), ["value"], empty=True)},
        )
        for name, values in (
            *(("elbow", "values"), ("lowest", "values")),
            *(("largest_stable", "stabilities"), ("largest_stable_in_a_row", "stabilities")),
        )
    ),
    call("estimate_drift", tracks=Of(TRACKS), fewest=Whole(1, also_bad=[0])),
    call("explained_variance_ratio", low_rank=Of(CENTRED)),
    call(
        "extract_crops",
        images=IMAGES,
        positions=ByFrame(BY_FRAME, POSITIONS),
        window=Whole(6, optional=True, also_bad=[0, 100]),
        atom_class=Number(0.0, ["class"], optional=True, also_bad=[7]),
        recentre=Switch(False),
        between_pixels=Switch(False),
        normalize=Normalization("frame"),
        smooth=Number(1.0, also_bad=[-1, 1e9]),
        memory_budget=Whole(10**6),
        progress=Called(),
    ),
    call(
        "extract_crops",
        images=Array(IMAGE, IMAGE_WORDS, finite=False, axes=False, lazy=False),
        positions=Points(POINTS, POSITIONS, lazy=False, also_bad=[POINTS + np.array([0, 0, 0.5])]),
        window=Given(6),
    ),
    call(
        "extract_movie_crops",
        read=Called(STACK[..., 0].__getitem__),
        positions=Given(list(BY_FRAME.values())),
        window=Whole(6, also_bad=[0, 100]),
        normalize=Normalization("crop"),
        smooth=Number(1.0, also_bad=[-1, 1e9]),
        memory_budget=Whole(10**6),
        progress=Called(),
    ),
    call(
        "extract_movie_crops",
        function=lambda positions: stat.extract_movie_crops(STACK[..., 0].__getitem__, [positions, POINTS], 6),
        positions=Points(POINTS, POSITIONS, lazy=False, empty=True),
    ),
    call(
        "factorize",
        x=Array(MATRIX, ["values", "rows", "matrix"]),
        rank=Whole(3, also_bad=[0]),
        weights=Array(np.arange(1, 7.0), optional=True, also_bad=[-np.ones(6), np.ones(5)]),
        center=Switch(True),
        seed=SEED,
        progress=Called(),
    ),
    call(
        "find_atoms",
        image=Array(IMAGE, IMAGE_WORDS, axes=False, lazy=False),
        spacing=Number(8.0, optional=True, also_bad=[0, -1, 1e9]),
        strength=Number(3.0, optional=True, also_bad=[-1]),
        refine=Word("gaussian"),
        lattice=Of(PLANES, optional=True),
    ),
    call(
        "find_movie_atoms",
        movie=Array(STACK[..., 0], ["frame", "image"], finite=False, lazy=False, rows=False),
        dark=Switch(False),
        spacing=Number(8.0, optional=True, also_bad=[0, -1]),
        strength=Number(3.0, optional=True, also_bad=[-1]),
        refine=Word("gaussian"),
        progress=Called(),
    ),
    call("gmm", x=Array(MATRIX), **COMPONENTS, **COVARIANCE, starts=Whole(1, also_bad=[0]), seed=SEED),
    call(
        "gmm_stability",
        scores=Array(MATRIX),
        **COMPONENTS,
        **COVARIANCE,
        repeats=Whole(1, also_bad=[0]),
        seed=SEED,
        progress=Called(),
    ),
    call(
        "ica",
        low_rank=Of(CENTRED),
        **COMPONENTS,
        seed=SEED,
        tol=Number(1e-4, also_bad=[-1]),
        max_iter=Whole(200, also_bad=[0]),
    ),
    call(
        "imlocal",
        function=lambda **given: dict(list(vars(stat.imlocal(**given)).items())[-5:]),
        network_output=Array(STACK, ["images"], finite=False, lazy=False),
        coord_class_dict_all=ByFrame(BY_FRAME, POSITIONS),
        window_size=Whole(6, ["window"], optional=True, also_bad=[0]),
        coord_class=Number(0, ["class"], also_bad=[7]),
    ),
    call(
        "check_chapman_kolmogorov",
        states=Array(np.array([0, 1, 1, 0, 1]), ["a state"], integers=True, lazy=False, empty=True, axes=False),
        frames=Array(np.arange(5), integers=True, lazy=False, optional=True, axes=False),
        n_states=Whole(2, ["a state is"], optional=True),
        lag=Whole(1, also_bad=[0]),
        multiples=Whole(2, also_bad=[0, 10**7]),
        drawn=Array(np.array([[[0, 1, 1, 1, 1]]]), integers=True, lazy=False, optional=True, axes=False),
        level=Number(0.9, also_bad=[0, 1, 95]),
        progress=Called(),
    ),
    call(
        "compare_lags",
        states=Array(np.array([0, 1, 1, 0, 1]), ["a state"], integers=True, lazy=False, empty=True, axes=False),
        lags=Array(np.array([1, 2]), integers=True, empty=True, also_bad=[[0], [1, -2]]),
        frames=Array(np.arange(5), integers=True, lazy=False, optional=True, axes=False),
        n_states=Whole(2, ["a state is"], optional=True),
        drawn=Array(np.array([[[0, 1, 1, 1, 1]]]), integers=True, lazy=False, optional=True, axes=False),
        level=Number(0.9, also_bad=[0, 1, 95]),
    ),
    call("connected_sets", counts=Array(np.array([[3.0, 1], [0, 2]]), empty=True, also_bad=[np.ones((2, 3))])),
    call(
        "draw_states",
        posteriors=Array(np.array([[0.9, 0.1], [0.4, 0.6]]), empty=True, finite=False, lazy=False, axes=False),
        frames=Array(np.arange(2), integers=True, lazy=False, optional=True, axes=False),
        draws=Whole(3, also_bad=[0]),
        seed=Whole(0, also_bad=[2**32]),
    ),
    call("estimate_rates", matrix=Of(COUNTS.matrix()), level=Number(0.9, also_bad=[0, 1, 95])),
    call(
        "implied_timescales",
        states=Array(np.array([0, 1, 1, 0, 1]), ["a state"], integers=True, lazy=False, empty=True, axes=False),
        lags=Array(np.array([1, 2]), integers=True, empty=True, also_bad=[[0], [1, -2]]),
        frames=Array(np.arange(5), integers=True, lazy=False, optional=True, axes=False),
        n_states=Whole(2, ["a state is"], optional=True),
    ),
    call(
        "kl_nmf",
        x=Array(MATRIX, also_bad=[-MATRIX, MATRIX[:3]]),
        start=Of(FOUND, also_bad=[stat.pca(CENTRED, 2)]),
        tol=Number(1e-4, also_bad=[-1]),
        max_iter=Whole(20),
        progress=Called(),
    ),
    call(
        "link",
        positions=InOneTable(BY_FRAME, POSITIONS),
        rmax=Range(3.0),
        memory=LINKS["memory"],
        predict=Switch(True),
        progress=Called(),
    ),
    *(
        call(name, reference=Array(MATRIX[:3], empty=True), candidates=Array(MATRIX[:3] + 1, empty=True), **options)
        for name, options in (("match_components", {"either_sign": Switch(False)}), ("matching_signs", {}))
    ),
    call(
        "mean_squared_displacement",
        tracks=Of(TRACKS),
        max_lag=Whole(2, also_bad=[0, 10**9]),
        pixel_size=Number(2.0, also_bad=[0]),
    ),
    call("nearest_steps", positions=ByFrame(BY_FRAME, POSITIONS)),
    call(
        "neighbour_distances",
        function=lambda arrays: stat.neighbour_distances([POINTS, arrays]),
        arrays=Points(POINTS, lazy=False, empty=True),
    ),
    call("neighbour_distances", arrays=Of([POINTS])),
    call(
        "merge_atoms",
        function=lambda positions, size: stat.merge_atoms([POINTS, positions], size),
        positions=Points(POINTS, lazy=False, empty=True),
        size=Number(5.0, also_bad=[-1]),
    ),
    call(
        "find_defect_size",
        function=lambda positions, shape: stat.find_defect_size([POINTS, positions], shape),
        positions=Points(POINTS, lazy=False, empty=True),
        shape=Of((64, 64)),
    ),
    call(
        "find_vacancies",
        positions=Points(POINTS, lazy=False, empty=True),
        vectors=Array(np.array([[9.0, 0], [0, 9]])),
        strengths=Array(np.ones(len(POINTS)), optional=True),
    ),
    call("nfindr", low_rank=Of(LOW), n_endmembers=Whole(2, also_bad=[0, 10**6]), seed=SEED),
    call("nmf", **FACTOR, tol=Number(1e-3, also_bad=[-1]), max_iter=Whole(50, also_bad=[0]), progress=Called()),
    *(
        call(name, **FACTOR, repeats=Whole(1, also_bad=[0]), seed=SEED, progress=Called())
        for name in ("nmf_stability", "nmf_strength")
    ),
    call("normalize_image", image=Array(IMAGE, IMAGE_WORDS, axes=False, lazy=False)),
    call("otsu_threshold", values=Array(np.array([1.0, 2, 8, 9]))),
    call("pca", low_rank=Of(CENTRED), **COMPONENTS),
    call(
        "prediction_strength",
        scores=Array(MATRIX),
        **COMPONENTS,
        **COVARIANCE,
        starts=Whole(1, also_bad=[0]),
        repeats=Whole(1, also_bad=[0]),
        seed=SEED,
        progress=Called(),
    ),
    call(
        "prepare_image",
        image=Array(IMAGE, IMAGE_WORDS, axes=False),
        background=Switch(True, optional=True),
        line_jitter=Switch(True, optional=True),
        border=Switch(False, optional=True),
        dark=Switch(True, optional=True),
    ),
    call(
        "pure_spectra",
        spectra=Of(SPECTRA),
        n_endmembers=Whole(2, also_bad=[0, 10**6]),
        start_from=Word("vca"),
        smooth=Number(1.0, also_bad=[-1, 1e9]),
        seed=SEED,
    ),
    call("recentre_positions", images=IMAGES, positions=ByFrame(BY_FRAME, POSITIONS)),
    call(
        "register",
        movie=Array(STACK[..., 0], ["frame"], finite=False, lazy=False, rows=False),
        progress=Called(),
    ),
    call("remove_drift", positions=ByFrame(BY_FRAME, POSITIONS), drift=Array(np.ones((3, 2)))),
    call("scree", x=Array(MATRIX, ["values", "rows", "matrix"])),
    call("power_spectrum", image=Array(LATTICE, IMAGE_WORDS, axes=False)),
    call("find_reflections", spectrum=Of(SPECTRUM)),
    call(
        "find_lattice",
        image=Array(IMAGE, IMAGE_WORDS, axes=False, lazy=False),
        pixel_size=Number(0.02, also_bad=[0, -1]),
        unit=Text("nm"),
    ),
    call(
        "nearest_reflection",
        spectrum=Of(SPECTRUM),
        place=Array(np.array([0.01, 0.125])),
        within=Number(0.02, also_bad=[0, -1]),
    ),
    call(
        "lattice_waves",
        image=Array(LATTICE, IMAGE_WORDS, axes=False),
        reflections=Array(REFLECTIONS, ["reflection", "frequency"], also_bad=[REFLECTIONS[[0, 0]], REFLECTIONS * 5]),
        sigma=Number(10.0, optional=True, also_bad=[0, -1, 1.0, 1e9]),
        progress=Called(),
    ),
    call("strain_maps", waves=Of(WAVES), reference=Of((20, 40, 20, 50), optional=True, also_bad=[(0, 99, 0, 9)])),
    call("steady_region", waves=Of(WAVES)),
    call(
        "sliding_fft",
        image=Array(IMAGE, IMAGE_WORDS, axes=False, lazy=False),
        window=Whole(8, also_bad=[0, 100, (8, 100)], several=2),
        step=Whole(8, also_bad=[0, (1, 0)], several=2),
        zoom=Whole(2, also_bad=[0]),
        hamming=Switch(True),
        keep_mean=Switch(False),
        scale=Number(4.0, optional=True, also_bad=[0, -1.0]),
        progress=Called(),
    ),
    call("step_lengths", tracks=Of(TRACKS), pixel_size=Number(2.0, also_bad=[0])),
    call(
        "sum_transitions",
        trans_dict=Of(TRANSITIONS, ["trajector"], also_bad=[{"trajectories": [MATRIX], "frames": []}]),
        msize=Whole(3, ["class", "state"], also_bad=[0, 10**9]),
    ),
    call(
        "take_spectra",
        cube=Array(CUBE, ["value"], finite=False, lazy=False),
        mask=Array(CUBE.sum(axis=2) > 100, optional=True, integers=True, lazy=False, axes=True),
        signal_range=Given((1, 5), optional=True),
        binning=Whole(1, also_bad=[0, 10**6, (1, 1)], several=3),
        normalize=Switch(False),
        weighting=Word("poisson", optional=True),
        negative=Word("keep"),
        progress=Called(),
    ),
    call(
        "take_spectra", cube=Given(CUBE), signal_range=Pair((1, 5), optional=True, also_bad=[(1, 9), (-1, 4), (4, 4)])
    ),
    call(
        "unmix_nmf",
        spectra=Of(SPECTRA),
        low_rank=Of(LOW_OF_SPECTRA, also_bad=[LOW]),
        **COMPONENTS,
        loss=Word("frobenius"),
        start_from=Word("vca", optional=True),
        smooth=Number(1.0, also_bad=[-1, 1e9]),
        known=Array(CUBE[0, :1], optional=True, empty=True, also_bad=[-CUBE[0, :1], CUBE[0, :1, :3]]),
        sum_to_one=Switch(False),
        tol=Number(1e-3, also_bad=[-1]),
        max_iter=Whole(10),
        seed=SEED,
        progress=Called(),
    ),
    call(
        "update_classes",
        coordinates=ByFrame(BY_FRAME, POSITIONS),
        image=Array(STACK, ["intensit", "atoms"], finite=False, axes=False, lazy=False),
        method=Word("threshold"),
        thresh=Number(200.0),
        window_size=Whole(3, optional=True, also_bad=[0]),
        n_components=Whole(2, optional=True, also_bad=[0]),
        quantile=Number(0.25, also_bad=[0, 2]),
        coord_class=Number(0),
        random_state=SEED,
    ),
    call("vca", low_rank=Of(LOW), n_endmembers=Whole(2, also_bad=[0, 10**6]), seed=SEED),
    call("zoom_spectra", spectra=Array(IMAGE, axes=False, finite=False), factor=Whole(2, also_bad=[0, 10**6])),
    # Methods of results.
    of_result(
        FOUND,
        "shares",
        total=Number(1e4, also_bad=[0, -1]),
        weights=Array(np.arange(6.0), axes=False, also_bad=[-np.ones(6), np.ones(5)]),
    ),
    of_result(
        PLANES, "of", spots=Array(np.array([1, 0]), integers=True, empty=True, also_bad=[[0, 0], [0, 99], [0, -1]])
    ),
    of_result(PLANES, "in_unit", pixel_size=Number(0.02, also_bad=[0, -1]), unit=Text("nm")),
    of_result(FOUND, "reordered", order=Array(np.array([1, 0]), integers=True, also_bad=[[0, 0], [0, 2], [0, -1]])),
    of_result(
        FOUND, "arranged", arrangement=Array(np.array([2, -1]), integers=True, also_bad=[[0, 1], [1, 1], [1, 3]])
    ),
    of_result(FOUND, "flipped", signs=Array(np.array([1.0, -1]), also_bad=[[1, 2], [1, 0], [1, 1, 1]])),
    of_result(LOW, "require", **COMPONENTS, name=Given("n_components")),
    of_result(LOW, "in_memory"),
    of_result(LOW, "unweighted", components=Array(MATRIX[:2], finite=False, empty=True)),
    of_result(
        LOW,
        "smallest_error",
        n_components=Array(np.array([1, 2]), integers=True, axes=False, empty=True, also_bad=[7, [-1], 1.5]),
    ),
    of_result(TRACKS, "members", number=Whole(1, ["track"], also_bad=[10**6])),
    of_result(TRACKS, "track", number=Whole(1, also_bad=[10**6])),
    of_result(TRACKS, "at_least", length=Whole(2)),
    of_result(TRACKS, "to_dataframe"),
    of_result(UNMIXER.result_, "fit", number=Whole(1, also_bad=[20])),
    of_result(COUNTS, "matrix", reversible=Switch(False)),
    of_result(COUNTS, "dwell_times"),
    *[
        of_result(COUNTS.matrix(), name, level=Number(0.9, also_bad=[0, 1, 95]))
        for name in (
            "interval",
            "stationary_interval",
            "dwell_interval",
            "timescale_interval",
            "timescales_told",
        )
    ],
    of_result(GRID, "require", n_components=Whole(2, ["component"], also_bad=[0, 10**6])),
    of_result(
        GRID,
        "nearest",
        y=Array(np.array([3.0, 9]), axes=False, empty=True),
        x=Array(np.array([3.0, 9]), axes=False, empty=True),
    ),
    of_result(WINDOWS, "unfold", features=Array(WINDOWS.features, axes=False, finite=False, empty=True, lazy=False)),
    of_result(SPECTRA, "maps", loadings=Array(MATRIX[[*range(14), *range(6)]], axes=False, finite=False, lazy=False)),
    of_result(CROPS, "__getitem__", crops=Of(slice(0, 2))),
    call(
        "WindowGrid",
        image_shape=Given((32, 32)),
        window=Whole(8, also_bad=[0, 100], several=2),
        step=Whole(8, also_bad=[0], several=2),
    ),
    call("choose_window", lattice=Of(PLANES), image_shape=Pair((32, 32), ["the image"])),
    call("WindowGrid", image_shape=Pair((32, 32), ["the image"]), window=Given(8), step=Given(8)),
    # AtomAI's classes.
    call("imlocal.extract_subimages_", function=LOCAL.extract_subimages_),
    *(
        call(f"imlocal.{name}", function=getattr(LOCAL, name), **IN_LOCAL, **more)
        for name, more in (
            ("pca", {}),
            ("ica", {}),
            ("nmf", {"max_iterations": Whole(20, also_bad=[0])}),
            ("gmm", COVARIANCE),
            ("imblock_pca", {"marker_size": MARKER}),
            ("imblock_ica", {"marker_size": MARKER}),
            ("imblock_nmf", {"max_iterations": Whole(20, also_bad=[0]), "marker_size": MARKER}),
        )
    ),
    call(
        "imlocal.pca_gmm",
        function=LOCAL.pca_gmm,
        n_components_gmm=Whole(2, ["n_components"], also_bad=[0]),
        n_components_pca=Whole(1, ["components"], also_bad=[0, 10**6], several=2),
        plot_results=Switch(False),
        covariance_type=Word("diag", ["covariance"]),
        random_state=SEED,
    ),
    call("imlocal.pca_scree_plot", function=LOCAL.pca_scree_plot, plot_results=Switch(False)),
    call(
        "imlocal.pca_gmm_scree_plot",
        function=LOCAL.pca_gmm_scree_plot,
        n_components_gmm=Whole(2, ["n_components"], also_bad=[0]),
        covariance_type=Word("diag", ["covariance"]),
        random_state=SEED,
        plot_results=Switch(False),
    ),
    call(
        "imlocal.plot_decomposition_results",
        function=LOCAL.plot_decomposition_results,
        components=Array(STACK[:2, :6, :6], finite=False, lazy=False),
        X_vec_t=Array(MATRIX[:, :2], finite=False, lazy=False),
        image_hw=Array(np.array([32, 32]), integers=True, lazy=False),
        xy_centers=Array(MATRIX[:, :2], lazy=False),
        plot_loading_maps=Switch(True),
        marker_size=MARKER,
    ),
    call(
        "imlocal.get_trajectory",
        function=LOCAL.get_trajectory,
        coord_class_dict=ByFrame(BY_FRAME, POSITIONS),
        start_coord=Array(np.array([10.0, 10]), lazy=False),
        rmax=LINKS["rmax"],
        memory=LINKS["memory"],
    ),
    call(
        "imlocal.get_all_trajectories",
        function=LOCAL.get_all_trajectories,
        run_gmm=Switch(True),
        **LINKS,
        **COMPONENTS,
        **COVARIANCE,
        random_state=SEED,
    ),
    call(
        "imlocal.transition_matrix",
        function=LOCAL.transition_matrix,
        sum_all_transitions=Switch(True),
        normalize=Normalization("frame"),
        smooth=Number(1.0, also_bad=[-1, 1e9]),
        recentre=Switch(True),
        **LINKS,
        **COMPONENTS,
        **COVARIANCE,
        random_state=SEED,
    ),
    call(
        "imlocal.renumerate_classes",
        function=LOCAL.renumerate_classes,
        classes=Array(np.array([3.0, 7, 3]), empty=True),
    ),
    call(
        "SlidingFFTNMF",
        function=lambda **options: stat.SlidingFFTNMF(**options).analyze_image(IMAGE),
        **{
            f"window_{what}_{axis}": Whole(8, ["window", "step"], optional=True, also_bad=[0])
            for what in ("size", "step")
            for axis in "xy"
        },
        interpolation_factor=Whole(2, also_bad=[0, 10**6]),
        zoom_factor=Whole(2, also_bad=[0]),
        hamming_filter=Switch(True),
        components=Whole(2, also_bad=[0, 10**6]),
    ),
    call(
        "SlidingFFTNMF.make_windows",
        function=SLIDING.make_windows,
        image=Array(IMAGE, IMAGE_WORDS, axes=False, lazy=False),
    ),
    call("SlidingFFTNMF.process_fft", function=SLIDING.process_fft, windows=Array(SLIDING_WINDOWS[:3] * 1.0)),
    call(
        "SlidingFFTNMF.run_nmf",
        function=SLIDING.run_nmf,
        fft_results=Array(np.round(SLIDING_SPECTRA.astype(float)), ["values", "spectra", "matrix"]),
    ),
    call(
        "SlidingFFTNMF.analyze_image",
        function=SLIDING.analyze_image,
        image_input=Array(IMAGE, (*IMAGE_WORDS, "text does not exist"), axes=False, lazy=False),
        output_path=Given(None, optional=True),
    ),
    call(
        "SpectralUnmixer",
        function=lambda **options: stat.SpectralUnmixer(**options).fit(CUBE),
        method=Word("nmf"),
        **COMPONENTS,
        normalize=Switch(False),
        binning=Whole(1, also_bad=[0], several=3),
        random_state=Whole(1, optional=True),
        tol=Number(1e-3, also_bad=[-1]),
        max_iter=Whole(10),
        sum_to_one=Switch(False),
        loss=Word("frobenius", ["loss"]),
        known=Array(CUBE[0, :1], optional=True, empty=True, also_bad=[-CUBE[0, :1]]),
        negative=Word("keep"),
    ),
    call(
        "SpectralUnmixer",
        function=lambda **options: stat.SpectralUnmixer("gmm", 2, **options).fit(CUBE),
        pca_dims=Whole(3, also_bad=[0, 1.0, 10**6]),
        covariance_type=Word("full", ["covariance"]),
    ),
    call(
        "SpectralUnmixer",
        function=lambda **options: stat.SpectralUnmixer("gmm", 2, **options).fit(CUBE),
        pca_dims=Number(0.9, also_bad=[0, 1.5, -0.5]),
    ),
    call(
        "SpectralUnmixer.fit",
        function=UNMIXER.fit,
        hspy_data=Array(CUBE, ["cube", "value", "rows"], finite=False, lazy=False),
    ),
    call(
        "SpectralUnmixer.plot_results",
        function=UNMIXER.plot_results,
        x_axis_vals=Array(np.arange(6.0), optional=True, lazy=False),
        x_axis_units=Text("eV", optional=True),
        cmap=Text("seismic"),
        figsize=Array(np.array([3.0, 3]), optional=True, lazy=False, also_bad=[(0, 1)]),
    ),
    # Data.
    call(
        "Image",
        array=Array(IMAGE, ["image"], finite=False, lazy=False),
        name=Text("sample"),
        pixel_size=Number(0.1, optional=True, also_bad=[0, -1]),
        unit=Text("nm"),
        truth=Array(np.zeros((32, 32), int), integers=True, optional=True, lazy=False),
        atoms=Points(POINTS, POSITIONS, optional=True, lazy=False, empty=True, finite=False),
        channels=Array(STACK[0], optional=True, finite=False, lazy=False),
        source=Given(None),
        offset=Given((0.0, 1.0)),
        metadata=Given({}),
        whole=Given(None),
    ),
    call("Image", function=lambda offset: data.Image(IMAGE, pixel_size=0.1, offset=(0.0, offset)), offset=Number(1.0)),
    call(
        "Movie",
        frames=Array(STACK[..., 0], ["movie"], finite=False, lazy=False),
        name=Text("film"),
        pixel_size=Number(0.1, optional=True, also_bad=[0]),
        unit=Text("nm"),
        numbers=Array(np.array([0, 1, 2]), integers=True, optional=True, lazy=False),
        atoms=Given(BY_FRAME),
        truth=Given(None),
        source=Given(None),
        offset=Given((0.0, 1.0)),
        metadata=Given({}),
        whole=Given(None),
        remark=Given(""),
    ),
    call(
        "Movie",
        function=lambda atoms: data.Movie(STACK[..., 0], atoms={0: atoms}),
        atoms=Points(POINTS, POSITIONS, lazy=False, empty=True),
    ),
    call("Movie.__getitem__", function=FILM.__getitem__, index=Whole(1, ["place"], also_bad=[3, -1])),
    call(
        "Cube",
        array=Array(CUBE, ["spectrum image"], finite=False, lazy=False),
        name=Text("cube"),
        pixel_size=Number(0.1, optional=True, also_bad=[0]),
        unit=Text("nm"),
        energies=Array(np.arange(6.0), optional=True, lazy=False),
        energy_unit=Text("eV"),
        truth=Given(None),
        source=Given(None),
        offset=Given((0.0, 1.0)),
        metadata=Given({}),
        whole=Given(None),
    ),
    *(
        call(
            f"{name}.{method}",
            function=getattr(PICTURE, method),
            pixels=Array(np.arange(3.0), axes=False, finite=False, empty=True),
        )
        for name in ("Image", "Movie", "Cube")
        for method in ("along_y", "along_x")
    ),
    call(
        "calibrated", data=Of(PICTURE), pixel_size=Number(0.2, also_bad=[0, -1]), unit=Text("nm", also_bad=["", "px"])
    ),
    call("sampled", data=Of(PICTURE)),
    call(
        "with_findings",
        function=with_findings,
        data=Of(PICTURE),
        coordinates=Points(POINTS, ["positions"], optional=True, lazy=False, empty=True, finite=False),
        network_output=Given(None),
    ),
]


def name_figure(of: ModuleType) -> dict[str, Any]:
    return {name: getattr(of, name) for name in of.__all__ if not inspect.ismodule(getattr(of, name))}


def public() -> dict[str, Callable[..., Any]]:
    """All that is called: functions, what makes objects that are no results, and methods."""
    found = {}
    for name, value in {**name_figure(data), **name_figure(stat)}.items():
        if not inspect.isclass(value):
            found[name] = value
        elif not issubclass(value, Exception):
            if name not in RESULTS:
                found[name] = value
            for method, function in inspect.getmembers(value, callable):
                if (not method.startswith("_") or method == "__getitem__") and function is not type:
                    found[f"{name}.{method}"] = function
    return {name: value for name, value in found.items() if name not in OF_FILES}


RESULTS = {  # which functions make, not users
    "Atoms",
    "ChapmanKolmogorov",
    "Classes",
    "Crops",
    "CubeTruth",
    "Decomposition",
    "ImpliedTimescales",
    "Lattice",
    "LatticeWaves",
    "LowRank",
    "DefectSize",
    "MovieAtoms",
    "Objects",
    "MovieTruth",
    "Spectra",
    "PreparedImage",
    "Rates",
    "Spectrum",
    "StrainMaps",
    "Registration",
    "Tracks",
    "TransitionCounts",
    "TransitionMatrix",
    "Unmixing",
    "WindowChoice",
    "WindowSpectra",
}
OF_FILES = {"load", "load_image", "load_movie", "load_cube", "list_signals"}  # tests/data, and `test_loading_of_arrays`


def test_every_public_parameter_is_called():
    known = {}
    for one in CALLS:
        known.setdefault(one.name, set()).update(one.arguments)
    for name, function in public().items():
        parameters = inspect.signature(function).parameters
        free = {one.name for one in parameters.values() if one.kind is not inspect.Parameter.VAR_KEYWORD} - {"self"}
        assert free <= known.get(name, set()) if name in known else False, f"{name}: {free}"


def equal(first: Any, second: Any) -> bool:
    """Whether two results are the same, but for rounding."""
    if dataclasses.is_dataclass(first) and not isinstance(first, type):
        return type(first) is type(second) and all(
            equal(getattr(first, one.name), getattr(second, one.name)) for one in dataclasses.fields(first)
        )
    if isinstance(first, Mapping):
        return list(first) == list(second) and all(equal(first[key], second[key]) for key in first)
    if isinstance(first, (list, tuple)):
        return len(first) == len(second) and all(itertools.starmap(equal, zip(first, second, strict=True)))
    if isinstance(first, (np.ndarray, float, np.floating)):
        one, two = np.asarray(first), np.asarray(second)
        return one.shape == two.shape and np.allclose(one, two, rtol=1e-5, atol=1e-5, equal_nan=True)
    if type(first).__module__.startswith("dask"):
        return equal(np.asarray(first), np.asarray(second))
    try:
        return bool(first == second) or callable(first) or not hasattr(first, "__eq__")
    except ValueError:
        return True


def short(value: Any) -> str:
    return f"{type(value).__name__} {repr(value)[:80]}"


def complaint(one: Call, name: str, value: Any, *, bad: bool = True) -> str | None:
    """What is wrong with what a value ends in that is bad, or only odd."""
    try:
        result = one(**{name: value})
    except (TypeError, ValueError, IndexError) as error:
        words = [name, *one.arguments[name].words]
        told = str(error).lower().replace("_", " ")
        if any(word.lower().replace("_", " ") in told for word in words) and not isinstance(error, UnicodeError):
            return None
        return f"{one.name}({name}={short(value)}): {type(error).__name__} does not name it: {error}"
    except Exception as error:
        return f"{one.name}({name}={short(value)}): {type(error).__name__}: {error}"
    return f"{one.name}({name}={short(value)}) gave {short(result)}" if bad else None


def difference(one: Call, name: str, value: Any, expected: Any) -> str | None:
    """What is wrong with what a value gives that means the same as the good one."""
    try:
        result = one(**{name: value})
    except Exception as error:
        return f"{one.name}({name}={short(value)}): {type(error).__name__}: {error}"
    return None if equal(expected, result) else f"{one.name}({name}={short(value)}) gave {short(result)}"


@pytest.fixture(autouse=True)
def little_memory(monkeypatch):
    """Refuse large allocations, and show no figure."""
    for name in ("plot_components", "plot_loading_maps", "plot_unmixing"):
        monkeypatch.setattr(plots, name, lambda *arguments: None)
    before = resource.getrlimit(resource.RLIMIT_DATA)
    with open("/proc/self/statm") as file:
        used = int(file.read().split()[5]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_DATA, (used + ALLOCATION, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_DATA, before)


@pytest.mark.parametrize("one", CALLS, ids=lambda one: f"{one.name}-{'-'.join(one.arguments)[:40]}")
def test_bad_arguments_are_named_and_others_mean_the_same(one):
    expected = one()
    wrong = []
    for name, kind in one.arguments.items():
        wrong += [complaint(one, name, value) for value in kind.bad()]
        wrong += [complaint(one, name, value, bad=False) for value in kind.odd()]
        wrong += [difference(one, name, value, expected) for value in kind.same()]
    wrong = [words for words in wrong if words]
    assert not wrong, "\n" + "\n".join(wrong)


@pytest.mark.parametrize(
    ("load", "array"),
    [(data.load, IMAGE), (data.load_image, IMAGE), (data.load_movie, STACK[..., 0]), (data.load_cube, CUBE)],
)
def test_loading_of_arrays(load, array):
    kind = Array(array, finite=False, empty=True, axes=load is not data.load)
    for value in kind.bad():
        if not isinstance(value, str):  # a path
            with pytest.raises((TypeError, ValueError), match=r"loaded from|array[: ]"):
                load(value)
    for value in kind.same():
        if isinstance(value, np.ndarray):
            loaded = load(value)
            np.testing.assert_array_equal(loaded.frames if isinstance(loaded, data.Movie) else loaded.array, array)


def test_bad_frames_of_any_number():
    """What is read frame by frame, not as one array."""
    for frames in ([], np.empty((0, 9, 9)), {}, "text", 3, None):
        with pytest.raises((TypeError, ValueError), match="movie"):
            stat.find_movie_atoms(frames)
        with pytest.raises((TypeError, ValueError), match="movie"):
            stat.register(frames)
    for positions in (None, "text", 3, [["a"]], pd.DataFrame({"x": [1.0], "y": [2.0]})):
        with pytest.raises((TypeError, ValueError), match="positions"):
            stat.extract_movie_crops(STACK[..., 0].__getitem__, positions, 6)
        with pytest.raises((TypeError, ValueError), match=r"positions|points"):
            stat.link(positions, 3)


@pytest.mark.slow
@pytest.mark.parametrize("one", CALLS, ids=lambda one: f"{one.name}-{'-'.join(one.arguments)[:40]}")
def test_of_two_bad_arguments_one_is_named(one):
    bad = {name: values for name, kind in one.arguments.items() if (values := kind.bad())}
    rng = np.random.default_rng(0)
    for first, second in itertools.combinations(bad, 2):
        for _ in range(20):
            values = {name: bad[name][rng.integers(len(bad[name]))] for name in (first, second)}
            words = {word for name in values for word in (name, *one.arguments[name].words)}
            with pytest.raises((TypeError, ValueError, IndexError)) as caught:
                one(**values)
            told = str(caught.value).lower().replace("_", " ")
            assert any(word.lower().replace("_", " ") in told for word in words), f"{one.name}({values}): {told}"
