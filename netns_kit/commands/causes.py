"""From the result of a failed command to the error that names its cause."""

from __future__ import annotations

import re

from netns_kit.commands.command import Result
from netns_kit.commands.errors import (
    CommandError,
    ExistsError,
    MissingModuleError,
    NotFoundError,
    PasswordNeededError,
    PermissionDeniedError,
    RefusedValueError,
    TimedOutError,
    ToolMissingError,
    UnreachableError,
)

PACKAGES = {
    "ip": "iproute2",
    "bridge": "iproute2",
    "tc": "iproute2",
    "brctl": "bridge-utils",
    "iptables": "iptables",
    "ip6tables": "iptables",
    "ethtool": "ethtool",
    "ping": "iputils-ping",
    "sysctl": "procps",
    "ifconfig": "net-tools",
    "route": "net-tools",
    "lsmod": "kmod",
    "modprobe": "kmod",
    "modinfo": "kmod",
    "nsenter": "util-linux",
    "unshare": "util-linux",
    "mount": "mount",
    "sudo": "sudo",
    "ssh": "openssh-client",
    "docker": "docker.io",
    "tcpdump": "tcpdump",
    "dot": "graphviz",
}
"""The Debian package that brings a tool."""

_MISSING_TOOL = re.compile(
    r'exec of "(?P<a>[^"]+)" failed: No such file'
    r"|sudo: (?P<b>.+): command not found"
    r"|(?:nsenter|unshare): failed to execute (?P<c>.+): No such file"
    r"|(?P<d>[^:\s]+): command not found"
    r"|sh: \d+: (?P<e>\S+): not found"
    r"|\Aenv: ['‘]?(?P<f>[^'’]+)['’]?: No such file"
)

_ROOT = "Root may do it: use a host of your own, `Host.private()`, which needs no root, or `Host.local(sudo=True)`."
_PRIVATE = (
    "In a private host all may be done to what is its own; this belongs to the machine itself, and takes its root:"
    " `Host.local(sudo=True)`, or Python under sudo."
)
_SUDO = "Allow the command without a password in sudoers, or run Python itself under sudo."
_DOCKER = "Be root or in the group docker: `Host.local(sudo=True)`."
_CAPTURE = (
    "Without root, tcpdump cannot become the user that it wants to be: `with place.capture(LINK, FILTER) as packets:`"
    " needs no root."
)
_MODULE = "This kernel has no support for it: load the module ({module}), or use a machine whose kernel has it."
_NO_SUPPORT = "This kernel, or this kind of link, does not support that."
_NO_BRIDGE_VLANS = "This kernel's bridges know no VLANs: it was built without CONFIG_BRIDGE_VLAN_FILTERING."
_NO_TABLE = "The kernel has no such table, or its name is misspelt."
_TUN = "`ip tuntap` opens /dev/net/tun, which this user may not: `sudo chmod 666 /dev/net/tun`."
_NO_PROGRAM = "It is there, but it is no program that may be run."

_VALUE = "A value was refused: look at the words of the command."
_WORD = "A word of the command was not understood: it is misspelt, or the tool is too old for it."
_NO_WAY = "No way leads there: look at `route.list()`, and whether the links are up."
_NO_LINK = "There is no such link here: `link.list()` shows those there are."
_NO_NETNS = "There is no such namespace: `netns.list()` shows those there are."
_NOT_A_NETNS = "That file is no network namespace."
_THERE = "It is there already: delete it first, replace it, or choose another name."
_DEBRIS = "A scope of a process that is gone has left it: `python -m netns_kit sweep` takes that away, and no more."
_PORT = "Its port, or its id on that port, is taken: choose another `dstport` or `id`."
_BUSY = "It is in use: end or delete first what uses it, or set it down."
_BLACKHOLE = "A blackhole route swallows it, or the address to come from is not one of this place."
_PROHIBIT = "A prohibit route, or the firewall, stands in the way."
_NO_NAME = "Nobody is known by that name here. In a lab, a name leads to a host or namespace that has an address."

