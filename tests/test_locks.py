"""Whatever is installed or sent to a reader is the very file that was locked."""

import json
import re

import pytest

from coalescence.book import PAGE
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
