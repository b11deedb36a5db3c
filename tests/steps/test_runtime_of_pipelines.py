"""What programs read of a pipeline and of the program that runs: the section `runtime`, folders, the layout."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest

import dlt
from dlt.common.configuration.specs import RuntimeConfiguration
from dlt.errors import ConfigurationValueError


def test_the_hook_for_slack_is_that_of_the_pipeline(monkeypatch: pytest.MonkeyPatch) -> None:
    """`pipeline.runtime_config` has it, as the examples of PyPI `dlt` use it; None where nothing is configured."""
    assert dlt.pipeline("calm").runtime_config.slack_incoming_hook is None
    monkeypatch.setenv("RUNTIME__SLACK_INCOMING_HOOK", "https://all")
    monkeypatch.setenv("SHOP__RUNTIME__SLACK_INCOMING_HOOK", "https://shop")
    pipeline = dlt.pipeline("shop")
    assert pipeline.runtime_config.slack_incoming_hook == "https://shop"
    assert pipeline.config.runtime is pipeline.runtime_config is pipeline.config["runtime"]
    assert dlt.pipeline("other").runtime_config.slack_incoming_hook == "https://all"


def test_the_program_that_runs(own_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipeline and `dlt.current` know the same one; its settings are those of the section, until others are set."""
    monkeypatch.setenv("RUNTIME__LOG_LEVEL", "INFO")
    context = dlt.pipeline("shop").run_context
    assert context is dlt.current.run_context()
    assert context.name == "dlt" and context.config is None
    assert context.data_dir == str(own_folder / "data")
    assert context.get_data_entity("pipelines") == str(own_folder / "data" / "pipelines")
    # of the user, wherever pipelines keep what they work on
    assert context.global_dir != context.data_dir
    monkeypatch.delenv("DLT_DATA_DIR")
    assert context.global_dir == context.data_dir
    try:
        context.reset_config()
        assert context.runtime_config.log_level == "INFO"
        own = RuntimeConfiguration(log_level="DEBUG")
        context.initialize_runtime(own)
        assert context.runtime_config is own
    finally:
        context.reset_config()


def test_the_layout_of_names_of_datasets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counts for the default name, for those that a program gives, and below the name of a pipeline; not twice."""
    monkeypatch.setenv("DATASET_NAME_LAYOUT", "team_%s")
    monkeypatch.setenv("SPECIAL__DATASET_NAME_LAYOUT", "%s_x")
    assert dlt.pipeline("plain", destination="duckdb").dataset_name == "team_plain"
    assert dlt.pipeline("special", destination="duckdb").dataset_name == "special_x"
    pipeline = dlt.pipeline("shop", destination="duckdb", dataset_name="data")
    info = pipeline.run([1], table_name="numbers")
    assert info.dataset_name == pipeline.dataset_name == dlt.attach("shop").dataset_name == "team_data"
    pipeline.run([1], table_name="numbers", dataset_name="other")
    assert pipeline.dataset_name == "team_other"
    assert pipeline.dataset()["numbers"].fetchall()
    monkeypatch.setenv("DATASET_NAME_LAYOUT", "")
    assert dlt.pipeline("bare", destination="duckdb").dataset_name == "bare"
    monkeypatch.setenv("DATASET_NAME_LAYOUT", "fixed")
    with pytest.raises(ConfigurationValueError, match="has no place"):
        dlt.pipeline("bad")


def test_signals_are_left_alone_where_the_configuration_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """`runtime.intercept_signals` false: Python's own handlers stay while a step runs."""
    seen: list[Any] = []

    @dlt.resource
    def rows() -> Any:
        seen.append(signal.getsignal(signal.SIGINT))
        yield {"a": 1}

    dlt.pipeline("kept", destination="dummy").extract(rows())
    monkeypatch.setenv("RUNTIME__INTERCEPT_SIGNALS", "false")
    dlt.pipeline("left", destination="dummy").extract(rows())
    assert seen[0] is not signal.default_int_handler and seen[1] is signal.default_int_handler


@pytest.mark.parametrize("section", ["PIPELINES__SHOP__RUNTIME", "SHOP__RUNTIME"])
def test_a_section_for_one_pipeline(monkeypatch: pytest.MonkeyPatch, section: str) -> None:
    """Below its name, or below its name in `pipelines`."""
    monkeypatch.setenv(f"{section}__SLACK_INCOMING_HOOK", "https://shop")
    monkeypatch.setenv(f"{section}__INTERCEPT_SIGNALS", "false")
    shop, other = dlt.pipeline("shop").runtime_config, dlt.pipeline("other").runtime_config
    assert (shop.slack_incoming_hook, shop.intercept_signals) == ("https://shop", False)
    assert (other.slack_incoming_hook, other.intercept_signals) == (None, True)
