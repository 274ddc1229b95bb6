"""Damage good files in ways that a seed decides, and see what opening each of them comes to.

Run as a program, ``python tests/fuzzing.py --count 500``, it counts by format how the openings ended. Good files are
those of `made_files` and, where they are installed or named by ``--folder``, the real ones of RosettaSciIO's tests.
"""

import argparse
import random
import struct
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import made_files

from atomstat_widgets.data import Movie, ReadError
from atomstat_widgets.data.guarded.opening import Opening
from atomstat_widgets.data.readers.images import OWN_PLUGINS

SECONDS = 5.0  # in which an opening ends
LATE = 3.0  # more that it may take, on a machine that does other things too
LONGEST_SENTENCE = 400
LARGEST = 300_000  # bytes of a real file
_COUNTS = (0, 1, 0x7F, 0xFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 2**63 - 1, 2**64 - 1)
OUTCOMES = ("opened", "refused", "timed out", "crashed")


def good_files(folder: Path, *, real: Path | None = None) -> list[Path]:
    """Files to damage: made in a folder, and real ones of another."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of RosettaSciIO's writers
        for name, make in made_files.MAKERS.items():
            make(folder / name)
    made = [folder / name for name in made_files.MAKERS]
    found = sorted(real.rglob("*")) if real is not None else []
    known = known_suffixes()
    return made + [
        path for path in found
        if path.suffix.lower() in known and path.is_file() and 0 < path.stat().st_size < LARGEST
    ]  # fmt: skip


def known_suffixes() -> set[str]:
    """What the names of files end with that are read."""
    from rsciio import IO_PLUGINS

    return {f".{one.lower()}" for plugin in (*IO_PLUGINS, *OWN_PLUGINS) for one in plugin["file_extensions"]}


def real_files() -> Path | None:
    """Folder of RosettaSciIO's test files, which are not in every installation of it."""
    import rsciio

    folder = Path(rsciio.__file__).parent / "tests" / "data"
    return folder if folder.is_dir() else None


