"""Domains: which atoms have alike surroundings."""
