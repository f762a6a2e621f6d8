"""What a project's file may do before its user has said `sidecar trust`, and the memory of who has said it.

A cloned repository brings its own `.sidecar/config.json`. Until it is trusted it may only do what cannot hurt:
arrange models over providers the user already has, shorten times, add limits and denials, narrow the roots.
What could send a key or a prompt to a new place, start a program, or read more is held back, piece by piece,
and the harmless rest applies. Anything not known to be harmless is held back.

Trust is given to one path with one content: any change asks again. Each given trust is a file of its own
in the state directory, so that two processes never rewrite each other's.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from sidecar.config import files
from sidecar.config.complaints import dotted, told
from sidecar.config.words import FOCUS
from sidecar.errors import ConfigurationError, NotTrusted, StateError

__all__ = ["Asked", "HeldBack", "Sifted", "is_trusted", "remember", "sift", "trust", "untrust", "what_it_asks"]

_HARMLESS = ("$schema", "budgets", "compression", "run")
"""Budgets and `run.deny` only ever add to what the layers below say."""

_HARMLESS_OF_A_MODEL = frozenset({"deadline_s", "limits", "objectives", "after_refusal"})
"""What may be said of a model that the user has: anything else could admit an endpoint its user keeps out."""

_TIER_WITHOUT_FILTERS = frozenset({"name", "targets", "order", "effort"})


@dataclass(frozen=True, slots=True)
class HeldBack:
    """One thing an untrusted file asked for and did not get: its dotted path, and why, in a sentence."""

    path: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Sifted:
    values: Mapping[str, Any]
    held_back: tuple[HeldBack, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a file would do once trusted, one line each, and the digest of the content that says so."""

    lines: tuple[str, ...]
    sha256: str


def sift(
    values: Mapping[str, Any],
    *,
    own: Mapping[str, Any],
    known: Collection[str],
    roots: Sequence[Path],
    is_trusted: bool,
) -> Sifted:
    """Keep of a project's *values* (valid, its roots absolute) what may apply; hold the rest back.

    *own* is the user's own file, *known* the names of the providers there are without the project's file,
    *roots* what may be read without it.
    """
    kept: dict[str, Any] = {}
    held: list[HeldBack] = []
    for key, value in values.items():
        if key == "attach":
            held.append(HeldBack(key, "only your own configuration file decides which secret files may be sent"))
        elif key == "compression" and value.get("mask_secrets") is False and not is_trusted:
            kept[key] = {name: said for name, said in value.items() if name != "mask_secrets"}
            held.append(_held(("compression", "mask_secrets"), "would show secrets that are masked elsewhere"))
        elif is_trusted or key in _HARMLESS:
            kept[key] = value
        elif key == "providers":
            held += [_held(("providers", name), *_does(name, said)) for name, said in value.items()]
        elif key == "models":
            kept[key], less = _sifted_models(value, own=own, known=known)
            held += less
        elif key == "roots":
            inside = [root for root in value if any(Path(root).is_relative_to(allowed) for allowed in roots)]
            held += [
                _held(("roots", index), f"would let the verbs read `{_shown(root)}`")
                for index, root in enumerate(value)
                if root not in inside
            ]
            if inside:
                kept[key] = inside
        else:
            held.append(_held((key,), "is not known to be harmless"))
    return Sifted({key: value for key, value in kept.items() if value or key != "models"}, tuple(held))


def is_trusted(path: Path, digest: str, *, state_dir: Path) -> bool:
    """Whether the user trusts the file at *path* with exactly the content whose SHA-256 is *digest*.

    A damaged or unreadable record is no trust.
    """
    try:
        record = json.loads(_record(path, state_dir).read_bytes()[:100_000])
    except (OSError, ValueError):
        return False
    return isinstance(record, dict) and record.get("path") == str(_place(path)) and record.get("sha256") == digest


