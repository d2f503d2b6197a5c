"""Processors, container, virtual machine and BMC: what is read of them, and what is made of nonsense."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.hostpm.power.plugins.module_utils._sleep import cpu, host
from sleep_kit import command, machine

CPU = "/sys/devices/system/cpu"
POLICY = f"{CPU}/cpufreq/policy0"
FREQ = {
    f"{POLICY}/scaling_driver": "acpi-cpufreq\n",
    f"{POLICY}/scaling_governor": "ondemand\n",
    f"{POLICY}/scaling_available_governors": "performance ondemand \n",
    f"{POLICY}/cpuinfo_min_freq": "800000\n",
    f"{POLICY}/cpuinfo_max_freq": "3600000\n",
}
IDLE = {
    f"{CPU}/cpuidle/current_driver": "acpi_idle\n",
    f"{CPU}/cpuidle/current_governor_ro": "menu\n",
    **{f"{CPU}/cpu0/cpuidle/state{number}/name": f"C{number}\n" for number in range(11)},
    f"{CPU}/cpu0/cpuidle/state0/desc": "x",
}


def test_frequencies_of_processors() -> None:
    assert cpu.cpufreq(machine(files=FREQ)) == cpu.CpuFreq(
        "supported", "", "acpi-cpufreq", ["ondemand"], ["ondemand", "performance"], 800_000, 3_600_000
    )


def test_frequencies_before_there_were_policies() -> None:
    files = {path.replace("cpufreq/policy0", "cpu0/cpufreq"): text for path, text in FREQ.items()}
    assert cpu.cpufreq(machine(files=files)).governors == ["ondemand"]


def test_policies_that_differ() -> None:
    second = {path.replace("policy0", "policy10"): text for path, text in FREQ.items()}
    second[f"{CPU}/cpufreq/policy10/scaling_governor"] = "performance"
    second[f"{CPU}/cpufreq/policy10/cpuinfo_max_freq"] = "4000000"
    found = cpu.cpufreq(machine(files={**FREQ, **second}))
    assert (found.governors, found.max_khz, found.min_khz) == (
        ["ondemand", "performance"],
        4_000_000,
        800_000,
    )


def test_nothing_scales_the_frequency() -> None:
    found = cpu.cpufreq(machine(folders={f"{CPU}/cpufreq": []}))
    assert (found.state, found.why) == ("none", "no driver scales the frequency of the processors here")


def test_idle_states_from_shallow_to_deep() -> None:
    found = cpu.cpuidle(machine(files=IDLE))
    assert (found.state, found.driver, found.governor) == ("supported", "acpi_idle", "menu")
    assert found.states == [f"C{number}" for number in range(11)]


@pytest.mark.parametrize("driver", [None, "none\n", ""])
def test_no_idle_states(driver: str | None) -> None:
    assert cpu.cpuidle(machine(files={**IDLE, f"{CPU}/cpuidle/current_driver": driver})).state == "none"


def test_a_hint_to_the_processors() -> None:
    preference = {
        f"{POLICY}/energy_performance_preference": "balance_power\n",
        f"{POLICY}/energy_performance_available_preferences": "default performance power \n",
    }
    bias = {f"{CPU}/cpu{number}/power/energy_perf_bias": f"{number}\n" for number in (0, 6, 15)}
    assert cpu.performance_bias(machine(files={**FREQ, **preference, **bias})) == cpu.Bias(
        "supported",
        "",
        "energy_performance_preference",
        ["balance_power"],
        ["default", "performance", "power"],
    )
    assert cpu.performance_bias(machine(files={**FREQ, **bias})) == cpu.Bias(
        "supported", "", "energy_perf_bias", ["0", "15", "6"], []
    )
    assert cpu.performance_bias(machine(files=FREQ)).state == "none"


@pytest.mark.parametrize("content", ["\0\1", "{}", {"error": "EIO"}])
@pytest.mark.parametrize(
    ("ask", "path"),
    [
        (cpu.cpufreq, f"{POLICY}/scaling_governor"),
        (cpu.cpufreq, f"{POLICY}/cpuinfo_max_freq"),
        (cpu.performance_bias, f"{POLICY}/energy_performance_preference"),
        (cpu.performance_bias, f"{CPU}/cpu0/power/energy_perf_bias"),
    ],
)
def test_nonsense_about_processors(ask: t.Callable[[t.Any], t.Any], path: str, content: t.Any) -> None:
    found = ask(machine(files={**FREQ, path: content}))
    assert found.state == "probe_failed"
    assert path in found.why


def test_nonsense_about_idle_states() -> None:
    for content in ("\0", "x" * 41, {"error": "EIO"}):
        found = cpu.cpuidle(machine(files={**IDLE, f"{CPU}/cpuidle/current_driver": content}))
        assert (found.state, "current_driver" in found.why) == ("probe_failed", True)


@pytest.mark.parametrize(
    ("said", "files", "kind"),
    [
        (command("systemd-detect-virt", "--container", out="none\n", rc=1), {"/.dockerenv": ""}, "none"),
        (command("systemd-detect-virt", "--container", out="lxc\n"), {}, "lxc"),
        (command("systemd-detect-virt", "--container", out="\0?\n"), {}, "unknown"),
        (command("systemd-detect-virt", "--container", rc=1, err="no"), {}, "unknown"),
        (None, {"/.dockerenv": ""}, "docker"),
        (None, {"/run/.containerenv": ""}, "podman"),
        (None, {"/run/systemd/container": "systemd-nspawn\n"}, "systemd-nspawn"),
        (None, {"/run/systemd/container": "\0"}, "unknown"),
        (None, {}, "unknown"),
    ],
)
def test_containers(said: t.Any, files: dict[str, str], kind: str) -> None:
    assert host.container_kind(machine(files=files, commands=[said] if said else [])) == kind


@pytest.mark.parametrize(("out", "kind"), [("kvm\n", "kvm"), ("none\n", "none"), ("", "unknown")])
def test_virtual_machines(out: str, kind: str) -> None:
    assert host.virtualization(machine(commands=[command("systemd-detect-virt", "--vm", out=out)])) == kind
    assert host.virtualization(machine()) == "unknown"


@pytest.mark.parametrize(
    ("changes", "state", "device"),
    [
        ({}, "none", ""),
        ({"files": {"/dev/ipmi0": ""}}, "supported", "/dev/ipmi0"),
        ({"files": {"/dev/ipmi/0": ""}}, "supported", "/dev/ipmi/0"),
        ({"folders": {"/sys/bus/platform/devices": ["dmi-ipmi-si.0", "pcspkr"]}}, "probe_failed", ""),
        ({"folders": {"/sys/bus/platform/devices": ["IPI0001:00"]}}, "probe_failed", ""),
        ({"files": {"/sys/firmware/dmi/entries/38-0/type": "38"}}, "probe_failed", ""),
        ({"folders": {"/sys/bus/platform/devices": {"error": "EACCES"}}}, "probe_failed", ""),
        ({"folders": {"/sys/bus/platform/devices": ["pcspkr"]}}, "none", ""),
    ],
)
def test_a_bmc_that_the_machine_can_talk_to(changes: dict[str, t.Any], state: str, device: str) -> None:
    found = host.bmc_in_band(machine(**changes))
    assert (found.state, found.device) == (state, device)
    assert bool(found.why) == (state != "supported")


def test_what_identifies_a_boot() -> None:
    files = {"/proc/sys/kernel/osrelease": "6.1.0\n", "/proc/sys/kernel/random/boot_id": "5f1f\n"}
    assert (host.kernel_release(machine(files=files)), host.boot_id(machine(files=files))) == (
        "6.1.0",
        "5f1f",
    )
    nonsense = dict.fromkeys(files, "\0 \n")
    assert (host.kernel_release(machine(files=nonsense)), host.boot_id(machine())) == ("", "")
