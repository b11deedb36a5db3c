"""Where a program runs, as the environment tells it."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable
from importlib.util import find_spec

from dlt.version import __version__

__all__ = [
    "DLT_PKG_NAME",
    "airflow_info",
    "dlt_version_info",
    "exec_info_names",
    "get_execution_context",
    "github_info",
    "in_continuous_integration",
    "is_airflow_installed",
    "is_aws_lambda",
    "is_claude_code",
    "is_claude_code_cli",
    "is_codespaces",
    "is_codex",
    "is_colab",
    "is_cursor",
    "is_docker",
    "is_gcp_cloud_function",
    "is_github_actions",
    "is_marimo",
    "is_notebook",
    "is_pyodide",
    "is_running_in_airflow_task",
    "is_running_in_dagster_task",
    "is_running_in_prefect_flow",
    "is_streamlit",
    "kube_pod_info",
    "platform_supports_threading",
]

DLT_PKG_NAME = "dlt"

CI_ENVIRONMENT_TELL = [
    "bamboo.buildKey",
    "BUILD_ID",
    "BUILD_NUMBER",
    "BUILDKITE",
    "CI",
    "CIRCLECI",
    "CONTINUOUS_INTEGRATION",
    "GITHUB_ACTIONS",
    "HUDSON_URL",
    "JENKINS_URL",
    "TEAMCITY_VERSION",
    "TRAVIS",
]
"""Variables that services of continuous integration set."""


def is_codespaces() -> bool:
    """Tell whether GitHub Codespaces runs the program."""
    return "CODESPACES" in os.environ


def is_github_actions() -> bool:
    """Tell whether GitHub Actions runs the program."""
    return "GITHUB_ACTIONS" in os.environ


def is_aws_lambda() -> bool:
    """Tell whether AWS Lambda runs the program."""
    return "AWS_LAMBDA_FUNCTION_NAME" in os.environ


def is_gcp_cloud_function() -> bool:
    """Tell whether a function of Google Cloud runs the program."""
    return "FUNCTION_NAME" in os.environ or "FUNCTION_TARGET" in os.environ


def is_docker() -> bool:
    """Tell whether the program runs in a container of Docker."""
    # Docker puts this file into every container; other engines do not
    return os.path.isfile("/.dockerenv")


def is_claude_code() -> bool:
    """Tell whether Claude Code runs the program."""
    return os.environ.get("CLAUDECODE") == "1"


def is_claude_code_cli() -> bool:
    """Tell whether Claude Code runs the program from a terminal."""
    return is_claude_code() and os.environ.get("CLAUDE_CODE_ENTRYPOINT") == "cli"


def is_cursor() -> bool:
    """Tell whether the editor Cursor runs the program."""
    return os.environ.get("CURSOR_AGENT") == "1"


def is_codex() -> bool:
    """Tell whether Codex runs the program."""
    return os.environ.get("CODEX_CI") == "1" or "CODEX_THREAD_ID" in os.environ or "CODEX_SANDBOX" in os.environ


def is_notebook() -> bool:
    """Tell whether a notebook runs the program."""
    return "ipykernel" in sys.modules and not is_marimo()


def is_colab() -> bool:
    """Tell whether Google Colab runs the program."""
    return "google.colab" in sys.modules


def is_marimo() -> bool:
    """Tell whether a notebook of marimo runs the program."""
    marimo = sys.modules.get("marimo")
    # foreign, and only there where a program has imported it
    running = getattr(marimo, "running_in_notebook", None)
    return bool(running()) if callable(running) else False


def is_streamlit() -> bool:
    """Tell whether Streamlit runs the program."""
    runtime = sys.modules.get("streamlit.runtime")
    exists = getattr(runtime, "exists", None)
    # the server sets the variable for programs that it starts; the module is there once they import it
    return "STREAMLIT_SERVER_PORT" in os.environ or (bool(exists()) if callable(exists) else False)


def is_pyodide() -> bool:
    """Tell whether a browser runs the program."""
    return sys.platform == "emscripten"


def is_airflow_installed() -> bool:
    """Tell whether Airflow is installed."""
    # without an import, which takes seconds
    return find_spec("airflow") is not None


def is_running_in_airflow_task() -> bool:
    """Tell whether a task of Airflow runs the program."""
    return "AIRFLOW_CTX_TASK_ID" in os.environ


def is_running_in_dagster_task() -> bool:
    """Tell whether a run of Dagster runs the program."""
    return "DAGSTER_RUN_JOB_NAME" in os.environ


def is_running_in_prefect_flow() -> bool:
    """Tell whether a flow of Prefect runs the program."""
    context = sys.modules.get("prefect.context")
    found = getattr(context, "FlowRunContext", None)
    return found is not None and found.get() is not None


def in_continuous_integration() -> bool:
    """Tell whether a service of continuous integration runs the program."""
    return any(name in os.environ for name in CI_ENVIRONMENT_TELL)


def platform_supports_threading() -> bool:
    """Tell whether the program can have threads: not in a browser."""
    return not is_pyodide()


def kube_pod_info() -> dict[str, str]:
    """Return the pod of Kubernetes that runs the program, as its variables name it."""
    return _variables("KUBE_NODE_NAME", "KUBE_POD_NAME", "KUBE_POD_NAMESPACE")


def github_info() -> dict[str, str]:
    """Return the run of GitHub Actions that runs the program, as its variables name it."""
    found = _variables("GITHUB_USER", "GITHUB_REPOSITORY", "GITHUB_REPOSITORY_OWNER")
    # outside of Codespaces only the owner of the repository is known
    if "github_user" not in found and "github_repository_owner" in found:
        found["github_user"] = found["github_repository_owner"]
    return {**found, "github_sha": os.environ["GITHUB_SHA"]} if "GITHUB_SHA" in os.environ else found


def airflow_info() -> dict[str, str]:
    """Return the task of Airflow that runs the program, as its variables name it."""
    return _variables("AIRFLOW_CTX_TASK_ID", "AIRFLOW_CTX_DAG_ID")


def dlt_version_info(pipeline_name: str | None) -> dict[str, str]:
    """Return the version of the library, for what is logged of a pipeline.

    Args:
        pipeline_name: The pipeline.
    """
    return {"dlt_version": __version__, "pipeline_name": pipeline_name or ""}


_PLACES: dict[str, Callable[[], bool]] = {
    "kubernetes": lambda: "KUBERNETES_SERVICE_HOST" in os.environ,
    "docker": is_docker,
    "codespaces": is_codespaces,
    "github_actions": is_github_actions,
    "airflow": is_running_in_airflow_task,
    "notebook": is_notebook,
    "colab": is_colab,
    "aws_lambda": is_aws_lambda,
    "gcp_cloud_function": is_gcp_cloud_function,
    "streamlit": is_streamlit,
    "dagster": is_running_in_dagster_task,
    "prefect": is_running_in_prefect_flow,
    "marimo": is_marimo,
    "claude_code": is_claude_code,
    "claude_code_cli": is_claude_code_cli,
    "cursor": is_cursor,
    "codex": is_codex,
}


def exec_info_names() -> list[str]:
    """Return the names of all places in which the program runs, such as docker and airflow."""
    return [name for name, tell in _PLACES.items() if tell()]


def get_execution_context() -> dict[str, object]:
    """Return where the program runs: the system, Python, and what `exec_info_names` gives."""
    return {
        "ci_run": in_continuous_integration(),
        "python": sys.version.split(" ")[0],
        "cpu": os.cpu_count() or 1,
        "exec_info": exec_info_names(),
        "library": {"name": DLT_PKG_NAME, "version": __version__},
        "os": {"name": platform.system(), "version": platform.release()},
    }


def _variables(*names: str) -> dict[str, str]:
    return {name.lower(): os.environ[name] for name in names if name in os.environ}
