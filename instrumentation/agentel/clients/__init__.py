"""Knows the SDKs that call models: which versions, which provider, which endpoints."""
