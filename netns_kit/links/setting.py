"""The words that links of all kinds share: what `ip link add` and `ip link set` say of each."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from netns_kit.commands import values
from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.commands.types import LinkName, Mac, Mtu, Number, OnOff, Plain, Present, whole
from netns_kit.commands.word import ALONE, Word, spelled
from netns_kit.commands.words import field, refuse_together, words
from netns_kit.links.netns import NetnsName


class _UpDown(Word):
    def say(self, value: Any, at: Any) -> tuple[str, ...]:
        """`up` or `down`."""
        return ("up" if value else "down",)

    def usage(self) -> str:
        """As a usage text shows it."""
        return "up|down"


def _checked_alias(argument: str, value: Any) -> str:
    return "" if value == "" else values.short(argument, value, 255)


def _checked_reason(argument: str, value: Any) -> tuple[int, str]:
    try:
        reason, held = value
    except (TypeError, ValueError):
        raise InvalidArgumentError(argument, value, "it must be a reason's number, and whether it holds") from None
    return values.integer(argument, reason, 0, 31), "on" if values.truth(argument, held) else "off"


Queue = Annotated[int, whole(0, 2**31 - 1, keys=("txqlen",))]
"""How many packets may wait."""

Alias = Annotated[str, Word(_checked_alias, "TEXT", keys=("ifalias",))]
"""A text for people."""

Group = Annotated[str | int, Word(values.name_or_number, "GROUP")]
"""A group of links: a number, or a name of /etc/iproute2/group."""

AddressMode = Annotated[Literal["eui64", "none", "stable_secret", "random"], spelled(keys=("inet6_addr_gen_mode",))]
"""How it comes to its IPv6 address of the link."""

Reason = Annotated[tuple[int, bool], Word(_checked_reason, "REASON on|off")]
"""A reason's number, 0 to 31, and whether it holds."""


@words
class SetWords:
    """What `ip link set` changes of links of all kinds."""

    netns: NetnsName | None = None  # where it goes: a place, a name or a process id
    name: Annotated[str, Word(values.link_name, "NAME")] | None = None  # its new name
    up: Annotated[bool, _UpDown(values.truth)] | None = None  # True sets it up, False down
    master: LinkName | None = None  # the bridge, bond or team that it joins
    vrf: LinkName | None = None  # the VRF that it joins
    nomaster: Present = False  # it leaves its bridge, VRF or bond
    mtu: Mtu | None = None  # in bytes
    address: Mac | None = None  # its Ethernet address
    broadcast: Mac | None = None  # the Ethernet address of all
    txqueuelen: Queue | None = None  # how many packets may wait
    alias: Alias | None = None  # a text for people; an empty one takes it away
    group: Group | None = None  # number, or name of /etc/iproute2/group
    arp: OnOff | None = None  # whether it answers ARP
    dynamic: OnOff | None = None  # whether its addresses go when it is set down
    multicast: OnOff | None = None  # whether it sends to many
    allmulticast: OnOff | None = None  # whether it takes all that is sent to many
    promisc: OnOff | None = None  # whether it takes what is for others
    trailers: OnOff | None = None  # whether headers may come last
    carrier: OnOff | None = None  # whether its cable is in, for links that only pretend to have one
    addrgenmode: AddressMode | None = None  # how it comes to its IPv6 address of the link
    link_netns: Annotated[Plain, spelled(token="link-netns")] | None = None  # where its lower link or its peer is
    link_netnsid: Annotated[Number, spelled(token="link-netnsid")] | None = None  # the same, by id
    protodown: OnOff | None = None  # whether a protocol keeps it down
    protodown_reason: Reason | None = None  # why: a number, 0 to 31, and whether that holds
    gso_max_size: Number | None = None  # how large a packet the card may cut for us, in bytes
    gso_max_segs: Number | None = None  # into how many pieces
    gro_max_size: Number | None = None  # how large a packet is put together from pieces, in bytes

    @staticmethod
    def complete(given: dict[str, Any]) -> None:
        """Something must be said, and not two things."""
        if not given:
            raise InvalidArgumentError("options", None, "say what to set")
        refuse_together(given, "master", "vrf", "nomaster")
        refuse_together(given, "link_netns", "link_netnsid")


@words
class GroupSetWords(SetWords):
    """What `ip link set` changes of all links of a group."""

    group: Group = field(kw_only=True)  # number, or name of /etc/iproute2/group

    @staticmethod
    def complete(given: dict[str, Any]) -> None:
        """A group has no one name."""
        if "name" in given:
            raise InvalidArgumentError("name", given["name"], "several links cannot have the same name")
        if len(given) == 1:
            raise InvalidArgumentError("options", None, "say what to set")


State = Literal["auto", "enable", "disable"]


@words
class VfWords:
    """What is said of one of the virtual cards that a card has."""

    vf: Annotated[Number, spelled(alone=True)] = field(kw_only=False)  # its number
    mac: Mac | None = None  # its Ethernet address
    vlan: Annotated[int, whole(0, 4095)] | None = None  # the VLAN that its packets get; 0 is none
    qos: Annotated[int, whole(0, 7)] | None = None  # the VLAN's priority
    proto: Literal["802.1Q", "802.1ad"] | None = None  # the VLAN's tags
    rate: Number | None = None  # how fast it sends at the most, in Mbit/s
    max_tx_rate: Number | None = None  # the same; 0 is without a limit
    min_tx_rate: Number | None = None  # how fast it may send at least, in Mbit/s
    spoofchk: OnOff | None = None  # whether it may send only from its own address
    query_rss: OnOff | None = None  # whether it may ask how packets are spread over queues
    state: State | None = None  # whether its cable is in: "auto" as the card's own, "enable", "disable"
    trust: OnOff | None = None  # whether it may do what concerns others, such as going promiscuous
    node_guid: Plain | None = None  # its node's identifier, for InfiniBand
    port_guid: Plain | None = None  # its port's identifier, for InfiniBand


XdpMode = Literal["xdp", "xdpgeneric", "xdpdrv", "xdpoffload"]


@words
class XdpWords:
    """A program that sees packets before the kernel does."""

    mode: Annotated[XdpMode, ALONE] = field(default="xdp", kw_only=False)  # where: "xdpgeneric", "xdpdrv", "xdpoffload"
    object: Plain | None = None  # the file of the program
    section: Plain | None = None  # the part of the file that has it
    program: Plain | None = None  # or its name
    verbose: Present = False  # the verifier says what it thinks
    pinned: Plain | None = None  # or the file under which a program was kept
    off: Present = False  # no program

    @staticmethod
    def complete(given: dict[str, Any]) -> None:
        """One of three things must be said."""
        given.setdefault("mode", "xdp")
        if not given.keys() & {"object", "pinned", "off"}:
            raise InvalidArgumentError("object", None, "say which program, or off=True")
        refuse_together(given, "object", "pinned", "off")


@words
class BondSlaveWords:
    """What is said of a bond's link."""

    queue_id: Annotated[int, whole(0, 65535)] | None = None  # the queue whose packets it takes
    prio: Annotated[int, whole(-(2**31), 2**31 - 1)] | None = None  # of several, that with the highest is used


@words
class DeleteWords:
    """What may be said beside the name."""

    type: Plain | None = None  # its kind
