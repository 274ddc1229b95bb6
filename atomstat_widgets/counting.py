"""Numbers of things, and times, in words."""

from collections.abc import Sequence

NAMED = 5  # numbers that are listed


def count_of(number: int, one: str, many: str = "") -> str:
    """Words for a number of things: '1 class', '4 classes', '2,431 atoms'.

    Parameters
    ----------
    number : int
    one : str
        What a thing is called.
    many : str
        What several are called, where that is not `one` with an s.
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def listed(numbers: Sequence[int]) -> str:
    """The first few of some numbers: '2, 5, 8', '0, 1, 2, 3, 4, ...'."""
    return ", ".join(map(str, numbers[:NAMED])) + (", ..." if len(numbers) > NAMED else "")


def duration(seconds: float) -> str:
    """Readable time: '85 ms', '1.4 s'."""
    return f"{1000 * seconds:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
