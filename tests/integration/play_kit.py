"""Helpers of the integration tests: a lab that runs beside them, and ansible's own programs run against it."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import typing as t
import uuid
import weakref
from dataclasses import dataclass, field
from pathlib import Path

import collection_path
import yaml
from pm_lab import control, story

HERE = Path(__file__).resolve().parent
LAB = collection_path.CHECKOUT / "extensions" / "lab"
FENCE = "hostpm.power.pm_fence"
#: A guard against a hanging test; nothing is measured by it.
PATIENCE = 120.0
#: No ssh server is there: every host of these tests is down, as far as ansible can tell.
DOWN: dict[str, t.Any] = {"ansible_host": "127.0.0.1", "ansible_port": 1, "ansible_ssh_timeout": 2}

Variables = dict[str, t.Any]


class Lab:
    """A running lab; tests look at it from outside, as the hosts' owners would."""

    def __init__(self, folder: Path, rack: str) -> None:
        (folder / "rack.yml").write_text(rack, encoding="utf-8")
        self._folder = folder
        # It ends with its standard input, so also when the tests are killed.
        self._process = subprocess.Popen(
            f"{sys.executable} {LAB} serve rack.yml --inventory inventory.yml --timeline timeline.jsonl "
            "--control control --exit-with-stdin".split(),
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"
        self.hosts: dict[str, Variables] = yaml.safe_load((folder / "inventory.yml").read_text())["all"][
            "hosts"
        ]

    def close(self) -> None:
        self._process.communicate(timeout=PATIENCE)

    def agents(self, host: str) -> list[Variables]:
        """A copy of the host's pm_agents, to be changed by a test."""
        return copy.deepcopy(t.cast("list[Variables]", self.hosts[host]["pm_agents"]))

    def ask(self, **asked: t.Any) -> Variables:
        return control.request(self._folder / "control", asked)

    def fault(self, host: str, agent: str = "bmc", **faults: t.Any) -> None:
        self.ask(do="fault", host=host, agent=agent, faults=faults)

    def state(self, host: str) -> str:
        return str(self.ask(do="state", host=host)["hosts"][host]["state"])

    def agent(self, host: str, agent: str = "bmc") -> Variables:
        return t.cast(Variables, self.ask(do="state", host=host)["hosts"][host]["agents"][agent])

    def commands(self, host: str, agent: str = "bmc") -> list[str]:
        """What the agent was told to do, executed or not."""
        return [command["what"] for command in self.agent(host, agent)["commands"]]

    def packets(self, host: str, agent: str = "bmc") -> int:
        return int(self.agent(host, agent)["packets_in"])

    def events(self, *hosts: str) -> list[t.Mapping[str, t.Any]]:
        told = story.read((self._folder / "timeline.jsonl").read_text(encoding="utf-8"))
        return [event for event in told if event["host"] in hosts]


@dataclass
class Run:
    """What a program printed, and the results of all tasks of all hosts."""

    status: int
    stdout: str
    stderr: str
    records: list[Variables] = field(default_factory=list)

    @property
    def output(self) -> str:
        return self.stdout + self.stderr

    def record(self, host: str, task: str = "") -> Variables:
        """The host's last record, or that of one task."""
        found = [
            r
            for r in self.records
            if r["host"] == host and task in ("", r["task"]) and r["status"] != "retry"
        ]
        assert found, f"no result of {host} {task}:\n{self.output}"
        return found[-1]

    def result(self, host: str, task: str = "") -> Variables:
        return t.cast(Variables, self.record(host, task)["result"])


class Console:
    """Where an operator sits: an inventory, an empty home, and the programs of this Python's environment."""

    def __init__(
        self, folder: Path, hosts: t.Mapping[str, Variables], variables: Variables | None = None
    ) -> None:
        self.folder = folder
        #: In the environment of everything that is started here: what is left over is found by it.
        self.mark = f"PM_TEST_MARK={uuid.uuid4()}"
        self.write_inventory(hosts, variables)
        (folder / "ansible.cfg").touch()
        # Short: core 2.21 makes a socket in it, and the path of a socket has 107 characters at most.
        self.tmp = Path(tempfile.mkdtemp(prefix="pm-"))
        weakref.finalize(self, shutil.rmtree, self.tmp, ignore_errors=True)

    def write_inventory(self, hosts: t.Mapping[str, Variables], variables: Variables | None = None) -> None:
        every = {"ansible_python_interpreter": sys.executable, **(variables or {})}
        named = {name: {**DOWN, **given} for name, given in hosts.items()}
        self.write("inventory.json", {"all": {"vars": every, "hosts": named}})

    def write(self, name: str, content: t.Any) -> Path:
        path = self.folder / name
        path.write_text(
            content if isinstance(content, str) else json.dumps(content, indent=1), encoding="utf-8"
        )
        return path

    def environment(self, **more: str) -> dict[str, str]:
        bin_folder = str(Path(sys.executable).parent)
        kept = [part for part in os.environ["PATH"].split(":") if part and not part.endswith("/shims")]
        name, mark = self.mark.split("=")
        return {
            "PATH": ":".join([bin_folder, *kept]),
            "HOME": str(self.folder),
            "LC_ALL": "C.UTF-8",
            "PYTHONDONTWRITEBYTECODE": "1",
            "TMPDIR": str(self.tmp),
            "ANSIBLE_HOME": str(self.folder / "ansible"),
            "ANSIBLE_LOCAL_TEMP": str(self.tmp),
            "ANSIBLE_REMOTE_TEMP": str(self.tmp),
            "ANSIBLE_CONFIG": str(self.folder / "ansible.cfg"),
            "ANSIBLE_COLLECTIONS_PATH": str(collection_path.collections_root()),
            "ANSIBLE_CALLBACK_PLUGINS": str(HERE / "callback"),
            "ANSIBLE_CALLBACKS_ENABLED": "pm_recorder",
            "ANSIBLE_LOAD_CALLBACK_PLUGINS": "1",
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_INVENTORY": str(self.folder / "inventory.json"),
            "ANSIBLE_HOST_KEY_CHECKING": "false",
            "PM_RECORD": str(self.folder / "record.jsonl"),
            name: mark,
            **more,
        }

    def start(self, *command: str, **env: str) -> subprocess.Popen[str]:
        """Start a program in a process group of its own, as a terminal would."""
        (self.folder / "record.jsonl").unlink(missing_ok=True)
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=self.environment(**env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def finish(self, process: subprocess.Popen[str]) -> Run:
        stdout, stderr = process.communicate(timeout=PATIENCE)
        record = self.folder / "record.jsonl"
        lines = record.read_text(encoding="utf-8").splitlines() if record.exists() else []
        return Run(process.returncode, stdout, stderr, [json.loads(line) for line in lines])

    def run(self, *command: str, **env: str) -> Run:
        return self.finish(self.start(*command, **env))

    def adhoc(self, host: str, args: str, *more: str, **env: str) -> Run:
        return self.run("ansible", host, "-m", FENCE, "-a", args, *more, **env)

    def write_play(self, tasks: t.Sequence[Variables], hosts: str = "all", **keys: t.Any) -> str:
        """A playbook of these tasks; its path."""
        play = [{"hosts": hosts, "gather_facts": False, **keys, "tasks": list(tasks)}]
        return str(self.write("play.json", play))

    def play(self, tasks: t.Sequence[Variables], *more: str, hosts: str = "all", **keys: t.Any) -> Run:
        return self.run("ansible-playbook", self.write_play(tasks, hosts, **keys), *more)

    def leftovers(self) -> list[str]:
        """The processes that were started here, however deep, and still run."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    if self.mark.encode() in (entry / "environ").read_bytes().split(b"\0"):
                        found.append(f"{entry.name} {(entry / 'cmdline').read_text()!r}")
                except OSError:  # another user's, or it has just ended
                    continue
        return found


MakeConsole = t.Callable[..., Console]


def fence(name: str = "fence", *, task: Variables | None = None, **options: t.Any) -> Variables:
    """A task of pm_fence that reads often, so that tests are quick."""
    return {"name": name, FENCE: {"poll": 0.1, "settle": 0.1, **options}, **(task or {})}


def logged_out(lab: Lab, *hosts: str) -> None:
    """Wait until the lab has read each Close Session, but not the minute after which it ends a session itself."""
    eventually(lambda: {lab.agent(host)["sessions_open"] for host in hosts} == {0}, patience=20)


def eventually(holds: t.Callable[[], t.Any], patience: float = PATIENCE) -> t.Any:
    """Wait until it holds and return it; a test that waits in vain fails."""
    end = time.monotonic() + patience
    while not (value := holds()):
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.02)
    return value
