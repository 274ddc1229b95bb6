"""Unmixing: what a spectrum image is made of, and how much is where."""
