"""Azure, Bedrock, Vertex, Ollama and Responses: addresses, keys, and what only they have."""

from __future__ import annotations

import json
import struct
import zlib
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from sidecar.providers.azure import Azure
from sidecar.providers.bedrock import Bedrock
from sidecar.providers.capabilities import capabilities
from sidecar.providers.framing import FrameReader, LineReader, frame
from sidecar.providers.masking import secrets_of
from sidecar.providers.ollama import Ollama
from sidecar.providers.openai_responses import OpenAIResponses
from sidecar.providers.reading import NotTheDialect
from sidecar.providers.vertex import Vertex
from sidecar.providers.vision import image_type, is_other_image
from sidecar.providers.vocabulary import Access, Image, Message, Request, Text, Tool, ToolCall, ToolResult

ASK = Request("m-1", (Message("user", "Why?"),))
AT = datetime(2026, 11, 26, 12, tzinfo=UTC)
BEDROCK = Access("bedrock", "https://bedrock-runtime.eu-central-1.amazonaws.com", key="aws-secret-0123")
CLAUDE = "eu.anthropic.claude-sonnet-4-6-v1:0"


def test_azure_is_called_by_deployment_version_and_its_own_header() -> None:
    access = Access("azure", "https://mine.openai.azure.com", key="azure-0123456789")
    call = Azure().prepare(replace(ASK, model_id="my deployment", limit_tokens=9), access)
    base = "https://mine.openai.azure.com/openai"
    assert call.url == f"{base}/v1/chat/completions"
    assert json.loads(call.body)["model"] == "my deployment"
    assert call.headers["api-key"] == "azure-0123456789"
    assert "authorization" not in call.headers
    assert json.loads(call.body)["max_completion_tokens"] == 9
    dated = Azure().prepare(replace(ASK, model_id="my deployment"), replace(access, api_version="2024-10-21"))
    assert dated.url == f"{base}/deployments/my%20deployment/chat/completions?api-version=2024-10-21"
    assert Azure().prepare(ASK, replace(access, base_url=f"{base}/")).url == f"{base}/v1/chat/completions"


def test_bedrock_is_called_with_a_bearer_token_or_a_signature_that_hides_the_secret() -> None:
    ask = replace(ASK, model_id=CLAUDE)
    bearer = Bedrock().prepare(ask, BEDROCK)
    assert bearer.url == f"{BEDROCK.base_url}/model/eu.anthropic.claude-sonnet-4-6-v1%3A0/converse-stream"
    assert bearer.headers["authorization"] == "Bearer aws-secret-0123"
    pair = replace(BEDROCK, key_id="AKIDEXAMPLE", session_token="session-0123456789")
    signed = Bedrock(now=lambda: AT).prepare(ask, pair)
    assert signed.headers["authorization"].startswith(
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261126/eu-central-1/bedrock/aws4_request, "
        "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, Signature="
    )
    assert signed.headers["x-amz-security-token"] == "session-0123456789"
    assert "aws-secret-0123" not in str(signed.headers)
    assert "session-0123456789" in secrets_of(pair)


def test_bedrock_signs_as_awss_own_library_does() -> None:
    # From botocore 1.44.8 for the same request, keys, region and time.
    from sidecar.providers.sigv4 import Signer

    signer = Signer("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "eu-central-1", "bedrock")
    url = f"{BEDROCK.base_url}/model/eu.anthropic.claude-sonnet-4-6-v1%3A0/converse-stream"
    added = signer.headers("POST", url, {"content-type": "application/json"}, b'{"messages":[]}', at=AT)
    assert added["authorization"].endswith("1b9940c0851d987c29b086fb829fa0f125221aea4ef9d1151b838ffee713ada9")


def test_bedrock_thinks_in_the_words_of_each_vendor() -> None:
    def told(model_id: str) -> Any:
        call = Bedrock().prepare(replace(ASK, model_id=model_id, effort="low"), BEDROCK)
        return json.loads(call.body).get("additionalModelRequestFields")

    assert told(CLAUDE) == {"thinking": {"type": "adaptive"}, "output_config": {"effort": "low"}}
    assert told("amazon.nova-2-lite-v1:0") == {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "low"}}
    assert told("openai.gpt-oss-120b-1:0") == {"reasoning_effort": "low"}
    assert told("meta.llama4-scout") is None


def test_vertex_is_called_under_its_project_with_a_token() -> None:
    base = "https://europe-west4-aiplatform.googleapis.com/v1/projects/p/locations/europe-west4/publishers/google"
    call = Vertex().prepare(replace(ASK, model_id="gemini-3.8-flash"), Access("vertex", base, key="ya29.0123456789"))
    assert call.url == f"{base}/models/gemini-3.8-flash:streamGenerateContent?alt=sse"
    assert call.headers["authorization"] == "Bearer ya29.0123456789"
    assert "x-goog-api-key" not in call.headers


@pytest.mark.parametrize("base_url", ["http://127.0.0.1:11434", "http://127.0.0.1:11434/v1", "http://127.0.0.1:11434/"])
def test_ollama_is_found_under_either_address(base_url: str) -> None:
    call = Ollama().prepare(ASK, Access("ollama", base_url))
    assert call.url == "http://127.0.0.1:11434/api/chat"
    assert json.loads(call.body) == {
        "model": "m-1",
        "messages": [{"role": "user", "content": "Why?"}],
        "stream": True,
    }


