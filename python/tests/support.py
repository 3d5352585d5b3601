"""Servers and rooms for the tests: the product's own command, watched from outside."""

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

# Where scripts/test-trl.mjs has put repositories, runs and conversations, and the command that it built.
DATA = Path(os.environ["FUSESEARCH_TRL_DATA"])
COMMAND = os.environ["FUSESEARCH_TRL_COMMAND"]
NODE = os.environ["FUSESEARCH_TRL_NODE"]
START_TIMEOUT_S = 30.0


class Server:
    """`fusesearch env serve` over the made repositories, on a port of its own."""

    def __init__(self, folder: Path, sessions: int, flags: list[str] | None = None):
        self.sessions = sessions
        self.log = folder / "episodes.jsonl"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._flags = flags or []
        self.start()

    def start(self) -> None:
        """Starts it and waits until it serves."""
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
        """Ends it at once, as a crash would."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """Ends it as Ctrl-C does."""
        self._process.terminate()
        self._process.wait()

    def episodes(self) -> list[dict[str, Any]]:
        """Final states of the episodes that came to their end, in that order."""
        if not self.log.exists():
            return []
        return [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]

    def free_sessions(self) -> int:
        """How many more sessions it takes right now, found out by opening them until it refuses."""
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
        raise AssertionError("it takes more sessions than it was told to")

    def wait_for_free_sessions(self, count: int, timeout_s: float) -> float:
        """Seconds until so many sessions are free. Raises AssertionError when it takes too long."""
        begin = time.monotonic()
        while (free := self.free_sessions()) < count:
            if time.monotonic() - begin > timeout_s:
                raise AssertionError(f"{free} of {count} sessions are free after {timeout_s} s")
            time.sleep(0.2)
        return time.monotonic() - begin


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def conversations(name: str) -> list[dict[str, Any]]:
    """The lines of a file that `fusesearch data sft` has written."""
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]


def report(fact: str) -> None:
    """Prints a fact with its numbers; scripts/test-trl.mjs shows these lines."""
    print(f"FACT {fact}", flush=True)
