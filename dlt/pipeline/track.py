"""Messages about runs: names of PyPI `dlt` 1.x."""

from dlt.absent import absent_names

__getattr__ = absent_names(
    __name__, "Send what you like with dlt.common.runtime.slack.send_slack_message.", "slack_notify_load_success"
)
