"""Measure the shape of the code: how long, how typed, how entangled.

`python tools/measure.py` prints a table; `--check` exits with 1 where a figure misses its goal; `--root FOLDER`
measures another checkout by the same rules, so that a before and an after can be compared.
"""

from __future__ import annotations

import argparse
import ast
import io
import sys
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar

PACKAGES = ("dlt", "dlt_airflow", "dlt_prefect")
LONG_FUNCTION = 50
TREES_OF_1X = ("BaseConfiguration", "BasePaginator", "TypedDict")
"""What all specs, all paginators and all types of documents inherit from."""
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
NOT_CODE = (tokenize.NL, tokenize.COMMENT, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
Node = TypeVar("Node", bound=ast.AST)
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """One file of the packages."""

    name: str
    is_package: bool
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """Return what the text is parsed to."""
        return ast.parse(self.text)

    def all(self, kind: type[Node] | tuple[type[Node], ...]) -> list[Node]:
        """Return the nodes of a kind."""
        return [node for node in ast.walk(self.tree) if isinstance(node, kind)]


@dataclass(frozen=True)
class Figure:
    """One line of the table."""

    what: str
    value: float
    goal: float
    where: str = ""
    at_least: bool = False

    @property
    def is_reached(self) -> bool:
        """Tell whether the goal is reached."""
        return self.value >= self.goal if self.at_least else self.value <= self.goal


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[1], metavar="FOLDER")
    parser.add_argument("--check", action="store_true", help="exit with 1 where a goal is missed")
    asked = parser.parse_args()
    figures = measure(asked.root)
    width = max(len(figure.what) for figure in figures)
    print(f"{'':{width}}  {'now':>8}  {'goal':>8}")
    for figure in figures:
        goal = f"{'≥' if figure.at_least else '≤'} {figure.goal:g}"
        missed = " " if figure.is_reached else "!"
        print(f"{figure.what:{width}}  {figure.value:8.4g}  {goal:>8}  {missed} {figure.where}".rstrip())
    return int(asked.check and not all(figure.is_reached for figure in figures))


def measure(root: Path) -> list[Figure]:
    """Give every figure of a checkout.

    Args:
        root: The folder that holds the packages and `tests`.
    """
    modules = read_modules(root)
    lines = sum(code_lines(module.text) for module in modules)
    tests = sum(code_lines(path.read_text(encoding="utf-8")) for path in (root / "tests").rglob("*.py"))
    comments = sum(comment_lines(module.text) for module in modules)
    return [
        *of_lengths(modules),
        of_inheritance(modules),
        of_cycles(modules),
        *of_types(modules, lines),
        Figure("comment lines, % of code", percent(comments, lines), 4, at_least=True),
        Figure("lines of tests to lines of code", tests / lines, 1.2, at_least=True),
        of_destinations(root),
    ]


