"""What one world and many have in common: spaces, options, and the arrays that are stepped in place."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import gymnasium
import numpy as np

from ._westline import FEATURES, Worlds

OBSERVATION_SPACE = gymnasium.spaces.Box(
    low=np.array([low for _, low, _, _ in FEATURES], dtype=np.float32),
    high=np.array([high for _, _, high, _ in FEATURES], dtype=np.float32),
    dtype=np.float32,
)
ACTION_SPACE = gymnasium.spaces.Box(low=-1.0, high=1.0, shape=(2,), dtype=np.float32)
RENDER_MODES = ["rgb_array"]


class Arrays:
    """Worlds with their arrays: what `step` writes stays in place until the next one."""

    def __init__(
        self,
        count: int,
        *,
        map: str | os.PathLike[str] | None,
        traffic: float,
        vehicle: str,
        roads: int,
        road_seed: int,
        time_limit_s: float,
        reward: Mapping[str, float] | None,
        threads: int,
        same_step: bool,
        render_mode: str | None,
        render_size: tuple[int, int],
    ) -> None:
        if render_mode is not None and render_mode not in RENDER_MODES:
            raise ValueError(f"`render_mode` is `{render_mode}`, expected `rgb_array` or None\nhint: show the array yourself")
        self.worlds = Worlds(
            map=None if map is None else os.fspath(map),
            roads=roads,
            road_seed=road_seed,
            vehicle=vehicle,
            traffic=traffic,
            time_limit_s=time_limit_s,
            reward=None if reward is None else dict(reward),
            count=count,
            threads=threads,
            same_step=same_step,
        )
        self.render_size = render_size
        self.observations = np.zeros((count, len(FEATURES)), dtype=np.float32)
        self.actions = np.zeros((count, 2), dtype=np.float32)
        self.rewards = np.zeros(count, dtype=np.float64)
        self.terminated = np.zeros(count, dtype=np.bool_)
        self.truncated = np.zeros(count, dtype=np.bool_)
        self.endings = np.full(count, -1, dtype=np.int8)

    def reset(self, seeds: Sequence[int] | None) -> None:
        self.worlds.reset(seeds, self.observations)

    def step(self, actions: Any) -> None:
        self.actions[...] = actions
        self.worlds.step(
            self.actions, self.observations, self.rewards, self.terminated, self.truncated, self.endings
        )

    def last_observation(self, index: int) -> np.ndarray:
        return np.frombuffer(self.worlds.last_observation(index), dtype=np.float32).copy()

    def picture(self, index: int) -> np.ndarray:
        width, height = self.render_size
        return np.frombuffer(self.worlds.picture(index, width, height), dtype=np.uint8).reshape(height, width, 3).copy()
