"""Figures of files and jobs under the names of PyPI `dlt` 1.x."""

from dlt.metrics import (
    EMPTY_DATA_WRITER_METRICS,
    DataLocation,
    DataWriterAndCustomMetrics,
    DataWriterMetrics,
    LoadJobMetrics,
    SchemaReference,
    StepFigures,
)
from dlt.types import JsonObject

__all__ = [
    "EMPTY_DATA_WRITER_METRICS",
    "DataWriterAndCustomMetrics",
    "DataWriterMetrics",
    "ExtractDataInfo",
    "ExtractMetrics",
    "LoadJobMetrics",
    "LoadMetrics",
    "NormalizeMetrics",
    "StepMetrics",
    "TDataLocation",
    "TDatasetDataLocation",
    "TSchemaReference",
]

StepMetrics = ExtractMetrics = NormalizeMetrics = LoadMetrics = StepFigures
ExtractDataInfo = JsonObject
TDataLocation = TDatasetDataLocation = DataLocation
TSchemaReference = SchemaReference
