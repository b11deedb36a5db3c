"""What programs import of sources: the classes that the library itself uses, made when they are asked for."""

from __future__ import annotations

import subprocess
import sys

import pytest

import dlt
from dlt import sources
from dlt.configuration import credentials as own
from dlt.configuration import spec
from dlt.extract.incremental import Incremental
from dlt.extract.resource import DltResource
from dlt.extract.source import DltSource
from dlt.sources import credentials


def test_the_names_are_the_classes_themselves() -> None:
    """So that isinstance works in both directions."""
    assert sources.DltResource is DltResource and sources.DltSource is DltSource
    assert sources.incremental is sources.Incremental is Incremental
    assert set(sources.__all__) <= set(dir(sources))


@pytest.mark.parametrize("name", credentials.__all__)
def test_credentials_are_those_of_the_configuration(name: str) -> None:
    """A source may name them as it did for PyPI `dlt` 1.x."""
    home = spec if name in ("CredentialsConfiguration", "configspec") else own
    assert getattr(credentials, name) is getattr(home, name)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    """It names the module."""
    with pytest.raises(AttributeError, match=r"dlt\.sources.*nothing"):
        _ = sources.nothing  # type: ignore[attr-defined]


def test_the_import_loads_no_engine() -> None:
    """Names are imported when they are asked for."""
    program = "import sys, dlt.sources; print('dlt.extract.resource' in sys.modules, 'pyarrow' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_a_source_is_made_of_its_resources() -> None:
    """What the decorators return are these classes."""

    @dlt.resource
    def items() -> object:
        yield {"id": 1}

    @dlt.source
    def shop() -> object:
        return items

    assert isinstance(items, sources.DltResource) and isinstance(shop(), sources.DltSource)
    assert list(shop()) == [{"id": 1}]
