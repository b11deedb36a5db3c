"""A destination is one folder: nothing else names it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import dlt
from dlt.destinations.base import KNOWN, Destination, load_destination

FACTORY = '''
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

from dlt.configuration.spec import CredentialsConfiguration, configspec
from dlt.destinations.base import Destination
from dlt.destinations.impl.dummy.client import DummyClient
from dlt.schema.capabilities import Capabilities


@configspec
class AtticCredentials(CredentialsConfiguration):
    box: str = "box"


@dataclass(frozen=True)
class AtticSettings:
    ladder: int = 1


class Attic(Destination):
    """Take every load and forget it in a box."""

    kind: ClassVar[str] = "attic"
    settings_spec: ClassVar[type | None] = AtticSettings
    example: ClassVar[str] = '[destination.attic.credentials]\\nbox = "of {source}"\\n'

    @classmethod
    def credential_specs(cls) -> tuple[type, ...]:
        return (AtticCredentials,)

    def own_capabilities(self) -> Capabilities:
        return Capabilities(keeps_types=False)

    @contextmanager
    def connect(self, dataset_name: str, schema: Any = None) -> Iterator[DummyClient]:
        yield DummyClient()


DESTINATION = Attic
'''


@pytest.mark.parametrize("name", KNOWN)
def test_each_folder_says_all_of_its_destination(name: str) -> None:
    """The class bears the folder's name, and stands where programs look for it."""
    found = load_destination(name)
    assert issubclass(found, Destination) and found.kind == name
    assert getattr(dlt.destinations, name) is found
    assert found.__module__ == f"dlt.destinations.impl.{name}.factory"


def test_a_new_folder_is_a_new_destination(tmp_path: Path) -> None:
    """Programs, settings, `dlt init` and `dlt config check` know it, and no other file was touched."""
    copy, project = tmp_path / "copy", tmp_path / "project"
    shutil.copytree(Path(dlt.__file__).parent, copy / "dlt", ignore=shutil.ignore_patterns("__pycache__"))
    folder = copy / "dlt" / "destinations" / "impl" / "attic"
    folder.mkdir()
    project.mkdir()
    (folder / "__init__.py").write_text('"""An attic."""\n')
    (folder / "factory.py").write_text(FACTORY)
    environment = {**os.environ, "PYTHONPATH": str(copy), "HOME": str(tmp_path), "DLT_DATA_DIR": str(tmp_path / "data")}

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *command], cwd=project, env=environment, capture_output=True, text=True, check=False
        )

    made = run("-m", "dlt", "init", "shop", "attic")
    assert made.returncode == 0, made.stderr
    assert 'box = "of shop"' in (project / ".dlt" / "secrets.toml").read_text()
    loaded = run("shop_pipeline.py")
    assert loaded.returncode == 0 and "attic" in loaded.stdout, loaded.stderr
    assert run("-m", "dlt", "config", "check").returncode == 0
    (project / ".dlt" / "secrets.toml").write_text('[destination.attic]\nlader = 3\ncredentials.bax = "x"\n')
    checked = run("-m", "dlt", "config", "check")
    assert checked.returncode != 0 and "ladder" in checked.stdout + checked.stderr, checked
    refused = run("-c", "import dlt; dlt.destinations.attic(lader=3)")
    assert "there is no setting 'lader'" in refused.stderr and "ladder" in refused.stderr
