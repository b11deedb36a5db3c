"""Where a pipeline loads: remembered in its folder, so that a command in another folder does not load elsewhere."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from dlt import context
from dlt.configuration.sections import section_context
from dlt.errors import DltException, PipelineConfigMissing
from dlt.redact import redact

if TYPE_CHECKING:
    from dlt.destinations.base import Destination
    from dlt.states.model import State

FUNCTIONS = ("dlt.destinations.destination", "destination")
"""Types of destinations that are functions of a program, the second one in older states; outside of it nobody knows
them."""


class Place(NamedTuple):
    """A database or bucket.

    Attributes:
        fingerprint: Tells it from others.
        location: What people call it, without secrets.
        folder: The working directory, from which relative paths count.
    """

    fingerprint: str
    location: str
    folder: str


def place_of(destination: Destination | None, pipeline_name: str) -> Place | None:
    """Return where a destination of a pipeline is; None where its credentials are not known, or its driver is missing.

    Args:
        destination: The destination; None for none.
        pipeline_name: Name of the pipeline.
    """
    if destination is None:
        return None
    with context.use(pipeline_name=pipeline_name), section_context(pipeline_name=pipeline_name):
        try:
            # credentials are looked up for that, so it is done as the pipeline would
            return Place(destination.fingerprint(), redact(destination.displayable_credentials()), os.getcwd())
        except DltException:
            # extract needs no destination; load tells what is missing
            return None


def check_place(pipeline_name: str, destination: Destination | None, state: State) -> None:
    """Refuse to go on where what is configured here is another place than the one where the pipeline loads.

    Args:
        pipeline_name: Name of the pipeline.
        destination: What is configured here.
        state: State of the pipeline, which knows the place.

    Raises:
        PipelineConfigMissing: it is; naming both, and what to do.
    """
    known = state["_local"].get("place")
    here = place_of(destination, pipeline_name)
    if destination is None or known is None or here is None or known[0] == here.fingerprint:
        return
    name = destination.destination_name
    there, where = known[1], here.location
    # a relative path, or a database that is named after its pipeline
    if there == where:
        there, where = f"{there} of the folder {known[2]}", f"{where} of the folder {here.folder}"
    raise PipelineConfigMissing(
        f"pipeline {pipeline_name}: it loads into {there}, but what is configured here is "
        f"{where}. Go on in the folder of its program; or, where the program names the place in its code, "
        f"configure it under [destination.{name}] or as DESTINATION__{name.upper()}__CREDENTIALS; or, if "
        f"{where} is meant, say destination={name!r} (dlt pipeline ... --destination {name}).",
        pipeline_name=pipeline_name,
        config_elem="destination",
    )
