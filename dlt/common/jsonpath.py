"""JSONPath on documents, under the name that programs of PyPI `dlt` 1.x import."""

from dlt.jsonpath import (
    TAnyJsonPath,
    TJsonPath,
    compile_path,
    compile_paths,
    delete_matches,
    extract_simple_field_name,
    find_values,
    is_simple_field_path,
    resolve_paths,
    set_value_at_path,
)

__all__ = [
    "TAnyJsonPath",
    "TJsonPath",
    "compile_path",
    "compile_paths",
    "delete_matches",
    "extract_simple_field_name",
    "find_values",
    "is_simple_field_path",
    "resolve_paths",
    "set_value_at_path",
]
