"""Frames for the socket of a kernel: messages, and what is near to one."""

import json
import random
import struct
import uuid
from collections.abc import Iterator
from typing import Any

V1 = "v1.kernel.websocket.jupyter.org"


def message(kind: str = "kernel_info_request", **changed: Any) -> dict[str, Any]:
    # Kernels refuse what they had before, so each has another number.
    number = uuid.uuid4().hex
    header = {"msg_id": number, "msg_type": kind, "session": "s", "username": "", "version": "5.4", "date": ""}
    return {"header": header, "parent_header": {}, "metadata": {}, "content": {}, "channel": "shell", **changed}


def parts_of(made: dict[str, Any]) -> list[bytes]:
    return [json.dumps(made[name]).encode() for name in ("header", "parent_header", "metadata", "content")]


def v1(parts: list[bytes], channel: bytes = b"shell") -> bytes:
    table = [8 * (len(parts) + 3)]
    for part in (channel, *parts):
        table.append(table[-1] + len(part))
    return struct.pack(f"<{len(table) + 1}Q", len(table), *table) + channel + b"".join(parts)


def legacy(parts: list[bytes]) -> bytes:
    table = [4 * (len(parts) + 1)]
    for part in parts[:-1]:
        table.append(table[-1] + len(part))
    return struct.pack(f"!{len(table) + 1}I", len(table), *table) + b"".join(parts)


def crafted() -> dict[str, tuple[str | None, str | bytes]]:
    """Frames made to do harm, by what they are: the protocol and the frame."""
    good = parts_of(message())
    nested = b"[" * 100_000 + b"]" * 100_000
    many = b"[" + b"[]," * 400_000 + b"1]"
    short = b'"a": [' + b"[]," * 320_000 + b"1]"

    def with_content(text: bytes) -> bytes:
        return v1([*good[:3], text])

    made = {
        "counts to 2^63": (V1, struct.pack("<Q", 2**63)),
        "counts to 2^64": (V1, struct.pack("<Q", 2**64 - 1) + bytes(64)),
        "table of its length": (V1, struct.pack("<Q", 2**17) + bytes(2**20)),
        "no parts": (V1, struct.pack("<Q", 0) + bytes(64)),
        "nothing": (V1, b""),
        "half a number": (V1, b"\1\0\0"),
        "text": (V1, json.dumps(message())),
        "three parts": (V1, v1(good[:3])),
        "falling offsets": (V1, struct.pack("<7Q", 6, 56, 70, 60, 80, 90, 100) + bytes(100)),
        "offsets outside": (V1, struct.pack("<7Q", 6, 56, 61, 2**40, 2**41, 2**42, 2**43) + bytes(100)),
        "end outside": (V1, struct.pack("<7Q", 6, 56, 61, 70, 80, 90, 2**60) + bytes(100)),
        "no channel": (V1, v1(good, b"brain")),
        "channel that is no text": (V1, v1(good, b"\xff\xfe")),
        "header that is no JSON": (V1, v1([b"{", *good[1:]])),
        "header that is a list": (V1, v1([b"[1]", *good[1:]])),
        "header without a type": (V1, v1([b'{"msg_id": "1"}', *good[1:]])),
        "type that is a list": (V1, v1([b'{"msg_id": "1", "msg_type": []}', *good[1:]])),
        "nested": (V1, with_content(b'{"a": ' + nested + b"}")),
        "nested a little": (V1, with_content(b'{"a":' * 60 + b"1" + b"}" * 60)),
        "many": (V1, with_content(b'{"a": ' + many + b"}")),
        "many in each part": (V1, v1([one.rstrip(b"}") + b"," * (one != b"{}") + short + b"}" for one in good])),
        "open strings": (V1, with_content(b'"' + b'\\"' * 400_000)),
        "long number": (V1, with_content(b'{"a": ' + b"9" * 900_000 + b"}")),
        "thousand buffers": (V1, v1(good + [b"x"] * 1000)),
        "legacy: 4 GB": (None, b"\x7f\xff\xff\xff" + bytes(8)),
        "legacy: less than none": (None, b"\xff\xff\xff\xff" + bytes(8)),
        "legacy: no parts": (None, bytes(12)),
        "legacy: nothing": (None, b""),
        "legacy: no text": (None, ""),
        "legacy: falling offsets": (None, struct.pack("!4I", 3, 40, 20, 10) + bytes(60)),
        "legacy: offsets outside": (None, struct.pack("!3I", 2, 12, 2**31) + bytes(60)),
        "legacy: no channel": (None, json.dumps(message(channel="brain"))),
        "legacy: a channel that is a list": (None, json.dumps(message(channel=[]))),
        "legacy: a number": (None, "1"),
        "legacy: no header": (None, json.dumps({"channel": "shell"})),
        "legacy: header that is a list": (None, json.dumps(message(header=[]))),
        "legacy: content that is a text": (None, json.dumps(message(content="x"))),
        "legacy: buffers in JSON": (None, json.dumps(message(buffers=[1, 2]))),
        "legacy: nested": (None, "[" * 100_000),
        "legacy: long": (None, json.dumps(message(content={"a": "x" * 5_000_000}))),
        "legacy: no number": (None, json.dumps(message(content={"a": float("nan")}))),
        "legacy: half a letter": (None, json.dumps(message(content={"a": "\ud800"}))),
        "half a letter": (V1, with_content(b'{"a": "\\ud800"}')),
        "no number": (V1, with_content(b'{"a": NaN}')),
    }  # fmt: skip
    return made


def near(chance: random.Random) -> Iterator[tuple[str | None, str | bytes]]:
    """Without end: messages that were cut, flipped, filled or shuffled, and noise."""
    kinds = ["kernel_info_request", "comm_info_request", "comm_msg", "comm_open", "comm_close", "execute_request"]
    values = [{}, [], "x", 1, None, {"comm_id": "1", "data": {}}, {"a": [1, {"b": 2}]}]
    while True:
        made = message(chance.choice(kinds), content=chance.choice(values))
        made["header"]["msg_id"] = str(chance.getrandbits(64))
        if chance.random() < 0.3:
            made[chance.choice(list(made))] = chance.choice(values)
        parts = parts_of(made) + [chance.randbytes(chance.randrange(50)) for _ in range(chance.randrange(3))]
        protocol = chance.choice([V1, None])
        channel = str(made["channel"]).encode()
        if protocol == V1:
            frame = v1(parts, channel)
        elif chance.random() < 0.5:
            yield None, json.dumps(made)[: chance.choice([None, chance.randrange(200)])]
            continue
        else:
            frame = legacy([json.dumps(made).encode(), *parts[4:]])
        frame = bytearray(frame)
        change = chance.random()
        if change < 0.2:
            del frame[chance.randrange(len(frame)) :]
        elif change < 0.5:
            for _ in range(chance.randrange(1, 8)):
                # numbers are in front: there a change does most
                frame[int(len(frame) * chance.random() ** 3)] = chance.randrange(256)
        elif change < 0.6:
            frame = bytearray(chance.randbytes(chance.randrange(200)))
        yield protocol, bytes(frame)
