"""The connection type `dlt`: configuration of one pipeline, kept where Airflow keeps its secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlt_airflow.compat import BaseHook
from dlt_airflow.form import CONFIGURATION_EXAMPLE

if TYPE_CHECKING:
    from dlt.types import JsonObject


class DltHook(BaseHook):  # type: ignore[misc]
    """Read a connection of the type `dlt`.

    Args:
        dlt_conn_id: Id of the connection.
    """

    conn_name_attr = "dlt_conn_id"
    default_conn_name = "dlt_default"
    conn_type = "dlt"
    hook_name = "dlt"

    def __init__(self, dlt_conn_id: str = default_conn_name, **kwargs: str | None) -> None:
        super().__init__(**kwargs)
        self.dlt_conn_id = dlt_conn_id

    @classmethod
    def get_ui_field_behaviour(cls) -> JsonObject:
        """Return how the form of the connection looks in Airflow 2: one field, the configuration as JSON."""
        return {
            "hidden_fields": ["host", "port", "schema", "login", "password"],
            "relabeling": {"extra": "Configuration as JSON"},
            "placeholders": {"extra": CONFIGURATION_EXAMPLE},
        }

    def get_conn(self) -> JsonObject:
        """Return the configuration as nested dicts."""
        # the page of connections asks the hook for its form, and must not load dlt
        from dlt_airflow.connections import values_of

        return values_of(self.get_connection(self.dlt_conn_id))

    def test_connection(self) -> tuple[bool, str]:
        """Try what the connection says: log in to each of its destinations, without a change there."""
        from dlt_airflow.trying import tried

        return tried(self.dlt_conn_id)
