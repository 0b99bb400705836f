from __future__ import annotations

import pytest

from support.model_server import Usage, html, text
from support.openai_clients import OPENAI
from support.shapes import ANSWER, PROMPT, Case, Run, expected_of, rows, spans_of

SOUND = ("speech.mp3", b"ID3")
PICTURE = ("picture.png", b"PNG")


def draw(run: Run) -> None:
    run.call("images.generate", model="gpt-image-1", prompt=PROMPT, n=2)


def draw_stream(run: Run) -> None:
    run.caller.drain(run.call("images.generate", model="gpt-image-1", prompt=PROMPT, stream=True))


def edit(run: Run) -> None:
    run.call("images.edit", model="gpt-image-1", image=PICTURE, prompt=PROMPT)


def speak(run: Run) -> None:
    run.call("audio.speech.create", model="gpt-4o-mini-tts", voice="alloy", input=PROMPT)


def speak_to_file(run: Run) -> None:
    speech = run.method("audio.speech.with_streaming_response.create")
    manager = speech(model="gpt-4o-mini-tts", voice="alloy", input=PROMPT)
    run.caller.inside(manager, lambda found: run.caller.drain(found.iter_bytes()))


def speak_in_events(run: Run) -> None:
    speech = run.method("audio.speech.with_streaming_response.create")
    events = {"stream_format": "sse"}
    manager = speech(model="gpt-4o-mini-tts", voice="alloy", input=PROMPT, extra_body=events)
    run.caller.inside(manager, lambda found: run.caller.drain(found.iter_lines()))


def transcribe(run: Run) -> None:
    run.call("audio.transcriptions.create", model="gpt-4o-transcribe", file=SOUND)


def transcribe_text(run: Run) -> None:
    run.call("audio.transcriptions.create", model="whisper-1", file=SOUND, response_format="text")


def transcribe_raw(run: Run) -> None:
    create = "audio.transcriptions.with_raw_response.create"
    run.call(create, model="whisper-1", file=SOUND, response_format="text")


def transcribe_stream(run: Run) -> None:
    transcribe = "audio.transcriptions.create"
    run.caller.drain(run.call(transcribe, model="gpt-4o-transcribe", file=SOUND, stream=True))


def translate(run: Run) -> None:
    run.call("audio.translations.create", model="whisper-1", file=SOUND, temperature=0.5)


