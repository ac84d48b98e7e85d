"""`explain` as it is typed: on the command line, and as `%explain` in a notebook."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Callable
from typing import Any, NoReturn

from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.diagnosis.explain import explain
from netns_kit.diagnosis.explanation import Explanation
from netns_kit.places.place import Place
from netns_kit.views.notebook import place_named


def add_words(parser: argparse.ArgumentParser) -> None:
    """Have a parser know what may be asked."""
    parser.add_argument("netns", nargs="?", metavar="NETNS", help="the namespace to ask from")
    parser.add_argument("address", metavar="ADDRESS", help="the address that is to be reached")
    parser.add_argument("--port", type=int, metavar="N", help="try a TCP connection to this port instead of a ping")
    parser.add_argument("--udp", action="store_true", help="send a datagram to that port instead")
    parser.add_argument("--size", type=int, metavar="BYTES", help="how much data a ping carries (56)")
    parser.add_argument("--look", action="store_true", help="only look, and send nothing")


def add_command(commands: Any, act: Callable[[argparse.Namespace], int]) -> None:
    """Have the command line know it, too, and what is done then."""
    told = commands.add_parser("explain", help="why an address is not reached; exit status 1 if it is not")
    add_words(told)
    told.add_argument("--host", metavar="ssh://NAME", help="ask from another machine, such as ssh://root@node1")
    told.add_argument("--sudo", action="store_true", help="look at this machine under `sudo -n`")
    told.add_argument("--json", action="store_true", help="as data")
    told.set_defaults(act=act)


def ask(place: Place, options: argparse.Namespace) -> Explanation:
    """The explanation that was asked for."""
    return explain(
        place,
        options.address,
        port=options.port,
        protocol="udp" if options.udp else None,
        size=options.size,
        probe=not options.look,
    )


class _Parser(argparse.ArgumentParser):
    """A parser for a line in a notebook, where a wrong word must not end Python."""

    def error(self, message: str) -> NoReturn:
        raise InvalidArgumentError("line", message, f"it is {self.format_usage().strip()}")


def load(shell: Any) -> None:
    """Make `%explain` known to a notebook's shell."""
    parser = _Parser("%explain", add_help=False)
    add_words(parser)

    def explain(line: str) -> Explanation:
        """`%explain NETNS ADDRESS` says why a namespace of the current host does not reach an address.

        Without NETNS, it is asked from where one is. `--port N` tries TCP, with `--udp` a datagram is sent there;
        `--size BYTES` pings with as much data; `--look` sends nothing.
        """
        options = parser.parse_args(shlex.split(line))
        return ask(place_named(options.netns or ""), options)

    shell.register_magic_function(explain, "line", "explain")
