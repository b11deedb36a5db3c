"""Settings of a runner of dbt packages."""

from __future__ import annotations

from typing import Any

from dlt.configuration.runtime import RuntimeConfiguration
from dlt.configuration.spec import BaseConfiguration, configspec
from dlt.configuration.values import TSecretStrValue

SECTION = "dbt_package_runner"


@configspec
class DBTRunnerConfiguration(BaseConfiguration):
    """Where the package is, and how it is run.

    Attributes:
        package_location: A folder, or the URL of a repository of git.
        package_repository_branch: Branch of the repository; its default one when None.
        package_repository_ssh_key: Key that opens the repository.
        package_profiles_dir: Folder of a `profiles.yml` of one's own; one is made for the run when None.
        package_profile_name: Name of the profile in it.
        auto_full_refresh_when_out_of_sync: Run once more with `--full-refresh` when an incremental model has other
            columns than its table.
        package_additional_vars: Variables of the package.
        runtime: Settings of the log.
    """

    package_location: str = None  # type: ignore[assignment]  # looked up, as a field without a value is
    package_repository_branch: str | None = None
    package_repository_ssh_key: TSecretStrValue | None = ""
    package_profiles_dir: str | None = None
    package_profile_name: str | None = None
    auto_full_refresh_when_out_of_sync: bool = True
    package_additional_vars: dict[str, Any] | None = None
    runtime: RuntimeConfiguration | None = None

    def on_resolved(self) -> None:
        """End the key with the newline that ssh asks for."""
        key = self.package_repository_ssh_key
        if key and not key.endswith("\n"):
            self.package_repository_ssh_key = key + "\n"
