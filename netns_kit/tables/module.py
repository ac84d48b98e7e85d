"""Kernel modules: `lsmod` and `modprobe`."""

from __future__ import annotations

from typing import Literal

from attrs import frozen

from netns_kit.commands import values
from netns_kit.commands.causes import error_for
from netns_kit.commands.errors import MissingModuleError, PermissionDeniedError
from netns_kit.commands.rows import Row, Rows
from netns_kit.tables.table import Table

State = Literal["loaded", "built in", "loadable", "missing"]


@frozen
class ModuleInfo(Row):
    """A loaded module, as `lsmod` shows it; `size` in bytes."""

    name: str
    size: int
    used_by: tuple[str, ...] = ()


class ModuleTable(Table):
    """Kernel modules of a host, `host.module`. All namespaces and private hosts share the machine's one kernel."""

    def list(self) -> Rows[ModuleInfo]:
        """The loaded modules.

        Equivalent to: `lsmod`

        Raises MissingModuleError on a kernel that can load none, where all that there is is built in.
        """
        result = self._site.run("lsmod", check=False)
        if result.returncode != 0 and "/proc/modules" in result.stderr:
            raise MissingModuleError(
                result, "This kernel loads no modules: what it has is built in. `state(NAME)` says what it knows."
            )
        if not result.ok:
            raise error_for(result)
        return parse_lsmod(result.stdout)

    show = list

    def load(self, name: str, **parameters: int | str) -> None:
        """Load a module, on the machine itself. Equivalent to: `modprobe NAME [PARAMETER=VALUE …]`

        `parameters` are the module's own, such as `numdummies=2`.
        Raises MissingModuleError if the kernel has no such module, PermissionDeniedError.
        """
        words = (f"{key}={values.text(key, value)}" for key, value in parameters.items())
        self._site.run("modprobe", values.plain("name", name), *words)

    def remove(self, name: str) -> None:
        """Take a module that nobody uses out of the machine's kernel. Equivalent to: `modprobe -r NAME`

        Raises MissingModuleError if there is no such module, PermissionDeniedError, CommandError if it is in use.
        """
        self._site.run("modprobe", "-r", values.plain("name", name))

    def state(self, name: str) -> State:
        """Whether a module is loaded, built into the kernel, loadable, or missing, without loading it.

        Reads `/proc/modules`, `/sys/module`, `modules.builtin` and `modinfo`, whichever of them there are; last,
        for kinds of links, it asks the kernel for one whose MTU no link can have, which takes root.
        Raises PermissionDeniedError where only root could say.
        """
        key = values.plain("name", name).replace("-", "_")
        loaded = self._site.run("cat", "/proc/modules", check=False)
        if any(line.split(" ", 1)[0] == key for line in loaded.stdout.splitlines()):
            return "loaded"
        release = self._site.run("uname", "-r").stdout.strip()
        builtin = self._site.run("cat", f"/lib/modules/{release}/modules.builtin", check=False).stdout
        if any(_module_of(line) == key for line in builtin.splitlines()):
            return "built in"
        if self._site.run("ls", "-d", f"/sys/module/{key}", check=False).ok:
            return "built in"
        if loaded.ok and self._site.run("modinfo", "-n", key, check=False).ok:
            return "loadable"
        return "built in" if self._kernel_knows(key) else "missing"

    def _kernel_knows(self, kind: str) -> bool:
        # A type that the kernel knows lets it look at the rest, an MTU that no link can have, and nothing is made.
        words = ("name", "probe", "mtu", -1, "type", kind)
        refused = error_for(self._site.run("ip", "link", "add", *words, check=False))
        if isinstance(refused, PermissionDeniedError):
            raise refused
        return refused.returncode == 2 and not isinstance(refused, MissingModuleError)


def _module_of(path: str) -> str:
    return path.rsplit("/", 1)[-1].split(".", 1)[0].replace("-", "_")


def parse_lsmod(text: str) -> Rows[ModuleInfo]:
    """The modules in what `lsmod` printed."""
    modules = []
    for line in text.splitlines()[1:]:
        name, size, *rest = line.split()
        users = rest[1].split(",") if len(rest) > 1 else []
        modules.append(ModuleInfo(name, int(size), tuple(user for user in users if user and user != "-")))
    return Rows(modules)
