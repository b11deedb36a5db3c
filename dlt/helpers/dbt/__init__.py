"""Runs of dbt packages: they are not here yet, and say how dbt runs after a load."""

from __future__ import annotations

from typing import NoReturn

from dlt.absent import absent_names
from dlt.errors import NotOffered

__all__ = ["create_runner", "create_venv", "get_venv", "package", "package_runner", "restore_venv"]
DEFAULT_DBT_VERSION = ">=1.7,<2"
WAY = (
    "Run dbt after pipeline.run(): subprocess.run(['dbt', 'build', '--project-dir', ...], check=True), with a profile "
    "that names the same database and the dataset of the pipeline."
)
__getattr__ = absent_names(__name__, WAY, "DBTPackageRunner _create_dbt_deps _default_profile_name")


def _missing(name: str) -> NotOffered:
    return NotOffered(f"{name}: runs of dbt packages are not part of this library yet. {WAY}", place=name)


def get_venv(pipeline: object, venv_path: str = "dbt", dbt_version: str = DEFAULT_DBT_VERSION) -> NoReturn:  # noqa: ARG001
    """Say how dbt runs after a load.

    Raises:
        NotOffered: always.
    """
    raise _missing("dlt.dbt.get_venv")


def package(
    pipeline: object,  # noqa: ARG001
    package_location: str,  # noqa: ARG001
    package_repository_branch: str | None = None,  # noqa: ARG001
    package_repository_ssh_key: str = "",  # noqa: ARG001
    auto_full_refresh_when_out_of_sync: bool | None = None,  # noqa: ARG001
    venv: object = None,  # noqa: ARG001
) -> NoReturn:
    """Say how dbt runs after a load.

    Raises:
        NotOffered: always.
    """
    raise _missing("dlt.dbt.package")


def create_venv(venv_dir: str, destination_types: list[str], dbt_version: str = DEFAULT_DBT_VERSION) -> NoReturn:  # noqa: ARG001
    """Say how dbt runs after a load.

    Raises:
        NotOffered: always.
    """
    raise _missing("dlt.helpers.dbt.create_venv")


def restore_venv(venv_dir: str, destination_types: list[str], dbt_version: str = DEFAULT_DBT_VERSION) -> NoReturn:  # noqa: ARG001
    """Say how dbt runs after a load.

    Raises:
        NotOffered: always.
    """
    raise _missing("dlt.helpers.dbt.restore_venv")


def create_runner(
    venv: object,  # noqa: ARG001
    credentials: object,  # noqa: ARG001
    working_dir: str,  # noqa: ARG001
    package_location: str | None = None,  # noqa: ARG001
    package_repository_branch: str | None = None,  # noqa: ARG001
    package_repository_ssh_key: str = "",  # noqa: ARG001
    package_profiles_dir: str | None = None,  # noqa: ARG001
    package_profile_name: str | None = None,  # noqa: ARG001
    auto_full_refresh_when_out_of_sync: bool = True,  # noqa: ARG001
    config: object = None,  # noqa: ARG001
) -> NoReturn:
    """Say how dbt runs after a load.

    Raises:
        NotOffered: always.
    """
    raise _missing("dlt.helpers.dbt.create_runner")


def package_runner(
    venv: object,  # noqa: ARG001
    destination_configuration: object,  # noqa: ARG001
    working_dir: str,  # noqa: ARG001
    package_location: str,  # noqa: ARG001
    package_repository_branch: str | None = None,  # noqa: ARG001
    package_repository_ssh_key: str = "",  # noqa: ARG001
    auto_full_refresh_when_out_of_sync: bool | None = None,  # noqa: ARG001
) -> NoReturn:
    """Say how dbt runs after a load.

    Raises:
        NotOffered: always.
    """
    raise _missing("dlt.helpers.dbt.package_runner")
