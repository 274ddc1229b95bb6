"""Sliding FFT: which parts of an image have which lattice."""
