"""The DAG of the profile airflow of docker-compose.yml: the pipeline and the source of ../scheduled.py as tasks."""

import datetime
import os

from airflow.sdk import DAG, CronTriggerTimetable

from dlt_airflow import DltTaskGroup

cron, zone = os.environ.get("DLT_CRON", "*/15 * * * *"), os.environ.get("DLT_TIMEZONE", "UTC")

with DAG(
    "scheduled",
    schedule=CronTriggerTimetable(cron, timezone=zone),
    start_date=datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc),
    catchup=False,
    max_active_runs=1,
):
    # the cursor of the source lies at the destination, so no window of the run is needed
    DltTaskGroup("countries", source="../scheduled.py:countries", pipeline="../scheduled.py:make_pipeline")
