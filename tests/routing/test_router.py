"""The loop that awaits, in pushed time: order, failover, retries, one deadline, probes, waiting, records."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import anyio
import pytest

from sidecar.errors import AskFailed, SecretMissing, StateFull, WrongUsage
from sidecar.providers.vocabulary import Answer, Failure, Limits, Message, Request
from sidecar.routing.book import UNWRITTEN
from sidecar.store.vocabulary import Health, Turn

A, B, C = "alpha/one", "beta/two", "gamma/three"


async def test_the_first_endpoint_that_can_answers(kit: Any, world: Any) -> None:
    world.behaviours = {A: kit.says("yes"), B: kit.says("no")}
    reply = await world.ask(kit.route(A, B))
    assert (reply.answer.text, reply.endpoint.name, reply.tier) == ("yes", A, "A")
    assert [attempt.outcome for attempt in reply.attempts] == ["answered"]
    assert world.calls_to(B) == []


async def test_a_rate_limit_goes_on_to_the_next_tier_at_once(kit: Any, world: Any) -> None:
    world.behaviours = {A: kit.fails(429), B: kit.says("yes")}
    reply = await world.ask(kit.route(A, B))
    assert reply.endpoint.name == B
    assert len(world.calls_to(A)) == 1
    assert [attempt.outcome for attempt in reply.attempts] == ["rate", "answered"]
    assert world.book.healths[f"endpoint:{A}@default"].rest_until - kit.epoch == pytest.approx(1.02)


async def test_a_lone_blip_is_retried_once_on_the_same_endpoint(kit: Any, world: Any) -> None:
    world.behaviours = {A: kit.in_turn(kit.fails(500), kit.says("yes")), B: kit.says("no")}
    reply = await world.ask(kit.route(A, B))
    assert reply.endpoint.name == A
    assert world.calls_to(B) == []


async def test_a_server_that_fails_twice_is_left_for_the_next_tier(kit: Any, world: Any) -> None:
    world.behaviours = {A: kit.fails(503), B: kit.says("yes")}
    reply = await world.ask(kit.route(A, B))
    assert reply.endpoint.name == B
    assert len(world.calls_to(A)) == 2


async def test_a_rejected_request_is_not_sent_to_the_next_tier(kit: Any, world: Any) -> None:
    world.behaviours = {A: kit.fails(400), B: kit.says("yes")}
    with pytest.raises(AskFailed, match="stopped the call") as failed:
        await world.ask(kit.route(A, B))
    assert not failed.value.retryable
    assert world.calls_to(B) == []
    assert world.book.healths == {}


@pytest.mark.parametrize("status", [400, 405, 409, 418, 422, 451])
async def test_the_unknown_and_the_callers_fault_touch_nobodys_health(kit: Any, world: Any, status: int) -> None:
    world.behaviours = {A: kit.fails(status), B: kit.says("yes")}
    with pytest.raises(AskFailed):
        await world.ask(kit.route(A, B))
    assert world.book.healths == {}
    assert world.calls_to(B) == []


async def test_a_stopped_call_gives_its_probe_back(kit: Any, world: Any) -> None:
    key = f"endpoint:{A}@default"
    world.book.healths = {key: Health(rest_until=kit.epoch - 1, reason="rate", probes_needed=1)}
    before = world.book.healths[key]
    world.behaviours = {A: kit.fails(400)}
    with pytest.raises(AskFailed):
        await world.ask(kit.route(A))
    assert world.book.healths[key] == before


async def test_a_spent_account_is_left_alone_by_everybody_until_its_named_reset(kit: Any, world: Any) -> None:
    spent = kit.fails(429, code="insufficient_quota", headers={"retry-after": "3600"})
    world.behaviours = {"alpha/one@work": spent, "alpha/two@work": spent, "alpha/one@own": kit.says("yes")}
    route = kit.route(["alpha/one@work", "alpha/two@work", "alpha/one@own"])
    for _ in range(3):
        reply = await world.ask(route)
        assert reply.endpoint.account == "own"
    restarted = world.another_router()
    await world.ask(route, router=restarted)
    assert len(world.calls_to("alpha/one@work")) == 1
    assert world.calls_to("alpha/two@work") == []
    assert [other.endpoint.name for other in reply.passed_over] == ["alpha/one@work", "alpha/two@work"]
    await anyio.sleep(3601)
    world.behaviours["alpha/one@work"] = kit.says("back")
    assert (await world.ask(route)).answer.text == "back"


async def test_a_key_that_is_refused_skips_the_account_in_the_same_call(kit: Any, world: Any) -> None:
    world.behaviours = {"alpha/one@a": kit.fails(401), "alpha/one@b": kit.says("yes")}
    reply = await world.ask(kit.route(["alpha/one@a", "alpha/two@a", "alpha/one@b"]))
    assert reply.endpoint.account == "b"
    assert len(world.sent) == 2


async def test_a_secret_that_is_missing_is_told_and_the_next_account_asked(kit: Any, world: Any) -> None:
    async def no_key(_request: Request, _limits: Limits) -> Answer:
        raise SecretMissing("`env:ALPHA_KEY` is not set; export it")

    world.behaviours = {A: no_key, B: kit.says("yes")}
    reply = await world.ask(kit.route(A, B))
    assert reply.endpoint.name == B
    assert "ALPHA_KEY" in reply.attempts[0].message
    assert list(world.book.healths) == [f"endpoint:{B}@default"]


async def test_a_provider_out_of_reach_is_skipped_whole_in_the_same_call(kit: Any, world: Any) -> None:
    refused = kit.raises(Failure("refused", "nobody listens on 127.0.0.1:11434"))
    world.behaviours = {"alpha/one": refused, "alpha/two": refused, B: kit.says("yes")}
    reply = await world.ask(kit.route(["alpha/one", "alpha/two"], B))
    assert reply.endpoint.name == B
    assert len(world.sent) == 2


async def test_a_hanging_endpoint_costs_its_own_limit_and_not_the_call(kit: Any, world: Any) -> None:
    world.behaviours = {A: kit.hangs(), B: kit.says("yes")}
    reply = await world.ask(kit.route(A, B, limits=Limits(first_token_s=2.0), deadline_s=60))
    assert reply.endpoint.name == B
    assert reply.took_s == pytest.approx(2.02)


async def test_every_hang_together_keeps_to_one_deadline(kit: Any, world: Any) -> None:
    async def deaf(_request: Request, _limits: Limits) -> Answer:
        await anyio.sleep_forever()
        raise AssertionError

    world.behaviours = {A: deaf, B: deaf, C: deaf}
    began = anyio.current_time()
    with pytest.raises(AskFailed):
        await world.ask(kit.route(A, B, C, deadline_s=10))
    assert anyio.current_time() - began <= 10.01
    assert [len(world.calls_to(name)) for name in (A, B, C)] == [1, 1, 1]
    assert world.cancelled == [A, B, C]


async def test_an_attempt_leaves_time_for_the_tiers_after_it(kit: Any, world: Any) -> None:
    async def deaf(_request: Request, _limits: Limits) -> Answer:
        await anyio.sleep_forever()
        raise AssertionError

    world.behaviours = {A: deaf, B: kit.says("yes", after_s=1.5)}
    reply = await world.ask(kit.route(A, B, deadline_s=10))
    assert reply.endpoint.name == B
    assert reply.attempts[0].outcome in {"hang", "slow"}


async def test_a_short_deadline_is_not_held_against_an_endpoint(kit: Any, world: Any) -> None:
    world.behaviours = {A: kit.says("late", after_s=3)}
    for _ in range(6):
        with pytest.raises(AskFailed):
            await world.ask(kit.route(A, deadline_s=1))
    assert world.book.healths == {}


async def test_when_everything_rests_a_reset_inside_the_deadline_is_waited_for(kit: Any, world: Any) -> None:
    limited = kit.fails(429, headers={"retry-after": "12"})
    world.behaviours = {A: kit.until(12, limited, kit.says("yes"))}
    reply = await world.ask(kit.route(A, deadline_s=60))
    assert reply.took_s == pytest.approx(12.06, abs=0.1)
    assert len(world.calls_to(A)) == 2
    assert any("waiting 12 s for alpha/one" in text for text in world.progress)


async def test_when_everything_rests_for_longer_the_call_fails_at_once(kit: Any, world: Any) -> None:
    world.behaviours = {A: kit.fails(429, headers={"retry-after": "500"})}
    with pytest.raises(AskFailed) as failed:
        await world.ask(kit.route(A, deadline_s=60))
    assert anyio.current_time() < 1
    assert failed.value.retryable
    assert failed.value.retry_after_s == pytest.approx(500, abs=0.1)
    with pytest.raises(AskFailed, match="every endpoint of model `smart` rests") as failed:
        await world.ask(kit.route(A, deadline_s=60))
    assert len(world.calls_to(A)) == 1
    assert "passed over alpha/one" in str(failed.value)


async def test_no_call_is_lost_while_an_endpoint_comes_back_within_the_deadline(kit: Any, world: Any) -> None:
    refused = kit.raises(Failure("refused", "nobody listens"))
    world.behaviours = {A: kit.until(20, refused, kit.says("yes")), B: kit.until(30, kit.fails(500), kit.says("no"))}
    reply = await world.ask(kit.route(A, B, deadline_s=120))
    assert reply.took_s < 40
    assert len(world.sent) < 20


async def test_half_open_is_one_probe_and_everyone_else_falls_through(kit: Any, world: Any) -> None:
    world.book.healths = {f"endpoint:{A}@default": Health(rest_until=kit.epoch - 1, reason="rate", probes_needed=1)}
    world.behaviours = {A: kit.says("a", after_s=1), B: kit.says("b", after_s=1)}
    answers: list[str] = []

    async def one() -> None:
        answers.append((await world.ask(kit.route(A, B))).answer.text)

    async with anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(one)
    assert sorted(answers) == ["a", "b", "b", "b", "b"]
    assert (await world.ask(kit.route(A, B))).answer.text == "a"


async def test_a_cancelled_call_cancels_upstream_and_gives_its_probe_back(kit: Any, world: Any) -> None:
    key = f"endpoint:{A}@default"
    world.book.healths = {key: Health(rest_until=kit.epoch - 1, reason="rate", probes_needed=1)}
    world.behaviours = {A: kit.says("late", after_s=50)}
    with anyio.move_on_after(1):
        await world.ask(kit.route(A))
    assert world.cancelled == [A]
    assert world.book.healths[key].probe_until == 0
    [call] = world.book.calls
    assert (call.answered_by, [attempt.outcome for attempt in call.attempts]) == (None, ["cancelled"])


async def test_the_call_is_on_disk_with_its_turns_before_the_reply(kit: Any, world: Any) -> None:
    world.behaviours = {A: kit.fails(429), B: kit.says("because")}
    world.prices = {B: 0.0007}
    ask = kit.question(thread="t", turns=(Turn("user", "why?"),))
    reply = await world.ask(kit.route(A, B), ask)
    (call,) = world.book.calls
    assert call.answered_by == f"{B}@default"
    assert [(line.outcome, line.cost_usd) for line in call.attempts] == [("rate", None), ("answered", 0.0007)]
    assert (call.attempts[1].input_tokens, call.attempts[1].cached_tokens, call.attempts[1].output_tokens) == (
        1204,
        900,
        88,
    )
    assert world.book.turns == [("t", (Turn("user", "why?"), Turn("assistant", "because", f"{B}@default")))]
    assert reply.cost_usd == 0.0007


async def test_the_ledger_has_the_time_to_the_first_text_and_what_went_into_the_cache(kit: Any, world: Any) -> None:
    async def fit(_window: int | None, _share: float) -> tuple[Message, ...]:
        await anyio.sleep(3)  # compressing what is attached is not the endpoint's time
        return (Message("user", "why?"),)

    world.behaviours = {A: world.streams(A, "yes", first_s=0.4, after_s=2.0)}
    await world.ask(kit.route(A), kit.question(fit=fit))
    world.behaviours = {A: kit.fails(429)}
    with pytest.raises(AskFailed):
        await world.ask(kit.route(A, deadline_s=0.5))
    answered, refused = (call.attempts[0] for call in world.book.calls)
    assert answered.first_token_s == pytest.approx(0.4)
    assert (answered.cached_tokens, answered.cache_write_tokens) == (900, 200)
    assert refused.first_token_s is None


async def test_a_failed_call_is_in_the_ledger_too(kit: Any, world: Any) -> None:
    world.behaviours = {A: kit.fails(400)}
    with pytest.raises(AskFailed):
        await world.ask(kit.route(A), kit.question(thread="t"))
    (call,) = world.book.calls
    assert (call.answered_by, call.attempts[0].outcome) == (None, "caller")
    assert world.book.turns == []


async def test_a_broken_state_does_not_lose_the_answer(kit: Any, world: Any) -> None:
    world.book.broken = StateFull("the disk is full; free some space")
    world.behaviours = {A: kit.fails(429, headers={"retry-after": "60"}), B: kit.says("yes")}
    reply = await world.ask(kit.route(A, B))
    assert reply.answer.text == "yes"
    assert reply.notes == (f"{UNWRITTEN}: the disk is full; free some space",)
    await world.ask(kit.route(A, B))
    assert len(world.calls_to(A)) == 1, "this process still remembers for itself"


async def test_a_refusal_is_returned_unless_the_route_asks_others(kit: Any, world: Any) -> None:
    world.behaviours = {A: kit.says("I cannot", finish="refused"), B: kit.says("yes")}
    reply = await world.ask(kit.route(A, B))
    assert (reply.answer.text, reply.answer.finish) == ("I cannot", "refused")
    reply = await world.ask(kit.route(A, B, allow_after_refusal=True))
    assert reply.answer.text == "yes"
    assert [attempt.outcome for attempt in reply.attempts] == ["policy", "answered"]


async def test_a_refusal_comes_back_when_nobody_else_answers(kit: Any, world: Any) -> None:
    world.behaviours = {A: kit.says("I cannot", finish="refused"), B: kit.fails(401)}
    reply = await world.ask(kit.route(A, B, allow_after_refusal=True))
    assert reply.answer.text == "I cannot"
    assert len(reply.attempts) == 2
    assert world.book.calls[-1].answered_by == f"{A}@default"


async def test_a_prompt_too_long_goes_to_larger_windows_only(kit: Any, world: Any) -> None:
    too_long = kit.fails(400, code="context_length_exceeded")
    world.windows = {A: 8_000, B: 8_000, C: 200_000}
    world.behaviours = {A: too_long, B: kit.says("no"), C: kit.says("yes")}
    reply = await world.ask(kit.route([A, B], C))
    assert reply.endpoint.name == C
    assert world.calls_to(B) == []
    assert [other.reason for other in reply.passed_over] == ["its window of 8,000 tokens is not larger"]
    assert list(world.book.healths) == [f"endpoint:{C}@default"]


async def test_a_prompt_too_long_for_all_says_so(kit: Any, world: Any) -> None:
    world.windows = {A: 8_000, B: 8_000}
    world.behaviours = {A: kit.fails(413)}
    with pytest.raises(AskFailed, match="shorten the prompt") as failed:
        await world.ask(kit.route(A, B))
    assert not failed.value.retryable


SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}


async def test_json_that_does_not_validate_is_corrected_once_on_the_same_endpoint(kit: Any, world: Any) -> None:
    world.behaviours = {A: kit.in_turn(kit.says('{"n": "x"}'), kit.says('```json\n{"n": 3}\n```'))}
    reply = await world.ask(kit.route(A, B), kit.question(schema=SCHEMA))
    assert reply.answer.text == '{"n": 3}'
    assert [attempt.outcome for attempt in reply.attempts] == ["invalid", "answered"]
    first, second = (request for _, _, request, _ in world.sent)
    assert second.messages[: len(first.messages)] == first.messages
    assert "'x' is not of type 'integer'" in second.messages[-1].text


async def test_json_that_stays_invalid_goes_on_to_the_next_endpoint(kit: Any, world: Any) -> None:
    world.behaviours = {A: kit.says("sure!"), B: kit.says('{"n": 1}')}
    reply = await world.ask(kit.route(A, B), kit.question(schema=SCHEMA))
    assert reply.endpoint.name == B
    assert len(world.calls_to(A)) == 2
    assert f"endpoint:{A}@default" not in world.book.healths, "a wrong answer is no illness"
    with pytest.raises(AskFailed, match="does not validate"):
        await world.ask(kit.route(A), kit.question(schema=SCHEMA))


async def test_a_schema_that_is_none_is_the_callers_to_correct(kit: Any, world: Any) -> None:
    with pytest.raises(WrongUsage, match="not a JSON Schema"):
        await world.ask(kit.route(A), kit.question(schema={"type": "nonsense"}))
    assert world.sent == []


async def fit(window: int | None, share: float) -> tuple[Message, ...]:
    """As many words as fit."""
    return (Message("user", f"{share * (window or 32_000):.0f} tokens"),)


def sent(world: Any) -> list[str]:
    return [f"{name}: {request.messages[0].text}" for _, name, request, _ in world.sent]


async def test_messages_are_fitted_to_the_endpoint_that_is_asked(kit: Any, world: Any) -> None:
    world.windows = {A: 8_000}
    world.behaviours = {A: kit.fails(429), B: kit.says("yes")}
    await world.ask(kit.route(A, B), kit.question(fit=fit))
    assert sent(world) == [f"{A}: 8000 tokens", f"{B}: 32000 tokens"]


TOO_LONG = "This model's maximum context length is 8000 tokens. However, your messages resulted in 10000 tokens."


async def test_what_is_attached_is_compressed_once_more_before_a_larger_window_is_asked(kit: Any, world: Any) -> None:
    world.windows = {B: 8_000, C: 200_000}
    too_long = kit.fails(400, code="context_length_exceeded", text=TOO_LONG)
    world.behaviours = {A: kit.in_turn(too_long, kit.says("yes")), C: kit.says("yes")}
    reply = await world.ask(kit.route(A, B, C), kit.question(fit=fit))
    assert reply.endpoint.name == A
    assert sent(world) == [f"{A}: 32000 tokens", f"{A}: 23040 tokens"], "cut to 0.9 of 8,000 of its own tokens"
    await world.ask(kit.route(A), kit.question(fit=fit))
    assert sent(world)[2:] == [f"{A}: 8000 tokens"], "and what it said of its window is remembered"


async def test_what_stays_too_long_goes_on_to_larger_windows(kit: Any, world: Any) -> None:
    world.windows = {B: 8_000, C: 200_000}
    world.behaviours = {A: kit.fails(400, code="context_length_exceeded", text=TOO_LONG), C: kit.says("yes")}
    reply = await world.ask(kit.route(A, B, C), kit.question(fit=fit))
    assert [attempt.endpoint.name for attempt in reply.attempts] == [A, A, C]
    assert [other.reason for other in reply.passed_over] == ["its window of 8,000 tokens is not larger"]


async def test_what_cannot_be_made_shorter_is_not_sent_again(kit: Any, world: Any) -> None:
    async def rigid(_window: int | None, _share: float) -> tuple[Message, ...]:
        return (Message("user", "an image"),)

    world.behaviours = {A: kit.fails(413), B: kit.says("yes")}
    reply = await world.ask(kit.route(A, B), kit.question(fit=rigid))
    assert [attempt.endpoint.name for attempt in reply.attempts] == [A, B]


async def test_what_is_excluded_is_never_asked_even_when_all_else_fails(kit: Any, world: Any) -> None:
    world.behaviours = {A: kit.says("no"), B: kit.fails(401)}
    route = replace(kit.route(A, B), excluded={f"{A}@default": "its provider may train on prompts"})
    with pytest.raises(AskFailed) as failed:
        await world.ask(route)
    assert world.calls_to(A) == []
    assert "its provider may train on prompts" in str(failed.value)
    with pytest.raises(AskFailed, match="may be asked: its provider may train on prompts"):
        await world.ask(replace(kit.route(A), excluded=route.excluded))


async def test_a_model_without_endpoints_says_what_to_set(kit: Any, world: Any) -> None:
    with pytest.raises(AskFailed, match="set a provider's key"):
        await world.ask(kit.route())


async def test_what_was_billed_and_came_to_nothing_is_not_bought_again_and_again(kit: Any, world: Any) -> None:
    world.behaviours = {A: kit.raises(Failure("empty", "the reply has no text", status=200))}
    with pytest.raises(AskFailed, match="empty reply"):
        await world.ask(kit.route(A, deadline_s=600))
    assert len(world.calls_to(A)) == 2


async def test_progress_tells_of_a_long_answer(kit: Any, world: Any) -> None:
    async def slowly(_request: Request, _limits: Limits) -> Answer:
        await anyio.sleep(2)
        return Answer("x" * 2000)

    world.behaviours = {A: slowly}
    await world.ask(kit.route(A))
    assert world.progress == ["alpha/one: 2,000 characters so far"]


async def test_an_answer_is_recorded_even_when_the_call_is_cancelled_while_writing(kit: Any, world: Any) -> None:
    written = world.book.record_call

    async def slowly(*arguments: Any, **more: Any) -> None:
        await anyio.sleep(3)
        await written(*arguments, **more)

    world.book.record_call = slowly
    world.behaviours = {A: kit.says("yes")}
    with anyio.move_on_after(1):
        await world.ask(kit.route(A))
    assert [call.answered_by for call in world.book.calls] == [f"{A}@default"]


async def test_an_answer_at_the_last_moment_is_not_lost_to_the_deadline(kit: Any, world: Any) -> None:
    written = world.book.record_call

    async def slowly(*arguments: Any, **more: Any) -> None:
        await anyio.sleep(3)
        await written(*arguments, **more)

    world.book.record_call = slowly
    world.behaviours = {A: kit.says("yes", after_s=9.9)}
    assert (await world.ask(kit.route(A, deadline_s=10))).answer.text == "yes"


async def test_only_a_few_calls_may_retry_at_the_same_time(kit: Any, world: Any) -> None:
    names = [f"provider{n}/one" for n in range(20)]
    world.behaviours = {name: kit.in_turn(kit.fails(500), kit.says("yes")) for name in names}
    took: list[float] = []

    async def one(name: str) -> None:
        took.append((await world.ask(kit.route(name))).took_s)

    async with anyio.create_task_group() as group:
        for name in names:
            group.start_soon(one, name)
    retried_at_once = 0.02 + 0.025 + 0.02
    assert len(took) == 20, "the others come back after a pause"
    assert sum(value <= retried_at_once + 0.001 for value in took) <= 3


async def test_a_crowd_at_a_broken_endpoint_goes_on_and_nobody_is_lost(kit: Any, world: Any) -> None:
    world.behaviours = {A: kit.fails(500), B: kit.says("yes")}
    texts: list[str] = []

    async def one() -> None:
        texts.append((await world.ask(kit.route(A, B))).answer.text)

    async with anyio.create_task_group() as group:
        for _ in range(200):
            group.start_soon(one)
    assert texts == ["yes"] * 200
    assert len(world.calls_to(A)) <= 220


async def test_what_another_process_learnt_during_a_long_attempt_is_obeyed(kit: Any, world: Any) -> None:
    async def meanwhile(_request: Request, limits: Limits) -> Answer:
        world.book.healths[f"account:{B.partition('/')[0]}@default"] = Health(
            rest_until=kit.epoch + 3600, reason="quota", is_named=True, probes_needed=1
        )
        answer: Answer = await kit.hangs()(_request, limits)
        return answer

    world.behaviours = {A: meanwhile, B: kit.says("no"), C: kit.says("yes")}
    reply = await world.ask(kit.route(A, B, C))
    assert reply.endpoint.name == C
    assert world.calls_to(B) == []


async def test_a_lone_endpoint_is_asked_again_after_each_rest_until_the_deadline(kit: Any, world: Any) -> None:
    world.behaviours = {A: kit.fails(429)}
    began = anyio.current_time()
    with pytest.raises(AskFailed):
        await world.ask(kit.route(A, deadline_s=10))
    assert anyio.current_time() - began <= 10
    assert 4 <= len(world.calls_to(A)) <= 5


async def test_secrets_of_a_request_are_in_no_record(kit: Any, world: Any) -> None:
    failure = Failure("status", "no", status=401, headers={"authorization": "sk-secret"}, text="sk-secret")
    world.behaviours = {A: kit.raises(failure)}
    with pytest.raises(AskFailed) as failed:
        await world.ask(kit.route(A))
    assert "sk-secret" not in f"{failed.value!r} {failed.value} {world.book.calls} {world.book.healths}"


async def test_a_second_entry_for_the_same_host_is_judged_as_that_host(kit: Any, world: Any) -> None:
    # By its status alone a 402 is money, and its account would rest for a quarter of an hour.
    body = {"error": {"code": 402, "message": "busy", "metadata": {"error_type": "in_flight_budget_exhausted"}}}
    second = replace(kit.endpoint("second/m"), host="openrouter")
    world.behaviours = {second.name: kit.fails(402, body=body, headers={"retry-after": "3"}), B: kit.says("yes")}
    route = kit.route(B)
    tier = replace(route.tiers[0], endpoints=(second, *route.tiers[0].endpoints))
    reply = await world.ask(replace(route, tiers=(tier,)))
    assert (reply.endpoint.name, reply.attempts[0].outcome) == (B, "rate")
