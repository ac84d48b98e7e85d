"""Private hosts on a machine behind SSH, by the util-linux and iproute2 that are there; with it they end."""

from __future__ import annotations

import contextlib
import shlex
import signal
import threading
import time
from collections.abc import Hashable
from typing import ClassVar

from netns_kit.commands.command import Command, Result
from netns_kit.commands.errors import ConnectionLostError, PlaceClosedError, PrivateHostError
from netns_kit.machines.private.switches import SWITCHES
from netns_kit.machines.runner import decode
from netns_kit.machines.ssh.connection import Connection
from netns_kit.machines.ssh.over_ssh import PATIENCE, OverSsh
from netns_kit.machines.ssh.shells import LOOP, PATH, Answer, Request, ShellEndedError

SILENCE = 7000
"""Milliseconds without a word from this side after which the other side takes it for gone; ssh says one every two s."""

_PATIENCE = 30.0  # seconds for a host to be there: a busy machine may need some

# What a host does first: an empty /run, a /sys of its own in which control groups stay, an /etc of its own, lo up.
_HOST = f"""{PATH}
set -e
mount -t tmpfs -o nosuid,nodev,mode=755 tmpfs /run
mkdir /run/netns /run/cgroup
mount --rbind /sys/fs/cgroup /run/cgroup 2>/dev/null && netns_kit_kept=1 || netns_kit_kept=
mount -t sysfs -o nosuid,nodev,noexec sysfs /sys
[ -z "$netns_kit_kept" ] || {{ mount --rbind /run/cgroup /sys/fs/cgroup; umount -l /run/cgroup; }}
rmdir /run/cgroup
[ ! -r /etc/hosts ] || cat /etc/hosts >/run/hosts
if [ -w /etc ]; then
    mkdir -p /run/etc/upper /run/etc/work
    mount -t overlay -o lowerdir=/etc,upperdir=/run/etc/upper,workdir=/run/etc/work overlay /etc 2>/dev/null || {{
        mount --rbind /etc /etc
        mount -o remount,bind,ro /etc
    }}
fi
[ ! -e /run/hosts ] || mount --bind /run/hosts /etc/hosts
ip link set dev lo up
echo $$
exec sleep 2147483647 >/dev/null 2>&1"""

# The first process of a process namespace: when it ends, the kernel ends all others there. Its input is the connection.
_KEEPER = f"""{PATH}
read -r netns_kit_first netns_kit_rest </proc/self/stat
mount -t proc proc /proc || exit
netns_kit_host={shlex.quote(_HOST)}
netns_kit_new() {{
    netns_kit_pid=$( (exec unshare --net --mount --propagation private sh -c "$netns_kit_host" netns_kit \\
        </dev/null 2>&4 3>&- 4>&-) & )
    printf %s "$netns_kit_pid" >&3
    [ -n "$netns_kit_pid" ]
}}
netns_kit_sweep() {{
    for netns_kit_one in /proc/[0-9]*; do
        case ${{netns_kit_one#/proc/}} in $$ | $1) continue ;; esac
        if [ "$netns_kit_one/root/run" -ef /proc/$1/root/run ] || [ "$netns_kit_one/ns/net" -ef /proc/$1/ns/net ]; then
            kill -9 "${{netns_kit_one#/proc/}}" && netns_kit_found=1
        fi
    done
}}
netns_kit_end_host() {{
    netns_kit_found=1
    while [ -n "$netns_kit_found" ]; do netns_kit_found=; netns_kit_sweep "$1"; done
    kill -9 "$1"
}}
{LOOP}"""

# It starts the first process, and ends it when nothing was heard from the other side for too long.
_OUTSIDE = f"""{PATH}
while read -r netns_kit_key netns_kit_value; do
    [ "$netns_kit_key" != CapEff: ] || netns_kit_may=$((0x$netns_kit_value & 0x201000))
done </proc/self/status
set --
[ "$netns_kit_may" = $((0x201000)) ] || set -- --user --map-root-user
exec 5<&0
unshare "$@" --mount --propagation private --pid --fork --kill-child sh -c {shlex.quote(_KEEPER)} netns_kit "$@" <&5 &
netns_kit_unshare=$!
exec 5<&- </dev/null >/dev/null 2>&1
set -- $SSH_CONNECTION
while sleep 1 && kill -0 "$netns_kit_unshare"; do
    netns_kit_silent=
    for netns_kit_word in $(ss -Htin "( sport = :$4 and dport = :$2 )"); do
        case $netns_kit_word in
        lastrcv:* | lastack:*)
            [ "${{netns_kit_word#*:}}" -gt {SILENCE} ] && netns_kit_silent=x$netns_kit_silent || netns_kit_silent=y ;;
        esac
    done
    [ "$netns_kit_silent" != xx ] || break
done
kill -9 "$netns_kit_unshare"
"""