def what_it_asks(path: Path) -> Asked:
    """What the project's file at *path* would do once trusted, for its user to read before saying so.

    Raises `ConfigurationError` where there is no such file or it is wrong. Text from the file is shown with
    every character that could play tricks on a terminal escaped.
    """
    file = files.read(path)
    if file is None:
        raise ConfigurationError(f"{path}: there is no project file to trust.")
    if file.errors:
        raise ConfigurationError(told(file.errors))
    lines: list[str] = []
    for name, said in file.values.get("providers", {}).items():
        lines += [f"provider `{_shown(name)}` {does}" for does in _does(name, said)]
    for name, said in file.values.get("models", {}).items():
        targets = [target for tier in said.get("tiers", ()) for target in tier["targets"]]
        if targets:
            lines.append(f"model `{_shown(name)}` sends prompts to {_listed(targets)}")
        if members := said.get("members"):
            lines.append(f"model `{_shown(name)}` asks {_listed(members)} at once, each at its price")
    if roots := file.values.get("roots"):
        lines.append(f"lets the verbs read {_listed(roots)}, from `{_shown(str(path.parent.parent))}`")
    if "attach" in file.values:
        lines.append("says which secret files may be sent: ignored, only your own file decides that")
    return Asked(tuple(lines) or ("nothing that needs trust",), file.sha256)


def trust(path: Path, *, state_dir: Path, seen: str | None = None) -> str:
    """Remember that the user trusts the file at *path* as it is now; return the SHA-256 of its content.

    *seen* is the digest of what the user was shown: with another content by now, `NotTrusted` is raised.
    Raises `StateError` where the state directory cannot be written.
    """
    file = files.read(path)
    if file is None:
        raise ConfigurationError(f"{path}: there is no project file to trust.")
    if seen is not None and file.sha256 != seen:
        raise NotTrusted(f"{path}: it changed while you were reading; look at it again with `sidecar trust`.")
    remember(path, file.sha256, state_dir=state_dir)
    return file.sha256


def remember(path: Path, digest: str, *, state_dir: Path) -> None:
    """Remember that the user trusts what is at *path* with exactly the content of *digest*; raises StateError."""
    record = _record(path, state_dir)
    text = json.dumps({"path": str(_place(path)), "sha256": digest}, indent=2) + "\n"
    try:
        record.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _replace(record, text.encode())
    except OSError as failed:
        raise StateError(f"{record.parent}: trust cannot be remembered there: {failed.strerror}.") from failed


def untrust(path: Path, *, state_dir: Path) -> bool:
    """Forget that the user trusts the file at *path*; False where it was not trusted."""
    try:
        _record(path, state_dir).unlink()
    except FileNotFoundError:
        return False
    except OSError as failed:
        raise StateError(f"{state_dir}: trust cannot be taken back there: {failed.strerror}.") from failed
    return True


def _record(path: Path, state_dir: Path) -> Path:
    return state_dir / "trust" / f"{sha256(os.fsencode(_place(path))).hexdigest()[:24]}.json"


def _place(path: Path) -> Path:
    """The file by its project: a `.sidecar` that links to a trusted project's is trusted there, not here."""
    return path.parent.parent.resolve() / path.parent.name / path.name


