"""Network namespaces."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from netns_kit.commands import values
from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.places.place import Place
from netns_kit.sites.noun import Noun
from netns_kit.sites.site import At, Site, site_of
from netns_kit.tables.netns import NetnsTable

# What few need is loaded where it is asked for.
if TYPE_CHECKING:
    pass


class Namespace(Noun, Place):
    """A named network namespace of a host, such as `ip netns add NAME` makes. Building it touches nothing.

    As a context manager it is made on entry and deleted on exit.
    Raises InvalidArgumentError for a name that cannot be.
    """

    def __init__(self, name: str, *, at: At | None = None) -> None:
        self.name = values.netns_name("name", name)
        self._site = site_of(at).host.namespace(self.name)

    def __repr__(self) -> str:
        return f"Namespace({self.name!r}, at={self._site.runner.host})"

    def __str__(self) -> str:
        return self.name

    @property
    def _table(self) -> NetnsTable:
        return NetnsTable(self._site.host)

    def add(self, *, exists_ok: bool = False) -> Namespace:
        """Make it, and give itself back. With `exists_ok`, one that is there already will do.

        Equivalent to: `ip netns add NAME`

        Raises ExistsError.
        """
        self._table.add(self.name, exists_ok=exists_ok)
        return self

    def attach(self, pid: int) -> Namespace:
        """Give the namespace of a process this name. Equivalent to: `ip netns attach NAME PID`"""
        self._table.attach(self.name, pid)
        return self

    def symlink(self, pid: int) -> Namespace:
        """Give it this name by hand. Equivalent to: `ln -s /proc/PID/ns/net /var/run/netns/NAME`"""
        self._table.symlink(self.name, pid)
        return self

    def set(self, nsid: int | Literal["auto"]) -> None:
        """Give it an id on its host. Equivalent to: `ip netns set NAME NETNSID`"""
        self._table.set(self.name, nsid)

    def delete(self, *, missing_ok: bool = False) -> None:
        """Delete it. With `missing_ok`, it need not be there.

        Equivalent to: `ip netns delete NAME`

        Raises NotFoundError.
        """
        self._table.delete(self.name, missing_ok=missing_ok)

    def pids(self) -> tuple[int, ...]:
        """The processes in it. Equivalent to: `ip netns pids NAME`"""
        return self._table.pids(self.name)

    def exists(self) -> bool:
        """Whether it is there. Equivalent to: `ip netns list`"""
        return any(known.name == self.name for known in self._table.list())

    @staticmethod
    def of_path(path: str, *, at: At | None = None) -> NamespaceFile:
        """The namespace that a file stands for, such as one of Docker's.

        Equivalent to: `nsenter --net=PATH`
        """
        return NamespaceFile(path, at=at)

    @staticmethod
    def of_pid(pid: int, *, at: At | None = None) -> NamespaceFile:
        """The namespace that a process is in. Equivalent to: `nsenter --net=/proc/PID/ns/net`

        Of a program that is about to enter another one, such as `unshare`, it is that one: it is waited for.
        """
        host = site_of(at).host
        if host.runner.machine == "this machine":
            _wait_until_entered(values.pid("pid", pid), host.runner.pid)
        return NamespaceFile(f"/proc/{values.pid('pid', pid)}/ns/net", at=at)

    @staticmethod
    def of_container(container: str, *, docker_host: str | None = None, at: At | None = None) -> NamespaceFile:
        """The namespace that a running container is in, by Docker's name or id for it.

        Equivalent to: `docker inspect CONTAINER | grep SandboxKey`, and `nsenter --net=SANDBOXKEY`

        It may be another container's (`--network container:X`, Kubernetes' pods) or the host's own (`--network host`).
        After a restart it is a new one: ask again. `docker_host` is the engine, such as "unix:///run/other.sock",
        otherwise DOCKER_HOST says; of podman's and containerd's containers, use `of_pid`.
        Raises NotFoundError if there is no such container or it does not run, UnreachableError if no engine answers.
        """
        site = site_of(at).host
        from netns_kit.tables.docker import DockerTable

        return NamespaceFile(DockerTable(site, docker_host).running(container).netns, at=site)

    def _prompt(self) -> str:
        return f"namespace {self.name}> "


class NamespaceFile(Place):
    """A network namespace without a name, by the path of its file."""

    def __init__(self, path: str, *, at: At | None = None) -> None:
        self.path = values.plain("path", path)
        if not self.path.startswith("/"):
            raise InvalidArgumentError("path", path, "it must begin with /")
        self._site = Site(site_of(at).runner, path=self.path)

    def __repr__(self) -> str:
        return f"NamespaceFile({self.path!r}, at={self._site.runner.host})"

    def _prompt(self) -> str:
        return f"namespace {self.path}> "


ENTERING = ("unshare", "nsenter", "ip", "sudo", "env", "setpriv")
"""Programs that go elsewhere before they become another one."""


def _wait_until_entered(pid: int, host: int, seconds: float = 5.0) -> None:
    """Wait while a process is on its way: still in the host's namespace, and a program that will leave it."""
    deadline = time.monotonic() + seconds
    own = Path("/proc/self/cmdline").read_bytes()
    while time.monotonic() < deadline:
        try:
            here = os.stat(f"/proc/{pid}/ns/net").st_ino == os.stat(f"/proc/{host}/ns/net").st_ino
            words = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return
        # Between fork and exec, a process has the words of the one that started it.
        program = os.path.basename(words.partition(b"\0")[0]).decode(errors="replace")
        if not here or pid == os.getpid() or (program not in ENTERING and words != own):
            return
        time.sleep(0.005)
