"""Real clients log in to a lab and work: ipmitool, FreeIPMI's ipmipower and pyghmi."""
# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import errno
import json
import socket

import pytest
from lab_peers import DoublingRelay, RunningLab, ipmipower, ipmitool, pyghmi

SUITES = pytest.mark.parametrize("suite", [3, 17])
GUID = "00112233-4455-6677-8899-aabbccddeeff"


@pytest.fixture
def serve(tmp_path):
    """Starts labs; node1 has a BMC with the given keys."""
    running = []

    def start(rack=None, **bmc):
        folder = tmp_path / str(len(running))
        folder.mkdir()
        running.append(RunningLab(folder, rack or {"hosts": {"node1": {"bmc": bmc}}}))
        return running[-1]

    yield start
    for lab in running:
        with lab:
            pass
        assert lab.process.returncode == 0


@SUITES
def test_ipmitool_reads_and_switches(serve, suite):
    lab = serve()
    assert ipmitool(lab.port(), "power", "status", suite=suite).stdout == "Chassis Power is on\n"
    assert ipmitool(lab.port(), "power", "off", suite=suite).returncode == 0
    assert ipmitool(lab.port(), "power", "status", suite=suite).stdout == "Chassis Power is off\n"
    assert lab.host()["state"] == "dark"
    assert ipmitool(lab.port(), "power", "on", suite=suite).returncode == 0
    assert lab.host()["state"] == "running"
    assert lab.commands() == ["off", "on"]
    assert lab.bmc()["sessions_open"] == 0


def test_ipmitool_chooses_a_suite_by_itself(serve):
    lab = serve(suites=[3])
    assert ipmitool(lab.port(), "power", "status", suite=3).returncode == 0
    assert ipmitool(lab.port(), "power", "status", suite=17).returncode == 1


def test_ipmitool_reads_the_whole_status(serve):
    lab = serve()
    assert ipmitool(lab.port(), "chassis", "policy", "always-on").returncode == 0
    assert "Power Restore Policy : always-on" in ipmitool(lab.port(), "chassis", "status").stdout
    assert lab.host()["restore_policy"] == "always"


def test_ipmitool_reads_the_guid(serve):
    lab = serve(guid=GUID)
    assert lab.inventory["node1"]["pm_agents"][0]["ipmi"]["guid"] == GUID.replace("-", "")
    said = ipmitool(lab.port(), "raw", "0x06", "0x37")
    assert bytes.fromhex(said.stdout).hex() == GUID.replace("-", "")


@SUITES
@pytest.mark.parametrize("wrong", [{"password": "wrong"}, {"user": "nobody"}])
def test_ipmitool_is_refused(serve, suite, wrong):
    lab = serve()
    said = ipmitool(lab.port(), "power", "off", suite=suite, **wrong)
    assert said.returncode == 1
    assert "Unable to establish IPMI v2 / RMCP+ session" in said.stderr
    assert lab.commands() == []


@SUITES
def test_ipmipower_reads_and_switches(serve, suite):
    lab = serve()
    assert ipmipower(lab.port(), "--stat", suite=suite).stdout == "127.0.0.1: on\n"
    counted = lab.bmc()
    assert (counted["packets_in"], counted["packets_out"]) == (7, 7)
    assert ipmipower(lab.port(), "--off", "--wait-until-off", suite=suite).stdout == "127.0.0.1: ok\n"
    assert lab.host()["state"] == "dark"
    assert ipmipower(lab.port(), "--on", "--wait-until-on", suite=suite).stdout == "127.0.0.1: ok\n"
    assert lab.host()["state"] == "running"
    assert lab.bmc()["sessions_open"] == 0


@pytest.mark.parametrize(
    ("wrong", "answer"),
    [({"password": "wrong"}, "password invalid"), ({"user": "nobody"}, "username invalid")],
)
def test_ipmipower_is_told_why_it_is_refused(serve, wrong, answer):
    assert ipmipower(serve().port(), "--stat", **wrong).stdout == f"127.0.0.1: {answer}\n"


def test_pyghmi_reads_switches_and_frees_its_slot(serve):
    lab = serve(sessions=1)
    for wanted, states in ((["status"], "on\n"), (["off", "status"], "off\noff\n")):
        said = pyghmi(lab.port(), *wanted)
        assert said.stdout == states, said.stderr
        assert lab.bmc()["sessions_open"] == 0
    assert lab.host()["state"] == "dark"


def test_pyghmi_falls_back_to_suite_3(serve):
    assert pyghmi(serve(suites=[3]).port(), "status").stdout == "on\n"


def test_no_session_slot_is_free(serve):
    lab = serve(faults={"sessions": 0})
    assert "insufficient resources" in ipmitool(lab.port(), "power", "status", "-v").stderr.lower()
    assert "Insufficient resources" in pyghmi(lab.port(), "status").stderr
    lab.fault(sessions=None)
    assert ipmitool(lab.port(), "power", "status").returncode == 0


