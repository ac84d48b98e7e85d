"""Shell as tutorials have it: blocks of Markdown, prompts, output between the commands; what is typed, line by line.

The grammar is tree-sitter's, of the extra `convert`.
"""

from __future__ import annotations

import itertools
import re
import textwrap
from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

from attrs import evolve, field, frozen

from netns_kit.commands.errors import NetnsKitError
from netns_kit.conversion.shell import pages

PROMPT = re.compile(
    r"^\s*(?:\[?[\w.-]+@(?P<host>[\w.-]+)[^\]$#%>]*\]?\s*|(?:namespace )?[\w.-]*)[#$%>]\s+(?P<typed>\S.*)$"
)
"""A prompt as machines have it, which may name the host, and what is typed behind it."""

SPACES = str.maketrans(
    {"\u00a0": " ", "\u3000": " ", "\u201c": '"', "\u201d": '"', "\u2018": "'", "\u2019": "'", "\r": None, "\0": None}
)
"""What blogs make of spaces and quotes."""


@frozen
class Typed:
    """A command that is typed: its words, or None where it is more than one command with its words.

    `unknown` are variables that nobody has set, `text` is the line as it stands; `grep` is a word that all of its
    answer must have which is wanted. `fails` if the text shows that it does.
    """

    text: str
    words: tuple[str, ...] | None
    host: str | None = None
    background: bool = False
    unknown: tuple[str, ...] = ()
    remark: str = ""
    grep: str = ""
    fails: bool = False


@frozen
class Block:
    """Prose, or commands."""

    prose: str = ""
    commands: tuple[Typed, ...] = field(default=())


def read(text: str) -> list[Block]:
    """The blocks of a text: of Markdown its prose and its code, else all of it is code."""
    variables: dict[str, str] = {}
    clean = pages.mended(text.translate(SPACES))
    parts = re.split(r"^(?:```|~~~)[^\n]*\n(.*?)^(?:```|~~~)[ \t]*$", clean, flags=re.MULTILINE | re.DOTALL)
    if len(parts) == 1 and pages.is_indented(clean):
        # Markdown's older way: what is indented is code.
        parts = re.split(r"((?:^(?: {4}|\t)[^\n]*\n|^[ \t]*\n)*^(?: {4}|\t)[^\n]*$)", clean, flags=re.MULTILINE)
        parts = [textwrap.dedent(part) if number % 2 else part for number, part in enumerate(parts)]
    if len(parts) == 1 and pages.is_page(clean) and not any(map(PROMPT.match, clean.split("\n"))):
        # Prose, with commands in lines of their own.
        parts = pages.by_lines(clean)
    if len(parts) == 1:
        return [Block(commands=tuple(_commands(clean, variables)))]
    blocks = []
    for number, part in enumerate(parts):
        if number % 2:
            blocks.append(Block(commands=tuple(_commands(part, variables))))
        elif part.strip():
            blocks.append(Block(prose=part.strip()))
    return blocks


