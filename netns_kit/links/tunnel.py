"""What tunnels over IPv4 share."""

from __future__ import annotations

from typing import Any, ClassVar

from attrs import define

from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.links.link import Link
from netns_kit.links.options import device, ipv4_address, options_of


@define(eq=False, repr=False)
class TunnelEnds(Link):
    """A link whose packets travel in others: from `local` to `remote`, two addresses of IPv4, through `dev`."""

    remote: str | None = ipv4_address("remote")
    local: str | None = ipv4_address("local")
    dev: str | None = device("dev")

    def __attrs_post_init__(self) -> None:
        options = self.asked()
        if self.remote not in (None, "any") and self.remote == self.local:
            raise InvalidArgumentError("remote", self.remote, "it is the local end's address, too")
        if "key" in options and ("ikey" in options or "okey" in options):
            raise InvalidArgumentError("key", options["key"], "it is for both directions: leave out ikey and okey")
        if options.get("pmtudisc") is False and options.get("ttl", "inherit") != "inherit":
            raise InvalidArgumentError("pmtudisc", False, "a tunnel with a ttl of its own must discover the path's MTU")


@define(eq=False, repr=False)
class Tunnel(TunnelEnds):
    """A tunnel that both `ip tunnel` and `ip link` make."""

    mode: ClassVar[str]

    def add(self) -> Any:
        """Make it.

        Equivalent to: `ip tunnel add NAME mode MODE [remote ADDRESS] [local ADDRESS] [dev DEV] [OPTIONS]`

        Gives itself back. Raises ExistsError, which says what is different; MissingModuleError; InvalidArgumentError
        for an option that only `link_add` knows, such as `mtu`.
        """
        for name, value in self.asked().items():
            if options_of(type(self))[name].shared:
                raise InvalidArgumentError(name, value, "`ip tunnel` does not know it: use link_add(), or set() it")
        self._make("ip", "tunnel", "add", self.name, "mode", self.mode, *self._option_words())
        return self

    def link_add(self) -> Any:
        """Make it, in the other spelling.

        Equivalent to: `ip link add name NAME type KIND [remote ADDRESS] [local ADDRESS] [dev DEV] [OPTIONS]`
        """
        return super().add()

    def change(self, **options: Any) -> None:
        """Change some of its options; the others stay.

        Equivalent to: `ip tunnel change NAME mode MODE OPTIONS`
        """
        self._site.change("ip", "tunnel", "change", self.name, "mode", self.mode, *self._change_words(options))
        self._take(options)
