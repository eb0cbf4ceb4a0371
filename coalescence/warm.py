"""Kernels that start with their imports made: while a book is built, all are forks of one process.

Half of the time that a short chapter takes is Python reading pandas, SciPy and Altair. Here one
process reads them once and waits; whoever starts a kernel gets a fork of it, which begins where
the others began. A kernel sees its own directory, environment and arguments, as always.

    with kernels(): ...                          what Jupyter starts meanwhile, it starts by a fork
    python -m coalescence.warm SOCKET            the process that waits, and forks
    python warm.py ADDRESS ARGUMENTS ...         a kernel, by its fork

Where forking is not safe (anywhere but on Linux), and where the process that waits has gone,
kernels start as usual.
"""

import json
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

POSSIBLE = sys.platform == "linux"


@contextmanager
def kernels() -> Iterator[int | None]:
    """Let Jupyter's kernels be forks of one warm process until the block ends; gives its number."""
    if not POSSIBLE:
        yield None
        return
    import subprocess
    import tempfile
    from pathlib import Path
    from unittest import mock

    with tempfile.TemporaryDirectory(prefix="warm-") as folder:
        address = f"{folder}/door"
        with socket.socket(socket.AF_UNIX) as door:  # who comes before it is ready can wait here
            door.bind(address)
            door.listen(64)
            waiting = subprocess.Popen(
                [sys.executable, "-m", "coalescence.warm", str(door.fileno())],
                stdin=subprocess.PIPE,
                pass_fds=[door.fileno()],
            )
        spec = Path(folder, "kernels", "python3", "kernel.json")
        spec.parent.mkdir(parents=True)
        start = [sys.executable, "-I", "-S", __file__, address]
        options = ["-f", "{connection_file}", "--log-level=ERROR"]
        known = {"display_name": "Python 3", "language": "python", "argv": [*start, *options]}
        spec.write_text(json.dumps(known))
        paths = [folder, os.environ.get("JUPYTER_PATH")]
        try:
            with mock.patch.dict(os.environ, JUPYTER_PATH=os.pathsep.join(filter(None, paths))):
                yield waiting.pid
        finally:
            waiting.communicate()  # closes its stdin, which it takes as the end


def wait(door: socket.socket) -> None:
    """Import what chapters import, then fork a kernel for each caller until stdin closes."""
    import importlib
    import select
    import traceback

    from ipykernel.kernelapp import IPKernelApp

    for name in ("coalescence.page", "scipy.integrate", "scipy.optimize", "scipy.stats"):
        importlib.import_module(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how a kernel ended
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the builder ends this process
    while True:
        ready, _, _ = select.select([door.fileno(), 0], [], [])
        if 0 in ready:
            return
        caller, _ = door.accept()
        if os.fork():
            caller.close()
            continue
        try:
            door.close()
            become(caller)
            IPKernelApp.launch_instance()
        except Exception:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(0)


def become(caller: socket.socket) -> None:
    """Take on a caller's directory, environment and arguments, and end when it ends."""
    from threading import Thread

    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.setsid()
    with caller.makefile("rw") as line:
        asked = json.loads(line.readline())
        line.write(f"{os.getpid()}\n")
    os.chdir(asked["directory"])
    os.environ.clear()
    os.environ |= asked["environment"]
    parent = f"--IPKernelApp.parent_handle={os.getppid()}"
    sys.argv = ["ipykernel_launcher.py", *asked["arguments"], parent]

    def follow() -> None:
        caller.recv(1)
        os._exit(1)

    Thread(target=follow, daemon=True).start()


def call(address: str, arguments: list[str]) -> None:
    """Be a kernel: ask for a fork, hand on interrupts, and end with it."""
    asked = {"directory": os.getcwd(), "environment": dict(os.environ), "arguments": arguments}
    try:
        with socket.socket(socket.AF_UNIX) as door:
            door.connect(address)
            with door.makefile("rw") as line:
                line.write(json.dumps(asked) + "\n")
                line.flush()
                fork = int(line.readline())
            signal.signal(signal.SIGINT, lambda *_signal: os.kill(fork, signal.SIGINT))
            with suppress(ConnectionError):
                door.recv(1)
    except (OSError, ValueError):
        os.execv(sys.executable, [sys.executable, "-m", "ipykernel_launcher", *arguments])


if __name__ == "__main__":
    if len(sys.argv) > 2:
        call(sys.argv[1], sys.argv[2:])
    else:
        wait(socket.socket(fileno=int(sys.argv[1])))
