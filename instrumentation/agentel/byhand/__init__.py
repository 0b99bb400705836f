"""Knows the work that a program marks by itself: with decorators, with blocks, and with calls."""
