"""The chapters in JupyterLite: notebooks that run in the reader's browser, carried by the pages.

What is pure Python comes with the site: the package and its data, Altair, the widgets, Pyodide's
core. What is compiled (numpy, pandas, scipy) does not, for its size: Pyodide fetches it from its
own host when a chapter's first cell asks for it.
"""

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pkginfo
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "coalescence" / "page" / "lite.txt"  # pure wheels, by hash
PARTS = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip")
EXTENSIONS = ("@jupyterlite/pyodide-kernel-extension", "@jupyter-widgets/jupyterlab-manager")
BROWSER = {"sys_platform": "emscripten", "python_version": "3.14", "extra": ""}
START = """\
# This notebook runs in your browser. The package comes from this site;
# numpy, pandas and scipy are fetched from outside, once.
%pip install --quiet --no-deps coalescence
%pip install --quiet altair ipywidgets networkx pandas scipy"""


def build(pages: Path, wheel: Path, vendor: Path) -> None:
    """Put JupyterLite with the chapters into `pages`/lite.

    Anew only if the package, the locked parts or this module changed; the chapters, which are the
    notebooks in `pages`/_sources, are always copied.
    """
    site, stamp = pages / "lite", pages / "lite" / "stamp"
    own = [LOCK, LOCK.with_name("package-lock.json"), wheel, Path(__file__)]
    kinds = [version(name) for name in ("jupyterlite-core", "jupyterlite-pyodide-kernel")]
    told = b"".join(path.read_bytes() for path in own) + " ".join(kinds).encode()
    key = hashlib.sha256(told).hexdigest()
    if not stamp.exists() or stamp.read_text() != key:
        shutil.rmtree(site, ignore_errors=True)
        with tempfile.TemporaryDirectory() as apart:
            _build(Path(apart), site, wheel, vendor)
        stamp.write_text(key)
    contents(pages / "_sources", site)


def _build(apart: Path, site: Path, wheel: Path, vendor: Path) -> None:
    carried = wheels(vendor)
    listed = {"jupyter-config-data": {"contentsAllJsonFile": "all.json"}}  # see `contents`
    settings = {"jupyter-lite-schema-version": 0, **listed}
    (apart / "jupyter-lite.json").write_text(json.dumps(settings))
    (apart / "pypi").mkdir()
    for one in (*carried, wheel):
        shutil.copy(one, apart / "pypi")
    core(apart / "static" / "pyodide", carried, vendor)
    shared = Path(sys.prefix) / "share" / "jupyter" / "labextensions"
    command = [sys.executable, "-m", "jupyterlite_core", "build", "--lite-dir", str(apart)]
    command += ["--output-dir", str(site.resolve()), "--apps", "lab", "--no-sourcemaps"]
    command += ["--no-unused-shared-packages", "--ignore-sys-prefix"]
    for name in EXTENSIONS:
        command += [f"--LiteBuildConfig.federated_extensions={shared / name}"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=apart)
    if done.returncode:
        raise RuntimeError(f"JupyterLite could not be built:\n{done.stdout}{done.stderr}")


def wheels(vendor: Path) -> list[Path]:
    """The pure wheels of `LOCK`, fetched into `vendor` where they are missing."""
    folder = vendor / "wheels"
    stamp, key = folder / "lock", hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text() != key:
        shutil.rmtree(folder, ignore_errors=True)
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--disable-pip-version-check", "--require-hashes", "--only-binary", ":all:"]
        command += ["--python-version", "3.14", "--platform", "any", "--abi", "none"]
        command += ["--requirement", str(LOCK), "--dest", str(folder)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"the wheels for JupyterLite could not be fetched:\n{done.stderr}")
        stamp.write_text(key)
    return sorted(folder.glob("*.whl"))


def core(folder: Path, carried: list[Path], vendor: Path) -> None:
    """Pyodide's core in `folder`; of its packages those that are carried come from this site."""
    from jupyterlite_pyodide_kernel.constants import PYODIDE_CDN_URL, PYODIDE_VERSION

    source = vendor / "node_modules" / "pyodide"
    found = json.loads((source / "package.json").read_bytes())["version"]
    if found != PYODIDE_VERSION:
        raise RuntimeError(
            f"page/package.json, pyodide: found {found}, expected {PYODIDE_VERSION}, "
            "the one that jupyterlite-pyodide-kernel is made for"
        )
    folder.mkdir(parents=True)
    for name in PARTS:
        shutil.copy(source / name, folder)
    known = json.loads((source / "pyodide-lock.json").read_bytes())
    packages = known["packages"]
    for package in packages.values():
        package["file_name"] = f"{PYODIDE_CDN_URL}/{package['file_name']}"
    ours = {canonicalize_name(path.name.split("-")[0]): path for path in carried}
    names = {*packages, *ours}
    packages |= {name: _package(name, path, names) for name, path in ours.items()}
    (folder / "pyodide-lock.json").write_text(json.dumps(known))


def _package(name: str, wheel: Path, known: set[str]) -> dict[str, Any]:
    """A carried wheel as Pyodide lists its packages."""
    about = pkginfo.Wheel(str(wheel))
    needs = [Requirement(line) for line in about.requires_dist]
    wanted = [one for one in needs if not one.marker or one.marker.evaluate(BROWSER)]
    return {
        "name": name, "version": about.version, "file_name": f"../../pypi/{wheel.name}",
        "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(), "install_dir": "site",
        "depends": sorted({canonicalize_name(one.name) for one in wanted} & known),
        "imports": [name.replace("-", "_")], "package_type": "package", "unvendored_tests": False,
    }  # fmt: skip


def contents(sources: Path, site: Path) -> None:
    """The notebooks below `sources` as the files that JupyterLite shows."""
    for old in ("files", "api/contents"):
        shutil.rmtree(site / old, ignore_errors=True)
    folders: dict[Path, list[dict[str, Any]]] = {Path(): []}
    for notebook in sorted(sources.rglob("*.ipynb")):
        path = notebook.relative_to(sources)
        for parent in reversed(path.parents):
            if parent not in folders:
                folders[parent] = []
                folders[parent.parent].append(_entry(parent, "directory"))
        folders[path.parent].append(_entry(path, "notebook"))
        copy = site / "files" / path
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(json.dumps(started(json.loads(notebook.read_bytes()))), encoding="utf-8")
    for folder, entries in folders.items():
        listed = {**_entry(folder, "directory"), "content": entries, "format": "json"}
        place = site / "api" / "contents" / folder
        place.mkdir(parents=True, exist_ok=True)
        (place / "all.json").write_text(json.dumps(listed))


def started(notebook: dict[str, Any]) -> dict[str, Any]:
    """A notebook with JupyterLite's first cell and kernel in the place of its own."""
    first = {**notebook["cells"][0], "source": START, "metadata": {}}
    kernel = {"display_name": "Python (Pyodide)", "language": "python", "name": "python"}
    about = {**notebook["metadata"], "kernelspec": kernel}
    return {**notebook, "cells": [first, *notebook["cells"][1:]], "metadata": about}


def _entry(path: Path, kind: str) -> dict[str, Any]:
    return {
        "name": path.name, "path": "" if path == Path() else path.as_posix(), "type": kind,
        "content": None, "format": None, "mimetype": None, "size": None, "writable": True,
        "created": "2020-01-01T00:00:00Z", "last_modified": "2020-01-01T00:00:00Z",
    }  # fmt: skip
