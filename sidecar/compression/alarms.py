"""Which lines sound an alarm: an error, a failure, a refusal, in the words that programs of every kind use.

A line that sounds an alarm is evidence in every form that has no better grammar. Words, not places:
`error:` anywhere in a line counts, `thiserror v2.0` and `0 errors` do not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sidecar.compression.literals import Literals

__all__ = ["alarm_lines", "is_alarm", "is_warning", "warning_lines"]

_SCREAMS = Literals((
    "abort", "cannot ", "can't ", "conflict", "core dumped", "corrupt", "could not ", "couldn't ", "critical", "crash",
    "denied", "emerg", "err!", "err:", "err]", " err ", "err=", 'err":', "erro[", "error", "exception", "fail",
    "fata[", "fatal", " ftl ", "illegal instruction", "killed", "lvl=eror", "no space left", "no such file",
    "not exist", "n't exist", "not found", "not known", "not permitted", "oom", "out of memory", "panic", "refused",
    "rejected", "segfault", "segmentation fault", "severe", "sigabrt", "sigkill", "sigsegv", "timed out", "timeout",
    "traceback", "unable to ", "unauthorized", "undefined reference", "unhandled", "unexpected ", "unreachable",
    "unrecognized", "unresolved", "✗", "✘", "×", "❌",
))  # fmt: skip
"""What a line must contain, in lower case, before the grammar below looks at it."""

_ALARM = re.compile(
    # Of lower case, for which it takes half the time that ignoring case would.
    # A word of alarm by itself: no part of a name (`thiserror`, `error-chain`, `error.rs`, `/errors/`), not none of it.
    r"(?<![\w./-])(?<!\bno )(?<!\b0 )(?<!\bwithout )(?<!\bzero )"
    r"(?:errors?|err|eror|fatal|fail(?:ed|ure|ures|s|ing)?|panic(?:ked|s)?|exceptions?|traceback|critical|crit"
    r"|crash(?:ed|es)?|abort(?:ed|ing)?|emerg(?:ency)?|severe|denied|refused|rejected|unreachable|unauthorized"
    r"|unhandled|unresolved|unrecognized|conflict(?:s|ing)?|corrupt(?:ed|ion)?|killed|oom|oom-killer|segfault"
    r"|timeout(?!\s*[=:]|s\b)|timed out|sig(?:abrt|kill|segv))"
    # ... and not a counter that stands at nothing, nor a name that goes on.
    r"(?![\w-]|\.\w|/\w|[\"']?\s*[=:]\s*(?:0\b(?!\.)|none\b|null\b|nil\b|false\b|<nil>|\"\"|''|\[\]))"
    # A class of errors: `ValueError:`, `java.lang.IllegalStateException`, `ERR_CONNECTION`.
    r"|(?<![\w.])[a-z][\w.]*(?:error|exception|failure)(?=[:\s(\"',)\]]|$)(?<!\bthiserror)|\berr_[a-z]|\berr!"
    # Phrases.
    r"|\b(?:cannot|can't|could not|couldn't|unable to|unexpected)\s|not found\b|not known\b|no such file|not permitted"
    r"|(?:does not|doesn't) exist\b|no space left|out of memory|segmentation fault|core dumped|illegal instruction"
    r"|undefined reference|[✗✘❌]|^\s*×"
    # Levels of a few letters: logrus writes `ERRO[0012]` on a terminal, zerolog `4:36PM FTL`.
    r"|\b(?:erro|fata)\[\d| ftl "
)
_WARNINGS = Literals(("warn", "wrn", "deprecat"))
_WARNED = re.compile(
    r"(?<![\w./-])(?<!\bno )(?<!\b0 )(?:warn(?:ing|ings|ung|ungen)?|wrn|deprecat(?:ed|ion))(?![\w-]|\.\w|/\w)"
)

_SCREAMS_ELSEWHERE = Literals((
    "fehler", "schwerwiegend", "fehlgeschlagen", "abgebrochen", "nicht gefunden", "verweigert", "kann nicht",
    "erreur", "échec", "échoué", "impossible de", "introuvable", "no existe", "falló", "fallido", "no se puede",
    "falha", "falhou", "ошибк", "не удалось", "не найден", "エラー", "失敗", "错误", "錯誤", "失败", "오류", "실패",
))  # fmt: skip
"""What gcc, git, make, shells and programs of one's own say where they are translated."""
_IN_CHARACTERS = "(?:エラー|失敗|错误|錯誤|失败|오류|실패)"
_ALARM_ELSEWHERE = re.compile(
    r"(?<!\b0 )(?<!\bkeine )(?<!\bohne )(?:fehler|schwerwiegend|fehlgeschlagen|abgebrochen)(?![\w-]|: 0\b)"
    r"|nicht gefunden\b|verweigert\b|\bkann nicht\b"
    r"|(?<!\b0 )(?<!\baucune )(?<!\bsans )\b(?:erreurs?|échecs?|échoué|impossible de)(?![\w-]|: 0\b)"
    r"|\b(?:no existe|falló|fallido|no se puede|falha|falhou|introuvable|ошибк[аи]|не удалось|не найден)\b"
    # Where no space parts words: one that heads the line, ends it or is counted.
    rf"|^[\s\[【(]{{0,20}}{_IN_CHARACTERS}(?=[\]】)!\uff01]|\s\D|\s?[:\uff1a]\s?[^\s0])"
    rf"|{_IN_CHARACTERS}(?=[\]】)!\uff01.。]?$|\s?[:\uff1a]\s?[^\s0]|\s?[1-9])"
)
_WARNINGS_ELSEWHERE = Literals(("avertissement", "advertencia", "предупрежд", "警告", "경고"))
_WARNED_ELSEWHERE = re.compile(
    r"(?<!\b0 )\b(?:avertissements?|advertencias?|предупреждени[ея])\b|(?:警告|경고)(?!\s?[:\uff1a]?\s?0\b)"
)


