"""Which files this process reads by itself, where they are trusted, and which are read by a process of their own."""

from pathlib import Path

# Formats whose readers open the one file, and were not seen to crash or to go on for ever, whatever was in it.
IN_PROCESS = {
    ".npy", ".npz", ".tif", ".tiff", ".png", ".jpg", ".jpeg", ".bmp", ".dm3", ".dm4", ".emd", ".h5", ".hdf5", ".hf5",
    ".hspy", ".ndata", ".ser",
}  # fmt: skip


def reads_here(path: Path) -> bool:
    """Whether this process can read a file that is trusted, or nothing is to be read."""
    return not path.is_file() or path.suffix.lower() in IN_PROCESS
