"""Frames from a page: a message is let through, and nothing else, whatever it says of itself."""

import itertools
import json
import random
from types import SimpleNamespace

import pytest
from jupyter_client.session import Session
from jupyter_server.services.kernels.connection.base import deserialize_binary_message, deserialize_msg_from_ws_v1
from made_frames import V1, crafted, legacy, message, near, parts_of, v1

from atomstat_widgets.serving import frames
from atomstat_widgets.serving.frames import Allowance, BadFrame, check_frame

CRAFTED = crafted()


@pytest.mark.parametrize("buffers", [[], [b""], [b"one", b"two" * 1000]])
def test_messages_are_let_through(buffers: list[bytes]) -> None:
    check_frame(v1(parts_of(message()) + buffers), V1)
    check_frame(legacy([json.dumps(message()).encode(), *buffers]), None)
    check_frame(json.dumps(message(buffers=[])), None)


@pytest.mark.parametrize("name", CRAFTED)
def test_what_is_none_is_refused_in_words(name: str) -> None:
    protocol, frame = CRAFTED[name]
    with pytest.raises(BadFrame) as refused:
        check_frame(frame, protocol)
    assert 0 < len(str(refused.value).encode()) <= 123  # as much as a socket can be closed with


@pytest.mark.parametrize("part", ["header", "parent_header", "metadata", "content"])
def test_many_small_values_are_refused(part: str) -> None:
    """Though each part is short enough."""
    many = json.loads("[" + "[]," * 320_000 + "1]")
    made = message()
    made[part] = {**made[part], "state": many}
    text = [one.replace(b", ", b",") for one in parts_of(made)]
    assert max(map(len, text)) == pytest.approx(960_000, abs=1000)
    with pytest.raises(BadFrame, match="JSON of more than 20,000 values"):
        check_frame(v1(text), V1)
    with pytest.raises(BadFrame, match="JSON of more than 20,000 values"):
        check_frame(json.dumps(made, separators=(",", ":")), None)


def test_the_state_of_a_large_widget_is_let_through() -> None:
    state = {"value": [0.123456789 * number for number in range(5000)], "_dom_classes": []}
    content = {"comm_id": "1", "data": {"method": "update", "state": state, "buffer_paths": [["a"], ["b", 1]]}}
    made = message("comm_msg", content=content)
    check_frame(v1([*parts_of(made), b"buffer"]), V1)
    check_frame(json.dumps(made), None)


def test_what_passes_is_read_by_jupyter_as_it_was_checked() -> None:
    session, sent = Session(), []
    stream = SimpleNamespace(send_multipart=lambda parts, **_: sent.append(parts), io_loop=None)
    passed = 0
    for protocol, frame in itertools.islice(near(random.Random(0)), 10_000):
        try:
            check_frame(frame, protocol)
        except BadFrame:
            continue
        passed += 1
        if protocol == V1:
            channel, parts = deserialize_msg_from_ws_v1(frame)
            assert channel in {"shell", "control", "stdin", "iopub"}
            assert all(isinstance(json.loads(part), dict) for part in parts[:4])
        else:
            read = deserialize_binary_message(frame) if isinstance(frame, bytes) else json.loads(frame)
            session.send(stream, read)
    assert 1_000 < passed < 9_000


def test_much_is_allowed_at_once_and_little_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(frames.time, "monotonic", lambda: now)
    allowance = Allowance()
    for _ in range(frames.MOST_MESSAGES):
        allowance.take(0, busy=False)
    with pytest.raises(BadFrame, match="too much at once"):
        allowance.take(0, busy=False)
    now = 1.0
    for _ in range(frames.MESSAGES_A_SECOND - 1):
        allowance.take(0, busy=False)
    now = 1000.0
    allowance.take(60 * 2**20, busy=False)
    with pytest.raises(BadFrame, match="too much at once"):
        allowance.take(frames.MOST_BYTES, busy=False)


def test_a_busy_kernel_is_granted_nothing_new(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it does not take stays in the memory of the server."""
    now = 0.0
    monkeypatch.setattr(frames.time, "monotonic", lambda: now)
    allowance = Allowance()
    for _ in range(4):
        now += 60
        allowance.take(64 * 2**20, busy=True)
    now += 1000
    with pytest.raises(BadFrame, match="too much at once"):
        allowance.take(1, busy=True)
