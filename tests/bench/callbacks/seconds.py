"""Writes how long each task took, in the file that BENCH_SECONDS names."""

from __future__ import annotations

import json
import os
import time
from itertools import pairwise
from typing import TYPE_CHECKING

from ansible.plugins.callback import CallbackBase

if TYPE_CHECKING:
    from ansible.executor.stats import AggregateStats
    from ansible.playbook import Playbook
    from ansible.playbook.task import Task

DOCUMENTATION = """
name: seconds
type: aggregate
short_description: How long each task took
description: Writes names of tasks and their seconds as JSON.
"""


class CallbackModule(CallbackBase):  # type: ignore[misc] # ansible has no types
    """A line for each task, from its start to that of the next."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "seconds"

    def v2_playbook_on_start(self, playbook: Playbook) -> None:  # noqa: ARG002 - ansible's signature
        self._began: list[tuple[str, float]] = [("(start)", time.monotonic())]

    def v2_playbook_on_task_start(self, task: Task, is_conditional: bool) -> None:  # noqa: ARG002, FBT001 - ansible's signature
        self._began.append((task.get_name(), time.monotonic()))

    v2_playbook_on_handler_task_start = v2_playbook_on_cleanup_task_start = lambda self, task: (
        self.v2_playbook_on_task_start(task, is_conditional=False)
    )

    def v2_playbook_on_stats(self, stats: AggregateStats) -> None:  # noqa: ARG002 - ansible's signature
        began = [*self._began, ("", time.monotonic())]
        took = [(name, end - start) for (name, start), (_, end) in pairwise(began)]
        with open(os.environ["BENCH_SECONDS"], "w") as file:  # noqa: PTH123 - ansible gives a name
            json.dump(took, file)
