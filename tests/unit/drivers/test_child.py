"""The forked child: answers, errors, crashes, deadlines, cancellation, and that nothing is left of it."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import asyncio
import os
import pathlib
import signal
import subprocess
import sys
import textwrap
import time
import typing as t

import collection_path
import pytest
from ansible_collections.hostpm.power.plugins.module_utils._drivers._child import Child
from ansible_collections.hostpm.power.plugins.module_utils._fencing.errors import (
    Busy,
    DeadlineExceeded,
    Protocol,
    Rejected,
)

PATIENCE = 30.0  # a guard against hanging tests, nothing is measured by it


class Probe:
    """A service that does what a test asks for; logging out leaves a file."""

    def __init__(self, folder: pathlib.Path, tell: t.Callable[[str, str], None]) -> None:
        self._folder = folder
        self._tell = tell

    def logout(self) -> None:
        if (self._folder / "slow-logout").exists():
            time.sleep(1000)
        (self._folder / "logged-out").touch()

    def echo(self, *args: t.Any) -> list[t.Any]:
        return list(args)

    def fail(self) -> None:
        raise Rejected("the device said no", "Ask nicely")

    def blunder(self) -> None:
        raise ValueError("the password is hunter2")

    def crash(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def leave(self) -> None:
        raise SystemExit

    def hang(self) -> None:
        self._tell("counting sheep", "wake the shepherd")
        time.sleep(1000)

    def deaf(self) -> None:
        """As a C library that restarts after every signal."""
        self._tell("sleeping deeply", "")
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGALRM})
        time.sleep(1000)

    def shout(self) -> None:
        print("shouting")
        print("shouting", file=sys.stderr)
        os.write(1, b"shouting")
        os.write(2, b"shouting")

    def files(self) -> dict[str, str]:
        found = {}
        for number in os.listdir("/proc/self/fd"):
            try:
                found[number] = os.readlink(f"/proc/self/fd/{number}")
            except FileNotFoundError:
                continue  # the one that listdir itself had open
        return found


def children() -> set[int]:
    found = pathlib.Path(f"/proc/self/task/{os.getpid()}/children").read_text()
    return {int(pid) for pid in found.split()}


@pytest.fixture(autouse=True)
def _nothing_is_left() -> t.Iterator[None]:
    before = children(), set(os.listdir("/proc/self/fd"))
    yield
    assert (children(), set(os.listdir("/proc/self/fd"))) == before


@pytest.fixture
def make(tmp_path: pathlib.Path) -> t.Callable[..., Child]:
    return lambda seconds=PATIENCE: Child(lambda tell: Probe(tmp_path, tell), time.monotonic() + seconds)


async def use(child: Child, *calls: str) -> t.Any:
    """The result of the last call."""
    result = None
    try:
        await child.start()
        for call in calls:
            result = await child.call(call)
        return result
    finally:
        await child.close()


def test_answers_one_call_after_another(make: t.Callable[..., Child], tmp_path: pathlib.Path) -> None:
    async def main() -> None:
        child = make()
        await child.start()
        assert await child.call("echo", 1, "zwölf\n", None) == [1, "zwölf\n", None]
        assert await child.call("echo", "x" * 2_000_000) == ["x" * 2_000_000]
        await child.close()

    asyncio.run(main())
    assert (tmp_path / "logged-out").exists()


def test_error_is_rebuilt(make: t.Callable[..., Child]) -> None:
    with pytest.raises(Rejected) as caught:
        asyncio.run(use(make(), "fail"))
    assert (caught.value.tried, caught.value.advice) == ("the device said no", "Ask nicely")


def test_conversation_goes_on_after_an_error(make: t.Callable[..., Child]) -> None:
    async def main() -> None:
        child = make()
        await child.start()
        with pytest.raises(Rejected):
            await child.call("fail")
        assert await child.call("echo", 1) == [1]
        await child.close()

    asyncio.run(main())


def test_unexpected_exception_keeps_its_text_to_itself(make: t.Callable[..., Child]) -> None:
    with pytest.raises(Protocol, match="blunder: unexpected ValueError") as caught:
        asyncio.run(use(make(), "blunder"))
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("how", ["crash", "leave"])
def test_child_that_ends_is_noticed(make: t.Callable[..., Child], how: str) -> None:
    with pytest.raises(Protocol, match="ended unexpectedly"):
        asyncio.run(use(make(), how))


def test_no_process_can_be_started(make: t.Callable[..., Child], monkeypatch: pytest.MonkeyPatch) -> None:
    def fork() -> int:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", fork)
    with pytest.raises(Busy, match="no helper process"):
        asyncio.run(use(make()))


def test_deadline_says_what_was_being_done(make: t.Callable[..., Child], tmp_path: pathlib.Path) -> None:
    with pytest.raises(DeadlineExceeded) as caught:
        asyncio.run(use(make(1.0), "hang"))
    assert caught.value.tried == "the time was used up while counting sheep"
    assert caught.value.advice == "Wake the shepherd"
    assert (tmp_path / "logged-out").exists()


def test_deadline_while_idle_logs_out_by_itself(make: t.Callable[..., Child], tmp_path: pathlib.Path) -> None:
    async def main() -> None:
        child = make(0.2)
        await child.start()
        while not (tmp_path / "logged-out").exists():
            await asyncio.sleep(0.01)
        with pytest.raises(DeadlineExceeded):
            await child.call("echo", 1)
        await child.close()

    asyncio.run(asyncio.wait_for(main(), PATIENCE))


@pytest.mark.parametrize("seconds", [0.0, -5.0])
def test_deadline_that_has_passed(make: t.Callable[..., Child], seconds: float) -> None:
    with pytest.raises(DeadlineExceeded):
        asyncio.run(use(make(seconds), "hang"))


def test_deaf_child_is_killed(make: t.Callable[..., Child], tmp_path: pathlib.Path) -> None:
    with pytest.raises(DeadlineExceeded, match="sleeping deeply"):
        asyncio.run(use(make(1.0), "deaf"))
    assert not (tmp_path / "logged-out").exists()


def test_slow_logout_is_bounded(make: t.Callable[..., Child], tmp_path: pathlib.Path) -> None:
    (tmp_path / "slow-logout").touch()
    assert asyncio.run(use(make(), "echo")) == []
    assert not (tmp_path / "logged-out").exists()


def test_cancelled_call(make: t.Callable[..., Child], tmp_path: pathlib.Path) -> None:
    async def main() -> None:
        task = asyncio.create_task(use(make(), "hang"))
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert (tmp_path / "logged-out").exists()


def test_cancelled_close_finishes_and_passes_it_on(
    make: t.Callable[..., Child], tmp_path: pathlib.Path
) -> None:
    async def main() -> None:
        child = make()
        await child.start()
        task = asyncio.create_task(child.close())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert (tmp_path / "logged-out").exists()


def test_close_twice_and_without_start(make: t.Callable[..., Child]) -> None:
    async def main() -> None:
        child = make()
        await child.close()
        await child.start()
        await child.close()
        await child.close()
        with pytest.raises(Protocol, match="not open"):
            await child.call("echo")

    asyncio.run(main())


def test_many_at_once(make: t.Callable[..., Child]) -> None:
    async def main() -> None:
        await asyncio.gather(*(use(make(), "echo", "shout", "echo") for _time in range(20)))

    asyncio.run(main())


def test_siblings_share_nothing(make: t.Callable[..., Child]) -> None:
    async def main() -> None:
        first, second = make(), make()
        await first.start()
        await second.start()
        files = await second.call("files")
        assert {files.pop(number) for number in "012"} == {os.devnull}
        assert len([name for name in files.values() if name.startswith("socket:")]) == 1
        assert len(files) == 1
        await first.close()  # waits for the end of its line, which a sibling would keep open
        assert await second.call("echo", 2) == [2]
        await second.close()

    asyncio.run(main())


def test_parents_signal_handlers_stay_with_the_parent(make: t.Callable[..., Child]) -> None:
    seen: list[int] = []
    old = signal.signal(signal.SIGTERM, lambda number, frame: seen.append(number))
    try:
        assert asyncio.run(use(make(), "echo")) == []
        assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == set()
    finally:
        signal.signal(signal.SIGTERM, old)
    assert seen == []


SCRIPT = """
import asyncio, os, signal, sys, time
sys.path[:0] = [{tests!r}, {unit!r}]
import collection_path
collection_path.install_finder()
import test_child
from test_child import Child, Probe, pathlib, use
FOLDER = pathlib.Path({folder!r})
def make(seconds=30.0):
    return Child(lambda tell: Probe(FOLDER, tell), time.monotonic() + seconds)
