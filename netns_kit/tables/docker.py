"""Docker's containers and their network namespaces: `docker inspect`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from attrs import field, frozen

from netns_kit.commands import values
from netns_kit.commands.command import Result
from netns_kit.commands.errors import NotFoundError, OutputError
from netns_kit.commands.rows import Row, Rows
from netns_kit.sites.site import At
from netns_kit.tables.table import Table

NETNS_DIR = "/var/run/docker/netns"
"""Where Docker keeps the files of its namespaces, unless the engine has another exec-root."""


@frozen
class ContainerInfo(Row):
    """A container as Docker knows it; `pid` is 0 while it does not run.

    `network_mode` is the network's name, or "host", "none", or "container:ID" for one that shares another's namespace.
    `sandbox_key` is the file of the namespace that Docker made for it, empty where it made none.
    """

    id: str
    name: str
    pid: int
    running: bool
    sandbox_key: str
    network_mode: str
    raw: dict[str, Any] = field(factory=dict, repr=False, eq=False)

    def __str__(self) -> str:
        return self.name

    @property
    def netns(self) -> str:
        """The file of the namespace that it is in, whoever made that; empty while it does not run."""
        if not self.running:
            return ""
        # The process id may be another's after the container has ended; Docker's file cannot.
        return self.sandbox_key or f"/proc/{self.pid}/ns/net"


@frozen
class DockerNetns:
    """A network namespace that Docker keeps a file for, and the containers that are in it."""

    path: str
    containers: tuple[ContainerInfo, ...] = ()


class DockerTable(Table):
    """The containers of a host, `host.docker`, by the host's own `docker` command.

    The engine is the one that DOCKER_HOST or docker's context says there, or `docker_host`, such as
    "unix:///run/other.sock".
    """

    def __init__(self, at: At | None = None, docker_host: str | None = None) -> None:
        super().__init__(at)
        self._docker = (
            ("docker",) if docker_host is None else ("docker", "-H", values.plain("docker_host", docker_host))
        )

    def list(self) -> Rows[ContainerInfo]:
        """All containers, also those that do not run. Equivalent to: `docker ps -a`, and `docker inspect` of them"""
        ids = self._site.run(*self._docker, "ps", "--all", "--quiet", "--no-trunc").stdout.split()
        return _containers(self._inspect(ids)) if ids else Rows()

    show = list

    def inspect(self, container: str) -> ContainerInfo:
        """A container, by name or id. Equivalent to: `docker inspect CONTAINER`. Raises NotFoundError."""
        return _containers(self._inspect([values.plain("container", container)]))[0]

    def running(self, container: str) -> ContainerInfo:
        """A container that runs, and so has a network namespace.

        Equivalent to: `docker inspect CONTAINER`

        Raises NotFoundError if there is none of that name or id, or if it does not run.
        """
        result = self._inspect([values.plain("container", container)])
        info = _containers(result)[0]
        if not info.running:
            state = info.raw["State"]["Status"]
            raise NotFoundError(
                result, f"{info.name} does not run ({state}), so it has no network: `docker start {info.name}`."
            )
        return info

    def netns(self) -> tuple[DockerNetns, ...]:
        """The namespaces that Docker keeps files for, and the containers in each.

        Equivalent to: `ls /var/run/docker/netns`, or where the engine's exec-root is, and `docker inspect`
        """
        containers = [one for one in self.list() if one.running]
        keys = {one.id: self._key(one, containers) for one in containers}
        folder = next((key.rpartition("/")[0] for key in keys.values() if key), NETNS_DIR)
        listed = self._site.run("ls", folder, check=False)
        paths = (f"{folder}/{name}" for name in listed.stdout.split())
        return tuple(DockerNetns(path, tuple(one for one in containers if keys[one.id] == path)) for path in paths)

    def _key(self, container: ContainerInfo, others: Iterable[ContainerInfo]) -> str:
        """The file of the namespace that a container is in, also if it was made for another one."""
        kind, _, owner = container.network_mode.partition(":")
        if kind != "container":
            return container.sandbox_key
        return next((one.sandbox_key for one in others if one.id == owner), "")

    def _inspect(self, containers: Iterable[str]) -> Result:
        return self._site.run(*self._docker, "inspect", *containers)


def _containers(result: Result) -> Rows[ContainerInfo]:
    try:
        entries = json.loads(result.stdout)
        if not all("State" in entry for entry in entries):
            raise NotFoundError(result, "That is an image, a network or the like; `docker.list()` has containers.")
        return Rows(map(_container, entries))
    except (ValueError, KeyError, TypeError) as error:
        raise OutputError(f"{result.command} printed what cannot be read: {error!r}") from error


def _container(entry: dict[str, Any]) -> ContainerInfo:
    return ContainerInfo(
        id=entry["Id"],
        name=entry["Name"].removeprefix("/"),
        pid=entry["State"]["Pid"],
        running=entry["State"]["Running"],
        sandbox_key=entry["NetworkSettings"].get("SandboxKey") or "",
        network_mode=entry["HostConfig"]["NetworkMode"],
        raw=entry,
    )
