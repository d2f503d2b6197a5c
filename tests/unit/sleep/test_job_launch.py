"""The process of a planned sleep, started for real: it belongs to nobody who may end, and does what its plan says."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import errno
import json
import os
import signal
import subprocess
import sys
import time
import typing as t
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.hostpm.power.plugins.module_utils._sleep import launch
from ansible_collections.hostpm.power.plugins.module_utils._sleep.entry import DROP_IN
from ansible_collections.hostpm.power.plugins.module_utils._sleep.job import Job, Plan
from ansible_collections.hostpm.power.plugins.module_utils._sleep.machine import LocalMachine, RecordedMachine
from ansible_collections.hostpm.power.plugins.module_utils._sleep.proof import boot_id

MODULE_UTILS = Path(__file__).resolve().parents[3] / "plugins" / "module_utils"
#: Longer than any of these processes takes (s).
PATIENCE = 30.0
#: Appended to the code of the process: it tells what it is made of.
TELLS = """
def main(folder, main=main):
    import json, sys
    main(folder)
    files = {name: getattr(module, "__file__", None) or "" for name, module in sys.modules.items()}
    with open(folder + "/loaded.json", "w") as stream:
        json.dump({"files": files, "path": sys.path, "isolated": sys.flags.isolated}, stream)
"""


def until(true: t.Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "it does not come"
        time.sleep(0.02)


class Place:
    """A job that nobody commits, so that no machine ever sleeps, and the processes that were started for it."""

    def __init__(self, folder: Path) -> None:
        self.job = Job(str(folder / "job"))
        now = time.clock_gettime(time.CLOCK_BOOTTIME)
        self.plan = Plan(
            token="t1",
            boot_id=boot_id(LocalMachine()),
            kernel="6.1",
            machine_id="m1",
            mode="mem",
            backend="systemd",
            prepared=now,
            delay=10.0,
            duration=60.0,
            wake=("rtc",),
            rtc="rtc0",
            card="",
            card_mac="",
            card_device="",
            rearm=(),
            busy_check=("false",),
            allow=(),
        )

    def start(self, plan: Plan) -> str:
        self.job.create(plan)
        return launch.start(RecordedMachine({}), self.job.folder)

    def processes(self) -> list[int]:
        found = []
        for number in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError):
                words = Path("/proc", number, "cmdline").read_bytes().split(b"\0")
                if os.fsencode(self.job.folder) in words and int(number) != os.getpid():
                    found.append(int(number))
        return found

    def process(self) -> int:
        """The one that runs, as soon as it has come up."""
        until(self.job.alive)
        (number,) = self.processes()
        return number

    def end(self) -> dict[str, t.Any]:
        until(lambda: not self.processes())
        return self.job.state()


@pytest.fixture
def place(tmp_path: Path) -> t.Iterator[Place]:
    one = Place(tmp_path)
    yield one
    for number in one.processes():
        with contextlib.suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)
    until(lambda: not one.processes())


def status(number: int, key: str) -> str:
    lines = Path("/proc", str(number), "status").read_text(encoding="utf-8").splitlines()
    return next(line.partition(":")[2].strip() for line in lines if line.startswith(f"{key}:"))


def ancestors(number: int) -> t.Iterator[int]:
    while number > 1:
        number = int(status(number, "PPid"))
        yield number


def test_it_belongs_to_nobody_who_may_end(place: Place, tmp_path: Path) -> None:
    with open(tmp_path / "connection", "w", encoding="utf-8") as stream:
        inherited = os.dup2(stream.fileno(), 300, inheritable=True)
        try:
            assert place.start(place.plan) == "process"
        finally:
            os.close(inherited)
    number = place.process()
    parent = int(status(number, "PPid"))
    assert parent != os.getpid()
    assert parent in {1, *ancestors(os.getpid())}, "init, or whoever takes the place of init for these tests"
    assert (os.getsid(number), os.getpgid(number)) == (number, number)
    assert os.readlink(f"/proc/{number}/cwd") == "/"
    terminal = Path("/proc", str(number), "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[4]
    assert terminal == "0"
    files = {int(name): os.readlink(f"/proc/{number}/fd/{name}") for name in os.listdir(f"/proc/{number}/fd")}
    assert [files.pop(name) for name in (0, 1, 2)] == ["/dev/null"] * 3
    assert list(files.values()) == [f"{place.job.folder}/alive"]


def test_what_it_says_of_itself_for_want_of_memory(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Here that it may be ended sooner than others, which everybody may say."""

    def score(number: int) -> str:
        return Path("/proc", str(number), "oom_score_adj").read_text(encoding="ascii").strip()

    own = score(os.getpid())
    monkeypatch.setattr(launch, "_NEVER_FOR_MEMORY", "987")
    place.start(place.plan)
    assert (score(place.process()), score(os.getpid())) == ("987", own)


