"""The configurations have only settings that their commands accept."""

from __future__ import annotations

import subprocess
import unittest
from functools import cache
from pathlib import Path

import yaml
from support import COMMAND, NODE, report

from fusesearch_rl import grpo, recipe, sft
from fusesearch_rl.settings import read_file

CONFIGS = Path(__file__).parent.parent / "configs"
SFT = ["--model", "m", "--data", "d", "--output", "o"]
GRPO = ["--model", "m", "--environment", "e", "--output", "o"]


class Settings(unittest.TestCase):
    def test_every_command_reads_its_configurations(self):
        for names, parser, needed in (("*sft.yaml", sft, SFT), ("*grpo.yaml", grpo, GRPO)):
            files = [path for path in CONFIGS.rglob(names) if path.parent.name != "verl"]
            self.assertEqual(len(files), 2)
            for path in files:
                settings = parser.make_parser().read(["--config", str(path), *needed])
                for key, value in read_file(str(path)).items():
                    self.assertEqual(getattr(settings, key.replace("-", "_")), value, f"{path}: {key}")

    def test_flags_override_files_and_an_unknown_setting_is_an_error(self):
        file = str(CONFIGS / "one-gpu-grpo.yaml")
        self.assertEqual(grpo.make_parser().read(["--config", file, "--group-size", "4", *GRPO]).group_size, 4)
        with self.assertRaises(SystemExit):
            sft.make_parser().read(["--config", file, *SFT])

    def test_the_product_accepts_every_flag_of_every_ablation(self):
        files = sorted((CONFIGS / "ablations").glob("*.yaml"))
        for path in files:
            settings = recipe.make_parser().read([str(path)])
            for _, words in recipe.commands(settings, read_file(str(path))):
                if words[0] == "fusesearch":
                    self.assert_accepted(words)
        report(f"ablations: the product's commands accept every flag of {len(files)} configurations")

    def test_an_ablation_differs_from_the_papers_model_only_in_its_own_settings(self):
        texts = {path.stem: yaml.safe_load(path.read_text()) for path in (CONFIGS / "ablations").glob("*.yaml")}
        self.assertEqual(len({str(text) for text in texts.values()}), len(texts))
        self.assertEqual(texts["reward-f1"]["data sft"], texts["parallel"]["data sft"])
        self.assertEqual(texts["no-filter"]["env serve"], texts["parallel"]["env serve"])

    def assert_accepted(self, words: list[str]):
        named = words[1:3] if words[1] in ("data", "env") else words[1:2]
        text = help_of(tuple(named))
        for flag in (word for word in words if word.startswith("--")):
            self.assertIn(f"{flag} ", text, f"{named} has no {flag}")


@cache
def help_of(named: tuple[str, ...]) -> str:
    """Returns the help text of one of the product's commands."""
    return subprocess.run([NODE, COMMAND, *named, "--help"], capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    unittest.main()
