"""A section and a value may have one name, in every place."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import pytest

import dlt
from dlt.configuration import (
    BaseConfiguration,
    config,
    configspec,
    container,
    get_value,
    resolve_configuration,
    secrets,
)
from dlt.configuration.defaults import OURS
from dlt.configuration.providers.toml import TomlProvider
from dlt.context import activate
from dlt.errors import ConfigProviderException, PipelineConfigMissing


@pytest.fixture(autouse=True)
def nothing_active(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Forget the active pipeline and what the program set."""
    monkeypatch.setenv("DLT_DATA_DIR", str(tmp_path / "data"))
    yield
    activate(None)
    container.forget()


@configspec
class Loading(BaseConfiguration):
    """A spec whose fields bear names of sections."""

    destination: str = "none"
    load: int = 1
    sources: str | None = None
    runtime: Literal["a", "b"] = "a"


ALL_TABLES = "".join(
    f"[{name}]\nvalue = 1\n[{name}.duckdb]\nvalue = 1\n"
    for name in [
        "destination",
        "sources",
        "schema",
        "load",
        "extract",
        "normalize",
        "runtime",
        "progress",
        "pipelines",
        "staging",
        "refresh",
        "dataset_name",
        "full_refresh",
        "retry.x",
        "lock_timeout",
        "import_schema_path",
        "credentials",
    ]
)


@pytest.mark.parametrize("file", ["secrets.toml", "config.toml"])
def test_tables_are_no_values_of_options_of_a_pipeline(file: str, write: Any) -> None:
    """A pipeline that names nothing takes no table of a file for one of its options."""
    write(file, ALL_TABLES.replace("[retry.x]", "[other]").replace("[retry.x.duckdb]", "[other.duckdb]"))
    pipeline = dlt.pipeline("shop")
    assert (pipeline.destination, pipeline.dataset_name, pipeline.dev_mode) == (None, "shop", False)
    assert resolve_configuration(Loading()).as_dict() == {"destination": "none", "load": 1, "runtime": "a"}


def test_a_table_hides_no_value_in_a_later_place(write: Any) -> None:
    """The name of the destination in config.toml counts although secrets.toml has a table of that name."""
    write("secrets.toml", '[destination.duckdb]\ncredentials = "there.duckdb"\n')
    write("config.toml", 'destination = "duckdb"\n')
    found = dlt.pipeline("shop").destination
    assert (found.destination_name, Path(found.path).name) == ("duckdb", "there.duckdb")


def test_a_variable_and_variables_below_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """DESTINATION names one, DESTINATION__DUCKDB__CREDENTIALS sets it."""
    monkeypatch.setenv("DESTINATION", "duckdb")
    monkeypatch.setenv("DESTINATION__DUCKDB__CREDENTIALS", "there.duckdb")
    assert Path(dlt.pipeline("shop").destination.path).name == "there.duckdb"


def test_a_value_and_a_table_that_the_program_set() -> None:
    """dlt.config and dlt.secrets keep both, in either order."""
    config["destination"] = "duckdb"
    config["destination.duckdb.location"] = "here"
    secrets["destination.other.token"] = "t"
    secrets["destination"] = "other"
    assert get_value("destination", str) == "other" and get_value("location", sections=("destination", "duckdb"))
    assert get_value("token", str, sections=("destination", "other"), secret=True) == "t"
    assert secrets["destination"] == {"other": {"token": "t"}}
    secrets["destination"] = {"filesystem": {"a": 1}}
    assert secrets["destination"] == {"filesystem": {"a": 1}} and get_value("destination", str) == "duckdb"


def test_an_argument_with_the_name_of_a_section(write: Any) -> None:
    """Tables on the way to an argument, and those of the library, are no values of it; its own table is one."""
    write("config.toml", "[sources.shop.orders.extra]\na = 1\n[load]\nworkers = 1\n[nightly.sources.shop]\nx = 1\n")

    @dlt.resource(section="shop")
    def orders(
        sources: Any = None, shop: Any = 0, orders: Any = None, load: dict[str, Any] | None = None,
        nightly: Any = 1, extra: Any = None, page: str = "p",
    ) -> Any:  # fmt: skip
        yield {"seen": [sources, shop, orders, load, nightly, extra, page]}

    dlt.pipeline("nightly")
    assert list(orders()) == [{"seen": [None, 0, None, None, 1, {"a": 1}, "p"]}]


def test_without_a_choice_the_error_names_what_is_configured(write: Any) -> None:
    """A table of settings chooses no destination; the message says which are configured and how one is chosen."""
    write("secrets.toml", '[destination.duckdb]\ncredentials = "x.duckdb"\n[destination.credentials]\na = 1\n')
    with pytest.raises(PipelineConfigMissing, match=r'Configured are duckdb, but none.*destination="duckdb"'):
        dlt.pipeline("shop").run([1], table_name="t")


def test_writing_a_key_loses_nothing_in_the_file(write: Any) -> None:
    """A key that would replace a value by a table, or a table by a value, is not written."""
    path = write("config.toml", 'destination = "duckdb"\n[load]\nworkers = 1\n')
    provider = TomlProvider("config.toml", supports_secrets=False)
    for key in ("destination.duckdb.location", "load"):
        with pytest.raises(ConfigProviderException, match="is not written, because"):
            provider.set(key, 5)
    assert path.read_text() == 'destination = "duckdb"\n[load]\nworkers = 1\n'


def test_the_active_pipeline_is_the_one_that_asks(monkeypatch: pytest.MonkeyPatch, write: Any) -> None:
    """For the pipeline shop SHOP__API_KEY comes before the source's own key, also when the source is called alone."""

    @dlt.source(section="taker")
    def taker(api_key: str = dlt.secrets.value) -> Any:
        return dlt.resource([{"key": api_key}], name="rows")

    monkeypatch.setenv("SOURCES__TAKER__API_KEY", "of the source")
    assert list(taker()) == [{"key": "of the source"}]
    write("secrets.toml", '[shop]\napi_key = "in the file"\n')
    pipeline = dlt.pipeline("shop")
    assert list(taker()) == [{"key": "in the file"}]
    monkeypatch.setenv("SHOP__API_KEY", "of the pipeline")
    assert list(taker()) == [{"key": "of the pipeline"}]
    dlt.pipeline("other")
    assert list(taker()) == [{"key": "of the source"}]
    pipeline.activate()
    pipeline.deactivate()
    assert list(taker()) == [{"key": "of the source"}]


def test_a_second_pipeline_does_not_take_the_options_of_the_first(write: Any) -> None:
    """What stands below the name of the active pipeline holds for it alone."""
    write("config.toml", '[first]\ndataset_name = "mine"\npipeline_name = "third"\ncompat.dlt1 = true\n')
    assert dlt.pipeline("first").dataset_name == "mine"
    second = dlt.pipeline("second")
    assert (second.dataset_name, second.config.defaults) == ("second", OURS)


NAMES = ["PATH", "HOME", "USER", "LANG", "_", "PWD", "COLUMNS"]


@pytest.mark.parametrize("name", NAMES)
def test_variables_of_the_system_are_no_arguments(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bare variable that every shell sets is not configuration; with a section before it, it is."""
    monkeypatch.setenv(name, "/of/the/system")
    assert get_value(name.lower(), str, sections=("sources", "files"), default="default") == "default"
    monkeypatch.setenv(f"SOURCES__{name}", "mine")
    assert get_value(name.lower(), str, sections=("sources", "files")) == "mine"
    assert config.get(name.lower()) == "/of/the/system"
