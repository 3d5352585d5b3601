"""A client of `fusesearch env serve`: episodes over a WebSocket (OpenEnv's protocol), tasks and prompts over HTTP."""

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
# Longer than the server's own limit for a step (50 s, `--step-timeout`), so that its error arrives first.
ANSWER_TIMEOUT_S = 60.0
MAX_MESSAGE_BYTES = 100_000_000


class EnvironmentRefusal(Exception):
    """The server refused a message. `code` is an error code of the protocol, such as VALIDATION_ERROR."""

    def __init__(self, code: str, message: str):
        super().__init__(f"{code}: {message}")
        self.code = code


class ConnectionLost(ConnectionError):
    """The server stopped or the network failed. The session and its episode are lost."""


class SessionEnded(ConnectionLost):
    """The server ended the session, usually because it was idle for longer than `--idle-timeout`."""


@dataclass(frozen=True)
class Observed:
    """The result of a reset or a step. `reward` is None until `done` is True."""

    observation: dict[str, Any]
    reward: float | None
    done: bool


class EnvironmentClient:
    """One session with the server. The first message opens its socket, and `close` closes it.

    Calls from several threads are sent one after another. Every method that sends a message raises ConnectionLost if
    the connection fails or no answer arrives within 60 s, and EnvironmentRefusal if the server answers with an error.
    """

    def __init__(self, url: str, token: str | None = None):
        """`url` is the server's address, such as http://127.0.0.1:7466, and `token` is its FUSESEARCH_TOKEN."""
        self._url = url.rstrip("/").replace("http", "ws", 1) + "/ws"
        self._token = token
        self._socket: ClientConnection | None = None
        self._opened = ExitStack()
        self._lock = threading.Lock()

    def reset(self, **choice: Any) -> Observed:
        """Starts an episode and returns its first observation.

        `split` and `index`, or `seed`, choose the task. `episode_id` identifies the episode in the server's log.
        If the server has ended the session because it was idle, this method opens a new one. After any other loss
        it raises ConnectionLost, because a restarted server may have other settings.
        """
        try:
            return _observed(self._ask({"type": "reset", "data": choice}))
        except SessionEnded:
            self.close()
            return _observed(self._ask({"type": "reset", "data": choice}))

    def step(self, calls: list[dict[str, Any]], text: str = "") -> Observed:
        """Plays a whole turn. Each call is {"id", "name", "arguments"}; the results have the same order.

        `text` is the rest of the model's reply.
        """
        return _observed(self._ask({"type": "step", "data": {"calls": calls, "text": text}}))

    def state(self) -> dict[str, Any]:
        """Returns the state of the episode: its counts, and after its end also the parts of the reward."""
        return self._ask({"type": "state"})

    def close(self) -> None:
        """Ends the session, so that the server frees its resources."""
        self._socket = None
        self._opened.close()

    def _ask(self, message: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            if self._socket is None:
                self._socket = self._connect()
            try:
                # If the server has closed the socket, `recv` still returns the error that it sent before.
                with suppress(ConnectionClosed):
                    self._socket.send(json.dumps(message))
                answer = json.loads(self._socket.recv(timeout=ANSWER_TIMEOUT_S))
            except (ConnectionClosed, TimeoutError, OSError) as cause:
                raise ConnectionLost(f"lost the session at {self._url}: {cause}") from cause
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
                # The server sends the pings.
                ping_interval=None,
                # Ignore the proxy settings of the machine: the socket must stay connected to this one server.
                proxy=None,
            )
            # websockets 17 warns if a connection isn't used as a context manager.
            return self._opened.enter_context(opening)
        except (OSError, TimeoutError) as cause:
            raise ConnectionLost(f"can't connect to {self._url}: {cause}") from cause


def fetch(url: str, path: str, body: dict[str, Any] | None = None, token: str | None = None) -> Any:
    """Requests a route (GET, or POST if there is a body) and returns its JSON answer.

    Raises ConnectionLost if the request fails, also with an HTTP error.
    """
    headers = {"Content-Type": "application/json"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url.rstrip("/") + path, data=data, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=ANSWER_TIMEOUT_S) as response:
            return json.load(response)
    except (urllib.error.URLError, TimeoutError) as cause:
        raise ConnectionLost(f"the request for {path} at {url} failed: {cause}") from cause


def _observed(data: dict[str, Any]) -> Observed:
    return Observed(data["observation"], data["reward"], data["done"])
