"""Settings of a destination: what the program says, then the configuration, then the default."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy

import dlt
from dlt.destinations.base import KNOWN, load_destination
from dlt.destinations.settings import IN_CODE, known_settings, setting_of, settings_of
from dlt.errors import ConfigurationValueError, ConfigValueCannotBeCoercedException, PipelineStepFailed


@dataclass(frozen=True)
class Kiln:
    """Settings of a destination that is not there."""

    heat: int = 900
    glaze: str | None = None
    doors: dict[str, Any] | None = None
    clay: Any = field(default=None, metadata=IN_CODE)


def test_the_program_comes_first_then_the_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    """None of the program counts as nothing; a configured value gets its type."""
    assert settings_of(Kiln, {}, "kiln") == Kiln()
    monkeypatch.setenv("DESTINATION__KILN__HEAT", "1200")
    monkeypatch.setenv("DESTINATION__KILN__GLAZE", "blue")
    monkeypatch.setenv("DESTINATION__KILN__DOORS", '{"front": 1}')
    assert settings_of(Kiln, {"glaze": None}, "kiln") == Kiln(1200, "blue", {"front": 1})
    assert settings_of(Kiln, {"heat": 700, "glaze": "red"}, "kiln") == Kiln(700, "red", {"front": 1})
    assert setting_of(Kiln, "heat", {}, "other") == 900


def test_an_object_is_said_in_code_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody looks for it in files and variables."""
    monkeypatch.setenv("DESTINATION__KILN__CLAY", "grey")
    assert settings_of(Kiln, {}, "kiln").clay is None
    clay = object()
    assert settings_of(Kiln, {"clay": clay}, "kiln").clay is clay


def test_a_value_of_another_type_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the name of the setting."""
    monkeypatch.setenv("DESTINATION__KILN__HEAT", "hot")
    with pytest.raises(ConfigValueCannotBeCoercedException, match="heat"):
        settings_of(Kiln, {}, "kiln")


@pytest.mark.parametrize("name", KNOWN)
def test_each_destination_says_what_it_takes(name: str) -> None:
    """In one frozen dataclass, of which every field has a default and is known."""
    kind = load_destination(name)
    spec: Any = kind.settings_spec
    assert is_dataclass(spec) and spec.__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert {entry.name for entry in fields(spec)} <= set(known_settings(kind) or ())
    assert spec() == spec()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_a_database_that_is_gone_after_each_step_is_refused(url: str, tmp_path: Path) -> None:
    """A load would say that it is done, and nothing would be there; an engine keeps it."""
    made = dlt.pipeline("gone", destination=dlt.destinations.sqlalchemy(url), pipelines_dir=tmp_path / "work")
    with pytest.raises(PipelineStepFailed, match=r"Name a file, .* or pass an engine") as failed:
        made.run([{"id": 1}], table_name="rows")
    assert isinstance(failed.value.__cause__, ConfigurationValueError)
    engine = sqlalchemy.create_engine(url)
    kept = dlt.pipeline("kept", destination=dlt.destinations.sqlalchemy(engine), pipelines_dir=tmp_path / "work")
    kept.run([{"id": 1}], table_name="rows")
    assert kept.dataset()["rows"].select("id").fetchall() == [(1,)]


def test_a_table_format_that_is_not_there_fails_no_package(tmp_path: Path) -> None:
    """It is refused before anything is loaded, so the data waits until the setting is mended."""
    bucket = str(tmp_path / "bucket")
    for table_format in ("dleta", "native"):
        destination = dlt.destinations.filesystem(bucket, table_format=table_format)
        pipeline = dlt.pipeline("files", destination=destination, pipelines_dir=tmp_path / "work")
        if table_format == "dleta":
            with pytest.raises(PipelineStepFailed, match="no table_format 'dleta'"):
                pipeline.run([{"id": 1}], table_name="rows")
        else:
            assert not pipeline.run([{"id": 1}], table_name="rows").has_failed_jobs