def _commands(code: str, variables: dict[str, str]) -> Iterator[Typed]:
    lines = code.split("\n")
    prompts = [PROMPT.match(line) for line in lines]
    # A # may begin a comment as well: it is a prompt where commands stand behind it, and nowhere without.
    plain = sum(pages.is_command(line) for line, found in zip(lines, prompts, strict=True) if not found)
    hashed = sum(pages.is_command(found["typed"]) for found in prompts if found and found[0].lstrip().startswith("#"))
    script = plain > 0 and plain >= hashed
    typed = [
        found is not None and (not line.lstrip().startswith("#") or (not script and pages.is_command(found["typed"])))
        for line, found in zip(lines, prompts, strict=True)
    ]
    if not any(typed):
        yield from _parsed(code, None, variables)
        return
    shells = pages.Shells()
    rest = iter(zip(range(len(lines)), lines, prompts, typed, strict=True))
    is_page = pages.is_page(code)

    def is_alone(number: int) -> bool:
        return not any(one.strip() for one in (*lines[max(number - 1, 0) : number], *lines[number + 1 : number + 2]))

    for number, line, found, is_typed in rest:
        if not found or not is_typed:
            yield from [_comment(line)] if re.match(r"\s*# +\S", line) else []
            if pages.TYPED.match(line) and (is_page or is_alone(number)):
                yield from _parsed(line, None, variables)
            continue
        text = found["typed"]
        if shells.left(line[: found.start("typed")].strip(), text):
            yield Typed("exit", ("exit",), found["host"])
        while text.endswith("\\"):
            # What is typed goes on in the next line, behind a prompt of its own.
            _, more, *_ = next(rest, (0, ""))
            text = f"{text[:-1]} {re.sub(r'^ *> ', '', more).strip()}"
        here = re.search(r"<<-?\s*(['\"]?)(\w+)\1", text)
        while here and text.rpartition("\n")[2].strip() != here[2]:
            _, more, *_ = next(rest, (0, here[2]))
            text = f"{text}\n{re.sub(r'^> ?', '', more)}"
        said = "\n".join(itertools.takewhile(lambda line: not PROMPT.match(line), lines[number + 1 :]))
        for one in _parsed(text, found["host"], variables):
            yield evolve(one, fails=bool(_FAILS.search(said)))


_FAILS = re.compile(
    r"Network is unreachable|Destination (?:Host|Net) Unreachable|100% packet loss"
    r"|\A\s*(?:RTNETLINK answers:|Error: |Cannot |Command failed |\S+: .*(?:No such|not permitted|failure|not known))"
)
"""What commands say when they fail."""


def _comment(text: str) -> Typed:
    """What is only said."""
    return Typed(re.sub(r"^\s*#+ *", "", text), ())


def _parsed(code: str, host: str | None, variables: dict[str, str]) -> Iterator[Typed]:
    data = code.encode()
    root = _parser().parse(data).root_node
    children = list(root.children)
    for node, after in zip_longest(children, children[1:]):
        background = after is not None and after.type == "&"
        if node.type == "comment":
            said = data[node.start_byte : node.end_byte].decode()
            yield from [_comment(said)] if not said.startswith("#!") else []
        elif node.type not in (";", "&", "\n"):
            yield from _Reader(data, host, variables).statement(node, background)


def _parser() -> Any:
    try:
        import tree_sitter
        import tree_sitter_bash
    except ModuleNotFoundError:
        raise NetnsKitError("Shell is read by tree-sitter's grammar: pip install 'netns_kit[convert]'") from None
    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_bash.language()))


