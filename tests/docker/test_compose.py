"""The compose files as Docker Compose reads them: walls, limits, keys, and a check of each."""

import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import typer
from pydantic_settings import BaseSettings
from qdrant_client import models

import retrieval.settings
import serving.settings
import serving.vllm_settings
from retrieval.store import ServerAddress
from retrieval.store_connection import OLDEST, connect
from tests.docker.files import (
    COMPOSITIONS,
    DOCKER,
    DOCKERFILES,
    KEYS,
    compose,
    composed,
    instructions,
    services,
)
from tests.retrieval.qdrant_rest import QdrantRest
from ui.cli import app

ALL = [pytest.param(defined, id=f"{name}: {service}") for name, service, defined in services()]
EACH = pytest.mark.parametrize("service", ALL)
OURS = "casewright-"


@EACH
def test_services_are_hardened(service: dict[str, Any]) -> None:
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", service["user"])
    assert not {"privileged", "pid", "ipc", "cap_add", "devices", "userns_mode"} & set(service)
    assert service.get("network_mode") in (None, "none")
    assert not [one for one in service["volumes"] if "docker.sock" in str(one["source"])]
    assert service["logging"]["options"]["max-size"]


@EACH
def test_ports_are_on_the_loopback_address(service: dict[str, Any]) -> None:
    for port in service.get("ports", []):
        assert port["host_ip"] == "127.0.0.1"
        assert "front" in service["networks"]  # a closed network publishes nothing


@EACH
def test_images_have_a_version(service: dict[str, Any]) -> None:
    assert re.fullmatch(r"[\w./-]+:v?\d+\.\d+\.\d+[\w.-]*", service["image"])
    version = tomllib.loads((DOCKER.parent / "pyproject.toml").read_text("utf-8"))["project"]
    if service["image"].startswith(OURS):
        assert service["image"].endswith(f":{version['version']}")
        file = DOCKER.parent / service["build"]["dockerfile"]
        assert file in DOCKERFILES
        arguments = {i.args[0].split("=")[0] for i in instructions(file) if i.name == "ARG"}
        assert set(service["build"]["args"]) == arguments


@pytest.mark.parametrize("name", COMPOSITIONS)
def test_matters_are_mounted_where_they_are_needed(name: str) -> None:
    found = composed(name)["services"]
    mounted = {
        service: {one["target"]: one for one in defined["volumes"]}
        for service, defined in found.items()
    }
    with_matters = {
        service
        for service, volumes in mounted.items()
        if any(one["source"] == "home" for one in volumes.values())
    }
    assert with_matters == {"app", "trainer"} & set(found)
    assert mounted["metrics"]["/var/lib/casewright/metrics"]["read_only"]
    if "vllm" in found:
        assert mounted["vllm"]["/var/lib/casewright/adapters"]["read_only"]
        assert found["vllm"]["networks"] == found["qdrant"]["networks"] == {"inside": None}
        assert composed(name)["networks"]["inside"]["internal"] is True
    front = composed(name)["networks"]["front"]["driver_opts"]
    assert front == {"com.docker.network.bridge.enable_ip_masquerade": "false"}


@pytest.mark.parametrize("name", ["gpu", "gpu with TLS"])
def test_keys_come_from_outside_and_both_ends_have_the_same(name: str) -> None:
    found = composed(name)["services"]
    app, qdrant, vllm = (found[one]["environment"] for one in ("app", "qdrant", "vllm"))
    assert app["QDRANT_API_KEY"] == qdrant["QDRANT__SERVICE__API_KEY"] == KEYS["QDRANT_API_KEY"]
    assert app["VLLM_API_KEY"] == vllm["VLLM_API_KEY"] == KEYS["VLLM_API_KEY"]
    encrypted = name.endswith("TLS")
    assert app["QDRANT_URL"].startswith("https:" if encrypted else "http:")
    assert (app["QDRANT_ALLOW_PLAIN_HTTP"] == "true") is not encrypted
    assert (qdrant.get("QDRANT__SERVICE__ENABLE_TLS") == "true") is encrypted


@pytest.mark.parametrize("missing", KEYS)
def test_what_has_no_default_is_asked_for(missing: str) -> None:
    files = ("-f", "docker/compose.yaml", "-f", "docker/compose.tls.yaml")
    run = compose(*files, "config", settings={**KEYS, missing: ""})
    assert run.returncode != 0
    assert f"required variable {missing} is missing a value" in run.stderr


def test_qdrant_is_new_enough() -> None:
    tag = composed("gpu")["services"]["qdrant"]["image"].rpartition(":v")[2]
    assert tuple(map(int, tag.split(".")[:2])) >= OLDEST


def variables() -> dict[str, str]:
    """What the files take from outside, with its default."""
    found: dict[str, str] = {}
    for files in COMPOSITIONS.values():
        parts = [part for file in files for part in ("-f", f"docker/{file}")]
        run = compose(*parts, "--profile", "*", "config", "--variables")
        assert run.returncode == 0, run.stderr
        for line in run.stdout.splitlines()[1:]:
            name, _, default = line.split(maxsplit=1)[0], "", line.split()[2:3]
            found[name] = default[0] if default else ""
    return found


