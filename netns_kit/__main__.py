"""The command line: `python -m netns_kit doctor`, `show`, `explain`, `record`, `convert`, `sweep` …"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import netns_kit
from netns_kit.commands.errors import NetnsKitError
from netns_kit.conversion.recording import record
from netns_kit.conversion.shell.writing import convert
from netns_kit.diagnosis import asking
from netns_kit.places.host import Host
from netns_kit.places.namespace import Namespace
from netns_kit.views import doctor, running
from netns_kit.views.topology import Topology


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the words say; the exit status."""
    parser = argparse.ArgumentParser("python -m netns_kit", description=__doc__)
    parser.add_argument("--version", action="version", version=f"netns_kit {netns_kit.__version__}")
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
    told.add_argument("--called", default="host", help=argparse.SUPPRESS)
    told.add_argument("name", nargs="?", metavar="NAME", help="a private host that runs, instead of this machine")
    told.set_defaults(act=show)
    add_running(commands)
    asking.add_command(commands, tell_why)
    add_record(commands)
    add_sweep(commands)
    told = commands.add_parser("convert", help="a tutorial's text, or lines of shell, as Python")
    told.add_argument("file", metavar="FILE", help="the text, - for standard input")
    told.add_argument("-o", "--output", metavar="FILE", type=Path, help="a script, x.py, or a notebook, x.ipynb")
    told.set_defaults(act=translate)
    options = parser.parse_args(arguments)
    options.words = sys.argv[1:] if arguments is None else list(arguments)
    try:
        status: int = options.act(options)
    except NetnsKitError as error:
        print(error, file=sys.stderr)
        return 1
    return status


