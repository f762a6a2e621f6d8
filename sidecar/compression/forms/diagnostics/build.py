"""What a build prints around its diagnostics: command lines, progress, directories; and the names of what it built.

/usr/bin/cc -I... 600 characters ... -c src/cart.c -o cart.o        building src/: cart.c ship.c
[ 12%] Building C object CMakeFiles/kiosk.dir/src/ship.c.o
   Compiling serde v1.0.229                                         building serde
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from sidecar.compression.prefixes import folder_and_name, names_on_lines

__all__ = ["built", "is_build", "is_build_failure"]

# fmt: off
_PROGRAMS = frozenset((
    "ar", "as", "c++", "cc", "ccache", "clang", "clang++", "clang-cl", "cl", "cl.exe", "g++", "gcc", "gfortran", "ld",
    "link.exe", "moc", "nvcc", "ranlib", "rustc", "strip", "swiftc", "windres", "emcc", "em++", "sccache", "distcc",
))
_SHELL = frozenset((
    "/bin/bash", "/bin/sh", "bash", "cmake", "cp", "echo", "gmake", "install", "libtool:", "ln", "make", "mkdir", "mv",
    "printf", "rm", "sed", "sh", "test", "touch", "depbase=",
))
# fmt: on
_VERSIONED = re.compile(r"(?:[\w.]+-)*(?:gcc|g\+\+|clang|clang\+\+|cc|c\+\+|ar|ld|ranlib)(?:-[\d.]+)?(?:\.exe)?$")
_STARTS = (
    "Scanning dependencies of ", "Consolidate compiler generated", "ninja: Entering", "ninja: no work", "-- ", ": && ",
    "make: Entering", "make: Leaving", "make: Nothing", "gmake: Entering", "gmake: Leaving", "(cd ", "[1/1]",
    "Done processing ", "reading sources...", "writing output...", "copying images...", "copying downloadable files...",
    "building [", "loading translations [", "looking for now-outdated files...", "pickling environment...",
    "checking consistency...", "preparing documents...", "copying assets", "copying static files",
    "copying extra files", "Writing evaluated template result to ", "dumping ",
    "generating indices...", "writing additional pages...", "highlighting module code...", "making output directory...",
    "gyp info ", "gyp verb ", "node-pre-gyp info ", "node-pre-gyp http ", "node-pre-gyp verb ", "npm info ",
    "npm verb ", "npm http ",
)  # fmt: skip
_COUNTED = re.compile(r"\[ *\d+(?:%|/\d+)\] |g?make(?:\[\d+\])?: (?:Entering|Leaving|Nothing to be done|`|'|Warning: )")
_CHECKED = re.compile(r" *\d+/\d+ \S+ [\d.]+ms(?: X)?$")
"""cspell's progress."""
_CHANGED = re.compile(r"cd /?\S+ &&")
_INDENTED = re.compile(
    r" +(?:CC|CXX|LD|AR|CCLD|CXXLD|AS|GEN|HOSTCC|HOSTLD|LINK|BUILD|MOC|COPY|TOUCH|SOLINK|ACTION)(?: \[M\]|\(\w+\))? +\S"
    r"| +(?:Compiling|Checking|Downloaded|Downloading|Fresh|Updating|Locking|Blocking|Adding|Building|Dirty) "
    r"| +Running `(?:[A-Z_]+=|(?:[^ `]*/)?(?:rustc|build-script-build) )"
    r"| *(?:Trying (?:pattern rule|implicit prerequisite|harder)|Rejecting (?:impossible|rule)|Avoiding implicit rule"
    r"|Looking for (?:an implicit rule|a rule with intermediate file)|Considering target file|Finished prerequisites of"
    r"|Pruning file|Prerequisite '|No need to remake|No implicit rule found|Found an implicit rule) "
)
_FAILURE = re.compile(
    r"(?:gmake|make|ninja|cmake|msbuild|npm ERR!)(?:\[\d+\])?: \*\*\* |ninja: (?:build stopped|error)|FAILED: "
    r"|CMake (?:Deprecation )?(?:Error|Warning)|-- Configuring incomplete|g?make(?:\[\d+\])?: Target .* not remade"
    r"|compilation terminated|error: could not compile|error: aborting due to|Error: Process completed"
    r"|[Ii]nternal compiler error|\S*: internal compiler error"
)
_FAILURE_STARTS = frozenset("gmncFC-EiIe")
_FAILURE_WORDS = ("***", "build stopped", "ninja: error", "FAILED", "CMake ", "incomplete", "not remade", "terminated",
                  "could not", "aborting", "Process", "internal compiler", "Internal compiler")  # fmt: skip

