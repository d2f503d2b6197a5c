"""How guests are executed: by hardware where that really runs one, else by software."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import pathlib
import select
import subprocess
import time

from .emulator import PROGRAM, environment
from .programs import LabError, bound

#: The kernel's first line comes within one second by hardware; software needs some.
SECONDS = {"kvm": 6.0, "tcg": 60.0}


def probe(golden: pathlib.Path, device: pathlib.Path = pathlib.Path("/dev/kvm")) -> str:
    """Boot the guests' kernel and return the first accelerator that runs it: kvm, tcg.

    That a device can be opened proves nothing: inside some virtual machines it accepts a guest and never runs it.

    :raises LabError: none runs it
    """
    for name in SECONDS:
        if (name != "kvm" or os.access(device, os.R_OK | os.W_OK)) and _boots(golden, name):
            return name
    raise LabError(f"{PROGRAM} does not run a kernel, with no accelerator of: {', '.join(SECONDS)}")


def _boots(golden: pathlib.Path, name: str) -> bool:
    command = [
        *(
            PROGRAM,
            "-nodefaults",
            "-no-user-config",
            "-display",
            "none",
            "-machine",
            "pc",
            "-cpu",
            "qemu64,-svm",
        ),
        *("-accel", name, "-m", "256", "-serial", "stdio", "-kernel", str(golden / "vmlinuz")),
        *("-append", "console=ttyS0 earlyprintk=ttyS0"),
    ]
    until = time.monotonic() + SECONDS[name]
    child = subprocess.Popen(
        bound(command),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=dict(environment()),
    )
    said = b""
    try:
        assert child.stdout is not None
        while b"Linux version" not in said:
            left = until - time.monotonic()
            if left <= 0 or not select.select([child.stdout], [], [], left)[0]:
                return False
            chunk = os.read(child.stdout.fileno(), 4096)
            if not chunk:
                return False
            said += chunk
        return True
    finally:
        child.kill()
        child.wait()
        if child.stdout is not None:
            child.stdout.close()
