"""Run a package of dbt on what a pipeline has loaded."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import yaml

from dlt import user_log
from dlt.configuration.resolve import resolve_configuration
from dlt.errors import MissingDependencyException
from dlt.helpers.dbt.configuration import SECTION, DBTRunnerConfiguration
from dlt.helpers.dbt.exceptions import (
    DBTNodeResult,
    DBTProcessingError,
    DBTRunnerException,
    IncrementalSchemaOutOfSyncError,
    PrerequisitesException,
)
from dlt.helpers.dbt.profiles import Profile, profile_of
from dlt.helpers.dbt.repository import clone, is_repository, name_of
from dlt.helpers.venvs import Venv
from dlt.redact import redact

if TYPE_CHECKING:
    from dlt.pipeline.storage import StorageConfiguration

__all__ = ["DBTPackageRunner", "create_runner"]
_LINES = 40
"""Lines of dbt that an error has at most."""
_OUT_OF_SYNC = "out of sync"
"""What dbt says of a model whose columns are not those of its table."""


class DBTPackageRunner:
    """Run a package of dbt.

    Args:
        venv: The environment that has dbt.
        credentials: Where the data is: `pipeline.destination_client().config`; None with a profile of one's own.
        working_dir: Folder into which repositories are cloned.
        source_dataset_name: Dataset with what was loaded.
        config: The package, and how it is run.

    Raises:
        NotOffered: there is no profile for the destination.
    """

    def __init__(
        self,
        venv: Venv,
        credentials: StorageConfiguration | None,
        working_dir: str | None,
        source_dataset_name: str | None,
        config: DBTRunnerConfiguration,
    ) -> None:
        self.venv, self.credentials, self.config = venv, credentials, config
        self.working_dir, self.source_dataset_name = working_dir or ".", source_dataset_name
        self._profile: Profile | None = None
        # told now: a package that is cloned first would be cloned in vain
        if config.package_profiles_dir is None and credentials is not None:
            self._profile = profile_of(credentials.destination)
        location = config.package_location
        # a folder is used where it is: what somebody changes in it counts in the next run
        self.cloned_package_name = name_of(location) if is_repository(location) else None
        self.package_path = (
            os.path.join(os.path.abspath(self.working_dir), self.cloned_package_name)
            if self.cloned_package_name
            else os.path.abspath(location)
        )

    def ensure_newest_package(self) -> None:
        """Clone the package anew if it is in a repository; make sure that it is there.

        Raises:
            DBTRunnerException: it cannot be cloned, or there is no package of dbt.
        """
        config = self.config
        if self.cloned_package_name:
            key = config.package_repository_ssh_key
            clone(config.package_location, self.package_path, config.package_repository_branch, key)
        if not os.path.isfile(os.path.join(self.package_path, "dbt_project.yml")):
            raise DBTRunnerException(
                f"package {redact(config.package_location)}: there is no dbt_project.yml in {self.package_path}. Name "
                "the folder of a package of dbt, or a repository that has one at its top."
            )

    def run(
        self,
        cmd_params: Sequence[str] | None = ("--fail-fast",),
        additional_vars: Mapping[str, Any] | None = None,
        destination_dataset_name: str | None = None,
    ) -> Sequence[DBTNodeResult]:
        """Run the models; return what became of them.

        Args:
            cmd_params: Arguments of `dbt run`.
            additional_vars: Variables of the package.
            destination_dataset_name: Dataset for the models; the source's when None.

        Raises:
            DBTProcessingError: a model failed, or the package.
            IncrementalSchemaOutOfSyncError: a model has other columns than its table, and no full refresh mends it.
        """
        try:
            return self._execute("run", cmd_params, additional_vars, destination_dataset_name)
        except IncrementalSchemaOutOfSyncError:
            given = list(cmd_params or ())
            if not self.config.auto_full_refresh_when_out_of_sync or "--full-refresh" in given:
                raise
            user_log.info("dbt: a model has other columns than its table, so all is run with --full-refresh")
            return self._execute("run", [*given, "--full-refresh"], additional_vars, destination_dataset_name)

    def test(
        self,
        cmd_params: Sequence[str] | None = None,
        additional_vars: Mapping[str, Any] | None = None,
        destination_dataset_name: str | None = None,
    ) -> Sequence[DBTNodeResult]:
        """Run the tests of the package; return what became of them.

        Args:
            cmd_params: Arguments of `dbt test`.
            additional_vars: As for `run`.
            destination_dataset_name: As for `run`.

        Raises:
            DBTProcessingError: a test failed.
        """
        return self._execute("test", cmd_params, additional_vars, destination_dataset_name)

    def run_all(
        self,
        run_params: Sequence[str] | None = ("--fail-fast",),
        additional_vars: Mapping[str, Any] | None = None,
        source_tests_selector: str | None = None,
        destination_dataset_name: str | None = None,
    ) -> Sequence[DBTNodeResult]:
        """Get the package, install what it needs, test its sources, load its seeds and run its models.

        Args:
            run_params: Arguments of `dbt run`.
            additional_vars: As for `run`.
            source_tests_selector: Which tests must pass before anything is run; none when None.
            destination_dataset_name: As for `run`.

        Raises:
            PrerequisitesException: such a test failed.
            DBTProcessingError: a model failed, or the package.
        """
        self.ensure_newest_package()
        given = (additional_vars, destination_dataset_name)
        # it takes seconds, and asks a server, where there is nothing to install
        if any(os.path.exists(os.path.join(self.package_path, name)) for name in ("packages.yml", "dependencies.yml")):
            self._execute("deps", None, *given)
        if source_tests_selector is not None:
            try:
                self.test(["-s", source_tests_selector], *given)
            except DBTProcessingError as error:
                raise PrerequisitesException(error) from error
        # the name that dbt gives the folder unless the project says another one
        paths = self._project().get("seed-paths") or ["seeds"]
        if any(os.path.isdir(os.path.join(self.package_path, str(path))) for path in paths):
            self._execute("seed", None, *given)
        return self.run(run_params, *given)

    # -- dbt

    def _get_package_vars(
        self, additional_vars: Mapping[str, Any] | None = None, destination_dataset_name: str | None = None
    ) -> dict[str, Any]:
        # in the order of 1.x: what the call says comes last
        found = {**(self.config.package_additional_vars or {})}
        if self.source_dataset_name:
            found["source_dataset_name"] = self.source_dataset_name
        if destination_dataset_name:
            found["destination_dataset_name"] = destination_dataset_name
        return {**found, **(additional_vars or {})}

    def _project(self) -> dict[str, Any]:
        with open(os.path.join(self.package_path, "dbt_project.yml"), encoding="utf-8") as file:
            return dict(yaml.safe_load(file) or {})

    def _execute(
        self,
        command: str,
        parameters: Sequence[str] | None,
        additional_vars: Mapping[str, Any] | None,
        destination_dataset_name: str | None,
    ) -> list[DBTNodeResult]:
        results = os.path.join(
            self.package_path, str(self._project().get("target-path") or "target"), "run_results.json"
        )
        # what is there afterwards is of this command
        if os.path.exists(results):
            os.unlink(results)
        # variables are no secrets: they stand in the command line, which others on the machine see
        variables = self._get_package_vars(additional_vars, destination_dataset_name)
        with self._profiles() as (options, environment):
            lines, code = self._call(
                [command, *options, "--vars", json.dumps(variables), *(parameters or ())], environment
            )  # fmt: skip
        found = _read(results)
        if code:
            secrets = [value for name, value in environment.items() if "PASSWORD" in name or "TOKEN" in name]
            # drivers show what they were given in their errors, and dbt shows those
            text = _without(redact("\n".join(lines[-_LINES:])), secrets)
            error = DBTProcessingError(command, found, text)
            # with --fail-fast it stands in the result of the model, else in what dbt wrote
            said = [text, *(result.message for result in found or ())]
            if command == "run" and any(_OUT_OF_SYNC in each for each in said):
                raise IncrementalSchemaOutOfSyncError(error) from error
            raise error
        return found or []

    @contextmanager
    def _profiles(self) -> Iterator[tuple[list[str], dict[str, str]]]:
        """Yield the options that name the profile, and the variables that it asks for."""
        config, made = self.config, self._profile
        if made is None:
            given = ["--profiles-dir", config.package_profiles_dir] if config.package_profiles_dir else []
            name = ["--profile", config.package_profile_name] if config.package_profile_name else []
            yield [*given, *name], {}
            return
        name_of_profile = config.package_profile_name or made.name
        # a name of its own in the package does not matter: the option names this one
        profile = {name_of_profile: {"target": "dlt", "outputs": {"dlt": dict(made.output)}}}
        # beside the package it would be committed by somebody
        with tempfile.TemporaryDirectory(prefix="dbt-profiles-") as folder:
            with open(os.path.join(folder, "profiles.yml"), "w", encoding="utf-8") as file:
                yaml.safe_dump(profile, file)
            yield ["--profiles-dir", folder, "--profile", name_of_profile], dict(made.variables)

    def _call(self, arguments: Sequence[str], variables: Mapping[str, str]) -> tuple[list[str], int]:
        # what was loaded is nobody else's business
        environment = {"DBT_SEND_ANONYMOUS_USAGE_STATS": "False", "NO_COLOR": "1", **os.environ, **variables}
        lines: list[str] = []
        try:
            with self.venv.start_command(
                "dbt", "--no-use-colors", *arguments, cwd=self.package_path, env=environment, text=True,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            ) as process:  # fmt: skip
                # line by line, as models may take hours
                for line in process.stdout or ():
                    lines.append(line.rstrip())
                    user_log.info(f"dbt {arguments[0]}: {lines[-1]}")
                return lines, process.wait()
        except FileNotFoundError as error:
            raise MissingDependencyException(
                "dbt is not installed here. Make an environment that has it, and pass it: "
                'venv = dlt.dbt.get_venv(pipeline). Or run: pip install "dbt-core>=1.7,<2" and the adapter, such as '
                "dbt-duckdb."
            ) from error


def _without(text: str, secrets: Sequence[str]) -> str:
    for secret in filter(None, secrets):
        text = text.replace(secret, "***")
    return text


def _read(path: str) -> list[DBTNodeResult] | None:
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as file:
        found = json.load(file)["results"]
    # "model.package.name", or "test.package.name.digest"
    return [
        DBTNodeResult(
            str(each["unique_id"]).split(".")[2],
            str(each.get("message") or ""),
            float(each.get("execution_time") or 0.0),
            str(each["status"]),
        )
        for each in found
    ]


def create_runner(
    venv: Venv | None,
    credentials: StorageConfiguration | None,
    working_dir: str | None,
    package_location: str | None = None,
    package_repository_branch: str | None = None,
    package_repository_ssh_key: str = "",
    package_profiles_dir: str | None = None,
    package_profile_name: str | None = None,
    auto_full_refresh_when_out_of_sync: bool | None = None,
    config: DBTRunnerConfiguration | None = None,
) -> DBTPackageRunner:
    """Return what runs a package of dbt; what is not given is looked up under `[dbt_package_runner]`.

    Args:
        venv: The environment that has dbt; that of the program when None.
        credentials: Where the data is: `pipeline.destination_client().config`; None with a profile of one's own.
        working_dir: Folder into which repositories are cloned.
        package_location: A folder, or the URL of a repository of git.
        package_repository_branch: Branch of the repository.
        package_repository_ssh_key: Key that opens the repository.
        package_profiles_dir: Folder of a `profiles.yml` of one's own.
        package_profile_name: Name of the profile in it.
        auto_full_refresh_when_out_of_sync: Run once more with `--full-refresh` when an incremental model has other
            columns than its table; yes unless it is configured.
        config: All of it as one.

    Raises:
        ConfigFieldMissingException: no package is named.
        NotOffered: there is no profile for the destination.
    """
    if config is None:
        given = {
            "package_location": package_location,
            "package_repository_branch": package_repository_branch,
            "package_repository_ssh_key": package_repository_ssh_key or None,
            "package_profiles_dir": package_profiles_dir,
            "package_profile_name": package_profile_name,
            "auto_full_refresh_when_out_of_sync": auto_full_refresh_when_out_of_sync,
        }
        said = {name: value for name, value in given.items() if value is not None}
        config = resolve_configuration(DBTRunnerConfiguration(), sections=(SECTION,), explicit_value=said)
    dataset = credentials.dataset_name if credentials is not None else None
    return DBTPackageRunner(venv or Venv.restore_current(), credentials, working_dir, dataset, config)
