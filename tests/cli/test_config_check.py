"""`dlt config check`: misspelt keys, wrong types and misplaced secrets, and nothing said against keys of one's own."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import dlt
from dlt.cli import main
from dlt.cli.config_check import Document, Finding, check, variables
from dlt.cli.vocabulary import Section, of_destination, top
from dlt.configuration.providers.parsing import parse_toml


def found(text: str, secrets: bool = False, pipelines: tuple[str, ...] = ()) -> list[Finding]:
    """Return what is said about a document."""
    name = "secrets.toml" if secrets else "config.toml"
    return check([Document(name, parse_toml(text, name), secrets)], pipelines)


PROBLEMS = [
    ('destinaton = "duckdb"', "destinaton", "did you mean 'destination'?"),
    ("[runtime]\nlog_levl = 'INFO'", "runtime.log_levl", "did you mean 'log_level'?"),
    ("[runtime]\nrequest_timeout = 'long'", "runtime.request_timeout", "'long' is not float"),
    ("[extract]\nworkers = [1]", "extract.workers", "is not int"),
    ("[sorces.shop]\nx = 1", "sorces", "did you mean 'sources'?"),
    ("[load]\nzzz = 1", "load.zzz", "known are"),
    ("[load.zzz]\nx = 1", "load.zzz", "there is no such section"),
    ("[pipelines.shop]\ndatset_name = 'x'", "pipelines.shop.datset_name", "did you mean 'dataset_name'?"),
    ("[destination.postgress]\ncredentials = 'x'", "destination.postgress", "did you mean 'postgres'?"),
    ("[destination.duckdb]\nmemory_limt = '1GB'", "destination.duckdb.memory_limt", "did you mean 'memory_limit'?"),
    ("[destination.duckdb]\ncredentials = 'x.db'", "destination.duckdb.credentials", "Move it to secrets.toml"),
    ("[destination.postgres.credentials]\nusrname = 'x'", "destination.postgres.credentials.usrname", "'username'?"),
    ("[destination.postgres.credentials]\npassword = 'x'", "destination.postgres.credentials.password", "Move it"),
    ("[destination.wh]\ndestination_type = 'duckdb'\nmemory_limt = 1", "destination.wh.memory_limt", "'memory_limit'?"),
    ("[nightly.destination.duckdb]\nmemory_limt = '1GB'", "nightly.destination.duckdb.memory_limt", "'memory_limit'?"),
    ("[nightly]\ndatset_name = 'x'", "nightly.datset_name", "did you mean 'dataset_name'?"),
    ("pipeline_secret = 'x'", "pipeline_secret", "Move it"),
    (
        "[destination.filesystem.credentials]\naws_acces_key_id = 'x'",
        "destination.filesystem.credentials.aws_acces_key_id",
        "'aws",
    ),
]


@pytest.mark.parametrize(("text", "key", "said"), PROBLEMS)
def test_problems(text: str, key: str, said: str) -> None:
    """A problem names file and key, and what was meant."""
    (problem,) = [finding for finding in found(text, pipelines=("nightly",)) if finding.level == "problem"]
    assert (problem.place, problem.key) == ("config.toml", key) and said in problem.text


OWN = """
page_size = 50
project_name = "x"
[sources.shop]
destinaton = 1
[sources.shop.orders.credentails]
x = 1
[mymodule]
x = 1
[destination.my_sink]
url = "x"
[destination.postgres_prod]
url = "x"
[destination.mine]
destination_type = "my.module.Sink"
anything = 1
[destination.filesystem.credentials]
anon = true
[nightly.sources.shop]
x = 1
"""
GOOD = """
[pipelines]
destination = "duckdb"
progress = "log"
[pipelines.shop]
retry = 3
dev_mode = true
[runtime]
log_level = "INFO"
[extract]
workers = "5"
[normalize.parquet_normalizer]
add_dlt_id = true
[schema]
naming = "direct"
[schema.shop]
naming = "direct"
[destination]
bucket_url = "x"
[destination.filesystem]
bucket_url = "s3://x"
layout = "{table_name}"
[destination.filesystem.kwargs]
x = 1
[destination.bigquery]
location = "EU"
[destination.duckdb]
credentials = "x.duckdb"
[compat]
dlt1 = true
"""


def test_keys_of_ones_own_are_listed_and_not_accused() -> None:
    """What may belong to the user's code was not checked, and the report says so."""
    findings = found(OWN)
    assert {finding.level for finding in findings} == {"unchecked"}
    unchecked = {finding.key for finding in findings if finding.level == "unchecked"}
    assert {"page_size", "sources.shop.destinaton", "mymodule.x", "destination.my_sink.url"} <= unchecked


