"""A notebook in a real browser: JupyterLab on this machine only, Chromium without a window, as a person uses both."""

from __future__ import annotations

import base64
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from attrs import define

from tests.conftest import needs_package, needs_tool

pytestmark = [needs_package("jupyterlab"), needs_tool("chromium"), needs_tool("chromedriver")]

NOTEBOOKS = Path(__file__).parents[2] / "scripts" / "documents"
FLAGS = """--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
--disable-component-update --disable-sync --disable-dev-shm-usage --window-size=1280,1800"""
SCREENSHOTS = os.environ.get("NETNS_KIT_SCREENSHOTS")
"""A folder for screenshots to look at."""


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def eventually(what: Callable[[], Any], seconds: float = 90, told: Callable[[], object] = str) -> Any:
    """The first answer that is something, of a question asked again and again; else what is told of it."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            answer = what()
        except OSError:
            answer = None
        if answer or time.monotonic() > deadline:
            assert answer, f"it did not come in time: {told()}"
            return answer
        time.sleep(0.2)


@define
class Browser:
    """A browser's window, by the WebDriver protocol."""

    session: str

    def call(self, path: str, **words: Any) -> Any:
        """Ask the driver for something."""
        return post(f"{self.session}/{path}", words)

    def script(self, text: str) -> Any:
        """Run JavaScript on the page."""
        return self.call("execute/sync", script=text, args=[])

    def screenshot(self, name: str) -> bytes:
        """A picture of the window."""
        with urllib.request.urlopen(f"{self.session}/screenshot", timeout=60) as answer:
            image = base64.b64decode(json.load(answer)["value"])
        if SCREENSHOTS:
            Path(SCREENSHOTS, f"{name}.png").write_bytes(image)
        return image


def post(url: str, words: dict[str, Any]) -> Any:
    """Send JSON, and get what is answered."""
    request = urllib.request.Request(url, json.dumps(words).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=120) as answer:
        return json.load(answer)["value"]


