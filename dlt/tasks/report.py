"""What a load left, as JSON that an orchestrator can keep and show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field, replace
from typing import TYPE_CHECKING

from dlt.destinations.client import WorkDone
from dlt.info import LoadInfo
from dlt.late_dataclass import dataclass
from dlt.redact import redact
from dlt.tables import TableLine, table_lines, text_table, users_columns
from dlt.tasks.checked import as_json, check_lines, failed_lines, recorded_checks
from dlt.tasks.token import PackageRef, Token
from dlt.types import JsonObject

if TYPE_CHECKING:
    from dlt.tasks.task_run import TaskRun


@dataclass(frozen=True)
class LoadReport:
    """What a load left; all of it JSON.

    Attributes:
        pipeline_name: Name of the pipeline.
        destination: Name of the destination.
        destination_type: Its type.
        location: Where it is, without secrets.
        dataset_name: Dataset of the first schema.
        load_ids: Load ids, as they are in `_dlt_loads`: one for each schema and part.
        rows: Rows by table.
        seconds: How long each table took.
        tables: Types of columns by table, of the tables that the load changed.
        datasets: Dataset by table, of the same tables.
        schema_update: Columns that were added, by table.
        schema_hash: Version hash of the schema, by schema.
        quarantined: Items that went to quarantine, by root table.
        checks: What came of checks of data, of those that passed too.
        removed: Tables from which the rows of an earlier load of the run were deleted.
        undone: Loads that are there no more, where the task undid some.
        skipped: The destination had all of it already.
        known: It had it by an earlier wish: this is no retry, and nothing is new.
        text: The LoadInfo as text.
        info: The LoadInfo as a dict.
    """

    pipeline_name: str
    destination: str
    location: str
    dataset_name: str
    destination_type: str = ""
    load_ids: list[str] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    tables: dict[str, dict[str, str]] = field(default_factory=dict)
    datasets: dict[str, str] = field(default_factory=dict)
    schema_update: dict[str, dict[str, str]] = field(default_factory=dict)
    schema_hash: dict[str, str] = field(default_factory=dict)
    quarantined: dict[str, int] = field(default_factory=dict)
    checks: list[JsonObject] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    undone: list[str] = field(default_factory=list)
    skipped: bool = False
    known: bool = False
    text: str = ""
    info: JsonObject = field(default_factory=dict)

    def to_dict(self) -> JsonObject:
        """Return JSON values."""
        return dict(self.__dict__)

    @classmethod
    def from_dict(cls, value: JsonObject) -> LoadReport:
        """Return the report that `to_dict` described.

        Args:
            value: JSON values; keys of another version of the library are left out.
        """
        return cls(**{key: given for key, given in value.items() if key in cls.__dataclass_fields__})

    @property
    def changed(self) -> dict[str, int]:
        """Return rows by table, also of tables from which the load only deleted rows: they got none."""
        return {**dict.fromkeys(self.datasets, 0), **self.rows}

    @property
    def lines(self) -> list[TableLine]:
        """Return a line for each table."""
        return [
            TableLine(name, count, self.seconds.get(name), users_columns(self.schema_update.get(name, ())))
            for name, count in self.rows.items()
        ]


def report_of(
    run: TaskRun, info: LoadInfo, tokens: Sequence[Token], chosen: Sequence[tuple[Token, PackageRef]]
) -> LoadReport:
    """Return the report of a load.

    Args:
        run: The step, with its pipeline, which has loaded.
        info: What its load returned.
        tokens: All parts of the run.
        chosen: The packages that were to be loaded.
    """
    results = run.results
    skipped = bool(results) and all(result.skipped for result in results)
    load_ids = [load_id for result in results for load_id in result.load_ids]
    # rows are those that normalize counted: a load that was done before counts nothing
    report = bare_report(run, [reference for _, reference in chosen], load_ids)
    jobs = [job for result in results for job in result.jobs]
    seconds = {found.name: found.seconds for found in table_lines(jobs, {}) if found.seconds is not None}
    tables, datasets, update, hashes = {}, {}, {}, {}
    removed = list(dict.fromkeys(table for result in results for table in result.removed))
    for package in info.load_packages:
        hashes[package.schema_name] = package.schema_hash
        dataset = str(package.dataset_name or run.pipeline.dataset_for(package.schema_name))
        for table in package.schema.data_tables():
            if table["name"] in report.rows or package.schema.root_of(table["name"]) in removed:
                tables[table["name"]] = {
                    n: str(c["data_type"]) for n, c in table["columns"].items() if "data_type" in c
                }
                datasets[table["name"]] = dataset
        for name, table in package.schema_update.items():
            update[name] = {n: str(c.get("data_type")) for n, c in (table.get("columns") or {}).items()}
    # parts of a fan-out are one package here, and have load ids of their own at the destination
    named = info._replace(loads_ids=load_ids)
    # of a retry the destination has it by the wish of this very run: something is new
    known = skipped and all(result.known for result in results)
    checks = as_json(info.checks)
    if skipped and not known:
        # the try that loaded died before it could tell
        checks = recorded_checks(run, [package.schema_name for package in info.load_packages], load_ids)
    report = replace(
        report,
        seconds=seconds,
        tables=tables,
        datasets=datasets,
        schema_update=update,
        schema_hash=hashes,
        quarantined=info.quarantined,
        checks=checks,
        removed=removed,
        skipped=skipped,
        known=known,
        info={key: _safe(value) for key, value in named.asdict().items()},
    )
    return replace(report, text=_text(report, info, tokens[0].run_id))


def known_report(run: TaskRun, tokens: Sequence[Token], done: Sequence[WorkDone], wish: int) -> LoadReport:
    """Return the report of a run that was loaded before and whose packages are gone.

    Args:
        run: The step, with its pipeline.
        tokens: All parts of the run.
        done: What the destination knows of them.
        wish: Number of the wish to load.
    """
    load_ids = list(dict.fromkeys(found.load_id for found in done))
    references = [reference for token in tokens for reference in token.packages]
    report = bare_report(run, references, load_ids)
    known = bool(done) and all(found.wish != wish for found in done)
    schemas = dict.fromkeys(reference.schema_name for reference in references)
    checks = [] if known else recorded_checks(run, schemas, load_ids)
    report = replace(report, skipped=True, known=known, checks=checks)
    return replace(report, text=_skipped(report, tokens[0].run_id))


def bare_report(run: TaskRun, references: Sequence[PackageRef], load_ids: list[str]) -> LoadReport:
    """Return a report of where something was done, and of the rows of packages.

    Args:
        run: The step, with its pipeline.
        references: The packages.
        load_ids: Load ids at the destination.
    """
    rows: dict[str, int] = {}
    for reference in references:
        for table, count in reference.rows.items():
            rows[table] = rows.get(table, 0) + count
    target = run.pipeline.parts.target
    dataset, destination = target.main_dataset(), target.there()
    return LoadReport(
        run.pipeline_name,
        destination.destination_name,
        target.location(),
        dataset,
        destination_type=destination.kind,
        load_ids=load_ids,
        rows=rows,
        datasets=dict.fromkeys(rows, dataset),
    )


def _text(report: LoadReport, info: LoadInfo, run_id: str) -> str:
    if report.skipped:
        return _skipped(report, run_id)
    lines = redact(info.asstr()).splitlines()
    known = {package.load_id: package for package in info.load_packages}
    others = [load_id for load_id in report.load_ids if load_id not in known]
    # each part of a fan-out has a load id of its own, and one transaction loads them
    lines += [f"Load package {load_id} is LOADED and contains no failed jobs" for load_id in others]
    if report.removed:
        lines.append(f"Rows of an earlier load of run {run_id} were deleted from {', '.join(report.removed)}")
    table = text_table(report.lines)
    if table and lines[-len(table) :] != table:
        lines += table
    return "\n".join([*lines, *check_lines(report.checks)])


def _skipped(report: LoadReport, run_id: str) -> str:
    what = f"was loaded before, as {', '.join(report.load_ids)}" if report.load_ids else "has nothing to load"
    told = f"{report.pipeline_name}: run {run_id} {what}. Nothing was loaded now, and nothing was changed."
    return "\n".join([told, *check_lines(report.checks), *failed_lines(report.checks)])


def _safe(value: object) -> object:
    """Return JSON values whose addresses name no secrets."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {key: _safe(item) for key, item in value.items()}
    return [_safe(item) for item in value] if isinstance(value, list) else value
