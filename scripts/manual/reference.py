"""The API reference, from the docstrings, as HTML: a page for each module, and a first page with every public name."""

from __future__ import annotations

import argparse
import importlib
import inspect
import pkgutil
import re
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pdoc.doc
import pdoc.render

import netns_kit
from netns_kit.sites.verb import Verb

NOT_READ = {"netns_kit.__main__", "netns_kit.machines.private.__main__"}
"""What does something when it is imported."""


def modules() -> Iterator[ModuleType]:
    """What is in the package."""
    for found in pkgutil.walk_packages(netns_kit.__path__, "netns_kit."):
        if found.name not in NOT_READ:
            yield importlib.import_module(found.name)


def listed(said: str) -> str:
    """A docstring with its options as a list."""
    return re.sub(r"^(`\w+`: )", r"- \1", inspect.cleandoc(said), flags=re.MULTILINE)


def plain(of: Any, **attributes: object) -> Callable[..., Any]:
    """A function that a reader of functions reads as this."""

    def function() -> None: ...

    for name in ("__name__", "__qualname__", "__module__", "__doc__", "__signature__"):
        setattr(function, name, attributes.get(name) or getattr(of, name))
    return function


def make_readable(one: type) -> None:
    """Have a class hold plain functions and docstrings."""
    for name, value in list(vars(one).items()):
        if isinstance(value, Verb):
            setattr(one, name, plain(value, __doc__=listed(value.__doc__)))
    if issubclass(one, netns_kit.Link):
        itself = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)
        known = inspect.signature(one)
        whole = known.replace(parameters=[itself, *known.parameters.values()])
        made = plain(one.__init__, __signature__=whole, __qualname__=f"{one.__qualname__}.__init__")
        made.__doc__ = ""
        one.__init__ = made  # type: ignore[misc]
        one.__doc__ = listed(one.__doc__ or "")


def index() -> str:
    """The public names, each with its first line and the way to its page."""
    lines = []
    for name in netns_kit.__all__:
        found = getattr(netns_kit, name)
        first = inspect.cleandoc(found.__doc__ or "").partition("\n")[0]
        lines.append(f"- `{found.__module__}.{name}`: {first}")
    return "\n".join(lines)


def write(folder: Path, found: dict[str, pdoc.doc.Module]) -> None:
    """Write a page for each module, and what its search needs."""
    pages = {f"{name.replace('.', '/')}.html": pdoc.render.html_module(one, found) for name, one in found.items()}
    more = {"index.html": pdoc.render.html_index(found), "search.js": pdoc.render.search_index(found)}
    for path, text in {**pages, **more}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")


def build(folder: Path) -> None:
    """Build it in a folder."""
    # What stands for a verb here has another source than the verb.
    pdoc.render.configure(show_source=False)
    # What is imported for type checkers alone has no page to lead to.
    warnings.filterwarnings("ignore", "Error parsing type annotation")
    found = list(modules())
    text = f"{netns_kit.__doc__}\n\n## Public names\n\n{index()}\n"
    netns_kit.__all__ = sorted(one.__name__.partition(".")[2] for one in found if one.__name__.count(".") == 1)
    for module in found:
        for one in list(vars(module).values()):
            if inspect.isclass(one) and one.__module__ == module.__name__:
                make_readable(one)
    top = pdoc.doc.Module(netns_kit)
    # The list of public names has a docstring of its own, which would be taken when these are.
    _ = top.members
    top.docstring = text
    write(folder, {"netns_kit": top, **{one.__name__: pdoc.doc.Module(one) for one in found}})
    print(f"The reference begins at {folder / 'netns_kit.html'}")


def main() -> None:
    """Build it where it is wanted."""
    parser = argparse.ArgumentParser(description=__doc__, prog="reference")
    parser.add_argument("folder", nargs="?", type=Path, default=Path("reference"), help="where to (./reference)")
    build(parser.parse_args().folder)


if __name__ == "__main__":
    main()
