"""Which models read images, told by their names: no host's API and no price list says it.

An unknown model counts as one that reads none: sent an image all the same, it would refuse the whole request, and
that ends a call. `images` in a provider's configuration knows better. Sources: the vendors' model pages and
ollama.com/search?c=vision (2026-11).
"""

from __future__ import annotations

import re

__all__ = ["LIMIT_BYTES", "MOST_IMAGES", "image_type", "is_other_image", "seems_to_see"]

LIMIT_BYTES = 3_750_000
MOST_IMAGES = 20
"""What the strictest vendor takes, Amazon Bedrock (API reference, ImageBlock and Message; Anthropic: 5 MB, 100)."""

_SEES = re.compile(
    r"""(?:^|[/.:_-])(?:
      gpt-(?:4o|4\.1|4-turbo|[5-9]|\d\d) | o[13](?:$|-(?!mini)) | o4-mini | chatgpt-4o | computer-use
    | claude | gemini | gemma-?[3-9]
    | grok-(?:[4-9]|2-vision) | pixtral | mistral-(?:small|medium|large) | ministral
    | qwen[\d.]*-?vl | qwen3\.[5-9] | qvq | glm-[\d.]+v | kimi-k(?:2\.[5-9]|[3-9]) | kimi-vl
    | llava | bakllava | moondream | minicpm-v | granite[\d.]*-vision
    | llama-?3\.2-(?:11b|90b|vision) | llama3\.2-vision | llama-?4 | nova-(?:lite|pro|premier|2) | phi-4-multimodal
    | command-a-vision | sonar | internvl | step-\w*v | deepseek-(?:vl|ocr)
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_BLIND = re.compile(r"embed|codestral|whisper|tts|gpt-oss|audio|grok-code|3-5-haiku-20241022", re.IGNORECASE)

_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)


def seems_to_see(model_id: str) -> bool:
    """Whether the name is that of a family which reads images; for models that `capabilities.tsv` does not list."""
    return _SEES.search(model_id) is not None and _BLIND.search(model_id) is None


_OTHERS = (b"II*\0", b"MM\0*", b"8BPS", b"\0\0\1\0", b"\x89JNG", b"\0\0\0\x0cjP  ")
"""TIFF in both byte orders, Photoshop, an icon, JNG, JPEG 2000."""


def is_other_image(data: bytes) -> bool:
    """Whether *data* opens like an image of a kind that models do not read: BMP, TIFF, HEIC, AVIF, an icon ..."""
    is_heif = data[4:8] == b"ftyp" and data[8:12] in (b"heic", b"heix", b"mif1", b"msf1", b"avif", b"avis")
    is_bitmap = data[:2] == b"BM" and data[6:10] == b"\0\0\0\0"
    return is_heif or is_bitmap or data.startswith(_OTHERS)


def image_type(data: bytes) -> str | None:
    """The media type of an image by its first bytes, None for anything else."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for start, kind in _SIGNATURES if data.startswith(start)), None)
