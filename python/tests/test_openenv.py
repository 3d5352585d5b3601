"""OpenEnv's own validator and generic client against the running server. Needs the package `openenv`."""

from __future__ import annotations

import tempfile
import unittest
from importlib.metadata import version
from pathlib import Path

from openenv.cli._validation import validate_running_environment
from openenv.core.generic_client import GenericEnvClient
from support import Server, report


class OpenEnv(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.server = Server(Path(cls.folder.name), sessions=4)

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()
        cls.folder.cleanup()

    def test_the_validator_passes_every_criterion(self):
        found = validate_running_environment(self.server.url)
        passed = [criterion["id"] for criterion in found["criteria"] if criterion["passed"]]
        failed = [criterion for criterion in found["criteria"] if not criterion["passed"]]
        self.assertEqual(failed, [])
        self.assertTrue(found["passed"])
        self.assertGreaterEqual(len(passed), 6)
        report(f"openenv {version('openenv')}: validator {len(passed)}/{len(found['criteria'])} ({', '.join(passed)})")

    def test_the_generic_client_plays_episodes(self):
        rewards = []
        for index in range(4):
            with GenericEnvClient(base_url=self.server.url).sync() as client:
                opening = client.reset(split="train", index=index)
                self.assertIn("Core.mend of shop", opening.observation["text"])
                rewards.append(play(client))
                state = client.state()
                self.assertEqual((state["step_count"], state["done"]), (2, True))
        self.assertEqual(rewards, [episode["reward"] for episode in self.server.episodes()])
        self.assertTrue(all(reward > 1 for reward in rewards), rewards)
        report(f"openenv's generic client: {len(rewards)} episodes, rewards {rewards}")


def play(client) -> float:
    """Searches for the definition, answers, and returns the reward."""
    looked = client.step({"calls": [call("grep", pattern="def mend"), call("glob", patterns=["*.py"])]})
    assert looked.reward is None and not looked.done
    assert [result["name"] for result in looked.observation["results"]] == ["grep", "glob"]
    functions = [{"name": "Core.mend"}]
    return client.step({"calls": [call("answer", files=[{"path": "shop/core.py", "functions": functions}])]}).reward


def call(name: str, **arguments):
    """Returns a call of a turn."""
    return {"name": name, "arguments": arguments}


if __name__ == "__main__":
    unittest.main()
