"""Make this checkout importable as ansible_collections.hostpm.power, wherever it lies."""

from __future__ import annotations

import os
import sys
import tempfile
from functools import cache
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent


@cache
def collections_root() -> Path:
    """Return a folder for ANSIBLE_COLLECTIONS_PATH in which ansible_collections/hostpm/power is this checkout."""
    try:
        return _link_below(CHECKOUT / ".cache" / "collections")
    except PermissionError:  # a checkout that this user may only read
        return _link_below(Path(tempfile.mkdtemp(prefix="hostpm-collections-")))


def install_finder() -> None:
    """Let Python import ansible_collections.*, as ansible-core's own processes do. Twice is harmless."""
    from ansible.utils.collection_loader import _collection_finder as loader

    if not any(isinstance(finder, loader._AnsibleCollectionFinder) for finder in sys.meta_path):
        loader._AnsibleCollectionFinder(paths=[str(collections_root())])._install()


def _link_below(root: Path) -> Path:
    link = root / "ansible_collections" / "hostpm" / "power"
    link.parent.mkdir(parents=True, exist_ok=True)
    if link.resolve() != CHECKOUT:  # absent, or left by a checkout that was moved
        # Renamed into place: workers of pytest-xdist come here at the same moment.
        fresh = link.with_name(f".power-{os.getpid()}")
        fresh.symlink_to(CHECKOUT, target_is_directory=True)
        fresh.replace(link)
    return root
