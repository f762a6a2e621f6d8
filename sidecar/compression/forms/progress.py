"""Installs, builds, downloads, clones: lines that only say that work goes on are left out, every other line stays.

Each family of tools has the lines it prints while it works. A line goes only where its family has shown
itself, the line matches from its first character, and it sounds no alarm; so results, warnings, errors and
whatever another program printed in between stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from sidecar.compression.alarms import alarm_lines, warning_lines
from sidecar.compression.forms.drafting import BLANK
from sidecar.compression.forms.marking import marked
from sidecar.compression.vocabulary import Block, Evidence, Form, Rank, Segment, verbatim

__all__ = ["FORM"]


@dataclass(frozen=True, slots=True)
class _Family:
    """How some tools say that they are at work.

    *signs* are literals of which one must stand in the text before a line is looked at; *programs* are
    commands that are known to print so.
    """

    what: str
    programs: tuple[str, ...]
    signs: tuple[str, ...]
    lines: re.Pattern[str]


def _family(what: str, programs: str, signs: Iterable[str], *lines: str) -> _Family:
    return _Family(what, tuple(programs.split()), tuple(signs), re.compile("(?:" + "|".join(lines) + ")"))


_SIZE = r"[\d.,]+ ?[kKMGT]?i?[bB]"

_FAMILIES = (
    _family(
        "collected and downloaded packages",
        "pip pip3 pipx",
        ("Collecting ", "  Downloading ", "Using cached ", "Requirement already satisfied: ", "Preparing metadata ("),
        r"Collecting \S+(?: \(from .*)?(?: \(.*)?$",
        r"  (?:Downloading|Using cached) \S+",
        r"     [━╸╺ -]+ ?[\d.?]+/[\d.?]+ [kMG]?B",
        r"Requirement already satisfied: .* \(from ",
        r"  Obtaining dependency information for ",
        r"  (?:Preparing metadata|Getting requirements to build|Installing (?:build|backend) dependencies"
        r"|Building (?:wheel|editable) for|Checking if build backend).*(?:: started|status 'done'|\.\.\. done)$",
        r"  (?:Created wheel for|Created editable for|Stored in directory:) ",
        r"Building wheels? for collected packages: |Successfully built ",
        r"Installing collected packages: |  Attempting uninstall: |    Found existing installation: ",
        r"    Uninstalling |      Successfully uninstalled |Looking in (?:indexes|links): ",
    ),
    _family(
        "fetched and built packages",
        "uv uvx poetry pdm",
        ("Downloading ", " Downloaded ", "   Building ", " Prepared ", "Prepared "),
        rf" ?(?:Downloading|Downloaded) \S+(?: \({_SIZE}\))?$",
        r"   (?:Building|   Built|  Built) \S+",
        r"      Built \S+",
        r"(?:Audited|Prepared|Resolved) \d+ packages? in [\d.]+m?s$",
    ),
    _family(
        "fetched and compiled crates",
        "cargo rustup maturin",
        ("   Compiling ", "    Checking ", "  Downloaded ", " Downloading ", "    Updating ", "info: "),
        r" +(?:Compiling|Checking|Fresh|Documenting|Dirty) \S+ v\d\S*(?: \((?:proc-macro|https?://\S+)\))?$",
        r" +(?:Downloaded|Downloading|Adding|Updating|Unpacking|Installing) \S+ v\d",
        r" +(?:Downloading|Downloaded) (?:crates|\d+ crates?)\b",
        r" +(?:Updating|Locking|Blocking|Fetching|Building \[|Adding) ",
        r"info: (?:downloading|installing|syncing|latest update|component|default host) ",
    ),
    _family(
        "fetched packages",
        "npm npx pnpm yarn bun corepack",
        ("npm http ", "Progress: resolved", "[1/", "➤ YN", "⸨", "npm sill", "npm timing", "npm verb"),
        r"npm (?:http (?:fetch|cache)|sill|timing|verb|info) ",
        r"Progress: resolved \d+, reused \d+|\++-*$|   [╭╰]─+[╮╯]$|   │ .* │$",
        r"\[\d/\d\] .*\.\.\.$",
        r"➤ YN0013: ",
        r"[⸨(][░#⠂=. -]*[⸩)]",
        r"[|/\\-]$",
    ),
    _family(
        "fetched, unpacked and configured packages",
        "apt apt-get dpkg aptitude dnf yum apk",
        ("Reading package lists", "Get:1 ", "Hit:1 ", "Unpacking ", "Setting up ", "Selecting previously", "(1/"),
        r"(?:Get|Hit|Ign):\d+ ",
        r"\d+% \[",
        r"Selecting previously unselected package |Preparing to unpack |Unpacking |Setting up \S+ \(.*\) ?\.\.\.$",
        r"Processing triggers for |Removing \S+ \(.*\) \.\.\.$|Purging configuration files for ",
        r"\(Reading database \.\.\.",
        r"Reading (?:package lists|state information)\.\.\.|Building dependency tree\.\.\.|Need to get ",
        r"update-alternatives: using |debconf: delaying|Extracting templates from packages: |Preconfiguring packages",
        r"fetch https?://\S+APKINDEX|\(\d+/\d+\) (?:Installing|Upgrading|Downloading) ",
    ),
    _family(
        "transfer progress",
        "git",
        (" objects: ", "Resolving deltas: ", "Updating files: ", "Filtering content: ", "pack-reused"),
        r"(?:remote: )?(?:Enumerating|Counting|Compressing|Receiving|Writing|Unpacking|Checking|Indexing) objects:? ",
        r"(?:remote: )?Resolving deltas: |Updating files: |Filtering content: |Checking out files: ",
        r"Delta compression using |(?:remote: )?Total \d+ \(delta |remote: +\d+% ",
    ),
    _family(
        "image layers",
        "docker docker-compose podman buildah nerdctl",
        (": Pull complete", ": Pulling fs layer", ": Layer already exists", ": Pushed", "sha256:", " ---> "),
        r" ?[0-9a-f]{12}:? (?:Pulling fs layer|Waiting|Downloading|Download complete|Verifying Checksum|Extracting"
        r"|Pull complete|Already exists|Preparing|Pushing|Pushed|Layer already exists|Mounted from)",
        r"#\d+ (?:sha256:|extracting |transferring |resolve |CACHED|DONE [\d.]+s$|\.\.\.$)",
        r" ---> (?:Running in |Using cache|[0-9a-f]{12}$)|Removing intermediate container ",
        r"(?:Copying|Getting) (?:blob|config|image) ",
    ),
    _family(
        "transfer progress",
        "wget curl aria2c axel rsync scp",
        (" .......... ", "% Total ", "--:--:--", "%[", "Resolving ", "to-chk=", "ir-chk="),
        r" *\d+[KMG]? [ .,]{11,}",
        r" +% Total +% Received| +Dload +Upload| *\d+ +[\d.]+[kMG]? +\d+ +[\d.]+[kMG]? +\d+ +\d+ ",
        r".*\d+%\[[=>+ -]*\]",
        r" +[\d,.]+[KMG]? +\d+% +[\d.]+[kMG]?B/s ",
        r"Resolving \S+ \(.*\)\.\.\. |Connecting to \S+.*connected\.$|HTTP request sent, awaiting response\.\.\. 200",
    ),
    _family(
        "downloads and build steps",
        "mvn mvnw gradle gradlew sbt",
        ("Downloading from ", "Downloaded from ", "Progress (", "[INFO] ", "> Task :", "Download https"),
        r"(?:\[INFO\] )?(?:Downloading|Downloaded) from \S+: ",
        r"Progress \(\d+\): ",
        r"\[INFO\] *-*(?:<.*>-*|\[.*\]-*)?$|\[INFO\] --- .* ---$",
        r"\[INFO\] (?:Scanning for projects|Nothing to compile|Using '\S+' encoding|skip non existing|Copying \d+ res)",
        r"> Task \S+(?: (?:UP-TO-DATE|NO-SOURCE|FROM-CACHE|SKIPPED))?$|Download https?://\S+$|<[-=]*> \d+% ",
        r"Starting a Gradle Daemon|\d+% (?:INITIALIZING|CONFIGURING|EXECUTING)",
    ),
    _family(
        "downloaded modules",
        "go",
        ("go: downloading ", "go: finding ", "go: extracting "),
        r"go: (?:downloading|finding|extracting) ",
    ),
    _family(
        "build steps",
        "make gmake cmake ninja ./configure configure meson bazel scons",
        ("ing directory ", "[1/", "%] ", "checking ", "-- ", "  CC ", "gcc ", "g++ ", "cc ", "clang", "libtool: "),
        r"(?:g?make|gmake)(?:\[\d+\])?: (?:Entering|Leaving) directory ",
        r"\[ *\d+%\] (?:Building|Built|Linking|Generating|Automatic|Copying|Creating) |Scanning dependencies of ",
        r"\[\d+/\d+\] (?!.*FAILED)",
        r"  (?:CC|CXX|LD|AR|AS|GEN|HOSTCC|CCLD|RANLIB|OBJCOPY|MKDIR|LINK|CHK|UPD)(?: \[M\])? +\S+$",
        r"checking .*\.\.\. |config\.status: creating ",
        r"-- (?:The \w+ compiler identification|Detecting|Check for working|Looking for|Performing Test|Found \S+:)",
        r"(?:\S*/)?(?:\w+-linux-gnu-)?(?:gcc|g\+\+|cc|c\+\+|clang(?:\+\+)?|ar|ranlib|ld)(?:-\d+)? "
        r"-?\S.*\.(?:o|a|cc?|cpp|so)\b",
        r"libtool: (?:compile|link|install):",
    ),
    _family(
        "installed packages",
        "bundle bundler gem composer brew conda mamba terraform helm mix dart flutter pod",
        (
            "Fetching ",
            "Using ",
            "==> ",
            "  - Downloading ",
            "  - Installing ",
            "Extracting archive",
            ": Refreshing state",
        ),
        r"(?:Using|Fetching|Installing) [\w.-]+ v?\d+\.[\w.]+(?: \(.*\))?(?: with native extensions)?$",
        r"  - (?:Downloading|Installing|Locking|Syncing|Upgrading|Extracting) \S+ \(.*\)",
        r" +\d+/\d+ \[[=>-]*\] +\d+%",
        r"==> (?:Downloading|Fetching|Pouring|Installing dependencies|Verifying) |Already downloaded: ",
        r"[\w.\[\]\"-]+: (?:Refreshing state|Still (?:creat|destroy|modify|read)ing|Reading|Read complete)\.\.\.",
        r"- (?:Finding|Installing|Reusing|Using) \S+.*\.\.\.$",
    ),
    _family(
        "progress bars",
        "tqdm",
        ("%|", "it/s", "s/it", "━━", "===>", "[====", "ETA", "eta "),
        r".{0,80}?\d+%\|[^|]{0,200}\| ",
        r" *\d+/\d+ \[[=>.-]+\] - (?!.*- val_)(?:ETA|\d+s \d+m?s/step).*(?:ETA)",
        r"[^━]{0,80}━{3,}[━╸╺ ]* +\d+%? ",
        r"[^|]{0,60}\|[■█▌▏▎▍▋▊▉ ]{4,}\| +\d+% ",
    ),
)

_RESULT = re.compile(
    r"Successfully (?:installed|uninstalled|tagged)|(?:added|removed|changed|up to date|audited) .*packages?\b"
    r"|\d+ vulnerabilit|    Finished |\d+ upgraded, \d+ newly|BUILD (?:SUCCESS|FAILURE|SUCCESSFUL|FAILED)"
    r"|Installed \d+ packages?| [-+~] \S+==|To \S+$|From \S+$|   [0-9a-f]+\.\.| [*+!-] \[|Cloning into "
    r"|make.*\*\*\*|go: (?!download|find|extract)"
)
_DIRECTORY = re.compile(r"g?make(?:\[\d+\])?: Entering directory ")


def _active(text: str) -> list[_Family]:
    return [family for family in _FAMILIES if any(sign in text for sign in family.signs)]


def _recognise(segment: Segment) -> float:
    """The share of lines, sampled over the whole text, that are progress."""
    lines = segment.lines
    sample = [line for line in lines[:: max(1, len(lines) // 200)] if line.strip()]
    families = _active("\n".join(sample))
    if not families:
        return 0.0
    working = sum(1 for line in sample if any(family.lines.match(line[:_READ]) for family in families))
    share = working / len(sample)
    program = segment.command.program if segment.command is not None else ""
    expected = any(program in family.programs for family in families)
    if share >= 0.5:
        return 0.9
    if working and (share >= 0.3 or (expected and share >= 0.1)):
        return 0.7
    return 0.5 if working >= 3 and share >= 0.1 else 0.0


_READ = 400
"""Characters of a line that tell whether it is progress."""


def _evidence(segment: Segment) -> list[Evidence]:
    """Alarms, warnings, and the lines that tell a result."""
    results = (index for index, line in enumerate(segment.lines) if _RESULT.match(line))
    found = {*alarm_lines(segment.lines, segment.text), *warning_lines(segment.lines, segment.text), *results}
    return verbatim(segment, sorted(found))


def _reduce(segment: Segment) -> list[Block]:
    alarms = set(alarm_lines(segment.lines, segment.text))
    loud = {*alarms, *warning_lines(segment.lines, segment.text)}
    failed = segment.exit_code not in {0, None} or (segment.exit_code is None and bool(alarms))
    whats = _fates(segment, loud, failed=failed)
    if failed:
        _keep_what_surrounds(whats, alarms)
    return list(marked(segment.lines, whats, loud, start=0, end=len(whats), rank=Rank.STRUCTURE))


def _fates(segment: Segment, loud: set[int], *, failed: bool) -> list[str]:
    """For each line the family whose progress it is; empty where the line stays."""
    families = _active(segment.text)
    whats = [""] * len(segment.lines)
    for index, line in enumerate(segment.lines):
        if not line or index in loud or (failed and _DIRECTORY.match(line)):
            continue
        head = line[:_READ]
        for family in families:
            if family.lines.match(head):
                whats[index] = family.what
                break
    # A blank line between two lines of progress is progress too.
    for index in range(1, len(whats) - 1):
        if not segment.lines[index] and whats[index - 1] and whats[index + 1]:
            whats[index] = BLANK
    return whats


def _keep_what_surrounds(whats: list[str], alarms: set[int]) -> None:
    """The step that was at work when something went wrong: the line of progress before what was said about it."""
    start = 0
    for is_progress, run in groupby(range(len(whats)), lambda index: bool(whats[index])):
        indexes = list(run)
        if not is_progress and start > 0 and any(index in alarms for index in indexes):
            whats[start - 1] = ""
        start = indexes[-1] + 1


FORM = Form("progress", _recognise, _evidence, _reduce)
