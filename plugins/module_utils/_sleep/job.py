"""A planned sleep as files below /run: what is planned, whether it was committed or cancelled, how it ended."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import time
import typing as t
from dataclasses import asdict, dataclass, fields

from .store import WayBack, named_card, write_json
from .wol import MAGIC

#: Gone with the next boot, and kept through a hibernation.
FOLDER: t.Final = "/run/hostpm.power/suspend"

#: The least time that is left for the commit (s): a slow host takes some seconds for each step.
COMMIT_TIME: t.Final = 30.0

#: The phases of a job: waiting for the commit, waiting for its moment, on its way into sleep or asleep, over.
PREPARED, COMMITTED, ENTERING, DONE = "prepared", "committed", "entering", "done"


@dataclass(frozen=True)
class Plan:
    """What was asked for and checked.

    Times are seconds; ``prepared`` is a moment of CLOCK_BOOTTIME. It sleeps ``delay`` after it was committed.

    ``card`` is the interface that is armed for Wake-on-LAN, ``card_mac`` its address, ``card_device`` its name as a
    wakeup source. ``rearm`` are all cards that are armed, as NAME=LETTERS of ethtool.
    """

    token: str
    boot_id: str
    kernel: str
    machine_id: str
    mode: str
    backend: str
    prepared: float
    delay: float
    duration: float | None
    wake: tuple[str, ...]
    rtc: str
    card: str
    card_mac: str
    card_device: str
    rearm: tuple[str, ...]
    busy_check: tuple[str, ...]
    allow: tuple[str, ...]

    @property
    def void(self) -> float:
        """When it is void without a commit, on CLOCK_BOOTTIME."""
        return self.prepared + max(self.delay, COMMIT_TIME)


def way_back(plan: Plan, way: str, asleep: float, entry: float) -> WayBack:
    """What is to be remembered of a sleep that ended well; seconds asleep, and of its entry."""
    card = named_card(plan.card, plan.card_mac) if way == "wol" else ""
    where = (plan.mode, way, plan.kernel, plan.machine_id)
    return WayBack(*where, time.time(), asleep, entry, card, plan.backend)


def armed_as(plan: Plan) -> dict[str, str]:
    """The letters of ethtool that each armed card is armed with."""
    return {name: letters for name, _equals, letters in (card.rpartition("=") for card in plan.rearm)}


def not_only_magic(plan: Plan) -> str:
    """Why a wake by its card proves nothing of magic packets; empty when only such a packet wakes it."""
    others = set(armed_as(plan).get(plan.card, "")) - set(MAGIC)
    if not others:
        return ""
    letters = "".join(sorted(others))
    return (
        f"{plan.card} is armed for more than magic packets (Wake-on: {letters}), so anything else may have woken it, "
        "and it does not count as a way back"
    )


class Job:
    """The files of the one job that a machine can have.

    :param folder: only root may write there.
    """

    def __init__(self, folder: str = FOLDER) -> None:
        self.folder = folder

    def plan(self) -> Plan | None:
        """What is planned; None where nothing is, or nothing that can be understood."""
        content = self._read("plan.json")
        try:
            values: dict[str, t.Any] = {field.name: content[field.name] for field in fields(Plan)}
        except (KeyError, TypeError):
            return None
        lists: dict[str, t.Any] = {name: tuple(v) for name, v in values.items() if isinstance(v, list)}
        return Plan(**{**values, **lists})

    def state(self) -> dict[str, t.Any]:
        """The phase, and at its end the outcome and what was measured."""
        return self._read("state.json")

    def create(self, plan: Plan) -> None:
        """Begin a job in place of one that is over.

        :raises OSError: the files cannot be written.
        """
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(self.folder)
        os.makedirs(self.folder, mode=0o700)
        write_json(self._path("plan.json"), asdict(plan))
        self.set_state(PREPARED)

    def set_state(self, phase: str, **more: t.Any) -> None:
        """Say how far it is."""
        write_json(self._path("state.json"), {"phase": phase, **more})

    def ask(self, what: str, token: str) -> None:
        """Leave a word for the process of the job: commit or cancel."""
        write_json(self._path(what), token)

    def asked(self, what: str, token: str) -> bool:
        """Whether that word is there, for this very job."""
        return bool(self._read_any(what) == token)

    def lock(self) -> t.ContextManager[None]:
        """Hold off every other preparation while one is under way.

        :raises BlockingIOError: another one is under way.
        """
        os.makedirs(os.path.dirname(self.folder), mode=0o755, exist_ok=True)
        return _locked(f"{self.folder}.lock")

    def carried_out(self) -> t.ContextManager[None]:
        """Held by the process of the job for as long as it lives, also through a hibernation."""
        return _locked(self._path("alive"))

    def alive(self) -> bool:
        """Whether that process lives."""
        try:
            with self.carried_out():
                return False
        except BlockingIOError:
            return True
        except OSError:
            return False

    def _path(self, name: str) -> str:
        return os.path.join(self.folder, name)

    def _read(self, name: str) -> dict[str, t.Any]:
        content = self._read_any(name)
        return content if isinstance(content, dict) else {}

    def _read_any(self, name: str) -> t.Any:
        try:
            with open(self._path(name), encoding="utf-8") as stream:
                return json.load(stream)
        except (OSError, ValueError):
            return None


@contextlib.contextmanager
def _locked(path: str) -> t.Iterator[None]:
    with open(path, "w", encoding="utf-8") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
