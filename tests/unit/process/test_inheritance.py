from __future__ import annotations

import subprocess
import sys

from agentel.process import inheritance
from agentel.telemetry import propagation

QUIET = """
import sys
from agentel.process.inheritance import handed_down, inherit
environ = {"PATH": "/bin"}
inherit(environ)
assert handed_down(environ) is environ
print([name for name in sys.modules if name.startswith("agentel.telemetry")])
inherit({"TRACEPARENT": "00-" + "1" * 32 + "-" + "2" * 16 + "-01"})
from agentel.telemetry import context
print(len(context.inherited))
"""


def test_variables_are_those_of_the_propagation() -> None:
    assert inheritance.VARIABLES == propagation.VARIABLES


def test_nothing_is_loaded_where_nothing_is_inherited() -> None:
    ran = subprocess.run([sys.executable, "-c", QUIET], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n1\n"
