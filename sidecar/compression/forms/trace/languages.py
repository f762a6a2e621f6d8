"""How each language writes one frame of a stack, and whose code it is.

  File "/shop/cart.py", line 12, in total       Python      at Cart.total (/shop/cart.js:12:3)     Node
    return 1 / count                                        at shop.Cart.total(Cart.java:12)       JVM
           ~~^~~~~~~                                        at Shop.Cart.Total () in C.cs:line 12  .NET
main.total(0x0)                                 Go          from cart.rb:12:in `total'             Ruby
    /shop/cart.go:12 +0x1d                                  main::total(0) called at c.pl line 12  Perl
   4: shop::total                               Rust        #1 /shop/cart.php(12): total()         PHP
             at ./src/cart.rs:12:5              #1  0x1 in total () at c.c:12   gdb, sanitizers
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sidecar.compression.forms.boxed import MARK, SIDE, ends_of_call
from sidecar.compression.literals import literals_in
from sidecar.compression.vocabulary import Segment

__all__ = ["HINTS", "LOCAL", "Frame", "frames_of", "may_have_frames"]


class Frame(NamedTuple):
    """The lines [start, end) that tell one call.

    *key* is the frame without addresses and arguments: equal for equal calls. *is_inner_last* says that the
    language prints the innermost frame at the end of its stack.
    """

    start: int
    end: int
    is_own: bool
    key: str
    is_inner_last: bool = False
    is_machinery: bool = False
    """Whether the call is what notices a fault rather than what commits it: a panic handler, an intercepted `free`."""


HINTS = (
    '  File "', "\tat ", "  at ", "goroutine ", "acktrace:", "#0 ",
    "\tfrom ", " called at ", ": in function", ".ex:", "@http", MARK,
)  # fmt: skip
"""Literals of which a text with frames has at least one."""

_LEADING = ("  at ", "#0 ")
"""Hints that prose and code have too: they count where nothing but a frame's lead stands before them."""

_LEADS_AND_IDS = " \t|+#=0123456789"

_LOOKED_AT = 200
"""So many places of one hint are looked at before the text is read anyhow."""

_LEADS = f" \t|+#={SIDE}"
"""How a line with a frame begins, but for a few kinds."""

_LONG = 1_000
"""So much of a line is read; the rest cannot make it a frame."""

_LOCALS = 60
"""So many lines below a frame of gdb are its locals."""
LOCAL = re.compile(r" {8}[\w<>.]+ = ")
_NO_LOCALS = frozenset({"No locals.", "No symbol table info available."})
"""What gdb says where a frame has none; the calls of a recursion are the same call, whatever their locals hold."""

_PYTHON = re.compile(r'File "([^"]+)", line \d+(?:, in (.*))?$')
_PYTHON_LIBRARY = (
    "site-packages", "dist-packages", "/lib/python3", "/lib64/python3", "/lib/python2", "\\lib\\", "\\Lib\\",
    "<frozen ", "/_pytest/", "/pluggy/", "<string>", "<__array_function__",
)  # fmt: skip

