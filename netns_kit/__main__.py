"""The command line: `python -m netns_kit doctor` and `python -m netns_kit show`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from netns_kit.commands.errors import NetnsKitError
from netns_kit.places.host import Host
from netns_kit.views import doctor
from netns_kit.views.topology import Topology


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the words say; the exit status."""
    parser = argparse.ArgumentParser("python -m netns_kit", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    told = commands.add_parser("doctor", help="what this machine has and lacks; exit status 1 if private hosts fail")
    told.add_argument("--json", action="store_true", help="as data")
    told.set_defaults(act=examine)
    told = commands.add_parser("show", help="the namespaces and links of this machine, in the terminal")
    form = told.add_mutually_exclusive_group()
    form.add_argument("--svg", metavar="FILE", type=Path, help="write a picture to a file")
    form.add_argument("--mermaid", action="store_true", help="as Mermaid text")
    form.add_argument("--python", action="store_true", help="as the Python script that builds what is there")
    form.add_argument("--shell", action="store_true", help="as the shell script that builds what is there")
    form.add_argument("--save", metavar="FILE", type=Path, help="write all of it to a file, for Topology.load")
    told.add_argument("--host", metavar="ssh://NAME", help="another machine, such as ssh://root@node1")
    told.add_argument("--sudo", action="store_true", help="read this machine's own under `sudo -n`")
    told.set_defaults(act=show)
    options = parser.parse_args(arguments)
    try:
        status: int = options.act(options)
    except NetnsKitError as error:
        print(error, file=sys.stderr)
        return 1
    return status


def examine(options: argparse.Namespace) -> int:
    """Print what this machine has and lacks."""
    found = doctor.examine()
    print(json.dumps(found.as_dict(), indent=2) if options.json else found, end="\n" if options.json else "")
    return 0 if found.ok else 1


def show(options: argparse.Namespace) -> int:
    """Draw the namespaces and links of this machine, or of another, or write what builds them."""
    with Host.ssh(options.host.removeprefix("ssh://")) if options.host else Host.local(sudo=options.sudo) as host:
        topology = Topology.of(host)
        try:
            if options.svg:
                options.svg.write_text(topology.as_svg(), encoding="utf-8")
            elif options.save:
                topology.save(options.save)
            else:
                forms = {"mermaid": topology.as_mermaid, "python": topology.as_python, "shell": topology.as_shell}
                chosen = next((form for name, form in forms.items() if getattr(options, name)), topology.as_text)
                print(chosen(), end="")
        except OSError as error:
            print(f"{error.filename}: {error.strerror}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
