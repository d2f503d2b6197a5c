"""A task that times out, a play that is cancelled, a controller that dies: nothing more is sent, nothing is left."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import signal
import sys

import pytest
from play_kit import Console, Lab, MakeConsole, Run, Variables, eventually, fence, logged_out

#: How the play ends: a signal, and whether it reaches the controller alone or its process group, as from a terminal.
ENDS = {
    "timeout": None,
    "ctrl-c": (signal.SIGINT, True),
    "interrupt": (signal.SIGINT, False),
    "terminate": (signal.SIGTERM, False),
    "hangup": (signal.SIGHUP, True),
    "kill": (signal.SIGKILL, False),
}
WAYS = ("here", "proxy", "ssh")
#: The off acts so late that the restart is in its middle when it is cut off.
RACK = "hosts:\n" + "".join(
    f"  {end}-{way}: {{bmc: {{faults: {{lag: 10}}}}}}\n" for end in [*ENDS, "few"] for way in WAYS
)

#: Like ssh and its server: what is run is no child of the client, and has one socket for input and output.
FAKE_SSH = f"""#!{sys.executable}
import os, socket, subprocess, sys, threading
near, far = socket.socketpair()
env = {{**os.environ, "PM_FAR": "yes"}}
subprocess.Popen(["setsid", "/bin/sh", "-c", sys.argv[-1]], stdin=far, stdout=far, env=env, start_new_session=True)
far.close()
def feed():
    while data := os.read(0, 65536):
        near.sendall(data)
    near.shutdown(socket.SHUT_WR)
threading.Thread(target=feed, daemon=True).start()
while data := near.recv(65536):
    os.write(1, data)
os._exit(0)
"""


def console_for(host: str, way: str, lab: Lab, console: MakeConsole) -> Console:
    proxy: Variables = {"ansible_connection": "local"}
    here = console({host: lab.hosts[host], "jump": proxy})
    if way == "ssh":
        fake = here.write("ssh", FAKE_SSH)
        fake.chmod(0o755)
        proxy = {
            "ansible_ssh_executable": str(fake),
            "ansible_pipelining": True,
            "ansible_remote_tmp": str(here.folder),
        }
        proxy["ansible_ssh_args"] = ""
        proxy["ansible_sftp_executable"] = proxy["ansible_scp_executable"] = "/bin/false"
        here.write_inventory({host: lab.hosts[host], "jump": proxy})
    return here


def cut_off(host: str, end: str, way: str, here: Console, lab: Lab) -> Run:
    """Begin a restart, end the play as soon as the off was sent, and wait until nothing of it runs."""
    task: Variables = {} if way == "here" else {"delegate_to": "jump"}
    if ENDS[end] is None:
        task["timeout"] = 6
    playbook = here.write_play(
        [fence(action="restart", timeout=60, task=task), fence("next", action="on")], hosts=host
    )
    process = here.start("ansible-playbook", playbook)
    eventually(lambda: lab.commands(host) or process.poll() is not None)
    if how := ENDS[end]:
        (os.killpg if how[1] else os.kill)(process.pid, how[0])
    run = here.finish(process)
    eventually(lambda: not here.leftovers())
    return run


def check(host: str, run: Run, lab: Lab) -> None:
    assert lab.commands(host) == ["off"], f"it was begun, and nothing was sent after the end: {run.output}"
    assert run.status != 0
    warning = " ".join(run.stderr.split())
    assert f"[WARNING]: {host}: restart " in warning, run.output
    assert "was interrupted, nothing more is sent." in warning
    assert "left off" in warning


@pytest.mark.parametrize("end", ENDS)
def test_cut_off_here(lab: Lab, console: MakeConsole, end: str) -> None:
    host = f"{end}-here"
    run = cut_off(host, end, "here", console_for(host, "here", lab, console), lab)
    check(host, run, lab)
    assert "Agents left off, or with an off under way: 'bmc'." in run.stderr
    logged_out(lab, host)
    if end == "timeout":
        assert run.record(host)["status"] == "failed"
        assert "timed out" in run.output.lower() or "expected time frame" in run.output


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("way", ["proxy", "ssh"])
def test_cut_off_on_a_proxy(lab: Lab, console: MakeConsole, end: str, way: str) -> None:
    host = f"{end}-{way}"
    run = cut_off(host, end, way, console_for(host, way, lab, console), lab)
    check(host, run, lab)
    assert f"read the status of {host}, its agents may be left off." in run.stderr


@pytest.mark.every_core
@pytest.mark.parametrize("way", WAYS)
def test_a_killed_controller_on_every_core(lab: Lab, console: MakeConsole, way: str) -> None:
    host = f"few-{way}"
    here = console_for(host, way, lab, console)
    check(host, cut_off(host, "kill", way, here, lab), lab)
