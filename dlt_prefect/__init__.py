"""Run extract, normalize and load as separate Prefect tasks."""
