"""The job engine, DBOS: the only module that imports it.

A job is a workflow: a function whose steps are recorded, so that another process can go on after the last one that was.
A step may run twice, when a process dies between doing and recording; steps are written so that this changes nothing.
The engine keeps records of its own: a SQLite file beside ours, or a schema of the same PostgreSQL database.
It needs no account and no network: its admin server and telemetry stay off.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from dbos import DBOS, DBOSConfig, EnqueueOptions, Serializer

from issuer.jobs import TRANSIENT
from issuer.jobs.engine_store import SCHEMA, open_engine

QUEUES: Final[Mapping[str, int]] = MappingProxyType({"batches": 2, "tasks": 4})
"""Queues, and how many jobs of each a process runs at once. Batches have their own, so that nothing waits for them. Two
at once: a small one need not wait for a large one, and one reads while the other waits for the database."""
POLL_SECONDS: Final = 1.0
"""How often a process looks for jobs: what a person who waits for a batch does not notice."""
RETRY_SECONDS: Final = (0.5, 1, 2, 5, 10, 30)
"""Pauses before a step is tried again that failed for reasons outside; then the last one for ever."""
VERSION: Final = "1"
"""What the recorded steps mean. A process leaves the unfinished jobs of another version alone."""

_JOB: Final = "job"
"""The one workflow that the engine knows; its first argument is the kind of job."""
_log: Final = logging.getLogger(__name__)


class Stopping(BaseException):
    """This process ends. Not an `Exception`: the engine must not record it, so that the job goes on elsewhere."""


class Steps:
    """What a job has in hand while it runs. `name` is its own name, the same when it is taken up again."""

    def __init__(self, name: str, stop: threading.Event) -> None:
        self.name = name
        self._stop = stop

    def do(self, name: str, function: Callable[..., Any], *arguments: Any) -> Any:
        """Run a step and return what it returned, a JSON value; recorded, so that it is not run again.

        An error of `TRANSIENT` is waited out. Any other ends the job.
        """
        return DBOS.run_step({"name": name}, self._patiently, function, *arguments)

    def spawn(self, queue: str, kind: str, arguments: Mapping[str, Any]) -> None:
        """Order another job, once, however often this one is taken up again."""
        DBOS.enqueue_workflow_with_options(_options(queue), kind, dict(arguments))

    def _patiently(self, function: Callable[..., Any], *arguments: Any) -> Any:
        tries = 0
        while not self._stop.is_set():
            try:
                return function(*arguments)
            except TRANSIENT as error:
                _log.warning("job %s waits: %s", self.name, error.code)
                self._stop.wait(RETRY_SECONDS[min(tries, len(RETRY_SECONDS) - 1)])
                tries += 1
        raise Stopping


Job = Callable[[Steps, Mapping[str, Any]], None]
"""Carries out one kind of job with its arguments."""


@dataclass(frozen=True, slots=True)
class JobKind:
    """A kind of job: the queue that it waits in, and what it does."""

    queue: str
    run: Job


class Engine:
    """The engine of this process; there is one per process. `kinds` are all jobs that it knows, by name."""

    def __init__(self, url: str, executor: str, kinds: Mapping[str, JobKind]) -> None:
        self._executor = executor
        self._kinds = kinds
        self._url = url
        self._stop = threading.Event()
        self._running = threading.Condition()
        self._count = 0

    def start(self) -> None:
        """Begin to work on jobs."""
        self._store = open_engine(self._url)
        quiet()
        DBOS(config=self._config())
        DBOS.workflow(name=_JOB, max_recovery_attempts=None)(self._job())
        DBOS.launch()
        for name, limit in QUEUES.items():
            DBOS.register_queue(
                name, worker_concurrency=limit, polling_interval_sec=POLL_SECONDS, on_conflict="always_update"
            )

    def enqueue(self, name: str, kind: str, arguments: Mapping[str, Any]) -> None:
        """Order a job under a name. The same name again, from whichever process, changes nothing."""
        queue = self._kinds[kind].queue
        options = _options(queue)
        options["workflow_id"] = name
        DBOS.enqueue_workflow_with_options(options, kind, dict(arguments))

    def enqueue_single(self, key: str, kind: str, arguments: Mapping[str, Any]) -> None:
        """Order a job unless one with this key waits or runs, in whichever process."""
        options = _options(self._kinds[kind].queue)
        options["deduplication_id"] = key
        options["duplication_policy"] = "return-existing"
        DBOS.enqueue_workflow_with_options(options, kind, dict(arguments))

    def recover(self, living: Collection[str]) -> int:
        """Take up the jobs of processes that are not among the living; return how many of these there were."""
        running = DBOS.list_workflows(status="PENDING", load_input=False, load_output=False)
        gone = {job.executor_id for job in running if job.executor_id} - set(living)
        if gone:
            DBOS._recover_pending_workflows(sorted(gone))
        return len(gone)

    def forget(self, before: datetime) -> int:
        """Remove the records of jobs that ended before then, and return how many, a thousand at most."""
        ended = DBOS.list_workflows(
            status=["SUCCESS", "ERROR", "CANCELLED"],
            end_time=before.isoformat(),
            limit=1_000,
            load_input=False,
            load_output=False,
        )
        if ended:
            DBOS.delete_workflows([job.workflow_id for job in ended])
        return len(ended)

    def stop(self, seconds: float) -> None:
        """End: no new step begins, steps under way get `seconds`, and other processes may take up the rest."""
        self._stop.set()
        with self._running:
            self._running.wait_for(lambda: self._count == 0, timeout=seconds)
        DBOS.destroy(destroy_registry=True)
        self._store.dispose()

    def _job(self) -> Callable[[str, dict[str, Any]], None]:
        def job(kind: str, arguments: dict[str, Any]) -> None:
            self._counted(1)
            try:
                self._kinds[kind].run(Steps(str(DBOS.workflow_id), self._stop), arguments)
            finally:
                self._counted(-1)

        return job

    def _counted(self, change: int) -> None:
        with self._running:
            self._count += change
            self._running.notify_all()

    def _config(self) -> DBOSConfig:
        return {
            "name": "microcred",
            "application_version": VERSION,
            "executor_id": self._executor,
            "system_database_url": self._url,
            "system_database_engine": self._store,
            "dbos_system_schema": SCHEMA,
            "serializer": _Json(),
            "enable_otlp": False,
            "log_level": "WARNING",
            "scheduler_polling_interval_sec": 3_600.0,
        }


def _options(queue: str) -> EnqueueOptions:
    return {"workflow_name": _JOB, "queue_name": queue, "app_version": VERSION}


class _Json(Serializer):
    """Arguments and results as JSON: what is read back from the database must not be able to run code."""

    def serialize(self, data: Any) -> str:
        return json.dumps(data, default=_error)

    def deserialize(self, serialized_data: str) -> Any:
        value = json.loads(serialized_data)
        return RuntimeError(value["error"]) if isinstance(value, dict) and set(value) == {"error"} else value

    def name(self) -> str:
        return "json"


def _error(value: object) -> dict[str, str]:
    """An error by its class only: its text may hold what a learner's report says."""
    if isinstance(value, BaseException):
        return {"error": type(value).__name__}
    raise TypeError(f"{type(value).__name__} is not JSON")


def quiet() -> None:
    """Let the engine log through our handlers, and without traces: they may hold what a learner's report says."""
    logger = logging.getLogger("dbos")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())  # else it would add one of its own
    logger.propagate = True
    if not any(isinstance(item, _WithoutTrace) for item in logger.filters):
        logger.addFilter(_WithoutTrace())


class _WithoutTrace(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and record.exc_info[0] is not None:
            record.msg = f"{record.msg} ({record.exc_info[0].__name__})"
            record.exc_info = None
        return True
