"""What a notebook's cell says: the commands that a person would type, one after the other."""

from __future__ import annotations

import re
import shlex

from netns_kit.commands.causes import PACKAGES

TOOLS = {*PACKAGES, "cat", "curl", "echo", "exit", "grep", "hostname", "ls", "ps", "sleep"} - {"sudo"}
"""What makes of a line such as `# ip link` a command at root's prompt, in a cell where every line has a prompt."""

_PROMPT = re.compile(r"\s*(?:\[?[\w.-]+@[^#$]*[#$]|\$|(?:namespace|host) \S+>)(?:\s+|$)")
_ROOT_PROMPT = re.compile(r"\s*#(?:\s+|$)")
_SUDO = re.compile(r"(^|[|;&(]\s*)sudo\s+(?:-[A-Za-z]+\s+)*")
_REMARK = re.compile(r"""\s+//\s[^'"]*$""")

_COMPOUND = r"(?:for|while|until|if|case|select|function)\b"
_STATE = (
    r"(?:cd|pushd|popd|export|unset|set|shopt|source|\.|alias|umask|ulimit|trap|declare|readonly|eval)(?:\s|$)"
    r"|[A-Za-z_]\w*(?:\[[^]]*\])?\+?="
)
_SCRIPT = re.compile(rf"^\s*(?:{_COMPOUND}|{_STATE}|[\w-]+\s*\(\))|<<", re.MULTILINE)
_OPENS = re.compile(rf"(?:^|[;&|]|\b(?:do|then|else))\s*(?!function){_COMPOUND}|[({{]\s*$", re.MULTILINE)
_CLOSES = re.compile(r"(?:^|[;&])\s*(?:done|fi|esac)\b|^\s*[)}]", re.MULTILINE)
_DOCUMENT = re.compile(r"(?<!<)<<-?\s*['\"]?(\w+)")

_SHELL = r"(?:/\S*/)?(?:ba|da|a|z)?sh(?:\s+--rcfile\s+<\(.*\)|\s+--?(?!c\b)\w[\w-]*)*"
_OPTIONS = r"(?:\s+-\S+(?:\s+\d+)?)+"
_ENTERS = re.compile(
    rf"(?:ip\s+(?:netns|vrf)\s+exec\s+\S+\s+)?{_SHELL}"
    rf"|(?:ip\s+netns\s+exec\s+\S+\s+)?(?:unshare|nsenter){_OPTIONS}(?:\s+{_SHELL})?"
)
_EXIT = re.compile(r"exit(?:\s+\d+)?")

_LASTS = re.compile(
    r"(?:^|[;&|]|\bexec\s+\S+|\bnsenter(?:\s+-\S+(?:\s+\d+)?)+|\b(?:do|then|else))\s*"
    r"(?:ping6?(?=\s)(?!.*\s-[46AbBdDfLnOqrRUvV]*[cw])|tcpdump\b|(?:ip|bridge|tc)\s.*\bmonitor\b|tail\s.*-[fF]|watch\s"
    r"|while\s+(?:true|:))",
    re.MULTILINE,
)
_NEEDS_SHELL = re.compile(r"[|&;<>()$`*?{}~=#!\\\[\]\n]")


def commands(cell: str) -> tuple[str, ...]:
    """The commands in a cell's lines, without prompts, comments and sudo.

    A line that ends in a backslash goes on in the next one, and so does one that leaves a quote, a loop or a
    here-document open. Lines that need what others leave behind, such as variables or `cd`, are one command together,
    as far as no shell is entered or left between them.
    """
    together: list[list[str]] = [[]]
    for statement in _statements(cell):
        if enters(statement) or leaves(statement):
            together += [[statement], []]
        else:
            together[-1].append(statement)
    typed: list[str] = []
    for statements in together:
        script = "\n".join(statements)
        typed += [script] if _SCRIPT.search(script) else statements
    return tuple(typed)


def enters(command: str) -> tuple[str, ...]:
    """The argv of a command that starts a shell to type into, such as `ip netns exec net1 bash`; empty for others."""
    if not _ENTERS.fullmatch(command.strip()):
        return ()
    # What sets the prompt is of use to a person only.
    return tuple(shlex.split(re.sub(r"--rcfile\s+<\(.*\)", "", command)))


def leaves(command: str) -> bool:
    """Whether a command is `exit`."""
    return bool(_EXIT.fullmatch(command.strip()))


def lasts(command: str) -> bool:
    """Whether a command goes on until somebody ends it, as ping does without `-c`."""
    return bool(_LASTS.search(command))


def argv(command: str, *shell: str) -> tuple[str, ...]:
    """The words of a command; one that needs a shell goes to that one as a whole, by default to a new bash."""
    if _NEEDS_SHELL.search(command) or _SCRIPT.search(command):
        aliases = ("-O", "expand_aliases") if re.search(r"^\s*alias\s", command, re.MULTILINE) else ()
        return (*(shell or ("bash", *aliases, "-c")), command)
    try:
        return tuple(shlex.split(command))
    except ValueError:
        return (*(shell or ("bash", "-c")), command)


def _statements(cell: str) -> list[str]:
    lines = cell.replace("\\\n", " ").splitlines()
    session = all(_PROMPT.match(line) or _ROOT_PROMPT.match(line) for line in lines if line.strip())
    statements: list[str] = []
    begun = ""
    for line in lines:
        typed = _typed(line, session)
        if not begun and (not typed.strip() or typed.lstrip().startswith("#")):
            continue
        begun = f"{begun}\n{typed}" if begun else typed
        if not _is_open(begun):
            statements.append(begun)
            begun = ""
    return [*statements, begun] if begun else statements


def _typed(line: str, session: bool) -> str:
    prompt = _PROMPT.match(line)
    if session and not prompt and (rooted := _ROOT_PROMPT.match(line)):
        word = _SUDO.sub(r"\1", line[rooted.end() :]).partition(" ")[0]
        prompt = rooted if word in TOOLS else None
    # Some documents comment as C++ does.
    return _SUDO.sub(r"\1", _REMARK.sub("", line[prompt.end() if prompt else 0 :])).rstrip()


def _is_open(text: str) -> bool:
    """Whether what was typed so far goes on in the next line."""
    lines = [line.strip() for line in text.splitlines()]
    try:
        shlex.split(text, comments=True)
    except ValueError:
        return True
    return (
        len(_OPENS.findall(text)) > len(_CLOSES.findall(text))
        or text.endswith(("|", "&&"))
        or any(word not in lines for word in _DOCUMENT.findall(text))
    )