_AT = re.compile(
    r"at (?:async |new )?(?:"
    r"(?P<jvm>[\w.$/@<>\- ]+\((?:[\w.@$-]+/)?(?:[\w$-]+\.(?:java|kt|kts|scala|groovy|clj)(?::\d+)?"
    r"|Native Method|Unknown Source|<generated>|[\w.$-]+:\d+)\)(?: ~?\[.*\])?$)"
    r"|(?P<js>(?:[^\n]* )?\(?(?:node:|file:|https?:|webpack|/|[A-Za-z]:\\|\.{1,2}/|eval |internal/|[\w@.-]+/)"
    r"[^\n]*:\d+(?::\d+)?\)?,?(?: \{)?$)"
    r"|(?P<anonymous>[^\n]*\((?:<anonymous>|native|native code|index \d+)\)(?: \{)?$)"
    r"|(?P<net>[\w.`<>$+|,\[\]]+ ?(?:\[[^\]]*\])?\s?\([^\n]*\)(?: in .+| \[0x[0-9a-f]+\] in .+)?$)"
    r")"
)
_AT_LIBRARY = re.compile(
    r"at (?:async |new )?(?:[\w.]+(?:@[\w.]+)?//?)?(?:[\w.]+@[\w.]+/)?"
    r"(?:java|javax|jdk|sun|com\.sun|jakarta|kotlin|kotlinx|scala|groovy|clojure|android|androidx|dalvik|akka"
    r"|reactor|rx"
    r"|junit|okhttp3|okio|retrofit2|feign|play|cats|zio|oracle|mockit|worker|"
    r"org\.(?:springframework|apache|junit|hibernate|gradle|eclipse|jboss|slf4j|mockito|testng|aspectj|postgresql|h2"
    r"|codehaus|assertj|hamcrest|jetbrains|scalatest|opentest4j|flywaydb|quartz|thymeleaf|bouncycastle|glassfish"
    r"|elasticsearch|mariadb|xerial|json|yaml|jooq|reactivestreams|objectweb|powermock|spockframework|clojure|sonatype)"
    r"|io\.(?:netty|reactivex|vertx|micronaut|quarkus|grpc|lettuce|micrometer|opentelemetry|undertow|smallrye|ktor"
    r"|kotest|cucumber|ebean|jsonwebtoken)"
    r"|com\.(?:google|fasterxml|zaxxer|mysql|mongodb|amazonaws|microsoft|android|squareup|netflix|intellij|oracle|ibm"
    r"|github\.dockerjava|mchange|jayway|typesafe|hazelcast)"
    r"|ch\.qos|net\.(?:bytebuddy|sf|minidev)|software\.amazon|redis\.clients|sbt"
    r"|System|Microsoft|Xunit|NUnit|MS|Castle|Moq|Newtonsoft|FluentAssertions|Autofac|AutoMapper|MediatR|Polly|Serilog"
    r"|Interop|Internal)[.$]"
    r"|at [^\n]*(?:node_modules[/\\]|(?<!\w)node:|[( ]internal/|\(<anonymous>\)|\(native\)|\(native"
    r" code\)|/\.npm/|/deno\.land/"
    r"|\$\$Lambda|\$\$(?:Enhancer|FastClass|SpringCGLIB)|\bjdk\.proxy|\$Proxy\d|webpack/bootstrap"
    r"|webpack-internal:///\.?/?\(?webpack|\(wrapper |\[as tick)"
)
_MORE = re.compile(r"\.\.\. \d+ (?:more|common frames omitted)|\.\.\. \d+ lines matching cause stack trace")
_HASH = re.compile(r"#\d+:? +(?P<told>(?:0x[0-9a-f]+ )?(?:in )?\S.*)$")
_HASH_FRAME = re.compile(
    r"0x[0-9a-f]+ |in |.+\(.*\) at \S+:\d+|.+ from /|.+\.php\(\d+\): |\{main\}|\[internal function\]|<signal handler"
    r"|.+[:(]\S+:\d+|.+ \(\S+\+0x[0-9a-f]+\)|.+ <null> |.+\(.*\) ?\(.*\)$|<asynchronous suspension>|.+\(\)? ?$"
    r"|[\w:~<>]+ \("
)
_HASH_LIBRARY = re.compile(
    r"[ (](?:/usr)?/lib(?:32|64)?/| from /(?:usr/)?lib|\.\./(?:sysdeps|csu|nptl|stdlib|sys|string|misc|elf|libio)"
    r"|\./(?:nptl|csu|stdlib|libio|string|misc|malloc|debug|signal|sysdeps|elf|io|time)/|libsanitizer|compiler-rt"
    r"|/usr/include/|/bits/|__interceptor_|(?:in |^)_start\b|__libc_start|/vendor/|\[internal function\]|\{main\}"
    r"|\(dart:|\(package:(?:flutter|test|stack_trace|async)[/_]|<asynchronous|phar://|/rustc/|/\.cargo/registry/"
    r"|^(?:in )?(?:std|core|alloc|__gnu_cxx)::|<null> <null>|lib(?:asan|tsan|ubsan|lsan|c|stdc\+\+|pthread"
    r"|python[\d.]+)\.so"
    r"|in (?:__GI_|__pthread_|__restore_rt|clone3?\b|start_thread\b|raise\b|abort\b|std::|operator (?:new|delete)"
    r"|malloc|free"
    r"|calloc|realloc|_Py|Py[A-Z])"
)
_VALGRIND = re.compile(r"(?:at|by) 0x[0-9A-Fa-f]+: (.+)$")
_VALGRIND_LIBRARY = re.compile(
    r"\(in /usr/|\(in /lib|\(vg_replace|\((?:exit|start|libc-start|ld-|dl-|clone|pthread|msort|qsort|vfprintf"
    r"|printf|str\w+|mem\w+|iofputs|thread)\S*\.[chS]:"
)
_RUBY = re.compile(r"(?:\d+: )?from (.+?):\d+:in [`'‘]|(?:\d+: )?from (.+?):\d+$")
_RUBY_LIBRARY = ("/gems/", "/lib/ruby/", "<internal:", "/rubygems/", "/bundler/", "/bin/")
_PERL = re.compile(r"\S.* called at (.+) line \d+\.?$")
_PERL_LIBRARY = (
    "/usr/share/perl", "/perl5/", "/perl-base/",
    "/site_perl/", "/usr/lib/x86_64-linux-gnu/perl", "/local/lib/perl",
)  # fmt: skip
_GO_PLACE = re.compile(
    r"(\S.*\.(?:go|s|c|cpp)):\d+(?: \+0x[0-9a-f]+)?(?: fp=\S+ sp=\S+ pc=\S+)?$|(_cgo_\w+\.go|_testmain\.go):\d+"
)
_GO_FUNCTION = re.compile(r"(?:created by )?[\w./*()$·\[\]{}%~@-]+(?:\(.*\)| in goroutine \d+)?(?: in goroutine \d+)?$")
_GOROUTINE = re.compile(r" in goroutine \d+")
_GO_LIBRARY = re.compile(
    r"/go/src/|/go/pkg/mod/|/pkg/mod/|/go\d[\d.]*/src/|/golang/|\A_testmain\.go|/libexec/src/|/vendor/"
    r"|_cgo_gotypes|/hostedtoolcache/"
)
_RUST = re.compile(r"\d+: +(?:0x[0-9a-f]+ - )?(\S.*)$")
_RUST_LIBRARY = re.compile(
    r"<?&?(?:mut )?(?:dyn )?(?:std|core|alloc|test|backtrace|tokio|futures\w*|rayon\w*|color_eyre|anyhow|eyre"
    r"|proc_macro)(?:\[[0-9a-f]+\])?::"
    r"|_*rust_|__rust|_start\b|__libc|main$|start_thread|clone|<unknown>|<(?:F|T|alloc|core|std)\b|_{0,2}GI_|abort"
    r"|raise|panic_"
)
_RUST_PLACE_LIBRARY = (
    "/rustc/",
    "/.cargo/registry/",
    "/library/std/",
    "/library/core/",
    "./sysdeps",
    "./csu",
    "./nptl",
    "/.cargo/git/",
)
_LUA = re.compile(r"(\S+):(?:\d+:)? in (?:function|main chunk|upvalue|local|method|field|\?)")
_ELIXIR = re.compile(r"(?:\((\w+) [\w.\-]+\) )?(\S+\.(?:exs?|erl)):\d+: ")
_ELIXIR_LIBRARY = frozenset(
    {
        "elixir",
        "stdlib",
        "kernel",
        "phoenix",
        "plug",
        "ecto",
        "ecto_sql",
        "cowboy",
        "ex_unit",
        "mix",
        "logger",
        "db_connection",
        "plug_cowboy",
        "bandit",
        "thousand_island",
    }
)
_GLIBC = re.compile(r"(\S+?)\((\S*?)\+0x[0-9a-f]+\) ?\[0x[0-9a-f]+\]$")
_BROWSER = re.compile(r"[\w.$<>/*\[\] -]*@(?:https?|file|webpack\S*|moz-extension|resource):\S+:\d+(?::\d+)?$")
_ADDRESS = re.compile(r"0x[0-9a-fA-F]+\??|\+0x[0-9a-f]+|==\d+==")
_ARGUMENTS = re.compile(r"\(.*\)")
_VALGRIND_LEAD = re.compile(r"==\d+==\s+")


