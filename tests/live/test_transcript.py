"""The transcript as a script: run on a fresh host it gives the same network."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from netns_kit import Bridge, Host, InvalidArgumentError, Link, Namespace, VethPair


def d0() -> None:
    """D0's network, with a failing ping and what leaves no trace."""
    net1 = Namespace("net1").add()
    Link("lo", at=net1).up()
    left, right = VethPair("left", "right").add()
    right.set(netns=net1)
    left.addr.add("10.1.1.1/24")
    left.up()
    with net1.enter():
        right.addr.add("10.1.1.2/24")
        right.up()
    br0 = Bridge("br0", stp_state=False).add()
    br0.up()
    for number in range(3):
        net = Namespace(f"ns {number}".replace(" ", "")).add()
        outer, inner = VethPair().add()
        inner.set(netns=net)
        inner.set(name="eth0")
        inner.addr.add(f"10.0.1.{number + 1}/24")
        inner.up()
        outer.set(master=br0, alias=f'to net{number}\'s "eth0" $HOME')
        outer.up()
        net.route.add("default", via="10.0.1.254")
    Namespace("ns0").ping("10.0.1.9", count=1, wait=0.1, check=False)
    Namespace("ns0").exec("sh", "-c", "cat > /dev/null", input="it's\ninput")


def picture(host: Host) -> dict[str, object]:
    """The links, addresses and routes of a host and of its namespaces, without what differs from run to run."""
    places = {"host": host, **{known.name: Namespace(known.name, at=host) for known in host.netns.list()}}
    return {
        name: (
            sorted(
                (
                    link.name,
                    link.kind,
                    link.mtu,
                    link.up,
                    link.master or "",
                    link.alias or "",
                    link.lower or "",
                    link.txqueuelen,
                )
                for link in place.link.list()
            ),
            sorted((one.dev, str(one), one.scope) for one in place.addr.show(family=4)),
            sorted((one.dst, one.dev or "", one.gateway or "", one.prefsrc or "") for one in place.route.list()),
        )
        for name, place in places.items()
    }


def test_the_script_builds_the_same_network(host: Host, tmp_path: Path) -> None:
    """`bash -e` of the transcript on a fresh private host gives the same links, addresses and routes."""
    d0()
    script = tmp_path / "script"
    script.write_text(str(host.transcript))
    wanted = picture(host)
    with Host.private() as fresh:
        done = fresh.exec("bash", "-e", script)
        assert picture(fresh) == wanted, done
    assert len(wanted) == 5


def test_the_script_of_a_session(host: Host, tmp_path: Path) -> None:
    """A shell that was typed into is in the script, with what was typed."""
    host.exec("touch", "/var/run/netns/net1")
    with host.session("unshare", "--net", "bash") as shell:
        Bridge("br0").add()
        shell.exec("mount", "--bind", "/proc/self/ns/net", "/var/run/netns/net1")
    script = tmp_path / "script"
    script.write_text(str(host.transcript))
    with Host.private() as fresh:
        fresh.exec("bash", "-e", script)
        assert {link.name for link in Namespace("net1").link.list()} == {"lo", "br0"}


def test_a_background_process_in_the_script(host: Host, tmp_path: Path) -> None:
    """A process in the background is started in the script, and ends with it."""
    with host.start("sleep", "30"):
        host.netns.add("net0")
    script = tmp_path / "script"
    script.write_text(str(host.transcript))
    with Host.private() as fresh:
        fresh.exec("bash", "-e", script, timeout=10)
        assert Namespace("net0").exists()


def test_what_was_waited_for_in_the_script(host: Host, tmp_path: Path) -> None:
    """A background process that was waited for has done its work before what was typed after it, and at the end."""
    host.start("sh", "-c", "sleep 0.2; ip link add x type bridge").wait()
    Link("x").set(mtu=1400)
    host.start("sh", "-c", "sleep 0.2; ip link add y type bridge").wait()
    script = tmp_path / "script"
    script.write_text(str(host.transcript))
    with Host.private() as fresh:
        fresh.exec("bash", "-e", script, timeout=10)
        assert {link.name: link.mtu for link in fresh.link.list()} | {"lo": 0} == {"lo": 0, "x": 1400, "y": 1500}


def test_saved_as_lines(host: Host, tmp_path: Path) -> None:
    """Saved, it is one JSON object a command, as it ran."""
    Namespace("net0").add()
    host.netns.list()
    host.transcript.save(tmp_path / "lines")
    lines = [json.loads(line) for line in (tmp_path / "lines").read_text().splitlines()]
    assert [line["argv"] for line in lines] == [["ip", "netns", "add", "net0"], ["ip", "-j", "netns", "list"]]
    assert all(line["returncode"] == 0 and line["duration"] > 0 for line in lines)


def test_a_bounded_host() -> None:
    """A host keeps as many commands as it is told; what they gave back is whole. What is no number is none."""
    with Host.private(transcript=2) as host:
        for number in range(5):
            assert host.exec("echo", str(number)).stdout == f"{number}\n"
        assert [str(one.command) for one in host.transcript] == ["echo 3", "echo 4"]
    with pytest.raises(InvalidArgumentError, match="transcript"):
        Host.private(transcript="many")  # type: ignore[arg-type]
