"""IPsec in the kernel: `ip xfrm`, which says how to encrypt, and what."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from attrs import frozen

from netns_kit.commands import values
from netns_kit.commands.errors import InvalidArgumentError
from netns_kit.commands.rows import Row, Rows
from netns_kit.commands.values import Address
from netns_kit.sites.site import At
from netns_kit.tables.table import Table, tokens

PROTOCOLS = ("esp", "ah", "comp")
MODES = ("transport", "tunnel", "beet")
DIRECTIONS = ("in", "out", "fwd")


@frozen
class XfrmStateInfo(Row):
    """How packets from `src` to `dst` are encrypted. `algorithms` are such as "aead rfc4106(gcm(aes)) 0x… 128"."""

    src: str
    dst: str
    proto: str = ""
    spi: int = 0
    reqid: int = 0
    mode: str = ""
    mark: int | None = None
    algorithms: tuple[str, ...] = ()


@frozen
class XfrmTemplate:
    """The states that a policy asks for."""

    src: str
    dst: str
    proto: str = ""
    mode: str = ""


@frozen
class XfrmPolicyInfo(Row):
    """What becomes of packets from one network to another."""

    src: str
    dst: str
    dir: str = ""
    action: str = "allow"
    priority: int = 0
    mark: int | None = None
    templates: tuple[XfrmTemplate, ...] = ()


class XfrmStateTable(Table):
    """The states, `place.xfrm.state`: how packets between two addresses are encrypted."""

    def add(
        self,
        src: Address,
        dst: Address,
        *,
        proto: str = "esp",
        spi: int,
        mode: str | None = None,
        reqid: int | None = None,
        mark: int | None = None,
        aead: tuple[str, str, int] | None = None,
        enc: tuple[str, str] | None = None,
        auth: tuple[str, str] | None = None,
    ) -> None:
        """Add a state; both ends need the same.

        Equivalent to: `ip xfrm state add src SRC dst DST proto PROTO spi SPI [mode MODE] [reqid NUMBER] [mark MARK]
        [aead NAME KEY BITS] [enc NAME KEY] [auth NAME KEY]`

        A key is such as "0x2b…"; the algorithms' names are the kernel's, such as "rfc4106(gcm(aes))".
        Raises InvalidArgumentError, ExistsError, RefusedValueError.
        """
        words = tokens(
            mode=None if mode is None else values.choice("mode", mode, MODES),
            reqid=None if reqid is None else values.integer("reqid", reqid, 0, 2**32 - 1),
            mark=_checked_mark(mark),
        )
        algorithms = (
            *_algorithm("aead", aead, ("name", "key", "bits")),
            *_algorithm("enc", enc, ("name", "key")),
            *_algorithm("auth", auth, ("name", "key")),
        )
        self._site.change("ip", "xfrm", "state", "add", *_identity(src, dst, proto, spi), *words, *algorithms)

    def delete(self, src: Address, dst: Address, *, proto: str = "esp", spi: int, mark: int | None = None) -> None:
        """Delete a state.

        Equivalent to: `ip xfrm state delete src SRC dst DST proto PROTO spi SPI [mark MARK]`

        Raises NotFoundError.
        """
        words = tokens(mark=_checked_mark(mark))
        self._site.change("ip", "xfrm", "state", "delete", *_identity(src, dst, proto, spi), *words)

    def flush(self) -> None:
        """Delete all states. Equivalent to: `ip xfrm state flush`"""
        self._site.change("ip", "xfrm", "state", "flush")

    def show(self) -> Rows[XfrmStateInfo]:
        """The states. Equivalent to: `ip xfrm state show`"""
        return parse_states(self._site.run("ip", "xfrm", "state", "show").stdout)


class XfrmPolicyTable(Table):
    """The policies, `place.xfrm.policy`: which packets are to be encrypted."""

    def add(
        self,
        dir: str,
        *,
        src: Any,
        dst: Any,
        mark: int | None = None,
        action: str | None = None,
        priority: int | None = None,
        tmpl: tuple[Address, Address, str, str] | None = None,
    ) -> None:
        """Add a policy for packets that come "in", go "out" or are forwarded, "fwd".

        Equivalent to: `ip xfrm policy add src NETWORK dst NETWORK dir DIR [mark MARK] [action allow|block]
        [priority NUMBER] [tmpl src SRC dst DST proto PROTO mode MODE]`

        `tmpl` is (source, destination, protocol, mode) of the states that are to be used; `mark` is a VTI's key.
        Raises InvalidArgumentError, ExistsError.
        """
        words = tokens(
            mark=_checked_mark(mark),
            action=None if action is None else values.choice("action", action, ("allow", "block")),
            priority=None if priority is None else values.integer("priority", priority, 0, 2**32 - 1),
        )
        self._site.change("ip", "xfrm", "policy", "add", *_selector(dir, src, dst), *words, *_template(tmpl))

    def delete(self, dir: str, *, src: Any, dst: Any, mark: int | None = None) -> None:
        """Delete a policy.

        Equivalent to: `ip xfrm policy delete src NETWORK dst NETWORK dir DIR [mark MARK]`

        Raises NotFoundError.
        """
        words = tokens(mark=_checked_mark(mark))
        self._site.change("ip", "xfrm", "policy", "delete", *_selector(dir, src, dst), *words)

    def flush(self) -> None:
        """Delete all policies. Equivalent to: `ip xfrm policy flush`"""
        self._site.change("ip", "xfrm", "policy", "flush")

    def show(self) -> Rows[XfrmPolicyInfo]:
        """The policies. Equivalent to: `ip xfrm policy show`"""
        return parse_policies(self._site.run("ip", "xfrm", "policy", "show").stdout)


class Xfrm:
    """IPsec of a place, `place.xfrm`: its `state` and its `policy`."""

    def __init__(self, at: At | None = None) -> None:
        self.state = XfrmStateTable(at)
        self.policy = XfrmPolicyTable(at)

    def __repr__(self) -> str:
        return f"Xfrm({self.state.site!r})"


def _identity(src: Address, dst: Address, proto: str, spi: int) -> tuple[str, ...]:
    ends = _ends(src, dst)
    return (
        *ends,
        "proto",
        values.choice("proto", proto, PROTOCOLS),
        "spi",
        str(values.integer("spi", spi, 1, 2**32 - 1)),
    )


def _ends(src: Address, dst: Address) -> tuple[str, ...]:
    checked = values.address("src", src), values.address("dst", dst)
    if values.is_ipv6(checked[0]) != values.is_ipv6(checked[1]):
        raise InvalidArgumentError("dst", dst, f"it is not of the same family as src, {src}")
    return ("src", checked[0], "dst", checked[1])


def _selector(dir: str, src: Any, dst: Any) -> tuple[str, ...]:
    networks = ("src", values.network("src", src), "dst", values.network("dst", dst))
    return (*networks, "dir", values.choice("dir", dir, DIRECTIONS))


def _template(tmpl: tuple[Address, Address, str, str] | None) -> tuple[str, ...]:
    if tmpl is None:
        return ()
    if not isinstance(tmpl, tuple) or len(tmpl) != 4:
        raise InvalidArgumentError("tmpl", tmpl, "it must be (source, destination, protocol, mode)")
    src, dst, proto, mode = tmpl
    rest = ("proto", values.choice("tmpl", proto, PROTOCOLS), "mode", values.choice("tmpl", mode, MODES))
    return ("tmpl", *_ends(src, dst), *rest)


def _checked_mark(mark: int | None) -> int | None:
    return None if mark is None else values.integer("mark", mark, 0, 2**32 - 1)


def _algorithm(token: str, given: Any, parts: tuple[str, ...]) -> tuple[str, ...]:
    if given is None:
        return ()
    if not isinstance(given, tuple) or len(given) != len(parts):
        raise InvalidArgumentError(token, given, f"it must be ({', '.join(parts)})")
    if not re.fullmatch(r"0x([0-9a-fA-F]{2})+", str(given[1])):
        raise InvalidArgumentError(token, given, 'its key must be whole bytes in hexadecimal, such as "0x2b2b"')
    return (token, *(values.plain(token, part) for part in given))


def _blocks(text: str) -> Iterator[tuple[re.Match[str], str]]:
    """The entries of what `ip xfrm` printed: the ends in the first line, and the rest, which is indented."""
    for found in re.finditer(r"^src (\S+) dst (\S+).*\n((?:[ \t].*\n?)*)", text, re.MULTILINE):
        yield found, found[3]


def _find(pattern: str, text: str, otherwise: str = "") -> str:
    found = re.search(pattern, text, re.MULTILINE)
    return found[1] if found else otherwise


def _mark_of(text: str) -> int | None:
    mark = _find(r"^\s+mark (\w+)", text)
    return int(mark, 0) if mark else None


def parse_states(text: str) -> Rows[XfrmStateInfo]:
    """The states in what `ip xfrm state` printed."""
    return Rows(
        XfrmStateInfo(
            head[1],
            head[2],
            _find(r"^\s+proto (\S+)", rest),
            int(_find(r" spi (\w+)", rest, "0"), 0),
            int(_find(r" reqid (\d+)", rest, "0")),
            _find(r" mode (\S+)", rest),
            _mark_of(rest),
            tuple(line.strip() for line in re.findall(r"^\s+(?:aead|enc|auth|auth-trunc|comp) .*", rest, re.MULTILINE)),
        )
        for head, rest in _blocks(text)
    )


def parse_policies(text: str) -> Rows[XfrmPolicyInfo]:
    """The policies in what `ip xfrm policy` printed; those of single sockets are left out."""
    return Rows(
        XfrmPolicyInfo(
            head[1],
            head[2],
            _find(r"^\s+dir (\S+)", rest),
            _find(r" action (\S+)", rest, "allow"),
            int(_find(r" priority (\d+)", rest, "0")),
            _mark_of(rest),
            tuple(
                XfrmTemplate(*found)
                for found in re.findall(r"tmpl src (\S+) dst (\S+)\s+proto (\S+) .*?mode (\S+)", rest)
            ),
        )
        for head, rest in _blocks(text)
        if _find(r"^\s+dir (\S+)", rest)
    )
