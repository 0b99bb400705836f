"""Knows OpenTelemetry, and no library: what a recording becomes on spans, metrics and events."""
