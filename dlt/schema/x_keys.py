"""Keys of tables and columns that begin with "x-": each belongs to one step, or to one destination."""

from __future__ import annotations

from typing import Final, TypedDict

X_NORMALIZER: Final = "x-normalizer"
X_MERGE_STRATEGY: Final = "x-merge-strategy"
X_VALID_FROM: Final = "x-valid-from"
X_VALID_TO: Final = "x-valid-to"
X_ROW_VERSION: Final = "x-row-version"
X_ROW_HASH: Final = "x-row-hash"
"""Of tables whose history has versions of today; older ones go on with those that depend on the order of keys."""
X_ACTIVE_TIMESTAMP: Final = "x-active-record-timestamp"
X_BOUNDARY_TIMESTAMP: Final = "x-boundary-timestamp"
X_FORMER_VALIDITY: Final = "x-former-validity"
X_FORMER_ACTIVE: Final = "x-former-active"
X_KEEPS_ABSENT: Final = "x-keeps-absent"
"""Of a history in the load of a replay: versions that do not come with it stay valid. It is stored nowhere."""
X_DEDUPLICATED: Final = "x-deduplicated"
X_DECLARED_CONTRACT: Final = "x-declared-contract"
"""The contract that code declared last, in settings and tables. One that differs was set by hand and stays."""
X_MASK_KEY: Final = "x-mask-key"
"""Tells whether the salt of a column's hashes is still the one of earlier loads."""
X_EMPTIED: Final = "x-emptied"
"""Of the table of the quarantine: by table the load that dropped or emptied it last; items from before are outdated."""
X_PATH: Final = "x-path"
"""Where in its document a column, or a nested table, comes from, if its name does not tell."""
X_FORMER: Final = "x-former"
"""Names that a column would have by its key, and had in earlier loads; that of its key comes first."""
X_REPLAY: Final = "x-replay"
"""Of the table of the quarantine: the load that took items out of it last; no undo puts them back."""
X_BIGQUERY: Final = "x-bigquery"
X_CHECKS: Final = "x-checks"
"""Checks of the rows of a table, as `dlt.schema.data_checks` reads them."""
X_DECLARED_CHECKS: Final = "x-declared-checks"
"""Code declared the checks, and takes them back when it no longer does; those of a YAML file stay."""

X_FILE_CHECKS: Final = "x-file-checks"
"""Those of a YAML file, while code declares others."""

SEEN_DATA: Final = "seen-data"
OPEN_COLUMNS: Final = "open-columns"
NEW_TABLE: Final = "evolve-columns-once"
"""While the data that made the table is on its way its columns are no change."""

ROOT_IDS: Final = "root-ids"
"""Rows nested in those of a table that was merged once carry the id of their root row for good."""

NESTED_IN: Final = "nested-in"
"""The table in whose rows the rows of a table are found that stands alone."""

NormalizerSettings = TypedDict(
    "NormalizerSettings",
    {
        "max_nesting": int,
        "seen-data": bool,
        "open-columns": list[str],
        "evolve-columns-once": bool,
        "root-ids": bool,
        "nested-in": str,
    },
    total=False,
)
"""What stands under `X_NORMALIZER`: the deepest level of nested tables; whether rows came; which columns took values
of any structure; `NEW_TABLE`, `ROOT_IDS` and `NESTED_IN`."""
