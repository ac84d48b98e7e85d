"""What a kernel has: kinds of links, of traffic control, and the modules for them."""

from __future__ import annotations

import difflib
import os
import re

from attrs import frozen

from netns_kit.commands.command import Result
from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.conversion.network.kinds import CLASSES
from netns_kit.links.finding import class_of
from netns_kit.places.host import Host

MODULES = {
    "veth": ("veth", "veth pairs"),
    "bridge": ("bridge", "bridges"),
    "vxlan": ("vxlan", "VXLAN"),
    "ipip": ("ipip", "IPIP tunnels"),
    "gre": ("ip_gre", "GRE tunnels"),
    "sit": ("sit", "SIT and ISATAP tunnels"),
    "vti": ("ip_vti", "VTI tunnels"),
    "vrf": ("vrf", "VRFs"),
    "vlan": ("8021q", "VLANs"),
    "bond": ("bonding", "bonds"),
    "dummy": ("dummy", "dummy links"),
    "macvlan": ("macvlan", "macvlans"),
    "ipvlan": ("ipvlan", "ipvlans"),
    "ifb": ("ifb", "intermediate functional blocks"),
    "vlan_filtering": ("bridge", "VLANs in bridges"),
    "br_netfilter": ("br_netfilter", "bridged packets through iptables"),
    "netem": ("sch_netem", "delay and loss"),
}
"""The kinds that tutorials use: their modules, and what they are for."""

TUN = "/dev/net/tun"

MORE = ("l2tp_eth",)
"""Modules that are no kind of `ip link`, and that a test may need."""

STANDING = ("vlan", "macvlan", "ipvlan", "macvtap", "ipvtap", "macsec")
"""Kinds of links that stand on another one."""

OPTIONS = {"vlan": ("id", "1"), "vxlan": ("id", "1", "dstport", "4789"), "vrf": ("table", "10")}
"""What some kinds cannot be made without."""

TRIED = {
    "netem": (("qdisc", "root netem delay 1ms"),),
    **{kind: (("qdisc", f"root {kind}"),) for kind in ("htb", "prio", "sfq", "fq_codel")},
    "u32": (("qdisc", "ingress"), ("filter", "ingress protocol all u32 match u32 0 0 classid 1:1")),
    "matchall": (("qdisc", "ingress"), ("filter", "ingress protocol all matchall classid 1:1")),
    "mirred": (
        ("qdisc", "ingress"),
        ("filter", "ingress protocol all matchall action mirred egress redirect dev lo"),
    ),
}
"""What of traffic control is found out by trying: the commands, of which the last one tells."""


@frozen
class Module:
    """What the kernel has for a kind of link: "loaded", "built in", "loadable" or "missing"."""

    kind: str
    module: str
    purpose: str
    state: str

    @property
    def there(self) -> bool:
        """Whether it can be used."""
        return self.state != "missing"


def attempt(host: Host, *argv: str) -> Result:
    """What came of a command, which may fail."""
    return host.exec(*argv, check=False, timeout=10)


def lacks(kind: str) -> str | None:
    """Why this machine has nothing of a kind of link, or None if it has it.

    Raises InvalidArgumentError for what is neither a kind that `ip` knows nor a module here, PrivateHostError.
    """
    with Host.private() as host:
        found = module_of(host, kind, probe=True)
        if not found.there:
            _check_kind(host, kind)
        kernel = host.exec("uname", "-r").stdout.strip()
    if kind == "tun" and found.there and not os.access(TUN, os.R_OK | os.W_OK):
        return f"this user may not open {TUN}: `sudo chmod 666 {TUN}`"
    return None if found.there else f"this kernel ({kernel}) has no {found.purpose}: module {found.module} is missing"


def _check_kind(host: Host, kind: str) -> None:
    # What `ip link help` lists is not all that it takes.
    kinds = attempt(host, "ip", "link", "help").stderr.partition("TYPE :=")[2]
    ours = {cls.kind for cls in CLASSES.values() if cls.kind}
    known = {*MODULES, *TRIED, *MORE, *ours, *re.findall(r"\w+", kinds)}
    if kind not in known and class_of(kind).kind != kind:
        near = difflib.get_close_matches(kind, sorted(known), 1)
        reason = "it is no kind of link that ip knows, and no module of this kernel"
        raise InvalidArgumentError("kind", kind, f"{reason}; did you mean {near[0]}?" if near else reason)


def module_of(host: Host, kind: str, probe: bool) -> Module:
    """What the kernel of a host has for a kind; with `probe` it is tried, too."""
    module, purpose = MODULES.get(kind, (kind, f"{kind} links"))
    state = host.module.state(module)
    if kind == "vlan_filtering" and probe and not kernel_has(host, kind):
        # It is a part of the module, which may have been built without it.
        state = "missing"
    # What is built in need not be listed anywhere; where nothing else is touched, trying tells.
    if state == "missing" and probe and kernel_has(host, kind):
        state = "built in"
    return Module(kind, module, purpose, state)


def kernel_has(host: Host, kind: str) -> bool:
    """Whether the kernel has a kind of link, or of traffic control, or br_netfilter: one is made on a private host."""
    if kind == "br_netfilter":
        return parameter(host, "net.bridge.bridge-nf-call-iptables") is not None
    if kind == "vlan_filtering":
        made = attempt(host, "ip", "link", "add", "name", "probe", "type", "bridge", "vlan_filtering", "1")
        attempt(host, "ip", "link", "delete", "dev", "probe")
        return made.ok
    if kind in TRIED:
        tried = [attempt(host, "tc", verb, "add", "dev", "lo", *words.split()) for verb, words in TRIED[kind]]
        for root in ("root", "ingress"):
            attempt(host, "tc", "qdisc", "delete", "dev", "lo", root)
        return tried[-1].ok
    lower: tuple[str, ...] = ()
    if kind in STANDING:
        attempt(host, "ip", "link", "add", "name", "low", "type", "veth", "peer", "name", "far")
        lower = ("link", "low")
    made = attempt(host, "ip", "link", "add", *lower, "name", "probe", "type", kind, *OPTIONS.get(kind, ()))
    for name in ("probe", "low"):
        attempt(host, "ip", "link", "delete", "dev", name)
    # Other complaints, such as of an option that the kind needs, come from a kernel that knows the kind.
    return made.ok or not re.search(r"Unknown device type|Operation not supported", made.stderr)


def parameter(host: Host, name: str) -> str | None:
    """A parameter of the kernel, None where it has none of that name."""
    return attempt(host, "sysctl", "-n", name).stdout.strip() or None