def test_a_plan_that_nobody_commits_is_void(place: Place) -> None:
    place.start(replace(place.plan, prepared=place.plan.prepared - 31.0))
    assert place.end() == {
        "phase": "done",
        "outcome": "cancelled",
        "why": "nobody committed it within 30 s: whoever prepared it is gone",
    }


def test_it_lives_until_it_is_called_off(place: Place) -> None:
    place.start(place.plan)
    place.process()
    assert place.job.state() == {"phase": "prepared"}
    place.job.ask("cancel", "another")
    time.sleep(0.3)
    assert place.job.alive(), "that was another job"
    place.job.ask("cancel", "t1")
    assert place.end() == {"phase": "done", "outcome": "cancelled", "why": "it was cancelled"}
    assert not place.job.alive()


def test_it_is_told_to_stop(place: Place) -> None:
    place.start(place.plan)
    os.kill(place.process(), signal.SIGTERM)
    why = "its process was told to stop, as by systemctl stop or a shutdown"
    assert place.end() == {"phase": "done", "outcome": "cancelled", "why": why}


@pytest.mark.parametrize("text", ["{", '{"token": "t1"}', ""])
def test_a_plan_that_it_does_not_understand_is_left_alone(place: Place, text: str) -> None:
    place.job.create(place.plan)
    Path(place.job.folder, "plan.json").write_text(text, encoding="utf-8")
    launch.start(RecordedMachine({}), place.job.folder)
    assert place.end() == {"phase": "prepared"}


def test_a_plan_of_another_boot_is_left_alone(place: Place) -> None:
    place.start(replace(place.plan, boot_id="another"))
    assert place.end() == {"phase": "prepared"}


def test_its_code_is_the_copy_alone(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    source = launch._source
    monkeypatch.setattr(
        launch, "_source", lambda name: source(name) + (TELLS if name.endswith(".sleeper") else "")
    )
    monkeypatch.setenv("PYTHONPATH", str(MODULE_UTILS))
    place.start(replace(place.plan, prepared=place.plan.prepared - 31.0))
    place.end()
    loaded = json.loads(Path(place.job.folder, "loaded.json").read_text(encoding="utf-8"))
    assert loaded["isolated"] == 1
    assert str(MODULE_UTILS) not in loaded["path"]
    assert {name for name in loaded["files"] if name.startswith("ansible")} == set()
    ours = {name for name, file in loaded["files"].items() if file.startswith(place.job.folder)}
    assert ours - {"__main__"} == {name for name in loaded["files"] if name.partition(".")[0] == "sleeping"}
    assert {"sleeping.sleeper", "sleeping.waker", "sleeping.entry", "sleeping.alarm"} < ours


def test_it_outlives_the_archive_that_it_came_from(place: Place, tmp_path: Path) -> None:
    """As Ansible runs a module: from an archive that is removed as soon as the module has answered."""
    archive = tmp_path / "module.zip"
    with zipfile.ZipFile(archive, "w") as stream:
        for path in (MODULE_UTILS / "_sleep").glob("*.py"):
            stream.write(path, f"_sleep/{path.name}")
    place.job.create(place.plan)
    code = (
        f"import sys; sys.path.insert(0, {str(archive)!r})\n"
        "from _sleep.launch import start\nfrom _sleep.machine import RecordedMachine\n"
        f"print(start(RecordedMachine({{}}), {place.job.folder!r}))\n"
    )
    ran = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    archive.unlink()
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "process\n", "")
    place.process()
    place.job.ask("cancel", "t1")
    assert place.end()["why"] == "it was cancelled"