@dataclass(slots=True)
class _Scan:
    """The lines being read up to *end*, and what earlier ones told: the end of the last frame, readings."""

    lines: Sequence[str]
    end: int
    taken: int
    in_rust: bool = False
    known: dict[str, tuple[bool, str] | None] = field(default_factory=dict)


def may_have_frames(segment: Segment) -> bool:
    """Whether a segment may have frames: it has one of the hints, and in its place."""
    present = literals_in(segment)
    return any(hint in present and (hint not in _LEADING or _leads(segment.text, hint)) for hint in HINTS)


def _leads(text: str, hint: str) -> bool:
    at = text.find(hint)
    for _ in range(_LOOKED_AT):
        if at < 0:
            return False
        if not text[text.rfind("\n", 0, at) + 1 : at].strip(_LEADS_AND_IDS):
            return True
        at = text.find("\n", at)
        at = text.find(hint, at) if at >= 0 else -1
    return True


def frames_of(lines: Sequence[str], start: int, end: int) -> list[Frame]:
    """Every frame in the lines [start, end), in order."""
    found: list[Frame] = []
    scan = _Scan(lines, end, start)
    index = start
    while index < end:
        line = lines[index]
        index += 1
        if not line:
            continue
        first = line[0]
        if first not in _LEADS and not (first == "@" or line[-1] == "]" or "@" in line[:200]):
            scan.in_rust = scan.in_rust or line.startswith(("stack backtrace:", "Stack backtrace:", "Backtrace"))
            continue
        if len(line) > _LONG:
            line = line[:_LONG]
        told = line.lstrip(" \t|+")
        if not told:
            continue
        frame = _frame(scan, index - 1, line, told)
        if frame is not None:
            found.append(frame)
            scan.taken = index = frame.end
        elif not scan.in_rust and "stack backtrace:" in line:
            scan.in_rust = True
    return found


