"""What this machine has and lacks, what works therefore, and what to type to get the rest."""

from __future__ import annotations

import os
import platform
import re
from typing import Any

from attrs import asdict, frozen

from netns_kit.commands.causes import PACKAGES
from netns_kit.commands.errors import PrivateHostError
from netns_kit.machines.private.switches import SWITCHES, forbidding_switch
from netns_kit.places.host import Host
from netns_kit.views.kernel import MODULES, Module, attempt, module_of, parameter

VERSION_WORDS = {
    "ip": ("-V",),
    "bridge": ("-V",),
    "tc": ("-V",),
    "ping": ("-V",),
    "iptables": ("--version",),
    "ip6tables": ("--version",),
    "sysctl": ("--version",),
    "ethtool": ("--version",),
    "brctl": ("--version",),
    "route": ("--version",),
    "ifconfig": ("--version",),
    "nsenter": ("--version",),
    "lsmod": ("--version",),
    "tcpdump": ("--version",),
    "ssh": ("-V",),
    "docker": ("--version",),
    "dot": ("-V",),
}
"""The tools that are looked for, and how each is asked for its version."""

NEEDED = ("ip", "bridge", "ping")

KERNELS = {"x86_64": "linux-image-amd64", "aarch64": "linux-image-arm64"}
"""Debian's kernels, which have all of these, by kind of machine."""

BRIDGED_TRAP = (
    "Bridged packets pass through iptables here, and its FORWARD policy is DROP: what crosses a bridge on this machine"
    " itself is dropped. Docker sets it so. Use a private host, or allow it: `iptables -A FORWARD -i BRIDGE -j ACCEPT`."
)


@frozen
class Tool:
    """A program: its version, None where it is not installed, and the package that brings it."""

    name: str
    version: str | None
    package: str


@frozen
class Diagnosis:
    """What this machine has and lacks. It prints as text; `as_dict` gives plain data.

    `private` is None where private hosts work, else why they do not. What nobody may read here is None.
    """

    kernel: str
    user: str
    tools: tuple[Tool, ...]
    modules: tuple[Module, ...]
    switches: dict[str, str]
    private: str | None
    sudo: bool
    iptables: str | None
    bridge_nf_call_iptables: str | None
    forward_policy: str | None
    docker: str | None
    advice: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether private hosts work, and the tools that they need are here."""
        return self.private is None and all(self.has(tool) for tool in NEEDED)

    def has(self, tool: str) -> bool:
        """Whether a tool is installed."""
        return any(known.name == tool and known.version is not None for known in self.tools)

    def as_dict(self) -> dict[str, Any]:
        """As plain data."""
        return {**asdict(self), "ok": self.ok}

    def __str__(self) -> str:
        yes = {True: "yes", False: "no"}
        lines = [f"kernel {self.kernel}, as {self.user}", "", "tools"]
        lines += [f"  {one.name:<10} {one.version or f'missing: apt-get install {one.package}'}" for one in self.tools]
        lines += ["", "kernel"]
        lines += [f"  {known.kind:<15} {known.state:<9} {known.purpose}" for known in self.modules]
        lines += ["", "private hosts and labs", f"  {self.private or 'work, without root'}"]
        lines += [f"  {name} = {value}" for name, value in self.switches.items()]
        lines += ["", "this machine itself"]
        lines += [f"  sudo without a password: {yes[self.sudo]}", f"  iptables: {self.iptables or 'not installed'}"]
        lines += [f"  bridge-nf-call-iptables: {self.bridge_nf_call_iptables or 'no br_netfilter'}"]
        lines += [f"  FORWARD policy: {self.forward_policy or 'only root may read it'}"]
        lines += [f"  Docker: {self.docker or 'not running'}"]
        lines += ["", "what to do", *(f"  → {one}" for one in self.advice or ("Nothing: all is here.",))]
        return "\n".join(lines) + "\n"


def examine() -> Diagnosis:
    """Look at this machine. Nothing on it is changed; what needs root to be read is left open."""
    machine = Host.local()
    tools = tuple(_tool(machine, name) for name in VERSION_WORDS)
    switches = {name: parameter(machine, name) for name in (path.replace("/", ".") for path, _, _ in SWITCHES)}
    private = None
    try:
        with Host.private() as own:
            modules = tuple(module_of(own, kind, probe=True) for kind in MODULES)
    except PrivateHostError as error:
        private = str(error)
        modules = tuple(module_of(machine, kind, probe=False) for kind in MODULES)
    bridged = parameter(machine, "net.bridge.bridge-nf-call-iptables")
    policy = _forward_policy(machine)
    return Diagnosis(
        machine.exec("uname", "-r").stdout.strip(),
        "root" if os.geteuid() == 0 else f"user {os.geteuid()}",
        tools,
        modules,
        {name: value for name, value in switches.items() if value is not None},
        private,
        attempt(machine, "sudo", "-n", "true").ok,
        _flavour(machine),
        bridged,
        policy,
        attempt(machine, "docker", "info", "--format", "{{.ServerVersion}}").stdout.strip() or None,
        _advice(tools, modules, private, bridged == "1" and policy == "DROP"),
    )


def _tool(host: Host, name: str) -> Tool:
    result = attempt(host, name, *VERSION_WORDS[name])
    said = result.stdout + result.stderr
    number = re.search(r"\d+(?:\.\d+)+\w*|ss\d{6}|\d{8}|(?<=version )\d+", said)
    known = None if result.returncode in (126, 127) else number[0] if number else "of unknown version"
    return Tool(name, known, PACKAGES.get(name, name))


def _flavour(host: Host) -> str | None:
    result = attempt(host, "iptables", "--version")
    if not result.ok:
        return None
    return "nft" if "nf_tables" in result.stdout else "legacy"


def _forward_policy(host: Host) -> str | None:
    said = attempt(host, "iptables", "-S", "FORWARD").stdout
    policy = re.search(r"^-P FORWARD (\w+)", said, re.MULTILINE)
    return policy[1] if policy else None


def _advice(tools: tuple[Tool, ...], modules: tuple[Module, ...], private: str | None, trap: bool) -> tuple[str, ...]:
    advice = []
    packages = sorted({tool.package for tool in tools if tool.version is None})
    if packages:
        advice.append(f"Tools: `apt-get install {' '.join(packages)}`.")
    loadable = [module.module for module in modules if module.state == "loadable"]
    if loadable:
        advice.append(f"The kernel loads modules when they are needed; or now: `modprobe -a {' '.join(loadable)}`.")
    missing = [module.purpose for module in modules if not module.there]
    if missing:
        kernel = KERNELS.get(platform.machine())
        told = (
            f" Debian's does: `apt-get install {kernel}`, and boot it, here or in a virtual machine." if kernel else ""
        )
        advice.append(f"This kernel has no {', no '.join(missing)}: use a machine whose kernel does.{told}")
    if private:
        switch = forbidding_switch()
        advice.append(f"Private hosts: as root, `{switch[1]}`." if switch else "Private hosts: run Python under sudo.")
    if trap:
        advice.append(BRIDGED_TRAP)
    return tuple(advice)
