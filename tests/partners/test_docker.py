"""Containers of a real Docker engine: their namespaces as places."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from netns_kit import (
    Bridge,
    DockerTable,
    Namespace,
    NamespaceFile,
    NotFoundError,
    UnreachableError,
    VethPair,
    explain,
)

from .conftest import Engine


@pytest.fixture(autouse=True)
def _entered(engine: Engine) -> Iterator[None]:
    """Commands are typed on the engine's host, and containers are of one test alone."""
    with engine.host.enter():
        yield
    for container in engine.docker("ps", "-a", "-q").split():
        engine.docker("rm", "-f", container)


def of_container(engine: Engine, name: str) -> NamespaceFile:
    """A container's namespace."""
    return Namespace.of_container(name, docker_host=engine.docker_host)


def addresses(net: NamespaceFile) -> list[str]:
    """A namespace's IPv4 addresses, lo's left out."""
    return [str(one) for one in net.addr.show() if one.family == "inet" and one.dev != "lo"]


def test_two_containers_from_outside_and_inside(engine: Engine) -> None:
    """D3.1: test1 and test2 have Docker's addresses, seen by the host's ip and by their own, and reach each other."""
    engine.run("test1")
    engine.run("test2")
    test1, test2 = of_container(engine, "test1"), of_container(engine, "test2")
    assert addresses(test1) == ["172.17.0.2/16"]
    assert addresses(test2) == ["172.17.0.3/16"]
    assert "172.17.0.3/16" in engine.docker("exec", "test2", "/bin/ip", "a")
    assert test2.ping("172.17.0.2", count=1).ok
    assert "1 packets received" in engine.docker("exec", "test1", "/bin/ping", "-c", "1", "172.17.0.3")


def test_file_and_process_lead_to_the_same_namespace(engine: Engine) -> None:
    """D4.3: SandboxKey lies under the engine's exec-root, and is the namespace of the container's process."""
    whole_id = engine.run("nginx")
    info = DockerTable(docker_host=engine.docker_host).inspect("nginx")
    assert (info.id, info.name, info.running, info.network_mode) == (whole_id, "nginx", True, "default")
    assert info.sandbox_key.startswith(f"{engine.folder}/exec/netns/")
    by_file = of_container(engine, whole_id[:12])
    assert by_file.path == info.sandbox_key == info.netns
    by_process = Namespace.of_pid(info.pid)
    seen = [net.exec("readlink", "/proc/self/ns/net").stdout for net in (by_file, by_process)]
    assert seen[0] == seen[1] != engine.host.exec("readlink", "/proc/self/ns/net").stdout


def test_a_name_of_ones_own(engine: Engine) -> None:
    """D4.4: linked as ns100, the container is listed and the host's tools work in it; ended, the link dangles."""
    engine.run("nginx")
    engine.host.exec("mkdir", "-p", "/var/run/netns/")
    info = DockerTable(docker_host=engine.docker_host).inspect("nginx")
    ns100 = Namespace("ns100").symlink(info.pid)
    assert ns100.exists()
    assert info.pid in ns100.pids()
    assert "172.17.0.2" in ns100.exec("ip", "address").stdout
    assert engine.host.netns.dangling() == ()
    engine.docker("rm", "-f", "nginx")
    assert engine.host.netns.dangling() == ("ns100",)
    ns100.delete()
    assert engine.host.netns.dangling() == ()
    assert not ns100.exists()


def test_a_network_of_another(engine: Engine) -> None:
    """A container that joins another's namespace, as Kubernetes' join the pause container's, is in that."""
    engine.run("pause")
    engine.run("web", "--network", "container:pause")
    info = DockerTable(docker_host=engine.docker_host).inspect("web")
    assert (info.sandbox_key, info.network_mode.partition(":")[0]) == ("", "container")
    assert addresses(of_container(engine, "web")) == addresses(of_container(engine, "pause")) == ["172.17.0.2/16"]


def test_the_hosts_own_network(engine: Engine) -> None:
    """With --network host the file is …/netns/default, which is the host's own namespace."""
    engine.run("agent", "--network", "host")
    agent = of_container(engine, "agent")
    assert agent.path.endswith("/netns/default")
    here, there = ([(link.index, link.name) for link in place.link.show()] for place in (engine.host, agent))
    assert here == there


def test_listed_namespaces_and_whose_they_are(engine: Engine) -> None:
    """Docker's files of namespaces come with the containers in each, also those that joined another's."""
    engine.run("pause")
    engine.run("web", "--network", "container:pause")
    engine.run("agent", "--network", "host")
    engine.run("gone")
    engine.docker("stop", "-t", "0", "gone")
    table = DockerTable(docker_host=engine.docker_host)
    assert {one.name: one.running for one in table.list()} == {"pause": True, "web": True, "agent": True, "gone": False}
    found = {one.path: {str(container) for container in one.containers} for one in table.netns()}
    assert found[table.inspect("pause").sandbox_key] == {"pause", "web"}
    assert found[f"{engine.folder}/exec/netns/default"] == {"agent"}


def test_stopped_and_restarted(engine: Engine) -> None:
    """A stopped container is refused; restarted, it is found in its new namespace, and the old one is gone."""
    engine.run("nginx")
    before = of_container(engine, "nginx")
    engine.docker("stop", "-t", "0", "nginx")
    with pytest.raises(NotFoundError, match=r"nginx does not run \(exited\).*docker start nginx"):
        of_container(engine, "nginx")
    with pytest.raises(NotFoundError):
        before.link.show()
    engine.docker("start", "nginx")
    after = of_container(engine, "nginx")
    assert after.path != before.path
    assert addresses(after) == ["172.17.0.2/16"]


