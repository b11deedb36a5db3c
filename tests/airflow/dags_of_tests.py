"""The DAGs of the tests on a real Airflow. What a run loads, and how it comes to harm, is its configuration."""

import datetime
import os

from airflow.sdk import DAG, CronDataIntervalTimetable

from dlt_airflow import dlt_retry_policy, dlt_task_group

PROGRAM = os.environ["DLT_TEST_PROGRAM"]
URL = os.environ["DLT_TEST_URL"]
START = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
RETRY = {"retries": 2, "retry_delay": datetime.timedelta(0), "retry_policy": dlt_retry_policy()}
WIDE = {
    "render_template_as_native_obj": True,
    "start_date": START,
    "catchup": False,
    "max_active_runs": 64,
    "max_active_tasks": 64,
}
HARM = ("stage", "point", "once", "log", "pause")


def conf(name: str) -> str:
    """Return a template for a value of the configuration."""
    return "{{ dag_run.conf.get('" + name + "', '') }}"


HARMED = {"name": conf("name"), "url": URL, **{name: conf(name) for name in HARM}}

with DAG("harmed", schedule=None, **WIDE) as harmed:
    dlt_task_group(
        source=PROGRAM + ":shop",
        pipeline=PROGRAM + ":make_pipeline",
        source_args={"last": 11, "sleep": conf("sleep"), "nap": conf("nap")},
        pipeline_args=HARMED,
        handoff=conf("handoff"),
        cleanup=False,
        **RETRY,
    )

with DAG("trust", schedule=None, **WIDE) as trust:
    dlt_task_group(
        source=os.environ["DLT_TEST_TRUST"] + ":trust",
        pipeline=PROGRAM + ":make_pipeline",
        source_args={"file": conf("file")},
        pipeline_args=HARMED,
        **RETRY,
    )

with DAG("changing", schedule=None, **WIDE) as changing:
    dlt_task_group(
        source=PROGRAM + ":changing",
        pipeline=PROGRAM + ":make_pipeline",
        source_args={"value": "{{ var.value.value }}"},
        pipeline_args={"name": "changing", "url": URL},
        **RETRY,
    )

with DAG("eight", schedule=None, **WIDE) as eight:
    dlt_task_group(
        source=PROGRAM + ":many",
        pipeline=PROGRAM + ":make_pipeline",
        source_args={"last": "{{ dag_run.conf['last'] }}"},
        pipeline_args={"name": "eight", "url": URL},
        fan_out="resources",
        **RETRY,
    )

with DAG(
    "windows", schedule=CronDataIntervalTimetable("* * * * *", timezone="UTC"), is_paused_upon_creation=True, **WIDE
) as windows:
    dlt_task_group(
        source=PROGRAM + ":ticks",
        pipeline=PROGRAM + ":make_pipeline",
        source_args={"nap": 2},
        pipeline_args={"name": "windows", "url": URL},
        window="auto",
        **RETRY,
    )

CELERY = {"executor": "CeleryExecutor"}

with DAG("spread", schedule=None, **WIDE) as spread:
    dlt_task_group(
        source=PROGRAM + ":shop",
        pipeline=PROGRAM + ":make_pipeline",
        source_args={"last": "{{ dag_run.conf['last'] }}"},
        pipeline_args={"name": "spread", "url": URL},
        handoff=os.environ["DLT_TEST_HANDOFF"],
        extract_args={**CELERY, "queue": "one"},
        normalize_args={**CELERY, "queue": "two"},
        load_args={**CELERY, "queue": "three"},
        **RETRY,
    )
