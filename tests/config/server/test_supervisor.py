"""`idp serve` keeps serving through a reload, and when any of its processes is killed."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from config.redis.embedded import answers, socket_path
from idp.settings import Settings
from tests.ports import free_port
from tests.processes import command_of, is_alive, until, until_ready, wait_until_ended

pytestmark = pytest.mark.slow

GRANIAN_WAITS = 30  # seconds, for a worker that does not end

SUPERVISOR = """
import os
import sys
from dataclasses import replace
from config.server.service import ServiceProcesses
from config.server.supervisor import serve
from idp.settings import Settings
service = ServiceProcesses.of("idp", Settings)
jobs = (sys.executable, "-c", "import signal; signal.pause()")
service = replace(service, application=sys.argv[1], jobs=jobs)
sys.exit(serve(Settings.load(), service, web_environment=os.environ | {"FOR_THE_WEB_SERVER": "1"}))
"""
TINY = "tests.config.server.tiny_application:application"


class Served:
    """A running supervisor."""

    def __init__(self, folder: Path, web_server: str, *, port: int, application: str = TINY) -> None:
        self.port = port
        variables = {
            "POTERNE_ENVIRONMENT": "development",
            "POTERNE_ISSUER": f"http://127.0.0.1:{self.port}",
            "POTERNE_PORT": str(self.port),
            "POTERNE_DATA_FOLDER": str(folder),
            "POTERNE_MAIL_TRANSPORT": "folder",
            "POTERNE_WEB_SERVER": web_server,
        }
        self.settings: Settings = Settings.load(environment=variables)
        self.errors = (folder / "errors.log").open("w+b")
        self.process = subprocess.Popen([sys.executable, "-c", SUPERVISOR, application], env=os.environ | variables,
                                        stderr=self.errors, stdout=self.errors)  # fmt: skip

    def answer(self, path: str = "/") -> str | None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", path, headers={"Connection": "close"})
            return connection.getresponse().read().decode()
        except OSError:
            return None
        finally:
            connection.close()

    def family(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def child(self, word: str) -> psutil.Process:
        """The one child whose command has this word, as soon as there is one."""

        def living() -> list[psutil.Process]:
            children = psutil.Process(self.process.pid).children()
            return [child for child in children if word in command_of(child) and is_alive(child)]

        [found] = until(living, what=word)
        return found

    def stop(self) -> int:
        self.process.terminate()
        return self.ended()

    def ended(self) -> int:
        status = self.process.wait(60)
        self.errors.close()
        return status


@pytest.fixture(params=["granian", "gunicorn"])
def served(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Served]:
    served = Served(tmp_path, request.param, port=free_port())
    until_ready(served.process, served.answer, log=tmp_path / "errors.log")
    yield served
    if served.process.poll() is None:
        served.stop()


def test_only_the_web_server_gets_the_variables_of_the_web_server(served: Served) -> None:
    given = [
        "FOR_THE_WEB_SERVER=1" in Path(f"/proc/{served.child(word).pid}/environ").read_text()
        for word in ("config.server.web", "signal.pause")
    ]
    assert given == [True, False]


def test_a_reload_replaces_every_worker_and_drops_no_request(served: Served) -> None:
    redis = served.child("redis").pid
    before = {psutil.Process(int(worker)) for _ in range(50) if (worker := served.answer())}
    old = {str(worker.pid) for worker in before}
    over = threading.Event()

    def ask_again_and_again(path: str, answered: list[str | None]) -> None:
        while not over.is_set():
            answered.append(served.answer(path))

    heard: list[list[str | None]] = [[] for _ in range(20)]
    visitors = [
        threading.Thread(target=ask_again_and_again, args=["/slow" if number % 5 == 0 else "/", answered])
        for number, answered in enumerate(heard)
    ]
    for visitor in visitors:
        visitor.start()
    until(lambda: all(heard), what="an answer to each visitor")
    served.process.send_signal(signal.SIGHUP)
    wait_until_ended(before)
    until(lambda: all(answered[-1] not in old for answered in heard), what="an answer to each by a new worker")
    over.set()
    for visitor in visitors:
        visitor.join()
    assert not any(None in answered for answered in heard)
    assert served.child("redis").pid == redis


@pytest.mark.parametrize("web_server", ["granian", "gunicorn"])
def test_a_reload_reads_the_settings_again(tmp_path: Path, web_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = tmp_path / "settings.toml"
    settings.write_text('region = "Avant"')
    monkeypatch.setenv("POTERNE_SETTINGS", str(settings))
    served = Served(tmp_path, web_server, port=free_port(), application="idp.wsgi:application")
    try:
        until(lambda: "Avant" in (served.answer() or ""))
        settings.write_text('region = "Maintenant"')
        served.process.send_signal(signal.SIGHUP)

        until(lambda: all("Maintenant" in (served.answer() or "") for _ in range(20)))
    finally:
        served.stop()


def test_a_worker_that_is_killed_is_replaced(served: Served) -> None:
    killed = served.answer()
    assert killed is not None
    os.kill(int(killed), signal.SIGKILL)
    until(lambda: served.answer() not in (None, killed))
    until(lambda: len({answer for _ in range(50) if (answer := served.answer())}) >= 2)


def test_a_child_that_is_killed_is_started_again(served: Served) -> None:
    for word in ("redis-server", "config.server.web", "signal.pause"):  # the last is the jobs
        killed = served.child(word)
        killed.kill()
        wait_until_ended([killed])
        assert served.child(word) != killed
        until(lambda: served.answer() and answers(socket_path(served.settings)))


def test_sigterm_answers_the_requests_in_hand_and_leaves_no_process(served: Served, tmp_path: Path) -> None:
    family = served.family()
    answer: list[str | None] = []
    visitor = threading.Thread(target=lambda: answer.append(served.answer(f"/held?{tmp_path}")))
    visitor.start()
    until((tmp_path / "begun").exists)
    served.process.terminate()
    (tmp_path / "go on").touch()
    visitor.join()
    assert answer != [None]
    assert served.ended() == 0
    wait_until_ended(family)


@pytest.mark.skipif(sys.platform != "linux", reason="PDEATHSIG is Linux's")
def test_a_killed_supervisor_leaves_no_process(served: Served) -> None:
    family = served.family()
    served.process.kill()
    served.process.wait()
    served.errors.close()
    wait_until_ended(family)


def test_workers_killed_repeatedly_lose_only_the_requests_in_hand(
    served: Served,
) -> None:
    """No request is in hand when a worker dies here; requests that arrive meanwhile wait at the socket."""
    web = served.child("config.server.web")
    for _ in range(6):
        killed = served.answer()
        assert killed is not None
        os.kill(int(killed), signal.SIGKILL)
        assert [served.answer() for _ in range(20)].count(None) == 0
    workers = [worker for worker in web.children() if is_alive(worker)]
    for worker in workers:
        worker.kill()
    assert served.answer() is not None, "with no worker at all"
    until(lambda: len([worker for worker in web.children() if is_alive(worker)]) == 2)
    assert served.child("config.server.web") == web
    assert served.process.poll() is None


def test_the_socket_outlives_the_web_server(served: Served) -> None:
    killed = served.child("config.server.web")
    family = [killed, *killed.children()]
    for process in family:
        process.kill()
    assert served.answer() is not None
    assert served.child("config.server.web") != killed


def test_a_reload_that_cannot_start_keeps_the_running_web_server(tmp_path: Path) -> None:
    application = tmp_path / "changing.py"
    application.write_text("from tests.config.server.tiny_application import application as application\n")
    with pytest.MonkeyPatch.context() as changed:
        changed.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), str(Path.cwd())]))
        served = Served(tmp_path, "granian", port=free_port(), application="changing:application")
    try:
        until(served.answer)
        application.write_text("raise RuntimeError('this cannot be loaded')\n")
        served.process.send_signal(signal.SIGHUP)
        until(lambda: b"the previous one keeps serving" in (tmp_path / "errors.log").read_bytes())
        assert [served.answer() for _ in range(10)].count(None) == 0
    finally:
        served.stop()


@pytest.mark.parametrize("shares", [False, True])
def test_a_port_in_use_is_reported_at_once(tmp_path: Path, *, shares: bool) -> None:
    """The port is not shared either (SO_REUSEPORT): two installations would answer in turn."""
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, shares)
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        served = Served(tmp_path, "granian", port=taken.getsockname()[1])
        assert served.process.wait(60) == 1
    served.errors.seek(0)
    assert f"Cannot listen on 127.0.0.1:{served.port}: Address already in use".encode() in served.errors.read()
    served.errors.close()


def test_the_identity_provider_is_ready_again_after_each_of_its_processes_was_killed(tmp_path: Path) -> None:
    served = Served(tmp_path, "granian", port=free_port(), application="idp.wsgi:application")

    def ready() -> bool:
        return "ready" in (served.answer("/health/ready") or "")

    until(ready)
    for word in ("redis-server", "config.server.web"):
        killed = served.child(word)
        killed.kill()
        wait_until_ended([killed])
        until(ready)
    workers = served.child("config.server.web").children()
    for worker in workers:
        worker.kill()
    wait_until_ended(workers)
    until(ready)
    assert served.stop() == 0


def test_a_worker_that_is_still_loading_ends_at_sigterm(tmp_path: Path) -> None:
    """The signal handlers of the parent, which do nothing, must not be inherited."""
    (tmp_path / "loads_for_ever.py").write_text("import signal\nprint('loading', flush=True)\nsignal.pause()\n")
    with pytest.MonkeyPatch.context() as changed:
        changed.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), str(Path.cwd())]))
        served = Served(tmp_path, "granian", port=free_port(), application="loads_for_ever:application")
    until(lambda: (tmp_path / "errors.log").read_bytes().count(b"loading") == 2)
    began = time.monotonic()
    assert served.stop() == 0
    assert time.monotonic() - began < GRANIAN_WAITS
