"""Money never meets binary fractions: nothing in the cost package makes or names one."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import freehold.cost.types

COST = Path(freehold.cost.types.__file__).parent
FORBIDDEN = {"math", "cmath", "random", "numpy", "statistics", "time"}


def floats(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=float() | complex()):
                yield f"line {node.lineno}: {node.value!r}"
            case ast.Name(id="float" | "complex"):
                yield f"line {node.lineno}: {node.id}"
            case ast.Import(names=names):
                yield from (f"line {node.lineno}: {n.name}" for n in names if banned(n.name))
            case ast.ImportFrom(module=str(module)) if banned(module):
                yield f"line {node.lineno}: {module}"


def banned(module: str) -> bool:
    return module.split(".", maxsplit=1)[0] in FORBIDDEN


@pytest.mark.parametrize("path", sorted(COST.rglob("*.py")), ids=lambda path: path.name)
def test_no_float(path: Path) -> None:
    assert not list(floats(ast.parse(path.read_text())))


@pytest.mark.parametrize(
    "text",
    ["x = 0.5", "x = 1e3", "x = float('1')", "def f(x: float): ...", "import math",
     "from numpy import array", "import numpy.linalg as n", "from random import Random", "x = 2j"],
)  # fmt: skip
def test_the_check_sees(text: str) -> None:
    assert list(floats(ast.parse(text)))
