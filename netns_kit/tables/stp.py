"""The spanning tree as a bridge sees it, by `ip -d link` or by `brctl showstp`."""

from __future__ import annotations

import re
from collections.abc import Mapping

from attrs import field, frozen

from netns_kit.commands.errors import OutputError
from netns_kit.commands.reading import Entries, Entry
from netns_kit.commands.rows import Row, Rows


@frozen
class StpPort(Row):
    """A port in the spanning tree; `cost` is that of the way by it.

    `state` is "disabled", "listening", "learning", "forwarding" or "blocking"; `role` is "root" for the one that leads
    to the root, "designated" for one that others get to the root by, "alternate" for one that blocks a loop, and
    "disabled".
    """

    name: str
    number: int
    role: str
    state: str
    cost: int
    root: str
    designated_bridge: str
    designated_port: int
    designated_cost: int


@frozen
class StpInfo(Row):
    """The spanning tree as a bridge sees it: its own id and the root's, and its ports. Times are in seconds.

    `root_port` is the name of the port that leads to the root, None if it is the root itself, as `is_root` says.
    """

    bridge: str
    id: str
    root: str
    root_port: str | None
    root_cost: int
    hello_time: float
    max_age: float
    forward_delay: float
    topology_change: bool
    ports: Rows[StpPort] = field(factory=lambda: Rows[StpPort]())

    @property
    def is_root(self) -> bool:
        """Whether it is the root."""
        return self.root == self.id

    def __str__(self) -> str:
        by = f"by {self.root_port}, cost {self.root_cost}" if self.root_port else "which is itself"
        return f"{self.bridge} {self.id}, root {self.root}, {by}\n{self.ports}"

    def __repr__(self) -> str:
        return str(self).rstrip("\n")

    def _repr_html_(self) -> str:
        first, _, _ = str(self).partition("\n")
        return f"<p>{first}</p>\n{self.ports._repr_html_()}"

    @classmethod
    def from_json(cls, entry: Entry, ports: Entries) -> StpInfo:
        """From what `ip -d link` tells of a bridge and of its ports."""
        data = _with_ids(entry.get("linkinfo", {}).get("info_data", {}))
        if "bridge_id" not in data and "flags" not in entry:
            # A dry run answers nothing.
            return _untold(entry.get("ifname", ""))
        if "bridge_id" not in data:
            raise OutputError(
                f"{entry.get('ifname', 'it')} is no bridge, or the tool told nothing of its spanning tree"
            )
        told = {one["ifname"]: _with_ids(one["linkinfo"]["info_slave_data"]) for one in ports}
        numbers = {name: int(one["no"], 16) for name, one in told.items()}
        # Up to 6.1 the tool tells of a bridge its own id as the root's. Its ports know better.
        roots = [one["root_id"] for one in told.values() if one["state"] != "disabled"]
        root = min([data["bridge_id"], *roots])
        root_port = None if root == data["bridge_id"] else _named(numbers, data["root_port"])
        return cls(
            entry["ifname"],
            data["bridge_id"],
            root,
            root_port,
            data["root_path_cost"],
            data["hello_time"] / 100,
            data["max_age"] / 100,
            data["forward_delay"] / 100,
            bool(data["topology_change"]),
            Rows(
                StpPort(
                    name,
                    numbers[name],
                    _role(name, root_port, one["state"], one["bridge_id"] == data["bridge_id"]),
                    one["state"],
                    one["cost"],
                    one["root_id"],
                    one["bridge_id"],
                    one["designated_port"],
                    one["designated_cost"],
                )
                for name, one in told.items()
            ),
        )


def parse_showstp(text: str) -> StpInfo:
    """The spanning tree in what `brctl showstp` printed."""
    first, *sections = re.split(r"^(?=\S)", text, flags=re.MULTILINE)[1:] or [""]
    bridge = _facts(first)
    if not text:
        return _untold("")
    if "bridge id" not in bridge:
        raise OutputError(f"brctl told nothing of a spanning tree: {text!r}")
    told = {}
    for section in sections:
        head = re.match(r"(\S+) \((\d+)\)", section)
        if head:
            told[head[1]] = (int(head[2]), _facts(section))
    own, root = _id(bridge["bridge id"]), _id(bridge["designated root"])
    root_port = (
        None if root == own else _named({name: number for name, (number, _) in told.items()}, bridge["root port"])
    )
    return StpInfo(
        first.split()[0],
        own,
        root,
        root_port,
        int(bridge["path cost"]),
        float(bridge["bridge hello time"]),
        float(bridge["bridge max age"]),
        float(bridge["bridge forward delay"]),
        "TOPOLOGY_CHANGE" in bridge.get("flags", "").split(),
        Rows(
            StpPort(
                name,
                number,
                _role(name, root_port, facts["state"], _id(facts["designated bridge"]) == own),
                facts["state"],
                int(facts["path cost"]),
                _id(facts["designated root"]),
                _id(facts["designated bridge"]),
                int(facts["designated port"], 16),
                int(facts["designated cost"]),
            )
            for name, (number, facts) in told.items()
        ),
    )


def _untold(name: str) -> StpInfo:
    return StpInfo(name, "", "", None, 0, 0.0, 0.0, 0.0, False)


def _facts(section: str) -> dict[str, str]:
    """The values of a section, each behind its name and some tabs."""
    return dict(re.findall(r"(\S+(?: \S+)*)\t+ *([^\t\n]*)", section))


def _id(text: str) -> str:
    """A bridge's id, the same by either tool: brctl leaves out the colons, and `ip` zeros."""
    priority, _, address = text.partition(".")
    parts = address.split(":") if ":" in address else re.findall("..", address)
    return f"{priority}.{':'.join(part.zfill(2) for part in parts)}"


def _with_ids(data: Entry) -> Entry:
    return {**data, **{key: _id(data[key]) for key in ("bridge_id", "root_id") if key in data}}


def _named(numbers: Mapping[str, int], wanted: object) -> str | None:
    """The port of a number."""
    return next((name for name, number in numbers.items() if number == int(str(wanted))), None)


def _role(name: str, root_port: str | None, state: str, designated: bool) -> str:
    """What a port does in the tree."""
    if state == "disabled":
        return "disabled"
    if name == root_port:
        return "root"
    return "designated" if designated else "alternate"
