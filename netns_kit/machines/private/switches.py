"""What can forbid private hosts, and what to do about it."""

from __future__ import annotations

import contextlib
import errno
from pathlib import Path
from typing import Any

SWITCHES = (
    ("kernel/unprivileged_userns_clone", "0", "sysctl -w kernel.unprivileged_userns_clone=1"),
    ("kernel/apparmor_restrict_unprivileged_userns", "1", "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"),
    ("user/max_user_namespaces", "0", "sysctl -w user.max_user_namespaces=15000"),
    ("user/max_net_namespaces", "0", "sysctl -w user.max_net_namespaces=15000"),
    ("user/max_mnt_namespaces", "0", "sysctl -w user.max_mnt_namespaces=15000"),
)
"""What can forbid private hosts: the switch under /proc/sys, its forbidding value, and what allows them again."""


def forbidding_switch(root: Path = Path("/proc/sys")) -> tuple[str, str] | None:
    """The switch that forbids user namespaces here as (name=value, command that allows them), or None."""
    for path, value, cure in SWITCHES:
        with contextlib.suppress(OSError):
            if (root / path).read_text().strip() == value:
                return f"{path.replace('/', '.')}={value}", cure
    return None


def explain(answer: dict[str, Any], user_namespace: bool) -> str:
    """Why there is no private host, and the two ways on."""
    said = f"No private host: {answer.get('what', 'agent')}: {answer['message']}."
    if not user_namespace:
        return f"{said} This process is root, yet not allowed to make namespaces: is it in a container?"
    switch = forbidding_switch()
    sudo = "or run Python under sudo."
    if switch:
        return f"{said} {switch[0]} forbids user namespaces here. Allow them (as root: `{switch[1]}`), {sudo}"
    if answer["errno"] in (errno.EPERM, errno.ENOSPC):
        names = ", ".join(path.replace("/", ".") for path, _, _ in SWITCHES[:3])
        return (
            f"{said} User namespaces are forbidden here, by one of {names}, or by the container or sandbox"
            f" that this runs in. Allow them there, {sudo}"
        )
    return f"{said} Run Python under sudo."
