"""Starting a program as the bench does it: an environment of its own, a time limit, a look at its end."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import subprocess
import sys
import typing as t
from pathlib import Path

import collection_path

#: Seconds after which a measure is void.
LIMIT = 60.0
GRACE = 5.0


class Void(Exception):
    """A measure that says nothing, and why."""


class Desk:
    """Where the programs run: a folder for everything they write."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "tmp").mkdir()
        (folder / "ansible.cfg").touch()
        self._env = self._environment()

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)
        return path

    def find(self, program: str) -> str | None:
        """Its path as the programs themselves would find it."""
        for folder in self._env["PATH"].split(":"):
            if os.access(f"{folder}/{program}", os.X_OK):
                return f"{folder}/{program}"
        return None

    def run(self, *command: str, given: str = "") -> str:
        """Run it and return what it printed.

        :param given: its standard input.
        :raises Void: it failed, or did not end.
        """
        with subprocess.Popen(
            command,
            cwd=self.folder,
            env=self._env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            try:
                output, _none = process.communicate(given, timeout=LIMIT)
            except subprocess.TimeoutExpired:
                _end(process)
                raise Void(f"{Path(command[0]).name}: not done after {LIMIT:.0f} s") from None
            except BaseException:
                _end(process)
                raise
        if process.returncode:
            last = " ".join(output.split())[-300:]
            raise Void(f"{Path(command[0]).name} ended with status {process.returncode}: {last}")
        return output

    def _environment(self) -> dict[str, str]:
        kept = [part for part in os.environ["PATH"].split(":") if part and not part.endswith("/shims")]
        tmp = str(self.folder / "tmp")
        return {
            "PATH": ":".join([str(Path(sys.executable).parent), *kept, "/usr/sbin", "/sbin"]),
            "HOME": str(self.folder),
            "LC_ALL": "C.UTF-8",
            "TMPDIR": tmp,
            # Compiled once, as after an installation; nothing is written into the checkout.
            "PYTHONPYCACHEPREFIX": str(self.folder / "pyc"),
            "ANSIBLE_CONFIG": str(self.folder / "ansible.cfg"),
            "ANSIBLE_HOME": str(self.folder / "ansible"),
            "ANSIBLE_LOCAL_TEMP": tmp,
            "ANSIBLE_REMOTE_TEMP": tmp,
            "ANSIBLE_COLLECTIONS_PATH": str(collection_path.collections_root()),
            "ANSIBLE_NOCOLOR": "1",
        }


def _end(process: subprocess.Popen[str]) -> None:
    """Politely, then for certain; what it leaves behind is ended with the bench."""
    process.terminate()
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        process.kill()


def expect(wanted: t.Iterable[str], output: str) -> None:
    """
    :raises Void: the output has none of the wanted texts.
    """
    if not any(text.lower() in output.lower() for text in wanted):
        raise Void(f"unexpected output: {' '.join(output.split())[-300:]}")