class FarKeeper:
    """The process on the other machine that private hosts there end with, as it ends with the connection."""

    def __init__(self, connection: Connection, host: str) -> None:
        self.connection, self.host = connection, host
        self._asking, self._owed = threading.Lock(), 0
        self._shell = connection.open(_OUTSIDE)
        try:
            said = self._ask('printf \'%s %s \' "$netns_kit_first" "$1" >&3; readlink /proc/self/ns/pid >&3')
        except BaseException:
            self._shell.close()
            raise
        pid, *user, space = said.split()
        self.pid = int(pid)
        # It may have ended meanwhile, and another process have its number.
        guard = f'[ "$(readlink /proc/self/ns/pid)" = {shlex.quote(space)} ] && exec "$0" "$@"'
        enter = ("nsenter", "--preserve-credentials", *(("-U",) if user else ()), "-t", pid, "-m", "-p", "--wd=.")
        self.entering = (*enter, "sh", "-c", guard)

    def serves(self, connection: Connection) -> bool:
        """Whether it lives, and does so by that connection."""
        return self.connection is connection and connection.alive and self._shell.running

    @property
    def alive(self) -> bool:
        """Whether its hosts are there, as far as we know."""
        return self.serves(self.connection)

    def new_host(self) -> int:
        """Make a host; the process that is the first of it, by its number among the keeper's."""
        return int(self._ask("netns_kit_new"))

    def end_host(self, pid: int) -> None:
        """End all that runs on a host, and with that the host."""
        with contextlib.suppress(PrivateHostError):
            self._ask(f"netns_kit_end_host {pid}")

    def _ask(self, body: str) -> str:
        with self._asking:
            try:
                # Who was interrupted has not heard the answer.
                while self._owed and self._shell.answer(_PATIENCE):
                    self._owed -= 1
                self._shell.ask(Request.of(f"{body}; netns_kit_status=$?"))
                self._owed += 1
                answer = self._shell.answer(_PATIENCE)
                self._owed -= answer is not None
            except ShellEndedError:
                answer = Answer(None, *self._shell.said())
        if answer and answer.status == 0:
            return decode(answer.out)
        raise PrivateHostError(self._explained(decode(answer.err) if answer else "it does not answer"))

    def _explained(self, said: str) -> str:
        """Why there is no private host, and the two ways on."""
        lines = [line for line in said.splitlines() if line] or ["its keeper ended"]
        reason = f"No private host on {self.host}: {lines[-1]}."
        for path, value, cure in SWITCHES if self.connection.alive else ():
            if self._reads(f"/proc/sys/{path}") == value:
                name = path.replace("/", ".")
                return f"{reason} {name}={value} forbids user namespaces there. As root there: `{cure}`."
        return f"{reason} It takes unshare, nsenter and ip there, and user namespaces unless one logs in as root."

    def _reads(self, path: str) -> str:
        """What a file on the machine says."""
        with contextlib.suppress(ShellEndedError), self.connection.shell() as shell:
            shell.ask(Request.of(f"cat {path} >&3"))
            answer = shell.answer(PATIENCE)
            return decode(answer.out).strip() if answer else ""
        return ""


class FarPrivateRunner(OverSsh):
    """Runs commands in a private host on another machine."""

    batches: ClassVar[bool] = True
    private: ClassVar[bool] = True

    def __init__(self, host: str, keeper: FarKeeper) -> None:
        self.host, self.keeper, self.pid = host, keeper, keeper.new_host()
        self.machine = f"private hosts {keeper.connection.mark} {keeper.pid}"
        self.entering = keeper.entering
        self.leading = ("nsenter", "-t", str(self.pid), "-n", "-m", "--wd=.")
        # Where the machine itself has that process, whose number it does not know.
        self.folder = f"/proc/{keeper.pid}/root/proc/{self.pid}"
        self._closed = False

    @property
    def lane(self) -> Hashable:
        """All hosts of a keeper can be asked together."""
        return id(self.keeper)

    @property
    def closed(self) -> bool:
        """Whether the host is gone."""
        return self._closed or not self.keeper.alive

    def connect(self, command: Command) -> Connection:
        """The connection that the host lives by; PlaceClosedError if it is gone."""
        if self._closed:
            raise PlaceClosedError(f"{self.host} is closed: all that was on it is gone.")
        if not self.keeper.alive:
            raise PlaceClosedError(f"{self.host} is gone, as is the connection to {self.keeper.host} that it lived by.")
        return self.keeper.connection

    def lost(self, connection: Connection, mark: str, result: Result) -> Exception:
        """The error of a command whose shell ended."""
        deadline = time.monotonic() + 1
        while self.keeper.alive and time.monotonic() < deadline:
            time.sleep(0.05)
        if not self.keeper.alive:
            return ConnectionLostError(result, f"The host is gone: it lived by the connection to {self.keeper.host}.")
        connection.signal(mark, signal.SIGKILL, PATIENCE, *self.entering)
        return ConnectionLostError(result, "The shell that ran it there was ended. The next command gets another.")

    def close(self) -> None:
        """End the host and all that runs on it."""
        if not self._closed and self.keeper.alive:
            self.keeper.end_host(self.pid)
        self._closed = True
