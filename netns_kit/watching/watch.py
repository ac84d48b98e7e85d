"""What crosses the links of many places, seen while something happens there."""

from __future__ import annotations

import errno
import os
import selectors
import socket
import threading
import time as clock
from collections.abc import Iterable
from types import TracebackType

from attrs import define, evolve, field, frozen

from netns_kit.commands.errors import NetnsKitError
from netns_kit.sites.site import At, Site
from netns_kit.sites.sockets import sockets_of
from netns_kit.watching.decoding import decode, decode_packet
from netns_kit.watching.far import LATE, Tcpdump
from netns_kit.watching.filters import Filter
from netns_kit.watching.frames import Frame
from netns_kit.watching.packet_socket import KIND, Caught, Direction, dropped, prepare, waiting

COUNT, SECONDS, SIZE = 100_000, 600.0, 1 << 26
"""How much is seen at the most: frames, seconds, and bytes together."""


@frozen
class Sighting:
    """A frame that crossed a link: `direction` is "in" or "out" of its namespace; `time` in seconds since the epoch.

    `data` are its bytes, `frame` what they say.
    """

    time: float
    site: Site
    link: str
    direction: Direction
    frame: Frame
    data: bytes = field(repr=False)
    ethernet: bool = True

    @property
    def place(self) -> str:
        """The id of its place, as a topology has it: "node1/ns0", or "node1" for a host itself."""
        inner = self.site.name or self.site.path
        return f"{self.site.runner.host}/{inner}" if inner else self.site.runner.host

    @property
    def id(self) -> str:
        """The id of its link, as a topology has it: "node1/ns0/eth0"."""
        return f"{self.place}/{self.link}"

    def __str__(self) -> str:
        return f"{self.id} {self.direction}: {self.frame}"


@define(eq=False)
class _Post:
    """Where one place is watched from: its socket, and which namespace its file stood for at the beginning."""

    site: Site
    socket: socket.socket
    identity: tuple[int, int] | None
    caught: list[Caught] = field(factory=list)


