"""The house: what stands on what, what is public, what is said of it, and what is never done."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import netns_kit
from netns_kit import Link, NetnsKitError
from netns_kit.commands.rows import Row

PACKAGE = Path(netns_kit.__file__).parent
ROOT = PACKAGE.parent
FLOORS = (
    "commands",
    "machines",
    "sites",
    "watching",
    "tables",
    "links",
    "undoing",
    "places",
    "conversion",
    "views",
    "diagnosis",
)
SOURCES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}
MODULES = sorted(set(SOURCES) - {"netns_kit"})
CODE = [path for folder in ("netns_kit", "tests", "scripts") for path in sorted((ROOT / folder).rglob("*.py"))]


def tree(path: Path) -> ast.Module:
    """A source file, parsed."""
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> Iterator[str]:
    """The modules that a file imports anywhere in it: below `if TYPE_CHECKING` and in functions too."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are written whole"
            yield from (
                inner if (inner := f"{node.module}.{alias.name}") in SOURCES else str(node.module)
                for alias in node.names
            )


def floor(module: str) -> int:
    """The floor that a module is on; doors, such as the pytest plugin, and the package itself stand above all."""
    name = module.split(".")[1] if "." in module else ""
    return FLOORS.index(name) if name in FLOORS else len(FLOORS)


@pytest.mark.parametrize("module", MODULES)
def test_floors(module: str) -> None:
    """A module imports only of its own floor and of those below."""
    above = {used for used in imports(SOURCES[module]) if used in SOURCES and floor(used) > floor(module)}
    assert above - {"netns_kit"} == set()
    assert floor(module) == len(FLOORS) or "netns_kit" not in above


def test_no_circles() -> None:
    """No module imports, by whatever way round, itself; imports for type checking count as well."""
    graph = {module: {used for used in imports(path) if used in SOURCES} for module, path in SOURCES.items()}
    TopologicalSorter(graph).prepare()


def test_public_names() -> None:
    """The public names are those that type checkers see, each is there, sorted, and no other is."""
    seen = {
        alias.name
        for node in tree(PACKAGE / "__init__.pyi").body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert netns_kit.__all__ == sorted(seen)
    assert all(getattr(netns_kit, name).__name__ == name for name in netns_kit.__all__)
    assert set(netns_kit.__all__) <= set(dir(netns_kit))
    assert re.fullmatch(r"\d+\.\d+\.\d+", netns_kit.__version__)
    with pytest.raises(AttributeError, match="no attribute 'Bridges'"):
        netns_kit.Bridges  # noqa: B018


def importable(module: str) -> object:
    """A module; those that need an extra are left out where it is not installed."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as missing:
        if str(missing.name).startswith("netns_kit"):
            raise
        return pytest.skip(f"needs {missing.name}: the legs with all extras run it")


@pytest.mark.parametrize("base", [Link, NetnsKitError, Row])
def test_every_kind_is_public(base: type) -> None:
    """Every kind of link that can be made, every error and every answer can be imported from the package itself."""
    for found in pkgutil.walk_packages([str(PACKAGE)], "netns_kit."):
        if floor(found.name) < len(FLOORS) - 1:
            importlib.import_module(found.name)
    kinds = {kind.__name__ for kind in _below(base) if getattr(kind, "kind", "error") or kind is base}
    assert kinds - {"Row"} - set(netns_kit.__all__) == set()


def _below(kind: type) -> set[type]:
    ours = (one for one in type.__subclasses__(kind) if one.__module__.startswith("netns_kit."))
    return {kind}.union(*(_below(one) for one in ours))


def documented(path: Path) -> Iterator[tuple[str, ast.AST]]:
    """The public classes, functions and methods of a file, by their names."""
    for node in tree(path).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_"):
            yield node.name, node
            if isinstance(node, ast.ClassDef):
                for inner in node.body:
                    if isinstance(inner, ast.FunctionDef) and not inner.name.startswith("_"):
                        yield f"{node.name}.{inner.name}", inner


def is_signature(node: ast.AST) -> bool:
    """Whether a function has no body: it is one of several signatures, or part of a protocol that says what it is."""
    return [ast.unparse(one) for one in getattr(node, "body", ())] == ["..."]


@pytest.mark.parametrize("module", SOURCES)
def test_docstrings(module: str) -> None:
    """Every module, and everything public in it, says in its docstring what it is for."""
    assert ast.get_docstring(tree(SOURCES[module]))
    silent = [
        name for name, node in documented(SOURCES[module]) if not ast.get_docstring(node) and not is_signature(node)
    ]
    assert silent == []


def is_verb(node: ast.FunctionDef) -> bool:
    """Whether a method's decorator says which command it stands for."""
    return any(ast.unparse(one).startswith("verb(") for one in node.decorator_list)


def runs_a_command(node: ast.FunctionDef) -> bool:
    """Whether a method hands a command to its site, itself or by a helper of its class."""
    return bool(
        re.search(
            r"_site(?:\.host)?\.(?:run|change|read|start)\(|self\._(?:change|run|rule|read|add)\(", ast.unparse(node)
        )
    )


@pytest.mark.parametrize(
    "module", [name for name in MODULES if floor(name) in (FLOORS.index("tables"), FLOORS.index("links"))]
)
def test_verbs_name_their_command(module: str) -> None:
    """Every verb of a table or a link says which command it stands for."""
    verbs = {
        name: ast.get_docstring(node) or ""
        for name, node in documented(SOURCES[module])
        if "." in name and isinstance(node, ast.FunctionDef) and runs_a_command(node) and not is_verb(node)
    }
    assert [name for name, said in verbs.items() if not re.search(r"Equivalent to: `|Reads `", said)] == []


def test_import_is_light() -> None:
    """All public names load the standard library and attrs, and neither sh nor asyncio."""
    code = "import sys; from netns_kit import *; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    loaded, bare = (
        set(subprocess.check_output((sys.executable, "-c", text), text=True, timeout=60, cwd=ROOT).split())
        for text in (code, code.replace("from netns_kit import *; ", ""))
    )
    assert loaded - bare - sys.stdlib_module_names == {"netns_kit", "attr", "attrs"}
    assert loaded & {"sh", "asyncio"} == set()


@pytest.mark.parametrize("path", [path for path in CODE if PACKAGE in path.parents], ids=lambda path: path.name)
def test_no_shell(path: Path) -> None:
    """No command is ever a string for a shell: no `shell=…`, no `os.system`, no `os.popen`."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            assert "shell" not in {keyword.arg for keyword in node.keywords}
            assert ast.unparse(node.func) not in ("os.system", "os.popen", "subprocess.getoutput")


def test_sizes() -> None:
    """No file of the package passes 300 lines, and no function 40 behind its docstring."""
    long_files = {path.name for path in SOURCES.values() if len(path.read_text(encoding="utf-8").splitlines()) > 300}
    assert long_files == set()
    functions = (
        (node.name, node.end_lineno - (node.body[0].end_lineno if ast.get_docstring(node) else node.body[0].lineno))
        for path in SOURCES.values()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef)
    )
    assert {name for name, lines in functions if lines > 40} == set()


def test_every_test_says_what_it_shows() -> None:
    """No test is without a docstring."""
    silent = [
        f"{path.name}: {node.name}"
        for path in CODE
        if "tests" in path.parts
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
        if not ast.get_docstring(node)
    ]
    assert silent == []
