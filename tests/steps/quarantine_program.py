"""The program of the tests that kill replays: `quarantine_program.py KIND FOLDER fill|replay|drop`."""

from __future__ import annotations

import sys
from typing import Any

import dlt

FITS = [{"id": n, "new": n, "list": [{"n": n}]} for n in range(10, 15)]
"""Items that fit once the contract lets new columns in."""
NEVER = [{"id": f"x{n}"} for n in range(3)]
"""Items that the contract keeps out again."""


def make_pipeline(kind: str, folder: str) -> Any:
    """Return the pipeline of a folder."""
    there = (
        dlt.destinations.duckdb(f"{folder}/kept.duckdb")
        if kind == "duckdb"
        else dlt.destinations.filesystem(f"{folder}/bucket")
    )
    return dlt.pipeline("kept", destination=there, dataset_name="data", pipelines_dir=f"{folder}/work")


def main(kind: str, folder: str, what: str) -> None:
    """Do what is asked."""
    pipeline = make_pipeline(kind, folder)
    if what == "fill":
        pipeline.run([{"id": 1, "list": [{"n": 1}]}], table_name="t")
        for items in (FITS[:3] + NEVER[:1], FITS[3:] + NEVER[1:]):
            pipeline.run([{"id": 2}, *items], table_name="t", schema_contract="quarantine")
    elif what == "replay":
        pipeline.quarantine.replay(schema_contract={"data_type": "quarantine"})
    else:
        pipeline.quarantine.drop()


if __name__ == "__main__":
    main(*sys.argv[1:])
