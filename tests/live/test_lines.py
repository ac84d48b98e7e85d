"""What an answer says as text is the command that makes it, and what scripts do with `|| true` is no error."""

from __future__ import annotations

import shlex

import pytest

from netns_kit import ExistsError, Host, Namespace, NextHop, NotFoundError, Veth, VethPair


@pytest.fixture
def v0(host: Host) -> Veth:
    """One of two links that are up."""
    first, second = VethPair("v0", "v1", at=host).add()
    second.up()
    first.up()
    return first


def populate(host: Host, v0: Veth) -> None:
    """Have addresses, routes, rules and neighbours with most of their words."""
    v0.addr.add("10.0.0.2/24", valid_lft=10000, preferred_lft=5000, metric=77, label="v0:x")
    v0.addr.add("10.4.0.1", peer="10.4.0.2/32", noprefixroute=True)
    v0.addr.add("fd00::1/64", nodad=True, home=True)
    host.route.add(
        "10.5.0.0/16", via="10.0.0.9", tos=4, mtu=1400, advmss=1000, rtt="3s", rto_min="20ms", realms="5/6",
        quickack=True, congctl="reno", features="ecn", initcwnd=10, proto="static", metric=7,
    )  # fmt: skip
    host.route.add("default", dev=v0, family=6, pref="high")
    host.route.add("10.7.0.0/16", encap="ip id 5 dst 192.0.2.1 ttl 3", dev=v0)
    host.route.add(
        "10.8.0.0/16", nexthops=[NextHop(via="10.0.0.5", weight=3, onlink=True, dev="v0"), NextHop(dev="v1")]
    )
    host.route.add("10.9.0.0/16", type="blackhole", table=77)
    host.rule.add(
        not_=True, from_="10.0.0.0/8", tos=8, fwmark="3/0xf", iif="v0", oif="v1", priority=50, uidrange="5-9",
        ipproto="tcp", sport="5-6", dport=80, table=7, suppress_prefixlength=0, suppress_ifgroup=3, realms="3/4",
    )  # fmt: skip
    host.rule.add(l3mdev=True, priority=60)
    host.rule.add(from_="10.0.0.1", goto=100, priority=62)
    host.rule.add(to="fd00::/8", action="prohibit", priority=63)
    host.neigh.add("10.0.0.3", lladdr="02:00:00:00:00:03", dev=v0, nud="permanent", router=True, protocol="static")
    host.neigh.add("10.0.0.6", dev=v0, proxy=True)


def lines(host: Host) -> list[str]:
    """What is there, as the commands that make it; what the kernel makes by itself is left out."""
    routes = (one for family in (4, 6) for one in host.route.show(table="all", family=family))  # type: ignore[arg-type]
    rules = (one for family in (4, 6) for one in host.rule.show(family=family))  # type: ignore[arg-type]
    return [
        *(one.line for one in host.addr.show(dev="v0", tentative=False) if one.scope != "link"),
        *(str(one) for one in routes if one.protocol not in ("kernel", "ra")),
        *(str(one) for one in rules if 0 < one.priority < 32766),
        *(str(one) for proxy in (False, True) for one in host.neigh.show(proxy=proxy)),
    ]


def test_lines_make_what_they_say(host: Host, v0: Veth) -> None:
    """Typed on another host, the lines of addresses, routes, rules and neighbours give the same lines there."""
    populate(host, v0)
    said = lines(host)
    assert len(said) == 14
    with Host.private() as other:
        first, second = VethPair("v0", "v1").add()
        second.up()
        first.up()
        for line in said:
            other.exec(*shlex.split(line))
        assert lines(other) == said


def test_there_already(host: Host, v0: Veth) -> None:
    """With `exists_ok` and `missing_ok`, what is there already, and what is not there, are no errors; else they are."""
    for _ in range(2):
        v0.addr.add("10.0.0.1/24", exists_ok=True)
        host.route.add("10.5.0.0/16", dev=v0, exists_ok=True)
        host.rule.add(priority=9, table=7, exists_ok=True)
        host.neigh.add("10.0.0.3", lladdr="02:00:00:00:00:03", dev=v0, exists_ok=True)
        Namespace("x").add(exists_ok=True)
    with pytest.raises(ExistsError):
        v0.addr.add("10.0.0.1/24")
    for _ in range(2):
        Namespace("x").delete(missing_ok=True)
        host.neigh.delete("10.0.0.3", dev=v0, missing_ok=True)
        host.rule.delete(priority=9, missing_ok=True)
        host.route.delete("10.5.0.0/16", missing_ok=True)
        v0.addr.delete("10.0.0.1/24", missing_ok=True)
    with pytest.raises(NotFoundError):
        v0.addr.delete("10.0.0.1/24")


def test_there_already_in_a_batch(host: Host, v0: Veth) -> None:
    """In a batch too, what is there already is no error, and what comes behind it runs."""
    v0.addr.add("10.0.0.1/24")
    with host.batch():
        v0.addr.add("10.0.0.1/24", exists_ok=True)
        v0.addr.add("10.0.0.2/24")
    assert [one.local for one in v0.addr.show(family=4)] == ["10.0.0.1", "10.0.0.2"]


def test_one_neighbour(host: Host, v0: Veth) -> None:
    """One neighbour is asked for, and has all that the tool told of it; one that is not there is an error."""
    host.neigh.add("10.0.0.3", lladdr="02:00:00:00:00:03", dev=v0, nud="permanent", extern_learn=True, protocol=9)
    found = host.neigh.get("10.0.0.3", dev=v0)
    assert (found.lladdr, found.state, found.flags) == ("02:00:00:00:00:03", ("PERMANENT",), ("extern_learn",))
    assert found == host.neigh.show(dev=v0)[0]
    with pytest.raises(NotFoundError):
        host.neigh.get("10.0.0.4", dev=v0)
