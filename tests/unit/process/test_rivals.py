from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest

from agentel.process import rivals

GROUP = "opentelemetry_distro"
OURS = EntryPoint("agentel", "agentel.distro:Distro", GROUP)
STOCK = EntryPoint("distro", "opentelemetry.distro:OpenTelemetryDistro", GROUP)
VENDOR = EntryPoint("vendor", "vendor.otel:Distro", GROUP)
NAMED = {"OTEL_PYTHON_DISTRO": "agentel", "OTEL_PYTHON_CONFIGURATOR": "agentel"}


@pytest.mark.parametrize(
    ("distros", "given", "chosen"),
    [
        ([OURS], {}, NAMED),
        ([STOCK, OURS], {}, NAMED),
        ([OURS, STOCK], {"OTEL_PYTHON_CONFIGURATOR": "agentel"}, NAMED),
        ([OURS, VENDOR], {}, {}),
        ([STOCK, OURS], {"OTEL_PYTHON_DISTRO": "distro"}, {"OTEL_PYTHON_DISTRO": "distro"}),
        ([OURS], {"OTEL_PYTHON_CONFIGURATOR": "x"}, {"OTEL_PYTHON_CONFIGURATOR": "x"}),
    ],
    ids=["alone", "second", "first", "vendor", "distro-named", "configurator-named"],
)
def test_ours_is_named_where_nobody_meant_another(
    distros: list[EntryPoint], given: dict[str, str], chosen: dict[str, str]
) -> None:
    environ = dict(given)
    rivals.choose(distros, environ)
    assert environ == chosen


def test_launcher_makes_no_option_of_what_is_in_here() -> None:
    assert [name for name in dir(rivals) if name.startswith("OTEL_")] == []