def test_kg_is_needed_where_it_is_set(serve):
    lab = serve(kg="kg of lab")
    assert lab.inventory["node1"]["pm_agents"][0]["ipmi"]["kg"] == "kg of lab"
    assert ipmitool(lab.port(), "power", "status", "-k", "kg of lab").returncode == 0
    assert ipmitool(lab.port(), "power", "status", "-k", "another").returncode == 1
    assert ipmipower(lab.port(), "--stat", "-k", "kg of lab").stdout == "127.0.0.1: on\n"
    assert ipmipower(lab.port(), "--stat").stdout == "127.0.0.1: k_g invalid\n"


def test_a_datagram_that_comes_twice_acts_once(serve):
    lab = serve()
    with DoublingRelay(lab.port()) as relay:
        assert ipmipower(relay.port, "--off").stdout == "127.0.0.1: ok\n"
    counted = lab.bmc()
    assert lab.commands() == ["off"]
    assert counted["packets_in"] > counted["packets_out"]


def test_a_closed_port_is_refused_at_once_until_it_is_opened_again(serve):
    lab = serve(faults={"closed": True})
    ping = bytes.fromhex("0600ff06000011be80000000")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(30)
        client.connect(("127.0.0.1", lab.port()))
        client.send(ping)
        with pytest.raises(ConnectionRefusedError) as refused:
            client.recv(100)
        assert refused.value.errno == errno.ECONNREFUSED
        lab.fault(closed=None)
        client.send(ping)
        assert client.recv(100)[8] == 0x40


def test_ipmitool_copes_with_some_loss(serve):
    lab = serve(faults={"loss": 0.05, "seed": 4})
    for _each in range(3):
        assert ipmitool(lab.port(), "power", "status").stdout == "Chassis Power is on\n"
    counted = lab.bmc()
    assert counted["packets_in"] > counted["packets_out"]


def test_a_supply_and_its_shared_outlet(serve):
    lab = serve(
        {
            "outlets": {"pdu1-3": {}},
            "hosts": {
                "node1": {"bmc": {"standby": "own"}, "feeds": {"a": {"outlet": "pdu1-3"}, "b": {}}},
                "node2": {"feeds": {"a": {"outlet": "pdu1-3"}}},
            },
        }
    )
    assert lab.port("node1", "feed-a") == lab.port("node2", "feed-a")
    assert ipmipower(lab.port("node1", "feed-a"), "--off").stdout == "127.0.0.1: ok\n"
    assert (lab.host()["state"], lab.host()["supply"]) == ("running", "partial")
    assert lab.host("node2")["state"] == "dark"
    lab.ask("plug", host="node1", feed="b", plugged=False)
    assert (lab.host()["state"], lab.host()["supply"]) == ("dark", "dead")
    assert ipmitool(lab.port(), "power", "status").stdout == "Chassis Power is off\n"


def test_a_hundred_bmcs_in_one_process(serve):
    lab = serve({"hosts": {f"node{number}": {"bmc": {}} for number in range(100)}})
    where = ",".join(f"127.0.0.1:{lab.port(name)}" for name in lab.inventory)
    assert ipmipower(where, "--off").stdout.count(": ok\n") == 100
    states = lab.ask("state")["hosts"].values()
    assert {host["state"] for host in states} == {"dark"}
    assert {host["agents"]["bmc"]["sessions_open"] for host in states} == {0}


def test_the_lab_is_asked_and_stopped_from_the_command_line(serve):
    lab = serve({"hosts": {"node1": {"bmc": {"standby": "own"}, "feeds": {"a": {}}}}})
    assert lab.ctl("fault", "node1", "bmc", "reject=[off]", "busy=1").returncode == 0
    assert json.loads(lab.ctl("state", "node1").stdout)["hosts"]["node1"]["agents"]["bmc"]["faults"] == {
        "reject": ["off"],
        "busy": 1,
    }
    said = lab.ctl("fault", "node1", "bmc", "rejcet=")
    assert (said.returncode, said.stderr) == (2, "rejcet: unknown key, did you mean 'reject'?\n")
    assert lab.ctl("sleep", "node1").returncode == 0
    assert lab.ctl("wake", "node1").returncode == 0
    assert lab.ctl("plug", "node1", "a", "off").returncode == 0
    assert lab.host()["state"] == "dark"
    assert lab.ctl("mark", "two", "words").returncode == 0
    assert lab.ctl("stop").returncode == 0
    assert lab.process.wait(timeout=60) == 0
    assert '"what": "two words"' in lab.timeline.read_text(encoding="utf-8")
    assert lab.ctl("state").returncode == 2


def test_the_timeline_tells_what_happened_and_no_secret(serve):
    lab = serve(kg="kgSecret", password="pwSecret")
    lab.ask("mark", text="a chapter")
    assert ipmitool(lab.port(), "power", "off", "-k", "kgSecret", password="pwSecret").returncode == 0
    lab.ask("stop")
    lab.process.wait(timeout=60)
    told = lab.timeline.read_text(encoding="utf-8")
    events = [json.loads(line) for line in told.splitlines()]
    seen = {(event["event"], event["what"]) for event in events}
    assert {("mark", "a chapter"), ("session", "open"), ("command", "off"), ("host", "dark")} <= seen
    assert "Secret" not in told
