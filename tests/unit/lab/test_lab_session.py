"""Logins and sessions of an agent, spoken to by a console of the tests."""
# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses

import pytest
from lab_kit import IDENTITY, Bench, Console, HandClock, Refused
from pm_lab import codec
from pm_lab.commands import NO_PRIVILEGE
from pm_lab.devices import Chassis, Switch
from pm_lab.identity import OPERATOR, USER
from pm_lab.physics import Bmc, Habits, Host
from pm_lab.session import IDLE_TIME, WINDOW, Window
from pm_lab.supply import Outlet


def bench(**given):
    """An outlet's agent; identity fields and faults as given."""
    clock = HandClock()
    fields = {field.name for field in dataclasses.fields(IDENTITY)}
    identity = dataclasses.replace(IDENTITY, **{key: given.pop(key) for key in fields & set(given)})
    return Bench(Switch(Outlet(clock)), clock, identity, **given)


def chassis(acpi=True, **habits):
    clock = HandClock()
    bmc = Bmc(clock, lambda agent, what: None)
    host = Host(clock, lambda agent, what: None, Habits(**habits), bmc=bmc)
    return host, Bench(Chassis(host, bmc, acpi), clock)


@pytest.mark.parametrize("suite", [3, 17])
def test_a_session_from_login_to_close(suite):
    table = bench()
    console = table.console(suite=suite)
    assert table.agent.sessions_open == 1
    assert console.read() == "on"
    assert console.control(0) == 0x00
    assert console.read() == "off"
    assert console.close() == b"\x00"
    assert table.agent.sessions_open == 0
    assert console.read() is None
    assert table.agent.packets_in == table.agent.packets_out + 1


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"username": b"nobody"}, 0x0D),
        ({"username": b"a" * 17}, 0x0C),
        ({"password": b"wrong"}, 0x0F),
        ({"role": 0}, 0x09),
        ({"role": 5}, 0x09),
    ],
)
@pytest.mark.parametrize("suite", [3, 17])
def test_a_login_is_refused_with_its_own_status_and_holds_no_slot(given, status, suite):
    table = bench()
    with pytest.raises(Refused) as refused:
        table.console(suite=suite, **given)
    assert refused.value.args == (status,)
    assert table.agent.sessions_open == 0


def test_a_suite_that_is_not_offered_is_refused():
    with pytest.raises(Refused) as refused:
        bench(suites=(3,)).console(suite=17)
    assert refused.value.args == (0x11,)


def test_a_role_above_the_users_is_refused():
    with pytest.raises(Refused) as refused:
        bench(privilege=USER).console(role=OPERATOR)
    assert refused.value.args == (0x0A,)


def test_a_session_of_a_user_may_read_and_not_switch():
    console = bench().console(role=USER)
    assert console.read() == "on"
    assert console.control(0) == NO_PRIVILEGE
    assert console.ask(0x06, 0x3B, bytes([OPERATOR])) == b"\x81"


def test_all_slots_taken_until_one_is_idle_for_long():
    table = bench(sessions=2)
    table.console()
    table.console()
    with pytest.raises(Refused) as refused:
        table.console()
    assert refused.value.args == (0x01,)
    table.clock.turn(IDLE_TIME + 1)
    assert table.console().read() == "on"
    assert table.agent.sessions_open == 1


def test_kg_is_part_of_the_keys():
    assert bench(kg=b"kg").console(kg=b"kg").read() == "on"
    with pytest.raises(AssertionError):
        bench(kg=b"kg").console()


def test_a_packet_that_comes_twice_acts_once():
    table = bench()
    console = table.console()
    packet = console.pack(0x00, 0x02, b"\x00")
    assert console.send(packet) is not None
    assert console.send(packet) is None
    assert [done["what"] for done in table.agent.commands] == ["off"]


def test_a_forged_packet_does_nothing():
    table = bench()
    console = table.console()
    packet = bytearray(console.pack(0x00, 0x02, b"\x00"))
    packet[-1] ^= 1
    assert console.send(bytes(packet)) is None
    assert table.agent.commands == []


