from __future__ import annotations

from pathlib import Path

import pytest

from agentel.diagnosis.finding import Finding
from agentel.diagnosis.installed import read_installed
from agentel.diagnosis.launch import check_launch
from agentel.diagnosis.surroundings import Surroundings
from support.distributions import install

OURS = {
    "opentelemetry_distro": {"agentel": "agentel.distro:Distro"},
    "opentelemetry_configurator": {"agentel": "agentel.distro:Configurator"},
}
OTHERS = {
    "opentelemetry_distro": {"distro": "other:Distro"},
    "opentelemetry_configurator": {"configurator": "other:Configurator"},
}


def launch(folder: Path, order: str, **environ: str) -> list[Finding]:
    """Judge a disk on which the packages are found in an order such as 'ours others'."""
    offers = {"ours": ("agentel", OURS), "others": ("opentelemetry-distro", OTHERS)}
    for place in order.split():
        name, entry_points = offers[place]
        install(folder / place, name, entry_points=entry_points)
    installed = read_installed([str(folder / place) for place in order.split()])
    return list(check_launch(Surroundings(environ, str(folder), installed)))


STATES = {
    "alone": ("ours", {}, "ok", "ok"),
    "first-by-luck": ("ours others", {}, "note", "ok"),
    "found-later": ("others ours", {}, "problem", "problem"),
    "named": ("others ours", {"OTEL_PYTHON_DISTRO": "agentel"}, "ok", "ok"),
    "only-the-configurator-named": (
        "others ours",
        {"OTEL_PYTHON_CONFIGURATOR": "agentel"},
        "problem",
        "ok",
    ),
    "other-distro-named": ("ours others", {"OTEL_PYTHON_DISTRO": "distro"}, "problem", "note"),
    "other-configurator-named": (
        "ours others",
        {"OTEL_PYTHON_CONFIGURATOR": "configurator"},
        "note",
        "problem",
    ),
    "set-and-empty": ("ours", {"OTEL_PYTHON_DISTRO": ""}, "problem", "ok"),
    "name-of-none": ("ours", {"OTEL_PYTHON_CONFIGURATOR": "agentle"}, "ok", "problem"),
    "nothing": ("", {}, "problem", "problem"),
    "not-installed": ("others", {}, "problem", "problem"),
}


@pytest.mark.parametrize("case", STATES)
def test_who_wins_is_told(tmp_path: Path, case: str) -> None:
    order, environ, distro, configurator = STATES[case]
    findings = launch(tmp_path, order, **environ)
    assert [(f.subject, f.state) for f in findings] == [
        ("distro", distro),
        ("configurator", configurator),
    ]


def test_what_our_part_of_the_launcher_names_counts(tmp_path: Path) -> None:
    seen = Surroundings({}, str(tmp_path), told={"chosen": {"OTEL_PYTHON_DISTRO": "agentel"}})
    distro, _ = check_launch(seen)
    assert distro.found.startswith("OTEL_PYTHON_DISTRO='agentel' names none")


def test_winner_of_another_is_named_with_what_to_set(tmp_path: Path) -> None:
    distro, configurator = launch(tmp_path, "others ours")
    assert distro.found == ("'distro' of opentelemetry-distro wins: it is found first on the disk")
    assert "OTEL_PYTHON_DISTRO=agentel" in distro.advice
    assert "OTEL_PYTHON_CONFIGURATOR=agentel" in configurator.advice
    assert "agentel run" in distro.advice
    named, _ = launch(tmp_path / "named", "ours others", OTEL_PYTHON_DISTRO="distro")
    assert named.advice == "set OTEL_PYTHON_DISTRO=agentel"  # what is named, a launcher leaves
    assert distro.details["installed"] == [
        {"name": "distro", "package": "opentelemetry-distro"},
        {"name": "agentel", "package": "agentel"},
    ]
