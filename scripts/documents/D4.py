"""D4: what a namespace is: a file, under which another network than the host's is mounted.

/var/run/netns/ns1     ← ip netns add ns1
/var/run/netns/ns2     ← touch, unshare, mount --bind /proc/self/ns/net
/var/run/netns/ns100   → /proc/PID/ns/net, the network of a process, such as a container's
"""

from netns_kit import CommandError, Host, Namespace

host = Host.private().use()  # a machine of one's own: no root needed, and nothing outside it changes

# %% [markdown]
# `ip` is the one tool for all of it, and tells what it can do.

# %% D4.1 create, list, look inside: what ip can do
host.exec("ip", "help", check=False)  # ip help
host.netns.help()  # ip netns help

# %% D4.1 create one
ns1 = Namespace("ns1").add()  # ip netns add ns1
host.netns.list()  # ip netns list

# %% [markdown]
# A network namespace has links and routes of its own. So each place has its own answer to the same question: the host …

# %% D4.1 the host's own links and routes
links = host.link.show()  # ip link
host.route.show()  # ip route
links

# %% [markdown]
# … and ns1, which has a loopback of its own, not the host's, and no route anywhere.

# %% D4.1 and the namespace's
inside = ns1.link.show()  # ip netns exec ns1 ip link
assert ns1.route.show() == ()  # ip netns exec ns1 ip route
inside

# %% [markdown]
# A shell in ns1 spares the long beginning of each line. Back on the host, nothing has changed.

# %% D4.1 a shell in it, and back
with ns1.enter():  # ip netns exec ns1 bash
    assert ns1.link.show() == inside  # ip link
    assert ns1.route.show() == ()  # ip route
    # exit
assert host.link.show() == links  # ip link

# %% [markdown]
# `ip netns add` does little. A network lives as long as something holds it: a process that is in it, or a file that it
# is mounted on. So `ip` makes an empty file in `/var/run/netns`, makes a new network, and mounts that on the file. Then
# it ends, and the file goes on holding a network with nobody in it.

# %% D4.2 what 'ip netns add' does: the files
files = host.exec("ls", "/var/run/netns").stdout.split()  # ls /var/run/netns
assert ns1.name in files

# %% [markdown]
# All of that can be done by hand. `touch` makes the file. `unshare --net` starts a shell in a new network.
# `/proc/self/ns/net` is the network of whoever asks, in the shape of a file, and `mount --bind` makes it appear under
# the other name. The shell may end then: ns2 is in the list, although nobody has added it.

# %% D4.2 the same by hand
host.exec("touch", "/var/run/netns/ns2")  # touch /var/run/netns/ns2
with host.session("unshare", "--net", "bash") as shell:  # unshare --net bash
    # mount --bind /proc/self/ns/net /var/run/netns/ns2
    shell.exec("mount", "--bind", "/proc/self/ns/net", "/var/run/netns/ns2")
    inside = shell.link.show()  # ip link
    # exit
host.netns.list()  # ip netns list

# %% [markdown]
# `nsenter` goes the other way: it opens the file and joins the network behind it. To `ip netns`, to `nsenter` and to
# this library it is the same namespace, by its name or by its path.

# %% D4.2 enter it by its file
with host.session("nsenter", "--net=/var/run/netns/ns2") as shell:  # nsenter --net=/var/run/netns/ns2
    assert shell.link.list() == inside
assert Namespace("ns2").link.list() == inside
assert Namespace.of_path("/var/run/netns/ns2").link.list() == inside

# %% [markdown]
# Where there is Docker, `ip netns list` shows none of its containers. Docker has files of the same kind, but keeps them
# in `/var/run/docker/netns`, where `ip` does not look.
#
# This step needs a Docker engine on the machine where it is typed, with an image called busybox. A fresh private
# machine has none, and says so. `./scripts/replay D4` brings one along, as root; on a machine with Docker,
# `host = Host.local(sudo=True).use()` in the first cell does it. What follows works without.

# %% D4.3 a container's namespace, entered by its file
container = host.exec("docker", "run", "-d", "--name", "web", "busybox", "sleep", "3600").stdout.strip()
files = host.exec("ls", "/var/run/docker/netns").stdout.split()  # ls /var/run/docker/netns
# nsenter --net=/var/run/docker/netns/b63ec59b3d9e
with host.session("nsenter", f"--net=/var/run/docker/netns/{files[0]}") as shell:
    inside = shell.addr.show()  # ip addr
inside

# %% [markdown]
# Which file is which container's? Docker tells: it calls the path SandboxKey. The container may be named by its id, or
# by the beginning of it.

# %% D4.3 which file is whose?
web = host.docker.inspect(container)  # docker inspect $CONTAINER_ID | grep SandboxKey
same = host.docker.inspect(container[:12])  # docker inspect ebd6855901ef | grep SandboxKey
assert web.sandbox_key == same.sandbox_key
web.sandbox_key

# %% [markdown]
# A container has a process, and that leads to the same place: `/proc/PID/ns/net` is what Docker's file holds.

# %% D4.3 by its file, and by its process
assert Namespace.of_path(web.sandbox_key).addr.show() == Namespace.of_pid(web.pid).addr.show() == inside

# %% [markdown]
# Not every container has a network of its own. One that uses the host's has a file called `default`, for the host's
# network; one that joined another's, as the containers of a Kubernetes pod do, has none, as it was not made for it.

# %% D4.3 containers without a network of their own
host.exec("docker", "run", "-d", "--name", "hosts", "--network", "host", "busybox", "sleep", "3600")
host.exec("docker", "run", "-d", "--name", "joined", "--network", "container:web", "busybox", "sleep", "3600")
assert host.docker.inspect("hosts").sandbox_key.endswith("/netns/default")
assert host.docker.inspect("joined").sandbox_key == ""

# %% [markdown]
# The last trick gives a container's network a name. `ip netns` takes any file in its folder for a namespace, also a
# link that leads to `/proc/PID/ns/net`. Then all tools of the host can be used in that network, which helps with images
# that have neither `ip` nor `ping`.
#
# It works with each process that has a network of its own. Where there is no Docker, such a one stands for the
# container here.

# %% D4.4 a container's namespace under a name of one's own
try:
    host.exec("docker", "run", "-d", "--name", "nginx", "busybox", "sleep", "3600")
    pid = host.docker.inspect("nginx").pid  # docker inspect nginx | grep Pid
except CommandError:
    stand_in = host.start("unshare", "--net", "sh", "-c", "echo ready; exec sleep 3600")
    next(stand_in.lines())  # from then on it is in a network of its own
    pid = stand_in.pid

# %% D4.4 its name
host.exec("mkdir", "-p", "/var/run/netns/")  # mkdir -p /var/run/netns/
ns100 = Namespace("ns100").symlink(pid)  # ln -s /proc/31817/ns/net /var/run/netns/ns100
host.netns.list()  # ip netns ls

# %% D4.4 the host's tools in the container's network
with ns100.enter():  # ip netns exec ns100 bash
    assert pid in ns100.pids()
ns100.exec("ip", "addr")

# %% [markdown]
# ## To try
#
# - Make a third namespace by hand, but leave out the `mount`. What does `ip netns list` say of it, and what
#   `Namespace(…).link.show()`?
# - End the process that ns100 leads to, and look at the list again. What is the difference to ns2, which nobody is in
#   either?
# - Find out how many networks there are: `host.exec("lsns", "-t", "net")` lists those that a process is in. Which of
#   yours are missing, and why?
