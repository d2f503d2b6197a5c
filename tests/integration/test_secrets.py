"""No secret in any output, event, file or process, whatever fails; and passwords that are words of a result."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from play_kit import Console, Lab, MakeConsole, Variables, fence

SECRET = "Gr3en-Eggs_and.Ham"
KEY = "K_g-of-the-bmc"
ACCOUNT = f"username: admin, password: {SECRET}, kg: {KEY}"
RACK = f"""
hosts:
  good: {{bmc: {{{ACCOUNT}}}}}
  liar: {{bmc: {{{ACCOUNT}, faults: {{lie: 'off'}}}}}}
  dead: {{bmc: {{{ACCOUNT}, faults: {{dead: true}}}}}}
  strange: {{bmc: {{username: admin, password: other}}}}
  user: {{bmc: {{{ACCOUNT}, faults: {{refuse_login: user}}}}}}
  drops: {{bmc: {{{ACCOUNT}, faults: {{drop_session_after: 1}}}}}}
  slow: {{bmc: {{{ACCOUNT}, faults: {{lie: 'off'}}}}}}
  word-off: {{bmc: {{password: 'off'}}}}
  word-on: {{bmc: {{password: 'on'}}}}
  word-1: {{bmc: {{password: '1'}}}}
  word-bmc: {{bmc: {{password: bmc}}}}
