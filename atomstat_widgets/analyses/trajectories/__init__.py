"""Trajectories: where the atoms of a movie go, and their states."""
