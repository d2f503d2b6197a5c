"""Molecule against the guests: its playbooks run on the controller, create and destroy on the machine itself."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import typing as t

from .layout import Layout
from .programs import LabError

HERE = pathlib.Path(__file__).resolve().parents[1]


def environment(layout: Layout) -> dict[str, str]:
    """What ansible needs on the controller: this checkout as the collection, the lab's inventory, a command line.

    What the user has on PATH comes before the environment that ./test makes, which is there for a plain root shell.
    """
    return {
        **os.environ,
        "PATH": f"{os.environ.get('PATH', '')}:{layout.checkout / '.cache' / 'venv-guests' / 'bin'}",
        "PM_GUESTS": str(HERE / "guests"),
        "PM_GUESTS_NAMESPACE": layout.namespace("ctl"),
        "ANSIBLE_HOME": str(layout.images / "ansible"),
        "ANSIBLE_COLLECTIONS_PATH": str(_collections(layout.checkout)),
        "ANSIBLE_INVENTORY": str(layout.checkout / "extensions" / "molecule" / "inventory"),
        "ANSIBLE_LOCALHOST_WARNING": "false",
    }


def molecule(layout: Layout, words: t.Sequence[str]) -> int:
    """Run molecule and return its exit status.

    :raises LabError: it is not installed
    """
    variables = environment(layout)
    programs = {name: shutil.which(name, path=variables["PATH"]) for name in ("molecule", "ansible-playbook")}
    missing = [name for name, place in programs.items() if place is None]
    if missing:
        raise LabError(f"{' and '.join(missing)} not found: ./test guests makes an environment that has it")
    # molecule finds the other programs of its environment on PATH only
    beside = pathlib.Path(str(programs["molecule"])).parent
    variables["PATH"] = f"{HERE / 'bin'}:{beside}:{variables['PATH']}"
    variables["PM_GUESTS_PLAYBOOK"] = str(programs["ansible-playbook"])
    variables["MOLECULE_EPHEMERAL_DIRECTORY"] = str(layout.molecule)
    command = [str(programs["molecule"]), *words]
    return subprocess.run(command, cwd=layout.checkout, env=variables, check=False).returncode


def _collections(checkout: pathlib.Path) -> pathlib.Path:
    """A folder in which ansible_collections/hostpm/power is this checkout: the one that the tests use too."""
    root = checkout / ".cache" / "collections"
    link = root / "ansible_collections" / "hostpm" / "power"
    if link.resolve() != checkout:
        link.parent.mkdir(parents=True, exist_ok=True)
        fresh = link.with_name(f".power-{os.getpid()}")
        fresh.symlink_to(checkout, target_is_directory=True)
        fresh.replace(link)
    return root
