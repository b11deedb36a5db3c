"""What OpenLineage learns of a load: tables, columns and rows. Used in tasks only, where its provider is installed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dlt_airflow.compat import Asset

if TYPE_CHECKING:
    from airflow.providers.openlineage.extractors import OperatorLineage

    from dlt.tasks import LoadReport


def lineage_of(report: LoadReport | None, inlets: Sequence[object] = ()) -> OperatorLineage:
    """Return the datasets that a load read and wrote.

    Args:
        report: What was loaded; None if the task did not get that far.
        inlets: Assets that the task reads, as far as somebody declared them: a source is a function of the user's.
    """
    from airflow.providers.common.compat.openlineage.facet import (
        InputDataset,
        OutputDataset,
        OutputStatisticsOutputDatasetFacet,
        SchemaDatasetFacet,
        SchemaDatasetFacetFields,
    )
    from airflow.providers.openlineage.extractors import OperatorLineage

    from dlt.places import dataset_of, table_place

    # inlets may be anything that a person put there
    read = [dataset_of(inlet.uri) for inlet in inlets if isinstance(inlet, Asset)]
    inputs = [InputDataset(namespace=namespace, name=name) for namespace, name in read]
    if report is None:
        return OperatorLineage(inputs=inputs)
    outputs = []
    for table, rows in sorted(report.changed.items()):
        columns = report.tables.get(table, {})
        fields = [SchemaDatasetFacetFields(name=name, type=kind) for name, kind in columns.items()]
        dataset = report.datasets.get(table, report.dataset_name)
        place = table_place(report.location, dataset, table, report.destination_type)
        checks = [check for check in report.checks if check["table"] == table]
        if checks:
            # what Airflow 2.11 may have of it is older, and most tables have no checks
            from openlineage.client.facet_v2 import data_quality_assertions_dataset as quality

            done = [quality.Assertion(str(check["check"]), bool(check["passed"])) for check in checks]
            # by the standard what came of checks stands at an input: the table is what they read
            facet = quality.DataQualityAssertionsDatasetFacet(assertions=done)
            inputs.append(InputDataset(place.namespace, place.name, inputFacets={"dataQualityAssertions": facet}))
        outputs.append(
            OutputDataset(
                namespace=place.namespace,
                name=place.name,
                facets={"schema": SchemaDatasetFacet(fields=fields)},
                outputFacets={"outputStatistics": OutputStatisticsOutputDatasetFacet(rowCount=rows)},
            )
        )
    return OperatorLineage(inputs=inputs, outputs=outputs)