_SOURCE = re.compile(
    r"(?:^| )['\"]?([^\s'\"=]+\.(?:c|cc|cpp|cxx|C|S|s|m|mm|cu|f|f90|F90|d|asm|rs|swift|rc))['\"]?(?= |$)"
)
_MADE = re.compile(r" -o +(\S+)")
_NAMED = re.compile(r" +(?:Compiling|Checking|Building) (\S+)")
_STEP = re.compile(r"\[ *\d+(?:%|/\d+)\] (?:Building|Linking|Generating|Compiling|Automatic) .*?(\S+)$")
_READ = re.compile(r"(?:reading sources|highlighting module code)\.\.\. \[ *\d+%\] (\S+)")
_KBUILD = re.compile(r" +[A-Z]+(?: \[M\]|\(\w+\))? +(\S+)$")

_NAMES_SHARE = 0.4
"""Names that cost more of what they stand for are told as their count, the first and the last."""
_COMMAND_CHARS = 20_000
"""What is searched of one command for its source."""


def is_build(line: str) -> bool:
    """Whether *line* is a step of a build and no finding of it: a command, a progress, a directory."""
    initial = line[0]
    if line.endswith(("ms", "ms X")) and _CHECKED.match(line) is not None:
        return True
    if initial in " \t":
        return _INDENTED.match(line) is not None
    if initial in "[gm" and _COUNTED.match(line):
        return True
    word = line[: line.find(" ")] if " " in line[:200] else ""
    if word and _is_command(word, line):
        return "rror: " not in line[:300]
    if line.startswith(_STARTS):
        return not line.startswith("-- Configuring incomplete")
    if initial == "C" and line.startswith("Checking ") and line.endswith(" ..."):
        return True
    return initial == "c" and _CHANGED.match(line) is not None


def _is_command(word: str, line: str) -> bool:
    if word in _SHELL:
        return True
    name = word[word.rfind("/") + 1 :]
    if name in _PROGRAMS or (name[-1:] in "cdbr+0123456789e" and _VERSIONED.match(name) is not None):
        return len(line) > len(word) + 1
    return name == "cmake" and word != name


def is_build_failure(line: str) -> bool:
    """Whether *line* says that the build, rather than one of its files, failed."""
    return (
        line[0] in _FAILURE_STARTS and any(word in line for word in _FAILURE_WORDS) and _FAILURE.match(line) is not None
    )


def built(lines: Sequence[str]) -> list[str]:
    """The names of what these steps built, densely, folders written once; nothing where no step names one."""
    steps = _unique(
        _last(_STEP, line) or _last(_READ, line) or _last(_KBUILD, line) or _last(_NAMED, line) for line in lines
    )
    names = steps or _unique(_compiled(line[:_COMMAND_CHARS]) for line in lines)
    if not names:
        return []
    shown = _grouped(names)
    room = _NAMES_SHARE * sum(map(len, lines))
    if sum(map(len, shown)) > room:
        if len(names) < 8:
            return []
        return [f"building {len(names)}: {names[0]} ... {names[-1]}"]
    return shown


def _unique(names: Iterable[str]) -> list[str]:
    return [name for name in dict.fromkeys(names) if name]


def _last(pattern: re.Pattern[str], line: str) -> str:
    found = pattern.match(line[:2_000])
    return found[1] if found else ""


def _compiled(command: str) -> str:
    sources = _SOURCE.findall(command)
    if sources:
        return str(sources[-1])
    made = _MADE.search(command)
    return made[1] if made else ""


def _grouped(names: Sequence[str]) -> list[str]:
    by_folder: dict[str, list[str]] = {}
    for name in names:
        folder, last = folder_and_name(name)
        by_folder.setdefault(folder, []).append(last)
    return [
        line
        for folder, members in by_folder.items()
        for line in names_on_lines(f"building {folder}" if folder else "building", members)
    ]
