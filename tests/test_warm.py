"""Kernels that are forks of one warm process, as the builder starts them."""

import os
import subprocess
import sys
import time

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError

from coalescence import warm

pytestmark = pytest.mark.build
ASK = "import os, sys; print(os.getppid(), 'altair' in sys.modules, os.getcwd(), os.environ['ODD'])"


def run(source, folder, **options):
    """What a notebook of one cell prints, or its error."""
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    client = NotebookClient(book, resources={"metadata": {"path": str(folder)}}, **options)
    client.execute()
    return book.cells[0].outputs[0]["text"]


@pytest.fixture(autouse=True)
def odd(monkeypatch):
    monkeypatch.setenv("ODD", "an odd\nvalue")
    monkeypatch.delenv("JUPYTER_PATH", raising=False)


@pytest.mark.skipif(not warm.POSSIBLE, reason="kernels are forked on Linux only")
def test_kernels_are_forks_with_a_place_and_an_environment_of_their_own(tmp_path):
    parents = set()
    with warm.kernels() as number:
        for name in ("one", "two"):
            (tmp_path / name).mkdir()
            parent, loaded, *rest = run(ASK, tmp_path / name).split(maxsplit=2)
            parents.add(parent)
            assert (loaded, rest) == ("True", [f"{tmp_path / name} an odd\nvalue\n"])
    assert parents == {str(number)}
    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)
    assert "JUPYTER_PATH" not in os.environ


def test_a_cell_without_end_is_interrupted(tmp_path):
    with warm.kernels():
        start = time.monotonic()
        with pytest.raises(CellTimeoutError):
            run("while True: pass", tmp_path, timeout=1)
        assert time.monotonic() - start < 30


def test_a_kernel_ends_with_who_started_it(tmp_path):
    script = f"""
from coalescence import warm
from jupyter_client import KernelManager
with warm.kernels():
    manager = KernelManager()
    manager.start_kernel(cwd={str(tmp_path)!r})
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=60)
    got = []
    hook = lambda message: got.append(message["content"].get("text", ""))
    client.execute_interactive("import os; print(os.getpid())", output_hook=hook)
    print("".join(got).strip(), flush=True)
    import os
    os.kill(manager.provisioner.pid, 9)
    input()
"""
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as running:
        kernel = int(running.stdout.readline())
        for _ in range(100):
            try:
                os.kill(kernel, 0)
            except ProcessLookupError:
                break
            time.sleep(0.1)
        else:
            pytest.fail("the kernel lives on")
        running.communicate("\n")


@pytest.mark.skipif(not warm.POSSIBLE, reason="kernels are forked on Linux only")
def test_without_the_warm_process_a_kernel_starts_as_usual(tmp_path):
    with warm.kernels() as number:
        os.kill(number, 9)
        assert run(ASK, tmp_path).split()[1] == "False"
