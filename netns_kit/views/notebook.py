"""For notebooks and IPython: `%load_ext netns_kit`, then `%%netns net0` runs a cell's lines as typed there."""

from __future__ import annotations

import re
import signal
import sys
from collections.abc import Iterator
from typing import Any, TextIO

from attrs import evolve, frozen

from netns_kit.commands.causes import error_for
from netns_kit.commands.command import Result
from netns_kit.commands.errors import CommandError, InvalidArgumentError, PlaceClosedError
from netns_kit.commands.rows import readable
from netns_kit.machines.process import Process
from netns_kit.places.namespace import Namespace
from netns_kit.places.place import Place
from netns_kit.sites import site as sites
from netns_kit.sites.recorder import Recorder
from netns_kit.sites.site import Site
from netns_kit.views import cell as cells
from netns_kit.views.pictures import Pictures

VARIABLE = "_netns"
"""Where a notebook finds the results of the last cell."""

_USAGE = (
    "%netns alone says where one is; %netns pictures on, or off, is about pictures after each cell; "
    "%%netns NAME runs a cell; %%netns --python NAME shows its Python"
)


class Interrupted(KeyboardInterrupt):
    """Ctrl-C has ended what was watched, and with it the cell."""


@frozen
class Terminal:
    """Where a cell's commands are typed, and where their results go.

    What lasts, and each further shell, starts beside the shell that is typed into: `leading` leads there from outside.
    """

    place: Place
    outside: Place
    results: list[Result]
    leading: tuple[str, ...] = ()

    def type(self, commands: Iterator[str]) -> None:
        """Type commands until `exit`, or to their end."""
        for command in commands:
            if cells.leaves(command):
                return
            if shell := cells.enters(command):
                self._enter(shell, commands)
            elif cells.lasts(command) or ("\n" in command and not self.leading):
                self._watch(cells.lasts(command), *self.leading, *cells.argv(command))
            else:
                # What is typed into a shell of the cell's own keeps its effect there.
                argv = cells.argv(command, *(("eval",) if self.leading else ()))
                result = self.place.exec(*argv, check=False, timeout=None)
                _show(result.stdout)
                if self.leading and result.returncode == -9:
                    # A shell says 137 of what was killed: it is the shell itself that has ended.
                    raise PlaceClosedError(f"The shell has ended: {command}")
                self._ended(result)

    def _enter(self, shell: tuple[str, ...], commands: Iterator[str]) -> None:
        typed = self.outside.site.command(*self.leading, *shell).argv
        try:
            with self.outside.session(*self.leading, *shell) as inside:
                beside = ("nsenter", "--target", str(inside.site.runner.pid), "--net", "--mount", "--wd")
                Terminal(inside, self.outside, self.results, beside).type(commands)
        except PlaceClosedError:
            # What was meant for that shell must not run elsewhere.
            transcript = getattr(self.outside.site.runner, "transcript", ())
            ended = [one for one in transcript if one.background and one.argv in (typed, ("sudo", "-n", *typed))]
            if not ended:
                raise
            # What it said of earlier commands is shown already.
            unheard = re.split(r"\n[0-9a-f]{16}\n", ended[-1].stderr)[-1]
            raise error_for(evolve(ended[-1], stderr=unheard)) from None

    def _watch(self, lasts: bool, *argv: str) -> None:
        """Run what takes its time, and show its lines as they come; Ctrl-C ends it as in a terminal."""
        said: list[str] = []
        interrupted = False
        try:
            process = self.outside.start(*argv, check=False, terminal=True) if lasts else self._script(argv, said)
        except CommandError as error:
            self._ended(error.result)
            return
        with process:
            try:
                _show_lines(process.lines(), said)
            except KeyboardInterrupt:
                interrupted = True
                process.signal(signal.SIGINT)
                _show_lines(process.lines(timeout=2), said)
            result = process.stop() if interrupted else process.wait()
        result = evolve(result, stdout="".join(said), background=lasts)
        if interrupted:
            _show(result.stderr, sys.stderr)
            self.results.append(result)
            raise Interrupted
        self._ended(result)

    def _script(self, argv: tuple[str, ...], said: list[str]) -> Process:
        """Start a script, which is recorded as the command with an end that it is."""
        site = self.outside.site
        recorder = site.runner
        if not isinstance(recorder, Recorder):
            return self.outside.start(*argv, check=False)
        transcript = recorder.transcript
        recorder.send()
        process = recorder.runner.start(site.command(*argv, timeout=None, environment={}))
        process.when_ended(lambda result: transcript.append(evolve(result, stdout="".join(said), background=False)))
        return process

    def _ended(self, result: Result) -> None:
        self.results.append(result)
        _show(result.stderr, sys.stderr)
        if not result.ok:
            _show(f"(exit status {result.returncode})", sys.stderr)


def _show_lines(lines: Iterator[str], said: list[str]) -> None:
    for line in lines:
        said.append(f"{line}\n")
        _show(said[-1])


def _show(text: str, file: TextIO | None = None) -> None:
    print(readable(text), end="" if not text or text.endswith("\n") else "\n", file=file, flush=True)


def place_named(name: str) -> Place:
    """The namespace of that name on the current host, or the current place itself if no name is given.

    Raises NotFoundError if there is no such namespace.
    """
    current = sites.current().site
    if not name:
        place = Place()
        place._site = current
        return place
    namespace = Namespace(name, at=current.host)
    # Not recorded: nobody typed it.
    quiet = getattr(current.runner, "runner", current.runner)
    result = quiet.run(namespace.site.command("true"))
    if not result.ok:
        raise error_for(result)
    return namespace


def as_python(cell: str, name: str) -> str:
    """A cell's lines as Python, typed in a namespace or where one is."""
    # Few need it, and not everybody has the grammar of the shell.
    from netns_kit.conversion.shell.writing import convert

    return convert(cell).as_cell(name)


def where(site: Site) -> str:
    """In words, where commands are typed."""
    inside = site.name or site.path
    return f"namespace {inside} of host {site.runner.host}" if inside else f"host {site.runner.host}"


def load(shell: Any) -> None:
    """Make the magics known to a notebook's shell."""
    pictures = Pictures(shell)

    def netns(line: str, cell: str | None = None) -> None:
        """`%netns` says where one is; `%%netns NAME` runs a cell's lines in that namespace of the current host.

        `%%netns --python NAME` runs nothing: it shows the cell's Python, which may stand in the cell's place.

        `%netns pictures on` shows after each cell what it changed in the network, until `%netns pictures off`.

        Without a name, they run where one is. A line such as `ip netns exec net1 bash` starts a shell that the next
        ones are typed into, until `exit`. What goes on by itself, such as ping, ends by Ctrl-C, and so does the cell.
        The results are in `_netns`.
        """
        if cell is None:
            said = line.split()
            if said in (["pictures", "on"], ["pictures", "off"]):
                pictures.turn(said[1] == "on")
            elif said:
                raise InvalidArgumentError("line", line, _USAGE)
            else:
                print(where(sites.current().site))
            return
        python, _, name = line.strip().partition(" ")
        if python == "--python":
            print(as_python(cell, name.strip()), end="")
            return
        results: list[Result] = []
        shell.user_ns[VARIABLE] = results
        place = place_named(line.strip())
        try:
            Terminal(place, place, results).type(iter(cells.commands(cell)))
        except Interrupted:
            pass
        except KeyboardInterrupt:
            _show("(interrupted)", sys.stderr)

    shell.register_magic_function(netns, "line_cell", "netns")
