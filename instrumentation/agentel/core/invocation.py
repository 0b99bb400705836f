"""Knows the kinds of work there are, in the words of the GenAI conventions.

Source: OpenTelemetry GenAI semantic conventions, spans.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SpanKind = Literal["client", "internal"]


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """One kind of work: how its span is named and which durations it counts in.

    `target` is the field whose value follows the operation's name in the span's name. `prefix` is
    what the name begins with where that is not the value of `operation_name`.
    """

    name: str
    kind: SpanKind
    target: str
    is_leaf: bool = False
    is_inference: bool = False
    counts_tokens: bool = False
    starts: bool = False
    """Whether `agentel.started` marks its begin, so that a crashed run can be seen."""
    prefix: str = ""


INFERENCE = Operation(
    "inference", "client", "request_model", is_leaf=True, is_inference=True, counts_tokens=True
)
EMBEDDINGS = Operation("embeddings", "client", "request_model", is_leaf=True, counts_tokens=True)
MODEL_CALL = Operation("model_call", "client", "request_model", is_leaf=True, counts_tokens=True)
"""A call of a model that the conventions have no span type for: images, speech."""
RETRIEVAL = Operation("retrieval", "client", "data_source_id")
"""Not a leaf: the model that embeds its query is called inside it."""
FETCH_RESPONSE = Operation("fetch_response", "client", "", is_leaf=True)
MEMORY = Operation("memory", "client", "")
EXECUTE_TOOL = Operation("execute_tool", "internal", "tool_name")
INVOKE_AGENT = Operation("invoke_agent", "internal", "agent_name", starts=True)
INVOKE_WORKFLOW = Operation("invoke_workflow", "internal", "workflow_name", starts=True)
TASK = Operation("task", "internal", "task_type", starts=True, prefix="task")
