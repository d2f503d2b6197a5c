"""What the lab writes for others: ipmi_sim, QEMU, Ansible, the kernel's command line; and what its names are."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import io
import json
import pathlib
import shlex

import pytest
from pm_guests import cli, emulator, golden, inventory, journal, simulator
from pm_guests.layout import GuestPlace, Layout

HERE = pathlib.Path(cli.__file__).parents[1]
LAYOUT = Layout(pathlib.Path("/some/check out"), "test", 3)


def test_two_labs_share_no_name_and_no_folder() -> None:
    other = Layout(LAYOUT.checkout, "default", 3)
    elsewhere = Layout(pathlib.Path("/other"), "test", 3)
    for one in (other, elsewhere):
        assert one.ident != LAYOUT.ident
        assert not set(one.namespaces) & set(LAYOUT.namespaces)
        assert one.run != LAYOUT.run
        assert one.files != LAYOUT.files
    assert Layout.from_json(json.loads(json.dumps(LAYOUT.to_json()))) == LAYOUT


def test_sockets_have_short_paths() -> None:
    files = emulator.Files(pathlib.Path("/golden"), LAYOUT.files, LAYOUT.run, "guest9")
    assert len(str(files.report)) < 100
    assert len(str(LAYOUT.run / "ssh")) < 40, "ssh adds a name of its own"


def test_no_two_things_have_one_address() -> None:
    guests = Layout(count=9).guests
    addresses = [address for guest in guests for address in (guest.address, *guest.agents.values())]
    assert len(set(addresses)) == len(addresses) == 36
    assert len({mac for guest in guests for mac in (guest.mac, guest.spare_mac)}) == 18
    assert len({guest.machine_id for guest in guests}) == 9


def test_what_ipmi_sim_is_given(tmp_path: pathlib.Path) -> None:
    bmc = simulator.Simulator("guest1", "bmc", "10.78.0.11", tmp_path)
    bmc.write("/usr/bin/python3", tmp_path / "control")
    text = (tmp_path / "guest1-bmc.lan").read_text()
    assert (
        f'chassis_control "/usr/bin/python3 -ISB {tmp_path}/chassis.py {tmp_path}/control guest1 bmc"' in text
    )
    assert "addr 10.78.0.11 623" in text
    assert 'user 2 true "admin" "secret" admin 10 md5' in text
    assert "mc_enable 0x20" in (tmp_path / "guest1-bmc.emu").read_text()
    other = simulator.Simulator("guest1", "feed-a", "10.78.0.12", tmp_path)
    other.write("/usr/bin/python3", tmp_path / "control")
    guids = {
        line for line in (text + (tmp_path / "guest1-feed-a.lan").read_text()).split("\n") if "guid" in line
    }
    assert len(guids) == 2, "each has a system GUID of its own"
    compile((tmp_path / "chassis.py").read_text(), "chassis.py", "exec")


@pytest.mark.parametrize(
    ("words", "action"),
    [
        ("get power", "read"),
        ("set power 1", "on"),
        ("set power 0", "off"),
        ("set shutdown 1", "soft"),
        ("set reset 1", "reset"),
    ],
)
def test_what_ipmi_sim_asks(words: str, action: str) -> None:
    assert simulator.action(words.split()) == action


def test_what_ipmi_sim_asks_in_vain() -> None:
    with pytest.raises(simulator.NotAsked, match="set boot pxe"):
        simulator.action(["set", "boot", "pxe"])


def test_how_qemu_is_called() -> None:
    files = emulator.Files(pathlib.Path("/a,b/golden"), pathlib.Path("/a,b"), LAYOUT.run, "guest1")
    words = emulator.command(GuestPlace(1), files, "tcg")
    pairs = list(zip(words, words[1:]))
    assert ("-machine", "pc") in pairs
    assert ("-rtc", "base=utc") in pairs
    assert ("-global", "PIIX4_PM.disable_s3=0") in pairs
    assert "-no-shutdown" in words
    assert ("-device", "i82559er,netdev=lan,mac=52:54:00:77:00:01,addr=3,romfile=") in pairs
    assert ("-device", "i82559er,netdev=spare,mac=52:54:00:79:00:01,addr=5,romfile=") in pairs
    assert ("-drive", "file=/a,,b/guest1.qcow2,if=virtio,format=qcow2,cache=writeback") in pairs
    assert "resume=LABEL=swap" in words[words.index("-append") + 1]


def test_a_clock_that_a_guest_has_set_stays_set() -> None:
    files = emulator.Files(pathlib.Path("/golden"), pathlib.Path("/disks"), LAYOUT.run, "guest1")
    words = emulator.command(GuestPlace(1), files, "tcg", clock_offset=3600)
    assert words[words.index("-rtc") + 1].startswith("base=20")


def test_the_swap_disk_holds_the_memory() -> None:
    assert emulator.SWAP > emulator.MEMORY


def test_the_inventory() -> None:
    variables = inventory.hosts(LAYOUT, pathlib.Path("/key"))
    assert list(variables) == ["guest1", "guest2", "guest3"]
    one = variables["guest1"]
    assert one["ansible_host"] == "10.77.0.11"
    assert one["pm_mac"] == "52:54:00:77:00:01"
    assert one["guests_card"] == "ens3"
    assert "pm_interface" not in one, "it names the sender's card, not the guest's own"
    assert [variables[name]["pm_neighbour"] for name in variables] == ["guest3", "guest1", "guest2"]
    assert [(agent["name"], agent["order"], agent.get("feed")) for agent in one["pm_agents"]] == [
        ("bmc", 1, None),
        ("feed-a", 2, "a"),
        ("feed-b", 2, "b"),
    ]
    assert one["pm_agents"][0]["ipmi"]["cipher_suite"] == 3
    options = shlex.split(one["ansible_ssh_common_args"])
    assert "StrictHostKeyChecking=no" in options
    assert any(option.startswith(f"UserKnownHostsFile={LAYOUT.run}") for option in options)


def test_both_forms_of_the_inventory_say_the_same() -> None:
    variables = inventory.hosts(LAYOUT, pathlib.Path("/key"))
    kept = inventory.as_file(variables)["all"]["children"]["guests"]["hosts"]
    script = inventory.as_script(variables)
    assert kept == script["_meta"]["hostvars"]
    assert list(kept) == script["guests"]["hosts"]


def test_the_timeline_of_a_guest_has_the_lab_in_it() -> None:
    stream = io.StringIO()
    times = iter((1.0, 2.00049, 3.0))
    written = journal.Journal(stream, lambda: next(times))
    written.write("guest1", "command", "off", agent="bmc")
    written.write("", "mark", "here")
    written.write("guest2", "power", "off", why="bmc off")
    lines = stream.getvalue().splitlines(keepends=True)
    assert [event["t"] for event in journal.of_guest(lines, "guest1")] == [1.0, 2.0]
    assert [journal.brief(event) for event in journal.of_guest(lines)] == [
        "command bmc off",
        "mark here",
        "power off",
    ]
    assert len(journal.of_guest([*lines, '{"t": 4'])) == 3, "a line that is being written is not yet there"


def test_the_image_depends_on_every_file_that_makes_it(tmp_path: pathlib.Path) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "hook").write_text("a")
    seen = {golden.digest(tmp_path)}
    (tmp_path / "files" / "hook").write_text("b")
    seen.add(golden.digest(tmp_path))
    (tmp_path / "files" / "hook").chmod(0o755)
    seen.add(golden.digest(tmp_path))
    (tmp_path / "files" / "hook").rename(tmp_path / "hook")
    seen.add(golden.digest(tmp_path))
    assert len(seen) == 4


def test_an_image_counts_only_when_it_is_whole(tmp_path: pathlib.Path) -> None:
    for part in golden.PARTS[:-1]:
        (tmp_path / part).touch()
    assert not golden.is_whole(tmp_path)
    (tmp_path / golden.PARTS[-1]).touch()
    assert golden.is_whole(tmp_path)


def test_the_readme_knows_every_command() -> None:
    readme = (HERE / "README.md").read_text(encoding="utf-8")
    parser = cli._parser()
    actions = [action for action in parser._actions if action.choices]
    names = [name for action in actions for name in action.choices or () if name not in ("supervise", "ctl")]
    for name in names:
        assert f"| `{name}" in readme, name
