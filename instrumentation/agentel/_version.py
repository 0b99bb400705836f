"""Knows the version of the distribution, and nothing else."""

__version__ = "0.1.0"
