"""How a long computation reports where it is, and how it is stopped."""

from collections.abc import Callable

Progress = Callable[[float], object]
"""Called between chunks of work with the fraction done, 0 to 1. An exception it raises stops the computation."""


def unreported(fraction: float) -> None:
    """Report nothing: the default where nobody listens."""
