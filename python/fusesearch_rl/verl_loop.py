"""An agent loop that plays FuseSearch's episodes in verl. NEVER USED FOR TRAINING: no GPU was available.

Only the loop itself was run, by hand on a CPU: under verl 0.9.0, with scripted replies instead of vLLM, against the
real server. It changes five things of verl's ToolAgentLoop: the prompt comes from the episode, a turn of calls is one
step message, the rollout ends with its episode, the reward comes from the server, and the tool schemas are the
product's own, because verl's schema class would drop half of them. python/configs/verl/agent.yaml registers the loop
and sets the address of the environment.
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
    """One rollout. verl makes an instance per rollout and runs many of them in one event loop."""

    def __init__(self, *inputs: Any, environment: str, **options: Any):
        """`environment` is the address of `fusesearch env serve`. The other arguments are verl's."""
        super().__init__(*inputs, **options)
        token = os.environ.get("FUSESEARCH_TOKEN")
        prompts = fetch(environment, "/prompts", token=token)
        self.tools, self.tool_schemas = {}, prompts["tools"]
        self._system = prompts["system"]
        self._episode = Episode(environment, token, prompts["system"])

    async def run(self, sampling_params: dict[str, Any], **row: Any) -> Any:
        """Plays the task of `extra_info` (split, index). Raises ConnectionLost if the session is lost."""
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
        """Sends every call to the server, which repairs or explains mistakes. verl starts a turn's calls together."""
        content = await self._episode.call(tool_call.name, _arguments_of(tool_call.arguments))
        return ToolResponse(text=content), None, {}


def _arguments_of(text: str) -> Any:
    """Parses the arguments, or returns invalid JSON as it is: the server repairs it if that is safe."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text