def _frame(scan: _Scan, index: int, line: str, told: str) -> Frame | None:
    """The frame that the line at *index*, *told* without its lead, begins."""
    lines, end = scan.lines, scan.end
    if told.startswith("at ") and line[0] in " \t|":
        if told not in scan.known:
            scan.known[told] = _at(told)
        found = scan.known[told]
        return Frame(index, _after_locks(lines, index + 1, end), *found) if found is not None else None
    if told[0] == SIDE:
        return _boxed(lines, index, end, told)
    if told.startswith('File "'):
        return _python(lines, index, end, line, told)
    if line.startswith("=="):
        lead = _VALGRIND_LEAD.match(line)
        if lead is None or not (called := _VALGRIND.match(line, lead.end())):
            return None
        return Frame(index, index + 1, not _VALGRIND_LIBRARY.search(called[1]), called[1])
    if told.startswith("#"):
        return _hash(lines, index, end, told)
    if told.startswith("...") and _MORE.match(told):
        return Frame(index, index + 1, is_own=False, key=told)
    if line[0] in " \t" and (told.startswith("from ") or ": from " in told[:12]) and (ruby := _RUBY.match(told)):
        path = ruby[1] or ruby[2]
        return Frame(index, index + 1, not any(word in path for word in _RUBY_LIBRARY), told.partition("from ")[2])
    if scan.in_rust and told[:1].isdigit() and line[0] == " " and (rust := _RUST.match(told)):
        return _rust(lines, index, end, rust[1])
    if index > scan.taken and line[0] in " \t" and (".go:" in told or ".s:" in told or ".c" in told):
        return _go(scan, index, told)
    if " called at " in told and line[0] in "\t " and (perl := _PERL.match(told)):
        return Frame(index, index + 1, not any(word in perl[1] for word in _PERL_LIBRARY), told)
    return _rarer(index, line, told)


def _rarer(index: int, line: str, told: str) -> Frame | None:
    if told[-1] == "]" and "+0x" in told and (glibc := _GLIBC.match(told)):
        is_own = not glibc[1].startswith(("/lib", "/usr/lib")) and glibc[2] != "_start"
        return Frame(index, index + 1, is_own, f"{glibc[1]} {glibc[2]}")
    if " in " in told and line[0] == "\t" and (lua := _LUA.match(told)):
        return Frame(index, index + 1, not told.startswith("[C]"), lua[0])
    if line.startswith("    ") and (".ex" in told or ".erl:" in told) and (elixir := _ELIXIR.match(told)):
        return Frame(index, index + 1, elixir[1] not in _ELIXIR_LIBRARY, told)
    if "@" in told and _BROWSER.match(told):
        return Frame(index, index + 1, "node_modules" not in told and "@resource:" not in told, told)
    return None


