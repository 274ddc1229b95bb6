"""Sliding FFT: which parts of an image have which lattice."""

from atomstat_widgets.reactive.registry import Analysis

ANALYSIS = Analysis(
    name="sliding-fft",
    title="Sliding FFT",
    kind="image",
    purpose="Which parts of the image have which lattice",
    sample="Three grains",
    model=f"{__name__}.model:SlidingFFTModel",
    panel=f"{__name__}.panel:SlidingFFTPanel",
    figure=f"{__name__}.figure:sliding_fft_figure",
    numbers=f"{__name__}.numbers:sliding_fft_numbers",
    place=10,
)
