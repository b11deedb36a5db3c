"""docs/compose.md: its commands, in their order, on the services of docker-compose.yml as processes."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.compose.conftest import ROOT, Stack, can_have_namespaces, compose, programs_of

pytestmark = pytest.mark.slow

PAGE = (ROOT / "docs" / "compose.md").read_text(encoding="utf-8")


def commands(heading: str) -> list[str]:
    """Return the commands of a section, a line each."""
    section = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert section, heading
    return [
        line for block in re.findall(r"^```bash\n(.*?)^```", section[1], re.M | re.S) for line in block.splitlines()
    ]


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("heading", "profile"),
    [
        ("First steps", "plain"),
        pytest.param("Airflow", "airflow", marks=pytest.mark.heavy_airflow),
        pytest.param("Prefect", "prefect", marks=pytest.mark.heavy_prefect),
    ],
)
def test_commands(heading: str, profile: str, stack: Callable[..., Stack], tmp_path: Path) -> None:
    """The commands of a section work one after the other."""
    if not can_have_namespaces():
        pytest.skip("needs root and unshare")
    programs = Path(sys.executable).parent if profile == "plain" else programs_of(profile)
    shutil.copy(ROOT / ".env.example", tmp_path)
    running: Stack | None = None
    shell = [line for line in commands("First steps") if not re.search(r"\bdocker compose\b", line)]
    for line in shell:
        subprocess.run(["sh", "-ec", line], cwd=tmp_path, check=True)
    settings = dict(re.findall(r"^([A-Z_]+)=(.+)$", (tmp_path / ".env").read_text(), re.MULTILINE))
    assert len(settings["POSTGRES_PASSWORD"]) == 32
    for line in [line for line in commands(heading) if line not in shell]:
        before, _, rest = line.partition("docker compose ")
        assert settings["COMPOSE_PROFILES"] == "plain"
        chosen = dict([before.strip().split("=")]) if before else {}
        assert {**settings, **chosen}["COMPOSE_PROFILES"] == profile
        verb, *arguments = shlex.split(rest)
        known = compose(verb, "--help").stdout
        options = [word for word in arguments if word.startswith("--")]
        assert all(re.search(rf"{option}\b", known) for option in options), line
        if verb == "up":
            running = stack(profile, programs, True, **settings)
            running.do("up")
        elif verb == "exec":
            assert running is not None
            # the service is there as soon as its runner lives; its first load takes a moment
            found = running.eventually(arguments[0], arguments[1:])
            assert "100" in found
        else:
            assert (verb, arguments) == ("down", []) and running is not None
            assert not any(about["killed"] for about in running.down().values())


def test_every_setting_and_service_of_the_page_is_there() -> None:
    """Names in the text are those of the files."""
    services = set(
        compose("--profile", "*", "config", "--services", settings={"POSTGRES_PASSWORD": "x"}).stdout.split()
    )
    table = PAGE.split("## First steps")[0]
    assert (
        set(re.findall(r"`([a-z]+-?[a-z-]*)`", table)) - {"plain", "airflow", "prefect"} - {"dlt schedule"} <= services
    )
    files = (ROOT / "docker-compose.yml").read_text(encoding="utf-8") + (ROOT / ".env.example").read_text(
        encoding="utf-8"
    )
    for name in re.findall(r"\b(?:DLT|AIRFLOW|PIPELINES|COMPOSE|POSTGRES)_[A-Z_]+\b", PAGE):
        assert name in files, name