class Watch:
    """Sees what crosses the links of these places while its block lasts: `with Watch([net1, net2]) as watch: …`

    One socket for each place, whatever the number of its links; one thread reads them all. It ends by itself after
    `count` frames, `seconds` or `size` bytes, and `full` says so. With a `link`, only that one is watched; with a
    `filter`, only what passes it.

    Places of other machines are watched by tcpdump there: what they have is told once the block has ended, without
    Ethernet's header, and in the time of their own clock.

    `began` is when, in seconds since the epoch; `lost` are the places that are not there, or not any more; `dropped`
    counts the frames that nobody could hold. Raises on entry PermissionDeniedError, NotFoundError (no such link),
    PlaceClosedError, ToolMissingError (no tcpdump on another machine).
    """

    def __init__(
        self,
        places: Iterable[At],
        *,
        link: str | None = None,
        filter: Filter | None = None,
        count: int = COUNT,
        seconds: float = SECONDS,
        size: int = SIZE,
    ) -> None:
        self._sites = {site.key: site for site in (place.site for place in places)}
        self._link, self._filter = link, filter
        self._room, self._count, self._seconds = size, count, seconds
        self._posts: list[_Post] = []
        self._far: list[Tcpdump] = []
        self._sightings: list[tuple[int, Sighting]] = []
        self._lock = threading.Lock()
        self.lost: tuple[Site, ...] = ()
        self.dropped = 0
        self.full: str | None = None
        self.began = 0.0

    def __enter__(self) -> Watch:
        if self.began:
            raise NetnsKitError("This has been entered before: make another one.")
        try:
            self._open()
        except BaseException:
            self._close()
            raise
        self._ended, self._end = os.pipe()
        self.began = clock.time()
        self._deadline = clock.monotonic() + self._seconds
        self._thread = threading.Thread(target=self._listen, name="netns_kit watch", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._end)
        self._thread.join()
        os.close(self._ended)
        self._drain()
        self._hear()
        self._close()

    def _open(self) -> None:
        together: dict[int, list[Site]] = {}
        for site in self._sites.values():
            if site.runner.machine not in ("this machine", "dry run"):
                words = self._filter.words if self._filter else None
                self._far.append(Tcpdump(_quiet(site), self._link, words, self._count))
                continue
            together.setdefault(id(site.runner), []).append(site)
        for far in self._far:
            far.begin()
        for sites in together.values():
            identities = [_identity(site) for site in sites]
            made = sockets_of(sites[0].host, KIND, [site.file_there for site in sites])
            for site, one, identity in zip(sites, made, identities, strict=True):
                if one is None:
                    self.lost += (site,)
                elif identity is not None and any(post.identity == identity for post in self._posts):
                    # The same namespace by another name.
                    one.close()
                else:
                    self._posts.append(_Post(site, one, identity))
        for post in self._posts:
            try:
                prepare(post.socket, self._link, self._filter.program if self._filter else None)
            except OSError as error:
                if error.errno != errno.ENODEV:
                    raise
                # It will say so itself.
                _quiet(post.site).run("ip", "link", "show", "dev", self._link)
                raise

    def _close(self) -> None:
        for far in self._far:
            far.stop()
        for post in self._posts:
            post.socket.close()
            if post.identity is not None and _identity(post.site) != post.identity:
                self.lost += (post.site,)
        self._take()
        self._posts = []

    def _hear(self) -> None:
        """Take what was seen on other machines."""
        clock.sleep(LATE if self._far else 0)
        for far in self._far:
            seen, there = far.end()
            self._sightings += ((one.time, _sighting(far.site, one)) for one in seen)
            if not there and len(seen) < self._count:
                self.lost += (far.site,)
        self._far = []

    def _listen(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._ended, selectors.EVENT_READ)
            for post in self._posts:
                selector.register(post.socket, selectors.EVENT_READ, post)
            while not self.full:
                left = self._deadline - clock.monotonic()
                ready = selector.select(max(0.0, left)) if left > 0 else []
                if not ready and left <= 0:
                    self.full = f"{self._seconds:g} seconds"
                for key, _ in ready:
                    if key.fd == self._ended:
                        return
                    with self._lock:
                        self._read(key.data)

    def _drain(self) -> None:
        """Read all that is there by now."""
        with self._lock:
            for post in self._posts:
                self._read(post)
                self.dropped += dropped(post.socket)

    def _read(self, post: _Post) -> None:
        for caught in waiting(post.socket) if not self.full else ():
            post.caught.append(caught)
            self._count -= 1
            self._room -= len(caught.data)
            if self._count <= 0 or self._room <= 0:
                self.full = "count" if self._count <= 0 else "size"
                return

    @property
    def sightings(self) -> tuple[Sighting, ...]:
        """What was seen up to now, in the order of time."""
        self._drain()
        self._take()
        return tuple(sighting for _, sighting in self._sightings)

    def _take(self) -> None:
        with self._lock:
            for post in self._posts:
                self._sightings += ((one.time, _sighting(post.site, one)) for one in post.caught)
                post.caught = []
        self._sightings.sort(key=lambda timed: timed[0])


def _sighting(site: Site, caught: Caught) -> Sighting:
    data = caught.data
    frame = decode(data) if caught.ethernet else decode_packet(data, caught.ethertype)
    return Sighting(caught.time / 1e9, site, caught.link, caught.direction, frame, data, caught.ethernet)


def _quiet(site: Site) -> Site:
    """The same place, reached so that no transcript records it: nobody typed what is done there."""
    return evolve(site, runner=getattr(site.runner, "runner", site.runner))


def _identity(site: Site) -> tuple[int, int] | None:
    """What tells its namespace from all others; None if there is none, or nobody may know."""
    try:
        found = os.stat(site.file)
    except OSError:
        return None
    return found.st_dev, found.st_ino
