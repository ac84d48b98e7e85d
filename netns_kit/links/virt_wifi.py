"""Virtual Wi-Fi: a link that looks like a wireless one."""

from __future__ import annotations

from netns_kit.commands.types import LinkName
from netns_kit.links.kind import kind
from netns_kit.links.link import Link


@kind
class VirtWifi(Link):
    """A wireless link whose access point is the link `link`."""

    kind = "virt_wifi"
    _needs = ("link",)

    link: LinkName | None = None  # the link that it stands on