@pytest.mark.parametrize("tag", [0, 99])
def test_a_step_of_a_login_that_comes_again_gets_the_same_answer(tag):
    console = Console(bench().agent)
    console.log_in()
    kind, asked, answered = console.said[-1]
    again = codec.parse_packet(console.send(codec.build_packet(codec.Packet(bytes([tag]) + asked[1:], kind))))
    assert again.payload == bytes([tag]) + answered[1:]
    assert console.read() == "on"


def test_an_open_session_that_comes_again_takes_no_second_slot():
    table = bench()
    console = Console(table.agent)
    console.open()
    first = console.managed_id
    console.open()
    assert console.managed_id == first
    assert table.agent.sessions_open == 1


def test_a_refusal_that_was_lost_is_told_again():
    console = Console(bench().agent, username=b"nobody")
    with pytest.raises(Refused):
        console.log_in()
    kind, asked, answered = console.said[-1]
    again = codec.parse_packet(console.send(codec.build_packet(codec.Packet(asked, kind))))
    assert again.payload == answered


def test_the_window_takes_each_number_once_near_the_highest():
    window = Window()
    assert [window.accepts(number) for number in (1, 3, 2, 2, 3)] == [True, True, True, False, False]
    assert window.accepts(3 + WINDOW)
    assert window.accepts(4)
    assert not window.accepts(2)
    assert not window.accepts(4 + 2 * WINDOW)
    assert not window.accepts(0)


@pytest.mark.parametrize(("state", "expected"), [("running", 0), ("asleep", 3), ("dark", 5)])
def test_acpi_tells_sleep_from_off(state, expected):
    host, table = chassis()
    if state == "asleep":
        host.sleep()
    elif state == "dark":
        host.act("off")
    console = table.console()
    assert console.read() == ("on" if state == "running" else "off")
    assert console.ask(0x06, 0x07)[:2] == bytes([0x00, expected])


@pytest.mark.parametrize(("netfn", "command"), [(0x06, 0x07), (0x06, 0x02), (0x0A, 0x48)])
def test_a_command_that_is_not_known_says_so(netfn, command):
    assert chassis(acpi=False)[1].console().ask(netfn, command) == b"\xc1"


def test_the_restore_policy_is_read_and_set():
    host, table = chassis(restore_policy="never")
    console = table.console()
    assert console.ask(0x00, 0x01)[1] == 0x01
    assert console.ask(0x00, 0x06, b"\x02") == b"\x00\x07"
    assert host.policy == "always"
    assert console.ask(0x00, 0x01)[1] == 0x41
    assert console.ask(0x00, 0x06, b"\x03") == b"\x00\x07"
    assert host.policy == "always"
    assert console.ask(0x00, 0x06, b"\x04") == b"\xcc"


@pytest.mark.parametrize("number", [3, 4, 5, 9])
def test_what_an_outlet_does_not_do_is_refused(number):
    table = bench()
    assert table.console().control(number) == 0xCC
    assert not any(done["executed"] for done in table.agent.commands)


def test_a_chassis_that_is_off_takes_no_reset():
    assert chassis(power=False)[1].console().control(3) == 0xD5


def test_the_guid_is_told_before_and_inside_a_session():
    console = bench().console()
    assert console.ask(0x06, 0x37) == b"\x00" + IDENTITY.guid


@pytest.mark.parametrize(
    ("netfn", "command", "data"),
    [
        (0x00, 0x02, b""),
        (0x00, 0x06, b""),
        (0x06, 0x3B, b""),
        (0x06, 0x3C, b"\x01"),
        (0x06, 0x38, b""),
        (0x06, 0x54, b""),
    ],
)
def test_a_request_of_the_wrong_length_is_refused(netfn, command, data):
    assert bench().console().ask(netfn, command, data) == b"\xc7"


def test_nothing_secret_is_shown_or_noted():
    table = bench(password=b"pAsS", kg=b"kGkG")
    table.console(password=b"pAsS", kg=b"kGkG").control(0)
    shown = repr((table.agent.identity, table.notes, table.agent.state()))
    assert "pAsS" not in shown
    assert "kGkG" not in shown
