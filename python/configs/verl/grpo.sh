#!/bin/bash
# NOT RUN: verl needs GPUs, and none was available.
# GRPO with verl 0.9: bash python/configs/verl/grpo.sh MODEL TASKS.parquet
# `python -m fusesearch_rl.verl_tasks` writes the tasks. The environment must be running with at least
# train_batch_size x n sessions (--max-sessions). verl needs its own virtual environment, because it requires
# transformers below 5.11.
set -euo pipefail
MODEL=$1
TASKS=$2

python -m verl.trainer.main_ppo \
  algorithm.adv_estimator=grpo \
  algorithm.use_kl_in_reward=False \
  data.train_files="$TASKS" \
  data.val_files="$TASKS" \
  data.return_raw_chat=True \
  data.filter_overlong_prompts=False \
  data.train_batch_size=32 \
  data.max_prompt_length=8192 \
  data.max_response_length=24576 \
  +data.apply_chat_template_kwargs.enable_thinking=False \
  actor_rollout_ref.model.path="$MODEL" \
  actor_rollout_ref.actor.optim.lr=1e-6 \
  actor_rollout_ref.actor.use_kl_loss=False \
  actor_rollout_ref.actor.ppo_mini_batch_size=32 \
  actor_rollout_ref.actor.ppo_micro_batch_size_per_gpu=1 \
  actor_rollout_ref.rollout.name=vllm \
  actor_rollout_ref.rollout.mode=async \
  actor_rollout_ref.rollout.n=8 \
  actor_rollout_ref.rollout.log_prob_micro_batch_size_per_gpu=1 \
  actor_rollout_ref.rollout.multi_turn.enable=True \
  actor_rollout_ref.rollout.multi_turn.format=hermes \
  actor_rollout_ref.rollout.multi_turn.max_parallel_calls=64 \
  actor_rollout_ref.rollout.multi_turn.max_assistant_turns=8 \
  actor_rollout_ref.rollout.agent.default_agent_loop=fusesearch \
  actor_rollout_ref.rollout.agent.agent_loop_config_path=python/configs/verl/agent.yaml \
  trainer.n_gpus_per_node=8 \
  trainer.nnodes=1 \
  trainer.total_epochs=1