@dataclass(frozen=True, slots=True)
class _Said:
    """What is said in English by a *grammar*, and elsewhere by another, which is asked only of lines with its words.

    One grammar for both took 1.6 times as long over the lines of one, and so did two walks through a text.
    """

    words: Literals
    grammar: re.Pattern[str]
    words_elsewhere: Literals
    grammar_elsewhere: re.Pattern[str]
    all_words: Literals

    def is_in(self, lowered: str) -> bool:
        if _search(self.grammar, lowered, self.words):
            return True
        words = self.words_elsewhere
        return bool(words.places(lowered)) and _search(self.grammar_elsewhere, lowered, words)


def _said(
    words: Literals, grammar: re.Pattern[str], words_elsewhere: Literals, grammar_elsewhere: re.Pattern[str]
) -> _Said:
    every = Literals((*words.literals, *words_elsewhere.literals))
    return _Said(words, grammar, words_elsewhere, grammar_elsewhere, every)


_ALARMS = _said(_SCREAMS, _ALARM, _SCREAMS_ELSEWHERE, _ALARM_ELSEWHERE)
_WARNS = _said(_WARNINGS, _WARNED, _WARNINGS_ELSEWHERE, _WARNED_ELSEWHERE)
_REACH = 2_000
"""A longer line is read only around its words of alarm, in characters: minified lines have millions."""


def is_alarm(line: str) -> bool:
    """Whether *line* says that something went wrong."""
    return _is_said(line, _ALARMS)


def is_warning(line: str) -> bool:
    """Whether *line* warns: of a deprecation too."""
    return _is_said(line, _WARNS)


def alarm_lines(lines: Sequence[str], text: str | None = None) -> list[int]:
    """The indexes of the lines that sound an alarm, in order; *text* is the same lines joined."""
    return _matching(lines, text, _ALARMS)


def warning_lines(lines: Sequence[str], text: str | None = None) -> list[int]:
    """The indexes of the lines that warn, in order."""
    return _matching(lines, text, _WARNS)


def _is_said(line: str, said: _Said) -> bool:
    lowered = _lower(line)
    return bool(said.all_words.places(lowered)) and said.is_in(lowered)


def _matching(lines: Sequence[str], text: str | None, said: _Said) -> list[int]:
    if text is None:
        text = "\n".join(lines)
    candidates = said.all_words.lines(lines, _lower(text))
    return [index for index in candidates if said.is_in(_lower(lines[index]))]


def _lower(text: str) -> str:
    # U+0130 is the only character whose lower case is longer: every offset after it would move.
    return text.replace("\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}", "I").lower()


def _search(grammar: re.Pattern[str], lowered: str, words: Literals) -> bool:
    if len(lowered) <= _REACH:
        return grammar.search(lowered) is not None
    places = [at for word in words.literals if (at := lowered.find(word)) >= 0]
    return any(grammar.search(lowered, max(0, at - 80), at + 200) for at in places)