class _Reader:
    """Reads the statements of one text."""

    def __init__(self, data: bytes, host: str | None, variables: dict[str, str]) -> None:
        self.data, self.host, self.variables = data, host, variables
        self.unknown: list[str] = []

    def text(self, node: Any) -> str:
        """What stands there."""
        return self.data[node.start_byte : node.end_byte].decode()

    def statement(self, node: Any, background: bool) -> Iterator[Typed]:
        """The commands of a statement."""
        text = self.text(node).strip()
        if node.type == "variable_assignment":
            name, value = node.named_children[0], node.named_children[1:]
            known = self.word(value[0]) if value else ""
            if known is not None:
                self.variables[self.text(name)] = known
                return
        if node.type == "list" and "||" not in {child.type for child in node.children}:
            for child in node.named_children:
                yield from self.statement(child, background)
            return
        if node.type == "command":
            yield from self.unwrapped(self.typed(text, node, background))
        elif node.type == "pipeline" and (parameter := self.piped(node)):
            yield Typed(text, ("sysctl", "-w", "=".join(parameter)), self.host)
        elif node.type == "pipeline" and all(self.program(one) in pages.LOOKS for one in node.named_children[1:]):
            first, *others = node.named_children
            typed = self.typed(text, first, background, "what is behind the pipe is up to Python")
            wanted = [self.word(one) or "" for one in others[0].named_children] if len(others) == 1 else []
            plain = wanted[:1] in (["grep"], ["egrep"]) and len(wanted) == 2 and re.fullmatch(r"[\w:/-]+", wanted[1])
            yield evolve(typed, grep=wanted[1]) if plain else typed
        elif node.type == "redirected_statement" and (parameter := self.parameter(node)):
            yield Typed(text, ("sysctl", "-w", "=".join(parameter)), self.host)
        else:
            yield Typed(text, None, self.host, background)

    def typed(self, text: str, node: Any, background: bool, remark: str = "") -> Typed:
        """A command by its words."""
        self.unknown = []
        words = [self.word(one) for one in node.named_children]
        plain = None if None in words else tuple(self.apart(node.named_children, words))
        return Typed(text, plain, self.host, background, tuple(self.unknown), remark)

    def apart(self, nodes: list[Any], words: list[str | None]) -> Iterator[str]:
        """Words as the shell has them: a variable without quotes may stand for several."""
        for node, word in zip(nodes, words, strict=True):
            inner = node.named_children[0] if node.type == "command_name" and node.named_children else node
            yield from [word or ""] if inner.type not in ("simple_expansion", "expansion") else (word or "").split()

    def program(self, node: Any) -> str:
        """The program of a command."""
        return self.text(node.named_children[0]) if node.type == "command" else ""

    def unwrapped(self, typed: Typed) -> Iterator[Typed]:
        """What is typed in truth: `sh -c` of one plain command is that, and a parameter's file is the parameter."""
        words = typed.words[1:] if typed.words and typed.words[0] == "sudo" else typed.words or ()
        if len(words) == 3 and words[0] in ("bash", "sh") and words[1] == "-c":
            inner = list(_parsed(words[2], self.host, dict(self.variables)))
            if len(inner) == 1 and inner[0].words:
                yield evolve(inner[0], text=typed.text, background=typed.background)
                return
        found = re.fullmatch(r"/proc/sys/(\S+)", words[1]) if len(words) == 2 and words[0] == "cat" else None
        yield evolve(typed, words=("sysctl", "-n", found[1])) if found else typed

    def parameter(self, node: Any) -> tuple[str, str] | None:
        """What `echo VALUE > /proc/sys/NAME` sets."""
        command, *redirects = node.named_children
        return self.echoed(command, redirects[0].named_children[-1]) if len(redirects) == 1 else None

    def piped(self, node: Any) -> tuple[str, str] | None:
        """What `echo VALUE | tee /proc/sys/NAME` sets."""
        command, *others = node.named_children
        words = [self.text(one) for one in others[0].named_children] if len(others) == 1 else []
        return self.echoed(command, others[0].named_children[-1]) if words[:-1] in (["tee"], ["sudo", "tee"]) else None

    def echoed(self, command: Any, file: Any) -> tuple[str, str] | None:
        """A parameter and its value, where a command echoes that into its file."""
        if self.program(command) != "echo" or len(command.named_children) != 2:
            return None
        value, path = self.word(command.named_children[1]), self.word(file)
        found = re.fullmatch(r"/proc/sys/(\S+)", path or "")
        return (found[1], value) if found and value is not None else None

    def word(self, node: Any) -> str | None:
        """A word as the shell would hand it over; None where only the shell knows."""
        kind, text = node.type, self.text(node)
        if kind in ("word", "number", "string_content"):
            return re.sub(r"\\(.)", r"\1", text)
        if kind == "raw_string":
            return text[1:-1]
        if kind == "process_substitution" or text == "$$":
            return text
        if kind in ("string", "concatenation", "command_name", "translated_string"):
            parts = [self.word(one) for one in node.named_children]
            return None if None in parts else "".join(part for part in parts if part is not None)
        if kind in ("simple_expansion", "expansion") and re.fullmatch(r"\$(\w+)|\$\{(\w+)\}", text):
            name = text.strip("${}")
            if name not in self.variables:
                self.unknown.append(name)
                return f"\0{name}\0"
            return self.variables[name]
        return None