SAID = (text(ANSWER),)
HEARD = (text(ANSWER, usage=Usage(20, 9, audio_input=15)),)
DRAWN = (text("", usage=Usage(20, 900, image_input=12, image_output=900)),)
IMAGES_GENERATE = """
    image_generation gpt-image-1 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed
        provider.organization=agentel-tests provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 usage.source=provider
      gen_ai: operation.name=image_generation output.type=image provider.name=openai
        request.choice.count=2 request.model=gpt-image-1 usage.image.input_tokens=12
        usage.image.output_tokens=900 usage.input_tokens=20 usage.output_tokens=900
        usage.text.input_tokens=8 usage.text.output_tokens=0
      server: address=127.0.0.1 port=PORT
"""
IMAGES_STREAM = """
    image_generation gpt-image-1 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed
        provider.organization=agentel-tests provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 stream.chunk_count=2
        usage.source=provider
      gen_ai: operation.name=image_generation output.type=image provider.name=openai
        request.model=gpt-image-1 request.stream=true response.time_to_first_chunk=TIME
        usage.image.input_tokens=12 usage.image.output_tokens=900 usage.input_tokens=20
        usage.output_tokens=900 usage.text.input_tokens=8 usage.text.output_tokens=0
      server: address=127.0.0.1 port=PORT
"""
IMAGES_EDIT = """
    image_generation gpt-image-1 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed
        provider.organization=agentel-tests provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 usage.source=provider
      gen_ai: operation.name=image_generation output.type=image provider.name=openai
        request.model=gpt-image-1 usage.image.input_tokens=12
        usage.image.output_tokens=900 usage.input_tokens=20 usage.output_tokens=900
        usage.text.input_tokens=8 usage.text.output_tokens=0
      server: address=127.0.0.1 port=PORT
"""
AUDIO_SPEECH = """
    speech_generation gpt-4o-mini-tts [client]
      agentel: input.message_count=1 input.size=31 outcome=completed
        provider.organization=agentel-tests provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 usage.source=absent
      gen_ai: operation.name=speech_generation output.type=speech provider.name=openai
        request.model=gpt-4o-mini-tts
      server: address=127.0.0.1 port=PORT
"""
AUDIO_SPEECH_STREAMED = """
    speech_generation gpt-4o-mini-tts [client]
      agentel: input.message_count=1 input.size=31 outcome=completed
        provider.organization=agentel-tests provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 usage.source=absent
      gen_ai: operation.name=speech_generation output.type=speech provider.name=openai
        request.model=gpt-4o-mini-tts
      server: address=127.0.0.1 port=PORT
"""
AUDIO_SPEECH_EVENTS = """
    speech_generation gpt-4o-mini-tts [client]
      agentel: input.message_count=1 input.size=31 outcome=completed
        provider.organization=agentel-tests provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 stream.chunk_count=3
        usage.source=provider
      gen_ai: operation.name=speech_generation output.type=speech provider.name=openai
        request.model=gpt-4o-mini-tts response.time_to_first_chunk=TIME
        usage.audio.input_tokens=0 usage.input_tokens=12 usage.output_tokens=7
        usage.text.input_tokens=12
      server: address=127.0.0.1 port=PORT
"""
AUDIO_SPEECH_PAGE = """
    speech_generation gpt-4o-mini-tts [client] ERROR
      agentel: error.category=html_error error.confidence=1.0 error.fingerprint=PRINT
        error.retryable=true input.message_count=1 input.size=31 outcome=error
        provider.organization=agentel-tests provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 usage.source=absent
      error: type=html_error
      gen_ai: operation.name=speech_generation output.type=speech provider.name=openai
        request.model=gpt-4o-mini-tts
      http: response.status_code=200
      server: address=127.0.0.1 port=PORT
"""
AUDIO_TRANSCRIPTION = """
    transcription gpt-4o-transcribe [client]
      agentel: outcome=completed output.size=26 provider.organization=agentel-tests
        provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 usage.source=provider
      gen_ai: operation.name=transcription output.type=text provider.name=openai
        request.model=gpt-4o-transcribe usage.audio.input_tokens=15
        usage.input_tokens=20 usage.output_tokens=9 usage.text.input_tokens=5
      server: address=127.0.0.1 port=PORT
"""
AUDIO_TRANSCRIPTION_TEXT = """
    transcription whisper-1 [client]
      agentel: outcome=completed output.size=27 provider.organization=agentel-tests
        provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 usage.source=absent
      gen_ai: operation.name=transcription output.type=text provider.name=openai
        request.model=whisper-1
      server: address=127.0.0.1 port=PORT
"""
AUDIO_TRANSCRIPTION_STREAM = """
    transcription gpt-4o-transcribe [client]
      agentel: outcome=completed output.size=26 provider.organization=agentel-tests
        provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 stream.chunk_count=6
        usage.source=provider
      gen_ai: operation.name=transcription output.type=text provider.name=openai
        request.model=gpt-4o-transcribe request.stream=true
        response.time_to_first_chunk=TIME usage.audio.input_tokens=15
        usage.input_tokens=20 usage.output_tokens=9 usage.text.input_tokens=5
      server: address=127.0.0.1 port=PORT
"""
AUDIO_TRANSLATION = """
    translation whisper-1 [client]
      agentel: outcome=completed output.size=26 provider.organization=agentel-tests
        provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 usage.source=absent
      gen_ai: operation.name=translation output.type=text provider.name=openai
        request.model=whisper-1 request.temperature=0.5
      server: address=127.0.0.1 port=PORT
"""
MEDIA = [
    Case("images", "generate", draw, IMAGES_GENERATE, DRAWN),
    Case("images", "stream", draw_stream, IMAGES_STREAM, DRAWN, needs="responses.stream"),
    Case("images", "edit", edit, IMAGES_EDIT, DRAWN),
    Case("audio", "speech", speak, AUDIO_SPEECH, is_read=False),
    Case("audio", "speech-streamed", speak_to_file, AUDIO_SPEECH_STREAMED, is_read=False),
    Case("audio", "speech-events", speak_in_events, AUDIO_SPEECH_EVENTS, SAID),
    Case("audio", "speech-page", speak, AUDIO_SPEECH_PAGE, (html(),)),
    Case("audio", "transcription", transcribe, AUDIO_TRANSCRIPTION, HEARD),
    Case("audio", "transcription-text", transcribe_text, AUDIO_TRANSCRIPTION_TEXT, SAID),
    Case("audio", "transcription-raw", transcribe_raw, AUDIO_TRANSCRIPTION_TEXT, SAID),
    Case(
        "audio",
        "transcription-stream",
        transcribe_stream,
        AUDIO_TRANSCRIPTION_STREAM,
        HEARD,
        needs="responses.stream",
    ),
    Case("audio", "translation", translate, AUDIO_TRANSLATION, SAID),
]


@pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")  # of translations
@pytest.mark.parametrize(("case", "mode"), rows(OPENAI, MEDIA))
def test_call_for_images_and_sound_is_recorded_once_and_whole(case: Case, mode: str) -> None:
    assert spans_of(OPENAI, case, mode) == expected_of(case)