def test_ollama_is_given_room_for_a_long_prompt() -> None:
    def room(words: str) -> Any:
        asked = replace(ASK, messages=(Message("user", words),))
        return json.loads(Ollama().prepare(asked, Access("ollama", "http://h")).body).get("options", {}).get("num_ctx")

    assert room("x" * 3_000) is None
    assert room("x" * 30_000) == 16_384
    assert room("x" * 9_000_000) == 131_072


def test_an_image_and_its_words_are_one_message_for_ollama() -> None:
    asked = replace(ASK, messages=(Message("user", (Image("image/png", b"\x89PNG"), Text("What is it?"))),))
    (message,) = json.loads(Ollama().prepare(asked, Access("ollama", "http://h")).body)["messages"]
    assert message == {"role": "user", "content": "What is it?", "images": ["iVBORw=="]}


def test_responses_keep_nothing_and_ask_for_thoughts_only_where_tools_need_them_back() -> None:
    def body(model_id: str, *, tools: tuple[Tool, ...] = ()) -> Any:
        call = OpenAIResponses().prepare(replace(ASK, model_id=model_id, tools=tools), Access("o", "https://h/v1"))
        assert call.url == "https://h/v1/responses"
        return json.loads(call.body)

    assert body("gpt-6-luna")["store"] is False
    assert "include" not in body("gpt-6-luna")
    assert body("gpt-6-luna", tools=(Tool("look"),))["include"] == ["reasoning.encrypted_content"]
    assert "include" not in body("gpt-4.1", tools=(Tool("look"),))


def test_a_picture_a_tool_returned_stands_behind_its_message_in_chat_completions() -> None:
    from sidecar.providers.openai_chat import OpenAIChat

    result = ToolResult("call-1", (Text("Here:"), Image("image/png", b"\x89PNG")))
    turns = (
        Message("user", "Look."),
        Message("assistant", (ToolCall("call-1", "look", {}),)),
        Message("user", (result,)),
    )
    call = OpenAIChat().prepare(replace(ASK, messages=turns), Access("lab", "https://lab.example/v1"))
    tool, picture = json.loads(call.body)["messages"][2:]
    assert [part["type"] for part in tool["content"]] == ["text", "text"]
    assert [part["type"] for part in picture["content"]] == ["text", "image_url"]
    assert picture["content"][0]["text"] == tool["content"][1]["text"]


def test_a_frame_with_a_wrong_sum_is_not_the_dialect() -> None:
    good = frame({":event-type": "messageStart", ":message-type": "event"}, b"{}")
    assert FrameReader().feed(good) == [("messageStart", b"{}")]
    for place in (0, 9, 20, len(good) - 1):
        bad = bytearray(good)
        bad[place] ^= 1
        with pytest.raises(NotTheDialect, match="checksum"):
            FrameReader().feed(bytes(bad))
    reader = FrameReader()
    assert reader.feed(good[:-1]) == []
    with pytest.raises(NotTheDialect, match="half"):
        reader.finish()


def test_headers_that_are_no_texts_are_stepped_over() -> None:
    head = b"\x01a\x00" + b"\x01b\x08" + bytes(8) + b"\x01c\x06\x00\x02hi" + b"\x0b:event-type\x07\x00\x02ok"
    lengths = struct.pack(">II", 16 + len(head), len(head))
    data = lengths + struct.pack(">I", zlib.crc32(lengths)) + head
    assert FrameReader().feed(data + struct.pack(">I", zlib.crc32(data))) == [("ok", b"")]


def test_lines_may_end_without_a_line_break() -> None:
    reader = LineReader()
    assert reader.feed(b'{"a": 1}\n\n{"b"') == [("", b'{"a": 1}')]
    assert reader.feed(b": 2}") == []
    assert reader.finish() == [("", b'{"b": 2}')]


@pytest.mark.parametrize(
    ("model_id", "sees"),
    [
        ("gpt-6-luna", True),
        ("openai/gpt-oss-120b", False),
        ("anthropic/claude-sonnet-5.5", True),
        ("eu.anthropic.claude-sonnet-4-6-v1:0", True),
        ("gemini-3.8-flash", True),
        ("qwen3-vl:8b", True),
        ("qwen3:8b", False),
        ("deepseek-v4-pro", False),
        ("o4-mini", True),
        ("o3-mini", False),
        ("llama3.2-vision:11b", True),
        ("my-model", False),
    ],
)
def test_a_models_name_tells_whether_it_reads_images(model_id: str, sees: bool) -> None:
    def reads(dialect: str, images: bool | None = None) -> bool | None:
        return capabilities(model_id, dialect=dialect, host=None, images=images).vision

    assert reads("openai-chat") is sees
    assert reads("openai-chat", images=not sees) is not sees  # the user knows better
    assert not reads("command", images=True)  # a program is given one text, whatever its user says


def test_an_image_is_known_by_its_first_bytes() -> None:
    assert image_type(b"\x89PNG\r\n\x1a\n...") == "image/png"
    assert image_type(b"RIFF\x00\x00\x00\x00WEBPVP8 ") == "image/webp"
    assert image_type(b"RIFF\x00\x00\x00\x00WAVE") is None
    assert image_type(b"GIF89a") == "image/gif"
    assert is_other_image(b"\x00\x00\x00\x18ftypheic")
    assert not is_other_image(b"BMW is a car")
