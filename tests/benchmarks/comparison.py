"""Two things measured in turn, pair by pair, so that what else the machine does falls on both alike."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from tests.benchmarks.memory_walk import MemoryWalk
from tests.benchmarks.report import Verdict

Spent = Callable[[], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """Something to measure: `run` does it so many times, `spent` says how much CPU has gone into it so far."""

    run: Callable[[int], None]
    spent: Spent


@dataclass(frozen=True, slots=True)
class Cost:
    """What one journey cost: CPU and elapsed time, in milliseconds."""

    cpu: float
    elapsed: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Medians over the pairs, and the ratio of the least that each has cost: what others take only adds.

    `memory` is what a step through it cost meanwhile (memory_walk.py).
    """

    cpu: float
    other_cpu: float
    cpu_ratio: float
    elapsed_ratio: float
    lowest: float
    highest: float
    of_the_least: float
    memory: float
    pairs: int

    def verdict(self, what: str, bound: float | None, *, aim: float | None = None) -> Verdict:
        """What is to be said of it."""
        return Verdict(
            what=what,
            measured=self.cpu_ratio,
            bound=bound,
            unit="x",
            aim=aim,
            detail=f"{self.lowest:.2f} to {self.highest:.2f} in {self.pairs} pairs, "
            f"{self.of_the_least:.2f} of the least; "
            f"CPU {self.cpu:.2f} and {self.other_cpu:.2f} ms; throughput {1 / self.elapsed_ratio:.2f} of its; "
            f"memory {self.memory:.1f}",
        )


def compare(one: Side, other: Side, *, pairs: int, count: int) -> Comparison:
    """Measure `one` and `other`, `count` times each, in `pairs` pairs; which goes first alternates."""
    for side in (one, other):
        side.run(count)
    walk = MemoryWalk()
    costs, slowdowns = [], []
    for pair in range(pairs):
        slowdowns.append(walk.slowdown())
        first, second = (one, other) if pair % 2 == 0 else (other, one)
        measured = {id(side): _cost(side, count) for side in (first, second)}
        costs.append((measured[id(one)], measured[id(other)]))
    ratios = sorted(of_one.cpu / of_other.cpu for of_one, of_other in costs)
    return Comparison(
        cpu=median(of_one.cpu for of_one, _ in costs),
        other_cpu=median(of_other.cpu for _, of_other in costs),
        cpu_ratio=median(ratios),
        elapsed_ratio=median(of_one.elapsed / of_other.elapsed for of_one, of_other in costs),
        lowest=ratios[0],
        highest=ratios[-1],
        of_the_least=min(of_one.cpu for of_one, _ in costs) / min(of_other.cpu for _, of_other in costs),
        memory=median(slowdowns),
        pairs=pairs,
    )


def _cost(side: Side, count: int) -> Cost:
    spent, began = side.spent(), time.monotonic()
    side.run(count)
    return Cost((side.spent() - spent) / count * 1e3, (time.monotonic() - began) / count * 1e3)