"""


def script(folder: pathlib.Path, body: str, *options: str) -> subprocess.CompletedProcess[str]:
    head = SCRIPT.format(
        tests=str(pathlib.Path(collection_path.__file__).parent),
        folder=str(folder),
        unit=str(pathlib.Path(__file__).parent),
    )
    command = [sys.executable, *options, "-c", head + textwrap.dedent(body)]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)


def test_stdout_stays_clean(tmp_path: pathlib.Path) -> None:
    done = script(
        tmp_path,
        """
        print("before, not flushed")
        asyncio.run(use(make(), "shout"))
        print("after")
    """,
    )
    assert (done.stdout, done.stderr) == ("before, not flushed\nafter\n", "")


def test_no_warning_and_no_leak(tmp_path: pathlib.Path) -> None:
    done = script(
        tmp_path,
        """
        asyncio.run(use(make(), "echo"), debug=True)
    """,
        "-W",
        "always:This process:DeprecationWarning",
        "-W",
        "always::ResourceWarning",
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_works_in_a_forked_worker(tmp_path: pathlib.Path) -> None:
    done = script(
        tmp_path,
        """
        async def main():
            await use(make(), "echo")
            pid = os.fork()
            if pid == 0:
                os._exit(17)
            assert os.waitpid(pid, 0)[1] == 17 << 8
        asyncio.run(main())
        pid = os.fork()
        if pid == 0:
            asyncio.run(main())
            os._exit(0)
        assert os.waitpid(pid, 0)[1] == 0
        print("good")
    """,
    )
    assert done.stdout == "good\n", done.stderr


@pytest.mark.parametrize("call", ["", "hang", "deaf"])
def test_child_goes_with_its_parent(tmp_path: pathlib.Path, call: str) -> None:
    done = script(
        tmp_path,
        f"""
        async def main():
            child = make()
            await child.start()
            print(child._pid, flush=True)
            if {call!r}:
                task = asyncio.create_task(child.call({call!r}))
                while not any(word in child.doing()[0] for word in ("sheep", "deeply")):
                    await asyncio.sleep(0.01)
            os.kill(os.getpid(), signal.SIGKILL)
        asyncio.run(main())
    """,
    )
    pid = int(done.stdout)
    until = time.monotonic() + PATIENCE
    while _runs(pid):
        assert time.monotonic() < until, "the child outlives its parent"
        time.sleep(0.01)
    if call:  # without one it may not have begun
        assert (tmp_path / "logged-out").exists() == (call == "hang")


def _runs(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in pathlib.Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
