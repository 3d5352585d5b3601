"""Servers for the tests: they run the product's own command in a separate process."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from fusesearch_rl.client import ConnectionLost, EnvironmentClient, EnvironmentRefusal, fetch

# Set by scripts/test-trl.mjs: the folder of the generated data, the built command, and Node.
DATA = Path(os.environ["FUSESEARCH_TRL_DATA"])
COMMAND = os.environ["FUSESEARCH_TRL_COMMAND"]
NODE = os.environ["FUSESEARCH_TRL_NODE"]
START_TIMEOUT_S = 30.0


class Server:
    """`fusesearch env serve` with the generated repositories, on its own port."""

    def __init__(self, folder: Path, sessions: int, flags: list[str] | None = None):
        self.sessions = sessions
        self.log = folder / "episodes.jsonl"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._flags = flags or []
        self.start()

    def start(self) -> None:
        """Starts the server and waits until it answers. Raises RuntimeError if it doesn't."""
        where = [str(DATA / "tasks.jsonl"), "--repos", str(DATA / "repos/{owner}+{name}"), "--port", str(self.port)]
        limits = ["--max-sessions", str(self.sessions), "--log", str(self.log), *self._flags]
        self._process = subprocess.Popen([NODE, COMMAND, "env", "serve", *where, *limits], stdout=subprocess.DEVNULL)
        until = time.monotonic() + START_TIMEOUT_S
        while True:
            with suppress(ConnectionLost):
                fetch(self.url, "/health")
                return
            if time.monotonic() > until or self._process.poll() is not None:
                raise RuntimeError("the server didn't start")
            time.sleep(0.1)

    def kill(self) -> None:
        """Kills the server, like a crash."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """Terminates the server, so that it can shut down properly."""
        self._process.terminate()
        self._process.wait()

    def episodes(self) -> list[dict[str, Any]]:
        """Returns the final states of the finished episodes, in the order in which they finished."""
        if not self.log.exists():
            return []
        return [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]

    def free_sessions(self) -> int:
        """Returns how many more sessions the server accepts now, by opening sessions until it refuses one."""
        clients: list[EnvironmentClient] = []
        try:
            for _ in range(self.sessions + 1):
                clients.append(EnvironmentClient(self.url))
                clients[-1].reset()
        except (EnvironmentRefusal, ConnectionLost):
            return len(clients) - 1
        finally:
            for client in clients:
                client.close()
        raise AssertionError("the server accepts more sessions than --max-sessions")

    def wait_for_free_sessions(self, count: int, timeout_s: float) -> float:
        """Waits until `count` sessions are free; returns the seconds. Raises AssertionError after `timeout_s`."""
        begin = time.monotonic()
        while (free := self.free_sessions()) < count:
            if time.monotonic() - begin > timeout_s:
                raise AssertionError(f"{free} of {count} sessions are free after {timeout_s} s")
            time.sleep(0.2)
        return time.monotonic() - begin


def free_port() -> int:
    """Returns a port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def conversations(name: str) -> list[dict[str, Any]]:
    """Returns the lines of a file that `fusesearch data sft` wrote."""
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]


def report(fact: str) -> None:
    """Prints a measured fact. scripts/test-trl.mjs shows these lines."""
    print(f"FACT {fact}", flush=True)
