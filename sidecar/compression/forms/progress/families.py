"""How tools say that they are at work: the lines each family of them prints, and the names that are worth keeping.

A family's line is `Compiling serde v1.0.219`; what it names is `serde v1.0.219`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["FAMILIES", "Family"]


@dataclass(frozen=True, slots=True)
class Family:
    """How some tools say that they are at work.

    *signs* are literals of which one must stand in the text before a line is looked at; *programs* are
    commands that are known to print so.
    """

    what: str
    programs: tuple[str, ...]
    signs: tuple[str, ...]
    lines: re.Pattern[str]
    names: re.Pattern[str] | None
    """What a line names, as its groups: a package and its version, a file, a task."""


def _family(what: str, programs: str, signs: Iterable[str], *lines: str, names: str = "") -> Family:
    grammar = re.compile("(?:" + "|".join(lines) + ")")
    return Family(what, tuple(programs.split()), tuple(signs), grammar, re.compile(names) if names else None)


_SIZE = r"[\d.,]+ ?[kKMGT]?i?[bB]"

FAMILIES = (
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
        r"|Preparing editable metadata|Building (?:wheel|editable) for|Checking if build backend)"
        r".*(?:: started|status 'done'|\.\.\. done)$",
        r"  (?:Created wheel for|Created editable for|Stored in directory:) ",
        r"Building wheels? for collected packages: ",
        r"Installing collected packages: |  Attempting uninstall: |    Found existing installation: ",
        r"    Uninstalling |      Successfully uninstalled |Looking in (?:indexes|links): ",
        names=r"Requirement already satisfied: ([\w.-]+)\S* .*\(([\w.+!-]+)\)$"
        r"|  (?:Downloading|Using cached) (?:\S*/)?([\w.]+-\d[\w.!+]*)|  Attempting uninstall: ([\w.-]+)",
    ),
    _family(
        "steps of setuptools",
        "python python3 pip pip3 uv",
        ("running build", "running bdist_wheel", "running egg_info", "running dist_info", "running install"),
        # Indented below what pip and uv say of a package whose build failed.
        r" *(?:copying \S.* -> \S+|creating (?:build|\S+\.egg-info|\S*/)\S*|running [a-z]+(?:_\w+)?)$",
        r" *writing (?:(?:dependency_links|requirements|top-level names|entry points|manifest file) |\S+/PKG-INFO$)",
        r" *(?:reading manifest (?:file|template) '|adding license file '|adding '|byte-compiling |hard linking "
        r"|no previously-included |removing 'build/|creating '.*\.whl' and adding )",
        names=r" *copying (\S+) -> ",
    ),
    _family(
        "fetched and built packages",
        "uv uvx poetry pdm",
        ("Downloading ", " Downloaded ", "   Building ", " Prepared ", "Prepared ", "\nInstalled ", "\nUninstalled "),
        rf" ?(?:Downloading|Downloaded) \S+(?: \({_SIZE}\))?$",
        r"   (?:Building|   Built|  Built) \S+",
        r"      Built \S+",
        r"(?:Audited|Prepared|Resolved) \d+ packages? in [\d.]+m?s$",
        r"  [✔⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] (?:Install|Update|Remove|Downloading|Unpacking) \S+ ",
        names=r" *(?:Building|Built) (\S+)",
    ),
    _family(
        "fetched and compiled crates",
        "cargo rustup maturin",
        ("   Compiling ", "    Checking ", "  Downloaded ", " Downloading ", "    Updating ", "info: "),
        r" +(?:Compiling|Checking|Fresh|Documenting|Dirty) \S+ v\d\S*(?: \((?:proc-macro|https?://\S+)\))?$",
        r" +(?:Downloaded|Downloading|Adding|Updating|Unpacking|Installing) \S+ v\d",
        r" +(?:Downloading|Downloaded) (?:crates|\d+ crates?)\b",
        r" +(?:Updating|Locking|Blocking|Fetching|Building \[|Adding) ",
        r" +Running `\S*rustc --crate-name ",
        r"info: (?:downloading|installing|syncing|latest update|component|default host) ",
        names=r" +(?:Compiling|Checking|Fresh|Documenting|Dirty|Downloaded|Downloading|Adding|Updating|Installing) "
        r"(\S+ v\d\S*)",
    ),
    _family(
        "steps of node-gyp",
        "npm npx pnpm yarn node-gyp",
        ("gyp info ", "gyp verb "),
        r"gyp (?:info|verb|http) (?!ok\b)",
    ),
    _family(
        "fetched packages",
        "npm npx pnpm yarn bun corepack",
        ("npm http ", "Progress: resolved", "[1/", "➤ YN", "⸨", "npm sill", "npm timing", "npm verb"),
        r"npm (?:http (?:fetch \S+ [23]\d\d|cache)|silly?|timing|verb(?!ose stack|ose statusCode)(?:ose)?|info) ",
        r"Progress: resolved \d+, reused \d+(?!.*, done$)|\++-*$|   [╭╰]─+[╮╯]$|   │ .* │$",
        r"\[\d/\d\] .*\.\.\.$",
        r"➤ YN0013: ",
        r"[⸨(][░#⠂=. -]*[⸩)]",
        r"[|/\\-]$",
        names=r"➤ YN0013: .*?(\S+@npm:\S+)"
        r"|npm http fetch \S+ \d+ https?://[^/\s]+/(?:\S+/-/(\S+)|(\S+))|npm sill(?:y)? placeDep \S+ (\S+) "
        r"|npm sill(?:y)? ADD (?:node_modules/)?(\S+)",
    ),
    _family(
        "fetched, unpacked and configured packages",
        "apt apt-get dpkg aptitude dnf yum apk",
        (
            "Reading package lists",
            "Running transaction",
            "Get:1 ",
            "Hit:1 ",
            "Unpacking ",
            "Setting up ",
            "Selecting previously",
            "(1/",
            "\nInst ",
        ),
        r"(?:Get|Hit|Ign):\d+ ",
        r"\d+% \[",
        r"Selecting previously unselected package |Preparing to unpack |Unpacking |Setting up \S+ \(.*\) ?\.\.\.$",
        r"Processing triggers for |Removing \S+ \(.*\) \.\.\.$|Purging configuration files for ",
        r"\(Reading database \.\.\.",
        r"Reading (?:package lists|state information)\.\.\.|Building dependency tree\.\.\.",
        r"(?:Inst|Conf|Remv) \S+ [\[(]",
        r"update-alternatives: using |debconf: delaying|Extracting templates from packages: |Preconfiguring packages",
        r"fetch https?://\S+APKINDEX|\(\d+/\d+\) (?:Installing|Upgrading|Downloading) ",
        r" +(?:Installing|Upgrading|Verifying|Cleanup|Running scriptlet|Preparing) *: \S* +\d+/\d+",
        r"\(\d+/\d+\): \S+ +[\d.]+ [kMG]?B/s",
        names=r"(?:Setting up|Removing|Unpacking) (\S+) \((\S+)\)|Inst (\S+) .*?\((\S+)"
        r"|(?:Get|Hit|Ign):\d+ (\S+ \S+) \S*Release"
        r"|\(\d+/\d+\) (?:Installing|Upgrading|Downloading) (\S+) \((\S+)\)",
    ),
    _family(
        "transfer progress",
        "git",
        (" objects: ", "Resolving deltas: ", "Updating files: ", "Filtering content: ", "pack-reused"),
        r"(?:remote: )?(?:Enumerating|Counting|Compressing|Writing|Unpacking|Checking|Indexing) objects:? "
        r"|Receiving objects: (?!.*, done\.$)",
        r"(?:remote: )?Resolving deltas: |Updating files: |Filtering content: |Checking out files: ",
        r"Delta compression using |(?:remote: )?Total \d+ \(delta |remote: +\d+% ",
    ),
    _family(
        "image layers",
        "docker docker-compose podman buildah nerdctl",
        (": Pull complete", ": Pulling fs layer", ": Layer already exists", ": Pushed", "sha256:", " ---> ", "STEP 1/"),
        r" ?[0-9a-f]{12}:? (?:Pulling fs layer|Waiting|Downloading|Download complete|Verifying Checksum|Extracting"
        r"|Pull complete|Already exists|Preparing|Pushing|Pushed|Layer already exists|Mounted from)",
        r"#\d+ (?:sha256:|extracting |transferring |resolve |CACHED|DONE [\d.]+s$|\.\.\.$)",
        r" ---> (?:Running in |Using cache|[0-9a-f]{12}$)|Removing intermediate container ",
        # Podman and buildah.
        r"(?:\[\d+/\d+\] )?STEP \d+/\d+: |--> (?:Using cache )?[0-9a-f]{11,64}$",
        r"(?:Copying|Getting) (?:blob|config|image) ",
        r"[0-9a-f]{12}: |\+?[ ✔⠿⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]*[0-9a-f]{12} "
        r"(?:Pull complete|Download complete|Extracting|Downloading|Already exists)",
        names=r"(?:\[\d+/\d+\] )?STEP \d+/\d+: (?!FROM [0-9a-f]{40})(.{1,60})",
    ),
    _family(
        "transfer progress",
        "wget curl aria2c axel rsync scp",
        (" .......... ", "% Total ", "--:--:--", "%[", "Resolving ", "to-chk=", "ir-chk=", "> Host: "),
        r" *\d+[KMG]? [ .,]{11,}",
        r" +% Total +% Received| +Dload +Upload| *\d+ +[\d.]+[kMG]? +\d+ +[\d.]+[kMG]? +\d+ +\d+ ",
        # What `curl -v` adds: connections, its usual headers, each packet, the steps of a handshake; its alerts stay.
        r"\* +(?:Trying \S+\.\.\.|Connected to |Connection #\d+ to host \S+ left intact|Mark bundle |Using HTTP/?\d"
        r"|Host \S+ was resolved|IPv[46]: |(?:Request|upload) completely sent off|We are completely uploaded)"
        r"|[<>] ?$|> (?:Host|User-Agent|Accept): ",
        r"[{}] \[\d+ bytes data\]$|\* +TLSv[\d.]+ \((?:IN|OUT)\), TLS (?:handshake|change cipher|header)"
        r"|\* +CA(?:file|path): ",
        r".*\d+%\[[=>+ -]*\]",
        r" +[\d,.]+[KMG]? +\d+% +[\d.]+[kMG]?B/s ",
        r"Resolving \S+ \(.*\)\.\.\. |Connecting to \S+.*connected\.$|HTTP request sent, awaiting response\.\.\. 200"
        # The line on which a file was saved says its name and its size again.
        r"|Reusing existing connection to |Saving to: ‘|Length: (?:\d+|unspecified) ",
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
        names=r"(?:\[INFO\] )?Downloaded from \S+: \S+/([^/\s]+)\.(?:pom|jar|war|xml|module|aar)(?: |$)"
        r"|\[INFO\] --- (\S+) \("
        r"|> Task (\S+)|Download \S+/(\S+)\.(?:pom|jar|module)$",
    ),
    _family(
        "frames of the builder",
        "mvn mvnw gradle gradlew",
        ("at org.apache.maven.", "at org.gradle."),
        r"\s+at (?:java|jdk|sun|org\.apache\.maven|org\.codehaus\.plexus|org\.gradle)\.[\w.$/<>]+ ?\(",
        names=r"\s+at (?:\w+\.)+(\w+\.[\w$<>]+) ?\(",
    ),
    _family(
        "downloaded modules",
        "go",
        ("go: downloading ", "go: finding ", "go: extracting "),
        r"go: (?:downloading|finding|extracting) ",
        names=r"go: (?:downloading|finding|extracting) (\S+ v\S+)",
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
        names=r"\[ *\d+%\] .* (\S+)$|\[\d+/\d+\] .*?(\S+)$|  [A-Z]{2,8}(?: \[M\])? +(\S+)$"
        r"|checking (?:for |whether )?(.{1,60}?)\.\.\. (.{1,30})$|-- (?:Looking for|Performing Test|Found) (\S+)"
        r"|(?:\S*/)?[\w+-]+(?:-\d+)? .*?-c (?:.* )?([\w./+-]+\.(?:cc?|cpp|cxx|m|s|S))\b"
        r"|(?:\S*/)?[\w+-]+(?:-\d+)? .*?-o (\S+)",
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
            "Parsing documentation for ",
            "#### ",
        ),
        r"(?:Using|Fetching|Installing) [\w.-]+ v?\d+\.[\w.]+(?: \(.*\))?(?: with native extensions)?$",
        r"  - (?:Downloading|Installing|Locking|Syncing|Upgrading|Extracting) \S+ \(.*\)",
        r" +\d+/\d+ \[[=>-]*\] +\d+%",
        r"==> (?:Downloading|Fetching|Pouring|Installing dependencies|Verifying) |Already downloaded: ",
        r"[\w.\[\]\"-]+: (?:Refreshing state|Still (?:creat|destroy|modify|read)ing|Reading|Read complete)\.\.\.",
        r"- (?:Finding|Installing|Reusing|Using) \S+.*\.\.\.$",
        r"Parsing documentation for |Installing ri documentation for |Done installing documentation for "
        r"|Fetching \S+\.gem$",
        r"#{5,} +[\d.]+%$",
        names=r"(?:Using|Fetching|Installing) ([\w.-]+ v?\d[\w.]*)|  - \w+ (\S+) \(([^)]{1,60})\)"
        r"|==> (?:Pouring|Fetching) (\S+)"
        r"|([\w.\[\]\"-]+): (?:Refreshing state|Reading|Read complete)",
    ),
    _family(
        "progress bars",
        "tqdm",
        ("%|", "[webpack.Progress]", "#| ", "it/s", "s/it", "━━", "===>", "[====", "ETA", "eta "),
        r".{0,80}?\d+%\|[^|]{0,200}\| ",
        r" *\d+/\d+ \[[=>.-]+\] - (?!.*- val_)(?:ETA|\d+s \d+m?s/step).*(?:ETA)",
        r"[^━]{0,80}━{3,}[━╸╺ ]* +\d+%? ",
        r"[^|]{0,60}\|[■█▌▏▎▍▋▊▉ ]{4,}\| +\d+% ",
        r"\S+ +\| +[\d.]+ [kMG]?B +\| [#\d. :]*\| +\d+%",
        r"<s> \[webpack\.Progress\] ",
        names=r"(\S+) +\| [\d.]+ [kMG]?B |<s> \[webpack\.Progress\] \d+% (?:\[\d+\] )?(.{1,80})$",
    ),
)
