"""What public functions are given: one door for arrays, one for numbers, and those for words, switches and results.

A door returns what it lets in, in the type that the function works with, and otherwise raises a TypeError or ValueError
that names the argument. Nothing is changed without a word: a mask, an imaginary part, names of columns are refused
where they cannot be heeded.
"""

import math
import numbers
import operator
import reprlib
from collections.abc import Callable, Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray

LARGEST = 2**53  # of whole numbers: beyond, sums with others would overflow, and no float holds them all
FLOATING = "floating"  # of `array_of`: float32 stays, all others become float64


def in_blocks(array: Any) -> bool:
    """Whether an array is one of dask or Zarr."""
    return type(array).__module__.partition(".")[0] in ("dask", "zarr") and hasattr(array, "chunks")


def array_of(
    value: Any,
    name: str,
    *shapes: str,
    dtype: Any = None,
    empty: bool = True,
    finite: bool = False,
    minimum: float | None = None,
    stored: bool = False,
) -> Any:
    """Array of real numbers.

    Parameters
    ----------
    value : array or nested sequence of numbers
        One of dask or Zarr is taken into memory, unless it is `stored`.
    name : str
        Of the argument, for errors.
    *shapes : str
        Shapes that it may have, in words such as ``"(rows, columns)"``; any by default.
    dtype : dtype or FLOATING, optional
        To convert to; by default numbers stay what they are, in the byte order of the machine.
    empty : bool
        Whether there may be no numbers.
    finite : bool
        Refuse NaN, infinity and what has no finite square, which is a look at all numbers.
    minimum : float, optional
        Refuse numbers below, which is another.
    stored : bool
        Leave what has a shape and a dtype, such as an array of dask or a data set of HDF5, where and what it is: only
        these two are looked at.

    Raises
    ------
    TypeError
        It holds anything but real numbers, or is sparse.
    ValueError
        It is masked, ragged, of another shape, or one that dask does not know, or holds other numbers than asked for.
    """
    _refuse_masked(value, name)
    if hasattr(value, "toarray"):
        raise TypeError(f"{name} must not be sparse, got {type(value).__name__}: its method toarray makes it an array")
    there = stored and hasattr(value, "shape") and isinstance(getattr(value, "dtype", None), np.dtype)
    there = there and not isinstance(value, np.ma.MaskedArray)
    array = value if there else _numpy(value, name)
    _require_real(array.dtype, name)
    _require_shape(array.shape, name, shapes, empty)
    if there:
        return array
    if dtype is FLOATING:
        dtype = np.float32 if array.dtype == np.float32 else np.float64
    array = _convert(array, array.dtype.newbyteorder("=") if dtype is None else np.dtype(dtype), name)
    if finite:
        require_finite(array, name)
    if minimum is not None and array.size and (lowest := array.min()) < minimum:
        count = int((array < minimum).sum())
        raise ValueError(
            f"{name} must not be below {minimum:g}: {count} of {array.size} values are, the lowest {lowest:g}"
        )
    return array


def whole_array_of(value: Any, name: str, *, minimum: int = -LARGEST, maximum: int = LARGEST) -> NDArray[np.intp]:
    """Array (n,) of whole numbers, which may be floats.

    Raises
    ------
    TypeError, ValueError
        See `array_of`; a number is not whole, or out of range.
    """
    _refuse_masked(value, name)
    array = _numpy(value, name)
    if array.ndim == 1 and array.size == 0:
        return np.empty(0, np.intp)
    if array.ndim != 1 or array.dtype.kind not in "iuf" or not (array == np.floor(array)).all():
        raise ValueError(f"{name} are whole numbers (n,), got {array.dtype} of shape {array.shape}")
    lowest, highest = array.min(), array.max()
    if lowest < minimum or highest > maximum:
        number = lowest if lowest < minimum else highest
        raise ValueError(f"{name} are {_between(minimum, maximum, number=number)}, got {number}")
    return array.astype(np.intp)


def require_finite(array: NDArray[Any], name: str) -> None:
    """Refuse NaN, infinity, and what is too large to be squared and summed; say how many there are, and where."""
    if array.dtype.kind != "f":
        return
    most = np.finfo(array.dtype).max
    if array.dtype.itemsize > 2:  # half precision is computed with in another
        most = np.sqrt(most) / array.dtype.type(1e6)
    bad = ~(np.abs(array) <= most)  # which NaN is not
    count = int(bad.sum())
    if count:
        first = ", ".join(str(int(index)) for index in np.unravel_index(int(bad.argmax()), array.shape))
        what = "too large to be squared" if np.isfinite(array).all() else "NaN or infinite"
        raise ValueError(f"{name} must be finite: {count} of {array.size} values are {what}, first [{first}]")


def number_of(
    value: Any,
    name: str,
    *,
    minimum: float = -math.inf,
    maximum: float = math.inf,
    above: float = -math.inf,
    below: float = math.inf,
    words: str = "",
) -> float:
    """Finite real number.

    Parameters
    ----------
    value : float, int, or what NumPy has like them
    name : str
        Of the argument, for errors.
    minimum, maximum, above, below : float
        Limits, the first two included.
    words : str, optional
        What it is instead of within these limits, to follow on "is".

    Raises
    ------
    TypeError
        It is no real number; bool is none.
    ValueError
        It is not finite, or out of range.
    """
    value = _scalar(value)
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise TypeError(f"{name} is {words or 'a number'}, got {reprlib.repr(value)}")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if math.isfinite(number) and minimum <= number <= maximum and above < number < below:
        return number
    words = words or _between(minimum, maximum, above, below) or "finite"
    raise ValueError(f"{name} is {words}, got {value}")


