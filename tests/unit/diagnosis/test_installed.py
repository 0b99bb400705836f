from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentel.core.versions import normalized
from agentel.diagnosis.installed import Broken, Entry, read_installed
from support.distributions import install

INSTRUMENTOR = {"opentelemetry_instrumentor": {"openai": "other.openai:Instrumentor"}}


@pytest.mark.parametrize("name", ["A-b.C", "a_b-c", "a--b__c", "A.B.C"])
def test_names_are_compared_as_installers_do(name: str) -> None:
    assert normalized(name) == "a-b-c"


def test_version_requirements_and_entry_points_are_read(tmp_path: Path) -> None:
    install(tmp_path, "Other.SDK", "2.1", entry_points=INSTRUMENTOR, requires=["wrapt>=1"])
    found = read_installed([str(tmp_path)])
    assert found.version("other-sdk") == "2.1"
    assert found.packages["other-sdk"].requires == ("wrapt>=1",)
    assert found.offered("opentelemetry_instrumentor") == [
        Entry("opentelemetry_instrumentor", "openai", "other.openai:Instrumentor", "other-sdk")
    ]
    assert found.broken == ()


def test_first_of_two_versions_counts(tmp_path: Path) -> None:
    install(tmp_path / "first", "sdk", "2.0", entry_points=INSTRUMENTOR)
    install(tmp_path / "second", "SDK", "1.0", entry_points=INSTRUMENTOR)
    found = read_installed([str(tmp_path / "first"), str(tmp_path / "second")])
    assert found.version("sdk") == "2.0"
    assert len(found.entries) == 1


def test_order_of_the_path_is_the_order_of_the_entry_points(tmp_path: Path) -> None:
    for name in ("b", "a"):
        install(tmp_path / name, name, entry_points={"opentelemetry_distro": {name: f"{name}:D"}})
    found = read_installed([str(tmp_path / "b"), str(tmp_path / "a"), str(tmp_path / "b")])
    assert [entry.name for entry in found.offered("opentelemetry_distro")] == ["b", "a"]


def no_metadata(place: Path) -> None:
    (place / "METADATA").unlink()


def no_name(place: Path) -> None:
    (place / "METADATA").write_text("Metadata-Version: 2.1\n")


def no_text(place: Path) -> None:
    (place / "METADATA").write_bytes(b"Name: caf\xe9\nVersion: 1\n")


def folder_for_a_file(place: Path) -> None:
    (place / "METADATA").unlink()
    (place / "METADATA").mkdir()


@pytest.mark.parametrize("spoil", [no_metadata, no_name, no_text, folder_for_a_file])
def test_broken_metadata_is_told_and_hides_nothing_else(tmp_path: Path, spoil) -> None:
    spoil(install(tmp_path, "bad", entry_points=INSTRUMENTOR))
    install(tmp_path, "good", "3.0")
    found = read_installed([str(tmp_path)])
    [broken] = found.broken
    assert (broken.place, broken.hides_entry_points) == ("bad-1.0.dist-info", False)
    assert found.version("good") == "3.0"
    assert found.version("bad") == "unknown"
    assert [entry.package for entry in found.entries] == ["bad"]


def test_broken_entry_points_are_told_to_hide_all(tmp_path: Path) -> None:
    (install(tmp_path, "bad") / "entry_points.txt").write_bytes(b"[caf\xe9]\nx = y\n")
    assert read_installed([str(tmp_path)]).broken == (
        Broken(
            "bad-1.0.dist-info",
            "UnicodeDecodeError: 'utf-8' codec can't decode byte 0xe9 in position 4: invalid "
            "continuation byte",
            hides_entry_points=True,
        ),
    )


@given(metadata=st.binary(max_size=200), entry_points=st.binary(max_size=200))
def test_any_bytes_may_stand_in_metadata(
    tmp_path_factory: pytest.TempPathFactory, metadata: bytes, entry_points: bytes
) -> None:
    folder = tmp_path_factory.mktemp("site")
    place = install(folder, "bad")
    (place / "METADATA").write_bytes(metadata)
    (place / "entry_points.txt").write_bytes(entry_points)
    install(folder, "good", "3.0")
    assert read_installed([str(folder)]).version("good") == "3.0"


def test_place_that_is_not_there_has_nothing(tmp_path: Path) -> None:
    assert read_installed([str(tmp_path / "nowhere")]).packages == {}
