"""Names of PyPI `dlt` 1.x for destinations that are functions; `dlt.destinations.decorator` makes them."""
