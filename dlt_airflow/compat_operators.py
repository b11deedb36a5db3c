"""Operators of Airflow that stand in a provider of Airflow 3, and in Airflow 2 itself."""

from __future__ import annotations

try:
    from airflow.providers.standard.operators.empty import EmptyOperator
    from airflow.providers.standard.operators.python import PythonOperator
except ImportError:
    # Airflow 2 has them without the provider
    from airflow.operators.empty import EmptyOperator
    from airflow.operators.python import PythonOperator

__all__ = ["EmptyOperator", "PythonOperator"]
