ip link add h0-eth0 type veth peer name test-h0
ip link set dev h0-eth0 netns h0
ip netns exec h0 ip addr add 10.0.0.1/24 dev h0-eth0
ip netns exec h1 ip link set dev h1-eth0 up
ip netns exec h0 ip link set lo up
ip netns exec h1 ip route add default via 192.168.0.1
ip netns exec h1 ip addr add beef::1/64 dev veth3
ip netns exec h1 ip -4 route add default via 10.0.2.254 dev veth3
ip netns exec h1 ip -6 route add default via beef::254 dev veth3
ip netns exec h1 ip link set h1-eth0 address 00:0a:00:00:01:01
sudo ip link set up dev s1-eth0
ip link set name br0 type bridge vlan_filtering 1 vlan_default_pvid 23 vlan_protocol 802.1ad
bridge vlan add vid 23 dev br0 self
bridge vlan add dev veth1 vid 23
bridge vlan add dev veth1 vid 11 pvid untagged
bridge vlan add dev eth0 vid 10 pvid untagged master
bridge vlan show
/usr/sbin/ip netns exec ns100 /usr/sbin/ip link add link veth100 name veth100.100 type vlan id 100
/usr/sbin/bridge vlan add dev veth100p vid 100
/usr/sbin/ethtool -K veth1 rxvlan off txvlan off rx-vlan-filter off
nft add table bridge firewall
ip netns exec ns1 ip a a dev eth0 10.0.0.7/24
ip netns exec ns2 ip link a link eth0 name vlan type vlan id 200
ip l add dev br0 type bridge vlan_filtering 1
brctl addif br0 veth1
ip l add dev vxlan type vxlan external dstport 4789
bridge link set dev veth1 vlan_tunnel on
bridge vlan add dev vxlan vid 100 tunnel_info id 1000
bridge fdb add fa:fa:ff:ff:ff:ff dev vxlan dst 11.0.0.2 src_vni 1000 vni 1000 self
bridge fdb show br br0
ip route get 8.8.8.8
ip neigh show
ip neigh flush dev eth0
ip rule list
ip rule add from 192.168.1.0/24 table 100
ip route add default via 10.0.0.1 table 100
ip rule add from 192.168.1.0/24 table from_eth0 priority 100
ip route add default scope global nexthop via 10.0.0.1 weight 1 nexthop via 10.0.0.2 weight 1
ip rule add fwmark 0x1 table 100
ip route show table all
ip rule add to 172.16.0.0/12 table 200
ip rule add from 192.168.1.0/24 table 100 priority 1000
ip rule del from 10.0.0.0/8 table 100
ip route add 10.0.0.0/24 dev eth1 table 100
ip neigh add 192.168.1.1 lladdr 00:11:22:33:44:55 dev eth0
ip neigh del 192.168.1.1 dev eth0
ip rule add from 192.168.1.0/24 lookup 100
ip link set eth0 mtu 9000
ip link set eth0 txqueuelen 10000
ip -s link show eth0
iptables -t nat -A POSTROUTING -s 10.0.0.0/30 ! -o gre+ -j SNAT --to-source 1.2.3.4
ip route flush cache
ip route get 8.8.8.8 from 192.168.1.5 iif eth1
sudo ip tunnel add gre1 mode gre remote 1.2.3.4 local 5.6.7.8 ttl 255
sudo ip addr add 10.0.0.2/30 dev gre1
tc qdisc add dev eth0 root handle 1: htb default 20
tc class add dev eth0 parent 1: classid 1:1 htb rate 100mbit
tc class add dev eth0 parent 1:1 classid 1:10 htb rate 30mbit ceil 100mbit
tc qdisc add dev eth0 parent 1:10 fq_codel
tc filter add dev eth0 parent 1: protocol ip prio 1 u32 flowid 1:1 match ip dst 172.31.38.44/32
tc qdisc add dev eth0 parent 1:1 handle 10: netem delay 65.0ms
tc class add dev eth0 parent 1:1 classid 1:30 htb rate 1kbit ceil 6mbit burst 15k
tc filter add dev eth0 parent 1: protocol ip prio 16 u32 match ip dst 10.0.0.1 flowid 1:1
tc filter add dev eth0 protocol ip parent 1:0 prio 1 u32 match ip dst 0.0.0.0/0 flowid 1:10
tc qdisc add dev eth0 clsact
tc class add dev eth0 parent 1:1 classid 1:10 htb rate 40mbit ceil 100mbit burst 15k prio 1
tc filter add dev eth0 protocol ip parent 1: prio 1 u32 match ip protocol 6 0xff flowid 1:1
tc qdisc show dev eth0
tc -s class show dev eth0
tc -s -d qdisc show dev eth0
tc qdisc add dev eth0 root netem delay 100ms 20ms distribution normal
tc qdisc change dev eth0 root netem loss 0.3% 25%
tc qdisc add dev eth0 root tbf rate 256kbit buffer 1600 limit 3000
tc qdisc add dev eth0 ingress
tc filter add dev eth0 parent ffff: protocol ip u32 match u32 0 0 action mirred egress redirect dev ifb0
ip link add ifb0 type ifb
ip link add bond0 type bond mode 802.3ad miimon 100 lacp_rate fast xmit_hash_policy layer3+4
ip link set eth1 master bond0
ip link add link eth0 macvlan1 type macvlan mode bridge
ip link add name ipvl0 link eth0 type ipvlan mode l2
ip link add vrf-blue type vrf table 10
ip link set dev eth1 vrf vrf-blue
ip route add vrf vrf-blue 10.1.0.0/16 via 10.0.0.1
ip vrf exec vrf-blue ping -c 3 10.0.0.2
ip link add vxlan100 type vxlan id 100 group 239.1.1.1 dev eth0 dstport 4789
bridge fdb append 00:00:00:00:00:00 dev vxlan100 dst 192.168.1.2
ip link add wg0 type wireguard
ip -6 addr add 2001:db8::1/64 dev eth0 nodad
ip -6 neigh show
ss -tlnp
iptables -P FORWARD DROP
iptables -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
iptables -A INPUT -p tcp -m multiport --dports 22,80,443 -j ACCEPT
iptables -A INPUT -p icmp --icmp-type echo-request -m limit --limit 1/s -j ACCEPT
iptables -t nat -A PREROUTING -p tcp --dport 8080 -j DNAT --to-destination 10.0.0.2:80
iptables -t nat -L -n -v
iptables -t mangle -A PREROUTING -i eth1 -j MARK --set-mark 1
iptables -D INPUT 3
iptables -I INPUT 1 -s 10.0.0.0/8 -m comment --comment "trusted" -j ACCEPT
iptables -N LOGGING
iptables -A LOGGING -m limit --limit 2/min -j LOG --log-prefix "IPTables-Dropped: " --log-level 4
iptables -F
iptables -X
sysctl -w net.ipv4.ip_forward=1
sysctl net.ipv4.conf.all.rp_filter
ip netns list
ip netns pids h1
ip netns identify 1
ip -all netns exec ip link
ip -br addr
ip -br link show type veth
ip -c route
ip -d link show vxlan100
ip link show type bridge
ip link delete veth0
ip netns delete h1
ip addr flush dev eth0
ip addr del 10.0.0.1/24 dev eth0
ip route replace default via 10.0.0.254 metric 50
ip route add blackhole 10.9.0.0/16
ip route add 10.0.0.0/24 via 192.168.1.1 mtu 1400
ip link set dev eth0 promisc on
ip link set dev eth0 down
ip link set dev eth0 name lan0
ip link set dev eth0 alias "uplink"
ip link property add dev eth0 altname uplink0
ip nexthop add id 1 via 10.0.0.1 dev eth0
ip nexthop add id 10 group 1/2
ip route add 10.2.0.0/16 nhid 10
ip maddress show dev eth0
ip -6 route add fc00:1::/64 encap seg6 mode encap segs fc00::a,fc00::b dev eth0
ethtool -S veth0
ethtool eth0
ping -c 3 -I eth0 10.0.0.2
ping -6 -c1 fe80::1%eth0
ping -M do -s 1472 -c 1 10.0.0.1
nft list ruleset
nft add rule inet filter input tcp dport 22 accept
bridge mdb show
bridge link show
bridge link set dev eth1 learning off flood off
brctl show
brctl stp br0 on
brctl showmacs br0
modprobe ipip
ip token set ::1 dev eth0
ip fou add port 5555 ipproto 4
ip neigh add proxy 10.0.0.5 dev eth0
ip addr add 10.0.0.1 peer 10.0.0.2 dev tun0
ip addr add 10.0.0.1/24 brd + dev eth0 label eth0:1
ip link set br0 type bridge mcast_snooping 0
ip link set veth0 type bridge_slave isolated on
sudo ip netns add h1
sudo ip netns add h2
sudo ip netns exec h1 ip link set lo up
sudo ip link add s1-eth1 type veth peer name h1-eth0
sudo ip link set h1-eth0 netns h1
sudo ip netns exec h1 ip link set dev h1-eth0 up
sudo ip netns exec h1 ip link set h1-eth0 address 00:0a:00:00:01:01
sudo ip netns exec h1 ip addr add 10.0.1.1/24 dev h1-eth0
sudo ip link set dev s1-eth1 up
sudo ip link set s1-eth1 address 00:00:00:00:10:10
sudo ip addr add 10.0.1.2/24 dev s1-eth1
sudo ip netns exec h1 sysctl net.ipv6.conf.h1-eth0.disable_ipv6=1
sudo sysctl net.ipv6.conf.s1-eth1.disable_ipv6=1
sudo ip netns exec h1 ip route add default via 10.0.1.2
/usr/sbin/ip link add veth100 type veth peer name veth100p
/usr/sbin/ip netns add ns100
/usr/sbin/ip link set veth100 netns ns100
/usr/sbin/ip netns exec ns100 /usr/sbin/ip link set lo up
/usr/sbin/ip link add br0 type bridge
/usr/sbin/ip link set dev br0 type bridge vlan_filtering 1
/usr/sbin/ethtool -K veth100p rxvlan off txvlan off rx-vlan-filter off
/usr/sbin/ip netns exec ns100 /usr/sbin/ip addr add 10.1.1.100/24 dev veth100.100
/usr/sbin/iptables -t nat -A POSTROUTING -s 192.168.114.1/32 -j ACCEPT
/usr/sbin/iptables -t nat -A POSTROUTING -s 192.168.114.0/24 -j MASQUERADE
sudo ip netns add ns1; sudo ip link set veth100p netns ns1
sudo ip netns exec ns1 ping 10.0.0.2
bridge fdb show dev v1p
ip l del dev vxlan
ip link add dev veth1 type veth peer name eth0 netns ns1
ip netns exec ns1 ip l set dev eth0 address fa:ff:ff:ff:ff:ff
ip netns exec ns1 ip n r 10.0.0.2 lladdr fa:fa:ff:ff:ff:ff dev eth0
ip netns exec ns1 ip l add dev vxlan type vxlan remote 11.0.0.1 id 1000 dstport 4789
bridge link set dev vxlan vlan_tunnel on
bridge vlan add dev vxlan vid 100
sudo tc qdisc add dev eth0 root handle 1: htb default 30
sudo tc class add dev eth0 parent 1: classid 1:1 htb rate 100mbit burst 15k
sudo tc class add dev eth0 parent 1:1 classid 1:10 htb rate 40mbit ceil 100mbit burst 15k prio 1
sudo tc qdisc add dev eth0 parent 1:10 handle 10: fq_codel
sudo tc filter add dev eth0 protocol ip parent 1:0 prio 1 u32 match ip dport 22 0xffff flowid 1:10
sudo iptables -t mangle -A OUTPUT -p udp --dport 10000:20000 -j MARK --set-mark 10
sudo tc filter add dev eth0 protocol ip parent 1:0 handle 10 fw flowid 1:10
sudo tc -s filter show dev eth0
sudo tc -s class show dev eth0
sudo iptables -t mangle -A OUTPUT -p udp --dport 5060 -j DSCP --set-dscp-class EF
sudo tc filter add dev eth0 protocol ip parent 1:0 prio 1 u32 match ip tos 0xb8 0xfc flowid 1:10
modprobe -r br_netfilter
bridge vlan add vid 1003 dev br0 self
ip netns exec netedge1 ip link add link veth0 name veth0.23 type vlan proto 802.1ad id 23
ip netns exec netedge1 ip link add link veth0.23 name veth0.23.203 type vlan proto 802.1q id 203
ip tuntap add dev tap0 mode tap user root
ip tuntap add name tun7 mode tun
ip tuntap add tap1 mode tap multi_queue
ip link add dev gre6 type ip6gre remote 2001:db8::1 local 2001:db8::2
ip -6 tunnel add gre7 mode ip6gre remote 2001:db8::1 local 2001:db8::3 ttl 255
ip -6 tunnel add tnl6 mode ip6ip6 remote 2001:db8::1 local 2001:db8::4
ip link add gre8 type gre remote 192.0.2.8 local 192.0.2.9
ip link set dev eth0 vf 0 mac 02:00:00:00:00:01
ip l2tp add tunnel tunnel_id 3000 peer_tunnel_id 4000 encap udp local 5.6.7.8 remote 1.2.3.4 udp_sport 5000 udp_dport 6000
ip l2tp add session tunnel_id 3000 session_id 1000 peer_session_id 2000
ip mptcp endpoint add 10.0.0.1 dev eth0 subflow
ip xfrm state add src 10.0.0.1 dst 10.0.0.2 proto esp spi 0x1000 mode tunnel enc 'cbc(aes)' 0x0123456789abcdef0123456789abcdef auth 'hmac(sha1)' 0x0123
ip xfrm policy add src 10.0.0.0/24 dst 10.1.0.0/24 dir out tmpl src 10.0.0.1 dst 10.0.0.2 proto esp mode tunnel
ip xfrm policy update src 10.0.0.0/24 dst 10.1.0.0/24 dir in tmpl src 10.0.0.1 dst 10.0.0.2 proto esp reqid 5 mode tunnel
ip sr tunsrc set fc00::1
tc qdisc del dev eth0 root netem
tc qdisc del dev eth0 root handle 1: htb
ping -c 3 -i 0.2 -W 1 10.0.0.2
brctl showstp br0
ip -f mpls route add 100 as 200 via inet 192.168.2.2
ip -f inet6 route show
ip route add 10.10.10.2/32 encap mpls 100 via inet 192.168.1.2
ip mptcp limits set subflow 2 add_addr_accepted 2
ip vrf show
ip vrf pids vrf-blue
ip xfrm policy
ip xfrm state
brctl setfd br0 4
bridge fdb append to 00:00:00:00:00:00 dst 192.168.1.2 dev vxlan20
iptables --table nat --append POSTROUTING --out-interface eth0 --jump MASQUERADE
iptables -A PREROUTING -i eth0 -t mangle -p tcp --dport 25 -j MARK --set-mark 1
iptables -t filter -A FORWARD -j ACCEPT
tc qdisc show
tc -s qdisc
tc -s -d qdisc ls dev eth0
tc filter add dev eth0 parent ffff: protocol ip prio 50 u32 match ip src 0.0.0.0/0 police rate 512kbit burst 10k drop flowid :1
ss -tnp state established
ss -to state established '( dport = :ssh or sport = :ssh )'
ip monitor
ip -ts monitor link
ip token set ::1a:2b:3c:4d/64 dev eth0
ip macsec show
sysctl -w net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0
sysctl -q -w net.ipv4.ip_forward=1
bridge -s fdb show
ip -s neigh
ip -o -4 route show to default
ip r add to 10.7.0.0/16 via 192.168.1.2
ip -s -h link
ip link set eth0.5 type vlan egress-qos-map 1:2 ingress-qos-map 3:4
iptables-save -t nat
nft -a list table inet filter
