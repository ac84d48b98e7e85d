"""Linux network namespaces and virtual links from Python, one call for one command.

    from netns_kit import Bridge, Host, Namespace, explain

    with Host.private():                        # a machine of one's own: no root needed, nothing outside it changes
        net1, net2 = Namespace("net1").add(), Namespace("net2").add()     # ip netns add net1 …
        br0 = Bridge("br0").add(up=True)                                  # ip link add name br0 type bridge …
        br0.plug(net1, address="10.0.0.1/24")
        br0.plug(net2, address="10.0.0.2/24")
        print(net1.ping("10.0.0.2"))                                      # ip netns exec net1 ping … 10.0.0.2
        print(explain(net1, "10.0.0.9"))                                  # why somebody is not reached

Of each of these, help(netns_kit.Host) and so on tells more, as help(net1.addr) does of a table.

Where commands are typed
    Host        private (a machine of one's own), local (this one), ssh, dry_run, fake
    Namespace   a named one; NamespaceFile, DockerNetns   one by its file, or a container's
    Lab         several private hosts, wired by cables and a Switch; on one machine or several
    Place       what hosts and namespaces share: exec, start (a Process), shell, socket, capture, batch, enter, use
    for_each    the same at many places, side by side; progress   tells how far a loop is

What a place or a link has, each with its verbs (add, delete, show, list …)
    link addr route rule neigh netns nexthop tunnel tuntap xfrm vrf macsec mptcp l2tp monitor … of ip
    fdb mdb vlan vni brport … of bridge, brctl; qdisc class_ filter of tc, at a link
    iptables ip6tables nft sysctl ss ethtool wg docker module ping

Links, each with add, delete, up, down, set, show
    Link        any; VethPair, VxcanPair   two ends: Veth, Vxcan
    Bridge Bond Team Batadv Hsr Vrf         what other links belong to
    Vlan Macvlan Macvtap Ipvlan Ipvtap Macsec Rmnet Ipoib Dsa VirtWifi    what stands on one
    IpipTunnel SitTunnel IsatapTunnel GreTunnel GretapTunnel ErspanTunnel VtiTunnel
    Ip6tnlTunnel Ip6greTunnel Ip6gretapTunnel Ip6erspanTunnel Vti6Tunnel
    VxlanLink Geneve Bareudp Amt Gtp XfrmLink Wireguard                   tunnels
    Dummy Ifb Nlmon Tuntap Vcan Netdevsim Wwan

What sees the whole
    explain     why one place does not reach another: an Explanation; each Finding has a Cure
    follow      a packet's walk, seen: a Leg for each way, a Crossing for each link
    Topology    what there is, drawn; two compared; a twin to try things on
    Capture     packets, while a block lasts; LivePing   pings that go on

To Python and back
    convert     a tutorial's or a script's shell commands as Python; record   what a script does
    Topology.as_python, Transcript.as_python   a network, or what was typed, as a script
    stand_in    a link that leads nowhere, in the place of one that a copy cannot have

Errors are NetnsKitError; each kind has its name, such as NotFoundError, and says what to do. What answers hold is in
classes whose names end in Info. From a shell: python -m netns_kit --help. In a notebook: %load_ext netns_kit.
"""

# `__init__.pyi` lists the public names. Each is loaded when it is first asked for, so that nobody waits for the rest.

import re
import sys
from importlib import import_module

_LIST = __spec__.loader.get_data(f"{__path__[0]}/__init__.pyi").decode()
_HOMES = {name: home for home, name in re.findall(r"^from (\S+) import (\w+) as \w+$", _LIST, re.MULTILINE)}

_PUBLIC = sorted(_HOMES)


def __getattr__(name):
    # `help(netns_kit)` is the page above: of what is in __all__, it would print each class as a whole.
    if name == "__all__" and sys._getframe(1).f_globals.get("__name__") != "pydoc":
        return list(_PUBLIC)
    if name == "__version__":
        from importlib.metadata import version

        return version(__name__)
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(_HOMES[name]), name)
    return found


def __dir__():
    return [*_PUBLIC, "load_ipython_extension", "unload_ipython_extension"]


def load_ipython_extension(shell):
    """What `%load_ext netns_kit` calls."""
    from netns_kit.diagnosis import asking
    from netns_kit.views import failures, notebook

    asking.load(shell)
    notebook.load(shell)
    failures.load(shell)


def unload_ipython_extension(shell):
    """What `%unload_ext netns_kit` calls."""
    from netns_kit.views import failures

    failures.unload(shell)
    shell.run_line_magic("netns", "pictures off")
    for magics in shell.magics_manager.magics.values():
        for name in ("netns", "explain"):
            magics.pop(name, None)
