"""What links of all kinds share."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, TypeVar

from netns_kit.commands import values
from netns_kit.commands.command import Result
from netns_kit.commands.errors import ExistsError, InvalidArgumentError, NetnsKitError, NotFoundError
from netns_kit.commands.reading import Entry
from netns_kit.commands.types import LinkName, Mac, Mtu, Plain, whole
from netns_kit.commands.word import spelled
from netns_kit.commands.words import field, spec
from netns_kit.links.info import LinkInfo, LinkStatistics
from netns_kit.links.kind import kind
from netns_kit.links.netns import Netns, find_netns
from netns_kit.links.setting import AddressMode, Alias, BondSlaveWords, Queue, SetWords, VfWords, XdpWords
from netns_kit.links.tables import LinkTables
from netns_kit.sites.noun import Noun
from netns_kit.sites.site import At, Site
from netns_kit.sites.verb import Said, verb
from netns_kit.tables.brport_words import BridgeSlaveWords
from netns_kit.tables.table import tokens


@kind
class Link(LinkTables, Noun):
    """A link, by its name, at a place. Building it touches nothing; its verbs run one command each.

    As a context manager it is made on entry and deleted on exit. It follows its link: after `set(name=…)` it has the
    new name, after `set(netns=…)` it is at the new place.

    `at` is the current place unless it is given. Raises InvalidArgumentError, naming the argument, before anything
    runs.
    """

    kind: ClassVar[str] = ""
    _needs: ClassVar[tuple[str, ...]] = ()
    """The options without which it cannot be made."""
    _usual: ClassVar[Mapping[str, Any]] = {"mtu": 1500, "txqueuelen": 1000, "addrgenmode": "eui64"}
    """What the kernel has of options that nobody asked for."""
    _untold: ClassVar[tuple[str, ...]] = ("link_netns",)
    """The options that the kernel's answer has not."""
    _bound: ClassVar[Mapping[str, object]] = MappingProxyType({})

    name: str = field(kw_only=False)
    mtu: Mtu | None = None  # in bytes
    address: Mac | None = None  # its Ethernet address, such as "02:00:00:00:00:01"
    txqueuelen: Queue | None = None  # how many packets may wait
    broadcast: Mac | None = None  # the Ethernet address of all
    index: Annotated[int, whole(1, 2**31 - 1, keys=("ifindex",))] | None = None  # its number
    numtxqueues: Annotated[int, whole(1, 4096, keys=("num_tx_queues",))] | None = None  # how many queues it sends by
    numrxqueues: Annotated[int, whole(1, 4096, keys=("num_rx_queues",))] | None = None  # how many queues it takes from
    parentdev: Plain | None = None  # the device that it stands on, where that is no link
    alias: Alias | None = None  # a text for people
    addrgenmode: AddressMode | None = None  # how it comes to its IPv6 address of the link
    master: LinkName | None = None  # the bridge, VRF or bond that it joins
    link_netns: Annotated[Plain, spelled(token="link-netns")] | None = None  # the namespace where its lower link is
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

    def add(self: LinkT, *, netns: Netns | None = None, up: bool = False, exists_ok: bool = False) -> LinkT:
        """Make it.

        Equivalent to: `ip link add [link DEV] name NAME [up] [mtu BYTES …] [netns NETNS] type KIND [OPTIONS]`

        `netns` is where it is born, a place, a name or a process id: here unless it is given. With `up` it is set up
        at once. With `exists_ok`, one that is there already will do if it is of this kind and has these options.
        Gives itself back. Raises ExistsError, MissingModuleError (the kernel lacks this kind), NotFoundError.
        """
        if not self.kind:
            raise InvalidArgumentError("name", self.name, "a bare Link has no kind to make: use Bridge, VethPair, …")
        for option in self._needs:
            if getattr(self, option) is None:
                raise InvalidArgumentError(option, None, f"a {type(self).__name__} cannot be made without it")
        there = None if netns is None else find_netns("netns", netns, self._site)
        born = None if there is None else there.seen_from(self._site)
        self._make(*self.spelled(up=values.truth("up", up), netns=born), also=there, exists_ok=exists_ok)
        self._site = there or self._site
        return self

    def delete(self, *, type: str | None = None, missing_ok: bool = False) -> None:
        """Delete it. With `missing_ok`, it need not be there.

        Equivalent to: `ip link delete dev NAME [type KIND]`
        """
        words = tokens(type=None if type is None else values.plain("type", type))
        with contextlib.suppress(*(NotFoundError,) if values.truth("missing_ok", missing_ok) else ()):
            self._delete("ip", "link", "delete", "dev", self.name, *words, at_once=missing_ok)

    def _delete(self, *argv: str, at_once: bool) -> None:
        # In a batch, nobody would learn in time that it is not there.
        self._site.run(*argv) if at_once else self._site.change(*argv, ends=True)

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
        return LinkInfo.from_json(entry_of(self._site, self.name, "-d"))

    def exists(self) -> bool:
        """Whether there is a link of this name. Equivalent to: `ip link show dev NAME`"""
        try:
            self.show()
        except NotFoundError:
            return False
        return True

    def statistics(self) -> LinkStatistics:
        """Its counters. Equivalent to: `ip -s link show dev NAME`"""
        return LinkStatistics.from_json(entry_of(self._site, self.name, "-s"))

    @verb("ip link set dev <name> vf", VfWords)
    def vf(self, said: Said) -> None:
        """Change one of the virtual cards that a card has."""
        self._site.change(*said)

    @verb("ip link set dev <name> {mode}", XdpWords)
    def xdp(self, said: Said) -> None:
        """Have a program see its packets before the kernel does."""
        self._site.change(*said)

    @verb("ip link set dev <name> type bond_slave", BondSlaveWords)
    def bond_slave(self, said: Said) -> None:
        """Change what it has as a bond's link."""
        self._site.change(*said)

    @verb("ip link set dev <name> type bridge_slave", BridgeSlaveWords)
    def bridge_slave(self, said: Said) -> None:
        """Change what it does as a bridge's port, in `ip link`'s spelling."""
        self._site.change(*said)

    def asked(self) -> dict[str, Any]:
        """The options that were asked for, by name."""
        asked = {name: getattr(self, name) for name in spec(type(self)).known}
        return {name: value for name, value in asked.items() if value is not None}

    def _take(self, options: Mapping[str, Any]) -> None:
        """Have these options, which were checked."""
        for name, value in options.items():
            setattr(self, name, value)

    @classmethod
    def of(cls: type[LinkT], info: LinkInfo, at: At | None) -> LinkT:
        """What the kernel has, as a link with these options."""
        link = cls.__new__(cls)
        link.name = info.name
        if at is not None:
            link._site = at.site
        told: set[str] = set()
        for name, word in spec(cls).known.items():
            value, keys = cls._known(name, info), {*word.keys, word.token}
            # One word may say what two others say by halves, as the key of both directions does.
            if value is not None and not set(word.keys or (word.token,)) <= told:
                setattr(link, name, value)
                told |= keys if value is not False else set()
        return link

    def differences(self, info: LinkInfo | None = None) -> dict[str, tuple[Any, Any]]:
        """Where the kernel has something else than was asked for: (asked, actual) by option.

        What it has is asked for unless it is given: `ip link show dev NAME`. A lower link in another namespace has no
        name here, and is not compared.
        """
        found = self.show() if info is None else info
        if not isinstance(found, LinkInfo):
            raise InvalidArgumentError("info", info, "it must be what show() gives")
        pairs = {name: (value, self._known(name, found)) for name, value in self.asked().items()}
        return {
            name: (asked, actual)
            for name, (asked, actual) in pairs.items()
            if asked != actual
            and name not in self._untold
            and not (asked is False and actual is None)
            and not (found.netnsid is not None and name in ("link", "dev"))
        }

    @classmethod
    def _known(cls, option: str, info: LinkInfo) -> Any:
        """What the kernel has for one of its options."""
        if option == "link":
            return info.lower
        return spec(cls).known[option].known(info.raw if option in spec(Link).known else info.data)

    def _make(self, *argv: str, also: Site | None = None, exists_ok: bool = False) -> None:
        try:
            # In a batch, nobody would learn in time that it is there already.
            self._site.run(*argv) if values.truth("exists_ok", exists_ok) else self._site.change(*argv, also=also)
        except ExistsError as error:
            hint = self._compared(also or self._site)
            if hint or not exists_ok:
                raise ExistsError(error.result, hint or error.hint) from None

    def _compared(self, site: Site) -> str | None:
        """In what the link that is there already differs from this one."""
        try:
            info = Link(self.name, at=site).show()
        except NotFoundError:
            return "No link has this name, but another one has the same parameters: `link.list()` shows it."
        except NetnsKitError:
            return None
        if info.kind != self.kind:
            return f"It is there already, as a link of another kind: {info.kind or 'a device'}."
        told = ", ".join(f"{name} is {actual}, not {asked}" for name, (asked, actual) in self.differences(info).items())
        return f"It is there already, but {told}: change() or delete it, or choose another name." if told else None

    @classmethod
    def usage(cls) -> str:
        """The command that makes one, as a usage text shows it; none for what is not made so."""
        if not cls.kind or cls.add is not Link.add:
            return ""
        known, shared = spec(cls), spec(Link).known
        lower = "link DEV " if "link" in known.known else ""
        return f"ip link add {lower}name NAME [mtu BYTES …] type {cls.kind} {known.usage({'link', *shared})}".strip()

    def spelled(self, *, up: bool = False, netns: str | None = None) -> tuple[str, ...]:
        """The words of the command that makes it."""
        known, asked, shared = spec(type(self)), self.asked(), spec(Link)
        lower = known.say({name: asked[name] for name in ("link",) if name in asked}, self)
        rest = known.say(asked, self, {"link", *shared.known})
        before = (*lower, "name", self.name, *shared.say(asked, self), *tokens(up=up, netns=netns))
        return ("ip", "link", "add", *before, "type", self.kind, *rest)


LinkT = TypeVar("LinkT", bound=Link)


def entry_of(site: Site, name: str, option: str) -> Entry:
    """What `ip OPTION link show dev NAME` answers."""
    words = ("ip", option, "link", "show", "dev", name)
    found = site.read(*words)
    if found:
        return found[0]
    # An old iproute2 may say nothing at all of a link that is gone.
    said = f'Device "{name}" does not exist.\n'
    raise NotFoundError(Result(site.command(*words), site.runner.host, 1, stderr=said), "It is gone.")
