"""Both phases on two CPU cores: SFT on exported conversations, then GRPO against the real server."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

import tiny
from recorder import Recorder
from support import DATA, Server, conversations, report
from transformers import AutoTokenizer

from fusesearch_rl import grpo, sft
from fusesearch_rl.chat import SERVING_TEMPLATE
from fusesearch_rl.client import ConnectionLost, fetch
from fusesearch_rl.environment import Environments

SFT_STEPS = 80
GRPO_STEPS = 6
# The teacher in scripts/trl/teacher.mjs searches in so many ways.
CONVERSATIONS_OF_A_TASK = 4
ROLLOUTS = 16
KILL_TIMEOUT_S = 120.0

place = tempfile.TemporaryDirectory()
folder = Path(place.name)


def setUpModule():
    parameters = tiny.make_model(DATA / "unfiltered.jsonl", folder / "random")
    report(f"model: Qwen3 architecture, {parameters} random parameters; tokenizer trained on the data")


def tearDownModule():
    place.cleanup()


def grpo_settings(server: Server, model: str, **others):
    """Returns the arguments of a run on a CPU. `others` adds or overrides flags."""
    flags = {"learning-rate": 2e-4, "group-size": 8, "batch-size": ROLLOUTS, "accumulate": 1, "warmup-steps": 0}
    flags |= {"max-tokens": 1500, "steps": GRPO_STEPS, "model": folder / model, "output": folder / "grpo"} | others
    words = [word for name, value in flags.items() for word in (f"--{name}", str(value))]
    return [*words, "--environment", server.url, "--cpu"]


class TestA_Sft(unittest.TestCase):
    """Runs first, by its name, because the other classes use its model."""

    @classmethod
    def setUpClass(cls):
        flags = ["--model", folder / "random", "--data", DATA / "unfiltered.jsonl", "--output", folder / "sft", "--cpu"]
        sizes = ["--max-steps", SFT_STEPS, "--batch-size", 8, "--accumulate", 1, "--learning-rate", 4e-3]
        settings = sft.make_parser().read([str(word) for word in [*flags, *sizes, "--max-length", 2000]])
        cls.trainer = sft.make_trainer(settings)
        cls.rows = conversations("unfiltered.jsonl")
        begin = time.monotonic()
        sft.train_and_save(cls.trainer, settings)
        losses = [line["loss"] for line in cls.trainer.state.log_history if "loss" in line]
        cls.losses = losses
        report(f"SFT: {len(cls.rows)} conversations, {SFT_STEPS} steps in {time.monotonic() - begin:.0f} s")
        report(f"SFT: loss {losses[0]:.2f} -> {losses[-1]:.3f}, {sft.trained_tokens(cls.trainer)} tokens in the loss")

    def test_the_loss_mask_decodes_to_the_assistants_text(self):
        tokenizer = self.trainer.processing_class
        for row, tokenised in zip(self.rows, self.trainer.train_dataset, strict=True):
            ids = [label for label in tokenised["labels"] if label != -100]
            self.assertEqual(tokenizer.decode(ids), said_by_assistant(row))
        report(f"mask: decodes to the assistant's text in {len(self.rows)} of {len(self.rows)} conversations")

    def test_the_prompt_has_the_exact_tools(self):
        text = self.trainer.processing_class.decode(self.trainer.train_dataset[0]["input_ids"])
        for tool in self.rows[0]["tools"]:
            self.assertIn("\n" + json.dumps(tool, ensure_ascii=False) + "\n", text)

    def test_the_serving_template_gives_the_training_tokens(self):
        template = (folder / "sft" / SERVING_TEMPLATE).read_text(encoding="utf-8")
        tokenizer = AutoTokenizer.from_pretrained(folder / "sft")
        for row, tokenised in zip(self.rows, self.trainer.train_dataset, strict=True):
            ids = tokenizer.apply_chat_template(row["messages"], tools=row["tools"], chat_template=template)
            self.assertEqual(ids["input_ids"], tokenised["input_ids"])
        report("serving: the template beside the model gives exactly the tokens of the training")

    def test_the_loss_falls(self):
        self.assertLess(self.losses[-1], self.losses[0] / 10)

    def test_it_is_an_error_if_every_conversation_is_too_long(self):
        flags = ["--model", folder / "random", "--data", DATA / "joint.jsonl", "--output", folder / "x", "--cpu"]
        settings = sft.make_parser().read([str(word) for word in [*flags, "--max-length", 10]])
        with self.assertRaises(SystemExit):
            sft.make_trainer(settings)


class TestB_Grpo(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(folder, sessions=ROLLOUTS)
        settings = grpo.make_parser().read(grpo_settings(cls.server, "sft"))
        cls.prompts = fetch(cls.server.url, "/prompts")
        cls.environments = Environments(cls.server.url, cls.prompts)
        cls.trainer = grpo.make_trainer(settings, cls.prompts, cls.environments)
        cls.recorder = Recorder(cls.trainer, cls.server)
        begin = time.monotonic()
        cls.trainer.train()
        cls.free_before_close = cls.server.free_sessions()
        cls.environments.close()
        report(f"GRPO: {GRPO_STEPS} steps of {ROLLOUTS} rollouts in {time.monotonic() - begin:.0f} s")

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def test_tools_of_data_server_and_adapter_are_identical(self):
        texts = {json.dumps(row["tools"], ensure_ascii=False) for row in conversations("unfiltered.jsonl")}
        texts.add(json.dumps(self.prompts["tools"], ensure_ascii=False))
        texts.update(json.dumps(tools, ensure_ascii=False) for tools in self.trainer._env_tools.values())
        self.assertEqual(len(texts), 1)
        report(f"tools: data, server and adapter have the same {len(texts.pop())} characters")

    def test_prompts_of_the_rollouts_equal_the_beginning_of_the_data(self):
        tokenizer = self.trainer.processing_class
        rows = [row["input_ids"] for row in sft.read_conversations(str(DATA / "unfiltered.jsonl"), tokenizer)]
        for ids in self.recorder.prompts:
            self.assertEqual(sum(row[: len(ids)] == ids for row in rows), CONVERSATIONS_OF_A_TASK)
        self.assertGreater(len(self.recorder.prompts), 0)
        report(f"prompts: {len(self.recorder.prompts)} of GRPO equal the first tokens of the data's conversations")

    def test_the_engine_logs_the_rewards_of_the_server(self):
        served = {episode["episode_id"]: episode["reward"] for episode in self.server.episodes()}
        logged = [line["reward"] for line in self.trainer.state.log_history if "reward" in line]
        self.assertEqual(len(logged), GRPO_STEPS)
        for step, rollouts in enumerate(self.recorder.steps):
            rewards = [served.get(rollout.episode_id, 0.0) for rollout in rollouts]
            for rollout, reward in zip(rollouts, rewards, strict=True):
                self.assertAlmostEqual(rollout.reward, reward, places=6)
            self.assertAlmostEqual(logged[step], sum(rewards) / len(rewards), places=5)
        self.assertGreater(len(served), 0)
        of = sum(map(len, self.recorder.steps))
        report(f"rewards: equal at {of} of {of} rollouts, {len(served)} ended; means {[round(r, 3) for r in logged]}")

    def test_a_turn_is_one_step_message(self):
        rollouts = [rollout for step in self.recorder.steps for rollout in step]
        for rollout in rollouts:
            self.assertEqual(rollout.step_count, rollout.turns)
        turns, calls = sum(r.turns for r in rollouts), sum(r.calls for r in rollouts)
        self.assertGreater(calls, turns)
        report(f"turns: {calls} calls in {turns} turns, {turns} step messages")

    def test_no_text_follows_the_answer(self):
        ended = [r for step in self.recorder.steps for r in step if r.is_done]
        self.assertGreater(len(ended), 0)
        for rollout in ended:
            self.assertEqual(rollout.last_role, "tool")

    def test_there_is_one_socket_per_rollout_and_none_at_the_end(self):
        self.assertEqual(self.free_before_close, 0)
        self.assertEqual(set(self.recorder.free_sessions), {0})
        took = self.server.wait_for_free_sessions(ROLLOUTS, timeout_s=5)
        report(f"sockets: {ROLLOUTS} for {ROLLOUTS} rollouts at every step, none {took:.1f} s after the end")

    def test_weights_change_if_rewards_differ(self):
        differing = [step for step in self.recorder.moved if step.rewards_differ]
        self.assertGreater(len(differing), 0)
        self.assertTrue(all(step.moved for step in differing))
        report(f"weights: changed at {len(differing)} of {len(differing)} steps whose rewards differ")


class TestC_Faults(unittest.TestCase):
    def setUp(self):
        self.server = Server(Path(tempfile.mkdtemp(dir=folder)), sessions=ROLLOUTS)

    def tearDown(self):
        self.server.stop()

    def make_trainer(self, model: str, **others):
        settings = grpo.make_parser().read(grpo_settings(self.server, model, **others))
        prompts = fetch(self.server.url, "/prompts")
        self.environments = Environments(self.server.url, prompts)
        self.addCleanup(self.environments.close)
        return grpo.make_trainer(settings, prompts, self.environments)

    def test_weights_stay_if_all_rewards_are_equal(self):
        trainer = self.make_trainer("random", steps=1, **{"max-tokens": 40})
        recorder = Recorder(trainer, self.server)
        trainer.train()
        self.assertEqual([(step.rewards_differ, step.moved) for step in recorder.moved], [(False, False)])
        report("weights: unchanged at a step with equal rewards")

    def test_a_server_restart_ends_the_training_with_an_error(self):
        trainer = self.make_trainer("sft")
        recorder = Recorder(trainer, self.server)
        recorder.before_step_two = lambda: (self.server.kill(), self.server.start())
        with self.assertRaises(ConnectionLost) as lost:
            trainer.train()
        self.assertEqual(trainer.state.global_step, 1)
        report(f"restart: training ends with ConnectionLost: {str(lost.exception)[:60]}…")

    def test_a_killed_trainer_frees_its_sessions(self):
        command = [sys.executable, "-m", "fusesearch_rl.grpo", *grpo_settings(self.server, "sft", steps=1000)]
        trainer = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + KILL_TIMEOUT_S
        while not self.server.episodes():
            self.assertIsNone(trainer.poll(), "the trainer ended by itself")
            self.assertLess(time.monotonic(), until, "no episode in time")
            time.sleep(0.2)
        self.assertEqual(self.server.free_sessions(), 0)
        trainer.kill()
        trainer.wait()
        took = self.server.wait_for_free_sessions(ROLLOUTS, timeout_s=5)
        report(f"killed trainer: {ROLLOUTS} of {ROLLOUTS} sessions free after {took:.1f} s")


def said_by_assistant(row) -> str:
    """Returns the assistant's turns in Qwen3's format, built here without the chat template."""
    turns = [message for message in row["messages"] if message["role"] == "assistant"]
    return "".join(
        "<think>\n\n</think>\n\n" + "\n".join(map(call_text, turn["tool_calls"])) + "<|im_end|>\n" for turn in turns
    )


def call_text(call) -> str:
    """Returns a call in the Hermes format, as Qwen3 writes it."""
    function = call["function"]
    arguments = json.dumps(function["arguments"], ensure_ascii=False)
    return f'<tool_call>\n{{"name": "{function["name"]}", "arguments": {arguments}}}\n</tool_call>'


if __name__ == "__main__":
    unittest.main()
