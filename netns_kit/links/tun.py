"""TUN and TAP: links whose other end is a program, such as a VPN or a virtual machine: `ip tuntap`."""

from __future__ import annotations

from typing import Annotated, Literal

from netns_kit.commands import values
from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.commands.types import Present
from netns_kit.commands.word import Word, spelled
from netns_kit.commands.words import spec, words
from netns_kit.links.kind import kind
from netns_kit.links.link import Link
from netns_kit.links.netns import Netns

Owner = Annotated[int | str, Word(values.name_or_number, "NAME|NUMBER", read=str)]
"""A user or a group: a name or a number, as the machine has it."""


@words
class TunWords:
    """What is said of such a link."""

    mode: Annotated[Literal["tun", "tap"], spelled(keys=("type",))] | None = None  # "tun" carries IP, "tap" Ethernet
    user: Owner | None = None  # whose programs may open it; root's alone otherwise
    group: Owner | None = None  # whose members' programs may open it
    one_queue: Present | None = None  # has had no effect since Linux 3.8
    pi: Present | None = None  # packets come with four bytes that say their protocol
    vnet_hdr: Present | None = None  # packets come with what virtual machines say of checksums and sizes
    multi_queue: Present | None = None  # several programs, or threads, may open it


@kind
class Tuntap(TunWords, Link):
    """A link that stays when no program has it open. `mode` it needs."""

    kind = "tun"
    _untold = ("one_queue", *Link._untold)

    def add(self, *, netns: Netns | None = None, up: bool = False, exists_ok: bool = False) -> Tuntap:
        """Make it.

        Equivalent to: `ip tuntap add dev NAME mode tun|tap [user USER] [group GROUP] [pi] [vnet_hdr] [multi_queue]`

        Gives itself back. One that is there already and that no program has open is taken as it is, by the kernel
        itself. Raises ExistsError, NotFoundError (no /dev/net/tun), InvalidArgumentError for what `ip tuntap` does not
        know, such as `mtu`, `netns` and `up`.
        """
        if self.mode is None:
            raise InvalidArgumentError("mode", None, 'say "tun" or "tap"')
        for name, value in {**self.asked(), "netns": netns, "up": up or None}.items():
            if value is not None and name in (*spec(Link).known, "netns", "up"):
                raise InvalidArgumentError(name, value, "`ip tuntap` does not know it: set() it")
        self._make(*self.spelled(), exists_ok=exists_ok)
        return self

    def delete(self, *, type: str | None = None, missing_ok: bool = False) -> None:
        """Delete it; it need not be there. Equivalent to: `ip tuntap del dev NAME mode MODE`

        One of which `mode` is not known, or with `type`, by `ip link delete dev NAME [type KIND]`.
        """
        if self.mode is None or type is not None:
            return super().delete(type=type, missing_ok=missing_ok)
        # Of one that is not there, `ip tuntap del` says nothing: the kernel makes it first, and deletes that.
        queues = ("multi_queue",) if self.multi_queue else ()
        return self._delete("ip", "tuntap", "del", "dev", self.name, "mode", self.mode, *queues, at_once=missing_ok)

    def spelled(self, *, up: bool = False, netns: str | None = None) -> tuple[str, ...]:
        """The words of the command that makes it."""
        return ("ip", "tuntap", "add", "dev", self.name, *spec(type(self)).say(self.asked(), self, spec(Link).known))
