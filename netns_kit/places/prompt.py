"""One prompt for a whole lab, for a person at the terminal."""

from __future__ import annotations

import cmd
import shlex
import sys
from collections.abc import Mapping
from typing import Any

from netns_kit.commands.errors import InvalidArgumentError, NetnsKitError
from netns_kit.places.host import Host
from netns_kit.places.namespace import Namespace
from netns_kit.places.place import Place
from netns_kit.places.reach import address_of, ping_all, unrecorded


def _public(name: str) -> Any:
    """What a person would type: a public name, by the package's own loader, for it may stand above a lab."""
    return getattr(sys.modules[__name__.partition(".")[0]], name)


class LabPrompt(cmd.Cmd):
    """`pc1 ping pc2` runs a command at a place, and a place's name alone is a shell there; Tab knows the names."""

    prompt = "lab> "

    def __init__(self, hosts: Mapping[str, Host], lab: object) -> None:
        super().__init__()
        self.hosts, self.lab = hosts, lab
        self.intro = f"`PLACE COMMAND` runs a command, `PLACE` is a shell there: {', '.join(self.places())}."

    def places(self) -> dict[str, Place]:
        """The hosts and their namespaces, by name."""
        found: dict[str, Place] = {}
        for host in self.hosts.values():
            found[host.name] = host
            for known in unrecorded(host).netns.list():
                found[f"{host.name}/{known.name}"] = Namespace(known.name, at=host)
        return found

    def cmdloop(self, intro: str | None = None) -> None:
        """Ask for lines until `exit`; Ctrl-C forgets the line that is being typed."""
        while True:
            try:
                super().cmdloop(intro)
                return
            except KeyboardInterrupt:
                self.stdout.write("\n")
                intro = ""

    def onecmd(self, line: str) -> bool:
        """Do what a line says. What goes wrong is said, and the next line can be typed."""
        try:
            return bool(super().onecmd(line))
        except (NetnsKitError, ValueError) as error:
            self.stdout.write(f"{error}\n")
        except KeyboardInterrupt:
            self.stdout.write("\n")
        return False

    def default(self, line: str) -> None:
        """Run a command at a place; names of places among its words stand for their addresses."""
        name, *words = shlex.split(line)
        place = self._place(name)
        place.shell(*words[:1], *(self._address(place, word) for word in words[1:]))

    def emptyline(self) -> bool:
        """Do nothing."""
        return False

    def completenames(self, text: str, *_: object) -> list[str]:
        """What a line may begin with."""
        return [*super().completenames(text), *self.completedefault(text)]

    def completedefault(self, text: str, *_: object) -> list[str]:
        """The names of places."""
        return [name for name in self.places() if name.startswith(text)]

    def do_explain(self, line: str) -> None:
        """explain PLACE PLACE|ADDRESS: why one cannot reach the other."""
        source, *others = shlex.split(line) or [""]
        place = self._place(source)
        if len(others) != 1:
            raise InvalidArgumentError("explain", line, "it takes two: `explain pc1 pc2`")
        self.stdout.write(str(_public("explain")(place, self._address(place, others[0]))))

    def do_ping_all(self, line: str) -> None:
        """ping_all: who reaches whom."""
        self.stdout.write(str(ping_all(self.hosts.values())))

    def do_show(self, line: str) -> None:
        """show: the lab, drawn."""
        self.stdout.write(str(_public("Topology").of(self.lab)))

    def do_exit(self, line: str) -> bool:
        """exit: leave the prompt; the lab goes on."""
        return True

    do_EOF = do_exit  # noqa: N815

    def _place(self, name: str) -> Place:
        places = self.places()
        if name not in places:
            raise InvalidArgumentError("place", name, f"there are {', '.join(places)}, and the commands of `help`")
        return places[name]

    def _address(self, near: Place, word: str) -> str:
        """What a word stands for: the address of the place of that name, or itself."""
        far = self.places().get(word)
        return word if far is None else address_of(near, far)