def test_good_files_have_no_problem() -> None:
    """All that is read is known, with its type."""
    assert {finding.level for finding in found(GOOD, secrets=True)} == {"known"}
    theirs = "[runtime]\ndlthub_telemetry = false\n[load]\nworkers = 3\n[normalize.data_writer]\nbuffer_max_items = 5\n"
    assert {finding.level for finding in found(theirs)} == {"without effect"}


def test_variables() -> None:
    """Variables of the library's sections are checked; those of other programs are not looked at; no value is shown."""
    environment = {
        "DESTINATION": "duckdb",
        "DESTINATION__DUCKDB__CREDENTIALS": "x",
        "DESTINATION__DUCKDB__CREDENTAILS": "hunter2",
        "DESTINATION__POSTGRES__CREDENTIALS": "postgresql://hunter2@h",
        "DESTINATION__POSTGRES__CREDENTIALS__PORT": "hunter2",
        "SORCES__X__Y": "1",
        "FOO__BAR": "1",
        "PATH": "/bin",
    }
    findings = check([variables(environment)])
    problems = {finding.key: finding.text for finding in findings if finding.level == "problem"}
    assert list(problems) == ["DESTINATION__DUCKDB__CREDENTAILS", "DESTINATION__POSTGRES__CREDENTIALS__PORT"]
    assert "did you mean 'credentials'?" in problems["DESTINATION__DUCKDB__CREDENTAILS"]
    assert "hunter2" not in repr(findings) and len(findings) == 4


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit status 1 and the file's name when there is a problem, 0 without one; secrets stay hidden."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DLT_DATA_DIR", str(tmp_path / "data"))
    file = tmp_path / ".dlt" / "secrets.toml"
    file.parent.mkdir()
    file.write_text('[destination.postgress]\ncredentials = "hunter2"\n[sources.x]\nkey = "hunter2"\n')
    assert main(["config", "check"]) == 1
    told = capsys.readouterr().out
    assert f"problem  {file}: destination.postgress: there is no destination" in told and "hunter2" not in told
    assert "unchecked" in told and "sources.x.key" in told
    assert main(["config", "check", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["problems"] == 1
    file.write_text('[destination.postgres]\ncredentials = "postgresql://u@h/d"\n')
    assert main(["config", "check"]) == 0
    assert (
        "1 keys in 1 files and the environment: 1 known, 0 unchecked, 0 without effect, 0 problem"
        in capsys.readouterr().out
    )
    file.write_text("[destination\n")
    assert main(["config", "check"]) == 1 and "is not TOML" in capsys.readouterr().err


def test_explain_tells_of_a_secret_among_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command that shows where a value comes from says why one in config.toml does not count."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".dlt").mkdir()
    (tmp_path / ".dlt" / "config.toml").write_text('[sources.shop]\napi_key = "hunter2"\n')
    assert main(["config", "explain", "sources.shop.api_key", "--secret"]) == 1
    told = capsys.readouterr().out
    assert "seen   config.toml: sources.shop.api_key, where secrets are not read" in told and "hunter2" not in told


def names(section: Section) -> set[str]:
    """Return the names of all options below a section."""
    inside = [*section.sections.values(), *([section.named] if section.named else [])]
    return {*section.options, *section.sections}.union(*map(names, inside))


def test_the_vocabulary_has_every_option_that_the_library_reads() -> None:
    """Whoever adds an option adds it to the vocabulary, too, so that nobody is accused for using it."""
    known = names(top()) | {"refresh_token", "credentials"}
    calls = re.compile(r'(?:get_value|_value|_configured|option|_option|_setting|unchecked)\(\s*"(\w+)"')
    folder = Path(dlt.__file__).parent
    read: dict[str, Path] = {
        key: path
        for path in folder.rglob("*.py")
        if "configuration" not in path.parts and "common" not in path.parts
        for key in calls.findall(path.read_text("utf-8"))
    }
    assert {key: path for key, path in read.items() if key not in known} == {}
    assert len(read) > 40 and "memory_limit" in of_destination("duckdb").options
