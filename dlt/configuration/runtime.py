"""The section `runtime` as programs read it: what is logged, how requests are tried again, where messages go."""

from __future__ import annotations

from typing import ClassVar

from dlt.configuration.resolve import resolve_configuration
from dlt.configuration.sections import section_context
from dlt.configuration.spec import BaseConfiguration, configspec
from dlt.configuration.values import TSecretStrValue


@configspec
class RuntimeConfiguration(BaseConfiguration):
    """The section `runtime`: what is logged, and how requests are made and tried again."""

    __section__: ClassVar[str | None] = "runtime"
    pipeline_name: str | None = None
    sentry_dsn: str | None = None
    slack_incoming_hook: TSecretStrValue | None = None
    dlthub_telemetry: bool = True
    dlthub_telemetry_endpoint: str | None = None
    dlthub_telemetry_segment_write_key: str | None = None
    log_format: str = "{asctime}|[{levelname}]|{process}|{thread}|{name}|{filename}|{funcName}:{lineno}|{message}"
    log_level: str = "WARNING"
    request_timeout: float = 60
    request_max_attempts: int = 5
    request_backoff_factor: float = 1
    request_max_retry_delay: float = 300
    config_files_storage_path: str = "/run/config/"
    dlthub_dsn: TSecretStrValue | None = None
    run_id: str | None = None
    http_show_error_body: bool = False
    http_max_error_body_length: int = 8192


@configspec
class PipelineRuntimeConfiguration(BaseConfiguration):
    """What of it belongs to one pipeline.

    Attributes:
        slack_incoming_hook: URL to which a program sends messages with `send_slack_message`.
        intercept_signals: A running load ends its package at SIGINT and SIGTERM; else these stop it at once.
    """

    __section__: ClassVar[str | None] = "runtime"

    slack_incoming_hook: TSecretStrValue | None = None
    intercept_signals: bool = True


def runtime_of(pipeline_name: str) -> PipelineRuntimeConfiguration:
    """Return the settings that count for a pipeline.

    Args:
        pipeline_name: Its name, under which they are looked up first.
    """
    with section_context(pipeline_name=pipeline_name):
        return resolve_configuration(PipelineRuntimeConfiguration(), sections=("pipelines", pipeline_name))
