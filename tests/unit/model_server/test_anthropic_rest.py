from __future__ import annotations

from collections.abc import Iterator

import anthropic
import pytest

from support.model_server import ModelServer, choices, error, text

MODEL = "claude-haiku-4-5"
ASKED = [
    {
        "custom_id": name,
        "params": {
            "model": MODEL,
            "max_tokens": 10,
            "messages": [{"role": "user", "content": "Hello?"}],
        },
    }
    for name in ("a", "b", "c")
]


@pytest.fixture
def client(server: ModelServer) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=server.anthropic_url, api_key="none", max_retries=0) as made:
        yield made


def test_batch_ends_at_the_first_look_and_has_a_result_for_each_request(
    server: ModelServer, client: anthropic.Anthropic
) -> None:
    server.script(choices(text("One"), text("Two", finish="failed")))

    made = client.messages.batches.create(requests=ASKED)
    seen = client.messages.batches.retrieve(made.id)
    results = list(client.messages.batches.results(made.id))

    assert (made.processing_status, made.request_counts.processing) == ("in_progress", 3)
    assert (seen.processing_status, seen.request_counts.errored) == ("ended", 1)
    assert [(result.custom_id, result.result.type) for result in results] == [
        ("a", "succeeded"),
        ("b", "errored"),
        ("c", "succeeded"),
    ]
    message = results[0].result.message
    assert message.content[0].text == "One"
    assert message.usage.service_tier == "batch"
    assert message.model == "claude-haiku-4-5-20251001"


def test_batch_results_wait_for_its_end(client: anthropic.Anthropic) -> None:
    made = client.messages.batches.create(requests=ASKED)

    with pytest.raises(anthropic.BadRequestError, match="not available yet"):
        client.get(f"/v1/messages/batches/{made.id}/results", cast_to=object)


def test_cancelled_batch_ends_with_cancelled_results(client: anthropic.Anthropic) -> None:
    made = client.messages.batches.create(requests=ASKED)

    canceling = client.messages.batches.cancel(made.id)
    ended = client.messages.batches.retrieve(made.id)

    assert canceling.processing_status == "canceling"
    assert (ended.processing_status, ended.request_counts.canceled) == ("ended", 3)
    assert [one.result.type for one in client.messages.batches.results(made.id)] == ["canceled"] * 3


def test_batches_are_listed_in_pages_newest_first(
    server: ModelServer, client: anthropic.Anthropic
) -> None:
    made = [client.messages.batches.create(requests=ASKED).id for _ in range(3)]

    listed = [batch.id for batch in client.messages.batches.list(limit=2)]

    assert listed == made[::-1]


def test_ended_batch_can_be_deleted(client: anthropic.Anthropic) -> None:
    made = client.messages.batches.create(requests=ASKED)
    with pytest.raises(anthropic.BadRequestError):
        client.messages.batches.delete(made.id)
    client.messages.batches.retrieve(made.id)

    deleted = client.messages.batches.delete(made.id)

    assert deleted.type == "message_batch_deleted"
    with pytest.raises(anthropic.NotFoundError):
        client.messages.batches.retrieve(made.id)


def test_scripted_error_refuses_the_batch(server: ModelServer, client: anthropic.Anthropic) -> None:
    server.script(error(429))

    with pytest.raises(anthropic.RateLimitError):
        client.messages.batches.create(requests=ASKED)


def test_models_are_those_of_this_provider(client: anthropic.Anthropic) -> None:
    names = [model.id for model in client.models.list(limit=1)]

    assert names == ["claude-opus-5", "claude-sonnet-5", "claude-haiku-4-5-20251001"]
    assert client.models.retrieve(MODEL).display_name == "Claude Haiku 4.5"
    with pytest.raises(anthropic.NotFoundError):
        client.models.retrieve("claude-0")
