"""Knows OpenAI's endpoints for images and audio, and how they tell what they used."""

from __future__ import annotations

import re
from collections.abc import Sequence

from support.model_server.answers import Usage
from support.model_server.exchange import (
    Body,
    Events,
    Exchange,
    Frame,
    Object,
    Whole,
    compact,
    event,
    pieces,
    pretty,
)
from support.model_server.openai_chat import DONE

PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADU"
    "lEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
"""A picture of one pixel."""
SOUND = b"ID3\x04\x00\x00\x00\x00\x00\x00" + bytes(54)
"""The start of an MP3 file without any sound."""
SOUND_TYPES = {
    "mp3": "audio/mpeg",
    "opus": "audio/ogg",
    "aac": "audio/aac",
    "flac": "audio/flac",
    "wav": "audio/wav",
    "pcm": "audio/pcm",
}


def form(exchange: Exchange) -> dict[str, str]:
    """The text fields of a multipart body; files are left out."""
    found = re.findall(
        rb'name="([\w\[\]]+)"\r\n(?:[\w-]+:[^\r\n]*\r\n)*\r\n(.*?)\r\n--',
        exchange.request.body,
        re.DOTALL,
    )
    return {name.decode(): value.decode(errors="replace") for name, value in found}


def images(exchange: Exchange) -> Body:
    """POST /v1/images/generations and /v1/images/edits, the latter as a form."""
    asked: dict[str, object] = {**form(exchange), **exchange.request.json}
    model = exchange.answer.model or str(asked.get("model") or "dall-e-2")
    usage = image_usage(exchange.answer.usage)
    if str(asked.get("stream")).lower() == "true":
        kind = "image_edit" if exchange.request.path.endswith("edits") else "image_generation"
        return Events(_image_frames(exchange, kind, usage), None, model)
    count = int(str(asked.get("n") or 1))
    told: Object = {"created": exchange.created}
    if "gpt-image" not in model:
        link = "https://images.example/1.png"
        wants_bytes = asked.get("response_format") == "b64_json"
        one: Object = {"b64_json": PIXEL} if wants_bytes else {"url": link}
        return Whole(pretty({**told, "data": [one] * count}), None, None, model)
    details = {"background": "opaque", "output_format": "png", "quality": "low"}
    data = [{"b64_json": PIXEL}] * count
    body = {**told, **details, "data": data, "size": "1024x1024", "usage": usage}
    return Whole(pretty(body), usage, None, model)


def image_usage(usage: Usage) -> Object:
    """Usage of images: input of text and of images is told apart, output is images."""
    output = usage.image_output or usage.output_tokens
    return {
        "input_tokens": usage.input_tokens,
        "input_tokens_details": {
            "image_tokens": usage.image_input,
            "text_tokens": usage.input_tokens - usage.image_input,
        },
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {
            "image_tokens": output,
            "text_tokens": usage.output_tokens - output,
        },
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }


def speech(exchange: Exchange) -> Body:
    """POST /v1/audio/speech: the sound, or events with its pieces and the usage at their end."""
    asked = exchange.request.json
    if asked.get("stream_format") == "sse":
        usage = token_usage(exchange.answer.usage)
        usage.pop("type")
        done: Object = {"type": "speech.audio.done", "usage": usage}
        delta: Object = {"type": "speech.audio.delta", "audio": "AAAA"}
        return Events([event(delta), event(delta), event(done, None, usage)], None, exchange.model)
    kind = SOUND_TYPES.get(str(asked.get("response_format")), "audio/mpeg")
    return Events([Frame(SOUND), Frame(bytes(64))], None, exchange.model, kind)


def transcription(exchange: Exchange) -> Body:
    """POST /v1/audio/transcriptions, in any of its formats; old models count seconds."""
    asked = form(exchange)
    model = exchange.answer.model or asked.get("model", "")
    said, kind = exchange.answer.text, asked.get("response_format", "json")
    tokens = token_usage(exchange.answer.usage)
    usage: Object = {"type": "duration", "seconds": 1} if model == "whisper-1" else tokens
    if asked.get("stream", "").lower() == "true":
        grown: Sequence[Object] = [
            {"type": "transcript.text.delta", "delta": piece}
            for piece in pieces(said, exchange.answer)
        ]
        done: Object = {"type": "transcript.text.done", "text": said, "usage": tokens}
        frames = [*(event(more) for more in grown), event(done, None, tokens), DONE]
        return Events(frames, None, model)
    if kind == "verbose_json":
        told: Object = {"task": "transcribe", "language": "english", "duration": 1.0, "text": said}
        segment: Object = {"id": 0, "start": 0.0, "end": 1.0, "text": said}
        return Whole(compact({**told, "segments": [segment], "usage": usage}), usage, None, model)
    if kind in ("text", "srt", "vtt"):
        return Whole(_subtitled(said, kind), None, None, model, "text/plain; charset=utf-8")
    return Whole(compact({"text": said, "usage": usage}), usage, None, model)


def translation(exchange: Exchange) -> Body:
    """POST /v1/audio/translations, which tells no usage."""
    model = exchange.answer.model or form(exchange).get("model", "")
    return Whole(compact({"text": exchange.answer.text}), None, None, model)


def token_usage(usage: Usage) -> Object:
    """Usage of audio: input of text and of sound is told apart."""
    return {
        "type": "tokens",
        "input_tokens": usage.input_tokens,
        "input_token_details": {
            "text_tokens": usage.input_tokens - usage.audio_input,
            "audio_tokens": usage.audio_input,
        },
        "output_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }


def _image_frames(exchange: Exchange, kind: str, usage: Object) -> list[Frame]:
    about = {
        "background": "opaque",
        "created_at": exchange.created,
        "output_format": "png",
        "quality": "low",
        "size": "1024x1024",
        "b64_json": PIXEL,
    }
    early = {"type": f"{kind}.partial_image", "partial_image_index": 0, **about}
    done = {"type": f"{kind}.completed", **about, "usage": usage}
    return [event(early, str(early["type"])), event(done, str(done["type"]), usage)]


def _subtitled(said: str, kind: str) -> bytes:
    if kind == "text":
        return f"{said}\n".encode()
    start, comma = ("WEBVTT\n\n", ".") if kind == "vtt" else ("1\n", ",")
    return f"{start}00:00:00{comma}000 --> 00:00:01{comma}000\n{said}\n\n".encode()
