"""A Docker engine inside a private host: its links, firewall, mounts and files are its own, and go with the host."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from netns_kit import Host

SOCKET = "unix:///run/docker.sock"
"""Where Docker's own tools look for an engine."""

CGROUPS = "/sys/fs/cgroup"
PATH = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"
PACKAGES = {"dockerd": "docker.io", "docker": "docker.io", "busybox": "busybox-static"}


def missing() -> str | None:
    """Why no engine can be started here, or None."""
    if os.geteuid() != 0:
        return "only root can start a Docker engine"
    for tool, package in PACKAGES.items():
        if shutil.which(tool, path=PATH) is None:
            return f"no {tool} here: apt-get install {package}"
    return None


def make_image(host: Host, folder: Path, *docker: str) -> None:
    """An image called busybox, made of this machine's own busybox."""
    binaries = folder / "image" / "bin"
    binaries.mkdir(parents=True)
    shutil.copy(shutil.which("busybox", path=PATH) or "", binaries / "busybox")
    for name in ("sh", "sleep", "ip", "ping"):
        (binaries / name).symlink_to("busybox")
    host.exec("tar", "-C", folder / "image", "-c", "-f", folder / "image.tar", ".")
    host.exec("docker", *docker, "import", folder / "image.tar", "busybox")


@contextmanager
def engine(host: Host, folder: Path, *, socket: str | None = None) -> Iterator[None]:
    """A running engine with an image called busybox.

    Without `socket` it is where Docker's own tools look for it: in the host's own /run. Else it is there, and all its
    files lie in `folder`.
    """
    docker = () if socket is None else ("-H", socket)
    runtime, pid = ("/run/docker", "/run/docker.pid") if socket is None else (folder / "exec", folder / "pid")
    group = f"netns_kit-{os.getpid()}-{host.pid}"
    words = ("--data-root", folder / "data", "--exec-root", runtime, "--pidfile", pid)
    with host.start("dockerd", *words, *docker, "--cgroup-parent", f"/{group}") as dockerd:
        deadline = time.monotonic() + 60
        while not host.exec("docker", *docker, "version", check=False).ok:
            if not dockerd.running or time.monotonic() > deadline:
                raise RuntimeError(f"dockerd did not start: {dockerd.error_text[-2000:]}")
            time.sleep(0.1)
        make_image(host, folder, *docker)
        try:
            yield
        finally:
            # The engine's end is not the containers'.
            for container in host.exec("docker", *docker, "ps", "-a", "-q").stdout.split():
                host.exec("docker", *docker, "rm", "-f", container)
            dockerd.stop(10)
            host.exec("find", CGROUPS, "-depth", "-type", "d", "-path", f"*/{group}*", "-exec", "rmdir", "{}", "+")
