from __future__ import annotations

import io
import json
from collections.abc import Iterator

import openai
import pytest

from support.model_server import ModelServer, Usage, choices, text

MAJOR = int(openai.VERSION.split(".")[0])
ASKED = [{"role": "user", "content": "Hello?"}]
MIXED = Usage(input_tokens=50, output_tokens=90, audio_input=30, image_input=40, image_output=80)


@pytest.fixture
def client(server: ModelServer) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=server.openai_url, api_key="none", max_retries=0) as made:
        yield made


def test_legacy_completions_answer_whole_and_in_a_stream(
    server: ModelServer, client: openai.OpenAI
) -> None:
    server.script(text("Hello you"), text("Hello you", finish="length"))
    model = "gpt-3.5-turbo-instruct"

    whole = client.completions.create(model=model, prompt="Hello?", max_tokens=5)
    chunks = list(client.completions.create(model=model, prompt="Hello?", stream=True))

    assert (whole.object, whole.choices[0].text) == ("text_completion", "Hello you")
    assert whole.model == "gpt-3.5-turbo-instruct:20230824-v2"
    assert "".join(chunk.choices[0].text for chunk in chunks) == "Hello you"
    assert chunks[-1].choices[0].finish_reason == "length"
    assert server.sent[0].usage == whole.usage.to_dict()
    assert server.sent[1].usage is None


def test_legacy_completions_count_a_stream_when_asked(
    server: ModelServer, client: openai.OpenAI
) -> None:
    *_, last = client.completions.create(
        model="m", prompt="Hello?", stream=True, stream_options={"include_usage": True}
    )

    assert last.choices == []
    assert last.usage.to_dict() == server.sent[0].usage


def test_legacy_completions_answer_each_prompt(client: openai.OpenAI) -> None:
    answer = client.completions.create(model="m", prompt=["One", "Two"], n=2)

    assert [choice.index for choice in answer.choices] == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("form", "vectors"),
    [
        ("float", [[-0.5, -0.3125, -0.125, 0.0625], [-0.0625, 0.125, 0.3125, -0.5]]),
        ("base64", ["AAAAvwAAoL4AAAC+AACAPQ==", "AACAvQAAAD4AAKA+AAAAvw=="]),
    ],
    ids=["float", "base64"],
)
def test_embeddings_are_the_same_in_both_forms(
    server: ModelServer, client: openai.OpenAI, form: str, vectors: list[object]
) -> None:
    server.script(text("", usage=Usage(input_tokens=8)))

    answer = client.embeddings.create(
        model="text-embedding-3-small", input=["One", "Two"], encoding_format=form, dimensions=4
    )

    assert [one.embedding for one in answer.data] == vectors
    assert answer.model == "text-embedding-3-small"
    assert server.sent[0].usage == {"prompt_tokens": 8, "total_tokens": 8}


def test_embeddings_are_decoded_by_the_client(client: openai.OpenAI) -> None:
    answer = client.embeddings.create(model="text-embedding-3-small", input="One")

    assert len(answer.data[0].embedding) == 1536
    assert answer.data[0].embedding[:2] == [-0.5, -0.3125]


def test_images_tell_text_and_image_tokens(server: ModelServer, client: openai.OpenAI) -> None:
    server.script(text("", usage=MIXED), text("", usage=MIXED))

    made = client.images.generate(model="gpt-image-1", prompt="A cat", n=2)
    edited = client.images.edit(model="gpt-image-1", prompt="A cat", image=io.BytesIO(b"x"))

    assert len(made.data) == 2
    assert server.sent[0].usage == server.sent[1].usage == made.to_dict()["usage"]
    assert edited.to_dict()["usage"] == {
        "input_tokens": 50,
        "input_tokens_details": {"image_tokens": 40, "text_tokens": 10},
        "output_tokens": 90,
        "output_tokens_details": {"image_tokens": 80, "text_tokens": 10},
        "total_tokens": 140,
    }