def read_modules(root: Path) -> list[Module]:
    """Read all files of the packages."""
    modules = []
    for path in sorted(path for package in PACKAGES for path in (root / package).rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        is_package = parts[-1] == "__init__"
        name = ".".join(parts[:-1] if is_package else parts)
        modules.append(Module(name, is_package, path.read_text(encoding="utf-8")))
    return modules


# -- lengths


def of_lengths(modules: list[Module]) -> list[Figure]:
    """Measure how long functions, classes and modules are."""
    functions = [(length(node), f"{module.name}.{node.name}") for module in modules for node in functions_of(module)]
    classes = [(length(node), f"{module.name}.{node.name}") for module in modules for node in module.all(ast.ClassDef)]
    files = [(module.text.count("\n"), module.name) for module in modules]
    too_long = sum(lines > LONG_FUNCTION for lines, _ in functions)
    return [
        Figure(f"functions over {LONG_FUNCTION} lines, %", percent(too_long, len(functions)), 1, max(functions)[1]),
        Figure("longest class, lines", *goal_of(max(classes), 300)),
        Figure("longest module, lines", *goal_of(max(files), 450)),
    ]


def goal_of(found: tuple[int, str], goal: int) -> tuple[float, float, str]:
    """Return a value, its goal and where it was found."""
    return found[0], goal, found[1]


def functions_of(module: Module) -> list[Function]:
    """Return all functions and methods, inner ones too."""
    return [node for node in ast.walk(module.tree) if isinstance(node, FUNCTIONS)]


def length(node: Function | ast.ClassDef) -> int:
    """Count the lines from `def` or `class` on."""
    return (node.end_lineno or node.lineno) - node.lineno + 1


def code_lines(text: str) -> int:
    """Count the lines on which something stands that is neither blank nor a comment; a docstring counts."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    found: set[int] = set()
    for token in tokens:
        if token.type not in NOT_CODE:
            found.update(range(token.start[0], token.end[0] + 1))
    return len(found)


def comment_lines(text: str) -> int:
    """Count the lines on which a comment stands."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return len({token.start[0] for token in tokens if token.type == tokenize.COMMENT})


def percent(part: int, whole: int) -> float:
    """Return a part as a percentage."""
    return 100 * part / whole if whole else 0.0


# -- classes


def of_inheritance(modules: list[Module]) -> Figure:
    """Count the own classes above a class, itself included.

    Errors are a tree by nature and do not count. Nor do specs of configuration and credentials: their tree is that of
    PyPI dlt 1.x, whose programs ask `isinstance(credentials, PostgresCredentials)` of those of Redshift; and so is that
    of the names in `dlt.common`, of the paginators that its programs make their own of, and of the types of documents
    that they write.
    """
    bases: dict[str, set[str]] = {}
    for module in modules:
        if module.name.startswith("dlt.common."):
            continue
        for node in module.all(ast.ClassDef):
            bases.setdefault(node.name, set()).update(own_name(base) for base in node.bases)
    errors = {name for name in bases if is_error(name, bases, frozenset())}
    left_out = errors | {name for root in TREES_OF_1X for name in bases if is_below(name, root, bases, frozenset())}
    depths = [(depth(name, bases, frozenset()), name) for name in bases if name not in left_out]
    return Figure("deepest inheritance of own classes", *goal_of(max(depths), 2))


def depth(name: str, bases: dict[str, set[str]], seen: frozenset[str]) -> int:
    """Count the own classes from this one up."""
    if name not in bases or name in seen:
        return 0
    return 1 + max((depth(base, bases, seen | {name}) for base in bases[name]), default=0)


def is_below(name: str, root: str, bases: dict[str, set[str]], seen: frozenset[str]) -> bool:
    """Tell whether a class is another one, or has it above it."""
    if name == root:
        return True
    return name not in seen and any(is_below(base, root, bases, seen | {name}) for base in bases.get(name, ()))


def is_error(name: str, bases: dict[str, set[str]], seen: frozenset[str]) -> bool:
    """Tell whether a class or one above it is named like an error."""
    if name.endswith(("Error", "Exception", "Warning")):
        return True
    return name not in seen and any(is_error(base, bases, seen | {name}) for base in bases.get(name, ()))


def own_name(base: ast.expr) -> str:
    """Return the name of a class that stands above another one; `logging.Filter` is none of ours."""
    return "" if isinstance(base, ast.Attribute) else last_name(base)


def last_name(node: ast.expr) -> str:
    """Return what stands behind the last dot."""
    if isinstance(node, ast.Subscript):
        return last_name(node.value)
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


# -- imports


def of_cycles(modules: list[Module]) -> Figure:
    """Count the knots of modules that import each other, wherever the import stands."""
    names = {module.name for module in modules}
    graph = {module.name: {found for found in imports(module, names) if found != module.name} for module in modules}
    knots = sorted((sorted(knot) for knot in knots_of(graph)), key=len, reverse=True)
    where = "; ".join(f"{len(knot)}: {', '.join(knot[:4])}{', …' if len(knot) > 4 else ''}" for knot in knots[:3])
    return Figure("cycles, with lazy and type-only imports", len(knots), 0, where)


def imports(module: Module, names: set[str]) -> Iterator[str]:
    """Yield the own modules that a module imports, wherever the import stands."""
    package = module.name if module.is_package else module.name.rpartition(".")[0]
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from (nearest(alias.name, names) for alias in node.names if nearest(alias.name, names))
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                found = f"{base}.{alias.name}" if f"{base}.{alias.name}" in names else nearest(base, names)
                if found:
                    yield found


def nearest(name: str, names: set[str]) -> str:
    """Return the name if it is one of ours, else an empty text."""
    return name if name in names else ""


def knots_of(graph: dict[str, set[str]]) -> list[set[str]]:
    """Give the strongly connected parts of more than one module."""
    reached = {name: reachable(name, graph) for name in graph}
    knots: list[set[str]] = []
    for name in graph:
        if not any(name in knot for knot in knots):
            knot = {other for other in reached[name] if name in reached[other]}
            if len(knot) > 1:
                knots.append(knot)
    return knots


def reachable(start: str, graph: dict[str, set[str]]) -> set[str]:
    """Return the modules that one imports, directly or through others."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        for name in graph.get(waiting.pop(), ()):
            if name not in found:
                found.add(name)
                waiting.append(name)
    return found


# -- types


def of_types(modules: list[Module], lines: int) -> list[Figure]:
    """Measure how much is typed, and how much is looked up by name."""
    functions = [node for module in modules for node in functions_of(module)]
    parameters = [argument for node in functions for argument in arguments(node)]
    importing = sum(any(isinstance(n, ast.Import | ast.ImportFrom) for n in ast.walk(node)) for node in functions)
    anys = sum(node.id == "Any" for module in modules for node in module.all(ast.Name))
    asked = ("hasattr", "getattr")
    bare = sum(is_any(argument.annotation) for argument in parameters)
    returned = sum(is_any(node.returns) for node in functions)
    smells = sum(last_name(node.func) in asked for module in modules for node in module.all(ast.Call))
    return [
        Figure("functions that import, %", percent(importing, len(functions)), 6),
        Figure("Any per 1,000 lines", 1000 * anys / lines, 12),
        Figure("parameters that are Any, %", percent(bare, len(parameters)), 2),
        Figure("returns that are Any, %", percent(returned, len(functions)), 1),
        Figure("hasattr and getattr per 1,000 lines", 1000 * smells / lines, 1.5),
    ]


def arguments(node: Function) -> list[ast.arg]:
    """Return the parameters but for the first one of a method."""
    spec = node.args
    stars = [argument for argument in (spec.vararg, spec.kwarg) if argument is not None]
    every = [*spec.posonlyargs, *spec.args, *spec.kwonlyargs, *stars]
    return [argument for argument in every if argument.arg not in ("self", "cls")]


def is_any(annotation: ast.expr | None) -> bool:
    """Tell whether an annotation is plain `Any`."""
    return isinstance(annotation, ast.Name) and annotation.id == "Any"


# -- destinations

FORMER = {"postgres": "pg", "redshift": "rs", "bigquery": "bq", "sqlalchemy": "alchemy", "filesystem": "files"}
"""Folders that held a part of a destination before each had one of its own."""


def of_destinations(root: Path) -> Figure:
    """Count the files and folders in which the code of one destination stands."""
    base = root / "dlt" / "destinations"
    found = []
    for name in ("bigquery", "duckdb", "ducklake", "filesystem", "postgres", "redshift", "sqlalchemy"):
        places = [base / "impl" / name, base / "impl" / f"{name}.py", base / FORMER.get(name, name)]
        found.append((sum(place.exists() for place in places), name))
    return Figure("most places of one destination", *goal_of(max(found), 1))


if __name__ == "__main__":
    sys.exit(main())
