"""Linux network namespaces and virtual links from Python, one call for one command."""

from netns_kit.commands.command import Command, Result
from netns_kit.commands.errors import (
    CommandError,
    ConnectionLostError,
    ExistsError,
    HostKeyChangedError,
    HostKeyUnknownError,
    HostUnreachableError,
    InvalidArgumentError,
    LoginRefusedError,
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
    SshError,
    TimedOutError,
    ToolMissingError,
    UnreachableError,
    UnsupportedVersionError,
)
from netns_kit.commands.fake import UnknownCommandError
from netns_kit.commands.transcript import Transcript
from netns_kit.links.bond import Bond
from netns_kit.links.bridge import Bridge
from netns_kit.links.dummy import Dummy
from netns_kit.links.geneve import Geneve
from netns_kit.links.gre import GreTunnel
from netns_kit.links.gretap import GretapTunnel
from netns_kit.links.ifb import Ifb
from netns_kit.links.info import LinkInfo, LinkStatistics
from netns_kit.links.ipip import IpipTunnel
from netns_kit.links.ipvlan import Ipvlan
from netns_kit.links.isatap import IsatapTunnel
from netns_kit.links.link import Link
from netns_kit.links.macvlan import Macvlan
from netns_kit.links.sit import SitTunnel
from netns_kit.links.veth import Veth, VethPair
from netns_kit.links.vlan import Vlan
from netns_kit.links.vrf import Vrf
from netns_kit.links.vti import VtiTunnel
from netns_kit.links.vxlan import VxlanLink
from netns_kit.links.wireguard import Wireguard
from netns_kit.places.for_each import Outcome, for_each
from netns_kit.places.host import Host
from netns_kit.places.lab import Lab, Switch
from netns_kit.places.namespace import Namespace, NamespaceFile
from netns_kit.places.place import Place
from netns_kit.tables.docker import ContainerInfo, DockerNetns, DockerTable
from netns_kit.tables.route import NextHop
from netns_kit.views.progress import progress
from netns_kit.views.topology import Topology

__all__ = [
    "Bond",
    "Bridge",
    "Command",
    "CommandError",
    "ConnectionLostError",
    "ContainerInfo",
    "DockerNetns",
    "DockerTable",
    "Dummy",
    "ExistsError",
    "Geneve",
    "GreTunnel",
    "GretapTunnel",
    "Host",
    "HostKeyChangedError",
    "HostKeyUnknownError",
    "HostUnreachableError",
    "Ifb",
    "InvalidArgumentError",
    "IpipTunnel",
    "Ipvlan",
    "IsatapTunnel",
    "Lab",
    "Link",
    "LinkInfo",
    "LinkStatistics",
    "LoginRefusedError",
    "Macvlan",
    "MissingModuleError",
    "Namespace",
    "NamespaceFile",
    "NetnsKitError",
    "NextHop",
    "NoPlaceError",
    "NotFoundError",
    "Outcome",
    "OutputError",
    "PasswordNeededError",
    "PermissionDeniedError",
    "Place",
    "PlaceClosedError",
    "PrivateHostError",
    "RefusedValueError",
    "Result",
    "SitTunnel",
    "SshError",
    "Switch",
    "TimedOutError",
    "ToolMissingError",
    "Topology",
    "Transcript",
    "UnknownCommandError",
    "UnreachableError",
    "UnsupportedVersionError",
    "Veth",
    "VethPair",
    "Vlan",
    "Vrf",
    "VtiTunnel",
    "VxlanLink",
    "Wireguard",
    "for_each",
    "progress",
]


def load_ipython_extension(shell: object) -> None:
    """What `%load_ext netns_kit` calls."""
    from netns_kit.views import notebook

    notebook.load(shell)
