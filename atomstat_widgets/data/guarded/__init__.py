"""Processes that read files that are not trusted, and what they may do."""