"""
WORDS = ("word-off", "word-on", "word-1", "word-bmc")
LOCAL: Variables = {"ansible_connection": "local"}


def failing_hosts(lab: Lab) -> dict[str, Variables]:
    """One host for each stage at which a task can fail, all with the same secrets."""
    names = ("good", "liar", "dead", "strange", "user", "drops")
    hosts: dict[str, Variables] = {name: {"pm_agents": lab.agents(name)} for name in names}
    hosts["strange"]["pm_agents"][0]["ipmi"].update(password=SECRET, kg=KEY)

    def like_good(**changes: object) -> Variables:
        (agent,) = lab.agents("good")
        agent["ipmi"].update(changes)
        return {"pm_agents": [agent]}

    hosts["unknown"] = like_good(pasword=SECRET)
    hosts["typed"] = like_good(port=SECRET, privilege=SECRET, cipher_suite=SECRET)
    hosts["address"] = like_good(address="bmc..example")
    hosts["guid"] = like_good(guid="no-guid")
    hosts["long"] = like_good(password=SECRET * 2)
    hosts["kg"] = like_good(kg=f"0x{KEY}")
    hosts["template"] = like_good(password=f"{{{{ '{SECRET}' ~ missing }}}}")
    hosts["syntax"] = like_good(password=f"{{{{ '{SECRET}' | }}}}")
    hosts["closed"] = like_good(port=1)
    hosts["flat"] = {"pm_agents": [{"ipmi": f"address=127.0.0.1 password={SECRET}"}]}
    hosts["list"] = {"pm_agents": f"password={SECRET}"}
    return hosts


def tell_tales(text: str) -> list[str]:
    """The lines that show a secret, in any form in which one could be printed."""
    forms = [
        form for secret in (SECRET, KEY) for form in (secret, secret.encode().hex(), json.dumps(secret)[1:-1])
    ]
    return [line[:300] for line in text.splitlines() if any(form in line for form in forms)]


def files_below(folder: Path) -> dict[str, list[str]]:
    found = {
        str(path): tell_tales(path.read_text(errors="replace"))
        for path in folder.rglob("*")
        if path.is_file()
    }
    return {name: lines for name, lines in found.items() if lines}


def tasks() -> list[Variables]:
    quick = {"timeout": 5, "agent_timeout": 2}
    via = {"delegate_to": "proxy", "ignore_errors": True}
    return [
        fence("status", action="status", task={"ignore_errors": True}, **quick),
        fence(
            "plan", action="restart", task={"ignore_errors": True, "check_mode": True, "diff": True}, **quick
        ),
        fence("delegated", action="status", task=via, **quick),
        fence("lost", action="status", task={**via, "delegate_to": "nowhere"}, **quick),
        fence("off", action="off", task={"ignore_errors": True, "diff": True}, **quick),
        fence("delegated off", action="off", task=via, **quick),
        {"name": "show", "ansible.builtin.debug": {"msg": "done"}},
    ]


def console_for(lab: Lab, console: MakeConsole) -> Console:
    return console({**failing_hosts(lab), "proxy": LOCAL, "nowhere": {}})


@pytest.mark.every_core
def test_no_secret_is_printed_at_any_stage(lab: Lab, console: MakeConsole) -> None:
    here = console_for(lab, console)
    run = here.play(tasks(), "-vvvv", "--diff", "--forks", "8", hosts="all:!proxy:!nowhere")
    assert len({record["host"] for record in run.records}) == len(failing_hosts(lab)), run.output
    assert tell_tales(run.output) == []
    assert [r for r in run.records if tell_tales(json.dumps(r))] == []
    assert files_below(here.tmp) == {}
    assert list(files_below(here.folder)) == [str(here.folder / "inventory.json")], (
        "the search does find them"
    )
    # the stages were really reached
    said = " ".join(str(record["result"].get("msg")) for record in run.records)
    assert "has another password for this user" in said
    assert "is NOT off" in said
    assert "the proxy nowhere gave no result" in said
    assert {record["result"].get("outcome") for record in run.records} >= {
        "refused",
        "indeterminate",
        "not_off",
        "planned",
    }


def test_no_secret_in_the_events_of_ansible_runner(lab: Lab, console: MakeConsole) -> None:
    here = console_for(lab, console)
    (here.folder / "job" / "project").mkdir(parents=True)
    playbook = here.write_play(tasks(), hosts="all:!proxy:!nowhere")
    run = here.run(
        "ansible-runner",
        "run",
        "job",
        "--playbook",
        playbook,
        "--inventory",
        str(here.folder / "inventory.json"),
        "--cmdline=-vvvv --diff --forks 8",
    )
    events = list((here.folder / "job" / "artifacts").glob("*/job_events/*.json"))
    assert len(events) > 100, run.output
    assert files_below(here.folder / "job") == {}
    assert tell_tales(run.output) == []
    parsed = [json.loads(event.read_text()) for event in events]
    outcomes = {event.get("event_data", {}).get("res", {}).get("outcome") for event in parsed}
    assert outcomes >= {"refused", "indeterminate", "not_off", "planned", "status_read"}


@pytest.mark.parametrize("proxy", ["", "proxy"])
def test_no_secret_in_any_process_while_it_runs(lab: Lab, console: MakeConsole, proxy: str) -> None:
    here = console({"slow": lab.hosts["slow"], "proxy": LOCAL})
    task = {"delegate_to": proxy} if proxy else {}
    playbook = here.write_play([fence(action="off", timeout=3, task=task)], hosts="slow")
    process = here.start("ansible-playbook", playbook)
    seen: set[str] = set()
    while process.poll() is None:
        for pid in here.leftovers():
            number = pid.split()[0]
            for part in ("cmdline", "environ"):
                try:
                    seen.add((Path("/proc") / number / part).read_text(errors="replace"))
                except OSError:  # it has just ended
                    continue
    run = here.finish(process)
    assert run.result("slow")["outcome"] == "not_off"
    assert len(seen) > 1
    assert bool(proxy) == any("AnsiballZ_pm_fence" in text for text in seen)
    assert [line for text in seen for line in tell_tales(text)] == []


@pytest.mark.every_core
def test_a_password_that_is_a_word_of_the_result_spoils_nothing(lab: Lab, console: MakeConsole) -> None:
    here = console({**{host: lab.hosts[host] for host in WORDS}, "proxy": LOCAL})
    via = {"delegate_to": "proxy"}
    run = here.play(
        [
            fence("off", action="off"),
            fence("on", action="on", task=via),
            fence("restart", action="restart", task=via),
            fence("status", action="status"),
        ],
        "--diff",
        hosts="all:!proxy",
    )
    assert run.status == 0, run.output
    expected = {"off": ("off_verified", "off"), "on": ("on_verified", "on")}
    expected.update(restart=("restarted", "on"), status=("status_read", "on"))
    for host in WORDS:
        for name, (outcome, power) in expected.items():
            result = run.result(host, name)
            assert (result["outcome"], result["power"], result["basis"]) == (outcome, power, "chassis")
            assert result["msg"].startswith(f"{host} "), result["msg"]
            assert "'bmc'" in result["msg"]
            masked = re.findall(r".{20}\*{4}.{20}|VALUE_SPECIFIED.{20}", json.dumps(result))
            assert masked == []
        assert lab.commands(host) == ["off", "on", "off", "on"]
