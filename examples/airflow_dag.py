"""Load countries every day: extract, normalize and load are tasks, each of which may run on another worker.

Put this file and airflow_countries.py into a folder of DAGs, or run `make demo-airflow`.
"""

from datetime import datetime, timedelta, timezone

from airflow.sdk import DAG, CronDataIntervalTimetable

from dlt_airflow import dlt_task_group

with DAG(
    "world",
    schedule=CronDataIntervalTimetable("@daily", timezone="UTC"),
    start_date=datetime(2026, 1, 1, tzinfo=timezone.utc),
    catchup=False,
) as dag:
    dlt_task_group(
        "world",
        source="airflow_countries.py:world",
        pipeline="airflow_countries.py:pipeline",
        retries=2,
        retry_delay=timedelta(seconds=10),
    )
