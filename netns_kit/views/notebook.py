"""For notebooks and IPython: `%load_ext netns_kit`, then `%%netns net0` runs a cell's lines as typed there."""

from __future__ import annotations

import re
import shlex
from typing import Any

from netns_kit.commands import site as sites
from netns_kit.commands.causes import PACKAGES
from netns_kit.commands.command import Result
from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.commands.site import Site
from netns_kit.places.namespace import Namespace
from netns_kit.places.place import Place

VARIABLE = "_netns"
"""Where a notebook finds the results of the last cell."""

TOOLS = {*PACKAGES, "cat", "curl", "echo", "exit", "grep", "hostname", "kill", "ln", "ls", "ps", "rm", "sleep", "touch"}
"""What makes of a line such as `# ip link` a command at root's prompt; other such lines are comments."""

_PROMPT = re.compile(r"\[?[\w.-]+@[^#$]*[#$]\s+|\$\s+")
_SUDO = re.compile(r"(^|[|;&(]\s*)sudo\s+(?:-[A-Za-z]+\s+)*")
_BLOCK = re.compile(r"^\s*(?:for|while|until|if|case|function)\b|<<", re.MULTILINE)
_SHELL = re.compile(r"[|&;<>()$`*?{}~=#!\\\[\]\n]")


def commands(cell: str) -> tuple[str, ...]:
    """The commands in a cell's lines, without prompts, comments and sudo.

    A line that ends in a backslash goes on in the next one; loops, conditions and here-documents make the whole cell
    one command.
    """
    lines = [_without_prompt(line) for line in cell.replace("\\\n", " ").splitlines()]
    typed = [_SUDO.sub(r"\1", line) for line in lines if line.strip() and not line.lstrip().startswith("#")]
    return ("\n".join(typed),) if _BLOCK.search("\n".join(typed)) else tuple(typed)


def _without_prompt(line: str) -> str:
    prompt = _PROMPT.match(line.lstrip())
    rooted = re.match(r"\s*#\s+(\S+)", line)
    if prompt:
        line = line.lstrip()[prompt.end() :]
    elif rooted and rooted[1] in TOOLS:
        line = line.lstrip()[1:]
    # Some documents comment as C++ does.
    return re.sub(r"\s+//\s.*$", "", line).rstrip().lstrip(" " if prompt or rooted else "")


def run(place: Place, command: str) -> Result:
    """Run a line at a place; through a shell only if it needs one. A line that fails is a result."""
    argv = ("bash", "-c", command) if _SHELL.search(command) else tuple(shlex.split(command))
    return place.exec(*argv, check=False, timeout=None)


def place_named(name: str) -> Place:
    """The namespace of that name on the current host, or the current place itself if no name is given."""
    current = sites.current().site
    if name:
        return Namespace(name, at=current.host)
    place = Place()
    place._site = current
    return place


def where(site: Site) -> str:
    """In words, where commands are typed."""
    inside = site.name or site.path
    return f"namespace {inside} of host {site.runner.host}" if inside else f"host {site.runner.host}"


def load(shell: Any) -> None:
    """Make the magics known to a notebook's shell."""

    def netns(line: str, cell: str | None = None) -> None:
        """`%netns` says where one is; `%%netns NAME` runs a cell's lines in that namespace of the current host.

        Without a name, they run where one is. The results are in `_netns`.
        """
        if cell is None:
            if line.strip():
                raise InvalidArgumentError("line", line, "%netns alone says where one is; %%netns NAME runs a cell")
            print(where(sites.current().site))
            return
        place = place_named(line.strip())
        results: list[Result] = []
        shell.user_ns[VARIABLE] = results
        for command in commands(cell):
            result = run(place, command)
            results.append(result)
            print(result, end="" if str(result).endswith("\n") or not str(result) else "\n")

    shell.register_magic_function(netns, "line_cell", "netns")
