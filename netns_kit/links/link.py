"""What links of all kinds share."""

from __future__ import annotations

from typing import Any, ClassVar

from attrs import define, evolve, field

from netns_kit.commands import values
from netns_kit.commands.command import Result
from netns_kit.commands.errors import ExistsError, InvalidArgumentError, NetnsKitError, NotFoundError
from netns_kit.commands.reading import Entry
from netns_kit.links.info import LinkInfo, LinkStatistics
from netns_kit.links.options import options_of, shared
from netns_kit.sites.noun import Noun
from netns_kit.sites.site import At, Site, site_of
from netns_kit.tables.address import AddressTable
from netns_kit.tables.fdb import FdbTable
from netns_kit.tables.qdisc import QdiscTable
from netns_kit.tables.table import tokens
from netns_kit.tables.vlan_filter import VlanFilterTable

Netns = At | str | int
"""A namespace as an argument: a place, a name, or the id of a process in it."""


def find_netns(argument: str, netns: Netns, site: Site) -> Site:
    """The site that is meant by a namespace given as a place, a name or a process id."""
    if isinstance(netns, int):
        return site.process(values.pid(argument, netns))
    if isinstance(netns, str):
        return site.namespace(values.netns_name(argument, netns))
    if isinstance(netns, Noun) and not hasattr(netns, "enter"):
        raise InvalidArgumentError(argument, netns, "it is a link, which is no place: give a namespace or a host")
    found = getattr(netns, "site", None)
    if not isinstance(found, Site):
        raise InvalidArgumentError(argument, netns, "it must be a place, a name or a process id")
    return found


def _checked_name(value: Any) -> str:
    return values.link_name("name", value)