def _replace(path: Path, data: bytes) -> None:
    from tempfile import NamedTemporaryFile

    with NamedTemporaryFile(dir=path.parent, prefix=".trust-", delete=False) as file:  # 0600 by itself
        temporary = Path(file.name)
        try:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def _sifted_models(
    models: Mapping[str, Any], *, own: Mapping[str, Any], known: Collection[str]
) -> tuple[dict[str, Any], list[HeldBack]]:
    kept: dict[str, Any] = {}
    held: list[HeldBack] = []
    for name, said in models.items():
        is_own = name in own.get("models", {})
        mine = own.get("models", {}).get(name, {}).get("tiers")
        if name == FOCUS and not is_own:
            held.append(_held(("models", name), "would send what commands print to a model whenever a focus is given"))
            continue
        if said.get("kind") == "panel" and not is_own:
            held.append(_held(("models", name), "would ask several models at once, each at its price"))
            continue
        # A model of the user's own keeps to the providers the user gave it: it may be the private one.
        allowed = (
            set(known) if mine is None else {target.partition("/")[0] for tier in mine for target in tier["targets"]}
        )
        tiers, less = _sifted_tiers(name, said.get("tiers", ()), allowed, is_own=mine is not None)
        if said.get("tiers") and any(tier.keys() - _TIER_WITHOUT_FILTERS for tier in mine or ()):
            tiers, less = [], [_held(("models", name, "tiers"), "would drop what your own file asks of these tiers")]
        held += less
        rest = {key: value for key, value in said.items() if key != "tiers"}
        if is_own and rest.get("after_refusal") == "next-tier":
            del rest["after_refusal"]
            held.append(_held(("models", name, "after_refusal"), "would send what one provider refused to another"))
        for key in sorted(rest.keys() - _HARMLESS_OF_A_MODEL) if is_own else ():
            del rest[key]
            held.append(_held(("models", name, key), "would change who may answer a model of your own file"))
        if tiers:
            kept[name] = {**rest, "tiers": tiers}
        elif rest and (is_own or not less):
            kept[name] = rest
    return kept, held


def _sifted_tiers(
    model: str, tiers: Sequence[Mapping[str, Any]], allowed: Collection[str], *, is_own: bool
) -> tuple[list[dict[str, Any]], list[HeldBack]]:
    kept: list[dict[str, Any]] = []
    held: list[HeldBack] = []
    for index, tier in enumerate(tiers):
        targets = [target for target in tier["targets"] if target.partition("/")[0] in allowed]
        why = "which your own file does not give this model" if is_own else "which only this file describes"
        held += [
            _held(
                ("models", model, "tiers", index, "targets", position),
                f"would send prompts to `{_shown(target)}`, {why}",
            )
            for position, target in enumerate(tier["targets"])
            if target not in targets
        ]
        if targets:
            kept.append({**tier, "targets": targets})
    return kept, held


def _does(name: str, said: Mapping[str, Any]) -> list[str]:
    """What the entry of a provider would bring about, as verbs with their objects."""
    does: list[str] = []
    if base_url := said.get("base_url"):
        keys = "" if said.get("accounts") else ", with whatever key you have for it"
        does.append(f"calls `{_shown(base_url)}`{keys}")
    if command := said.get("command"):
        does.append(f"starts the program `{_shown(' '.join(command))}`")
    accounts = said.get("accounts") or ()
    secrets = ("key", "key_id", "session_token")
    if references := [account[name] for account in accounts for name in secrets if account.get(name)]:
        does.append(f"reads keys from {_listed(references)}")
    if headers := said.get("headers"):
        does.append(f"sends the headers {_listed([f'{key}: {value}' for key, value in headers.items()])}")
    if accounts and not references:
        does.append("calls without a key")
    if dialect := said.get("dialect"):
        does.append(f"speaks `{dialect}`")
    does += [f"calls the {key} `{_shown(said[key])}`" for key in ("resource", "region", "project") if said.get(key)]
    own = ("billing", "data_policy", "api_version", "images", "capabilities", "context_tokens", "prices")
    does += [f"sets its own `{key}`" for key in own if said.get(key) not in (None, {})]
    return does or [f"names `{_shown(name)}`"]


def _held(path: Iterable[str | int], *does: str) -> HeldBack:
    return HeldBack(dotted(path), f"{', '.join(does)}; ignored until you say `sidecar trust`")


def _listed(words: Iterable[str]) -> str:
    return ", ".join(f"`{_shown(word)}`" for word in words)


def _shown(text: str) -> str:
    return json.dumps(text)[1:-1].replace("\\\\", "\\").replace('\\"', '"')
