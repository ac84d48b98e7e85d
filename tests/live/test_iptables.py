"""The firewall, for both families."""

from __future__ import annotations

import pytest

from netns_kit import CommandError, Host, InvalidArgumentError, Namespace, NetnsKitError, NotFoundError, VethPair
from netns_kit.tables.iptables import IptablesTable


@pytest.fixture(params=["iptables", "ip6tables"])
def firewall(request: pytest.FixtureRequest, host: Host) -> IptablesTable:
    """The firewall of a private host, for IPv4 and for IPv6."""
    table: IptablesTable = getattr(host, request.param)
    return table


def test_rules_round_trip(firewall: IptablesTable) -> None:
    """Rules by words and by names are read back typed, in order, and by what they print can be given again."""
    firewall.append("FORWARD", "-i", "br0", "-j", "ACCEPT")
    firewall.append("INPUT", protocol="tcp", in_interface="! eth0", match="tcp", dport=80, jump="DROP")
    firewall.insert("FORWARD", out_interface="br1", jump="ACCEPT")
    firewall.insert("FORWARD", "-o", "br2", "-m", "comment", "--comment", 'it\'s a "comment"', "-j", "DROP", number=2)
    rules = [rule for rule in firewall.rules("FORWARD") if rule.policy is None]
    assert [rule.words for rule in rules] == [
        ("-o", "br1", "-j", "ACCEPT"),
        ("-o", "br2", "-m", "comment", "--comment", 'it\'s a "comment"', "-j", "DROP"),
        ("-i", "br0", "-j", "ACCEPT"),
    ]
    (rule,) = (rule for rule in firewall.rules("INPUT") if rule.policy is None)
    assert rule.options == {"in_interface": "! eth0", "protocol": "tcp", "match": "tcp", "dport": "80", "jump": "DROP"}
    for rule in rules:
        assert firewall.check("FORWARD", *rule.words)
        firewall.delete("FORWARD", *rule.words)
    assert [str(rule) for rule in firewall.rules("FORWARD")] == ["-P FORWARD ACCEPT"]


def test_chains_and_policies(firewall: IptablesTable) -> None:
    """A chain is made, jumped to, and deleted when it is empty and unused; a policy is set and read."""
    firewall.policy("FORWARD", "DROP")
    firewall.new_chain("MINE")
    firewall.append("FORWARD", jump="MINE")
    firewall.append("MINE", jump="RETURN")
    assert [(rule.chain, rule.policy) for rule in firewall.rules() if rule.policy] == [
        ("INPUT", "ACCEPT"), ("FORWARD", "DROP"), ("OUTPUT", "ACCEPT"), ("MINE", "-"),
    ]  # fmt: skip
    with pytest.raises(CommandError):
        firewall.delete_chain("MINE")
    firewall.flush()
    firewall.delete_chain("MINE")
    with pytest.raises(NotFoundError):
        firewall.append("MINE", jump="ACCEPT")
    assert "policy DROP" in str(firewall.list("FORWARD"))


def test_check_and_delete(firewall: IptablesTable) -> None:
    """`check` says whether a rule is there; deleting one that is not is NotFoundError, by its number, too."""
    assert not firewall.check("INPUT", "-i", "lo", "-j", "ACCEPT")
    firewall.append("INPUT", "-i", "lo", "-j", "ACCEPT")
    assert firewall.check("INPUT", in_interface="lo", jump="ACCEPT")
    firewall.delete("INPUT", number=1)
    assert not firewall.check("INPUT", in_interface="lo", jump="ACCEPT")
    with pytest.raises(CommandError):
        firewall.delete("INPUT", number=1)
    with pytest.raises(NotFoundError):
        firewall.delete("INPUT", "-i", "lo", "-j", "ACCEPT")


def test_nat(host: Host) -> None:
    """A masquerade in a namespace's nat table lets its neighbour out under its address."""
    inside, router, outside = (Namespace(name).add() for name in ("inside", "router", "outside"))
    VethPair("eth0", "in", peer_netns=router, at=inside).add()
    VethPair("out", "eth0", peer_netns=outside, at=router).add()
    for net, name, address in ((inside, "eth0", "10.0.0.2/24"), (router, "in", "10.0.0.1/24"),
                               (router, "out", "192.0.2.1/24"), (outside, "eth0", "192.0.2.2/24")):  # fmt: skip
        net.link(name).addr.add(address)
        net.link(name).up()
    inside.route.add("default", via="10.0.0.1")
    router.sysctl["net.ipv4.ip_forward"] = 1
    assert not inside.ping("192.0.2.2", count=1, wait=0.3, check=False)
    router.iptables.append("POSTROUTING", table="nat", source="10.0.0.0/24", out_interface="out", jump="MASQUERADE")
    assert inside.ping("192.0.2.2", count=1).ok
    (rule,) = (rule for rule in router.iptables.rules(table="nat") if rule.policy is None)
    assert rule.options == {"source": "10.0.0.0/24", "out_interface": "out", "jump": "MASQUERADE"}
    router.iptables.flush(table="nat")
    assert host.iptables.rules(table="nat") == router.iptables.rules(table="nat")


def test_a_rule_is_handed_back(host: Host) -> None:
    """What was appended can be deleted by itself, and so can what was read; the same words serve all verbs."""
    words = {"in_interface": "br0", "jump": "ACCEPT"}
    rule = host.iptables.append("FORWARD", **words)
    assert host.iptables.check("FORWARD", **words)
    rule.delete()
    assert not host.iptables.check("FORWARD", **words)
    host.iptables.insert("FORWARD", source="10.0.0.0/8", jump="DROP")
    (read,) = (one for one in host.iptables.rules() if one.policy is None)
    read.delete()
    with pytest.raises(NetnsKitError):
        read.delete()
    with pytest.raises(InvalidArgumentError, match=r"FORWARD"):
        host.iptables.rules("FORWARD")[0].delete()


def test_counters(host: Host) -> None:
    """What a rule has seen is counted, and set to zero."""
    host.iptables.append("OUTPUT", protocol="icmp", jump="ACCEPT")
    assert host.ping("127.0.0.1", count=2, interval=0.01).ok
    (rule,) = (one for one in host.iptables.rules("OUTPUT", counters=True) if one.policy is None)
    assert (rule.packets, rule.words) == (4, ("-p", "icmp", "-j", "ACCEPT"))
    host.iptables.zero("OUTPUT")
    assert [one.packets for one in host.iptables.rules("OUTPUT", counters=True)] == [0, 0]


def test_save_and_restore(host: Host) -> None:
    """All rules as text, taken away and put back at once; a text that is wrong changes nothing."""
    host.iptables.append("FORWARD", source="10.0.0.0/8", match="comment", comment="a b", jump="ACCEPT")
    before = host.iptables.rules()
    saved = host.iptables.save()
    host.iptables.flush()
    host.iptables.restore(saved)
    assert host.iptables.rules() == before
    host.iptables.restore("*filter\nCOMMIT\n", noflush=True)
    with pytest.raises(NetnsKitError):
        host.iptables.restore("nonsense\n", test=True)
    assert host.iptables.rules() == before