@define(eq=False, repr=False)
class Link(Noun):
    """A link, by its name, at a place. Building it touches nothing; its verbs run one command each.

    As a context manager it is made on entry and deleted on exit. It follows its link: after `set(name=…)` it has the
    new name, after `set(netns=…)` it is at the new place.

    `mtu` is in bytes, `address` such as "02:00:00:00:00:01", `txqueuelen` in packets; `at` is the current place
    unless it is given. Raises InvalidArgumentError, naming the argument, before anything runs.
    """

    kind: ClassVar[str] = ""

    name: str = field(converter=_checked_name)
    mtu: int | None = shared("mtu", values.mtu, lambda info: info.mtu)
    address: str | None = shared("address", values.mac, lambda info: info.address)
    txqueuelen: int | None = shared(
        "txqueuelen", lambda token, v: values.integer(token, v, 0, 2**31 - 1), lambda info: info.txqueuelen
    )
    _site: Site = field(alias="at", default=None, converter=site_of, kw_only=True)

    @property
    def site(self) -> Site:
        """Where its commands run."""
        return self._site

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        given = [
            f"{name}={getattr(self, name)!r}" for name in options_of(type(self)) if getattr(self, name) is not None
        ]
        return f"{type(self).__name__}({', '.join([repr(self.name), *given, f'at={self._site.where}'])})"

    def add(self) -> Any:
        """Make it.

        Equivalent to: `ip link add [link DEV] name NAME [mtu BYTES …] type KIND [OPTIONS]`

        Gives itself back. Raises ExistsError, MissingModuleError (the kernel lacks this kind), NotFoundError.
        """
        if not self.kind:
            raise InvalidArgumentError("name", self.name, "a bare Link has no kind to make: use Bridge, VethPair, …")
        self._make("ip", "link", "add", *self._add_words())
        return self

    def delete(self) -> None:
        """Delete it. Equivalent to: `ip link delete dev NAME`"""
        self._site.change("ip", "link", "delete", "dev", self.name, ends=True)

    def up(self) -> None:
        """Set it up. Equivalent to: `ip link set dev NAME up`"""
        self._site.change("ip", "link", "set", "dev", self.name, "up")

    def down(self) -> None:
        """Set it down. Equivalent to: `ip link set dev NAME down`"""
        self._site.change("ip", "link", "set", "dev", self.name, "down")

    def set(
        self,
        *,
        netns: Netns | None = None,
        name: str | None = None,
        master: Any = None,
        nomaster: bool = False,
        mtu: int | None = None,
        address: str | None = None,
        txqueuelen: int | None = None,
        alias: str | None = None,
        group: str | int | None = None,
        arp: bool | None = None,
        multicast: bool | None = None,
        allmulticast: bool | None = None,
        promisc: bool | None = None,
    ) -> None:
        """Change what all kinds have.

        Equivalent to: `ip link set dev NAME [netns NETNS] [name NEW] [master DEV | nomaster] [mtu BYTES] …`

        `netns` is a place, a name or a process id; `master` a bridge, VRF or bond, or its name; an empty `alias` takes
        the alias away.
        Raises InvalidArgumentError, NotFoundError, ExistsError (the name is taken).
        """
        target = None if netns is None else find_netns("netns", netns, self._site)
        new_name = None if name is None else values.link_name("name", name)
        switches = {"arp": arp, "multicast": multicast, "allmulticast": allmulticast, "promisc": promisc}
        words = tokens(
            netns=None if target is None else target.seen_from(self._site),
            name=new_name,
            master=None if master is None else values.link_name("master", master),
            nomaster=values.truth("nomaster", nomaster),
            mtu=None if mtu is None else values.mtu("mtu", mtu),
            address=None if address is None else values.mac("address", address),
            txqueuelen=None if txqueuelen is None else values.integer("txqueuelen", txqueuelen, 0, 2**31 - 1),
            alias=None if alias is None else values.short("alias", alias, 255) if alias != "" else "",
            group=None if group is None else values.name_or_number("group", group),
            **{
                key: "on" if values.truth(key, value) else "off" for key, value in switches.items() if value is not None
            },
        )
        if not words:
            raise InvalidArgumentError("options", None, "say what to set")
        self._site.change("ip", "link", "set", "dev", self.name, *words, also=target)
        self.name = new_name or self.name
        self._site = target or self._site

    def change(self, **options: Any) -> None:
        """Change the options of its kind, by the names that its class has.

        Equivalent to: `ip link set dev NAME type KIND OPTIONS`
        """
        if not options:
            raise InvalidArgumentError("options", options, "say what to change")
        self._site.change("ip", "link", "set", "dev", self.name, "type", self.kind, *self._change_words(options))
        self._take(options)

    def show(self) -> LinkInfo:
        """What the kernel has. Equivalent to: `ip link show dev NAME`. Raises NotFoundError."""
        return LinkInfo.from_json(self._entry("-d"))

    def _entry(self, option: str) -> Entry:
        words = ("ip", option, "link", "show", "dev", self.name)
        found = self._site.read(*words)
        if found:
            return found[0]
        # An old iproute2 may say nothing at all of a link that is gone.
        said = f'Device "{self.name}" does not exist.\n'
        raise NotFoundError(Result(self._site.command(*words), self._site.runner.host, 1, stderr=said), "It is gone.")

    def exists(self) -> bool:
        """Whether there is a link of this name. Equivalent to: `ip link show dev NAME`"""
        try:
            self.show()
        except NotFoundError:
            return False
        return True

    def statistics(self) -> LinkStatistics:
        """Its counters. Equivalent to: `ip -s link show dev NAME`"""
        return LinkStatistics.from_json(self._entry("-s"))

    @property
    def addr(self) -> AddressTable:
        """Its addresses."""
        return AddressTable(self._site, self.name)

    @property
    def fdb(self) -> FdbTable:
        """Its forwarding database, if it is a bridge's port or a VXLAN."""
        return FdbTable(self._site, self.name)

    @property
    def vlan(self) -> VlanFilterTable:
        """The VLANs that it lets through, if it is a port of a bridge."""
        return VlanFilterTable(self._site, self.name)

    @property
    def qdisc(self) -> QdiscTable:
        """Its queueing disciplines: `link.qdisc.add("netem", delay="100ms", loss=1)`."""
        return QdiscTable(self._site, self.name)

    def asked(self) -> dict[str, Any]:
        """The options that were asked for, by name."""
        asked = {name: getattr(self, name) for name in options_of(type(self))}
        return {name: value for name, value in asked.items() if value is not None}

    def differences(self, info: LinkInfo) -> dict[str, tuple[Any, Any]]:
        """Where the kernel has something else than was asked for: (asked, actual) by option."""
        known = options_of(type(self))
        pairs = {name: (value, known[name].read(info)) for name, value in self.asked().items()}
        return {name: (asked, actual) for name, (asked, actual) in pairs.items() if asked != actual}

    def _make(self, *argv: str) -> None:
        try:
            self._site.change(*argv)
        except ExistsError as error:
            raise ExistsError(error.result, self._compared() or error.hint) from None

    def _compared(self) -> str | None:
        """In what the link that is there already differs from this one."""
        try:
            info = self.show()
        except NotFoundError:
            return "No link has this name, but another one has the same parameters: `link.list()` shows it."
        except NetnsKitError:
            return None
        if info.kind != self.kind:
            return f"It is there already, as a link of another kind: {info.kind or 'a device'}."
        told = ", ".join(f"{name} is {actual}, not {asked}" for name, (asked, actual) in self.differences(info).items())
        return f"It is there already, but {told}: change() or delete it, or choose another name." if told else None

    def _change_words(self, options: dict[str, Any]) -> tuple[str, ...]:
        known = {name: option for name, option in options_of(type(self)).items() if not option.shared}
        words: list[str] = []
        for name, value in options.items():
            if name not in known:
                raise InvalidArgumentError(name, value, f"{type(self).__name__} has no such option")
            words += known[name].words(known[name].check(value))
        # A changed copy is checked as a whole, as a new one is.
        evolve(self, **options)
        return tuple(words)

    def _take(self, options: dict[str, Any]) -> None:
        for name, value in options.items():
            setattr(self, name, value)

    def _add_words(self) -> tuple[str, ...]:
        before = self._option_words(shared=True)
        lower, rest = (before[:2], before[2:]) if before[:1] == ("link",) else ((), before)
        return (*lower, "name", self.name, *rest, "type", self.kind, *self._option_words())

    def _option_words(self, shared: bool = False) -> tuple[str, ...]:
        known = options_of(type(self))
        pairs = ((option, getattr(self, name)) for name, option in known.items() if option.shared is shared)
        words = [option.words(value) for option, value in pairs if value is not None]
        # `link DEV` goes before the name, whatever class declares it.
        words.sort(key=lambda pair: pair[0] != "link")
        return tuple(word for pair in words for word in pair)
