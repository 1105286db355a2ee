"""The mutants that mutmut does not make: those outside functions, and in functions with a decorator.

Regular expressions, limits, sets of words and of tag keys, the defaults of fields, and properties: a tool that deletes
stands on them as much as on its functions. Each mutant is a module's source with one change.
"""

from __future__ import annotations

import ast
import os
import re
import signal
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from multiprocessing import get_context
from pathlib import Path
from types import CodeType, FrameType

import hypothesis.strategies  # noqa: F401  # once here, not once for each mutant
import pytest

# A test that lasts longer with a mutant is one that fails.
SECONDS = 120
# Names that only the type checker and the star import read.
NOT_RUN = ("__all__", "T", "Tags", "Creation", "Call")
_REGEX_PART = re.compile(r"\[[^]]*\]|\{[^}]*\}|\\.|[A-Za-z0-9:/-]+|.")
SWAPPED: dict[type[ast.AST], type[ast.AST]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
}


@dataclass(frozen=True)
class Mutant:
    """One change: where (a name), from what to what, and the whole source with it."""

    path: str
    place: str
    before: str
    after: str
    source: str


def mutants_of(path: str) -> Iterator[Mutant]:
    """Yield the mutants of one module."""
    tree = ast.parse(Path(path).read_text())
    for place, root in _places(tree):
        for parent, field, number, child in list(_children(root)):
            for changed in _changes(parent, child):
                _set(parent, field, number, changed)
                yield Mutant(path, place, _text(child), _text(changed), ast.unparse(tree))
            _set(parent, field, number, child)


def _places(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    for top in tree.body:
        prefix = f"{top.name}." if isinstance(top, ast.ClassDef) else ""
        for each in top.body if isinstance(top, ast.ClassDef) else [top]:
            match each:
                case ast.FunctionDef(name=name, decorator_list=[ast.Name(id="property") | ast.Call()]):
                    yield prefix + name, each
                case ast.Assign(targets=[*_, target]) if (name := ast.unparse(target)) not in NOT_RUN:
                    yield prefix + name, each
                case ast.AnnAssign(target=ast.Name(id=name)) if name not in NOT_RUN:
                    yield prefix + name, each


def _children(parent: ast.AST) -> Iterator[tuple[ast.AST, str, int | None, ast.AST]]:
    for field, value in ast.iter_fields(parent):
        if field in ("annotation", "returns", "decorator_list") or isinstance(parent, ast.Expr):
            continue  # an expression alone is a docstring
        for number, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(child, ast.AST):
                yield parent, field, number, child
                yield from _children(child)


def _set(parent: ast.AST, field: str, number: int | None, child: ast.AST) -> None:
    if number is None:
        setattr(parent, field, child)
    else:
        getattr(parent, field)[number] = child


def _text(node: ast.AST) -> str:
    return ast.unparse(node) if isinstance(node, ast.expr) else type(node).__name__


def _changes(parent: ast.AST, child: ast.AST) -> Iterator[ast.AST]:
    match child:
        case ast.Constant(value=value):
            for other in _other_values(value, _is_regex(parent)):
                yield ast.Constant(other)
        case ast.Tuple(elts=elements) | ast.Set(elts=elements):
            for number in range(len(elements)):
                yield ast.Tuple(elements[:number] + elements[number + 1 :], ast.Load())
        case ast.Dict(keys=keys, values=values):
            for number in range(len(keys)):
                yield ast.Dict(keys[:number] + keys[number + 1 :], values[:number] + values[number + 1 :])
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield operand
        case ast.IfExp(body=body, orelse=orelse):
            yield from (body, orelse)
        case _ if type(child) in SWAPPED:
            yield SWAPPED[type(child)]()


def _other_values(value: object, is_regex: bool) -> Iterator[str | float]:
    match value:
        case bool():
            yield not value
        case int() | float():
            yield value + 1
        case str() if is_regex:
            yield from _regexes(value)
        case str():
            yield value + "X"


def _is_regex(parent: ast.AST) -> bool:
    return isinstance(parent, ast.Call) and ast.unparse(parent.func) in ("re.compile", "re.fullmatch")


def _regexes(pattern: str) -> Iterator[str]:
    """Yield the regular expression without each of its parts."""
    for part in _REGEX_PART.finditer(pattern):
        fewer = pattern[: part.start()] + pattern[part.end() :]
        try:
            re.compile(fewer)
        except re.error:
            continue
        yield fewer


@dataclass
class _Instead(MetaPathFinder):
    """Imports one module from the source of a mutant."""

    mutant: Mutant

    def find_spec(self, name: str, path: object, target: object = None) -> ModuleSpec | None:
        if name != self.mutant.path.removesuffix(".py").replace("/", "."):
            return None
        source, file = self.mutant.source, os.path.abspath(self.mutant.path)

        class Loader(SourceFileLoader):
            def get_code(self, fullname: str) -> CodeType:
                code: CodeType = compile(source, file, "exec")
                return code

        return spec_from_file_location(name, file, loader=Loader(name, file))


def _too_long(signal_number: int, frame: FrameType | None) -> None:
    raise TimeoutError


def _survives(order: tuple[Mutant, Sequence[str]]) -> bool:
    """Return whether the tests pass with the mutant; called once in each process, before the app is imported."""
    mutant, arguments = order
    sys.meta_path.insert(0, _Instead(mutant))
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(1, 2)
    signal.signal(signal.SIGALRM, _too_long)
    signal.alarm(SECONDS)
    quietly = ["-x", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
    return pytest.main([*quietly, *arguments]) == 0


def survivors(mutants: Sequence[Mutant], arguments: Sequence[str]) -> list[Mutant]:
    """Return those that the tests do not kill; ``arguments`` are pytest's."""
    with get_context("fork").Pool(os.cpu_count(), maxtasksperchild=1) as pool:
        lived = pool.map(_survives, [(each, arguments) for each in mutants], chunksize=1)
    return [each for each, survived in zip(mutants, lived, strict=True) if survived]