@contextmanager
def server(*argv: object, cwd: Path, **variables: str) -> Iterator[None]:
    """A server of the test's own, until the block ends."""
    process = subprocess.Popen(
        tuple(map(str, argv)), cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={**os.environ, **variables},
    )  # fmt: skip
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[str]:
    """JupyterLab on a copy of the scripts, for nobody but who knows the token; its address."""
    shutil.copytree(NOTEBOOKS.parent, tmp_path / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    port, token = free_port(), secrets.token_hex(16)
    words = (
        f"--ServerApp.port={port}", "--ServerApp.ip=127.0.0.1", f"--IdentityProvider.token={token}",
        "--ServerApp.open_browser=False", "--ServerApp.port_retries=0", f"--ServerApp.root_dir={tmp_path / 'scripts'}",
        "--LabApp.expose_app_in_browser=True", "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    )  # fmt: skip
    folders = {f"JUPYTER_{one}_DIR": str(tmp_path / one) for one in ("CONFIG", "DATA", "RUNTIME")}
    more = ("--allow-root",) if os.geteuid() == 0 else ()
    home = {"HOME": str(tmp_path), "JUPYTERLAB_SETTINGS_DIR": str(tmp_path / "settings"), **folders}
    path = os.pathsep.join(filter(None, (str(NOTEBOOKS.parents[1]), os.environ.get("PYTHONPATH"))))
    with server(sys.executable, "-m", "jupyterlab", *words, *more, cwd=tmp_path, PYTHONPATH=path, **home):
        yield f"http://127.0.0.1:{port}/lab/tree/documents/{{}}.ipynb?token={token}"


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    """A Chromium without a window, and with a profile of its own."""
    port = free_port()
    flags = [*FLAGS.split(), f"--user-data-dir={tmp_path / 'profile'}"]
    chrome = {"args": flags, "binary": shutil.which("chromium")}
    capabilities = {"alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": chrome}}
    with ExitStack() as stack:
        stack.enter_context(server("chromedriver", f"--port={port}", cwd=tmp_path, HOME=str(tmp_path)))
        made = eventually(lambda: post(f"http://127.0.0.1:{port}/session", {"capabilities": capabilities}))
        browser = Browser(f"http://127.0.0.1:{port}/session/{made['sessionId']}")
        stack.callback(
            lambda: urllib.request.urlopen(urllib.request.Request(browser.session, method="DELETE"), timeout=20)
        )
        yield browser


# A notebook whose kernel is not there yet loses commands. The promise tells when all cells have run, and whether well.
RUN_ALL = """window.ran = null;
(async () => {
  const panel = window.jupyterapp.shell.currentWidget;
  await panel.context.ready;
  await panel.sessionContext.ready;
  await panel.sessionContext.session.kernel.info;
  await window.jupyterapp.commands.execute('notebook:clear-all-cell-outputs');
  return window.jupyterapp.commands.execute('notebook:run-all-cells');
})().then(ok => { window.ran = {ok: ok}; }, why => { window.ran = {ok: false, why: String(why)}; });
return true;"""
STATE = """return {ran: window.ran, page: document.body.innerText.slice(-1500),
  prompts: [...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')].map(one => one.textContent),
  errors: [...document.querySelectorAll('[data-mime-type*="error"]')].map(one => one.innerText)};"""
COMMAND = """const commands = window.jupyterapp?.commands;
return commands?.hasCommand('{0}') && (commands.execute('{0}'{1}), true);"""
IDLE = """const cells = [...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')].map(one => one.textContent);
return cells.length > 3 && cells.every(one => /\\[\\d+\\]/.test(one));"""
CUT_OFF = """return [...document.querySelectorAll('.jp-OutputArea-output')].filter(one => {
  const picture = one.querySelector('img, svg');
  return picture && picture.getBoundingClientRect().right > one.getBoundingClientRect().right + 1;
}).length;"""
SHOW = """const found = document.querySelectorAll('{0}'); const one = found[found.length - 1];
one.scrollIntoView({{block: 'center'}}); return true;"""


def run_all(browser: Browser, url: str) -> bool:
    """Open a notebook and run all its cells; whether that went well."""
    eventually(lambda: browser.call("url", url=f"{url}&reset") or True)
    browser.call("window/rect", width=1280, height=1800)
    eventually(lambda: browser.script("return document.querySelectorAll('.jp-CodeCell').length > 3;"))
    eventually(lambda: browser.script("return document.body.innerText.includes('| Idle');"))
    browser.script(RUN_ALL)
    return bool(eventually(lambda: browser.script("return window.ran;"), 600, partial(browser.script, STATE))["ok"])


def by_day_and_by_night(browser: Browser, name: str, shown: dict[str, str]) -> None:
    """Look at what is shown, by what it is called and where it is on the page, in a light theme and in a dark one."""
    for theme in ("JupyterLab Light", "JupyterLab Dark"):
        browser.script(COMMAND.format("apputils:change-theme", f", {{theme: '{theme}'}}"))
        light = "true" if theme.endswith("Light") else "false"
        eventually(lambda light=light: browser.script(f"return document.body.dataset.jpThemeLight === '{light}';"))
        for what, selector in shown.items():
            browser.script(SHOW.format(selector))
            time.sleep(1)
            assert browser.screenshot(f"{name}-{what}-{light}").startswith(b"\x89PNG")


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("name", ["D0", "Why"])
def test_run_all_in_jupyterlab(lab: str, browser: Browser, name: str) -> None:
    """Run all: each cell has run, no error, tables and pictures are on the page, whole, by day and by night."""
    assert run_all(browser, lab.format(name)), browser.script(STATE)
    eventually(lambda: browser.script(IDLE), told=partial(browser.script, STATE))
    text = (NOTEBOOKS / f"{name}.ipynb").read_text()
    kept, tables = text.count('"image/svg+xml"'), text.count("<table")
    eventually(lambda: browser.script(f"return document.querySelectorAll('.jp-RenderedSVG').length == {kept};"))
    assert browser.script("return document.querySelectorAll('.jp-RenderedHTMLCommon table').length;") >= tables
    for kind in ("stderr", "error"):
        assert not browser.script(f"return document.querySelector('[data-mime-type$=\".{kind}\"]');")
    shown = {"picture": ".jp-RenderedSVG", **({"table": ".jp-RenderedHTMLCommon table"} if tables else {})}
    by_day_and_by_night(browser, name, shown)
    assert browser.script(CUT_OFF) == 0


CELLS = (
    """from netns_kit import Bridge, Host, Lab, Namespace, Topology, progress
host = Host.private().use()
%load_ext netns_kit""",
    """br0 = Bridge("br0").add(up=True)
for number in (1, 2, 3):
    br0.plug(Namespace(f"net{number}").add(), address=f"10.0.1.{number}/24")
before = Topology.of(host)
Namespace("net4").add()
Namespace("net1").link("eth0").set(mtu=1400)
Namespace("net3").link("eth0").delete()
before.compare(Topology.of(host))""",
    """lab = Lab()
pcs = [lab.host(f"pc{number}") for number in (1, 2, 3)]
lab.switch("s", *pcs, addresses=[f"10.0.2.{number}/24" for number in (1, 2, 3)])
pcs[2].iptables.append("INPUT", protocol="icmp", jump="DROP")
lab.ping_all()""",
    "for number in progress(range(50), 'namespaces'):\n    pass",
    'Namespace("nobody").delete()',
)


@pytest.mark.filterwarnings("default")
def test_what_shows_itself(lab: str, browser: Browser, tmp_path: Path) -> None:
    """A comparison, a matrix of pings, a bar, and an error with the user's own line and none of the library's."""
    nbformat = pytest.importorskip("nbformat", reason="no nbformat here: the extra dev brings it, CI's legs run it")
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(one) for one in CELLS], metadata=kernel)
    nbformat.write(book, tmp_path / "scripts" / "documents" / "Shown.ipynb")
    state = partial(browser.script, STATE)
    assert not run_all(browser, lab.format("Shown"))
    eventually(lambda: browser.script(IDLE), told=state)
    text = browser.script("return document.body.innerText;")
    assert "NotFoundError: ip netns delete nobody" in text
    assert "netns.list()" in text
    assert "netns_kit/" not in text
    assert browser.script("return document.querySelectorAll('td[title*=\"pc3\"]').length;") == 4
    eventually(lambda: browser.script("return document.body.innerText.includes('50/50');"), told=state)
    shown = {
        "comparison": ".jp-RenderedSVG",
        "matrix": ".jp-RenderedHTMLCommon table",
        "error": ".jp-RenderedText",
    }
    by_day_and_by_night(browser, "Shown", shown)
