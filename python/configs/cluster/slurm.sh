#!/bin/bash
# NOT RUN: no GPU and no cluster was available. Phase 2 on two nodes: sbatch python/configs/cluster/slurm.sh MODEL OUTPUT
# Set FUSESEARCH_TOKEN to a secret before. The environment runs on the first node beside the training and needs one
# session for each of the 256 concurrent rollouts. train.jsonl and repos/ must be in the folder of the job.
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#SBATCH --gpus-per-node=8
#SBATCH --cpus-per-task=64
#SBATCH --time=48:00:00
set -euo pipefail
MODEL=$1
OUTPUT=$2
HEAD=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
PORT=7466

fusesearch env serve train.jsonl --repos 'repos/{owner}+{name}' --host 0.0.0.0 --allow-host "$HEAD" --port "$PORT" \
  --max-sessions 320 --log episodes.jsonl &
trap 'kill %1' EXIT
until curl --silent --fail "http://$HEAD:$PORT/health" > /dev/null; do sleep 1; done

srun bash -c "accelerate launch --config_file python/configs/cluster/accelerate.yaml --machine_rank \$SLURM_NODEID \
  --main_process_ip $HEAD --main_process_port 29500 -m fusesearch_rl.grpo --config python/configs/cluster/grpo.yaml \
  --model $MODEL --environment http://$HEAD:$PORT --output $OUTPUT"
