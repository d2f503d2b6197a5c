"""Records what pm_capabilities reads and runs: record_machine.py "what machine this is" >machines/NAME.json"""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import errno
import json
import re
import sys
import typing as t
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[3]
if t.TYPE_CHECKING:
    from ansible_collections.hostpm.power.plugins.module_utils._sleep.machine import Machine, Ran


class RecordingMachine:
    """Another machine, with all that it answers kept in ``data``, for a RecordedMachine; secrets are blotted out."""

    def __init__(self, inner: Machine) -> None:
        self._inner = inner
        self.data: dict[str, t.Any] = {
            "uid": inner.uid,
            **{kind: {} for kind in ("files", "links", "folders", "exists")},
            "commands": [],
        }

    @property
    def uid(self) -> int:
        return self._inner.uid

    def read(self, path: str) -> str:
        return t.cast(str, self._kept("files", path, self._inner.read))

    def write(self, path: str, text: str) -> None:
        self._inner.write(path, text)

    def listdir(self, path: str) -> list[str]:
        return t.cast("list[str]", self._kept("folders", path, self._inner.listdir))

    def readlink(self, path: str) -> str:
        return t.cast(str, self._kept("links", path, self._inner.readlink))

    def exists(self, path: str) -> bool:
        return t.cast(bool, self._kept("exists", path, self._inner.exists))

    @property
    def has_alarm_clock(self) -> bool:
        self.data["alarm_clock"] = self._inner.has_alarm_clock
        return bool(self.data["alarm_clock"])

    def run(self, argv: t.Sequence[str], timeout: float = 10.0) -> Ran:
        try:
            ran = self._inner.run(argv, timeout)
        except OSError as exc:
            self.data["commands"].append({"argv": list(argv), "error": _name(exc)})
            raise
        said = {"rc": ran.rc, "out": _blotted(ran.out), "err": _blotted(ran.err)}
        self.data["commands"].append({"argv": list(argv), **said})
        return ran

    def _kept(self, kind: str, path: str, ask: t.Callable[[str], t.Any]) -> t.Any:
        try:
            answer = ask(path)
        except OSError as exc:
            self.data[kind][path] = {"error": _name(exc)}
            raise
        self.data[kind][path] = _blotted(_reduced(path, answer)) if isinstance(answer, str) else answer
        return answer


def _name(exc: OSError) -> str:
    return errno.errorcode.get(exc.errno or 0, "EIO")


def _reduced(path: str, text: str) -> str:
    """No more of a machine than parsing needs: options of resume, one line of the memory, no id of a boot."""
    if path == "/proc/cmdline":
        return " ".join(["ro", *(word for word in text.split() if "resume" in word)]) + "\n"
    if path == "/proc/meminfo":
        return "".join(
            line for line in text.splitlines(keepends=True) if line.startswith(("MemTotal", "Active("))
        )
    if path == "/proc/sys/kernel/random/boot_id":
        return "5f1fa4a6-1f9c-4bd6-8c1c-1f2f7d2f1a0e\n"
    return text


def _blotted(text: str) -> str:
    return re.sub(r"(?im)^(.*password *[:=]).*$", r"\1 (blotted out)", text)


def main(about: str) -> None:
    sys.path.insert(
        0, str(CHECKOUT)
    )  # on its own, also on a machine that has nothing but this checkout and Python
    from plugins.module_utils._sleep.capabilities import probe
    from plugins.module_utils._sleep.machine import LocalMachine

    machine = RecordingMachine(LocalMachine())
    probe(machine)
    json.dump(
        {"about": about, "written_by_hand": False, **machine.data}, sys.stdout, indent=1, sort_keys=True
    )
    print()


if __name__ == "__main__":
    main(sys.argv[1])
