from __future__ import annotations

import pytest

from agentel.diagnosis.installed import Entry, Installed, Package
from agentel.diagnosis.surroundings import Surroundings
from agentel.diagnosis.vendors import check_vendors, covers

GROUP = "opentelemetry_instrumentor"
PACKAGES = {
    "opentelemetry-instrumentation-openai-v2": Entry(
        GROUP, "openai", "opentelemetry.instrumentation.openai_v2:I", ""
    ),
    "opentelemetry-instrumentation-genai-openai": Entry(
        GROUP, "openai", "opentelemetry.instrumentation.genai.openai:I", ""
    ),
    "opentelemetry-instrumentation-openai": Entry(
        GROUP, "openai", "opentelemetry.instrumentation.openai:I", ""
    ),
    "openinference-instrumentation-openai": Entry(
        GROUP, "openai", "openinference.instrumentation.openai:I", ""
    ),
    "some-vendor": Entry(GROUP, "openai_v2", "some.vendor:I", ""),
    "opentelemetry-instrumentation-openai-v3": Entry(GROUP, "other-name", "some:I", ""),
}
"""Entry points as these distributions have them."""


def of(package: str, entry: Entry) -> Entry:
    return Entry(entry.group, entry.name, entry.value, package)


def seen(*entries: Entry, **packages: str) -> Surroundings:
    named = {name: Package(name, version) for name, version in packages.items()}
    return Surroundings({}, "/", Installed(named, entries))


@pytest.mark.parametrize("package", PACKAGES)
def test_instrumentor_of_the_same_sdk_is_told(package: str) -> None:
    entry = of(package, PACKAGES[package])
    [finding] = check_vendors(seen(entry), ["anthropic", "openai"])
    assert (finding.subject, finding.state) == ("openai", "note")
    assert f"uninstall {package}" in finding.advice
    assert finding.details["same_name"] == (entry.name == "openai")


OTHERS = {
    "opentelemetry-instrumentation-openai-agents": "openai_agents",
    "openinference-instrumentation-openai-agents": "openai-agents",
    "opentelemetry-instrumentation-httpx": "httpx",
    "opentelemetry-instrumentation-google-genai": "google-genai",
}


@pytest.mark.parametrize("package", OTHERS)
def test_instrumentor_of_another_sdk_is_not(package: str) -> None:
    entry = Entry(GROUP, OTHERS[package], "some:I", package)
    assert not covers(entry, "openai")
    assert list(check_vendors(seen(entry), ["openai", "anthropic"])) == []


def test_library_with_an_underscore_is_found() -> None:
    entry = Entry(GROUP, "google-genai", "some:I", "opentelemetry-instrumentation-google-genai")
    assert covers(entry, "google_genai")


def test_our_own_is_not_told() -> None:
    ours = Entry(GROUP, "openai", "agentel.libraries:openai", "agentel")
    assert list(check_vendors(seen(ours), ["openai"])) == []


def test_package_with_two_entry_points_is_told_once_as_the_launcher_sees_it() -> None:
    package = "openinference-instrumentation-openai"
    entries = [
        Entry(group, "openai", "openinference.instrumentation.openai:I", package)
        for group in (GROUP, "openinference_instrumentor")
    ]
    [finding] = check_vendors(seen(*entries), ["openai"])
    assert finding.details["group"] == GROUP


def test_namesake_is_told_to_be_switched_off_together_with_ours() -> None:
    package = "opentelemetry-instrumentation-openai-v2"
    [finding] = check_vendors(seen(of(package, PACKAGES[package])), ["openai"])
    assert "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS=openai would switch off both" in finding.found


WANTED = {
    "older": ("openai<2,>=1; extra == 'instruments'", "openai<2,>=1"),
    "absent": ('nowhere; extra == "instruments"', "nowhere"),
    "met": ("openai>=1; extra == 'instruments'", ""),
    "of-another-extra": ("nowhere; extra == 'test'", ""),
    "always": ("nowhere>=1", ""),
}


@pytest.mark.parametrize("case", WANTED)
def test_instrumentor_that_the_launcher_does_not_load_is_well(case: str) -> None:
    requirement, unmet = WANTED[case]
    name = "opentelemetry-instrumentation-openai-v2"
    packages = {name: Package(name, "2.4b0", (requirement,)), "openai": Package("openai", "3.0")}
    installed = Installed(packages, (of(name, PACKAGES[name]),))
    [finding] = check_vendors(Surroundings({}, "/", installed), ["openai"])
    assert (finding.state, finding.details.get("unmet", "")) == ("ok" if unmet else "note", unmet)


@pytest.mark.parametrize("kit", ["openlit", "logfire", "traceloop-sdk"])
def test_kit_that_instruments_by_a_call_is_told(kit: str) -> None:
    [finding] = check_vendors(seen(**{kit: "1.2"}), ["openai"])
    assert (finding.subject, finding.state) == (kit, "note")
    assert "1.2" in finding.found
