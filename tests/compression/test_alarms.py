import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.compression.alarms import alarm_lines, is_alarm, is_warning, warning_lines

LOUD = (
    "error: mismatched types",
    "error[E0308]: mismatched types",
    "make: *** [all] Error 2",
    "ValueError: amount 101873 is over the limit",
    "java.lang.IllegalStateException: cannot price order 7",
    'Exception in thread "main" java.lang.Error',
    "panic: assignment to entry in nil map",
    "bash: foo: command not found",
    "Permission denied (publickey).",
    "E: Unable to locate package shopping-basket",
    "npm ERR! code E404",
    'level=info err="dial tcp: connection refused"',
    "3 failed, 97 passed",
    "Segmentation fault (core dumped)",
    "ping: shop.invalid: Name or service not known",
    "tar: Unexpected EOF in archive",
    "FEHLER: Datensatz 044 konnte nicht verbucht werden",
    "tee.c:3:5: Fehler: »x« nicht deklariert",
    "bash: tee: Befehl nicht gefunden",
    "Schwerwiegend: Kein Git-Repository",
    "make: *** [Makefile:3: alle] Fehler 2",
    "3 Schreibfehler, 2 Lesefehler",
    "tee.c:3:5: erreur : « x » non déclaré",
    "cp: impossible de lire 'a'",
    "cat: nope: No existe el fichero o el directorio",
    "ошибка: нет такого файла",
    "エラー: ケース 14: 期待値 26 に対して 25 が返されました",
    "ケース 14 の引き当て ... 失敗",
    "合計 48 件、成功 46 件、失敗 2 件",
    "[错误] 无法连接到数据库",
    "构建失败",
    "오류: 파일을 열 수 없습니다",
)
QUIET = (
    "   Compiling thiserror v2.0.3",
    "Get:1 http://deb.debian.org/debian bookworm/main amd64 libgpg-error0",
    "0 errors",
    "no errors found",
    "97 passed, 0 failed",
    "failures: 0",
    '{"msg": "done", "error": null}',
    "src/errors/mod.rs",
    "error_count=3 of 9 names",
    "GET /cart 200",
    "timeout=30",
    "keine Fehler",
    "0 Fehler, 0 Warnungen",
    "Fehler: 0",
    "Fehlertoleranz 3 mm",
    "aucune erreur",
    "合計 48 件、成功 48 件、失敗 0 件",
    "エラー: 0",
    "错误处理是本章的主题",
)


@pytest.mark.parametrize("line", LOUD)
def test_a_line_that_says_something_went_wrong_is_an_alarm(line: str) -> None:
    assert is_alarm(line)


@pytest.mark.parametrize("line", QUIET)
def test_names_and_counters_at_zero_are_no_alarm(line: str) -> None:
    assert not is_alarm(line)


def test_warnings_are_told_from_alarms() -> None:
    assert is_warning("npm warn deprecated request@2.88.2")
    assert is_warning("Warnung: 7 Datensätze ohne Steuerschlüssel")
    assert is_warning("警告: 在庫が不足しています")
    assert not is_warning("0 warnings")
    assert not is_warning("警告 0")
    assert not is_alarm("warning: unused variable")


@given(st.lists(st.sampled_from([*LOUD, *QUIET, "", "İİ ßerror: x", "warning: y", "\u2028error:"]), max_size=40))
def test_all_lines_at_once_and_one_by_one_agree(lines: list[str]) -> None:
    assert alarm_lines(lines) == [index for index, line in enumerate(lines) if is_alarm(line)]
    assert warning_lines(lines) == [index for index, line in enumerate(lines) if is_warning(line)]


def test_an_alarm_far_into_a_minified_line_is_heard() -> None:
    assert is_alarm("x" * 500_000 + " error: unexpected token " + "y" * 500_000)
