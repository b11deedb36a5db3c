"""What OpenLineage learns of a load: tables, columns and rows. Used in tasks only, where its provider is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dlt.orchestrate import LoadReport


def lineage_of(report: LoadReport | None) -> Any:
    """Return the datasets that a load wrote.

    Args:
        report: What was loaded; None if the task did not get that far.
    """
    from airflow.providers.common.compat.openlineage.facet import (
        OutputDataset,
        OutputStatisticsOutputDatasetFacet,
        SchemaDatasetFacet,
        SchemaDatasetFacetFields,
    )
    from airflow.providers.openlineage.extractors import OperatorLineage

    if report is None:
        return OperatorLineage()
    from dlt.places import table_place

    outputs = []
    for table, rows in sorted(report.rows.items()):
        columns = report.tables.get(table, {})
        fields = [SchemaDatasetFacetFields(name=name, type=kind) for name, kind in columns.items()]
        dataset = report.datasets.get(table, report.dataset_name)
        place = table_place(report.location, dataset, table, report.destination_type)
        outputs.append(
            OutputDataset(
                namespace=place.namespace,
                name=place.name,
                facets={"schema": SchemaDatasetFacet(fields=fields)},
                outputFacets={"outputStatistics": OutputStatisticsOutputDatasetFacet(rowCount=rows)},
            )
        )
    return OperatorLineage(outputs=outputs)