_Cause = tuple[str, type[CommandError], str]

# What the kernel says of a route is no matter of rights or of values.
_ROUTE_CAUSES: tuple[_Cause, ...] = (
    (r"answers: Permission denied", UnreachableError, _PROHIBIT),
    (r"answers: Invalid argument", UnreachableError, _BLACKHOLE),
)

# The first pattern that is found decides.
_CAUSES: tuple[_Cause, ...] = (
    (r"sudo: a (?:terminal|password) is required|sudo: .*password", PasswordNeededError, _SUDO),
    (r"is not in the sudoers file|not allowed to execute", PermissionDeniedError, "Ask for it in sudoers."),
    (r"Cannot connect to the Docker daemon", UnreachableError, "Does the engine run, and is DOCKER_HOST right?"),
    (r"permission denied while trying to connect to the Docker", PermissionDeniedError, _DOCKER),
    (r"No such (?:container|object)", NotFoundError, "`docker.list()` shows those there are, also stopped ones."),
    (r"Unknown device type|Protocol not supported|Package not installed", MissingModuleError, _MODULE),
    (r'add tunnel "\w+" failed: No such device', MissingModuleError, _MODULE),
    (r"Specified qdisc kind is unknown|Unknown qdisc", MissingModuleError, _MODULE),
    (r"No such file or directory\nError talking to the kernel", MissingModuleError, _MODULE),
    (r"Module \S+ not found", MissingModuleError, "This kernel has no such module."),
    (r"Table does not exist|table '\S+' does not exist", MissingModuleError, _NO_TABLE),
    (r"tcpdump: Couldn't change to", PermissionDeniedError, _CAPTURE),
    (r"^open: Permission denied$", PermissionDeniedError, _TUN),
    (r"(?:exec of .* failed|failed to execute \S+|^[^:\s]+): Permission denied$", PermissionDeniedError, _NO_PROGRAM),
    (r"Operation not permitted|[Pp]ermission denied|must be root|Operation not allowed", PermissionDeniedError, _ROOT),
    (r"Read-only file system", PermissionDeniedError, "It is mounted read-only here, as in most containers."),
    (
        r"File exists|already assigned|already has|already exists|the same name exists|Object exists",
        ExistsError,
        _THERE,
    ),
    (r"Exclusivity flag on", ExistsError, _THERE),
    (r"answers: Address already in use", ExistsError, _PORT),
    (r"Cannot delete qdisc with handle of zero|Failed to find qdisc", NotFoundError, "There is none that was added."),
    (r"already a member of a bridge", ExistsError, "It is a port of a bridge already: take it off first."),
    (r"namespace(?: file)? \".*\": No such file|Invalid \"netns\" value", NotFoundError, _NO_NETNS),
    (r"Cannot open network namespace: No such", NotFoundError, "There is no such namespace or process."),
    (r"Peer netns reference is invalid", NotFoundError, "No namespace has that id here: see `netns.list_id()`."),
    (r"(?:reassociate to|setting the network) namespace .* failed: Invalid", NotFoundError, _NOT_A_NETNS),
    (r"Cannot find (?:bridge )?device|Device (?:\"[^\"]*\" )?does not exist", NotFoundError, _NO_LINK),
    (r"No such device|Device not found", NotFoundError, _NO_LINK),
    (r"(?:interface|bridge) \S+ does(?: not|n't) exist|unknown iface", NotFoundError, _NO_LINK),
    (r"Destination (?:\w+ U|u)nreachable|Network is unreachable|No route to host", UnreachableError, _NO_WAY),
    (r"ping: connect: Invalid argument", UnreachableError, _BLACKHOLE),
    (r"Do you want to ping broadcast", UnreachableError, f"{_PROHIBIT} Or it is a broadcast address."),
    (r"invalid gateway", UnreachableError, "The gateway is on no network of a link that is up."),
    (r"Device for nexthop is not up|Network is down", UnreachableError, "The link is down: `.up()` first."),
    (r"is still up", CommandError, "Set it down first: `.down()`."),
    (r"Device or resource busy|Directory not empty|Too many links", CommandError, _BUSY),
    (r"Couldn't load (?:match|target)|host/network .* not found|Bad policy", RefusedValueError, _VALUE),
    (r"Name or service not known|Temporary failure in name resolution", RefusedValueError, _NO_NAME),
    (r"is incompatible, use 'nft' tool", NotFoundError, "There is no such chain, or `nft` made it."),
    (r"No such process|No such file or directory|does a matching rule exist", NotFoundError, "It is not there."),
    (r"[Nn]ot found|No chain/target/match|does not exist", NotFoundError, "It is not there."),
    (r"Operation not supported", MissingModuleError, _NO_SUPPORT),
    (r"Error: argument|is expected rather than|[Ii]nvalid|Bad argument|device m\w+imum", RefusedValueError, _VALUE),
    (r"Attribute failed policy|out of range|Cannot assign requested address", RefusedValueError, _VALUE),
    (r"is a? ?garbage|is unknown, try|[Uu]nknown option|^Usage:|usage error", RefusedValueError, _WORD),
)


