"""Events of OpenLineage, through its own client: it knows HTTP, Kafka, files and the rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dlt.errors import DltException
from dlt.observe.outbox import outbox
from dlt.version import __version__

if TYPE_CHECKING:
    from openlineage.client import OpenLineageClient
    from openlineage.client import event_v2 as events

    from dlt.observe.run_events import Output, RunEvent
    from dlt.places import Place

PRODUCER = f"https://pypi.org/project/dlt-tasks/{__version__}"
_clients: dict[tuple[str | None, str | None], OpenLineageClient] = {}


class ClientMissing(DltException):
    """OpenLineage is configured, and its client is not installed."""


def send(event: RunEvent, url: str | None, api_key: str | None) -> None:
    """Send an event soon.

    Args:
        event: What happened.
        url: Where to; as the client's own settings say when None.
        api_key: A secret for it.
    """

    def deliver() -> None:
        client = _client(url, api_key)
        client.emit(made(event))

    outbox(f"{event.job}: OpenLineage").post(f"the event {event.kind}", deliver)


def made(event: RunEvent) -> events.RunEvent:
    """Return an event as the client takes it.

    Args:
        event: What happened.
    """
    from openlineage.client import event_v2 as events
    from openlineage.client.constants import DEFAULT_NAMESPACE_NAME
    from openlineage.client.facet_v2 import error_message_run, job_type_job, processing_engine_run

    facets: dict[str, Any] = {
        "processing_engine": processing_engine_run.ProcessingEngineRunFacet(
            version=__version__, name="dlt", openlineageAdapterVersion=__version__, producer=PRODUCER
        )
    }
    if event.error is not None:
        facets["errorMessage"] = error_message_run.ErrorMessageRunFacet(
            message=event.error, programmingLanguage="PYTHON", producer=PRODUCER
        )
    kind = job_type_job.JobTypeJobFacet(
        processingType="BATCH", integration="DLT", jobType="PIPELINE", producer=PRODUCER
    )
    namespace = event.namespace or DEFAULT_NAMESPACE_NAME
    return events.RunEvent(
        eventTime=event.at,
        eventType=events.RunState[event.kind],
        run=events.Run(runId=event.run_id, facets=facets),
        job=events.Job(namespace=namespace, name=event.job, facets={"jobType": kind}),
        inputs=[
            *(events.InputDataset(place.namespace, place.name) for place in _sources(event.outputs)),
            *(_checked(output) for output in event.outputs if output.checks),
        ],
        outputs=[_output(output) for output in event.outputs],
        producer=PRODUCER,
    )


def _sources(outputs: Sequence[Output]) -> list[Place]:
    # several tables come of one resource
    return list(dict.fromkeys(output.source for output in outputs))


def _checked(output: Output) -> events.InputDataset:
    """Return a table as what its checks read: by the standard their results stand at an input."""
    from openlineage.client import event_v2 as events
    from openlineage.client.facet_v2 import data_quality_assertions_dataset as quality

    assertions = [quality.Assertion(assertion=check, success=passed) for check, passed in output.checks]
    facet = quality.DataQualityAssertionsDatasetFacet(assertions=assertions, producer=PRODUCER)
    place = output.place
    return events.InputDataset(place.namespace, place.name, inputFacets={"dataQualityAssertions": facet})


def _output(output: Output) -> events.OutputDataset:
    from openlineage.client import event_v2 as events
    from openlineage.client.facet_v2 import column_lineage_dataset, output_statistics_output_dataset, schema_dataset

    source = output.source

    def fields(column: str, path: str) -> column_lineage_dataset.Fields:
        masked = column in output.masked
        how = column_lineage_dataset.Transformation(
            type="DIRECT", subtype="TRANSFORMATION" if masked else "IDENTITY", description="", masking=masked
        )
        read = column_lineage_dataset.InputField(source.namespace, source.name, path, transformations=[how])
        # the type of the field as a whole is deprecated, and all that older catalogs read
        return column_lineage_dataset.Fields([read], "", "MASKED" if masked else "IDENTITY")

    lineage = {column: fields(column, path) for column, path in output.paths.items()}
    columns = [schema_dataset.SchemaDatasetFacetFields(name=name, type=kind) for name, kind in output.columns.items()]
    statistics = output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(
        rowCount=output.rows, size=output.bytes, fileCount=output.files, producer=PRODUCER
    )
    return events.OutputDataset(
        output.place.namespace,
        output.place.name,
        facets={
            "schema": schema_dataset.SchemaDatasetFacet(fields=columns, producer=PRODUCER),
            "columnLineage": column_lineage_dataset.ColumnLineageDatasetFacet(fields=lineage, producer=PRODUCER),
        },
        outputFacets={"outputStatistics": statistics},
    )


def _client(url: str | None, api_key: str | None) -> OpenLineageClient:
    """Return the client, which keeps its connection; made in the thread that sends.

    Raises:
        ClientMissing: it is not installed.
    """
    try:
        from openlineage.client import OpenLineageClient
        from openlineage.client.transport import get_default_factory
    except ImportError as error:
        raise ClientMissing(
            f"OpenLineage is configured, and its client is not installed ({error}). Run: pip install "
            "'dlt-tasks[openlineage]'. OPENLINEAGE_DISABLED=true switches it off."
        ) from error
    if (url, api_key) not in _clients:
        transport = None
        if url is not None:
            settings: dict[str, Any] = {"type": "http", "url": url}
            if api_key:
                settings["auth"] = {"type": "api_key", "apiKey": api_key}
            transport = get_default_factory().create(settings)
        _clients[url, api_key] = OpenLineageClient(transport=transport)
    return _clients[url, api_key]
