"""The script that checks the locks finds what is not pinned, what does not fit, and what differs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.locks import DIFFERENCES, ROOT, main, problems, wanted_of

FILES = {
    "pyproject.toml": """
[project]
dependencies = ["one>=2", "tz>=1; sys_platform == 'win32'"]
[project.optional-dependencies]
extra = ["two[x]>=1.5"]
dev = ["three"]
airflow = ["flow>=3"]
prefect = ["fect>=3"]
prefect-runners = ["ray"]
ducklake = ["one>=2"]
""",
    "Makefile": """
FOR_AIRFLOW := -e ".[airflow]" "tests<5" \\
\tthree
FOR_AIRFLOW2 := -e . "flow<3"
FOR_PREFECT := -e ".[prefect,prefect-runners]"
FOR_DUCKLAKE := -e ".[ducklake]"
""",
    "constraints.txt": "one==2.1\nthree==1\ntwo==1.5\ntz==1 ; sys_platform == 'win32'\n",
    "constraints-airflow.txt": "flow==3.1\none==2.1\ntests==4\nthree==1\ntz==1\n",
    "constraints-airflow2.txt": "flow==2.9\none==2.1\ntz==1\n",
    "constraints-ducklake.txt": "one==2.1\ntz==1\n",
    "constraints-prefect.txt": "fect==3\none==2.1\nray==1\ntz==1\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder whose locks are right."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def change(folder: Path, name: str, old: str, new: str) -> list[str]:
    """Change a file; return what is wrong now."""
    text = (folder / name).read_text()
    assert old in text
    (folder / name).write_text(text.replace(old, new))
    return list(problems(folder, {}))


def test_the_locks_of_the_project_are_right(capsys: pytest.CaptureFixture[str]) -> None:
    """Each one stands for an environment of the Makefile, and each difference has a reason."""
    assert main([]) == 0, capsys.readouterr().out
    assert {name for name, _ in DIFFERENCES} <= set(wanted_of(ROOT)) and all(DIFFERENCES.values())


def test_what_is_installed_is_read_where_it_is_written(folder: Path) -> None:
    """Extras of orchestrators are in their own locks only; other packages come from the Makefile."""
    found = wanted_of(folder)
    assert found["constraints.txt"].extras == ("extra", "dev", "ducklake")
    assert found["constraints-airflow.txt"].extras == ("airflow",)
    assert found["constraints-airflow.txt"].others == ("tests<5", "three")
    assert found["constraints-airflow2.txt"].extras == ()
    assert list(problems(folder, {})) == []


def test_a_dependency_that_is_not_pinned(folder: Path) -> None:
    """Each system and each Python counts, as the marker of the dependency says."""
    wrong = change(folder, "constraints.txt", "tz==1 ; sys_platform == 'win32'", "")
    assert len(wrong) == 5 and all("tz is not pinned" in line and "win32" in line for line in wrong)
    wrong = change(folder, "constraints.txt", "two==1.5\n", "two==1.5 ; python_full_version >= '3.11'\n")
    assert "constraints.txt: two is not pinned on Python 3.10, linux. Run: python -m tools.locks --make" in wrong


def test_a_pin_that_does_not_fit(folder: Path) -> None:
    """The version is one that pyproject.toml allows."""
    (wrong, *_) = change(folder, "pyproject.toml", "two[x]>=1.5", "two[x]>=1.6")
    assert wrong == "constraints.txt: two==1.5 is not >=1.6 on Python 3.10, linux."


def test_what_the_tests_need_is_for_linux(folder: Path) -> None:
    """Other systems do not run them."""
    assert change(folder, "constraints-airflow.txt", "tests==4", "tests==4 ; sys_platform == 'linux'") == []
    assert len(change(folder, "constraints-airflow.txt", "tests==4", "tests==5")) == 5


def test_two_versions_of_one_package(folder: Path) -> None:
    """A difference is wrong unless its reason is written down, and a reason without a difference too."""
    (wrong,) = change(folder, "constraints-prefect.txt", "one==2.1", "one==2.2")
    assert "constraints-prefect.txt: one==2.2, and constraints.txt has 2.1." in wrong
    reason = {("constraints-prefect.txt", "one"): "it asks for a newer one"}
    assert list(problems(folder, reason)) == []
    change(folder, "constraints-prefect.txt", "one==2.2", "one==2.1")
    (stale,) = problems(folder, reason)
    assert "DIFFERENCES names one in constraints-prefect.txt, which is the same in both" in stale


def test_a_lock_of_a_newer_python(folder: Path) -> None:
    """Prefect's runners need Python 3.11, so nothing has to be pinned for 3.10 there."""
    assert change(folder, "constraints-prefect.txt", "one==2.1", "one==2.1 ; python_full_version >= '3.11'") == []
