"""What each key of a model is, as its source says below it."""

import ast
import inspect
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise

from pydantic import BaseModel


@cache
def texts(model: type[BaseModel]) -> Mapping[str, str]:
    """The text of each key of the model that has one, its base's included.

    Read where it is asked for: pydantic's `use_attribute_docstrings` reads the source of every
    model at every start.
    """
    bases = [base for base in model.__bases__ if issubclass(base, BaseModel)]
    inherited = {key: text for base in bases for key, text in texts(base).items()}
    return inherited | dict(_own(model)) if model is not BaseModel else {}


def _own(model: type[BaseModel]) -> Iterator[tuple[str, str]]:
    definition = next(ast.iter_child_nodes(ast.parse(inspect.getsource(model))))
    for key, text in pairwise(ast.iter_child_nodes(definition)):
        match key, text:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(about))),
            ):
                yield name, inspect.cleandoc(about)