def test_every_variable_is_in_the_example_and_in_the_readme() -> None:
    known = variables()
    lines = (DOCKER / ".env.example").read_text(encoding="utf-8").splitlines()
    example = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    assert example == known
    readme = (DOCKER / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([A-Z_0-9]+)` \| (.*?) \| .+ \|$", readme, re.MULTILINE)
    shown = {name: default.strip("`") for name, default in rows}
    assert {
        name: "" if one in ("unset", "none: set it") else one for name, one in shown.items()
    } == known


def test_the_example_gives_the_defaults() -> None:
    files = ("--profile", "*", "-f", "docker/compose.yaml", "config", "--format", "json")
    plain = compose(*files)
    by_example = compose("--env-file", "docker/.env.example", *files)
    assert plain.returncode == by_example.returncode == 0
    assert plain.stdout == by_example.stdout


def known_settings() -> tuple[set[str], set[str]]:
    """The environment variables that Casewright reads, and their prefixes."""
    names, prefixes = set(), set()
    for module in (retrieval.settings, serving.settings, serving.vllm_settings):
        for one in vars(module).values():
            if isinstance(one, type) and issubclass(one, BaseSettings) and one is not BaseSettings:
                prefix = one.model_config.get("env_prefix", "")
                prefixes.add(prefix)
                names |= {f"{prefix}{field}".upper() for field in one.model_fields}
    return names, prefixes


@EACH
def test_only_known_settings_are_set(service: dict[str, Any]) -> None:
    names, prefixes = known_settings()
    for name in service.get("environment", {}):
        if not service["image"].startswith(OURS):
            assert name.startswith(("QDRANT__", "QDRANT_INIT_")), name
        elif not name.startswith("OTEL_") and name.startswith(tuple(prefixes)):
            assert name in names, name


def commands() -> Iterator[Any]:
    """The commands of the command that an image or a service runs."""
    for file in DOCKERFILES:
        for one in instructions(file):
            if one.name == "CMD":
                yield pytest.param(one.args, id=file.stem)
    for name, service, defined in services():
        if defined["image"].startswith(OURS) and defined.get("command"):
            yield pytest.param(defined["command"], id=f"{name}: {service}")


@pytest.mark.parametrize("command", [*commands()])
def test_commands_are_those_of_casewright(command: list[str]) -> None:
    known: Any = typer.main.get_command(app)
    sub = known.commands[command[0]]
    sub.make_context(command[0], command[1:])  # raises where an option is unknown


class Answering(BaseHTTPRequestHandler):
    """Answers a health check with the status that its server has."""

    def do_GET(self) -> None:
        self.send_response(getattr(self.server, "status", 200))
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: object) -> None:
        pass


def checks() -> Iterator[Any]:
    """The health checks of images and services, each as a command with its port."""
    for file in DOCKERFILES:
        for one in instructions(file):
            if one.name == "HEALTHCHECK" and one.json:
                yield pytest.param(one.args[1:], id=file.stem)
    for name, service, defined in services():
        if "healthcheck" in defined:
            yield pytest.param(defined["healthcheck"]["test"][1:], id=f"{name}: {service}")


@pytest.mark.parametrize("command", [*checks()])
def test_health_checks_tell_well_from_ill(command: list[str]) -> None:
    server = HTTPServer(("127.0.0.1", 0), Answering)
    Thread(target=server.serve_forever, daemon=True).start()
    there = [re.sub(r"127\.0\.0\.1([:/])\d+", rf"127.0.0.1\g<1>{server.server_port}", one)
             for one in command]  # fmt: skip
    assert there != command
    there[0] = sys.executable if there[0].startswith("python") else str(shutil.which(there[0]))

    def well() -> bool:
        return subprocess.run(there, capture_output=True, timeout=20, check=False).returncode == 0

    assert well()
    if "readyz" in there[-1] or "urlopen" in there[-1]:  # not the check that a port is open
        server.status = 503  # type: ignore[attr-defined]
        assert not well()
    server.shutdown()
    server.server_close()
    assert not well()


def test_every_profile_and_service_is_told_of() -> None:
    readme = (DOCKER / "README.md").read_text(encoding="utf-8")
    for name, service, defined in services():
        assert f"`{service}`" in readme, (name, service)
        for profile in defined.get("profiles", []):
            assert f"--profile {profile}" in readme or f"run --rm {service}" in readme
    for file in (*DOCKERFILES, *sorted(DOCKER.glob("*.yaml"))):
        assert Path(file).name in readme


def test_the_collection_of_the_readme_is_the_one_that_casewright_makes() -> None:
    (text,) = re.findall(
        r"```json\n(.*?)```", (DOCKER / "README.md").read_text(encoding="utf-8"), re.DOTALL
    )
    told = json.loads(text)
    with QdrantRest() as rest:
        connection = connect(ServerAddress(rest.url, "casewright", timeout=10), "a-home")
        with connection.reached():
            connection.make()
        connection.close()
    (made,) = (
        body
        for method, path, _, body in rest.requests
        if (method, path) == ("PUT", "/collections/casewright")
    )
    for part in ("vectors", "sparse_vectors", "hnsw_config"):
        assert told[part] == made[part]
    models.CreateCollection.model_validate(told)