@pytest.mark.parametrize(("program", "number"), [("/missing/python", errno.ENOENT), ("/", errno.EACCES)])
def test_a_program_that_cannot_be_run(
    place: Place, monkeypatch: pytest.MonkeyPatch, program: str, number: int
) -> None:
    """And nothing of the one that tried goes on in a second copy."""
    monkeypatch.setattr(sys, "executable", program)
    with pytest.raises(launch.NotStarted) as refused:
        place.start(place.plan)
    assert str(refused.value) == f"{program}: {os.strerror(number)}"
    assert place.processes() == []


def argv(place: Place, *kind: str) -> list[str]:
    folder = place.job.folder
    return [
        "systemd-run",
        "--quiet",
        "--collect",
        "--unit=hostpm-power-suspend",
        *kind,
        "--property=KillMode=mixed",
        "--property=TimeoutStopSec=300",
        "--property=OOMScoreAdjust=-1000",
        f"--property=ExecStopPost=-/bin/rm -f {DROP_IN}",
        "--",
        sys.executable,
        "-I",
        "-B",
        f"{folder}/run.py",
        folder,
    ]


def as_unit(place: Place, *more: t.Any, **ran: t.Any) -> str:
    place.job.create(place.plan)
    commands = [{"argv": argv(place, "--service-type=exec"), **ran}, *more]
    host = RecordedMachine({"exists": {"/run/systemd/system": True}, "commands": commands})
    return launch.start(host, place.job.folder)


def test_systemd_is_asked_where_it_runs(place: Place) -> None:
    assert as_unit(place) == "unit hostpm-power-suspend.service"
    assert place.processes() == [], "systemd starts it"
    assert {"__init__.py", "sleeper.py", "waker.py"} <= set(os.listdir(f"{place.job.folder}/sleeping"))


@pytest.mark.parametrize(
    "ran",
    [{"rc": 1, "err": "Failed to start: it exists\n"}, {"rc": 1, "out": "Failed to start: it exists\n"}],
)
def test_what_systemd_says_when_it_refuses(place: Place, ran: dict[str, t.Any]) -> None:
    with pytest.raises(launch.NotStarted, match=r"^systemd-run: Failed to start: it exists$"):
        as_unit(place, **ran)


OLD = {"rc": 1, "err": "Failed to start transient service unit: Invalid Type setting: exec\n"}


def test_an_old_systemd_starts_it_without_waiting_until_it_runs(place: Place) -> None:
    assert as_unit(place, {"argv": argv(place)}, **OLD) == "unit hostpm-power-suspend.service"


def test_what_an_old_systemd_says_when_it_refuses(place: Place) -> None:
    with pytest.raises(launch.NotStarted, match=r"^systemd-run: no more$"):
        as_unit(place, {"argv": argv(place), "rc": 1, "err": "no more\n"}, **OLD)


def test_a_machine_without_systemd_run(place: Place) -> None:
    with pytest.raises(FileNotFoundError):
        as_unit(place, error="ENOENT")


def test_code_that_is_not_to_be_had(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch, "_parts", lambda: ["sleep_kit_that_is_missing"])
    with pytest.raises(launch.NotStarted, match="the code of sleep_kit_that_is_missing is not to be had"):
        place.start(place.plan)
