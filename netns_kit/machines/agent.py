"""What lives inside private hosts and starts their commands. Run as a script, by a bare Python; stdlib only.

The first agent, the keeper, is started by the library (in a user namespace of its own, unless it may do without).
It forks one agent for each host, which takes its own network and mount namespace. Requests come over a socket, one
message each, with the descriptors that it is about:

- `host COOKIE`: fork an agent that serves the descriptor given, and puts the cookie into its commands' environment
- a JSON object, or `file` if that is long, and then in the last descriptor: start a command. Its exit status goes to
  the first descriptor, and when that one is closed first, the command is killed; it writes to the second and third,
  and reads the fourth if there is one

When the socket is closed, or the process that started it all ends, an agent ends whatever runs in its host, and goes.
With it go the namespaces, and all that was in them.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import os
import select
import signal
import socket
import struct
import sys
import threading
from collections.abc import Iterator

CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWNET = 0x00020000, 0x10000000, 0x40000000
MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND, MS_REC, MS_PRIVATE, MNT_DETACH = 2, 4, 8, 0x1000, 0x4000, 1 << 18, 2
SIGNALS = (signal.SIGPIPE, signal.SIGINT, signal.SIGQUIT)
CGROUPS = b"/sys/fs/cgroup"
PR_SET_CHILD_SUBREAPER = 36
SIOCSIFFLAGS, IFF_UP = 0x8914, 1
COOKIE = "NETNS_KIT_HOST"
LONGEST = 1 << 15

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
    """Enter a new network and mount namespace: an empty /run, a /sys of its own, lo up."""
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
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        request = struct.pack("16sh14x", b"lo", IFF_UP)
        fcntl.ioctl(sock, SIOCSIFFLAGS, request)


class Agent:
    """Serves one socket; `watched` are processes whose end is also its own, `run_device` is a host's own /run."""

    def __init__(self, control: socket.socket, cookie: str, watched: list[int], run_device: int | None = None) -> None:
        self.control, self.cookie, self.watched, self.run_device = control, cookie, watched, run_device
        self.own = open("/proc/self/ns/net", "rb")  # noqa: SIM115
        self.children: dict[int, socket.socket | None] = {}  # process id → its status socket
        self.hosts: set[int] = set()  # process ids of the agents that were forked
        self.poll = select.poll()
        self.ends = [os.pidfd_open(pid) for pid in watched]
        self.alarm, wakeup = os.pipe()
        for fd in (self.alarm, wakeup):
            os.set_blocking(fd, False)
        for fd in (control.fileno(), self.alarm, *self.ends):
            self.poll.register(fd, select.POLLIN)
        signal.set_wakeup_fd(wakeup, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)

    def serve(self) -> None:
        """Answer requests until the socket is closed or a watched process has ended."""
        while True:
            for fd, _ in self.poll.poll():
                if fd in self.ends:
                    return
                if fd == self.control.fileno():
                    if not self.request():
                        return
                elif fd == self.alarm:
                    with contextlib.suppress(BlockingIOError):
                        os.read(self.alarm, 4096)
                    self.reap()
                else:
                    self.kill(fd)

    def request(self) -> bool:
        """Answer one request. False when there will be none any more."""
        message, fds, _, _ = socket.recv_fds(self.control, LONGEST, 8)
        if not message:
            return False
        if message.startswith(b"host "):
            self.fork_host(fds[0], message[5:].decode())
        elif message == b"file":
            with open(fds.pop(), "rb") as file:
                self.spawn(file.read(), *fds)
        else:
            self.spawn(message, *fds)
        return True

    def spawn(self, text: bytes, status: int, *streams: int) -> None:
        """Start a command. Without a descriptor to read it has the agent's own, /dev/null."""
        request, channel = json.loads(text), socket.socket(fileno=status)
        try:
            actions = [(os.POSIX_SPAWN_DUP2, fd, number) for fd, number in zip(streams, (1, 2, 0), strict=False)]
            environment = {**request["environment"], COOKIE: self.cookie}
            os.environ["PATH"] = environment["PATH"]
            with contextlib.suppress(OSError):
                os.chdir(request["folder"])
            with self.namespace(request["netns"]) as inside:
                argv = [word.encode(errors="surrogateescape") for word in request["inside" if inside else "argv"]]
                pid = os.posix_spawnp(argv[0], argv, environment, file_actions=actions, setsid=True, setsigdef=SIGNALS)
        except OSError as error:
            tell(channel, {"errno": error.errno, "message": error.strerror})
            channel.close()
        else:
            self.children[pid] = channel
            self.poll.register(channel, select.POLLIN)
        finally:
            for fd in streams:
                os.close(fd)

    @contextlib.contextmanager
    def namespace(self, name: str | None) -> Iterator[bool]:
        """Be in a named namespace for a block; False if it cannot be entered, which the command itself will explain.

        `ip -n` copies the mount table as well, which costs more the more namespaces there are.
        """
        inside = False
        if name is not None:
            with contextlib.suppress(OSError), open(f"/run/netns/{name}", "rb") as file:
                inside = libc.setns(file.fileno(), CLONE_NEWNET) == 0
        try:
            yield inside
        finally:
            if inside:
                call("back to the host's namespace", libc.setns(self.own.fileno(), CLONE_NEWNET))

    def reap(self) -> None:
        """Tell the exit status of each child that has ended."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            self.hosts.discard(pid)
            channel = self.children.pop(pid, None)
            if channel:
                self.poll.unregister(channel)
                tell(channel, {"returncode": os.waitstatus_to_exitcode(status)})
                channel.close()

    def kill(self, fd: int) -> None:
        """Kill the child behind this status socket: it is asked for, or nobody waits for it any more."""
        for pid, channel in self.children.items():
            if channel and channel.fileno() == fd:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(pid, signal.SIGKILL)
                if not channel.recv(1):
                    self.poll.unregister(channel)
                    channel.close()
                    self.children[pid] = None
                return

    def fork_host(self, fd: int, cookie: str) -> None:
        """Fork an agent for a new host, and have it serve the descriptor."""
        control, keeper = socket.socket(fileno=fd), os.getpid()
        pid = os.fork()
        if pid:
            self.hosts.add(pid)
            control.close()
            return
        try:
            self.control.close()
            become_host()
            agent = Agent(control, cookie, [*self.watched, keeper], os.stat("/run").st_dev)
        except OSError as error:
            tell_failure(control, error)
            os._exit(1)
        tell(control, {"pid": os.getpid()})
        agent.run()

    def run(self) -> None:
        """Serve until SIGTERM at the latest, then end all that runs here."""
        signal.signal(signal.SIGTERM, lambda *_: sys.exit())
        # A thread of its own enters namespaces, so that the process id always stands for the host's own.
        server = threading.Thread(target=self.serve, daemon=True)
        try:
            if self.run_device is None:
                self.serve()
            else:
                server.start()
                server.join()
        finally:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            self.end_hosts()
            self.sweep()
            os._exit(0)

    def end_hosts(self) -> None:
        """Have the agents end their hosts, which only they know how to do, and wait until they have."""
        for pid in self.hosts:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        for pid in self.hosts:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)

    def sweep(self) -> None:
        """End every process of this host, also those that left their session or their namespace."""
        while True:
            found = [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if self.is_mine(pid)]
            for pid in found:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
            if not found:
                return
            select.select([], [], [], 0.002)

    def is_mine(self, pid: int) -> bool:
        """Whether a process is a child, bears the host's mark, or sees the host's /run, however it hides."""
        try:
            with open(f"/proc/{pid}/stat", "rb") as file:
                state, parent = file.read().rpartition(b")")[2].split()[:2]
            if pid == os.getpid() or state in (b"Z", b"X"):
                return False
            if int(parent) == os.getpid():
                return True
            with open(f"/proc/{pid}/environ", "rb") as file:
                mark = f"{COOKIE}={self.cookie}".encode()
                if any(entry.startswith(mark) for entry in file.read().split(b"\0")):
                    return True
            return os.stat(f"/proc/{pid}/root/run").st_dev == self.run_device
        except OSError:
            return False


def tell(channel: socket.socket, answer: dict[str, int | str | None]) -> None:
    """Send an answer to whoever waits for it, if anybody still does."""
    with contextlib.suppress(OSError):
        channel.send(json.dumps(answer).encode())


def tell_failure(channel: socket.socket, error: OSError) -> None:
    """Send what failed, and with which error number."""
    tell(channel, {"errno": error.errno, "message": error.strerror, "what": str(error.filename)})


def main(parent: str, namespace: str, cookie: str) -> None:
    """Become the keeper: the first agent, which forks those of the hosts."""
    control, nothing = socket.socket(fileno=os.dup(0)), os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    try:
        if namespace == "user":
            become_root_of_a_user_namespace()
    except OSError as error:
        tell_failure(control, error)
        sys.exit(1)
    tell(control, {"pid": os.getpid()})
    Agent(control, cookie, [int(parent)]).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
