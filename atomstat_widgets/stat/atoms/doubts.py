"""What is in doubt about atoms that were found, in words."""

from typing import Any


def doubt_of(*_: Any) -> str:
    """Nothing yet."""
    return ""
