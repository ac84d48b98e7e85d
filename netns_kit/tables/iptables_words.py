"""What a rule of iptables says: its long options, each with its meaning, and what it is of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from netns_kit.commands.types import Address, LinkName, Network

Value = str | int
"""As iptables takes it; one that begins with "! " says the contrary."""

Switch = bool | str
"""True says it; "! " says the contrary."""

Addresses = str | Address | Network
"""An address or a network; a text that begins with "! " stands for all others."""

Interfaces = str | LinkName
"""A link, or its name; "eth+" stands for all that begin so, "! eth0" for all others."""

Modules = str | Sequence[str]
"""The names of modules, one or several."""


class RuleOptions(TypedDict, total=False):
    """A rule by iptables' long options, in the order in which they are typed: a match before what belongs to it."""

    # what every packet has
    protocol: Value  # which protocol: "tcp", "udp", "icmp", a number or "all"
    source: Addresses  # where it comes from: an address or a network
    destination: Addresses  # where it goes: an address or a network
    in_interface: Interfaces  # the link it came by; "eth+" stands for all that begin so
    out_interface: Interfaces  # the link it leaves by
    fragment: Switch  # second and further fragments
    match: Modules  # modules that look further, such as "conntrack"; several in a row

    # ports
    sport: Value  # its source port, or such as "1024:65535"
    dport: Value  # its destination port, or such as "80:90"
    source_port: Value  # the same as `sport`
    destination_port: Value  # the same as `dport`
    sports: Value  # multiport: up to 15 source ports, with commas
    dports: Value  # multiport: up to 15 destination ports, with commas
    ports: Value  # multiport: either of both
    tcp_flags: Value  # which flags are looked at, and which of them are set, such as "SYN,ACK SYN"
    tcp_option: Value  # a TCP option that is set
    syn: Switch  # TCP's first packet
    icmp_type: Value  # such as "echo-request"
    icmpv6_type: Value  # such as "echo-request"
    chunk_types: Value  # sctp: which chunks
    dccp_types: Value  # dccp: which packets

    # the connection
    state: Value  # state: such as "NEW,ESTABLISHED"
    ctstate: Value  # conntrack: such as "RELATED,ESTABLISHED"
    ctproto: Value  # conntrack: its protocol
    ctorigsrc: Addresses  # conntrack: where it came from at first
    ctorigdst: Addresses  # conntrack: where it went at first
    ctreplsrc: Addresses  # conntrack: where answers come from
    ctrepldst: Addresses  # conntrack: where answers go
    ctorigsrcport: Value  # conntrack: its first source port
    ctorigdstport: Value  # conntrack: its first destination port
    ctstatus: Value  # conntrack: such as "ASSURED"
    ctexpire: Value  # conntrack: seconds that are left
    ctdir: Value  # conntrack: "ORIGINAL" or "REPLY"
    connbytes: Value  # connbytes: how many so far, such as "1000:"
    connbytes_dir: Value  # connbytes: "original", "reply" or "both"
    connbytes_mode: Value  # connbytes: "packets", "bytes" or "avgpkt"
    connlimit_upto: Value  # connlimit: so many connections at the most
    connlimit_above: Value  # connlimit: more than so many
    connlimit_mask: Value  # connlimit: prefix length of what counts as one host
    connlimit_saddr: Switch  # connlimit: by source
    connlimit_daddr: Switch  # connlimit: by destination
    helper: Value  # helper: of which helper it is

    # the packet
    mark: Value  # mark, connmark: a number, with its mask behind a slash
    length: Value  # length: its bytes, or such as "64:128"
    ttl_eq: Value  # ttl: just so many hops
    ttl_gt: Value  # ttl: more
    ttl_lt: Value  # ttl: fewer
    hl_eq: Value  # hl: just so many hops of IPv6
    hl_gt: Value  # hl: more
    hl_lt: Value  # hl: fewer
    tos: Value  # tos: its type of service
    dscp: Value  # dscp: its code point
    dscp_class: Value  # dscp: its class, such as "EF"
    ecn_tcp_cwr: Switch  # ecn: the window was reduced
    ecn_tcp_ece: Switch  # ecn: congestion is echoed
    ecn_ip_ect: Value  # ecn: 0 to 3
    mss: Value  # tcpmss: its segment size, or a range
    mac_source: Value  # mac: its Ethernet source
    src_type: Value  # addrtype: such as "LOCAL"
    dst_type: Value  # addrtype: such as "BROADCAST"
    limit_iface_in: Switch  # addrtype: on the link that it came by
    limit_iface_out: Switch  # addrtype: on the link that it leaves by
    pkt_type: Value  # pkttype: "unicast", "broadcast" or "multicast"
    src_range: Value  # iprange: such as "10.0.0.1-10.0.0.9"
    dst_range: Value  # iprange: such as "10.0.0.1-10.0.0.9"
    physdev_in: Interfaces  # physdev: the bridge's port it came by
    physdev_out: Interfaces  # physdev: the bridge's port it leaves by
    physdev_is_in: Switch  # physdev: it came by a bridge's port
    physdev_is_out: Switch  # physdev: it leaves by one
    physdev_is_bridged: Switch  # physdev: it is bridged, not routed
    string: Value  # string: what it holds
    hex_string: Value  # string: what it holds, in hexadecimal between bars
    algo: Value  # string: "bm" or "kmp"
    from_: Value  # string: from which byte on
    to: Value  # string: up to which byte; NETMAP: the network that addresses are of afterwards
    icase: Switch  # string: in capitals or not
    u32: Value  # u32: what its bytes are
    bytecode: Value  # bpf: the program
    espspi: Value  # esp: its number, or a range
    ahspi: Value  # ah: its number, or a range
    vxlan: Value  # vxlan: its network
    realm: Value  # realm: its routing realm
    rt_type: Value  # rt: IPv6's routing header

    # how often, when, whose
    limit: Value  # limit: how often, such as "3/minute"
    limit_burst: Value  # limit: how many at once
    hashlimit_upto: Value  # hashlimit: how often at the most
    hashlimit_above: Value  # hashlimit: more often
    hashlimit_burst: Value  # hashlimit: how many at once
    hashlimit_mode: Value  # hashlimit: what counts as one, such as "srcip,dstport"
    hashlimit_name: Value  # hashlimit: the table's name
    hashlimit_srcmask: Value  # hashlimit: prefix length of sources
    hashlimit_dstmask: Value  # hashlimit: prefix length of destinations
    hashlimit_htable_expire: Value  # hashlimit: milliseconds
    mode: Value  # statistic: "random" or "nth"; policy: "tunnel" or "transport"
    probability: Value  # statistic: 0 to 1
    every: Value  # statistic: each so-manieth
    packet: Value  # statistic: from which on
    quota: Value  # quota: so many bytes
    name: Value  # recent, quota: of the list
    set: Switch  # recent: remember the source
    rcheck: Switch  # recent: it is remembered
    update: Switch  # recent: likewise, and remember it anew
    remove: Switch  # recent: forget it
    seconds: Value  # recent: not longer ago
    hitcount: Value  # recent: so often
    rttl: Switch  # recent: with the same time to live
    rsource: Switch  # recent: by source
    rdest: Switch  # recent: by destination
    match_set: Value  # set: an ipset and its directions, such as "blocked src"
    timestart: Value  # time: such as "08:00"
    timestop: Value  # time: such as "17:00"
    datestart: Value  # time: such as "2030-01-01"
    datestop: Value  # time: such as "2030-12-31"
    weekdays: Value  # time: such as "Mon,Tue"
    monthdays: Value  # time: such as "1,15"
    kerneltz: Switch  # time: in the kernel's time zone
    uid_owner: Value  # owner: whose process sent it
    gid_owner: Value  # owner: of which group
    socket_exists: Switch  # owner: a process has it
    cgroup: Value  # cgroup: its number
    path: Value  # cgroup: its path
    cpu: Value  # cpu: which one
    dir: Value  # policy: "in" or "out"
    pol: Value  # policy: "ipsec" or "none"
    strict: Switch  # policy: just so
    reqid: Value  # policy: its number
    spi: Value  # policy: its number
    proto: Value  # policy: "esp", "ah" or "ipcomp"
    tunnel_src: Addresses  # policy: the tunnel's end
    tunnel_dst: Addresses  # policy: the tunnel's other end
    next: Switch  # policy: the next of its elements
    loose: Switch  # rpfilter: by whatever link
    validmark: Switch  # rpfilter: with its mark
    accept_local: Switch  # rpfilter: also from here
    invert: Switch  # rpfilter: those that fail
    transparent: Switch  # socket: of a transparent one
    nowildcard: Switch  # socket: also of one that listens everywhere
    genre: Value  # osf: which system
    comment: Value  # comment: a text for people

    # what becomes of it
    jump: Value  # what becomes of it: "ACCEPT", "DROP", "REJECT", … or a chain
    goto: Value  # the chain that goes on; it does not come back
    reject_with: Value  # REJECT: such as "icmp-port-unreachable"
    to_destination: Value  # DNAT: an address, with a port behind a colon
    to_source: Value  # SNAT: an address, with ports behind a colon
    to_ports: Value  # REDIRECT, MASQUERADE: a port, or a range
    random: Switch  # NAT: with a random port
    random_fully: Switch  # NAT: with a port that is fully random
    persistent: Switch  # NAT: each client gets the same address
    log_prefix: Value  # LOG: a text before it
    log_level: Value  # LOG: such as "info"
    log_tcp_sequence: Switch  # LOG: with TCP's numbers
    log_tcp_options: Switch  # LOG: with TCP's options
    log_ip_options: Switch  # LOG: with IP's options
    log_uid: Switch  # LOG: with whose it is
    nflog_group: Value  # NFLOG: which group
    nflog_prefix: Value  # NFLOG: a text before it
    nflog_size: Value  # NFLOG: how many bytes of it
    nflog_threshold: Value  # NFLOG: how many at once
    set_mark: Value  # MARK, CONNMARK: a number, with its mask behind a slash
    set_xmark: Value  # MARK, CONNMARK: likewise, by exclusive or
    and_mark: Value  # MARK, CONNMARK: bits that stay
    or_mark: Value  # MARK, CONNMARK: bits that are set
    xor_mark: Value  # MARK, CONNMARK: bits that are turned
    save_mark: Switch  # CONNMARK: the connection gets the packet's
    restore_mark: Switch  # CONNMARK: the packet gets the connection's
    nfmask: Value  # CONNMARK: the packet's mask
    ctmask: Value  # CONNMARK: the connection's mask
    set_class: Value  # CLASSIFY: such as "1:10"
    set_dscp: Value  # DSCP: its code point
    set_dscp_class: Value  # DSCP: its class
    set_tos: Value  # TOS: its type of service
    ttl_set: Value  # TTL: so many hops
    ttl_dec: Value  # TTL: so many fewer
    ttl_inc: Value  # TTL: so many more
    hl_set: Value  # HL: so many hops
    hl_dec: Value  # HL: so many fewer
    hl_inc: Value  # HL: so many more
    set_mss: Value  # TCPMSS: the segment size
    clamp_mss_to_pmtu: Switch  # TCPMSS: as the path allows
    checksum_fill: Switch  # CHECKSUM: it gets its checksum
    notrack: Switch  # CT: it is of no connection
    zone: Value  # CT: of which zone
    timeout: Value  # CT, SET: its time-out
    add_set: Value  # SET: into which ipset, and what
    del_set: Value  # SET: out of which ipset, and what
    exist: Switch  # SET: it may be there already
    gateway: Addresses  # TEE: who gets a copy
    on_port: Value  # TPROXY: which port
    on_ip: Addresses  # TPROXY: which address
    tproxy_mark: Value  # TPROXY: a mark
    queue_num: Value  # NFQUEUE: which one
    queue_balance: Value  # NFQUEUE: which ones, such as "0:3"
    queue_bypass: Switch  # NFQUEUE: passes if nobody listens
    led_trigger_id: Value  # LED: its name
    rateest_name: Value  # RATEEST: its name
    rateest_interval: Value  # RATEEST: how often
    rateest_ewmalog: Value  # RATEEST: over how long
    set_counters: Value  # packets and bytes to begin with, such as "10 100"
