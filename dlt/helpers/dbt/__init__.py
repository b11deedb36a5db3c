"""Run packages of dbt on what a pipeline has loaded."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from dlt.helpers.dbt.profiles import ADAPTERS, profile_of
from dlt.helpers.dbt.runner import DBTPackageRunner, create_runner
from dlt.helpers.venvs import Venv, VenvNotFound

if TYPE_CHECKING:
    from dlt.pipeline.pipeline import Pipeline
    from dlt.pipeline.storage import StorageConfiguration

__all__ = [
    "DBT_DESTINATION_MAP",
    "DEFAULT_DBT_VERSION",
    "DBTPackageRunner",
    "create_runner",
    "create_venv",
    "get_venv",
    "package",
    "package_runner",
    "restore_venv",
]
DEFAULT_DBT_VERSION = ">=1.7,<2"
DBT_DESTINATION_MAP = {"athena": "athena-community", "mssql": "sqlserver", **ADAPTERS}
"""What the adapters of dbt are called, by destination; others have the name of the destination."""


def get_venv(pipeline: Pipeline, venv_path: str = "dbt", dbt_version: str = DEFAULT_DBT_VERSION) -> Venv:
    """Return a virtual environment with dbt and the adapter for the destination of a pipeline; make it if need be.

    Args:
        pipeline: The pipeline.
        venv_path: Its folder; a relative one is in the working folder of the pipeline.
        dbt_version: Version of dbt-core, as pip reads it.

    Raises:
        CannotInstallDependencies: dbt cannot be installed.
    """
    folder = os.path.join(pipeline.working_dir, venv_path)
    # by its type: a destination may have any name
    kinds = [pipeline.destination_client().config.destination_type.rpartition(".")[2]]
    try:
        return restore_venv(folder, kinds, dbt_version)
    except VenvNotFound:
        return create_venv(folder, kinds, dbt_version)


def package(
    pipeline: Pipeline,
    package_location: str,
    package_repository_branch: str | None = None,
    package_repository_ssh_key: str = "",
    auto_full_refresh_when_out_of_sync: bool | None = None,
    venv: Venv | None = None,
) -> DBTPackageRunner:
    """Return what runs a package of dbt on the dataset of a pipeline.

    Args:
        pipeline: The pipeline.
        package_location: A folder, or the URL of a repository of git.
        package_repository_branch: Branch of the repository; what is configured when None.
        package_repository_ssh_key: Key that opens the repository.
        auto_full_refresh_when_out_of_sync: As for `create_runner`.
        venv: The environment that has dbt; that of the program when None.

    Raises:
        NotOffered: there is no profile for the destination.
    """
    return package_runner(
        venv or Venv.restore_current(),
        pipeline.destination_client().config,
        pipeline.working_dir,
        package_location,
        package_repository_branch,
        package_repository_ssh_key,
        auto_full_refresh_when_out_of_sync,
    )


def create_venv(venv_dir: str, destination_types: Sequence[str], dbt_version: str = DEFAULT_DBT_VERSION) -> Venv:
    """Make a virtual environment with dbt and adapters.

    Args:
        venv_dir: Its folder.
        destination_types: Destinations that dbt is to know.
        dbt_version: Version of dbt-core, as pip reads it.

    Raises:
        CannotInstallDependencies: dbt cannot be installed; the folder is deleted.
    """
    return Venv.create(venv_dir, _create_dbt_deps(destination_types, dbt_version))


def restore_venv(
    venv_dir: str,
    destination_types: Sequence[str],  # noqa: ARG001 - as programs of 1.x pass it; what is installed stays
    dbt_version: str = DEFAULT_DBT_VERSION,  # noqa: ARG001
) -> Venv:
    """Return a virtual environment that was made before.

    Args:
        venv_dir: Its folder.
        destination_types: Destinations for which it was made.
        dbt_version: Version of dbt-core for which it was made.

    Raises:
        VenvNotFound: it is not there.
    """
    return Venv.restore(venv_dir)


def package_runner(
    venv: Venv | None,
    destination_configuration: StorageConfiguration,
    working_dir: str | None,
    package_location: str,
    package_repository_branch: str | None = None,
    package_repository_ssh_key: str = "",
    auto_full_refresh_when_out_of_sync: bool | None = None,
) -> DBTPackageRunner:
    """Return what runs a package of dbt with the profile of a destination.

    Args:
        venv: As for `create_runner`.
        destination_configuration: Where the data is: `pipeline.destination_client().config`.
        working_dir: As for `create_runner`.
        package_location: As for `create_runner`.
        package_repository_branch: As for `create_runner`.
        package_repository_ssh_key: As for `create_runner`.
        auto_full_refresh_when_out_of_sync: As for `create_runner`.

    Raises:
        NotOffered: there is no profile for the destination.
    """
    return create_runner(
        venv,
        destination_configuration,
        working_dir,
        package_location,
        package_repository_branch,
        package_repository_ssh_key,
        package_profile_name=_default_profile_name(destination_configuration),
        auto_full_refresh_when_out_of_sync=auto_full_refresh_when_out_of_sync,
    )


def _create_dbt_deps(destination_types: Sequence[str], dbt_version: str = DEFAULT_DBT_VERSION) -> list[str]:
    """Return the packages of an environment for dbt."""
    # as 1.x read it: a number alone is that very version
    version = f"=={dbt_version}" if dbt_version[:1].isdigit() else dbt_version
    adapters = [f"dbt-{DBT_DESTINATION_MAP.get(kind, kind)}" for kind in destination_types]
    return [f"dbt-core{version}", *dict.fromkeys(adapters)]


def _default_profile_name(credentials: StorageConfiguration) -> str:
    """Return the name of the profile of a destination."""
    return profile_of(credentials.destination).name
