"""References between the tables of a schema, under the names of PyPI `dlt` 1.x."""

from dlt.schema.references import (
    compare_table_references,
    create_load_table_reference,
    create_parent_child_reference,
    create_root_child_reference,
    create_version_and_loads_hash_reference,
    create_version_and_loads_schema_name_reference,
    diff_table_references,
    get_all_parent_child_references_from_root,
    get_all_parent_references_to_root,
    get_all_root_child_references_from_root,
)

__all__ = [
    "compare_table_references",
    "create_load_table_reference",
    "create_parent_child_reference",
    "create_root_child_reference",
    "create_version_and_loads_hash_reference",
    "create_version_and_loads_schema_name_reference",
    "diff_table_references",
    "get_all_parent_child_references_from_root",
    "get_all_parent_references_to_root",
    "get_all_root_child_references_from_root",
]
