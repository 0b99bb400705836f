"""Knows how telemetry lives on a disk without any server: OTLP JSON lines, run folders, reading.

Nothing here imports OpenTelemetry: the SDK's objects are seen through the protocols of `shapes`,
and what is read back is plain data.
"""
