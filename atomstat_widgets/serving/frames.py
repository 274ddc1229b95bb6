"""Frames that a page sends to its kernel, checked before anything else looks at them.

Jupyter's server believes what a frame says of itself: eight bytes that announce 2^63 parts make it count to there, with
nobody answered meanwhile. Both of its protocols are checked: `V1`, which pages of today speak, and the one without a
name, which is JSON or, with buffers, a table of offsets, JSON and the buffers.
"""

import json
import struct
import time
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

V1 = "v1.kernel.websocket.jupyter.org"

CHANNELS = ("shell", "control", "stdin", "iopub")
HEAD = 4  # parts of a message before its buffers: header, parent header, metadata, content

MOST_BUFFERS = 100  # pages send one a file
MOST_JSON = 1_000_000  # bytes of a part that is JSON; what is large is sent as buffers
MOST_NESTED = 50
MOST_VALUES = 20_000  # of a part that is JSON: reading many small ones takes long, and nobody is answered meanwhile

MOST_MESSAGES = 2_000  # at once; a page that comes up asks for each of its widgets
MESSAGES_A_SECOND = 200
MOST_BYTES = 256 * 2**20  # at once: a few uploads
BYTES_A_SECOND = 4 * 2**20


class BadFrame(ValueError):
    """A frame that no page sends; the message says why, in less than the 123 bytes that a socket can close with."""


class Allowance:
    """How much a kernel may be sent: much at once, and little for long.

    What it was sent and did not take yet is in the server's memory. So a kernel that is busy is granted nothing new.
    """

    def __init__(self) -> None:
        self._messages, self._bytes = float(MOST_MESSAGES), float(MOST_BYTES)
        self._since = time.monotonic()

    def take(self, size: int, busy: bool) -> None:
        """Take a message off.

        Parameters
        ----------
        size : int
            Bytes.
        busy : bool
            Whether the kernel is.

        Raises
        ------
        BadFrame
            There is nothing left.
        """
        now = time.monotonic()
        if not busy:
            self._messages = min(MOST_MESSAGES, self._messages + MESSAGES_A_SECOND * (now - self._since))
            self._bytes = min(MOST_BYTES, self._bytes + BYTES_A_SECOND * (now - self._since))
        self._since = now
        self._messages -= 1
        self._bytes -= size
        if self._messages < 0 or self._bytes < 0:
            raise BadFrame("too much at once: wait a minute")


def check_frame(frame: str | bytes, protocol: str | None) -> None:
    """Refuse what is not a message.

    Parameters
    ----------
    frame : str or bytes
        As it came.
    protocol : str, optional
        `V1`, or None for the one without a name.

    Raises
    ------
    BadFrame
        When it is none, is too large, or has too many parts or levels.
    """
    if protocol == V1:
        _check_v1(frame)
    elif isinstance(frame, bytes):
        offsets = [*_table(frame, "!I", least=1), len(frame)]  # the last part goes to the end
        (first,) = _first_parts(1, frame, offsets)
        _check_message(_json(first), buffers=False)
    else:
        _check_message(_json(frame), buffers=True)


def _check_v1(frame: str | bytes) -> None:
    if not isinstance(frame, bytes):
        raise BadFrame("text, where bytes are spoken")
    channel, *parts = _first_parts(1 + HEAD, frame, _table(frame, "<Q", least=1 + HEAD + 1))
    header, parent, metadata, content = (_json(part) for part in parts)
    _check_message(
        {
            "channel": channel.decode(errors="replace"), "header": header, "parent_header": parent,
            "metadata": metadata, "content": content,
        },
        buffers=False,
    )  # fmt: skip


def _table(frame: bytes, kind: str, least: int) -> Sequence[int]:
    """Offsets of the parts, behind their number, all of the same kind of integer."""
    size = struct.calcsize(kind)
    if len(frame) < size:
        raise BadFrame("shorter than a number")
    (number,) = struct.unpack_from(kind, frame)
    if not least <= number <= least + MOST_BUFFERS:
        raise BadFrame(f"{number} parts, and a message has {least} to {least + MOST_BUFFERS}")
    if len(frame) < size * (number + 1):
        raise BadFrame("its table is longer than the frame")
    return struct.unpack_from(f"{kind[0]}{number}{kind[1]}", frame, size)


def _first_parts(number: int, frame: bytes, offsets: Sequence[int]) -> list[bytes]:
    """Cut off the parts before the buffers, which are large and not looked at; each ends where the next begins."""
    if any(start > end for start, end in pairwise(offsets)) or offsets[-1] > len(frame):
        raise BadFrame("offsets that do not rise, or lie outside the frame")
    return [frame[start:end] for start, end in pairwise(offsets[: number + 1])]


def _json(text: str | bytes) -> Any:
    """Read JSON that is small, in every direction."""
    if len(text) > MOST_JSON:
        raise BadFrame(f"JSON of {len(text) / 1e6:.1f} MB, and {MOST_JSON / 1e6:.0f} are allowed")
    letters = text.encode(errors="replace") if isinstance(text, str) else text
    if sum(letters.count(sign) for sign in (b"[", b"{", b",")) > MOST_VALUES:
        raise BadFrame(f"JSON of more than {MOST_VALUES:,} values")
    try:
        value = json.loads(text, parse_constant=_no_constant)
        json.dumps(value, ensure_ascii=False).encode()  # halves of letters are read, and cannot be written again
    except RecursionError:
        raise BadFrame("JSON that is nested too deeply") from None
    except ValueError:
        raise BadFrame("not JSON where it should be") from None
    level = [value]
    for _ in range(MOST_NESTED):
        level = [
            child
            for one in level
            if isinstance(one, dict | list)
            for child in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            return value
    raise BadFrame("JSON that is nested too deeply")


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON, though Python reads it")


def _check_message(message: Any, buffers: bool) -> None:
    """Check that what is there has the kind that the protocol says; `buffers`: whether they would be in the JSON."""
    if not isinstance(message, dict):
        raise BadFrame("no message")
    header = message.get("header")
    if not isinstance(header, dict) or not isinstance(header.get("msg_type"), str):
        raise BadFrame("a message without a type")
    if not isinstance(header.get("msg_id"), str):
        raise BadFrame("a message without an id")
    for name in ("parent_header", "metadata", "content"):
        if not isinstance(message.get(name), dict):
            raise BadFrame(f"a message whose {name} is not one")
    if message.get("channel") not in CHANNELS:
        raise BadFrame("a channel that there is not")
    if buffers and message.get("buffers"):
        raise BadFrame("buffers in JSON")