def test_old_image_models_tell_a_link_and_no_usage(
    server: ModelServer, client: openai.OpenAI
) -> None:
    made = client.images.generate(model="dall-e-3", prompt="A cat")

    assert made.data[0].url == "https://images.example/1.png"
    assert (server.sent[0].model, server.sent[0].usage) == ("dall-e-3", None)


def test_images_stream_a_preview_first(server: ModelServer, client: openai.OpenAI) -> None:
    body = {"model": "gpt-image-1", "prompt": "A cat", "stream": True}

    raw = client.post("/images/generations", body=body, cast_to=object, options={})

    assert "image_generation.partial_image" in str(raw)
    assert server.sent[0].usage["output_tokens"] == 7


def test_speech_is_sound(server: ModelServer, client: openai.OpenAI) -> None:
    answer = client.audio.speech.create(model="gpt-4o-mini-tts", voice="alloy", input="Hello")

    assert answer.content.startswith(b"ID3")
    assert answer.response.headers["content-type"] == "audio/mpeg"


def test_transcription_tells_tokens_of_sound(server: ModelServer, client: openai.OpenAI) -> None:
    server.script(text("Hello", usage=MIXED))

    answer = client.audio.transcriptions.create(
        model="gpt-4o-transcribe", file=("a.wav", b"RIFF\r\n--x")
    )

    assert answer.text == "Hello"
    assert server.sent[0].model == "gpt-4o-transcribe"
    assert server.sent[0].usage == {
        "type": "tokens",
        "input_tokens": 50,
        "input_token_details": {"text_tokens": 20, "audio_tokens": 30},
        "output_tokens": 90,
        "total_tokens": 140,
    }


def test_old_transcription_model_tells_seconds(server: ModelServer, client: openai.OpenAI) -> None:
    client.audio.transcriptions.create(model="whisper-1", file=("a.wav", b"RIFF"))

    assert server.sent[0].usage == {"type": "duration", "seconds": 1}


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("text", "Hello\n"),
        ("srt", "1\n00:00:00,000 --> 00:00:01,000\nHello\n\n"),
        ("vtt", "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nHello\n\n"),
    ],
)
def test_transcription_is_told_as_text(
    server: ModelServer, client: openai.OpenAI, kind: str, told: str
) -> None:
    server.script(text("Hello"))

    raw = client.audio.transcriptions.with_raw_response.create(
        model="whisper-1", file=("a.wav", b"RIFF"), response_format=kind
    )

    assert raw.http_response.text == told


@pytest.mark.skipif(MAJOR < 2, reason="this openai streams no transcriptions")
def test_transcription_streams_and_ends_with_usage(
    server: ModelServer, client: openai.OpenAI
) -> None:
    server.script(text("Hello you"))

    events = list(
        client.audio.transcriptions.create(
            model="gpt-4o-transcribe", file=("a.wav", b"RIFF"), stream=True
        )
    )

    assert [event.type for event in events] == [
        "transcript.text.delta",
        "transcript.text.delta",
        "transcript.text.done",
    ]
    assert events[-1].usage.total_tokens == 19
    assert server.sent[0].usage["total_tokens"] == 19


@pytest.mark.skipif(MAJOR < 2, reason="this openai streams no speech")
def test_speech_streams_and_ends_with_usage(server: ModelServer, client: openai.OpenAI) -> None:
    answer = client.audio.speech.create(
        model="gpt-4o-mini-tts", voice="alloy", input="Hello", stream_format="sse"
    )

    assert answer.text.count("speech.audio.delta") == 2
    assert server.sent[0].usage["total_tokens"] == 19


@pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")
def test_translation_tells_no_usage(server: ModelServer, client: openai.OpenAI) -> None:
    answer = client.audio.translations.create(model="whisper-1", file=("a.wav", b"RIFF"))

    assert answer.text == "This is answer number 1."
    assert server.sent[0].usage is None


