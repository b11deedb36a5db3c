"""docker-compose.yml as the real Compose resolves it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.compose.conftest import ROOT, compose, resolve

PROFILES = {
    "plain": {"postgres", "runner"},
    "airflow": {"postgres", "airflow-init", "airflow-api", "airflow-scheduler", "airflow-dag-processor"},
    "prefect": {"postgres", "prefect-server", "prefect-deploy", "prefect-worker"},
}


def services(profile: str) -> dict[str, Any]:
    """Return the services of a profile."""
    return dict(resolve(profile)["services"])


@pytest.mark.parametrize("profile", PROFILES)
def test_each_profile_is_valid(profile: str) -> None:
    """Compose accepts the file without a word of warning, and a profile has its services and no others."""
    found = compose("--profile", profile, "config", "--quiet", settings={"POSTGRES_PASSWORD": "x"})
    assert (found.returncode, found.stdout, found.stderr) == (0, "", "")
    assert set(services(profile)) == PROFILES[profile]


def test_without_a_password_nothing_starts() -> None:
    """The one secret that all profiles need is asked for by name."""
    found = compose("--profile", "plain", "config", "--quiet")
    assert found.returncode != 0 and "POSTGRES_PASSWORD" in found.stderr


def test_the_example_of_settings_starts_the_plain_profile(tmp_path: Path) -> None:
    """`.env.example` with a password in it is enough for `docker compose up`."""
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    (tmp_path / "env").write_text(text.replace("POSTGRES_PASSWORD=", "POSTGRES_PASSWORD=x"))
    found = compose("--env-file", str(tmp_path / "env"), "config", "--services")
    assert found.returncode == 0 and set(found.stdout.split()) == PROFILES["plain"], found.stderr


def test_the_example_names_every_setting() -> None:
    """Each variable of the file stands in `.env.example`, and the other way round."""
    used = set(re.findall(r"(?<!\$)\$\{(\w+)", (ROOT / "docker-compose.yml").read_text(encoding="utf-8")))
    shown = set(re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE))
    assert used <= shown
    assert {name for name in shown - used if not name.startswith("AWS_")} == {"COMPOSE_PROFILES"}


@pytest.mark.parametrize("profile", PROFILES)
def test_containers_may_vanish(profile: str) -> None:
    """Work lies in memory, state comes from the destination, and a run has time to finish its package."""
    for name, service in services(profile).items():
        assert service["stop_grace_period"] == "1m30s", name
        if name != "postgres":
            assert service["init"] is True and service["stop_signal"] == "SIGTERM", name
            assert "/srv/dlt/work" in service["tmpfs"], name
            assert service["environment"]["PIPELINES__RESTORE_FROM_DESTINATION"] == "true", name
            assert service["environment"]["DLT_DATA_DIR"].startswith("/srv/dlt/work"), name


@pytest.mark.parametrize("profile", PROFILES)
def test_services_that_stay_have_health_checks(profile: str) -> None:
    """Whatever is restarted is also checked, and a port is open to the own machine only."""
    for name, service in services(profile).items():
        assert "healthcheck" in service or service["restart"] != "unless-stopped", name
        assert all(port["host_ip"] == "127.0.0.1" for port in service.get("ports", [])), name


def test_images_are_targets_of_the_dockerfile() -> None:
    """Each target of the Dockerfile is used, and nothing in it runs as root."""
    text = (ROOT / "docker" / "Dockerfile").read_text(encoding="utf-8")
    targets = {name: body for name, body in re.findall(r"^FROM \S+ AS (\w+)\n(.*?)(?=^FROM|\Z)", text, re.S | re.M)}
    used = {s["build"]["target"] for profile in PROFILES for s in services(profile).values() if "build" in s}
    assert used == set(PROFILES)
    for name in used:
        assert targets[name].rstrip().endswith("USER dlt"), name
    # a stage of its own has the compiler: what runs gets the wheel that it has made
    assert "gcc" in targets["wheel"] and "gcc" not in text.partition("AS base")[2]
    for copied in re.findall(r"^COPY (?!--from=)(.+) \S+$", text, re.MULTILINE):
        for pattern in copied.split():
            assert list(ROOT.glob(pattern)), pattern
