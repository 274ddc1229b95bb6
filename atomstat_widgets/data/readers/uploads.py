"""Which files anyone may send: formats of one file, whose readers were tried against many damaged ones.

Not among them: formats in several files (rpl, emi, asw, xml), readers that were seen to go on for ever or to crash
(wdf, elid, dens, bcf), and those that were not tried often enough.
"""

from pathlib import PurePath

from atomstat_widgets.data.read_error import ReadError

UPLOADS = (
    "npy", "npz", "tif", "tiff", "png", "jpg", "jpeg", "bmp", "gif", "dm3", "dm4", "emd", "de5", "h5", "hdf5", "hf5",
    "hspy", "nxs", "ndata", "mrc", "ser", "blo", "mib", "tvips", "prz", "msa", "unf", "sur", "pro",
)  # fmt: skip


def refuse_upload(name: str) -> None:
    """Refuse a file by its name.

    Raises
    ------
    ReadError
        Files of this kind are not read when they are sent; the message lists those that are.
    """
    extension = PurePath(name).suffix[1:].lower()
    if extension not in UPLOADS:
        shown = f"the extension .{extension}" if extension else "no extension"
        raise ReadError(f"{name} has {shown}; uploads are read of {', '.join(UPLOADS[:-1])} and {UPLOADS[-1]}")
