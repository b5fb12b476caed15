"""The compiled half; use `westline.Env` and `westline.VectorEnv`."""

from typing import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

FEATURES: list[tuple[str, float, float, str]]
"""Name with unit, least value, greatest value and meaning of each number of an observation, in order."""

ENDINGS: list[str]
"""How an episode may end: "collision", "off_lane", "red_light" (terminated), "time_limit", "route_end" (truncated)."""

class Error(ValueError):
    """What is wrong with a map, an option or a vehicle, and how to mend it."""

class Worlds:
    """Worlds side by side, stepped on arrays in place."""

    def __init__(
        self,
        *,
        map: str | None,
        roads: int,
        road_seed: int,
        vehicle: str,
        traffic: float,
        time_limit_s: float,
        reward: Mapping[str, float] | None,
        count: int,
        threads: int,
        same_step: bool,
    ) -> None: ...
    def reset(self, seeds: Sequence[int] | None, observations: NDArray[np.float32]) -> None: ...
    def step(
        self,
        actions: NDArray[np.float32],
        observations: NDArray[np.float32],
        rewards: NDArray[np.float64],
        terminated: NDArray[np.bool_],
        truncated: NDArray[np.bool_],
        endings: NDArray[np.int8],
    ) -> None: ...
    def last_observation(self, index: int) -> bytes: ...
    def picture(self, index: int, width: int, height: int) -> bytes: ...
