"""Text as pages hand it out when it is copied: what of it is typed, and what is prose.

Some have lost line ends, which are put back where they are certain.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from netns_kit.commands.causes import PACKAGES

LOOKS = {
    "grep", "egrep", "head", "tail", "less", "more", "cat", "tee", "jq", "sort", "column", "awk", "sed", "wc", "cut",
}  # fmt: skip
"""Programs behind a pipe that only show what came before them."""

PROGRAMS = {
    *PACKAGES, *LOOKS, "nft", "wg", "wg-quick", "echo", "exit", "bash", "sh", "for", "while", "if", "export", "cd",
    "curl", "wget", "nc", "ncat", "socat", "python", "python3", "iperf", "iperf3", "arp", "arping", "traceroute", "mtr",
    "netstat", "ss", "conntrack", "dig", "nslookup", "host", "dhclient", "udhcpc", "dnsmasq", "apt", "apt-get", "yum",
    "dnf", "systemctl", "service", "mkdir", "rm", "cp", "ps", "kill", "pkill", "killall", "sleep", "hostname", "ipset",
    "ls", "ln", "touch", "umount", "readlink", "stat", "ebtables", "arptables", "ovs-vsctl", "vtysh", "podman", "lxc",
    "virsh", "runc", "crictl", "screen", "tmux", "sysctl", "watch", "timeout", "nohup", "exec", "su", "source",
}  # fmt: skip
"""Programs that tutorials use."""

FOREIGN = "\u0400-\u04ff\u3000-\u9fff\uff00-\uffef"
"""Letters and signs that no command has, other than in quotes."""

_OBJECTS = "netns|link|addr|address|route|rule|neigh|tunnel|tuntap|vrf"
_VERBS = "add|del|delete|set|show|list|ls|exec|replace|change|flush|get|attach|help|list-id|identify|pids"
TYPED = re.compile(
    rf"""(?:sudo\ (?:-\w\ )?)?(?:
    ip\ help\b | ip\ (?:-\w+\ (?:(?!-)\S+\ )?)?(?:{_OBJECTS})\ (?:{_VERBS})(?![\w-]*[A-Z_])
    | ip\ (?:a|link|route|addr)(?=\s*(?:$|\#|sudo\ ))
    | brctl\ (?:addbr|delbr|addif|delif|show|stp) | modprobe\ (?:-r\ )?\w | lsmod\b | ip6?tables\ -
    | sysctl\ (?:-w\ )?net[./] | bridge\ (?:fdb|vlan|link|mdb)\ | ping\ (?:-\w\ \S+\ )*\d+\.\d
    | docker\ (?:run|exec|inspect|ps|stop|rm|start|network)\ | (?:apt|apt-get|yum)\ install\ | nsenter\ --? | ethtool\ -
    )""",
    re.VERBOSE,
)
"""How commands begin that nothing else looks like."""

_PROMPT = re.compile(r"(?<=\S)\s*(?=\[[\w.-]+@[\w.-]+ [^\]\s]+\][#$])")
_NOISE = re.compile(r"\s*(?:复制代码|复制|Copy code)[ \t]*$", re.MULTILINE)
_REMARK = re.compile(rf"(?:^|\s+)//(?=\s|[A-Z]|[{FOREIGN}]).*")
_COMMENT = re.compile(rf"(?<=[\w.,:{FOREIGN}])(?=\#(?:\s|[\w ]*[{FOREIGN}]))")
_OUTPUT = re.compile(
    r"\s*(?:\.\.\.)?(?=\d+: [\w.@-]+: ?(?:<|mtu )|Usage: |PING \S+ \(|NIC statistics|bridge name\s"
    r"|connect: |nsid (?:\d+ )?\(|\"\w+\": )"
    # A route may also be what is added.
    r"|(?:(?<=route)|(?<=show)|(?<=list))\s*(?=default via |\d+(?:\.\d+){3}/\d+ dev \S+ +proto )"
)
_TELLING = re.compile(r"(?:sudo )?(?:ip|bridge|brctl|ping|ethtool|lsmod|docker)\b")
_NAMES = re.compile(r"(ip netns (?:list|ls))(?!-id)\s*(?=[\w.-])(.*)")
_ALONE = re.compile(r"(?:sudo )?ip (?:-n \S+ )?(?:link|addr|route|rule) [^|;&$`'\"()]*")
_WORDS = re.compile(r"sk|t|z|(?:\w*)sh|str|tr|ch|cl|fl|equ|gr|wh|dr|pseudo")
"""Words that end like a command begins."""


def mended(text: str) -> str:
    """A text with the line ends that its page has lost, and without what belongs to the page."""
    lines = _NOISE.sub("", text).split("\n")
    lost = any(map(_has_lost, lines))
    return "\n".join(piece for line in lines for piece in _pieces(line, lost=lost))


def is_page(text: str) -> bool:
    """Whether some of it is prose in letters that no command begins with."""
    return not re.search(r"<<-?\s*['\"]?[A-Z]", text) and bool(
        re.search(rf"^(?!\s*#)\s*(?:[A-Z][\w ]*)?[{FOREIGN}]", text, re.MULTILINE)
    )


def _has_lost(line: str) -> bool:
    """Whether a line was certainly more than one: what is not that certain is seen by it elsewhere."""
    comments = [part for part in _COMMENT.split(line) if part.startswith("#")]
    return len(comments) > 1 or len(list(_pieces(line, lost=False))) > 1


def _pieces(line: str, *, lost: bool) -> Iterator[str]:
    """The lines that one was before."""
    for part in _PROMPT.split(line):
        prompt = re.match(r"\s*\[[\w.-]+@[\w.-]+ [^\]\s]+\][#$]\s*", part)
        start = f"{prompt[0].rstrip()} " if prompt else ""
        typed = re.sub(r"^(?:\^C)+|(?:\^C)+\s*$", "", part[len(prompt[0]) :]) if prompt else part
        for number, piece in enumerate(_apart(_REMARK.sub("", typed), bool(prompt), lost)):
            yield f"{start}{piece}" if number == 0 else piece


def _apart(line: str, is_typed: bool, lost: bool) -> Iterator[str]:
    """Commands and comments of a line that stand behind each other without a space, and their output by itself."""
    for part in _COMMENT.split(line) if lost else [line]:
        is_comment = part.startswith("#")
        is_code = is_typed or TYPED.match(part) or (part.isascii() and re.match("[a-z]", part))
        if not (is_code or (is_comment and lost)):
            yield part
            continue
        ends = [0]
        for found in TYPED.finditer(part):
            if _is_glued(part[ends[-1] : found.start()], found[0], is_comment):
                ends.append(found.start())
        for first, last in zip(ends, [*ends[1:], len(part)], strict=True):
            piece = part[first:last]
            told = (is_typed or len(ends) > 1) and _TELLING.match(piece)
            yield from _without_output(piece, glued=first > 0) if told else [piece]


def _is_glued(before: str, start: str, is_comment: bool) -> bool:
    """Whether a command begins right behind another word, of which it is no part."""
    if re.search(rf"[{FOREIGN}]$", before):
        return is_comment
    if before.endswith(" "):
        # Of these commands, none has another one in it.
        return bool(_ALONE.fullmatch(before))
    if start.startswith("ping"):
        return before[-1:].isdigit()
    word = re.search(r"/?([A-Za-z]*)$", before)
    is_word = word is not None and _WORDS.fullmatch(word[0].lower())
    return bool(re.search(r"[\w.)]$", before)) and not is_word


def _without_output(piece: str, *, glued: bool) -> Iterator[str]:
    """A command, and what it said."""
    if glued:
        # What no command has is the page's again.
        piece = re.sub(rf"(?<=[\w.])[{FOREIGN}].*", "", piece)
    names = _NAMES.match(piece)
    command, *said = [names[1], names[2]] if names else _OUTPUT.split(piece, maxsplit=1)
    yield command
    yield from (f" {one}" for one in said)


def is_command(line: str) -> bool:
    """Whether a line begins with a program that tutorials use."""
    first = re.match(r"\s*(?:sudo (?:-\w+ )*)?(\S*)", line)
    return first is not None and first[1].rpartition("/")[2] in PROGRAMS


def by_lines(text: str) -> list[str]:
    """Prose and code in turn."""
    parts = [""]
    for line in text.split("\n"):
        typed = re.sub(r"^#(?=\S)", "", line)
        goes_on = len(parts) % 2 == 0 and (parts[-1].endswith("\\\n") or _GOING_ON.match(line))
        is_code = bool(goes_on) or is_command(typed)
        if is_code == (len(parts) % 2 == 1):
            parts.append("")
        parts[-1] += f"{typed if is_code else line}\n"
    return parts


_GOING_ON = re.compile(r"\s*$|(?:do|done|then|else|elif|fi|esac|\}|\))(?:\W|$)")
_PROSE = re.compile(r"#+ \S.*|[-*>] .*|\W*[A-Z][^{}$;|&=<]*|[^{}$;|&=<]*[.:,!?]")


def is_indented(text: str) -> bool:
    """Whether all that is not indented is prose, and something is indented."""
    lines = [line for line in text.split("\n") if line.strip()]
    plain = [line for line in lines if not line.startswith(("    ", "\t"))]
    words = (line.split()[0] for line in plain)
    return 0 < len(plain) < len(lines) and all(map(_PROSE.fullmatch, plain)) and not all(word == "#" for word in words)


class Shells:
    """Follows by their prompts which shell was left without a word: that before has another one."""

    def __init__(self) -> None:
        self.outer: str | None = None
        self.inner: str | None = None

    def left(self, prompt: str, text: str) -> bool:
        """Whether the shell that was entered is left when this is typed behind that prompt."""
        if self.outer is not None and self.inner is None:
            self.inner = prompt
        left = self.outer is not None and prompt == self.outer != self.inner
        if left or text == "exit":
            self.outer = self.inner = None
        if re.search(r"(?:^|[\s/])(?:ba)?sh(?:\s+--rcfile\s.*)?$", text):
            self.outer, self.inner = prompt, None
        return left
