"""The terms of the field, each explained once: the page, the command line and the documentation use these words.

``python -m atomstat_widgets.glossary`` writes them as Markdown.
"""

import re
import sys
from collections.abc import Mapping

GLOSSARY: Mapping[str, str] = {
    "abundances": "How much of each endmember the spectrum of each pixel has: the loadings of spectral unmixing, which "
    "add up to 1 where they are shares.",
    "binning": "Number of neighbouring pixels along y and x whose mean becomes one. It trades resolution for less "
    "noise and less time.",
    "channel": "One of the pictures that a network makes of an image, or one energy of a spectrum.",
    "channel binning": "Number of neighbouring channels of a spectrum whose mean becomes one.",
    "class": "What a network, or a mixture of Gaussians, takes an atom or a pixel for.",
    "components": "The few patterns that all pieces of the data are made of: spectra, crops of atoms or windows' "
    "spectra. Each piece is a sum of them, times its loadings.",
    "crop window": "Side of the square crop around each atom.",
    "crop": "A small square cut from an image around an atom.",
    "drift": "Motion of all that is seen, as a microscope drifts. Atoms are linked where it is taken off.",
    "dwell time": "Mean time that an atom stays in a state before it leaves it, in frames.",
    "endmember": "The spectrum of a pure material; the components of spectral unmixing are meant to be endmembers.",
    "Hamming taper": "Fade windows out at their edges, against streaks in their spectra.",
    "interval": "What holds the true number with a probability of 95 %, mistaken states and overlapping transitions "
    "taken into account.",
    "lag": "Number of frames from one state to the next in the transition matrix. Where the memory of a process is "
    "short, dwell times do not depend on it.",
    "loadings": "How much of each component a piece of the data has; laid out over the image they are maps.",
    "loss": "What NMF makes small: the squares of what it does not explain, or, by Kullback-Leibler, minus the "
    "likelihood of counts.",
    "magnitude": "How much of a frequency the spectrum of a window has, whatever its phase. AB and BA stacking of a "
    "moiré are mirror images and cannot be told by magnitudes of the spectrum: in sliding FFT they are one component.",
    "mask": "The pixels that are used.",
    "memory": "Number of frames that an atom may be missing for and still be the same one.",
    "method": "How components or classes are read from the data: PCA, ICA, NMF or GMM.",
    "minimal length": "Fewest points of a track that is shown and counted.",
    "normalize": "Divide out what does not count. Of frames it is their gain; crops get zero mean and unit variance, "
    "so that shapes count, not heights; spectra are divided by their sums, so that shapes count, not thickness.",
    "number of components": "Number of components that the data are taken apart into or, of GMM, of classes.",
    "number of states": "Number of Gaussians of the mixture that sorts crops into states.",
    "recentre": "Move each crop to the middle of its own atom, between pixels too.",
    "reference": "Region in which the lattice counts as having no strain: all strain is against that lattice.",
    "reflection": "Spot in the spectrum of a lattice: how often its planes repeat along y and x. Two, not in one line, "
    "tell all about the strain.",
    "resolution": "Standard deviation sigma of the Gaussian that is averaged over: the larger, the less noise and the "
    "less detail.",
    "rotation": "How far a lattice is turned against that in the reference, from x to y: clockwise where positive.",
    "search range": "The farthest that an atom goes between two of its points, rmax. What is farther away is another "
    "atom.",
    "seed": "What random numbers start from: with the same seed the result is the same. AtomAI and scikit-learn call "
    "it random_state.",
    "signal range": "The channels that are used: the first, and the one after the last.",
    "smooth": "Standard deviation of the Gaussian that smooths an image or a map.",
    "spacing": "Distance between neighbouring atoms: none are found closer than half of it.",
    "stability": "How much components or classes of one half of the data are like those of the other half, at most 1. "
    "A number of components is good where it is high.",
    "start": "What NMF starts from: singular vectors, or the purest pixels, which it stays near.",
    "state": "Kind of crop that an atom has in a frame, by a mixture of Gaussians.",
    "step": "Distance from one window to the next, along y and x.",
    "strain": "How much wider a lattice is than in the reference along x (exx) and along y (eyy), and half of how far "
    "the angle between x and y has closed (exy).",
    "strength": "Smallest signal-to-noise ratio of an atom that is found: the larger, the fewer.",
    "sum to one": "Abundances of each pixel are shares of a whole.",
    "time scale": "How long the chain of states remembers where it began, in frames. Where the memory of a process is "
    "short, it is the same at every lag that is not too long to tell.",
    "track": "The places of one atom in the frames of a movie.",
    "transition counts": "How often atoms in one state are in another a lag later. Divided by the sum of each row they "
    "are the transition matrix.",
    "weighting": "Weight channels and pixels for the noise of counts, so that strong signals do not hide weak ones. "
    "After Keenan & Kotula, Surf. Interface Anal. 36, 203 (2004).",
    "window": "The piece of an image that is looked at at once: a sliding rectangle, or the square crop around each "
    "atom.",
    "zoom": "The central 1/zoom of the frequencies is kept: the larger, the fewer.",
}


def in_brief(term: str) -> str:
    """First sentence about a term, without its full stop, as a tooltip has it."""
    return re.split(r"(?<=\.) (?=[A-Z])", GLOSSARY[term])[0].removesuffix(".")


def as_markdown() -> str:
    """Give all terms as a list in Markdown, in alphabetical order."""
    entries = sorted(GLOSSARY.items(), key=lambda entry: entry[0].lower())
    return "# Glossary\n\n" + "\n".join(f"- **{term}**: {words}" for term, words in entries) + "\n"


if __name__ == "__main__":
    sys.stdout.write(as_markdown())
