"""The variable `dlt_secrets_toml`, in which programs for PyPI `dlt` 1.x keep their configuration on Airflow."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence

from airflow.providers.common.compat import sdk
from typing_extensions import override

from dlt.configuration import container
from dlt.configuration.providers.base import IsValue
from dlt.configuration.providers.memory import MemoryProvider
from dlt_airflow.connections import variable_document

NAME = "dlt_secrets_toml"
_log = logging.getLogger("dlt")


class _Secrets(MemoryProvider):
    """What the variable says; Airflow is asked for it when a value is looked up for the first time."""

    def __init__(self) -> None:
        super().__init__(f"the Airflow variable {NAME}")
        self._is_read = False

    def read_anew(self) -> None:
        """Ask Airflow again."""
        self.clear()
        self._is_read = False

    @override
    def get(self, key: str, *sections: str) -> tuple[object, str]:
        self._read()
        return super().get(key, *sections)

    @override
    def find(
        self, key: str, paths: tuple[tuple[str, ...], ...], is_value: IsValue | None = None
    ) -> tuple[object, Sequence[str]]:
        self._read()
        return super().find(key, paths, is_value)

    @override
    def keys(self) -> list[str]:
        self._read()
        return super().keys()

    def _read(self) -> None:
        if self._is_read:
            return
        # first, as a backend of secrets may ask for configuration itself
        self._is_read = True
        try:
            text = _asked()
        except Exception as error:  # noqa: BLE001 - whatever Airflow's database or backends raise
            # a file of a DAG is read without a database too, to be tested or formatted
            _log.warning("the Airflow variable %s cannot be read: %s", NAME, type(error).__name__)
            return
        if text:
            for key, value in variable_document(NAME, text).items():
                self.set(key, value)


def _asked() -> str | None:
    found: str | None = sdk.Variable.get(NAME, None)
    if found is None and not hasattr(sys.modules.get("airflow.sdk.execution_time.task_runner"), "SUPERVISOR_COMMS"):
        # nobody answers tasks here: a person runs the file of the DAG, and Airflow's database can be asked itself
        from airflow.models.variable import Variable

        found = Variable.get(NAME, None)
    return found


_secrets = _Secrets()


def offer_secrets() -> None:
    """Let the variable count as configuration, in the file of a DAG as well as in its tasks."""
    _secrets.read_anew()
    if _secrets not in container.asked(True):
        container.register_provider(_secrets)
