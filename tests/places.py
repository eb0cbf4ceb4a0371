"""Fresh environments in which a reader runs the chapters: Binder's, and an empty folder's."""

import fcntl
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from coalescence.lab import BUILDER
from tests.served import ROOT

BINDER = ROOT / ".binder"


def run(*command: object, **options: object) -> str:
    """What a command printed; fails with it if the command failed."""
    done = subprocess.run(
        [str(part) for part in command],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600, **options,
    )  # fmt: skip
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}"
    return done.stdout


def bare(**own: object) -> dict[str, str]:
    """The surroundings of a process that knows nothing of this checkout."""
    gone = ("JUPYTER", "PYTHON", "VIRTUAL_ENV", "PIP_REQUIRE", BUILDER)
    kept = {key: value for key, value in os.environ.items() if not key.startswith(gone)}
    return kept | {key: str(value) for key, value in own.items()}


def once(place: Path, make: Callable[[], None]) -> None:
    """Let the first of several processes `make` what `place` marks; the others wait for it."""
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.with_name(f"{place.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.exists():
            make()
            place.touch()


def binder() -> Path:
    """An environment made from `.binder/` alone, as Binder makes it; kept while that stays."""
    asked = b"".join(path.read_bytes() for path in sorted(BINDER.iterdir()))
    folder = ROOT / ".venv" / f"binder-{hashlib.sha256(asked).hexdigest()[:8]}"

    def make() -> None:
        for old in folder.parent.glob("binder-*"):
            if old.is_dir():
                shutil.rmtree(old)
        run(sys.executable, "-m", "venv", folder)
        pip = [folder / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "--quiet"]
        run(*pip, "install", "pip>=24", env=bare())  # Binder's is newer than some Pythons' own
        run(*pip, "install", "-r", BINDER / "requirements.txt", env=bare())

    once(folder.with_suffix(".made"), make)
    return folder


def alone(folder: Path) -> Path:
    """Python in an environment with what the package needs, but without the package itself."""
    run(sys.executable, "-m", "venv", "--without-pip", folder)
    site = next((folder / "lib").glob("python3.*")) / "site-packages"
    there = next((binder() / "lib").glob("python3.*")) / "site-packages"
    for part in there.iterdir():
        if "coalescence" not in part.name and part.suffix != ".pth":
            (site / part.name).symlink_to(part)
    return folder / "bin" / "python"


def kernel(python: Path, folder: Path) -> dict[str, str]:
    """What to set so that a kernel named `alone` runs that Python, and knows no checkout."""
    spec = folder / "kernels" / "alone" / "kernel.json"
    spec.parent.mkdir(parents=True, exist_ok=True)
    argv = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    about = {"argv": argv, "display_name": "alone", "language": "python"}
    spec.write_text(json.dumps(about | {"env": {"PYTHONPATH": ""}}))
    return {"JUPYTER_PATH": str(folder)}


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def running(command: list[object], address: str, log: Path, **options: object) -> Iterator[None]:
    """A server, from when it answers at `address` to its end, which ends its children too."""
    with log.open("w") as out:
        server = subprocess.Popen(
            [str(part) for part in command], stdout=out, stderr=out, start_new_session=True,
            **options,
        )  # fmt: skip
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(address, timeout=5)
                break
            except (urllib.error.URLError, TimeoutError, ConnectionError):
                assert server.poll() is None, log.read_text()[-3000:]
                time.sleep(0.1)
        else:
            raise AssertionError(f"no answer from {address}\n{log.read_text()[-3000:]}")
        yield
    finally:
        server.terminate()  # it alone, so that it can end its children in order
        with suppress(subprocess.TimeoutExpired):
            server.wait(60)
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def checkout(folder: Path) -> None:
    """A clean copy of the repository: what git keeps, as it stands here."""
    for name in run("git", "ls-files", "-z", cwd=ROOT).split("\0"):
        if name and (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