def add_record(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Have the command line know how scripts are recorded."""
    told = commands.add_parser("record", help="run a script on a private host, and tell what its commands did")
    told.add_argument("--at", metavar="sudo|ssh://NAME", help="run it for real: here under `sudo -n`, or elsewhere")
    told.add_argument("--timeout", metavar="SECONDS", type=float, default=60.0, help="end it after that time (60)")
    told.add_argument("--python", metavar="FILE", type=Path, help="write the Python that builds what it left")
    told.add_argument("--shell", metavar="FILE", type=Path, help="write the commands as one script")
    told.add_argument("--jsonl", metavar="FILE", type=Path, help="write the commands as data, with what they printed")
    told.add_argument("--svg", metavar="FILE", type=Path, help="write a picture of what it left")
    told.add_argument("script", nargs=argparse.REMAINDER, help="the script, and its arguments")
    told.set_defaults(act=run_recorded)


def add_sweep(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Have it know how to clear up."""
    told = commands.add_parser("sweep", help="take away what scopes of processes that are gone have left, and no more")
    told.add_argument("--dry-run", action="store_true", help="only say what that is")
    told.add_argument("--host", metavar="ssh://NAME", help="on another machine, such as ssh://root@node1")
    told.add_argument("--sudo", action="store_true", help="on this machine, under `sudo -n`")
    told.set_defaults(act=clear_up)


def add_running(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Have it know what is about private hosts that run."""
    told = commands.add_parser("ps", help="the private hosts that run, and whose they are")
    told.set_defaults(act=list_running)
    told = commands.add_parser("enter", help="a shell, or a command, in a private host that runs")
    told.add_argument("name", metavar="NAME", help="its name, or its process id")
    told.add_argument("rest", metavar="[NETNS] [-- COMMAND …]", nargs="...", help="a namespace of it; not a shell")
    told.set_defaults(act=enter)


def examine(options: argparse.Namespace) -> int:
    """Print what this machine has and lacks."""
    found = doctor.examine()
    print(json.dumps(found.as_dict(), indent=2) if options.json else found, end="\n" if options.json else "")
    return 0 if found.ok else 1


def show(options: argparse.Namespace) -> int:
    """Draw the namespaces and links of this machine, or of another, or write what builds them."""
    if options.name:
        found = running.find(options.name)
        words = [word for word in options.words if word != options.name]
        itself = (sys.executable, "-m", "netns_kit", *words, "--called", found.name)
        become(running.entering(found, *itself), PYTHONPATH=os.pathsep.join(sys.path))
    with machine(options) as host:
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


def tell_why(options: argparse.Namespace) -> int:
    """Print why an address is not reached, or by which way it is."""
    with machine(options) as host:
        why = asking.ask(Namespace(options.netns, at=host) if options.netns else host, options)
    print(json.dumps(why.as_dict(), indent=2) if options.json else why, end="\n" if options.json else "")
    return 0 if why.ok else 1


def machine(options: argparse.Namespace) -> Host:
    """The machine that is meant: this one, or another behind SSH."""
    if options.host:
        return Host.ssh(options.host.removeprefix("ssh://"))
    return Host.local(sudo=options.sudo, name=getattr(options, "called", "host"))


def clear_up(options: argparse.Namespace) -> int:
    """Take away what scopes have left whose processes are gone, and say what that was."""
    # Few need it, so not at the top.
    from netns_kit.undoing.sweep import sweep

    with machine(options) as host:
        swept = sweep(host.site, dry_run=options.dry_run)
    print(swept, end="")
    for problem in swept.problems:
        print(problem, file=sys.stderr)
    return 1 if swept.problems else 0


def list_running(options: argparse.Namespace) -> int:
    """Print the private hosts that run."""
    print(running.running())
    return 0


def enter(options: argparse.Namespace) -> NoReturn:
    """Be a shell, or a command, in a private host that runs."""
    found = running.find(options.name)
    # Of the words after the name, argparse loses the -- that tells a namespace from a command.
    rest = options.words[options.words.index(options.name) + 1 :]
    netns = rest.pop(0) if rest and rest[0] != "--" else None
    prompt = f"{found.name}/{netns}> " if netns else f"{found.name}> "
    rest = rest[1:] if rest[:1] == ["--"] else rest
    command = running.entering(found, *(rest or ["bash"]), netns=netns)
    become(command, PROMPT_COMMAND=f"PS1={shlex.quote(prompt)}; unset PROMPT_COMMAND")


def become(command: tuple[str, ...], **variables: str) -> NoReturn:
    """Be another command from now on, so that Ctrl-C is its own."""
    sys.stdout.flush()
    os.execvpe(command[0], command, {**os.environ, **variables})


def run_recorded(options: argparse.Namespace) -> int:
    """Run a script, print what it said, its commands and what it left, and write that to files."""
    host = None
    if options.at:
        host = Host.local(sudo=True) if options.at == "sudo" else Host.ssh(options.at.removeprefix("ssh://"))
    with record(options.script, at=host, timeout=options.timeout) as recording:
        topology = Topology.of(recording.host)
        print(recording.result.stdout, end="")
        print(recording.result.stderr, end="", file=sys.stderr)
        print(recording, end="")
        print(topology, end="")
        forms = {"python": topology.as_python, "shell": recording.transcript.as_shell, "svg": topology.as_svg}
        try:
            for name, form in forms.items():
                if getattr(options, name):
                    getattr(options, name).write_text(form(), encoding="utf-8")
            if options.jsonl:
                recording.transcript.save(options.jsonl)
        except OSError as error:
            print(f"{error.filename}: {error.strerror}", file=sys.stderr)
            return 1
    return recording.result.returncode or int(recording.result.timed_out)


def translate(options: argparse.Namespace) -> int:
    """Write a text as Python."""
    if options.output is not None and options.output.suffix not in (".py", ".ipynb"):
        print(f"{options.output}: it must be a script, x.py, or a notebook, x.ipynb", file=sys.stderr)
        return 2
    try:
        text = sys.stdin.read() if options.file == "-" else Path(options.file).read_text(encoding="utf-8")
        found = convert(text)
        if options.output is None:
            print(found, end="")
        elif options.output.suffix == ".ipynb":
            options.output.write_text(found.as_notebook(), encoding="utf-8")
        else:
            options.output.write_text(found.python, encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        print(f"{options.file}: {getattr(error, 'strerror', None) or error}", file=sys.stderr)
        return 1
    others = f"; {len(found.untyped)} lines run by exec" if found.untyped else ""
    print(f"{found.typed} of {found.commands} commands of wrapped tools are typed calls{others}.", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
