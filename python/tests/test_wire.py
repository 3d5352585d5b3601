"""Tests of the client and of gathered turns against the real server, without a training engine."""

from __future__ import annotations

import asyncio
import tempfile
import unittest
from pathlib import Path

from support import Server, report

from fusesearch_rl.client import ConnectionLost, EnvironmentClient, EnvironmentRefusal, fetch
from fusesearch_rl.environment import Environments
from fusesearch_rl.episode import CLOSING_RESULTS

ANSWER = {"files": [{"path": "shop/core.py", "functions": [{"name": "Core.mend"}]}]}


class Wire(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.server = Server(Path(self.folder.name), sessions=2)
        self.prompts = fetch(self.server.url, "/prompts")
        self.environments = Environments(self.server.url, self.prompts)

    def tearDown(self):
        self.environments.close()
        self.server.stop()
        self.folder.cleanup()

    def test_calls_of_a_tick_are_one_step_with_results_in_order(self):
        environment = self.environments()
        environment.reset(index=0)

        async def turn():
            calls = [
                environment.grep(pattern="def mend"),
                environment.glob(patterns=["*.py"]),
                environment.grep(pattern="spare"),
            ]
            return await asyncio.gather(*calls)

        results = asyncio.run(turn())
        state = environment._episode.state()
        self.assertEqual([text.split("\n")[0] for text in results], [f"[turn 1, call {n}]" for n in (1, 2, 3)])
        self.assertEqual(state["step_count"], 1)
        report("3 calls of a tick: 1 step message, results in order")

    def test_an_episode_ends_with_its_answer(self):
        environment = self.environments()
        environment.reset(index=0)
        asyncio.run(_two_turns(environment))
        self.assertEqual(environment.get_reward(), self.server.episodes()[-1]["reward"])
        self.assertEqual(asyncio.run(environment.grep(pattern="a")), CLOSING_RESULTS[1])
        self.assertEqual(environment._episode.state()["step_count"], 2)

    def test_a_rollout_without_an_answer_has_reward_0(self):
        environment = self.environments()
        environment.reset(index=0)
        asyncio.run(environment.grep(pattern="def mend"))
        self.assertEqual(environment.get_reward(), 0.0)

    def test_refusals_have_a_code_for_a_full_server_and_for_an_unknown_task(self):
        first, second, third = (EnvironmentClient(self.server.url) for _ in range(3))
        first.reset(index=0)
        second.reset(index=0)
        with self.assertRaises(EnvironmentRefusal) as refused:
            third.reset(index=0)
        self.assertEqual(refused.exception.code, "CAPACITY_REACHED")
        with self.assertRaises(EnvironmentRefusal) as refused:
            second.reset(index=99)
        self.assertEqual(refused.exception.code, "VALIDATION_ERROR")
        for client in (first, second, third):
            client.close()

    def test_a_killed_server_raises_in_the_call_and_in_the_reward(self):
        environment = self.environments()
        environment.reset(index=0)
        self.server.kill()
        with self.assertRaises(ConnectionLost):
            asyncio.run(environment.grep(pattern="def mend"))
        self.server.start()
        with self.assertRaises(ConnectionLost):
            environment.get_reward()

    def test_a_server_with_another_system_prompt_is_refused(self):
        self.server.stop()
        self.server = Server(Path(self.folder.name), sessions=2, flags=["--breadth", "1"])
        environment = Environments(self.server.url, self.prompts)()
        with self.assertRaises(ValueError):
            environment.reset(index=0)
        environment._episode.close()


class Idle(unittest.TestCase):
    def test_reset_opens_a_new_session_after_an_idle_timeout(self):
        with tempfile.TemporaryDirectory() as folder:
            server = Server(Path(folder), sessions=1, flags=["--idle-timeout", "1s"])
            client = EnvironmentClient(server.url)
            client.reset(index=0)
            server.wait_for_free_sessions(1, timeout_s=10)
            self.assertFalse(client.reset(index=1).done)
            client.close()
            server.stop()


async def _two_turns(environment):
    await environment.grep(pattern="def mend")
    await environment.answer(**ANSWER)


if __name__ == "__main__":
    unittest.main()
