"""Trains language models with FuseSearch's environment; docs/train-an-llm.md is the way from runs to a model."""
