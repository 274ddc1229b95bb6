"""The error of a source that cannot be read."""

import re


class ReadError(ValueError):
    """A source that holds nothing readable; the message names it and says why."""


def in_words(error: object) -> str:
    """What an error of a library says, in one line and without addresses of objects."""
    return " ".join(re.sub(r"<[^<>]* at 0x[0-9a-fA-F]+>", "an object", str(error)).split())
