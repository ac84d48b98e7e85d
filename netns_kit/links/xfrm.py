"""XFRM interfaces: what goes through is for the IPsec policies and states of their number."""

from __future__ import annotations

from typing import Annotated, Any

from netns_kit.commands.types import Present, whole
from netns_kit.commands.words import refuse_together, words
from netns_kit.links.info import LinkInfo
from netns_kit.links.kind import changing, kind
from netns_kit.links.link import Link
from netns_kit.links.options import Device


@words
class XfrmWords:
    """What is said of an XFRM interface."""

    dev: Device | None = None  # the link that its packets leave by
    if_id: Annotated[int, whole(1, 2**32 - 1)] | None = None  # the number that its states and policies bear
    external: Present | None = None  # each packet's route says the number

    @staticmethod
    def complete(given: dict[str, Any]) -> None:
        """It has a number, or packets have."""
        refuse_together(given, "external", "if_id")


@kind
class XfrmLink(XfrmWords, Link):
    """A link for IPsec: it carries packets once `place.xfrm` has states and policies of its `if_id`."""

    kind = "xfrm"
    change = changing(XfrmWords)

    @classmethod
    def _known(cls, option: str, info: LinkInfo) -> Any:
        return info.lower if option == "dev" else super()._known(option, info)
