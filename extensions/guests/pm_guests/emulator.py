"""How QEMU is called for a guest, and what its disks are made of."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime
import pathlib
import typing as t
from dataclasses import dataclass

from .layout import CARD, CONTROLLER_LAN, GuestPlace

PROGRAM = "qemu-system-x86_64"
MEMORY = 512  # MB; the swap disk must hold an image of it
SWAP = 768


@dataclass(frozen=True)
class Files:
    """The files of one guest: disks and console, and in ``run`` its sockets."""

    golden: pathlib.Path
    disks: pathlib.Path
    run: pathlib.Path
    name: str

    @property
    def root(self) -> pathlib.Path:
        return self.disks / f"{self.name}.qcow2"

    @property
    def swap(self) -> pathlib.Path:
        return self.disks / f"{self.name}.swap"

    @property
    def console(self) -> pathlib.Path:
        return self.disks / f"{self.name}.console"

    @property
    def errors(self) -> pathlib.Path:
        return self.disks / f"{self.name}.qemu"

    @property
    def qmp(self) -> pathlib.Path:
        return self.run / f"{self.name}.qmp"

    @property
    def report(self) -> pathlib.Path:
        return self.run / f"{self.name}.report"


def kernel_command_line(guest: GuestPlace) -> str:
    """fsck.repair: a guest that lost its power must come back without a question."""
    return " ".join(
        (
            "root=LABEL=root ro console=ttyS0 resume=LABEL=swap fsck.repair=yes mitigations=off",
            f"systemd.machine_id={guest.machine_id} lab.name={guest.name}",
            f"lab.card={CARD} lab.address={guest.address}/24 lab.gateway={CONTROLLER_LAN}",
        )
    )


def command(guest: GuestPlace, files: Files, accelerator: str, clock_offset: int = 0) -> list[str]:
    """QEMU, stopped before the guest's first instruction.

    Machine type pc: on q35 a second sleep returns at once. i82559er: the only card here that takes Wake-on-LAN and
    whose network survives S3. -no-shutdown: the clock can be read after the guest went down.

    :param clock_offset: seconds by which the guest has set its clock off UTC before.
    """
    return [
        *(PROGRAM, "-name", guest.name, "-nodefaults", "-no-user-config", "-display", "none", "-S"),
        *("-machine", "pc", "-accel", accelerator, "-cpu", "qemu64,-svm", "-m", str(MEMORY)),
        *("-global", "PIIX4_PM.disable_s3=0", "-global", "PIIX4_PM.disable_s4=0", "-no-shutdown"),
        *("-rtc", f"base={_clock_base(clock_offset)}"),
        *("-kernel", str(files.golden / "vmlinuz"), "-initrd", str(files.golden / "initrd")),
        *("-append", kernel_command_line(guest)),
        *("-drive", _drive(files.root, "qcow2"), "-drive", _drive(files.swap, "raw")),
        *("-netdev", f"tap,id=lan,ifname={guest.name},script=no,downscript=no"),
        *("-device", f"i82559er,netdev=lan,mac={guest.mac},addr=3,romfile="),
        *("-netdev", "hubport,id=spare,hubid=0"),
        *("-device", f"i82559er,netdev=spare,mac={guest.spare_mac},addr=5,romfile="),
        *(
            "-chardev",
            f"file,id=console,path={_escaped(files.console)},append=on",
            "-serial",
            "chardev:console",
        ),
        *(
            "-chardev",
            f"socket,id=report,path={files.report},server=on,wait=off",
            "-serial",
            "chardev:report",
        ),
        *("-qmp", f"unix:{files.qmp},server=on,wait=off"),
    ]


def _clock_base(offset: int) -> str:
    if not offset:
        return "utc"
    now = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=offset)
    return now.strftime("%Y-%m-%dT%H:%M:%S")


def _drive(path: pathlib.Path, kind: str) -> str:
    # The host's page cache outlives a killed QEMU, as a disk outlives its host's power.
    return f"file={_escaped(path)},if=virtio,format={kind},cache=writeback"


def _escaped(path: pathlib.Path) -> str:
    """QEMU takes a comma in a value doubled."""
    return str(path).replace(",", ",,")


def disk_commands(files: Files) -> list[list[str]]:
    """Make the guest's disks: an overlay of the golden image, and a swap disk."""
    golden = str(files.golden / "root.img")
    return [
        ["qemu-img", "create", "-q", "-f", "qcow2", "-b", golden, "-F", "raw", str(files.root)],
        ["truncate", "-s", f"{SWAP}M", str(files.swap)],
        ["mkswap", "-q", "-L", "swap", str(files.swap)],
    ]


def environment() -> t.Mapping[str, str]:
    """Nothing of the user's environment decides how a guest runs."""
    return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}
