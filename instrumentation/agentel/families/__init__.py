"""Knows where the calls of a family of SDKs can each be seen once: the seams."""
