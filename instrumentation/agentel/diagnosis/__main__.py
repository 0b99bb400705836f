"""Knows how a diagnosis is told without the extra `terminal`: `python -m agentel.diagnosis`."""

from __future__ import annotations

import sys

from agentel.diagnosis.diagnose import diagnose
from agentel.diagnosis.report import exit_code, report_json


def main() -> int:
    """Print what `agentel doctor --json` prints, and return its exit code."""
    findings = diagnose()
    print(report_json(findings))
    return exit_code(findings)


if __name__ == "__main__":
    sys.exit(main())
