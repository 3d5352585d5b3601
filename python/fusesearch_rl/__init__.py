"""Trains language models with FuseSearch's environment; docs/train-an-llm.md explains every step."""
