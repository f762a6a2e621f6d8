"""What is shipped and what is written about it agree with the tree."""

import json
import re
import tomllib
from pathlib import Path

import pytest

from sidecar.config.model import Settings

ROOT = Path(__file__).parents[1]
SOURCES = ROOT / "sidecar"


@pytest.mark.skipif(not SOURCES.exists(), reason="a wheel is tested without the sources beside the tests")
def test_the_list_of_packages_is_the_list_of_folders() -> None:
    listed = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"])
    folders = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for path in SOURCES.rglob("__init__.py")
        if "__pycache__" not in str(path)
    }
    assert listed == folders | {"sidecar.tools"}


@pytest.mark.skipif(not SOURCES.exists(), reason="a wheel is tested without the sources beside the tests")
def test_every_kind_of_data_file_is_shipped() -> None:
    data = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]
    for path in SOURCES.rglob("*.*"):
        if path.suffix in {".toml", ".json"}:
            package = ".".join(path.parent.relative_to(ROOT).parts)
            assert any(path.match(pattern) for pattern in data[package]), path


def test_the_readmes_python_runs(capsys: pytest.CaptureFixture[str]) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert blocks
    for block in blocks:
        exec(compile(block, "README.md", "exec"), {})  # noqa: S102 - the README is ours
    assert "error: disk full" in capsys.readouterr().out


def test_the_readmes_configuration_is_one() -> None:
    blocks = re.findall(r"```json\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert blocks
    for block in blocks:
        Settings.model_validate_json(block)


def test_the_example_is_a_configuration() -> None:
    Settings.model_validate_json((ROOT / "config.example.json").read_text())
    assert json.loads((ROOT / "config.example.json").read_text())["$schema"]


def test_the_readme_names_every_command_there_is() -> None:
    from sidecar.cli import main

    readme = (ROOT / "README.md").read_text()
    assert {"serve", "demo", "install", "uninstall", "doctor", "trust", "config"} <= set(main.commands)
    for name in re.findall(r"`sidecar ([a-z]+)", readme):
        assert name in main.commands, name