def test_models_are_listed_and_shown(client: openai.OpenAI) -> None:
    names = [model.id for model in client.models.list()]

    assert "gpt-4o-mini" in names
    assert not any(name.startswith("claude") for name in names)
    assert client.models.retrieve("gpt-4o-mini").owned_by == "system"
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("gpt-0")


def test_moderation_flags_nothing(server: ModelServer, client: openai.OpenAI) -> None:
    answer = client.moderations.create(input=["One", "Two"])

    assert [result.flagged for result in answer.results] == [False, False]
    assert answer.results[0].categories.harassment is False
    assert server.sent[0].usage is None


@pytest.mark.skipif(
    not hasattr(openai.resources.chat.Completions, "list"),
    reason="this openai knows no stored chats",
)
def test_stored_chats_are_listed_in_pages_changed_and_deleted(
    server: ModelServer, client: openai.OpenAI
) -> None:
    chats = client.chat.completions
    for number in range(3):
        chats.create(model="gpt-4o", messages=ASKED, store=True, metadata={"number": str(number)})
    chats.create(model="gpt-4o", messages=ASKED)

    listed = list(chats.list(limit=2))
    changed = chats.update(listed[0].id, metadata={"number": "one"})
    messages = list(chats.messages.list(listed[0].id))
    chats.delete(listed[1].id)

    assert [chat.metadata for chat in listed] == [{"number": str(n)} for n in range(3)]
    assert changed.metadata == {"number": "one"}
    assert [message.content for message in messages] == ["Hello?"]
    assert [chat.id for chat in chats.list()] == [listed[0].id, listed[2].id]
    assert len(server.sent) == 4


def test_files_are_kept_shown_and_deleted(client: openai.OpenAI) -> None:
    made = client.files.create(file=("notes.txt", b"One\r\nTwo"), purpose="user_data")

    assert (made.filename, made.bytes, made.purpose) == ("notes.txt", 8, "user_data")
    assert client.files.content(made.id).content == b"One\r\nTwo"
    assert [file.id for file in client.files.list()] == [made.id]
    client.files.delete(made.id)
    with pytest.raises(openai.NotFoundError):
        client.files.retrieve(made.id)


def test_batch_answers_each_request_at_the_first_look(
    server: ModelServer, client: openai.OpenAI
) -> None:
    server.script(choices(text("One"), text("Two", usage=Usage(5, 6))))
    asked = [
        {"custom_id": name, "method": "POST", "url": "/v1/chat/completions", "body": body}
        for name, body in [("a", {"model": "gpt-4o"}), ("b", {"model": "m"})]
    ]
    lines = "\n".join(json.dumps(line) for line in asked)
    file = client.files.create(file=("in.jsonl", lines.encode()), purpose="batch")
    made = client.batches.create(
        input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h"
    )

    done = client.batches.retrieve(made.id)
    output = client.files.content(done.output_file_id).text

    assert (made.status, done.status, done.request_counts.completed) == (
        "validating",
        "completed",
        2,
    )
    results = [json.loads(line) for line in output.splitlines()]
    assert [result["custom_id"] for result in results] == ["a", "b"]
    bodies = [result["response"]["body"] for result in results]
    assert [body["choices"][0]["message"]["content"] for body in bodies] == ["One", "Two"]
    assert [body["model"] for body in bodies] == ["gpt-4o-2024-08-06", "m"]
    assert done.to_dict()["usage"]["total_tokens"] == 30


def test_batch_can_be_cancelled_before_the_first_look(client: openai.OpenAI) -> None:
    made = client.batches.create(
        input_file_id="file-1", endpoint="/v1/chat/completions", completion_window="24h"
    )

    assert client.batches.cancel(made.id).status == "cancelling"
    assert [batch.status for batch in client.batches.list()] == ["cancelled"]
