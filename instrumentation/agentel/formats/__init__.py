"""Knows what the bytes of each wire format mean. Pure functions: JSON in, convention fields out."""
