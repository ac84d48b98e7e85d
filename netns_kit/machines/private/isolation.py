"""How a process becomes a private host: the kernel's calls, which Python has no words for. Stdlib only."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import signal
import socket
import struct
from collections.abc import Iterator

from netns_kit.machines import signals

CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWNET = 0x00020000, 0x10000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_BIND, MS_REC = 1, 2, 4, 8, 32, 0x1000, 0x4000
MS_PRIVATE, MNT_DETACH = 1 << 18, 2
CGROUPS = b"/sys/fs/cgroup"
HOSTS = "/run/hosts"  # what a host has as /etc/hosts
PR_SET_CHILD_SUBREAPER, PR_SET_NAME = 36, 15
SIOCSIFFLAGS, IFF_UP = 0x8914, 1

libc = ctypes.CDLL(None, use_errno=True)


def call(what: str, result: int) -> None:
    """Raise the error of a libc call that failed."""
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), what)


def become_root_of_a_user_namespace() -> None:
    """Enter a new user namespace whose root is the present user."""
    user, group = os.geteuid(), os.getegid()
    call("user namespace", libc.unshare(CLONE_NEWUSER))
    for name, text in (("setgroups", "deny"), ("uid_map", f"0 {user} 1"), ("gid_map", f"0 {group} 1")):
        try:
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)
        except OSError as error:
            raise OSError(error.errno, error.strerror, "user namespace") from None


def become_host() -> None:
    """Enter a new network and mount namespace: an empty /run, a /sys and an /etc of its own, lo up."""
    call("network and mount namespace", libc.unshare(CLONE_NEWNET | CLONE_NEWNS))
    call("private mounts", libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None))
    flags = MS_NOSUID | MS_NODEV
    call("tmpfs on /run", libc.mount(b"tmpfs", b"/run", b"tmpfs", flags, b"mode=755"))
    os.mkdir("/run/netns", 0o755)
    # brctl reads /sys/class/net, which shows the network namespace that was there at mount time. Control groups stay.
    os.mkdir("/run/cgroup")
    kept = libc.mount(CGROUPS, b"/run/cgroup", None, MS_BIND | MS_REC, None) == 0
    call("sysfs on /sys", libc.mount(b"sysfs", b"/sys", b"sysfs", flags | MS_NOEXEC, None))
    if kept and libc.mount(b"/run/cgroup", CGROUPS, None, MS_BIND | MS_REC, None) == 0:
        libc.umount2(b"/run/cgroup", MNT_DETACH)
    with contextlib.suppress(OSError):
        os.rmdir("/run/cgroup")
    keep_etc()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        request = struct.pack("16sh14x", b"lo", IFF_UP)
        fcntl.ioctl(sock, SIOCSIFFLAGS, request)


def keep_etc() -> None:
    """Keep what is written to /etc: in the host, or where the kernel cannot, out of it but for /etc/hosts."""
    hosts = _content("/etc/hosts")
    if os.access("/etc", os.W_OK):
        # Such as a container's engine puts there; what lies over a mount hides them.
        mounted = {path: _content(path) for path in _mount_points() if path.startswith("/etc/")}
        os.makedirs("/run/etc/upper")
        os.mkdir("/run/etc/work")
        folders = b"lowerdir=/etc,upperdir=/run/etc/upper,workdir=/run/etc/work"
        if libc.mount(b"overlay", b"/etc", b"overlay", 0, folders) == 0:
            for path, content in mounted.items():
                if content is not None:
                    _write(path, content)
        else:
            flags = MS_BIND | MS_REMOUNT | MS_RDONLY | os.statvfs("/etc").f_flag & (MS_NOSUID | MS_NODEV | MS_NOEXEC)
            call("own /etc", libc.mount(b"/etc", b"/etc", None, MS_BIND | MS_REC, None))
            call("read-only /etc", libc.mount(b"none", b"/etc", None, flags, None))
    if hosts is not None:
        _write(HOSTS, hosts)
        call("own /etc/hosts", libc.mount(HOSTS.encode(), b"/etc/hosts", None, MS_BIND, None))


def _mount_points() -> list[str]:
    with open("/proc/self/mountinfo") as file:
        return [line.split()[4] for line in file]


def _content(path: str) -> bytes | None:
    """What is in a file; None if there is none that may be read."""
    with contextlib.suppress(OSError), open(path, "rb") as file:
        return file.read()
    return None


def _write(path: str, content: bytes) -> None:
    with open(path, "wb") as file:
        file.write(content)


def be_called(name: str) -> None:
    """Have `ps` show this process by a name, as far as 15 bytes go."""
    libc.prctl(PR_SET_NAME, name.encode(errors="replace"), 0, 0, 0)


def adopt_orphans() -> None:
    """Become the parent of whatever a child leaves behind when it ends."""
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


@contextlib.contextmanager
def network(path: str, own: int) -> Iterator[bool]:
    """Have this thread in the network namespace of a file for a block, and then in its own again.

    False if it cannot be entered.
    """
    inside = False
    with contextlib.suppress(OSError), open(path, "rb") as file:
        inside = libc.setns(file.fileno(), CLONE_NEWNET) == 0
    try:
        yield inside
    finally:
        if inside:
            call("back to the host's namespace", libc.setns(own, CLONE_NEWNET))


def start_clean() -> int:
    """Free this process of what it inherited, signals and descriptors; gives what its input was."""
    signals.clean()
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    given = fcntl.fcntl(0, fcntl.F_DUPFD_CLOEXEC, 3)
    nothing = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1):
        os.dup2(nothing, fd)
    try:
        os.fstat(2)
    except OSError:
        os.dup2(nothing, 2)
    if nothing > 2:
        os.close(nothing)
    return given
