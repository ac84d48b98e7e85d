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
}
"""The Debian package that brings a tool."""

_MISSING_TOOL = re.compile(
    r'exec of "(?P<a>[^"]+)" failed: No such file'
    r"|sudo: (?P<b>\S+): command not found"
    r"|nsenter: failed to execute (?P<c>\S+): No such file"
    r"|^(?P<d>\S+): command not found",
    re.MULTILINE,
)

_ROOT = "Use a host of your own, `Host.private()`, which needs no root, or `Host.local(sudo=True)`."
_SUDO = "Run `sudo -v` in a terminal first, or allow the command without a password in sudoers."
_MODULE = "This kernel has no support for it: load the module ({module}), or use a machine whose kernel has it."

_VALUE = "Look at the value that it names."
_NO_WAY = "No way leads there: look at `route.list()`, and whether the links are up."
_NO_LINK = "There is no such link here: `link.list()` shows those there are."
_NO_NETNS = "There is no such namespace: `netns.list()` shows those there are."
_THERE = "It is there already: delete it first, or choose another name."

# The first pattern that is found decides.
_CAUSES: tuple[tuple[str, type[CommandError], str], ...] = (
    (r"sudo: a (?:terminal|password) is required|sudo: .*password", PasswordNeededError, _SUDO),
    (r"is not in the sudoers file|not allowed to execute", PermissionDeniedError, "Ask for it in sudoers."),
    (r"Unknown device type|Protocol not supported", MissingModuleError, _MODULE),
    (r'add tunnel "\w+" failed: No such device', MissingModuleError, _MODULE),
    (r"Specified qdisc kind is unknown|Unknown qdisc", MissingModuleError, _MODULE),
    (r"Module \S+ not found", MissingModuleError, "This kernel has no such module."),
    (r"can't initialize ip6?tables table", MissingModuleError, "The kernel has no such table, or root is needed."),
    (r"Operation not permitted|Permission denied|must be root|Operation not allowed", PermissionDeniedError, _ROOT),
    (r"File exists|already assigned|already exists|the same name exists|Object exists", ExistsError, _THERE),
    (r"already a member of a bridge", ExistsError, "It is a port of a bridge already: take it off first."),
    (r"Cannot (?:open network|remove) namespace|Invalid \"netns\" value", NotFoundError, _NO_NETNS),
    (r"reassociate to namespace .* failed: Invalid", NotFoundError, "That file is no network namespace."),
    (r"Cannot find device|Device \"?[^\"]*\"? does not exist|No such device|Device not found", NotFoundError, _NO_LINK),
    (r"(?:interface|bridge) \S+ does not exist|unknown iface", NotFoundError, _NO_LINK),
    (r"Destination \w+ Unreachable|Network is unreachable|No route to host", UnreachableError, _NO_WAY),
    (r"invalid gateway", UnreachableError, "The gateway is on no network of a link that is up."),
    (r"Device for nexthop is not up|Network is down", UnreachableError, "The link is down: `.up()` first."),
    (r"No such process|No such file or directory|does a matching rule exist", NotFoundError, "It is not there."),
    (r"[Nn]ot found|No chain/target/match", NotFoundError, "It is not there."),
    (r"Operation not supported", MissingModuleError, _MODULE),
    (r"Error: argument|is a? ?garbage|is expected rather than|[Ii]nvalid|Bad argument", RefusedValueError, _VALUE),
    (r"Attribute failed policy|out of range|unknown option|Name or service not known", RefusedValueError, _VALUE),
)


def error_for(result: Result) -> CommandError:
    """The error for a command that failed: the class names the cause, the hint says what to do."""
    if result.timed_out:
        return TimedOutError(result, "It was ended. Pass a larger `timeout` (seconds) if it needs longer.")
    said = f"{result.stderr}\n{result.stdout}"
    tool = _missing_tool(result, said)
    if tool:
        package = PACKAGES.get(tool)
        hint = f"Install it: `apt-get install {package}`." if package else f"Install {tool}, or check the spelling."
        return ToolMissingError(result, hint)
    for pattern, error, hint in _CAUSES:
        if re.search(pattern, said):
            return error(result, hint.format(module=_module(result.argv)))
    return CommandError(result)


def _missing_tool(result: Result, said: str) -> str | None:
    found = _MISSING_TOOL.search(said)
    if found and result.returncode != 0:
        return next(name for name in found.groups() if name)
    return None


_MODULES = {"vti": "ip_vti", "gre": "ip_gre", "gretap": "ip_gre", "vlan": "8021q", "bond": "bonding", "isatap": "sit"}


def _module(argv: tuple[str, ...]) -> str:
    for word in ("type", "mode"):
        if word in argv[:-1]:
            kind = argv[argv.index(word) + 1]
            return _MODULES.get(kind, kind)
    return f"sch_{argv[-1]}" if "qdisc" in argv else "see the message"
