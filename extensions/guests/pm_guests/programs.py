"""Running other programs: what is needed, commands that must succeed, and children that end with their parent."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import typing as t

#: Each program and the Debian package that has it.
NEEDED = {
    "qemu-system-x86_64": "qemu-system-x86",
    "qemu-img": "qemu-utils",
    "ipmi_sim": "openipmi",
    "mmdebstrap": "mmdebstrap",
    "mke2fs": "e2fsprogs",
    "ip": "iproute2",
    "mkswap": "util-linux",
    "setpriv": "util-linux",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
}


class LabError(Exception):
    """Something that the user has to know: what was tried, what came of it, what to do."""


def check_machine() -> None:
    """See that a lab can run here.

    :raises LabError: not root, or a program is missing
    """
    if os.geteuid() != 0:
        raise LabError(
            "the guests need root (network namespaces, package installation). Start again as root, with sudo"
        )
    missing = sorted({package for program, package in NEEDED.items() if not shutil.which(program)})
    if missing:
        raise LabError(f"programs are missing: apt-get install --no-install-recommends {' '.join(missing)}")


def run(*words: t.Any, quiet: bool = False) -> str:
    """Run a command and return its output.

    :raises LabError: it failed
    """
    command = [str(word) for word in words]
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode and not quiet:
        raise LabError(f"{shlex.join(command)} ended with {done.returncode}: {done.stdout.strip()}")
    return done.stdout


def inside(namespace: str, *words: t.Any) -> list[str]:
    """The command, in a network namespace."""
    return ["ip", "netns", "exec", namespace, *(str(word) for word in words)]


def bound(words: t.Sequence[str]) -> list[str]:
    """The command, killed by the kernel when the process that started it dies. It keeps its number: exec alone."""
    return ["setpriv", "--pdeathsig", "KILL", *words]
