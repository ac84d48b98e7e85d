"""What lives inside a private host and starts its commands. Stdlib only.

A request is a JSON object, or `file` if that is long, and then in the last descriptor. The command's exit status goes
to the first descriptor, and when that one is closed first, the command is killed; it writes to the second and third,
and reads the fourth if there is one. It holds no other descriptor, and starts with default signals. Sockets that are
asked for are made by the agent itself, and go to the first descriptor, as the messages of `handover`.

When its socket is closed, or the keeper or the process that started it all ends, an agent ends whatever runs in its
host, and goes. With it go the namespaces, and all that was in them.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import select
import signal
import socket
import threading
from typing import Any

from netns_kit.machines import handover
from netns_kit.machines.private.isolation import network
from netns_kit.machines.private.messages import tell
from netns_kit.machines.private.serving import Server
from netns_kit.machines.private.sweeping import COOKIE, sweep


def program(name: bytes, path: bytes) -> bytes:
    """The file that a command is, or its name where only trying tells why it is none.

    To look is cheap: the kernel prepares a whole process before it says that a folder has no such program.
    """
    files = () if b"/" in name else (os.path.join(folder or b".", name) for folder in path.split(b":"))
    return next((file for file in files if os.access(file, os.X_OK) and os.path.isfile(file)), name)


class Agent(Server):
    """Starts the commands of the host that this process has become; `cookie` goes into their environment."""

    def __init__(self, control: socket.socket, watched: tuple[int, ...], cookie: str) -> None:
        super().__init__(control, watched)
        self.cookie = cookie
        self.run = os.open("/run", os.O_PATH | os.O_DIRECTORY)
        self.network = os.open("/proc/self/ns/net", os.O_RDONLY)
        self.children: dict[int, socket.socket | None] = {}  # process id → its status socket
        # A thread of its own enters namespaces, so that the process id always stands for the host's own.
        self.server = threading.Thread(target=self.serve, daemon=True)
        try:
            self.server.start()
        except RuntimeError:
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN), "agent") from None

    def last(self) -> None:
        """Wait until it is time to end, then end all that runs here."""
        self.server.join()
        sweep(self.cookie, (self.run,), spared=())

    def request(self, channel: socket.socket, message: bytes, fds: list[int]) -> None:
        """Start a command."""
        if message == b"file":
            with open(fds.pop(), "rb") as file:
                message = file.read()
        asked = json.loads(message)
        if "sockets" in asked:
            self.sockets(channel, asked["sockets"], asked["files"])
            return
        pid = self.spawn(asked, fds)
        self.children[pid] = channel
        self.poll.register(channel, select.POLLIN)

    def spawn(self, request: dict[str, Any], streams: list[int]) -> int:
        """Start a command; its process id. Without a descriptor to read it has the agent's own, /dev/null."""
        actions = [(os.POSIX_SPAWN_DUP2, fd, number) for fd, number in zip(streams, (1, 2, 0), strict=False)]
        environment = {**request["environment"], COOKIE: self.cookie}
        os.environ["PATH"] = environment["PATH"]
        try:
            os.chdir(request["folder"])
        except OSError:
            os.chdir("/")
        name = request["netns"]
        # `ip -n` copies the mount table as well, which costs more the more namespaces there are. What cannot be
        # entered, the command itself will explain.
        with network(f"/run/netns/{name}", self.network) if name else contextlib.nullcontext() as inside:
            argv = [word.encode(errors="surrogateescape") for word in request["inside" if inside else "argv"]]
            return os.posix_spawnp(
                program(argv[0], os.fsencode(environment["PATH"])),
                argv,
                environment,
                file_actions=actions,
                setsid=True,
                setsigmask=(),
                # All else is as it is by default in an agent, too.
                setsigdef=(signal.SIGPIPE,),
            )

    def sockets(self, channel: socket.socket, kind: list[int], files: list[str]) -> None:
        """Make a socket in each of these namespaces, "." for the host's own, and hand them over."""
        own = f"/proc/self/fd/{self.network}"
        family, type, protocol = kind
        try:
            handover.hand_all_over(channel, [own if name == "." else name for name in files], (family, type, protocol))
        finally:
            handover.enter(self.network)
        channel.close()

    def ended(self, pid: int, status: int) -> None:
        """Tell the exit status of a command."""
        channel = self.children.pop(pid, None)
        if channel:
            self.poll.unregister(channel)
            tell(channel, {"returncode": status})
            channel.close()

    def heard(self, fd: int) -> None:
        """Kill the command behind this status socket: it is asked for, or nobody waits for it any more."""
        for pid, channel in self.children.items():
            if channel and channel.fileno() == fd:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(pid, signal.SIGKILL)
                if not channel.recv(1):
                    self.poll.unregister(channel)
                    channel.close()
                    self.children[pid] = None
                return
