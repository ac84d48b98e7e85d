"""What links of all kinds share."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, TypeVar

from netns_kit.commands import values
from netns_kit.commands.command import Result
from netns_kit.commands.errors import ExistsError, InvalidArgumentError, NetnsKitError, NotFoundError
from netns_kit.commands.reading import Entry
from netns_kit.commands.types import LinkName, Mac, Mtu, OnOff, Present, whole
from netns_kit.commands.word import Word
from netns_kit.commands.words import field, spec, words
from netns_kit.links.info import LinkInfo, LinkStatistics
from netns_kit.links.kind import kind
from netns_kit.links.netns import Netns, NetnsName, find_netns
from netns_kit.sites.noun import Noun
from netns_kit.sites.site import At, Site
from netns_kit.sites.verb import Said, verb
from netns_kit.tables.address import AddressTable
from netns_kit.tables.fdb import FdbTable
from netns_kit.tables.table import tokens
from netns_kit.tables.tc.filter import FilterTable
from netns_kit.tables.tc.qdisc import QdiscTable
from netns_kit.tables.tc.traffic_class import ClassTable
from netns_kit.tables.vlan_filter import VlanFilterTable


class _UpDown(Word):
    def say(self, value: Any, at: Any) -> tuple[str, ...]:
        """`up` or `down`."""
        return ("up" if value else "down",)

    def usage(self) -> str:
        """As a usage text shows it."""
        return "up|down"


def _checked_alias(argument: str, value: Any) -> str:
    return "" if value == "" else values.short(argument, value, 255)


@words
class SetWords:
    """What `ip link set` changes of links of all kinds."""

    netns: NetnsName | None = None  # where it goes: a place, a name or a process id
    name: Annotated[str, Word(values.link_name, "NAME")] | None = None  # its new name
    up: Annotated[bool, _UpDown(values.truth)] | None = None  # True sets it up, False down
    master: LinkName | None = None  # the bridge, VRF or bond that it joins
    nomaster: Present = False  # it leaves its bridge, VRF or bond
    mtu: Mtu | None = None  # in bytes
    address: Mac | None = None  # its Ethernet address
    txqueuelen: Annotated[int, whole(0, 2**31 - 1)] | None = None  # in packets
    alias: Annotated[str, Word(_checked_alias, "TEXT")] | None = None  # a text for people; an empty one takes it away
    group: Annotated[str | int, Word(values.name_or_number, "GROUP")] | None = None  # number, or name of /etc/iproute2
    arp: OnOff | None = None  # whether it answers ARP
    multicast: OnOff | None = None  # whether it sends to many
    allmulticast: OnOff | None = None  # whether it takes all that is sent to many
    promisc: OnOff | None = None  # whether it takes what is for others

    @staticmethod
    def complete(given: dict[str, Any]) -> None:
        """Something must be said."""
        if not given:
            raise InvalidArgumentError("options", None, "say what to set")


@kind
class Link(Noun):
    """A link, by its name, at a place. Building it touches nothing; its verbs run one command each.

    As a context manager it is made on entry and deleted on exit. It follows its link: after `set(name=…)` it has the
    new name, after `set(netns=…)` it is at the new place.

    `at` is the current place unless it is given. Raises InvalidArgumentError, naming the argument, before anything
    runs.
    """

    kind: ClassVar[str] = ""
    _needs: ClassVar[tuple[str, ...]] = ()
    """The options without which it cannot be made."""
    _bound: ClassVar[Mapping[str, object]] = MappingProxyType({})

    name: str = field(kw_only=False)
    mtu: Mtu | None = None  # in bytes
    address: Mac | None = None  # its Ethernet address, such as "02:00:00:00:00:01"
    txqueuelen: Annotated[int, whole(0, 2**31 - 1)] | None = None  # in packets
    _at: At | None = field(default=None, kw_only=True, alias="at")

    @property
    def site(self) -> Site:
        """Where its commands run."""
        return self._site

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        given = [f"{name}={value!r}" for name, value in self.asked().items()]
        return f"{type(self).__name__}({', '.join([repr(self.name), *given, f'at={self._site.where}'])})"

    def add(self: LinkT, *, netns: Netns | None = None, up: bool = False) -> LinkT:
        """Make it.

        Equivalent to: `ip link add [link DEV] name NAME [up] [mtu BYTES …] [netns NETNS] type KIND [OPTIONS]`

        `netns` is where it is born, a place, a name or a process id: here unless it is given. With `up` it is set up
        at once. Gives itself back. Raises ExistsError, MissingModuleError (the kernel lacks this kind), NotFoundError.
        """
        if not self.kind:
            raise InvalidArgumentError("name", self.name, "a bare Link has no kind to make: use Bridge, VethPair, …")
        for option in self._needs:
            if getattr(self, option) is None:
                raise InvalidArgumentError(option, None, f"a {type(self).__name__} cannot be made without it")
        there = None if netns is None else find_netns("netns", netns, self._site)
        born = tokens(up=values.truth("up", up), netns=None if there is None else there.seen_from(self._site))
        self._make(*self._add_words(born), also=there)
        self._site = there or self._site
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

    @verb("ip link set dev <name>", SetWords)
    def set(self, said: Said) -> None:
        """Change what all kinds have.

        Raises InvalidArgumentError, NotFoundError, ExistsError (the name is taken).
        """
        given = said.given
        target = find_netns("netns", given["netns"], self._site) if "netns" in given else None
        self._site.change(*said, also=target)
        self.name = given.get("name", self.name)
        self._site = target or self._site

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

    @property
    def class_(self) -> ClassTable:
        """The classes of its disciplines: `link.class_.add("htb", parent="1:", classid="1:10", rate="1mbit")`."""
        return ClassTable(self._site, self.name)

    @property
    def filter(self) -> FilterTable:
        """Its filters: `link.filter.add("u32", parent="1:", match="ip dst 10.0.0.2/32", flowid="1:10")`."""
        return FilterTable(self._site, self.name)

    def asked(self) -> dict[str, Any]:
        """The options that were asked for, by name."""
        asked = {name: getattr(self, name) for name in spec(type(self)).known}
        return {name: value for name, value in asked.items() if value is not None}

    def _take(self, options: Mapping[str, Any]) -> None:
        """Have these options, which were checked."""
        for name, value in options.items():
            setattr(self, name, value)

    def differences(self, info: LinkInfo) -> dict[str, tuple[Any, Any]]:
        """Where the kernel has something else than was asked for: (asked, actual) by option."""
        pairs = {name: (value, self._known(name, info)) for name, value in self.asked().items()}
        return {name: (asked, actual) for name, (asked, actual) in pairs.items() if asked != actual}

    @classmethod
    def _known(cls, option: str, info: LinkInfo) -> Any:
        """What the kernel has for one of its options."""
        if option in spec(Link).known:
            return getattr(info, option)
        return info.lower if option == "link" else spec(cls).known[option].known(info.data)

    def _make(self, *argv: str, also: Site | None = None) -> None:
        try:
            self._site.change(*argv, also=also)
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

    def _add_words(self, born: tuple[str, ...] = ()) -> tuple[str, ...]:
        known, asked, shared = spec(type(self)), self.asked(), spec(Link)
        lower = known.say({name: asked[name] for name in ("link",) if name in asked}, self)
        rest = known.say(asked, self, {"link", *shared.known})
        before = (*lower, "name", self.name, *shared.say(asked, self), *born)
        return ("ip", "link", "add", *before, "type", self.kind, *rest)


LinkT = TypeVar("LinkT", bound=Link)