def test_by_process_as_with_other_engines(engine: Engine) -> None:
    """Of podman's and containerd's containers only the process is asked for; one that has ended is refused."""
    engine.run("nginx")
    info = DockerTable(docker_host=engine.docker_host).inspect("nginx")
    assert addresses(Namespace.of_pid(info.pid)) == ["172.17.0.2/16"]
    engine.docker("rm", "-f", "nginx")
    with pytest.raises(NotFoundError):
        Namespace.of_pid(info.pid).link.show()


def test_unknown_container_and_no_engine(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that no container has, and an engine that does not run, are told apart; DOCKER_HOST is heeded."""
    with pytest.raises(NotFoundError, match="No such object: nope"):
        of_container(engine, "nope")
    with pytest.raises(NotFoundError, match="an image, a network"):
        of_container(engine, "busybox")
    with pytest.raises(UnreachableError, match="Does the engine run"):
        Namespace.of_container("nope", docker_host="unix:///nowhere.sock")
    engine.run("nginx")
    monkeypatch.setenv("DOCKER_HOST", engine.docker_host)
    assert [one.name for one in engine.host.docker.list()] == ["nginx"]
    assert Namespace.of_container("nginx").path == of_container(engine, "nginx").path


def test_wired_by_hand_to_a_bridge(engine: Engine) -> None:
    """A container without a network gets one end of a veth pair, the other is a port of a bridge of one's own."""
    engine.run("box", "--network", "none")
    box = of_container(engine, "box")
    with Bridge("br9") as bridge, VethPair("outer", "inner") as (outer, inner):
        bridge.up()
        bridge.addr.add("10.7.0.1/24")
        outer.set(master=bridge)
        outer.up()
        inner.set(netns=box)
        inner.set(name="eth0")
        inner.addr.add("10.7.0.2/24")
        inner.up()
        assert engine.host.ping("10.7.0.2", count=1).ok
        assert "10.7.0.2/24" in engine.docker("exec", "box", "/bin/ip", "address")
        assert "1 packets received" in engine.docker("exec", "box", "/bin/ping", "-c", "1", "10.7.0.1")


def test_the_trap_that_docker_sets(engine: Engine) -> None:
    """D0.4.4: Docker itself has set FORWARD to DROP, and a bridge beside it does not forward; each cure works."""
    host = engine.host
    assert str(host.iptables.rules("FORWARD")[0]) == "-P FORWARD DROP"
    assert host.sysctl["net.bridge.bridge-nf-call-iptables"] == "1"
    with Bridge("br0") as bridge, Namespace("net0") as net0, Namespace("net1") as net1:
        for number, net in enumerate((net0, net1)):
            outer, inner = VethPair(f"port{number}", "eth0", peer_netns=net).add()
            inner.addr.add(f"10.8.0.{number + 1}/24")
            inner.up()
            outer.set(master=bridge)
            outer.up()
        bridge.up()
        assert net0.ping("10.8.0.2", count=1, wait=1, check=False).received == 0
        host.sysctl["net.bridge.bridge-nf-call-iptables"] = 0
        assert net0.ping("10.8.0.2", count=1).ok
        host.sysctl["net.bridge.bridge-nf-call-iptables"] = 1
        assert net0.ping("10.8.0.2", count=1, wait=1, check=False).received == 0
        host.iptables.append("FORWARD", "-i", "br0", "-j", "ACCEPT")
        assert net0.ping("10.8.0.2", count=1).ok


def test_why_a_container_is_not_reached(engine: Engine) -> None:
    """A container is a place like any other: from the host, to another one, to what lies behind Docker's NAT."""
    engine.run("test1")
    engine.run("test2")
    test1, test2 = of_container(engine, "test1"), of_container(engine, "test2")
    for start, among in ((engine.host, [test1]), (test2, [test1])):
        why = explain(start, "172.17.0.2", among=among)
        assert why.ok, str(why)
        assert list(why.findings) == []
    engine.host.iptables.insert("FORWARD", in_interface="docker0", out_interface="docker0", jump="DROP")
    test1.link("eth0").down()
    # The host is not asked for leave to talk to a bridge of its own.
    why = explain(engine.host, "172.17.0.2", among=[test1])
    assert [one.code for one in why.findings] == ["link-down"], str(why)
    why.findings[0].apply()
    assert explain(engine.host, "172.17.0.2", among=[test1]).ok
    engine.host.sysctl["net.bridge.bridge-nf-call-iptables"] = 1
    why = explain(test2, test1, among=[test1])
    assert [one.code for one in why.findings] == ["bridge-filtered"], str(why)
    why.findings[0].apply()
    assert explain(test2, test1).ok


def test_why_a_container_does_not_reach_the_outside(engine: Engine) -> None:
    """What leaves by Docker's NAT, and what nobody masquerades."""
    engine.run("test1")
    test1 = of_container(engine, "test1")
    outside = Namespace("outside").add()
    near, far = VethPair("wan", "eth0", peer_netns=outside).add()
    for end, address in ((near, "203.0.113.1/24"), (far, "203.0.113.9/24")):
        end.addr.add(address)
        end.up()
    assert explain(test1, "203.0.113.9").ok
    (rule,) = (one for one in engine.host.iptables.rules(table="nat") if "172.17.0.0/16" in str(one))
    engine.host.iptables.delete("POSTROUTING", *rule.words, table="nat")
    why = explain(test1, "203.0.113.9")
    assert [one.code for one in why.findings] == ["no-masquerading"], str(why)
    why.findings[0].apply()
    assert explain(test1, outside).ok
