"""What went wrong, in words: one sentence for the user, and what a report of a bug needs."""

import os
import re
import traceback
from pathlib import Path

from traitlets import TraitError

EXPECTED = (ValueError, TypeError, TraitError, ConnectionError)  # whose messages are for the user


def in_words(error: BaseException) -> str:
    """What an exception tells the user, in one sentence without its full stop and without paths of the machine."""
    words = str(error) or type(error).__name__
    if isinstance(error, EXPECTED):
        return words
    if isinstance(error, MemoryError):
        return f"This needs more memory than there is. {error}".strip()
    why = getattr(error, "strerror", None)
    if found := re.search(r"errno = (\d+)", words):  # HDF5, among much else
        why = os.strerror(int(found[1]))
    if why:
        return f"A file cannot be written or read: {why[:1].lower()}{why[1:]}"
    if isinstance(error, KeyError):  # whose words are the key alone
        words = f"KeyError: {words}"
    return f"Unexpected failure: {words}"


def describe_failure(error: BaseException) -> str:
    """Kind, message and place of an exception, without the paths of the machine it happened on."""
    frames = traceback.extract_tb(error.__traceback__)
    places = (f"{Path(frame.filename).name}:{frame.lineno} in {frame.name}" for frame in frames)
    return "\n".join([f"{type(error).__name__}: {error}", *places])
