"""What is typed: words that are misspelt, left out, or those of PyPI `dlt` with nothing behind them here."""

from __future__ import annotations

from pathlib import Path

import pytest

import dlt
from dlt.cli import elsewhere, main
from dlt.version import form


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder with a pipeline `shop`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DLT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("RUNTIME__USER_LOG", "false")
    return tmp_path


def test_without_a_command_it_says_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    """All commands on stderr, and the code of a command line that cannot be read."""
    for line in ([], ["-v"], ["--non-interactive"]):
        assert main(line) == 2
        told = capsys.readouterr()
        assert not told.out and "list pipelines, look into one" in told.err and "example: dlt pipeline" in told.err


def test_the_version_stands_where_scripts_look_for_it(capsys: pytest.CaptureFixture[str]) -> None:
    """The second word of one line, behind the name of the program; the last one tells the form."""
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0 and capsys.readouterr().out.split() == [
        *("dlt", dlt.__version__, "(dlt-tasks,", f"{form()})"),
    ]


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("inti github duckdb", "there is no command 'inti', did you mean 'init'? There are pipeline"),
        ("pipelin shop info", "did you mean 'pipeline'?"),
        ("xyz --help", "there is no command 'xyz'. There are"),
        ("pipeline shop inof", "there is no action 'inof', did you mean 'info'? There are info"),
        ("pipeline --pipelines-dir data shop --json drpo x", "did you mean 'drop'?"),
    ],
)
def test_a_misspelt_word_is_told_with_what_was_meant(line: str, meant: str, capsys: pytest.CaptureFixture[str]) -> None:
    """One line, and nothing is done."""
    assert main(line.split()) == 2
    told = capsys.readouterr()
    assert meant in told.err and told.err.count("\n") == 1 and not told.out


def test_a_misspelt_pipeline_is_told_with_what_was_meant(capsys: pytest.CaptureFixture[str]) -> None:
    """Folders of other programs, and what a failed sync leaves, are no pipelines."""
    dlt.pipeline("shop", destination="duckdb").extract([{"id": 1}], table_name="t")
    assert main(["pipeline", "shpo", "info"]) == 1
    assert (
        "No local pipeline state found: there is no pipeline 'shpo' in" in (said := capsys.readouterr().err)
        and "did you mean 'shop'?" in said
    )
    # nothing says where it might be
    assert main(["pipeline", "nope", "sync"]) == 1 and "--destination NAME" in capsys.readouterr().err
    assert main(["pipeline", "nope", "sync", "--destination", "duckdb"]) == 1
    assert "holds no state of pipeline nope" in capsys.readouterr().err
    assert main(["pipeline", "nope", "info"]) == 1 and "there is no pipeline 'nope'" in capsys.readouterr().err


@pytest.mark.parametrize("word", elsewhere.COMMANDS)
def test_commands_that_are_not_offered_say_what_to_do(
    word: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever stands behind them; --help tells the same, and the help of all names them."""
    assert main([word, "--all", "x", "-y"]) == 1
    told = capsys.readouterr()
    assert f"dlt {word} is not offered. {elsewhere.COMMANDS[word]}" in told.err and told.err.count("\n") == 1
    assert main([word, "--help"]) == 0 and elsewhere.COMMANDS[word] in capsys.readouterr().out
    assert main([]) == 2 and word in capsys.readouterr().err
    monkeypatch.setenv("COMPAT__DLT1", "true")
    assert main([word]) == 255


@pytest.mark.parametrize(
    ("line", "instead"),
    [
        ("pipeline shop mcp --stdio --port 1", "--json"),
        ("pipeline shop run", "python my_pipeline.py"),
        ("pipeline shop show --edit", "show prints the tables"),
        ("pipeline shop load-package 1 fail-job t.1.jsonl", "load-package LOAD_ID abort"),
        ("init chess duckdb --location https://example.com/x.git", "Copy the folder"),
        ("init chess duckdb --branch main", "Copy the folder"),
        ("init --eject rest_api duckdb", "Copy the folder"),
    ],
)
def test_options_and_actions_that_are_not_offered_say_what_to_do(
    line: str, instead: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is done half."""
    dlt.pipeline("shop", destination="duckdb").extract([{"id": 1}], table_name="t")
    before = sorted(folder.iterdir())
    assert main(line.split()) == 1
    told = capsys.readouterr().err
    assert "is not offered" in told and instead in told and told.count("\n") == 1
    assert sorted(folder.iterdir()) == before


def test_there_is_no_telemetry(capsys: pytest.CaptureFixture[str]) -> None:
    """The command says so, and so do the switches that scripts for PyPI `dlt` give."""
    assert main(["telemetry"]) == 0 and capsys.readouterr().out.startswith("Telemetry is DISABLED")
    for switch, to in (("--disable-telemetry", "off"), ("--enable-telemetry", "on")):
        assert main([switch, "pipeline", "list"]) == 0
        told = capsys.readouterr()
        assert f"no telemetry to switch {to}" in told.err and "No pipelines found in" in told.out


def test_init_lists_destinations(capsys: pytest.CaptureFixture[str]) -> None:
    """One a line; a source is any name, and one word alone says what is missing."""
    assert main(["init", "--list-destinations"]) == 0 and "duckdb" in capsys.readouterr().out.split("\n")
    assert main(["init", "-l"]) == 0 and "fruitshop: " in capsys.readouterr().out
    assert main(["init", "chess"]) == 2 and "name a source and a destination" in capsys.readouterr().err
    assert main(["init", "chess", "duckbd"]) == 1 and "did you mean 'duckdb'?" in capsys.readouterr().err
