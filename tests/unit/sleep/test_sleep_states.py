"""Ways to sleep: who answers for which, what the words really mean on a machine, and what a sleep to disk needs."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.hostpm.power.plugins.module_utils._sleep.answer import STATES
from ansible_collections.hostpm.power.plugins.module_utils._sleep.hibernation import resume_config, swap_room
from ansible_collections.hostpm.power.plugins.module_utils._sleep.machine import RecordedMachine
from ansible_collections.hostpm.power.plugins.module_utils._sleep.states import (
    BACKENDS,
    MODES,
    Mode,
    sleep_modes,
)
from sleep_kit import LOGIND, command, logind, machine

HEADING = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
SWAP = f"{HEADING}/dev/sda2                               partition\t4000000\t\t0\t\t-2\n"
#: A machine whose kernel can do everything, and nobody but the kernel to ask.
KERNEL: dict[str, t.Any] = {
    "files": {
        "/sys/power/state": "freeze mem disk\n",
        "/sys/power/mem_sleep": "s2idle [deep]\n",
        "/sys/power/disk": "[platform] shutdown reboot suspend test_resume \n",
        "/sys/power/resume": "8:2\n",
        "/proc/cmdline": "root=/dev/sda1 ro quiet\n",
        "/proc/swaps": SWAP,
        "/proc/meminfo": "MemTotal:        8000000 kB\nActive(anon):    1000000 kB\n",
    }
}
SYSTEMD = {"exists": {"/run/systemd/system": True}}
ALL_YES = [logind("CanSuspend", "yes"), logind("CanHibernate", "yes"), logind("CanHybridSleep", "challenge")]
PM_YES = [command("pm-is-supported", f"--{one}") for one in ("suspend", "hibernate", "suspend-hybrid")]


def modes(one: RecordedMachine, backend: str = "auto", container: str = "none") -> t.Mapping[str, Mode]:
    found = sleep_modes(one, backend, container).modes
    assert tuple(found) == MODES
    assert all(mode.state in STATES for mode in found.values())
    return found


def short(found: t.Mapping[str, Mode]) -> dict[str, str]:
    return {name: f"{mode.state} {mode.backend}".strip() for name, mode in found.items()}


def conf(text: str) -> dict[str, t.Any]:
    return command(
        "systemd-analyze", "cat-config", "systemd/sleep.conf", out=f"# a comment\n[Sleep]\n{text}\n"
    )


def test_the_kernel_alone() -> None:
    assert short(modes(machine(KERNEL))) == dict.fromkeys(MODES, "supported sysfs")


def test_pm_utils_come_before_the_kernel() -> None:
    assert short(modes(machine(KERNEL, commands=PM_YES))) == {
        "freeze": "supported sysfs",  # they have no program for it
        **dict.fromkeys(("mem", "disk", "hybrid"), "supported pm_utils"),
    }


def test_systemd_comes_first() -> None:
    found = modes(machine(KERNEL, **SYSTEMD, commands=[*ALL_YES, *PM_YES]))
    assert short(found) == {
        "freeze": "supported sysfs",  # its suspend is a deep sleep here
        **dict.fromkeys(("mem", "disk", "hybrid"), "supported systemd"),
    }
    assert all(not mode.others for mode in found.values())


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_named_backend_answers(backend: str) -> None:
    found = modes(machine(KERNEL, **SYSTEMD, commands=[*ALL_YES, *PM_YES]), backend)
    assert {mode.backend for mode in found.values()} == {backend}
    assert found["mem"].state == "supported"
    assert found["freeze"].state == ("supported" if backend == "sysfs" else "not_probed")


def test_a_named_backend_that_is_not_there() -> None:
    pm_utils = modes(machine(KERNEL), "pm_utils")
    assert (pm_utils["mem"].state, pm_utils["mem"].why) == ("not_probed", "pm-utils is not installed")
    systemd = modes(machine(KERNEL), "systemd")
    assert (systemd["disk"].state, systemd["disk"].why) == (
        "not_probed",
        "this machine was not started by systemd",
    )
    assert systemd["disk"].others["sysfs"].state == "supported"


def test_nobody_to_ask() -> None:
    found = modes(machine())
    assert short(found) == dict.fromkeys(MODES, "not_probed")
    assert "not started by systemd; pm-utils is not installed; there is no /sys/power" in found["mem"].why


@pytest.mark.parametrize("container", ["docker", "lxc"])
def test_a_container_cannot_sleep(container: str) -> None:
    found = modes(machine(KERNEL, commands=PM_YES), container=container)
    assert short(found) == dict.fromkeys(MODES, "none")
    assert found["mem"].why == f"this is a container ({container}): only its host can sleep"


def test_a_container_that_is_not_known_is_none() -> None:
    assert modes(machine(KERNEL), container="unknown")["mem"].state == "supported"


@pytest.mark.parametrize(
    ("answer", "uid", "state", "why"),
    [
        ("yes", 0, "supported", ""),
        ("challenge", 0, "supported", ""),
        ("challenge", 1000, "supported", ""),
        ("inhibited", 0, "supported", "an inhibitor blocks it now: systemd-inhibit --list"),
        ("challenge-inhibitor-blocked", 0, "supported", "an inhibitor blocks it now: systemd-inhibit --list"),
        ("na", 0, "none", "logind says na: the machine cannot, or sleep.conf does not allow it"),
        ("na", 1000, "none", "logind says na: the machine cannot, or sleep.conf does not allow it"),
        ("no", 0, "none", "logind says no: the machine cannot, or sleep.conf does not allow it"),
        ("no", 1000, "probe_failed", "needs root: run with become"),
        ("maybe", 0, "probe_failed", "unknown word"),
    ],
)
def test_logind_answers(answer: str, uid: int, state: str, why: str) -> None:
    one = machine(KERNEL, **SYSTEMD, uid=uid, commands=[logind("CanSuspend", answer), *ALL_YES])
    mem = modes(one)["mem"]
    assert (mem.state, mem.backend) == (state, "systemd")
    assert why in mem.why
    assert bool(why) == bool(mem.why)
    assert set(mem.others) == (set() if state == "supported" else {"sysfs"})


@pytest.mark.parametrize(
    ("said", "uid", "state", "why"),
    [
        ("Call failed: Access denied", 1000, "probe_failed", "logind answers root alone here: needs root"),
        (
            "Call failed: Access denied",
            0,
            "probe_failed",
            "does not answer CanSuspend: 'Call failed: Access denied'",
        ),
        ("Call failed: Unit x.service is masked.", 0, "probe_failed", "is masked"),
        ("Failed to connect to bus: No such file or directory", 0, "supported", ""),
        (
            "Call failed: The name org.freedesktop.login1 was not provided by any .service files",
            0,
            "supported",
            "",
        ),
        ("Call failed: Unit dbus-org.freedesktop.login1.service not found.", 0, "supported", ""),
    ],
)
def test_a_logind_that_does_not_answer(said: str, uid: int, state: str, why: str) -> None:
    """Where it is not there at all, the next backend answers."""
    refused = [
        command(*LOGIND, method, rc=1, err=said)
        for method in ("CanSuspend", "CanHibernate", "CanHybridSleep")
    ]
    mem = modes(machine(KERNEL, **SYSTEMD, uid=uid, commands=refused))["mem"]
    assert (mem.state, mem.backend) == (state, "systemd" if why else "sysfs")
    assert why in mem.why


@pytest.mark.parametrize(
    ("commands", "why"),
    [
        ([], "cannot ask logind without busctl: install it"),
        ([command(*LOGIND, "CanSuspend", out="s yes")], "logind does not answer CanSuspend: 's yes'"),
        (
            [{"argv": [*LOGIND, "CanSuspend"], "error": "ETIMEDOUT"}],
            "cannot run busctl: Connection timed out",
        ),
    ],
)
def test_logind_cannot_be_asked(commands: list[dict[str, t.Any]], why: str) -> None:
    mem = modes(machine(KERNEL, **SYSTEMD, commands=commands))["mem"]
    assert mem.state == "probe_failed"
    assert why in mem.why


@pytest.mark.parametrize(
    ("state", "mem_sleep", "sleep_conf", "mem", "freeze"),
    [
        ("freeze mem disk", "s2idle [deep]", "", "supported systemd", "supported sysfs"),
        ("freeze mem disk", "[s2idle] deep", "", "none systemd", "supported systemd"),
        ("freeze mem disk", "[s2idle] deep", "MemorySleepMode=deep", "supported systemd", "supported sysfs"),
        ("freeze mem disk", "[s2idle] deep", "MemorySleepMode=shallow", "none systemd", "supported systemd"),
        ("freeze mem disk", "s2idle [deep]", "SuspendState=freeze", "none systemd", "supported systemd"),
        (
            "freeze mem disk",
            "s2idle [deep]",
            "SuspendState=\n#SuspendState=freeze",
            "supported systemd",
            "supported sysfs",
        ),
        ("freeze mem disk", "[s2idle]", "", "none systemd", "supported systemd"),
        ("freeze mem disk", None, "", "supported systemd", "supported sysfs"),
        ("freeze standby", "s2idle [shallow]", "", "none systemd", "supported sysfs"),
        ("freeze", "[s2idle]", "", "none systemd", "supported systemd"),
    ],
)
def test_what_systemctl_suspend_enters(
    state: str, mem_sleep: str | None, sleep_conf: str, mem: str, freeze: str
) -> None:
    files = {"/sys/power/state": state, "/sys/power/mem_sleep": mem_sleep}
    found = short(modes(machine(KERNEL, **SYSTEMD, files=files, commands=[*ALL_YES, conf(sleep_conf)])))
    assert (found["mem"], found["freeze"]) == (mem, freeze)


def test_a_deep_sleep_that_is_not_chosen_says_how_to_choose_it() -> None:
    files = {"/sys/power/mem_sleep": "[s2idle] deep"}
    mem = modes(machine(KERNEL, **SYSTEMD, files=files, commands=ALL_YES))["mem"]
    assert mem.why == (
        "systemctl suspend enters s2idle on this machine, not the deep sleep (S3): write deep to "
        "/sys/power/mem_sleep, or set MemorySleepMode=deep in sleep.conf"
    )
    assert mem.others["sysfs"].state == "supported"
    pm_utils = modes(machine(KERNEL, files=files, commands=PM_YES))["mem"]
    assert (pm_utils.state, pm_utils.backend) == ("none", "pm_utils")
    assert pm_utils.why == (
        "pm-suspend enters s2idle on this machine, not the deep sleep (S3): write deep to /sys/power/mem_sleep"
    )


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (
            {"/sys/power/mem_sleep": "[s2idle]\n"},
            {"mem": "mem means s2idle on this machine, it has no deep sleep (S3): use freeze"},
        ),
        (
            {"/sys/power/state": "freeze\n"},
            dict.fromkeys(("mem", "disk", "hybrid"), "the kernel offers freeze (/sys/power/state)"),
        ),
        (
            {"/sys/power/state": ""},
            dict.fromkeys(MODES, "the kernel offers no way to sleep (/sys/power/state)"),
        ),
        (
            {"/sys/power/state": None, "/sys/power/mem_sleep": None, "/sys/power/disk": None},
            dict.fromkeys(MODES, "the kernel offers no way to sleep"),
        ),
        ({"/sys/power/disk": "[disabled]\n"}, dict.fromkeys(("disk", "hybrid"), "the kernel forbids it")),
        ({"/sys/power/disk": None}, dict.fromkeys(("disk", "hybrid"), "the kernel forbids it")),
        ({"/sys/power/disk": "[shutdown] reboot\n"}, {"hybrid": "no suspend in /sys/power/disk"}),
    ],
)
def test_what_the_kernel_lacks(files: dict[str, str | None], expected: dict[str, str]) -> None:
    found = modes(machine(KERNEL, files=files))
    assert {name for name, mode in found.items() if mode.state == "none"} == set(expected)
    assert {name for name, mode in found.items() if mode.state == "supported"} == set(MODES) - set(expected)
    for name, why in expected.items():
        assert why in found[name].why


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("/sys/power/state", "\0\1\2"),
        ("/sys/power/state", "sleepy"),
        ("/sys/power/mem_sleep", "s2idle deep"),
        ("/sys/power/mem_sleep", "{}"),
        ("/sys/power/disk", "\ufffd"),
        ("/sys/power/state", {"error": "EIO"}),
    ],
)
def test_files_of_the_kernel_that_make_no_sense(path: str, content: t.Any) -> None:
    found = modes(machine(KERNEL, files={path: content}))
    assert short(found) == dict.fromkeys(MODES, "probe_failed sysfs")
    assert all(path in mode.why for mode in found.values())
    # systemd's yes to a suspend says nothing of its kind
    asked = modes(machine(KERNEL, **SYSTEMD, files={path: content}, commands=ALL_YES))
    assert (asked["mem"].state, asked["mem"].backend) == ("probe_failed", "systemd")
    assert path in asked["mem"].why
    assert asked["disk"].state == "supported"


def test_pm_utils_say_no() -> None:
    no = [
        command("pm-is-supported", "--suspend", rc=1),
        command("pm-is-supported", "--hibernate", rc=127, err="bad"),
    ]
    found = modes(machine(KERNEL, commands=[*no, *PM_YES]))
    assert (found["mem"].state, found["mem"].why) == ("none", "pm-is-supported --suspend says no")
    assert found["mem"].others["sysfs"].state == "supported"
    assert (found["disk"].state, found["disk"].why) == (
        "probe_failed",
        "pm-is-supported --hibernate ended with 127: 'bad'",
    )
    assert found["hybrid"].state == "supported"


@pytest.mark.parametrize(
    ("swaps", "state", "why"),
    [
        (SWAP, "supported", ""),
        (HEADING, "none", "there is no swap on a disk"),
        (None, "none", "there is no swap on a disk"),
        (f"{HEADING}/dev/zram0 partition 4000000 0 100\n", "none", "there is no swap on a disk"),
        (
            f"{HEADING}/dev/sda2 partition 4000000 3500000 -2\n",
            "none",
            "/dev/sda2 has 500000 KiB free for an image of 1000000",
        ),
        (
            f"{HEADING}/dev/sda2 partition 1000000 0 -2\n",
            "none",
            "the swap is too small",
        ),  # systemd leaves 2 %
        (f"{HEADING}/dev/sda2 partition 900000 0 -2\n/dev/sdb2 partition 2000000 0 -3\n", "supported", ""),
        (f"{HEADING}/swap\\040file file 4000000 0 -2\n", "supported", ""),
        (f"{HEADING}/dev/sda2 partition much 0 -2\n", "probe_failed", "/proc/swaps holds no number: 'much'"),
        (f"{HEADING}/dev/sda2 partition\n", "probe_failed", "/proc/swaps has a line of another form"),
    ],
)
def test_room_for_the_image(swaps: str | None, state: str, why: str) -> None:
    one = machine(KERNEL, files={"/proc/swaps": swaps})
    swap = swap_room(one)
    assert swap.state == state
    assert why in swap.why
    for backend in ("sysfs", "pm_utils", "systemd"):
        told = modes(
            machine(KERNEL, **SYSTEMD, files={"/proc/swaps": swaps}, commands=[*ALL_YES, *PM_YES]), backend
        )
        assert (told["disk"].state, told["hybrid"].state) == (state, state)
        assert why in told["disk"].why
        assert told["mem"].state == "supported"


def test_a_machine_whose_memory_cannot_be_told() -> None:
    one = machine(KERNEL, files={"/proc/meminfo": "MemTotal: 1 kB\n"})
    assert (swap_room(one).state, modes(one)["disk"].state) == ("probe_failed", "probe_failed")


TOOLS = "/etc/initramfs-tools"


@pytest.mark.parametrize(
    ("files", "exists", "state", "by", "why"),
    [
        ({}, [], "supported", "/sys/power/resume", ""),
        ({"/proc/cmdline": "ro resume=UUID=1"}, [], "supported", "kernel command line", ""),
        ({"/proc/cmdline": "ro noresume resume=UUID=1"}, [], "none", "", "was started with noresume"),
        (
            {"/sys/power/resume": "0:0"},
            [],
            "none",
            "",
            "name the swap with resume= on the kernel command line",
        ),
        ({"/sys/power/resume": None}, [], "none", "", "no next boot would find the image"),
        (
            {"/sys/power/resume": "0:0", "/proc/cmdline": "resume="},
            [],
            "none",
            "",
            "no next boot would find the image",
        ),
        ({"/sys/power/resume": "x"}, [], "probe_failed", "", "/sys/power/resume holds no device number: 'x'"),
        ({"/proc/cmdline": "\0"}, [], "probe_failed", "", "/proc/cmdline holds no plain text"),
        (
            {"/sys/power/resume": "0:0", f"{TOOLS}/initramfs.conf": "MODULES=most\n"},
            [],
            "supported",
            "initramfs-tools, which looks for a swap itself",
            "",
        ),
        (
            {
                "/sys/power/resume": "0:0",
                f"{TOOLS}/initramfs.conf": "RESUME=none # für später\n",
                f"{TOOLS}/conf.d/resume": "RESUME=UUID=1\n",
            },
            [],
            "supported",
            "initramfs-tools",
            "",
        ),
        (
            {
                "/sys/power/resume": "0:0",
                f"{TOOLS}/initramfs.conf": "",
                f"{TOOLS}/conf.d/a": "RESUME='none'\n#RESUME=/dev/sda2\n",
            },
            [],
            "none",
            "",
            "RESUME=none in /etc/initramfs-tools",
        ),
        (
            {"/sys/power/resume": "0:0", f"{TOOLS}/initramfs.conf": {"error": "EACCES"}},
            [],
            "probe_failed",
            "",
            "cannot read /etc/initramfs-tools/initramfs.conf: Permission denied",
        ),
        (
            {"/sys/power/resume": "0:0"},
            ["/lib/systemd/system/systemd-hibernate-resume.service", "/sys/firmware/efi/efivars"],
            "supported",
            "systemd, by an EFI variable",
            "",
        ),
        (
            {"/sys/power/resume": "0:0"},
            ["/usr/lib/systemd/system/systemd-hibernate-resume.service"],
            "none",
            "",
            "no next boot would find the image",
        ),
    ],
)
def test_whether_the_next_boot_finds_the_image(
    files: dict[str, t.Any], exists: list[str], state: str, by: str, why: str
) -> None:
    one = machine(KERNEL, **SYSTEMD, files=files, commands=ALL_YES)
    one.known.update(dict.fromkeys(exists, True))
    resume = resume_config(one)
    assert (resume.state, resume.by) == (state, by)
    assert why in resume.why
    disk = modes(one)["disk"]
    assert (disk.state, disk.backend) == (state, "systemd")
    assert why in disk.why


def test_only_systemd_finds_an_image_by_an_efi_variable() -> None:
    one = machine(KERNEL, files={"/sys/power/resume": "0:0"}, commands=PM_YES)
    one.known["/usr/lib/systemd/system/systemd-hibernate-resume.service"] = True
    one.known["/sys/firmware/efi/efivars"] = True
    disk = modes(one)["disk"]
    assert (disk.state, disk.backend) == ("none", "pm_utils")
    assert "only systemd tells it" in disk.why


def test_a_no_says_what_is_missing_too() -> None:
    one = machine(
        KERNEL, **SYSTEMD, files={"/proc/swaps": None}, commands=[logind("CanHibernate", "na"), *ALL_YES]
    )
    assert modes(one)["disk"].why.endswith(
        "sleep.conf does not allow it; there is no swap on a disk: add a swap partition or file"
    )
