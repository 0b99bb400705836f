"""Knows how processes begin, multiply and end while they are watched."""
