"""MotherDuck: DuckDB as a service."""
