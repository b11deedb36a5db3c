"""Jobs of dbt Cloud: names of PyPI `dlt` 1.x."""

from dlt.absent import absent_names

__getattr__ = absent_names(
    __name__,
    "Start the job over dbt's web service after pipeline.run(): POST /accounts/ACCOUNT/jobs/JOB/run/ with a token.",
    "DBTCloudClientV2 DBTCloudConfiguration run_dbt_cloud_job get_dbt_cloud_run_status",
)
