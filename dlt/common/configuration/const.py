"""Values that stand in the files that `dlt init` writes, under the name of PyPI `dlt` 1.x."""

TYPE_EXAMPLES = {
    "text": "<configure me>",
    "timestamp": "1768-07-21T02:56:07.000003Z",
    "date": "1768-07-21",
}
