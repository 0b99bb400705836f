"""Knows the one place where agentel may stop a call, and that by default it never does.

Budgets and loop guards install a check here. What it raises reaches the host on purpose: it is
the only way in which agentel changes what a program does.
"""

from __future__ import annotations

from collections.abc import Callable

from agentel.core.fields import Fields

Check = Callable[[str, Fields], None]
"""Called with the operation's name and its fields before the work begins; raises to stop it."""

checks: list[Check] = []


def install(check: Check) -> Callable[[], None]:
    """Add a check; return the function that takes it away again."""
    checks.append(check)

    def remove() -> None:
        if check in checks:
            checks.remove(check)

    return remove


def pass_through(operation: str, fields: Fields) -> None:
    """Ask every check. Raises whatever a check raises."""
    for check in tuple(checks):
        check(operation, fields)
