"""The names of columns that the library adds to the tables of users."""

from __future__ import annotations

from typing import Final

ROW_ID: Final = "_dlt_id"
LOAD_ID: Final = "_dlt_load_id"
PARENT_ID: Final = "_dlt_parent_id"
ROOT_ID: Final = "_dlt_root_id"
LIST_INDEX: Final = "_dlt_list_idx"
VALID_FROM: Final = "_dlt_valid_from"
VALID_TO: Final = "_dlt_valid_to"
ROW_ORDER: Final = "_dlt_row_order"
"""Says which of several rows with one key came last; only files of a load have it, no destination."""
