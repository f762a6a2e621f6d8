"""`ask`: a prompt, and what it should read, to another model by its logical name.

prompt + attach ──read once──> Question ──aimed at a model, fitted to the endpoint's window──> router ──> answer, short,
                                   │                                                                   with its receipt
                                   └──aimed at each of several──> panel
"""

from __future__ import annotations

from typing import Any

from sidecar.verbs.answering import Answered, beside, cut_to, reply_document
from sidecar.verbs.questions import aimed, questioned
from sidecar.verbs.rooms import Caller, Rooms

__all__ = ["Answered", "ask", "ask_model"]


async def ask(rooms: Rooms, *, caller: Caller, **request: Any) -> str:
    """The answer, and in the last line its receipt; *request* is what `ask_model` takes."""
    answered = await ask_model(rooms, caller=caller, **request)
    return f"{answered.text}\n{answered.receipt}"


async def ask_model(rooms: Rooms, *, caller: Caller, answer_tokens: int | None = None, **request: Any) -> Answered:
    """Ask a model, or a panel of them, by its logical name; *request* is *model* and what `questioned` takes.

    Raises WrongUsage, ConfigurationError or AskFailed.
    """
    from sidecar.routing.receipt import receipt

    model = request.pop("model", "default")
    question = await questioned(rooms, **request)
    panel = question.switchboard.panel(model)
    if panel is not None:
        from sidecar.verbs.panel import ask_panel

        return await ask_panel(rooms, question, panel, caller=caller, answer_tokens=answer_tokens)
    made = await aimed(rooms, question, model)
    reply = await question.switchboard.answer(made.route, made.ask, caller.progress)
    line = receipt(reply)
    text = await cut_to(rooms, reply.answer.text, beside(caller.bound(answer_tokens), line))
    return Answered(text, line, (reply,), reply_document(reply, line))
