"""What the action does beside a module on another host: ends it with the task, and says so where it is seen."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import textwrap
import typing as t

import collection_path
import pytest
from ansible_collections.hostpm.power.plugins.plugin_utils._delegate import ends_with_us, limited
from ansible_collections.hostpm.power.plugins.plugin_utils._last_words import last_words

PATIENCE = 30.0  # a guard against hanging tests, nothing is measured by it
SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)

HEAD = f"""
import os, signal, subprocess, sys, time
sys.path.insert(0, {str(collection_path.CHECKOUT / "tests")!r})
import collection_path
collection_path.install_finder()
from ansible_collections.hostpm.power.plugins.plugin_utils._delegate import ends_with_us
from ansible_collections.hostpm.power.plugins.plugin_utils._last_words import last_words
def told(): print("told", flush=True)
"""
#: The pipe of standard output ends when the child that holds it has ended.
WORKER = (
    HEAD
    + f"""
with ends_with_us(told):
    child = subprocess.Popen(["sleep", "{PATIENCE * 2:.0f}"])
    print("ready", flush=True)
    child.wait()
"""
)


def start(script: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", textwrap.dedent(script)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_nothing_happens_when_all_goes_well() -> None:
    before = [signal.getsignal(number) for number in SIGNALS]
    child = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
    with ends_with_us(lambda: pytest.fail("nobody interrupted it")):
        assert child.poll() is None
    assert [signal.getsignal(number) for number in SIGNALS] == before
    assert child.poll() is None
    child.communicate(timeout=PATIENCE)
    assert child.returncode == 0


def test_a_failure_is_no_interruption() -> None:
    child = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
    with pytest.raises(ValueError, match="wrong"), ends_with_us(lambda: pytest.fail("nobody interrupted it")):
        raise ValueError("wrong")
    child.communicate(timeout=PATIENCE)
    assert child.returncode == 0, "it was left alone"


def test_a_time_out_ends_the_children() -> None:
    class TimedOut(BaseException):
        """As core's exception for a task's timeout."""

    told: list[str] = []
    child = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
    with pytest.raises(TimedOut), ends_with_us(lambda: told.append("told")):
        raise TimedOut
    assert child.wait(PATIENCE) == -signal.SIGTERM
    assert told == ["told"]
    t.cast(t.IO[bytes], child.stdin).close()


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_ends_the_children_and_then_the_worker(number: signal.Signals) -> None:
    worker = start("import signal\nsignal.signal(signal.SIGINT, signal.SIG_DFL)\n" + WORKER)
    assert worker.stdout is not None
    assert worker.stdout.readline() == "ready\n"
    worker.send_signal(number)
    stdout, stderr = worker.communicate(timeout=PATIENCE)
    assert (stdout, worker.returncode) == ("told\n", -number), stderr


def test_the_death_of_the_controller_ends_both() -> None:
    begin, end = WORKER.split("with ends", 1)
    controller = start(begin + "if os.fork():\n    time.sleep(1000)\n" + "with ends" + end)
    assert controller.stdout is not None
    assert controller.stdout.readline() == "ready\n"
    controller.kill()
    # comes to its end only when the worker and its child have ended
    assert controller.communicate(timeout=PATIENCE)[0] == "told\n"


def test_a_signal_whose_exception_python_drops_ends_them_all_the_same() -> None:
    script = WORKER.replace(
        "    child.wait()",
        """
    class Dropping:
        def __del__(self):
            os.kill(os.getpid(), signal.SIGTERM)
            for _ in range(1000):
                pass
    Dropping()
    child.wait()
""",
    )
    worker = start(script)
    stdout, stderr = worker.communicate(timeout=PATIENCE)
    assert stdout.split("\n") == ["ready", "told", ""], stderr
    assert "Exception ignored in" in stderr, "Python dropped it"
    assert worker.returncode == -signal.SIGTERM


def test_a_second_signal_right_after_the_first_hides_nothing() -> None:
    script = WORKER.replace(
        "    child.wait()",
        """
    try:
        os.kill(os.getpid(), signal.SIGINT)
        child.wait()
    finally:
        os.kill(os.getpid(), signal.SIGTERM)
        print("core cleaned up", flush=True)
""",
    )
    worker = start("import signal\nsignal.signal(signal.SIGINT, signal.SIG_DFL)\n" + script)
    stdout, stderr = worker.communicate(timeout=PATIENCE)
    assert stdout.split("\n") == ["ready", "core cleaned up", "told", ""], stderr
    assert worker.returncode == -signal.SIGINT


def test_no_other_thread_takes_a_signal() -> None:
    """It would be handled only when the connection gives an answer: the main thread sleeps on."""
    script = WORKER.replace(
        "    child.wait()",
        """
    for task in os.listdir("/proc/self/task"):
        status = open(f"/proc/self/task/{task}/status").read().split()
        if int(task) != os.getpid():
            print(int(status[status.index("SigBlk:") + 1], 16), flush=True)
    child.kill()
""",
    )
    stdout, stderr = start(script).communicate(timeout=PATIENCE)
    masks = [int(line) for line in stdout.splitlines()[1:]]
    assert masks, stderr
    for number in SIGNALS:
        assert [mask >> (number - 1) & 1 for mask in masks] == [1] * len(masks)


def test_an_ignored_signal_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with ends_with_us(lambda: pytest.fail("nobody interrupted it")):
            os.kill(os.getpid(), signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


class TestLimited:
    """A program that hangs is ended, and so is the next."""

    @staticmethod
    def two_that_hang() -> list[int]:
        return [subprocess.run(["sleep", str(PATIENCE)], check=False).returncode for _number in range(2)]

    def test_it_is_over_when_the_time_is(self) -> None:
        with limited(0.1):
            assert self.two_that_hang() == [-signal.SIGTERM] * 2

    def test_it_is_over_when_the_tasks_own_time_is(self) -> None:
        came: list[int] = []
        before = signal.signal(signal.SIGALRM, lambda number, _frame: came.append(number))
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.1)
            with limited(PATIENCE):
                assert self.two_that_hang() == [-signal.SIGTERM] * 2
                assert came == [], "it is held back until the programs are over"
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
        assert came == [signal.SIGALRM]

    def test_what_ends_in_time_is_left_alone(self) -> None:
        child = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
        with limited(PATIENCE):
            assert child.poll() is None
        child.communicate(timeout=PATIENCE)
        assert child.returncode == 0


@pytest.mark.parametrize("terminal", [True, False])
def test_last_words_reach_the_controllers_standard_error(terminal: bool) -> None:
    """The worker has none of its own, as from core 2.19 on."""
    script = (
        HEAD
        + """
if os.fork():
    os.wait()
    os._exit(0)
os.setsid()
null = os.open(os.devnull, os.O_RDWR)
for number in (0, 1, 2):
    os.dup2(null, number)
with last_words() as say:
    say("bmc is left off")
os._exit(0)
"""
    )
    reader, writer = pty.openpty() if terminal else os.pipe()
    done = subprocess.run([sys.executable, "-c", script], stderr=writer, timeout=PATIENCE, check=False)
    os.close(writer)
    try:
        assert done.returncode == 0
        assert os.read(reader, 1000).decode().split("\n")[0].strip() == "[WARNING]: bmc is left off"
    finally:
        os.close(reader)


def test_last_words_go_the_usual_way_where_there_is_no_other(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_args: object) -> int:
        raise PermissionError

    monkeypatch.setattr(os, "open", refuse)
    with last_words() as say:
        say("bmc is left off")
    assert "[WARNING]: bmc is left off" in " ".join(capsys.readouterr().err.split())
