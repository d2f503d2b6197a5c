"""Bringing a lab up and taking it down, both as often as one likes."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
import typing as t

from . import accelerator, golden
from .control import request
from .emulator import Files, disk_commands
from .inventory import ssh_options
from .layout import MOST_GUESTS, GuestPlace, Layout
from .network import NETNS, Network
from .programs import LabError, check_machine, inside, run
from .records import Process, Records

COMMAND = pathlib.Path(__file__).resolve().parents[1] / "command.py"
#: Seconds in which the supervisor must answer, and a guest must be reached; software emulation on a busy machine.
START_TIME, BOOT_TIME = 30.0, 240.0
LOGIN_TIME = 20.0


class Lab:
    """One lab; ``say`` tells a person what is going on."""

    def __init__(self, layout: Layout, say: t.Callable[[str], None]) -> None:
        self.layout = layout
        self.network = Network(layout)
        self.records = Records(layout.run / "state.json")
        self._say = say

    @property
    def image(self) -> pathlib.Path:
        """The golden image: the one in use, or the one that would be."""
        return pathlib.Path(self.records.read().get("golden") or golden.folder_of(self.layout.images))

    @property
    def key(self) -> pathlib.Path:
        return self.image / "id_ed25519"

    def is_up(self) -> bool:
        """Its supervisor runs and answers, in its namespaces."""
        if self.records.supervisor() is None or self.network.missing():
            return False
        try:
            request(self.layout.control, do="state")
        except LabError:
            return False
        return True

    def up(self, wait: bool = True) -> bool:
        """Bring it up; false when it was up already and nothing was changed.

        :raises LabError: it could not be brought up; nothing of it is left then
        """
        check_machine()
        with golden.locked(self.layout.images / f"lab-{self.layout.name}.lock", self._say):
            if self.is_up():
                return False
            if self._take_down():
                self._say("removed what an earlier lab had left behind")
            try:
                self._bring_up(wait)
            except BaseException:
                self._take_down()
                raise
            return True

    def _bring_up(self, wait: bool) -> None:
        image = golden.ensure(self.layout.images, self._say)
        begin = time.monotonic()
        self.layout.files.mkdir(parents=True, exist_ok=True)
        for old in self.layout.files.iterdir():
            old.unlink()
        self.layout.run.mkdir(mode=0o700)
        (self.layout.run / "ssh").mkdir()
        self.records.change(
            layout=self.layout.to_json(), golden=str(image), made_netns=not os.path.ismount(NETNS)
        )
        name = accelerator.probe(image)
        self.records.change(accelerator=name)
        self._say(f"accelerator: {name}")
        self.network.up()
        for guest in self.layout.guests:
            for command in disk_commands(Files(image, self.layout.files, self.layout.run, guest.name)):
                run(*command)
        self._start_supervisor()
        if wait:
            self.wait_for_guests()
            self._say(f"up after {time.monotonic() - begin:.0f} s")

    def _start_supervisor(self) -> None:
        words = inside(self.network.switch, sys.executable, "-B", COMMAND, "supervise", self.layout.run)
        with open(self.layout.files / "supervisor.log", "wb") as log:
            child = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        until = time.monotonic() + START_TIME
        while not self.is_up():
            if child.poll() is not None or time.monotonic() > until:
                log_text = (self.layout.files / "supervisor.log").read_text(errors="replace")
                raise LabError(f"the supervisor did not start: {log_text.strip()}")
            time.sleep(0.05)

    def wait_for_guests(self) -> None:
        """Wait until every guest takes a login.

        :raises LabError: one does not, in time
        """
        until = time.monotonic() + BOOT_TIME
        for guest in self.layout.guests:
            while not self._takes_login(guest):
                if time.monotonic() > until:
                    raise LabError(
                        f"{guest.name} takes no login after {BOOT_TIME:.0f} s\n{self.console(guest)}"
                    )
                time.sleep(0.5)

    def _takes_login(self, guest: GuestPlace) -> bool:
        try:
            done = subprocess.run(
                self.ssh(guest, "true"), capture_output=True, timeout=LOGIN_TIME, check=False
            )
        except subprocess.TimeoutExpired:  # it lost its power in the middle of it
            return False
        return done.returncode == 0

    def restore(self) -> None:
        """Undo what tests did to the guests' power and network, and wait until each takes a login.

        :raises LabError: there is no lab, or a guest does not come back
        """
        request(self.layout.control, do="restore")
        self.wait_for_guests()

    def ssh(self, guest: GuestPlace, *words: str) -> list[str]:
        """The command that logs in to a guest, from the controller's namespace."""
        login = ["ssh", "-i", str(self.key), *ssh_options(self.layout), f"root@{guest.address}", *words]
        return inside(self.network.controller, *login)

    def console(self, guest: GuestPlace, lines: int = 25) -> str:
        """The end of what a guest printed on its console."""
        files = Files(self.image, self.layout.files, self.layout.run, guest.name)
        try:
            return "\n".join(files.console.read_text(errors="replace").splitlines()[-lines:])
        except OSError:
            return "(it has printed nothing)"

    def down(self) -> bool:
        """Take it down; false when there was nothing.

        :raises LabError: something could not be removed
        """
        check_machine()
        with golden.locked(self.layout.images / f"lab-{self.layout.name}.lock", self._say):
            if "PM_GUESTS" not in os.environ:  # started by a person: molecule has to make it anew
                (self.layout.molecule / "state.yml").unlink(missing_ok=True)
            return self._take_down()

    def _take_down(self) -> bool:
        kept = self.records.read()
        there = self.layout.run.exists() or len(self.network.missing()) < len(self.layout.namespaces)
        supervisor = self.records.supervisor()
        if supervisor is not None:
            supervisor.end_surely()
        for process in self.records.processes():
            process.end(signal.SIGKILL)
        self._end_strays()
        self.network.down(bool(kept.get("made_netns")))
        shutil.rmtree(self.layout.run, ignore_errors=True)
        for guest in Layout(self.layout.checkout, self.layout.name, count=MOST_GUESTS).guests:
            files = Files(self.image, self.layout.files, self.layout.run, guest.name)
            files.root.unlink(missing_ok=True)
            files.swap.unlink(missing_ok=True)
        return there

    def _end_strays(self) -> None:
        """Connections that ssh has kept open, and what the state file was too late for."""
        for socket in (self.layout.run / "ssh").glob("*"):
            run("ssh", "-o", f"ControlPath={socket}", "-O", "exit", "guest", quiet=True)
        for pid, namespace in self.network.processes().items():
            stray = Process.of(namespace, pid)
            if stray is not None:
                stray.end(signal.SIGKILL)