def error_for(result: Result) -> CommandError:
    """The error for a command that failed: the class names the cause, the hint says what to do."""
    if result.timed_out:
        return TimedOutError(result, "It was ended. Pass a larger `timeout` (seconds) if it needs longer.")
    said = result.stderr if result.stderr.strip() else result.stdout
    tool = _missing_tool(said, result.returncode)
    if tool:
        package = PACKAGES.get(tool)
        hint = f"Install it: `apt-get install {package}`." if package else f"Install {tool}, or check the spelling."
        if " " in tool or " " in result.argv[result.command.leading]:
            hint = 'Each word is an argument of its own: `exec("ls", "-l")`, not `exec("ls -l")`.'
        return ToolMissingError(result, hint)
    asked_for_route = {"route", "get"} <= set(result.argv)
    for pattern, error, hint in (*_ROUTE_CAUSES, *_CAUSES) if asked_for_route else _CAUSES:
        if re.search(pattern, said, re.MULTILINE):
            if hint is _NO_SUPPORT and _VLANS_OF_A_BRIDGE.search(" ".join(result.argv)):
                hint = _NO_BRIDGE_VLANS
            hint = _PRIVATE if hint is _ROOT and result.private else _DEBRIS if result.debris else hint
            return error(result, hint.format(module=_module(result.argv)))
    return CommandError(result)


def _missing_tool(said: str, status: int | None) -> str | None:
    found = _MISSING_TOOL.search(said)
    # What a shell says of a program in the middle of a script is not what came of the script.
    if found is None or (status != 127 and (found["d"] or found["e"])):
        return None
    return next(name for name in found.groups() if name)


_MODULES = {"vti": "ip_vti", "gre": "ip_gre", "gretap": "ip_gre", "vlan": "8021q", "bond": "bonding", "isatap": "sit"}
_FAMILIES = {"fou": "fou", "macsec": "macsec", "l2tp": "l2tp_netlink", "ila": "ila"}
"""The modules without which the kernel does not know an object of `ip` at all."""
_VLANS_OF_A_BRIDGE = re.compile(r"\bbridge (?:-\S+ )*vlan |type bridge .*\bvlan_")
_QDISC = re.compile(r" qdisc \w+ (?:(?:dev|parent|handle) \S+ |root )*(\S+)")


def _module(argv: tuple[str, ...]) -> str:
    for word in ("type", "mode"):
        if word in argv[:-1]:
            kind = argv[argv.index(word) + 1]
            return _MODULES.get(kind, kind)
    for module in _FAMILIES.keys() & set(argv[:4]):
        return _FAMILIES[module]
    qdisc = _QDISC.search(" ".join(argv))
    return f"sch_{qdisc[1]}" if qdisc else "see the message"
