"""Linux network namespaces and virtual links from Python, one call for one command."""

from netns_kit.commands.command import Command, Result
from netns_kit.commands.errors import (
    CommandError,
    ExistsError,
    InvalidArgumentError,
    MissingModuleError,
    NetnsKitError,
    NoPlaceError,
    NotFoundError,
    OutputError,
    PasswordNeededError,
    PermissionDeniedError,
    PlaceClosedError,
    PrivateHostError,
    RefusedValueError,
    TimedOutError,
    ToolMissingError,
    UnreachableError,
    UnsupportedVersionError,
)
from netns_kit.commands.fake import UnknownCommandError
from netns_kit.commands.transcript import Transcript
from netns_kit.links.bridge import Bridge
from netns_kit.links.dummy import Dummy
from netns_kit.links.ifb import Ifb
from netns_kit.links.info import LinkInfo, LinkStatistics
from netns_kit.links.link import Link
from netns_kit.links.macvlan import Macvlan
from netns_kit.links.veth import Veth, VethPair
from netns_kit.links.vlan import Vlan
from netns_kit.places.host import Host
from netns_kit.places.lab import Lab, Switch
from netns_kit.places.namespace import Namespace, NamespaceFile
from netns_kit.places.place import Place
from netns_kit.tables.route import NextHop

__all__ = [
    "Bridge",
    "Command",
    "CommandError",
    "Dummy",
    "ExistsError",
    "Host",
    "Ifb",
    "InvalidArgumentError",
    "Lab",
    "Link",
    "LinkInfo",
    "LinkStatistics",
    "Macvlan",
    "MissingModuleError",
    "Namespace",
    "NamespaceFile",
    "NetnsKitError",
    "NextHop",
    "NoPlaceError",
    "NotFoundError",
    "OutputError",
    "PasswordNeededError",
    "PermissionDeniedError",
    "Place",
    "PlaceClosedError",
    "PrivateHostError",
    "RefusedValueError",
    "Result",
    "Switch",
    "TimedOutError",
    "ToolMissingError",
    "Transcript",
    "UnknownCommandError",
    "UnreachableError",
    "UnsupportedVersionError",
    "Veth",
    "VethPair",
    "Vlan",
]
