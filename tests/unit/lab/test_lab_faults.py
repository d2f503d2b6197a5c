"""What each fault does to an agent, and how wrong ones are named."""
# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
import pathlib

import pytest
from lab_kit import Bench, HandClock, Refused
from pm_lab import faults
from pm_lab.devices import Chassis, Switch
from pm_lab.physics import Bmc, Habits, Host
from pm_lab.supply import Feed, Outlet

OFF, ON = 0, 1


def bench(**given):
    clock = HandClock()
    return Bench(Switch(Outlet(clock)), clock, **given)


def executed(table):
    return [(done["what"], done["executed"]) for done in table.agent.commands]


def test_delay_holds_an_answer_back():
    table = bench()
    console = table.console()
    table.agent.set_faults({"delay": 2.0})
    answers = []
    packet = console.pack(0x00, 0x01)
    table.agent.send = lambda answer, peer: answers.append(answer)
    table.agent.receive(packet, ("127.0.0.1", 1))
    assert answers == []
    table.clock.turn(2.0)
    assert len(answers) == 1


def test_lag_acts_later_than_it_says():
    table = bench(lag=3.0)
    console = table.console()
    assert console.control(OFF) == 0x00
    assert console.read() == "on"
    table.clock.turn(3.0)
    assert console.read() == "off"


def test_what_a_lag_still_had_to_do_is_lost_with_the_power():
    table = bench(lag=3.0)
    table.console().control(OFF)
    table.agent.lose_power()
    table.clock.turn(3.0)
    assert table.console().read() == "on"


def test_read_lag_tells_what_was():
    table = bench(read_lag=3.0)
    console = table.console()
    table.clock.turn(10.0)
    console.control(OFF)
    table.clock.turn(2.9)
    assert console.read() == "on"
    table.clock.turn(0.1)
    assert console.read() == "off"


@pytest.mark.parametrize(("lie", "after_off"), [(True, "on"), ("off", "on"), ("on", "off"), (False, "off")])
def test_lie_acknowledges_and_does_nothing(lie, after_off):
    table = bench(lie=faults.lies(lie))
    console = table.console()
    assert console.control(OFF) == 0x00
    assert console.read() == after_off


def test_flap_toggles_by_itself_until_it_is_cleared():
    table = bench(flap=5.0)
    console = table.console()
    seen = []
    for _each in range(4):
        seen.append(console.read())
        table.clock.turn(5.0)
    assert seen == ["on", "off", "on", "off"]
    table.agent.set_faults({"flap": 0.0})
    table.clock.turn(5.0)
    assert console.read() == "on"


def test_loss_is_the_same_for_the_same_seed():
    def answered(seed):
        table = bench()
        console = table.console()
        table.agent.set_faults({"loss": 0.5, "seed": seed})
        return [console.read() for _each in range(20)]

    assert answered(1) == answered(1)
    assert answered(1) != answered(2)
    assert None in answered(1)
    assert "on" in answered(1)


def test_drop_session_after_forgets_the_session_silently():
    table = bench(drop_session_after=2)  # the login's Set Session Privilege is the first command
    console = table.console()
    assert console.read() == "on"
    assert console.read() is None
    assert console.close() is None
    assert table.agent.sessions_open == 0
    assert table.console().read() == "on"


def test_mute_after_login_neither_answers_nor_acts():
    table = bench()
    console = table.console()
    table.agent.set_faults({"mute_after_login": True})
    assert console.control(OFF) is None
    assert executed(table) == []


@pytest.mark.parametrize(("action", "number"), [("off", OFF), ("on", ON)])
def test_vanish_after_takes_the_agent_away(action, number):
    table = bench(vanish_after=action)
    console = table.console()
    assert console.control(1 - number) == 0x00
    assert console.control(number) is None
    assert executed(table)[-1] == (action, True)
    assert not table.agent.alive
    table.agent.set_faults({"vanish_after": None})
    assert table.agent.alive


@pytest.mark.parametrize(("what", "status"), [("user", 0x0D), ("password", 0x0F)])
def test_refuse_login(what, status):
    with pytest.raises(Refused) as refused:
        bench(refuse_login=what).console()
    assert refused.value.args == (status,)


def test_no_session_slot():
    with pytest.raises(Refused) as refused:
        bench(sessions=0).console()
    assert refused.value.args == (0x01,)


def test_reject_refuses_some_actions():
    table = bench(reject=("off",))
    console = table.console()
    assert console.control(OFF) == 0xD5
    assert console.control(ON) == 0x00
    assert executed(table) == [("off", False), ("on", True)]


def test_busy_passes():
    table = bench(busy=2)
    console = table.console()
    assert [console.control(OFF) for _each in range(3)] == [0xC0, 0xC0, 0x00]


def test_ack_lost_acts_without_an_answer():
    table = bench(ack_lost=1)
    console = table.console()
    assert console.control(OFF) is None
    assert console.read() == "off"
    assert console.control(OFF) == 0x00


def test_dead_is_silent_until_it_is_cleared():
    table = bench()
    console = table.console()
    table.agent.set_faults({"dead": True})
    assert console.read() is None
    table.agent.set_faults({"dead": False})
    assert console.read() == "on"


def test_a_hung_bmc_comes_back_with_its_power():
    clock = HandClock()
    outlet = Outlet(clock)
    bmc = Bmc(clock, lambda agent, what: None)
    host = Host(clock, lambda agent, what: None, Habits(), [Feed("a", outlet)], bmc)
    table = Bench(Chassis(host, bmc, False), clock, dead="until_power_cycle")
    bmc.on_loss = table.agent.lose_power
    assert not table.agent.alive
    outlet.act("off")
    assert not table.agent.alive
    outlet.act("on")
    assert table.agent.alive
    assert table.console().read() == "on"


def test_a_bmc_that_lost_its_power_forgot_its_sessions():
    table = bench()
    console = table.console()
    table.agent.lose_power()
    assert console.read() is None
    assert table.agent.sessions_open == 0


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"dely": 1}, "f.dely: unknown key, did you mean 'delay'?"),
        ({"loss": 1.5}, "f.loss: must be a number from 0 to 1"),
        ({"loss": True}, "f.loss: must be a number from 0 to 1"),
        ({"delay": -1}, "f.delay: must be a number from 0"),
        ({"busy": 1.5}, "f.busy: must be a whole number from 0"),
        ({"dead": "sometimes"}, "f.dead: must be true, false or until_power_cycle"),
        ({"closed": "yes"}, "f.closed: must be true or false"),
        ({"reject": ["of"]}, "f.reject: unknown action, did you mean 'off'?"),
        ({"refuse_login": "all"}, "f.refuse_login: must be one of user, password"),
        (["dead"], "f: must be a mapping"),
    ],
)
def test_a_wrong_fault_is_named(given, message):
    problems = []
    faults.parse("f", given, problems)
    assert problems == [message]


def test_each_fault_has_a_check_and_a_line_in_the_readme():
    names = {field.name for field in dataclasses.fields(faults.Faults)}
    assert names == set(faults.CHECKS)
    readme = pathlib.Path(faults.__file__).parents[1].joinpath("README.md").read_text(encoding="utf-8")
    assert [name for name in names if f"| `{name}` |" not in readme] == []
