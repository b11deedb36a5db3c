"""Repositories of git under the names of PyPI `dlt` 1.x: they import, and say at use what to do instead."""

from dlt.absent import absent_names

__getattr__ = absent_names(
    __name__,
    "There is no git in this library: run git, or use the package GitPython.",
    "clone_repo ensure_remote_head force_clone_repo get_default_branch get_fresh_repo_files get_origin get_repo "
    "git_custom_key_command is_clean_and_synced is_dirty",
)
