"""What a thread changes itself, told from what another changes at the same time."""

from threading import get_ident


class OwnChanges:
    """Marks changes that are no wish of the user's, such as showing a result, as long as the thread is inside.

    It is true in the threads that are inside only: what the user does meanwhile comes in another one, and counts.
    """

    def __init__(self) -> None:
        self._inside: list[int] = []  # threads, each as often as it is inside

    def __enter__(self) -> None:
        self._inside.append(get_ident())

    def __exit__(self, *exception: object) -> None:
        self._inside.remove(get_ident())

    def __bool__(self) -> bool:
        return get_ident() in self._inside
