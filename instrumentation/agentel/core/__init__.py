"""Knows Python: how calls are wrapped, followed and ended. Nothing here imports OpenTelemetry."""
