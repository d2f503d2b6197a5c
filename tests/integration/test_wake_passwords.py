"""SecureOn: the card's password wakes, another does not, and none is shown."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
from wake_desk import Desk
from wake_kit import wake

#: Its fixtures: networks, desk, port, heard.
pytest_plugins = ["wake_fixtures"]
SECUREON = "0a:1b:2c:3d:4e:5f"


@pytest.mark.parametrize("password", [SECUREON, "192.168.7.9"])
def test_a_password_that_is_right(desk: Desk, password: str) -> None:
    desk.host(
        "node",
        secureon=SECUREON if password == SECUREON else "c0:a8:07:09",
        variables={"pm_secureon": password},
    )
    here = desk.open()
    run = desk.play(here, [wake("here"), wake("again")], "-vvvv")
    assert run.result("node", "here")["outcome"] == "woken", run.output
    assert password not in run.output
    assert SECUREON.replace(":", "") not in run.output


@pytest.mark.parametrize("password", ["", "0a:1b:2c:3d:4e:5e", "0a:1b:2c:3d"])
def test_a_password_that_is_wrong(desk: Desk, password: str) -> None:
    packet = desk.host("node", secureon=SECUREON, variables={"pm_secureon": password})
    here = desk.open()
    result = desk.play(here, [wake(timeout=3)]).result("node")
    assert (result["outcome"], desk.ways(packet)) == ("not_reached", set())
    assert len(desk.heard()) == result["packets"] > 0
    assert ("whether the card has this SecureOn password" in result["msg"]) == bool(password)


@pytest.mark.every_core
def test_a_vaulted_password_is_shown_nowhere(desk: Desk) -> None:
    packet = desk.host("node", secureon=SECUREON)
    del desk.variables["node"]["pm_secureon"]
    here = desk.open()
    here.write("key", "open sesame\n")
    vault = ("--vault-password-file", "key")
    made = here.run("ansible-vault", "encrypt_string", *vault, "--name", "pm_secureon", SECUREON)
    (here.folder / "host_vars").mkdir()
    here.write("host_vars/node.yml", made.stdout)
    via = {"delegate_to": "neighbour"}
    locked = desk.play(here, [wake()])
    assert locked.result("node")["outcome"] == "refused"
    assert "node: pm_secureon cannot be evaluated: it cannot be decrypted." in locked.result("node")["msg"]
    tasks = [
        wake("wrong", mac="52:54:00:99:99:99", timeout=3, task={**via, "ignore_errors": True}),
        wake("mistake", broadcast="lan", task={**via, "ignore_errors": True}),
        wake("checked", task={"check_mode": True}),
        wake("right", verify_from="proxy", task=via),
    ]
    run = desk.play(here, tasks, *vault, "-vvvv", "--diff", where="far")
    outcomes = [run.result("node", name)["outcome"] for name in ("wrong", "mistake", "checked", "right")]
    assert outcomes == ["not_reached", "refused", "planned", "woken"], run.output
    assert desk.ways(packet) == {"udp 9", "udp 7"}
    told = run.output + locked.output + json.dumps(run.records)
    for form in (SECUREON, SECUREON.replace(":", ""), packet):
        assert form not in told
        kept = [
            str(path)
            for path in here.folder.rglob("*")
            if path.is_file() and form in path.read_text(errors="replace")
        ]
        assert [path for path in kept if not path.endswith("heard.jsonl")] == []