def damaged(content: bytes, chance: random.Random, other: bytes) -> bytes:
    """Content with one damage or a few; `other` is that of another file."""
    data = bytearray(content)
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        if not data:
            break
        # What tells how the rest is to be read mostly stands in front.
        place = chance.randrange(min(len(data), chance.choice((64, 512, len(data)))))
        length = min(chance.choice((1, 2, 4, 8, 64, 512)), len(data) - place)
        match chance.choice((0, 1, 2, 2, 3, 4, 5, 5, 5, 6, 6, 7, 8)):
            case 0:  # cut
                del data[place:]
            case 1:  # a piece is gone
                del data[place : place + length]
            case 2:  # a bit
                data[place] ^= 1 << chance.randrange(8)
            case 3:
                data[place : place + length] = bytes((chance.choice((0, 0xFF)),)) * length
            case 4:  # noise
                data[place : place + length] = chance.randbytes(length)
            case 5:  # large counts
                form = chance.choice("<>") + chance.choice("BHIQ")
                put(data, place, form, chance.choice(_COUNTS))
            case 6:  # an offset that points back, to itself or anywhere
                put(
                    data,
                    place,
                    chance.choice("<>") + chance.choice("HIQ"),
                    chance.choice((0, place, 8, len(data) // 2)),
                )
            case 7:  # a piece again and again
                data[place:place] = data[place : place + length] * chance.choice((1, 10, 200))
            case 8:  # two files in one
                data = data[:place] + other[chance.randrange(len(other) or 1) :]
    return bytes(data)


def put(data: bytearray, place: int, form: str, number: int) -> None:
    """Write a number over what stands at a place."""
    size = struct.calcsize(form)
    place = max(0, min(place, len(data) - size))
    data[place : place + size] = struct.pack(form, number & (2 ** (8 * size) - 1))


def damaged_files(good: list[Path], count: int, seed: int, folder: Path) -> Iterator[Path]:
    """Write damaged files, of each good one in turn; a raw file beside it stays whole or is damaged too."""
    contents = {path: path.read_bytes() for path in good}
    for number in range(count):
        chance = random.Random(f"{seed} {number}")
        path = good[number % len(good)]
        place = folder / f"{seed}-{number}"
        place.mkdir()
        bad = place / path.name
        companion = path.with_suffix(".raw")
        content = contents[path]
        if companion.is_file():
            raw = companion.read_bytes()
            (place / companion.name).write_bytes(damaged(raw, chance, content) if chance.random() < 0.3 else raw)
        bad.write_bytes(damaged(content, chance, contents[chance.choice(good)]))
        yield bad


def outcome(path: Path, seconds: float = SECONDS) -> tuple[str, str]:
    """How opening a file ends, and in which words; what is wrong with that begins with an exclamation mark."""
    began = time.monotonic()
    opening = Opening(path, seconds=seconds)
    try:
        data = opening.load()
        if isinstance(data, Movie):
            for index in (0, len(data) - 1):
                data[index]
        return "opened", ""
    except (ReadError, ValueError, MemoryError) as error:
        words, wrong = str(error), faults(error, path)
        if time.monotonic() - began > 3 * (seconds + LATE):
            wrong.append("it took longer than its limit")
        how = "timed out" if "it took longer than" in words else "crashed" if "crashed" in words else "refused"
        return how, f"! {', '.join(wrong)}: {words}" if wrong else words
    except Exception as error:
        return "refused", f"! foreign {type(error).__name__}: {error}"
    finally:
        opening.end()


def faults(error: Exception, path: Path) -> list[str]:
    """What is wrong with the words of an error."""
    words = str(error)
    wrong = {
        "several lines": "\n" in words,
        f"{len(words)} characters": len(words) > LONGEST_SENTENCE,
        "the file is not named": path.name not in words,
        "a folder of the server": str(path.parent) in words or "/site-packages" in words or sys.prefix in words,
        "a traceback": "Traceback" in words,
        "an object": "<traitlets" in words or " object at 0x" in words,
    }
    return [what for what, is_so in wrong.items() if is_so]


def report(results: Iterable[tuple[Path, str, str]]) -> tuple[str, list[str]]:
    """Table of how many openings of each format ended how, and what was wrong."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    wrong = []
    for path, how, words in results:
        counts[path.suffix.lower()][how] += 1
        if words.startswith("!"):
            wrong.append(f"{path}: {words}")
    lines = [f"{'format':10}" + "".join(f"{how:>10}" for how in OUTCOMES)]
    lines += [f"{suffix:10}" + "".join(f"{by[how]:10}" for how in OUTCOMES) for suffix, by in sorted(counts.items())]
    total = sum(counts.values(), Counter())
    lines.append(f"{'together':10}" + "".join(f"{total[how]:10}" for how in OUTCOMES))
    return "\n".join(lines), wrong


_HERE = """
import sys
from atomstat_widgets.data import Movie, ReadError, load
for name in sys.stdin.read().splitlines():
    print(name, flush=True)
    try:
        data = load(name)
        if isinstance(data, Movie):
            data[0], data[len(data) - 1]
    except (ReadError, ValueError, MemoryError):
        pass
print("done", flush=True)
"""


def ends_its_process(paths: list[Path], seconds: float) -> list[str]:
    """Files at which a process ends, raises or does not go on that opens them itself, one after the other."""
    ended, left = [], list(paths)
    while left:
        names = "\n".join(map(str, left))
        reading = subprocess.Popen(
            [sys.executable, "-c", _HERE], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        try:
            told, trouble = reading.communicate(names, timeout=seconds)
        except subprocess.TimeoutExpired:
            reading.kill()
            told, trouble = reading.communicate()
            trouble = "it does not go on"
        begun = told.splitlines()
        if begun and begun[-1] == "done":
            break
        if not begun:
            raise RuntimeError(trouble)
        ended.append(f"{begun[-1]}: {trouble.strip()[-300:] or f'ended by {reading.returncode}'}")
        left = left[len(begun) :]
    return ended


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--folder", type=Path, default=real_files(), help="of real files, to be damaged too")
    parser.add_argument("--words", action="store_true", help="print what is said of each file")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        (made := Path(place, "good")).mkdir()
        results = []
        for path in damaged_files(good_files(made, real=chosen.folder), chosen.count, chosen.seed, Path(place)):
            how, words = outcome(path, chosen.seconds)
            results.append((path, how, words))
            if chosen.words or how in ("timed out", "crashed"):
                print(path.relative_to(place), how, words, flush=True)
        table, wrong = report(results)
        print(table, *wrong, sep="\n")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
