"""FuseSearch's episodes for verl: an agent loop over the same client. NEVER TRAINED WITH: no GPU was at hand.

The loop alone was played on a CPU, under verl 0.9.0 with scripted replies in place of vLLM, against the real server. It
is verl's ToolAgentLoop. What differs: the prompt comes from the episode, a turn of calls is one step message, the
rollout ends with its episode, the reward is the server's, and tool schemas are the product's own, for verl's would drop
half. python/configs/verl/agent.yaml names it and says where the environment is.
"""

from __future__ import annotations

import json
import os
from typing import Any

from verl.experimental.agent_loop.tool_agent_loop import AgentState, ToolAgentLoop
from verl.tools.schemas import ToolResponse

from .client import fetch
from .episode import Episode


class FuseSearchLoop(ToolAgentLoop):
    """One rollout. verl makes an instance for each, and runs many in one event loop."""

    def __init__(self, *inputs: Any, environment: str, **options: Any):
        """`environment` is the address of `fusesearch env serve`; other arguments are verl's."""
        super().__init__(*inputs, **options)
        token = os.environ.get("FUSESEARCH_TOKEN")
        prompts = fetch(environment, "/prompts", token=token)
        self.tools, self.tool_schemas = {}, prompts["tools"]
        self._system = prompts["system"]
        self._episode = Episode(environment, token, prompts["system"])

    async def run(self, sampling_params: dict[str, Any], **row: Any) -> Any:
        """Plays the task of `extra_info` (split, index). Raises ConnectionLost when the session breaks."""
        task = row["extra_info"]
        try:
            opening = await self.loop.run_in_executor(None, lambda: self._episode.reset(task["split"], task["index"]))
            prompt = [{"role": "system", "content": self._system}, {"role": "user", "content": opening}]
            output = await super().run(sampling_params, **{**row, "raw_prompt": prompt})
            output.reward_score = self._episode.reward()
            return output
        finally:
            self._episode.close()

    async def _handle_processing_tools_state(self, agent_data: Any) -> AgentState:
        state = await super()._handle_processing_tools_state(agent_data)
        return AgentState.TERMINATED if self._episode.is_over else state

    async def _call_tool(self, tool_call: Any, tools_kwargs: dict[str, Any], agent_data: Any) -> Any:
        """Every call goes to the server, which repairs and explains; verl gathers those of a turn."""
        content = await self._episode.call(tool_call.name, _arguments_of(tool_call.arguments))
        return ToolResponse(text=content), None, {}


def _arguments_of(text: str) -> Any:
    """An object, or what the model wrote where it is none: the server mends what is safe to mend."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text
