"""The command line: ``atomstat [FILE]`` serves the app, ``atomstat run ANALYSIS FILE`` computes without a page."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from atomstat_widgets.data import load, load_image
from atomstat_widgets.data.loading import LOADERS
from atomstat_widgets.stat.progress import Progress
from atomstat_widgets.stat.sliding_fft_nmf import EXTRA_RANK


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments; those of the process by default.

    Returns
    -------
    int
        0, or 2 when the arguments or the file are at fault; the reason is then on standard error.
    """
    argv = list(sys.argv[1:] if argv is None else argv)
    try:
        if argv[:1] == ["run"]:
            _run(_run_parser().parse_args(argv[1:]))
        else:
            _serve(_serve_parser().parse_args(argv))
    except (ValueError, TypeError, OSError) as error:
        sys.stderr.write(f"atomstat: {error}\n")
        return 2
    return 0


def _serve_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="atomstat",
        description="Serve the app on this machine, with an image, a movie, a spectrum image or the embedded samples.",
        epilog="Without a page: atomstat run sliding-fft FILE --out result.npz (see atomstat run --help).",
    )
    parser.add_argument(
        "file", nargs="?", metavar="FILE",
        help="image (npy, tif, png, dm3, dm4, emd, ...), movie (tif stack, npy, folder of images) or spectrum image "
        "(hspy, dm4, emd, npy with --kind cube, ...) to open",
    )  # fmt: skip
    parser.add_argument(
        "--kind", choices=LOADERS, help="take the file as this; an array of three axes is a movie unless told otherwise"
    )
    parser.add_argument("--signal", metavar="NAME", help="of a file with several signals, the number or title of one")
    parser.add_argument("--port", type=int, default=8866, help="port on 127.0.0.1; the next free one when it is taken")
    parser.add_argument("--no-browser", action="store_true", help="print the address and open no browser")
    return parser


def _serve(arguments: argparse.Namespace) -> None:
    from atomstat_widgets.serve import serve

    chosen = {"kind": arguments.kind, "signal": arguments.signal}
    if arguments.file is not None:
        load(arguments.file, **chosen)  # what cannot be read is said here, before a server is started for it
    elif any(chosen.values()):
        raise ValueError("--kind and --signal say how to take a FILE, and there is none")
    serve(arguments.file, **chosen, port=arguments.port, open_browser=not arguments.no_browser)


def _run_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="atomstat run", description="Analyse a file without a page.")
    analyses = parser.add_subparsers(dest="analysis", required=True, metavar="ANALYSIS")
    sliding = analyses.add_parser(
        "sliding-fft",
        help="sliding FFT and NMF of an image",
        description="Sliding FFT and NMF of an image. Rows are y, columns are x.",
    )
    sliding.add_argument("file", metavar="FILE", help="image (npy, tif, png, dm3, dm4, emd, ...)")
    sliding.add_argument("--out", required=True, metavar="NPZ", help="file to write")
    sliding.add_argument("--window", type=int, help="rows and columns of a window, in pixels (default: by image size)")
    sliding.add_argument("--step", type=int, help="pixels between windows (default: a quarter of the window)")
    sliding.add_argument("--components", type=int, default=4, help="number of NMF components (default: %(default)s)")
    sliding.add_argument("--zoom", type=int, default=2, help="keep the central 1/zoom of the frequencies (default: 2)")
    sliding.add_argument("--no-hamming", action="store_true", help="do not taper the windows")
    return parser


def _run(arguments: argparse.Namespace) -> None:
    from tqdm import tqdm

    from atomstat_widgets.data.export import save_sliding_fft
    from atomstat_widgets.stat import WindowGrid, automatic_window, factorize, nmf, sliding_fft

    out = Path(arguments.out)
    if out.suffix != ".npz":
        raise ValueError(f"--out is the name of an .npz file, got {out}")
    if not out.parent.is_dir():
        raise ValueError(f"there is no folder {out.parent} to write {out.name} to")
    image = load_image(arguments.file)
    window = arguments.window
    if window is None:
        window = min(automatic_window(side) for side in image.array.shape[:2])
    step = max(1, window // 4) if arguments.step is None else arguments.step
    WindowGrid(image.array.shape[:2], window, step).require(arguments.components)

    with tqdm(total=3, bar_format="{desc:<10} {percentage:3.0f}%|{bar}| {elapsed}") as bar:

        def stage(number: int, name: str) -> Progress:
            bar.set_description(name)
            return lambda fraction: bar.update(number + fraction - bar.n)

        spectra = sliding_fft(
            image.array, window, step, zoom=arguments.zoom, hamming=not arguments.no_hamming,
            progress=stage(0, "spectra"),
        )  # fmt: skip
        rank = arguments.components + EXTRA_RANK
        low_rank = factorize(spectra.features, rank, weights=spectra.weights, progress=stage(1, "factor"))
        decomposition = nmf(low_rank, arguments.components, progress=stage(2, "NMF"))
    save_sliding_fft(out, image, spectra, decomposition)
    sys.stdout.write(
        f"{spectra.grid.count} windows of {window} px, step {step}: {arguments.components} components, "
        f"relative error {decomposition.reconstruction_error:.4f}, written to {out}\n"
    )


if __name__ == "__main__":
    sys.exit(main())
