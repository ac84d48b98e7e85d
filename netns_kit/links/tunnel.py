"""What tunnels over IPv4 share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, ClassVar, ParamSpec, TypeVar

from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.commands.types import Ipv4Address
from netns_kit.commands.word import spelled
from netns_kit.commands.words import refuse_together, spec, words
from netns_kit.links.kind import changing, kind
from netns_kit.links.link import Link
from netns_kit.links.netns import Netns
from netns_kit.links.options import Device, Key, Tos, Ttl
from netns_kit.sites.verb import Verb

P = ParamSpec("P")


@words
class EndsWords:
    """What is said of all tunnels over IPv4."""

    remote: Ipv4Address | None = None  # the other end, an address of IPv4, or "any"
    local: Ipv4Address | None = None  # this end's, or "any"
    dev: Device | None = None  # the link that its packets leave by

    @staticmethod
    def complete(given: dict[str, Any]) -> None:
        """What does not fit together is refused."""
        remote = given.get("remote", "any")
        if remote != "any" and remote == given.get("local"):
            raise InvalidArgumentError("remote", remote, "it is the local end's address, too")
        for one in ("ikey", "okey"):
            refuse_together(given, one, "key")
        if given.get("pmtudisc") is False and given.get("ttl", "inherit") != "inherit":
            raise InvalidArgumentError("pmtudisc", False, "a tunnel with a ttl of its own must discover the path's MTU")


@words
class TtlWords(EndsWords):
    """What is said of tunnels whose packets have a way of their own."""

    ttl: Ttl | None = None  # hops, 1 to 255, or "inherit": as the packet inside has it
    tos: Tos | None = None  # 0 to 255, or "inherit": as the packet inside has it


@words
class KeyWords:
    """What is said of tunnels that may have keys."""

    key: Annotated[Key, spelled(keys=("ikey", "okey"))] | None = None  # tells tunnels between the same ends apart
    ikey: Key | None = None  # the key of what comes in
    okey: Key | None = None  # the key of what goes out


@kind
class Tunnel(Link):
    """A tunnel that both `ip tunnel` and `ip link` make."""

    mode: ClassVar[str]

    def add(self: TunnelT, *, netns: Netns | None = None, up: bool = False) -> TunnelT:
        """Make it.

        Equivalent to: `ip tunnel add NAME mode MODE [remote ADDRESS] [local ADDRESS] [dev DEV] [OPTIONS]`

        Gives itself back. Raises ExistsError, which says what is different; MissingModuleError; InvalidArgumentError
        for what only `link_add` knows, such as `mtu`, `netns` and `up`.
        """
        asked = self.asked()
        for name, value in {**asked, "netns": netns, "up": up or None}.items():
            if value is not None and name in (*spec(Link).known, "netns", "up"):
                raise InvalidArgumentError(name, value, "`ip tunnel` does not know it: use link_add(), or set() it")
        self._make("ip", "tunnel", "add", self.name, "mode", self.mode, *spec(type(self)).say(asked, self))
        return self

    def link_add(self: TunnelT, *, netns: Netns | None = None, up: bool = False) -> TunnelT:
        """Make it, in the other spelling.

        Equivalent to: `ip link add name NAME [up] [netns NETNS] type KIND [remote ADDRESS] [local ADDRESS] [OPTIONS]`
        """
        return super().add(netns=netns, up=up)


TunnelT = TypeVar("TunnelT", bound=Tunnel)


def tunnel_changing(source: Callable[P, object]) -> Verb[Any, P, None]:
    """The verb `change` of a kind that `ip tunnel` knows."""
    return changing(source, "ip tunnel change <name> mode <mode>")
