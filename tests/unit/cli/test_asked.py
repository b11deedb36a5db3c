"""What argparse found becomes values of known types."""

from __future__ import annotations

import argparse

from dlt.cli.asked import Asked, Form, Selection, read


def test_options_that_a_parser_does_not_have_are_as_the_class_says() -> None:
    """An action takes only the options that it reads."""
    given = argparse.Namespace(name="shop", json=True, debug=True)
    assert read(Asked, given) == Asked(name="shop", json=True)
    assert (read(Form, given), read(Selection, given)) == (Form(), Selection())


def test_each_class_takes_its_own_options() -> None:
    """Two classes may read one bag of options."""
    given = argparse.Namespace(name="shop", format="dbml", resources=["orders"], drop_all=False, dry_run=True)
    assert read(Form, given) == Form("dbml")
    assert read(Selection, given) == Selection(["orders"], dry_run=True)
