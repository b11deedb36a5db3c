"""The step that normalizes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from dlt import user_log
from dlt.clock import utc_now
from dlt.errors import DestinationCapabilitiesException
from dlt.extract.declared import counts_rows
from dlt.extract.refresh import emptied_chain
from dlt.info import NormalizeInfo
from dlt.io.codec import decode
from dlt.metrics import StepFigures, document
from dlt.normalize.step import normalize_package
from dlt.packages.manifest import Refresh, StepMetrics
from dlt.packages.package import LoadPackage
from dlt.packages.undo import changed_tables, with_more_tables
from dlt.pipeline.live_schemas import live_schema
from dlt.pipeline.packages import mark_seen, normalize_metrics, package_info, told_quarantine
from dlt.pipeline.parts import Parts
from dlt.schema.quarantine import note_emptied
from dlt.schema.schema import Schema
from dlt.schema.system_columns import LOAD_ID, ROW_ID
from dlt.schema.system_tables import QUARANTINE_TABLE, STATE_TABLE
from dlt.schema.typing import TableSchema
from dlt.schema.x_keys import X_CHECKS, X_EMPTIED

_ADDED = {"add_dlt_id": ROW_ID, "add_dlt_load_id": LOAD_ID}
"""Columns that Arrow tables get where the setting says so."""


def normalize(parts: Parts, file_format: str | None) -> NormalizeInfo:
    """Turn extracted packages into tables ready to load.

    Args:
        parts: The pipeline.
        file_format: Format of the files; the destination's preferred one when None.

    Raises:
        PipelineStepFailed: with the cause chained; the extracted packages stay.
    """
    # what was to be extracted is planned already
    if parts.home.planner is not None:
        return NormalizeInfo(parts.whose, {}, [], [], parts.home.first_run)
    with parts.tracer.step("normalize") as step:
        parts.begin()
        metrics: dict[str, list[StepFigures]] = {}
        packages = []
        for package in parts.home.workdir.packages("extracted"):
            done, entry = _normalize_one(parts, package, file_format)
            metrics[package.load_id] = [entry]
            packages.append(package_info(done))
        step.info = info = NormalizeInfo(parts.whose, metrics, list(metrics), packages, parts.home.first_run)
    return info


def _normalize_one(parts: Parts, package: LoadPackage, file_format: str | None) -> tuple[LoadPackage, StepFigures]:
    workdir, schemas = parts.home.workdir, parts.home.schemas
    workdir.check_owner(package)
    # a file that is not whole would be rows that nobody misses
    package.check()
    started_at = utc_now()
    caps = parts.target.capabilities()
    formats = parts.target.file_formats(file_format, caps)
    schema = live_schema(parts, package)
    builder = workdir.begin(package.load_id)
    try:
        grown, files, rows, quarantined = normalize_package(
            package, builder.path, schema, caps, formats, _added(parts), parts.settings.defaults.columns_as_in_1x
        )
        mark_seen(grown, rows)
        _check_checks(parts, grown, rows)
        extracted = package.manifest.metrics.get("extract", StepMetrics()).rows
        # a table that got no rows, and is made or emptied all the same, is one with zero rows
        counts = {**{name: count for name, count in extracted.items() if not count}, **rows}
        if package.state is not None and parts.settings.state_as_row:
            # it goes to its table with the package, and needs no file
            counts[STATE_TABLE] = 1
        entry = normalize_metrics(builder.target("normalized"), started_at, utc_now(), grown.name, files, counts)
        if quarantined:
            _check_place(parts)
            entry["quarantined"] = quarantined
        kept_out = _kept_out(package, grown, extracted, rows)
        uncounted = [name for name, table in kept_out.items() if counts_rows(table)]
        manifest = replace(
            package.manifest,
            stage="normalized",
            files=tuple(files),
            refresh=_replaced(package, grown, rows, kept_out),
            unfilled=tuple(dict.fromkeys((*package.manifest.unfilled, *uncounted))),
            metrics={**package.manifest.metrics, "normalize": decode(StepMetrics, document(entry))},
        )
        undo = with_more_tables(package.undo, changed_tables(schema, grown))
        done = builder.commit(manifest, grown, package.state, undo)
    except BaseException as error:
        # also after Ctrl-C: what is half made must not be taken for a package
        builder.abort()
        from dlt.pipeline.refusal import refuse

        refuse(parts, package, error)
        raise
    change = grown.missing_in(schema)
    # the new package is there; if the process dies now, the next step takes the schema from it
    schemas.adopt(grown)
    schemas.export(grown)
    if change:
        parts.hooks.call("schema_change", change)
    # the extracted package goes last: as long as it is there, everything can be made again
    workdir.replace(package)
    for table, count in rows.items():
        parts.collector.update(table, count)
    if quarantined and not parts.home.is_thrown_away:
        user_log.info(f"{parts.pipeline_name}: {told_quarantine(parts.pipeline_name, quarantined)}")
    return done, entry


def _kept_out(
    package: LoadPackage, schema: Schema, extracted: Mapping[str, int], rows: Mapping[str, int]
) -> Mapping[str, TableSchema]:
    """Return the root tables for which items came, of which a contract let none in."""
    # a replay that leaves all as it was is no load without rows
    if package.manifest.replay is not None:
        return {}
    names = [name for name, count in extracted.items() if count and not rows.get(name)]
    return {name: schema.tables[name] for name in names if name in schema.tables}


def _replaced(
    package: LoadPackage, schema: Schema, rows: Mapping[str, int], kept_out: Mapping[str, TableSchema]
) -> Refresh | None:
    """Return what the load empties, with tables that are replaced by no row; the quarantine notes what is outdated."""
    known = schema.tables.get(QUARANTINE_TABLE, {}).get(X_EMPTIED, {})
    refresh = package.manifest.refresh or Refresh()
    names = dict.fromkeys((*rows, *kept_out, *refresh.truncate_tables))
    for name in names if package.manifest.replay is None else ():
        table: TableSchema = schema.tables.get(name) or {}
        if table.get("write_disposition") != "replace" or table.get("parent"):
            continue
        if name in kept_out:
            refresh = refresh.joined(emptied_chain(name, schema))
        # elsewhere the rows that are there tell by which load they came
        if name in refresh.tables or name in known or LOAD_ID not in table["columns"]:
            note_emptied(schema.tables, [name], package.load_id)
    return refresh or None


def _check_checks(parts: Parts, schema: Schema, filled: Iterable[str]) -> None:
    """Refuse checks of columns that their tables do not have, while the run can still take back what it extracted."""
    for name in filled:
        table = schema.tables.get(name)
        if table is not None and table.get(X_CHECKS):
            # most loads have none
            from dlt.schema.data_checks import check_on_table, checks_of

            for check in checks_of(table):
                check_on_table(table, check, f"pipeline {parts.pipeline_name}, table {name}")


def _check_place(parts: Parts) -> None:
    """Make sure that the destination has a place for items that go to quarantine; a function has none."""
    if not parts.target.capabilities().keeps_own_tables:
        raise DestinationCapabilitiesException(
            f"pipeline {parts.pipeline_name}: a contract puts items into quarantine, and the destination "
            f"{parts.target.there().destination_name} is a function, which holds no table for them. Set the contract "
            "to 'freeze' or 'discard_row', or load into a destination with tables."
        )


def _added(parts: Parts) -> tuple[str, ...]:
    section = "normalize.parquet_normalizer"
    return tuple(column for key, column in _ADDED.items() if parts.option(key, section, False))