def whole_of(value: Any, name: str, *, minimum: int = -LARGEST, maximum: int = LARGEST, words: str = "") -> int:
    """Whole number, as what counts or is counted.

    Parameters
    ----------
    value : int, or what Python takes as an index
        A float is none, even if it is whole.
    name : str
        Of the argument, for errors.
    minimum, maximum : int
        Limits, both included.
    words : str, optional
        What it is instead of within these limits, to follow on "is".

    Raises
    ------
    TypeError
        It is no whole number; bool is none.
    ValueError
        It is out of range.
    """
    try:
        number = operator.index(value)
    except TypeError:
        number = None
    if number is None or isinstance(_scalar(value), bool):
        raise TypeError(f"{name} is {words or 'a whole number'}, got {reprlib.repr(value)}")
    if minimum <= number <= maximum:
        return number
    raise ValueError(f"{name} is {words or _between(minimum, maximum, number=number)}, got {reprlib.repr(number)}")


def seed_of(value: Any, name: str) -> int:
    """Seed of random numbers, which is what NumPy and scikit-learn both take."""
    return whole_of(value, name, minimum=0, maximum=2**32 - 1)


def word_of(value: Any, name: str, words: Collection[str | None]) -> Any:
    """One of several words, of which None may be one.

    Raises
    ------
    ValueError
        It is another, or no word.
    """
    if (value is None or isinstance(value, str)) and value in words:
        return value
    known = " or ".join(map(repr, words)) if len(words) == 2 else f"one of {', '.join(map(str, words))}"
    raise ValueError(f"{name} is {known}, got {reprlib.repr(value)}")


def switch_of(value: Any, name: str) -> bool:
    """True or False, or 1 or 0.

    Raises
    ------
    TypeError
        It is anything else, which Python would take as true or false all the same.
    """
    value = _scalar(value)
    if isinstance(value, int) and value in (0, 1):
        return bool(value)
    raise TypeError(f"{name} is True or False, got {reprlib.repr(value)}")


def instance_of(value: Any, name: str, *kinds: type) -> Any:
    """Value of one of these types.

    Raises
    ------
    TypeError
        It is of another.
    """
    if not isinstance(value, kinds):
        raise TypeError(f"{name} is of type {' or '.join(one.__name__ for one in kinds)}, got {type(value).__name__}")
    return value


def progress_of(value: Any) -> Callable[[float], Any]:
    """What is called with the fraction done.

    Raises
    ------
    TypeError
        It cannot be called.
    """
    if not callable(value):
        raise TypeError(f"progress is called with the fraction done, and {type(value).__name__} cannot be called")
    called: Callable[[float], Any] = value
    return called


def _scalar(value: Any) -> Any:
    """Value of an array without axes, or of a NumPy bool, as a number of Python; others as they are."""
    plain = isinstance(value, np.bool_) or (isinstance(value, np.ndarray) and value.ndim == 0)
    return value.item() if plain and not isinstance(value, np.ma.MaskedArray) else value


def _between(
    minimum: float, maximum: float, above: float = -math.inf, below: float = math.inf, number: float = 0
) -> str:
    """Limits in words, but for those of all whole numbers, unless a number is beyond."""
    least, most = (-math.inf, math.inf) if abs(number) > LARGEST else (-LARGEST, LARGEST)
    known = [
        words
        for words, limits in (
            (f"at least {minimum:.16g}", least < minimum),
            (f"above {above:g}", above > -math.inf),
            (f"at most {maximum:.16g}", maximum < most),
            (f"below {below:g}", below < math.inf),
        )
        if limits
    ]
    return " and ".join(known)


def _numpy(value: Any, name: str) -> NDArray[Any]:
    try:
        return np.asarray(value)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must be an array of numbers, whose parts are equally long") from error


def _refuse_masked(value: Any, name: str) -> None:
    """Refuse masked values, whose mask would be lost, on their own, in a sequence, or in an array of dask."""
    if isinstance(value, (list, tuple)):
        for one in value:
            _refuse_masked(one, name)
    elif isinstance(value, np.ma.MaskedArray) and (count := int(np.ma.getmaskarray(value).sum())):
        raise ValueError(
            f"{name} must not be masked, and {count} of {value.size} values are: fill them, or set them to NaN where "
            "those are left out"
        )
    elif isinstance(getattr(value, "_meta", None), np.ma.MaskedArray):
        raise ValueError(f"{name} must not be masked: fill it first, by dask.array.ma.filled")


def _require_real(dtype: np.dtype[Any], name: str) -> None:
    if dtype.kind == "c":
        raise TypeError(f"{name} must be real, got complex numbers ({dtype}): take the magnitude or real part first")
    if dtype.names is not None:
        raise TypeError(f"{name} must be an array without named fields, got {', '.join(dtype.names)}: choose of them")
    if dtype.kind not in "buif":
        raise TypeError(f"{name} must be an array of real numbers, got dtype {dtype}")


def _require_shape(shape: tuple[int, ...], name: str, shapes: tuple[str, ...], empty: bool) -> None:
    if shapes and any(side != side for side in shape):  # NaN, in dask
        raise ValueError(f"{name} must have a known shape, got {shape}: its method compute_chunk_sizes finds it out")
    axes = [len(one.replace(",)", ")").split(",")) for one in shapes]
    if (shapes and len(shape) not in axes) or (not empty and 0 in shape):
        raise ValueError(f"{name} must have shape {' or '.join(shapes)}, got shape {shape}")


def _convert(array: NDArray[Any], dtype: np.dtype[Any], name: str) -> NDArray[Any]:
    try:
        with np.errstate(over="raise"):
            return array.astype(dtype, copy=False)
    except FloatingPointError:
        raise ValueError(f"{name} must fit {dtype}, and holds larger numbers") from None
