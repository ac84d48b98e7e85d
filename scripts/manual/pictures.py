"""The README's pictures, as the library draws them: one for light pages, and one for dark ones."""

from __future__ import annotations

from pathlib import Path

from netns_kit import Bridge, Host, Namespace, Topology

FOLDER = Path(__file__).parent / "pictures"


def bridge() -> Topology:
    """Three namespaces at a bridge."""
    with Host.private() as host:
        br0 = Bridge("br0").add(up=True)
        for number in (1, 2, 3):
            br0.plug(Namespace(f"net{number}").add(), address=f"10.0.1.{number}/24", port=f"port{number}")
        return Topology.of(host)


def main() -> None:
    """Draw them anew."""
    FOLDER.mkdir(exist_ok=True)
    drawn = bridge()
    (FOLDER / "bridge-light.svg").write_text(drawn.as_svg(), encoding="utf-8")
    (FOLDER / "bridge-dark.svg").write_text(drawn.as_svg(dark=True), encoding="utf-8")


if __name__ == "__main__":
    main()
