"""The command line: ``atomstat [serve] [FILE]`` serves the app, ``atomstat run ANALYSIS FILE...`` needs no page."""

import argparse
import sys
from collections.abc import Sequence

import atomstat_widgets
from atomstat_widgets.data import load
from atomstat_widgets.data.readers.loading import KINDS


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments; those of the process by default.

    Returns
    -------
    int
        0; 1 when some of the files could not be analysed; 2 when the arguments or the file to be served are at fault;
        130 when it was interrupted.
        The reasons are on standard error.
    """
    argv = list(sys.argv[1:] if argv is None else argv)
    try:
        if argv[:1] == ["run"]:
            return _run(argv[1:])
        # "serve" says nothing new, and gives its options a place to be asked for. A file of that name is ./serve.
        _serve(_serve_parser().parse_args(argv[argv[:1] == ["serve"] :]))
    except (ValueError, TypeError, OSError) as error:
        sys.stderr.write(f"atomstat: {error}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("atomstat: cancelled\n")
        return 130
    return 0


def _serve_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="atomstat [serve]",
        description="Serve the app on this machine, with an image, a movie, a spectrum image or the embedded samples.",
        epilog="Without a page: atomstat run sliding-fft FILE... --out DIR (see atomstat run --help).",
    )
    parser.add_argument("--version", action="version", version=f"atomstat_widgets {atomstat_widgets.__version__}")
    parser.add_argument(
        "file", nargs="?", metavar="FILE",
        help="image (npy, tif, png, dm3, dm4, emd, ...), movie (tif stack, npy, folder of images) or spectrum image "
        "(hspy, dm4, emd, npy with --kind cube, ...) to open; or a notebook (ipynb) to serve in place of the app",
    )  # fmt: skip
    parser.add_argument(
        "--kind", choices=KINDS, help="take the file as this; an array of three axes is a movie unless told otherwise"
    )
    parser.add_argument("--signal", metavar="NAME", help="of a file with several signals, the number or title of one")
    parser.add_argument("--data", metavar="DIR", help="folder whose files can be opened in the page; no others can")
    parser.add_argument(
        "--public", action="store_true", help="answer other machines too: whoever comes needs the token that is printed"
    )
    parser.add_argument("--ip", help="address to listen on; 127.0.0.1 or, with --public, all of this machine")
    parser.add_argument("--port", type=int, default=8866, help="port; the next free one when it is taken")
    parser.add_argument("--no-browser", action="store_true", help="print the address and open no browser")
    return parser


def _serve(arguments: argparse.Namespace) -> None:
    from atomstat_widgets.serving.start import serve

    chosen = {"kind": arguments.kind, "signal": arguments.signal}
    path, notebook = arguments.file, None
    if path is not None and path.endswith(".ipynb"):
        path, notebook = None, path
    if path is not None:
        load(path, **chosen)  # what cannot be read is said here, before a server is started for it
    elif any(chosen.values()):
        raise ValueError("--kind and --signal say how to take a FILE, and there is none")
    serve(
        path, notebook=notebook, **chosen, folder=arguments.data, public=arguments.public, ip=arguments.ip,
        port=arguments.port, open_browser=not arguments.no_browser,
    )  # fmt: skip


def _run(argv: Sequence[str]) -> int:
    from atomstat_widgets.batch import add_analyses, run  # not for the server, which needs none of it

    parser = argparse.ArgumentParser(prog="atomstat run", description="Analyse files without a page.")
    asked = next((one for one in argv if not one.startswith("-")), None)
    add_analyses(parser.add_subparsers(dest="analysis", required=True, metavar="ANALYSIS"), asked)
    return run(parser.parse_args(argv))


if __name__ == "__main__":
    sys.exit(main())
