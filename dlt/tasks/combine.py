"""The packages of all parts of a fan-out as one package, which one transaction loads."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import orjson

from dlt.io import typed_json
from dlt.packages.manifest import MANIFEST_DOCUMENT, PackageFile, Refresh, StepMetrics
from dlt.packages.package import MANIFEST, SCHEMA, STATE, UNDO, LoadPackage
from dlt.states.delta import combined, encode_delta
from dlt.tasks.folder import link_package


def combine(packages: Sequence[LoadPackage], target: str) -> None:
    """Make one normalized package of several of one schema; their files are linked, the rows keep their load ids.

    Args:
        packages: The packages, in the order of the parts.
        target: An existing folder.

    Raises:
        StaleExtract: two parts gave one key of the state different values.
    """
    schema = packages[0].schema.clone()
    files: list[PackageFile] = []
    deltas = []
    for number, package in enumerate(packages):
        if number:
            schema.update_schema(package.schema)
        # files of two parts may have the same name
        names = link_package(package, target, f"p{number:04d}.", (MANIFEST, SCHEMA, STATE, UNDO))
        part = made_as(package)
        # rows keep the load id of their part, so that one part can be loaded once more
        files += [replace(file, name=names[file.name], load_id=part) for file in package.files]
        if package.state_delta is not None:
            deltas.append(package.state_delta)
    # all parts are one load, with one version of the schema
    schema.bump()
    works = [package.manifest.works for package in packages]
    state = next((package.state for package in reversed(packages) if package.state is not None), None)
    manifest = replace(
        packages[0].manifest,
        files=tuple(files),
        refresh=_refresh(packages),
        metrics=_metrics(packages),
        unfilled=tuple(dict.fromkeys(name for package in packages for name in package.manifest.unfilled)),
        parts=tuple(made_as(package) for package in packages),
        # packages of earlier versions have none
        works=tuple(work for found in works for work in found) if all(works) else (),
        has_state=state is not None,
        state_delta=encode_delta(combined(deltas)) if deltas else None,
    )
    for name, data in (
        (SCHEMA, orjson.dumps(schema.to_dict(), default=str)),
        (MANIFEST, MANIFEST_DOCUMENT.dump(manifest)),
    ):
        with open(os.path.join(target, name), "wb") as file:
            file.write(data)
    if state is not None:
        with open(os.path.join(target, STATE), "wb") as file:
            file.write(typed_json.dumps(state).encode())


def made_as(package: LoadPackage) -> str:
    """Return the load id that a package was made under: its folder has a name of its own at the hand-off."""
    return package.manifest.load_id or package.load_id


def _metrics(packages: Sequence[LoadPackage]) -> dict[str, StepMetrics]:
    """Return the metrics of the first part, with the items that any of them put into quarantine."""
    found = dict(packages[0].manifest.metrics)
    for step, own in found.items():
        # rows are counted by the files, these items by nothing else
        total = Counter[str]()
        for package in packages:
            total.update(package.manifest.metrics.get(step, StepMetrics()).quarantined)
        found[step] = replace(own, quarantined=dict(total))
    return found


def _refresh(packages: Sequence[LoadPackage]) -> Refresh | None:
    found = Refresh()
    for package in packages:
        found = found.joined(package.manifest.refresh or Refresh())
    return found or None
