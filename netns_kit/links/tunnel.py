"""What tunnels over IPv4 share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, ClassVar, ParamSpec, TypeVar

from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.commands.types import Ipv4Address, Negatable
from netns_kit.commands.word import spelled
from netns_kit.commands.words import spec, words
from netns_kit.links.kind import changing, kind
from netns_kit.links.link import Link
from netns_kit.links.netns import Netns
from netns_kit.links.options import BothWays, Device, Key, Tos, Ttl, refuse_both_ways
from netns_kit.sites.verb import Verb

P = ParamSpec("P")


@words
class EndsWords:
    """What is said of all tunnels over IPv4."""

    _usual: ClassVar[Mapping[str, Any]] = {"remote": "any", "local": "any"}

    remote: Ipv4Address | None = None  # the other end, an address of IPv4, or "any"
    local: Ipv4Address | None = None  # this end's, or "any"
    dev: Device | None = None  # the link that its packets leave by

    @staticmethod
    def complete(given: dict[str, Any]) -> None:
        """What does not fit together is refused."""
        remote = given.get("remote", "any")
        if remote != "any" and remote == given.get("local"):
            raise InvalidArgumentError("remote", remote, "it is the local end's address, too")
        refuse_both_ways(given)
        if given.get("pmtudisc") is False and given.get("ttl", "inherit") != "inherit":
            raise InvalidArgumentError("pmtudisc", False, "a tunnel with a ttl of its own must discover the path's MTU")


@words
class TtlWords(EndsWords):
    """What is said of tunnels whose packets have a way of their own."""

    _usual: ClassVar[Mapping[str, Any]] = {"pmtudisc": True}

    ttl: Ttl | None = None  # hops, 1 to 255, or "inherit": as the packet inside has it
    tos: Tos | None = None  # 0 to 255, or "inherit": as the packet inside has it
    pmtudisc: Negatable | None = None  # whether it finds out what MTU the path has


@words
class KeyWords:
    """What is said of tunnels that may have keys."""

    key: Annotated[Key, spelled(keys=("ikey", "okey"))] | None = None  # tells tunnels between the same ends apart
    ikey: Key | None = None  # the key of what comes in
    okey: Key | None = None  # the key of what goes out


@words
class SeqWords(KeyWords):
    """What is said of tunnels whose packets may be numbered, and have checksums."""

    seq: Annotated[bool, BothWays(keys=("iseq", "oseq"))] | None = None  # with numbers
    iseq: Negatable | None = None  # what comes in must have numbers
    oseq: Negatable | None = None  # what goes out has numbers
    csum: Annotated[bool, BothWays(keys=("icsum", "ocsum"))] | None = None  # with checksums
    icsum: Negatable | None = None  # what comes in must have checksums
    ocsum: Negatable | None = None  # what goes out has checksums


@kind
class Tunnel(Link):
    """A tunnel that both `ip tunnel` and `ip link` make."""

    _mode: ClassVar[str] = ""
    """What `ip tunnel` calls its kind."""
    change: ClassVar[Verb[Any, ..., None]]
    _tool: ClassVar[tuple[str, ...]] = ("ip", "tunnel")

    def add(self: TunnelT, *, netns: Netns | None = None, up: bool = False, exists_ok: bool = False) -> TunnelT:
        """Make it.

        Equivalent to: `ip tunnel add NAME mode MODE [remote ADDRESS] [local ADDRESS] [dev DEV] [OPTIONS]`

        Gives itself back. With `exists_ok`, one that is there already and does not differ will do. Raises ExistsError,
        which says what is different; MissingModuleError; InvalidArgumentError for what only `link_add` knows, such as
        `mtu`, `encap`, `netns` and `up`.
        """
        asked = self.asked()
        known = type(self).change.spec.known
        for name, value in {**asked, "netns": netns, "up": up or None}.items():
            # It can say that there is something, not that there is not: `noseq`, `nokey` are words of `ip link` alone.
            if value is not None and (name not in known or (value is False and name != "pmtudisc")):
                raise InvalidArgumentError(name, value, "`ip tunnel` does not know it: use link_add(), or set() it")
        mode = ("mode", self._mode) if self._mode else ()
        self._make(*self._tool, "add", self.name, *mode, *spec(type(self)).say(asked, self), exists_ok=exists_ok)
        return self

    def link_add(self: TunnelT, *, netns: Netns | None = None, up: bool = False, exists_ok: bool = False) -> TunnelT:
        """Make it, in the other spelling.

        Equivalent to: `ip link add name NAME [up] [netns NETNS] type KIND [remote ADDRESS] [local ADDRESS] [OPTIONS]`
        """
        return super().add(netns=netns, up=up, exists_ok=exists_ok)


TunnelT = TypeVar("TunnelT", bound=Tunnel)


def tunnel_changing(
    source: Callable[P, object], command: str = "ip tunnel change <name> mode <_mode>"
) -> Verb[Any, P, None]:
    """The verb `change` of a kind that `ip tunnel` knows; `link_change` says what only `ip link` knows."""
    return changing(source, command)
