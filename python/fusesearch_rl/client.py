"""A client of `fusesearch env serve`: OpenEnv's wire form over one WebSocket, its tasks and prompts over HTTP."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

OPEN_TIMEOUT_S = 10.0
# The server gives a step up after 50 s (`--step-timeout`) and says so.
ANSWER_TIMEOUT_S = 60.0
MAX_MESSAGE_BYTES = 100_000_000


class EnvironmentRefusal(Exception):
    """The server answered with an error; `code` is one of OpenEnv's, such as VALIDATION_ERROR."""

    def __init__(self, code: str, message: str):
        super().__init__(f"{code}: {message}")
        self.code = code


class ConnectionLost(ConnectionError):
    """The session is gone: the server ended, or the network did. Nothing of its episode can be had back."""


class SessionEnded(ConnectionLost):
    """The server has ended the session: nothing was asked of it for too long (`--idle-timeout`)."""


@dataclass(frozen=True)
class Observed:
    """What a reset or a step shows. `reward` is None until `done`."""

    observation: dict[str, Any]
    reward: float | None
    done: bool


class EnvironmentClient:
    """One session. Its socket opens with the first reset and lives until `close`; one message at a time."""

    def __init__(self, url: str, token: str | None = None):
        """`url` is the server's address, such as http://127.0.0.1:7466; `token` its FUSESEARCH_TOKEN."""
        self._url = url.rstrip("/").replace("http", "ws", 1) + "/ws"
        self._token = token
        self._socket: ClientConnection | None = None
        self._opened = ExitStack()
        self._lock = threading.Lock()

    def reset(self, **choice: Any) -> Observed:
        """Begins an episode: `split` and `index`, or `seed`; `episode_id` names it in the server's log.

        A session that the server ended for being idle is opened again; one that was lost otherwise raises
        ConnectionLost, for the server may not be the one it was.
        """
        try:
            return _observed(self._ask({"type": "reset", "data": choice}))
        except SessionEnded:
            self.close()
            return _observed(self._ask({"type": "reset", "data": choice}))

    def step(self, calls: list[dict[str, Any]], text: str = "") -> Observed:
        """Plays a whole turn: `calls` of {"id", "name", "arguments"}, results in the same order."""
        return _observed(self._ask({"type": "step", "data": {"calls": calls, "text": text}}))

    def state(self) -> dict[str, Any]:
        """The episode's numbers; after its end the parts of the reward."""
        return self._ask({"type": "state"})

    def close(self) -> None:
        """Ends the session; the server frees what it held."""
        self._socket = None
        self._opened.close()

    def _ask(self, message: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            if self._socket is None:
                self._socket = self._connect()
            try:
                # Where the server has closed it, the reason still waits to be read.
                with suppress(ConnectionClosed):
                    self._socket.send(json.dumps(message))
                answer = json.loads(self._socket.recv(timeout=ANSWER_TIMEOUT_S))
            except (ConnectionClosed, TimeoutError, OSError) as cause:
                raise ConnectionLost(f"the session at {self._url} is lost: {cause}") from cause
        if answer["type"] != "error":
            return answer["data"]
        code, reason = answer["data"]["code"], answer["data"]["message"]
        if code == "SESSION_ERROR":
            raise SessionEnded(reason)
        raise EnvironmentRefusal(code, reason)

    def _connect(self) -> ClientConnection:
        headers = {} if self._token is None else {"Authorization": f"Bearer {self._token}"}
        try:
            opening = connect(
                self._url,
                additional_headers=headers,
                open_timeout=OPEN_TIMEOUT_S,
                max_size=MAX_MESSAGE_BYTES,
                # The server is the one that asks for signs of life.
                ping_interval=None,
                # A socket never moves: proxies of the machine must not stand between.
                proxy=None,
            )
            # Entered rather than used bare: websockets 17 warns of the bare form.
            return self._opened.enter_context(opening)
        except (OSError, TimeoutError) as cause:
            raise ConnectionLost(f"no server at {self._url}: {cause}") from cause


def fetch(url: str, path: str, body: dict[str, Any] | None = None, token: str | None = None) -> Any:
    """The JSON answer of a route: GET, or POST with a body. Raises ConnectionLost when it can't be had."""
    headers = {"Content-Type": "application/json"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url.rstrip("/") + path, data=data, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=ANSWER_TIMEOUT_S) as response:
            return json.load(response)
    except (urllib.error.URLError, TimeoutError) as cause:
        raise ConnectionLost(f"{path} of {url} can't be had: {cause}") from cause


def _observed(data: dict[str, Any]) -> Observed:
    return Observed(data["observation"], data["reward"], data["done"])
