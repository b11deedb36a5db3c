"""The options that the command knows are those that the library reads."""

from __future__ import annotations

from dataclasses import fields

import pytest

from dlt.cli.vocabulary import of_destination, pipeline_options, top
from dlt.destinations.base import KNOWN
from dlt.pipeline.settings import PipelineSettings


def test_every_setting_of_a_pipeline_is_an_option() -> None:
    """At the top, below `pipelines`, and below the name of a pipeline."""
    settings = {field.name for field in fields(PipelineSettings)} - {
        "defaults",
        "raise_on_failed_jobs",
        "intercept_signals",
    }
    assert settings <= set(pipeline_options())
    section = top().sections["pipelines"]
    assert settings <= set(section.options) and section.named is not None
    assert settings <= set(section.named.options) and settings <= set(top().options)


@pytest.mark.parametrize("kind", sorted(KNOWN))
def test_every_destination_has_its_section(kind: str) -> None:
    """With credentials, and nothing that is both read and without effect."""
    section = of_destination(kind)
    assert "credentials" in section.options and "credentials" in section.sections
    assert not section.without_effect & set(section.options)
    assert top().sections["destination"].sections[kind] is section


def test_what_the_user_names_is_open() -> None:
    """A destination of the user's own may have any option."""
    assert of_destination("my_own").is_open and top().sections["sources"].is_open
