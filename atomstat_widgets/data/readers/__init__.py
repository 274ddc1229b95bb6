"""Readers: files to images, movies and spectrum images."""
