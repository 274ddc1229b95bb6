"""Files that the page sends in pieces."""

from pathlib import Path

import pytest
from sent import messages, send

from atomstat_widgets import App
from atomstat_widgets.panels.uploads import Uploads

CONTENT = bytes(range(250)) * 10


def test_pieces_become_the_file_again() -> None:
    uploads = Uploads()
    come = [uploads.take(told, part) for told, part in messages("a.npy", CONTENT, piece=1000)]
    assert come[:3] == [0, 0.4, 0.8]
    assert come[3].read_bytes() == CONTENT
    assert come[3].name == "a.npy"
    assert uploads.holds(come[3])
    uploads.forget(come[3])
    assert list(uploads.folder.iterdir()) == []


def test_an_empty_file_needs_no_piece() -> None:
    uploads = Uploads()
    (come,) = (uploads.take(told, part) for told, part in messages("a.npy", b""))
    assert isinstance(come, Path)
    assert come.read_bytes() == b""


@pytest.mark.parametrize("order", [(0, 2), (0, 1, 1), (0, 1, 3)])
def test_a_piece_that_is_missing_ends_it(order: tuple[int, ...]) -> None:
    uploads = Uploads()
    sent = list(messages("a.npy", CONTENT, piece=1000))
    *good, bad = order
    for number in good:
        uploads.take(*sent[number])
    with pytest.raises(ValueError, match=r"^a\.npy did not come whole: send it again$"):
        uploads.take(*sent[bad])
    assert list(uploads.folder.iterdir()) == []


def test_more_than_was_said_ends_it() -> None:
    uploads = Uploads()
    uploads.take({"upload": 1, "name": "a.npy", "size": 3}, b"")
    with pytest.raises(ValueError, match="did not come whole"):
        uploads.take({"upload": 1, "start": 0}, b"four")


def test_another_file_takes_the_place_of_one_that_comes() -> None:
    uploads = Uploads()
    (first, _), (piece, part), *_ = messages("a.npy", CONTENT, piece=1000)
    uploads.take(first, b"")
    *_, come = [uploads.take(told, some) for told, some in messages("b.npy", b"other")]
    assert uploads.take(piece, part) is None
    assert come.read_bytes() == b"other"
    assert len(list(uploads.folder.iterdir())) == 1


def test_a_file_that_comes_is_given_up() -> None:
    app = App()
    (first, _), (piece, part), *rest = messages("a.npy", CONTENT, piece=1000)
    app.open_bar.receive(first, b"")
    assert app.open_bar.words.value == "Uploading a.npy…"
    assert app.open_bar.switch.value
    app.open_bar.receive(piece, part)
    assert app.open_bar.words.value == "Uploading a.npy: 40%"
    app.open_bar.cancel.click()
    assert app.open_bar.words.value == "a.npy: cancelled"
    for told, some in rest:
        app.open_bar.receive(told, some)
    assert app.open_bar.words.value == "a.npy: cancelled"
    send(app, "a.npy", b"")
    assert "a.npy is empty" in app.open_bar.words.value
