"""Knows what can be wrong with a watched process."""