def _python(lines: Sequence[str], index: int, end: int, line: str, told: str) -> Frame | None:
    found = _PYTHON.match(told)
    if found is None:
        return None
    indent = len(line) - len(told)
    after = index + 1
    while after < end:
        below = lines[after][:_LONG]
        text = below.lstrip(" \t|+")
        if not text or len(below) - len(text) <= indent or text.startswith('File "'):
            break
        after += 1
    if found[2] is None:
        # The place of a SyntaxError, whose source and marks say what is wrong.
        return Frame(index, after, is_own=True, key=told, is_inner_last=True)
    return Frame(index, after, _is_own_python(found[1]), told, is_inner_last=True)


def _is_own_python(path: str) -> bool:
    return not any(word in path for word in _PYTHON_LIBRARY) and not path.startswith(("/usr/lib/", "/usr/local/lib/"))


def _boxed(lines: Sequence[str], index: int, end: int, told: str) -> Frame | None:
    call = ends_of_call(lines, index, end, told)
    if call is None:
        return None
    after, path, key = call
    return Frame(index, after, _is_own_python(path), key, is_inner_last=True)


def _at(told: str) -> tuple[bool, str] | None:
    """Whether the call is the user's own, and its key."""
    if not _AT.match(told):
        return None
    return not _AT_LIBRARY.match(told), _ADDRESS.sub("", told) if "0x" in told else told


def _after_locks(lines: Sequence[str], after: int, end: int) -> int:
    """The end of what a Java thread locked or waits for, told below its frame."""
    while after < end and lines[after].startswith("\t- "):
        after += 1
    return after


def _hash(lines: Sequence[str], index: int, end: int, told: str) -> Frame | None:
    found = _HASH.match(told)
    if found is None or not _HASH_FRAME.match(found["told"]):
        return None
    after = index + 1
    whole = found["told"]
    # gdb folds long frames, and `bt full` adds the locals.
    while after < end and after - index <= _LOCALS and _is_below_hash(lines[after]):
        if not LOCAL.match(lines[after]) and lines[after] not in _NO_LOCALS:
            whole += " " + lines[after].strip()[:200]
        after += 1
    key = (
        _ARGUMENTS.sub("()", _ADDRESS.sub("", whole))
        if " at " in whole or " from " in whole
        else _ADDRESS.sub("", whole)
    )
    return Frame(
        index,
        after,
        not _HASH_LIBRARY.search(whole),
        key,
        is_machinery="libsanitizer" in whole or "compiler-rt" in whole,
    )


def _is_below_hash(line: str) -> bool:
    return (line[:4] == "    " and line.lstrip()[:1] not in ("", "#")) or line in _NO_LOCALS


def _rust(lines: Sequence[str], index: int, end: int, symbol: str) -> Frame:
    after = index + 1
    is_own = not _RUST_LIBRARY.match(symbol)
    place = ""
    if after < end and (below := lines[after][:_LONG].lstrip()).startswith("at "):
        place = below
        after += 1
        if any(word in place for word in _RUST_PLACE_LIBRARY):
            is_own = False
        elif place.startswith(("at ./", "at src/", "at /")) and not symbol.startswith(("_start", "__libc")):
            is_own = True
    return Frame(index, after, is_own, f"{symbol} {place}", is_machinery=not is_own)


def _go(scan: _Scan, index: int, told: str) -> Frame | None:
    """Go writes the function above its place."""
    above = scan.lines[index - 1][:_LONG]
    call = f"{above}\n{told}"
    if call not in scan.known:
        scan.known[call] = _go_call(above.strip(), told)
    found = scan.known[call]
    return Frame(index - 1, index + 1, *found) if found is not None else None


def _go_call(above: str, told: str) -> tuple[bool, str] | None:
    place = _GO_PLACE.match(told)
    if place is None or not _GO_FUNCTION.match(above):
        return None
    is_own = not _GO_LIBRARY.search(place[1] or place[2]) and not above.startswith(("runtime.", "testing.", "panic("))
    function = _ARGUMENTS.sub("()", above) if above.endswith(")") and not above.startswith("created by ") else above
    return is_own, f"{_GOROUTINE.sub('', function)} {told.partition(' ')[0]}"
