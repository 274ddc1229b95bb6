"""The analyses, one room each."""
