"""The error of a source that cannot be read."""


class ReadError(ValueError):
    """A source that holds nothing readable; the message names it and says why."""
