"""IPsec of a place."""

from __future__ import annotations

from netns_kit.sites.site import At
from netns_kit.tables.xfrm.policy import XfrmPolicyTable
from netns_kit.tables.xfrm.state import XfrmStateTable


class Xfrm:
    """IPsec of a place, `place.xfrm`: its `state` and its `policy`."""

    def __init__(self, at: At | None = None) -> None:
        self.state = XfrmStateTable(at)
        self.policy = XfrmPolicyTable(at)

    def __repr__(self) -> str:
        return f"Xfrm({self.state.site!r})"
