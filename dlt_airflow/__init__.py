"""Run extract, normalize and load as separate Airflow tasks."""
