"""Many worlds that one call steps: a Gymnasium vector environment."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv as GymnasiumVectorEnv
from gymnasium.vector.utils import batch_space

from ._westline import ENDINGS
from .arrays import ACTION_SPACE, OBSERVATION_SPACE, RENDER_MODES, Arrays
from .env import SEED_MAX


class VectorEnv(GymnasiumVectorEnv[np.ndarray, np.ndarray, np.ndarray]):
    """`num_envs` worlds of `Env`, with its options. World i of a seed is `Env` with seed + i, byte by byte.

    threads: to step them with; no byte depends on it.
    autoreset_mode: `AutoresetMode.NEXT_STEP` begins a new episode at the step after the last (its action is not used, its reward is
        0), `SAME_STEP` in the same step, with the last observation in `infos["final_obs"]`.
    copy: give copies of observations, rewards and flags; without, the arrays themselves, which the next step writes over.

    Where an episode ended, `infos["ending"]` says how, as in `Env`, and `infos["_ending"]` where.
    """

    def __init__(
        self,
        num_envs: int = 1,
        map: str | os.PathLike[str] | None = None,
        *,
        traffic: float = 1.0,
        seed: int | None = None,
        vehicle: str = "car",
        roads: int = 8,
        road_seed: int = 0,
        time_limit_s: float = 60.0,
        reward: Mapping[str, float] | None = None,
        threads: int = 1,
        autoreset_mode: AutoresetMode = AutoresetMode.NEXT_STEP,
        copy: bool = True,
        render_mode: str | None = None,
        render_size: tuple[int, int] = (480, 640),
    ) -> None:
        self.autoreset_mode = AutoresetMode(autoreset_mode)
        if self.autoreset_mode not in (AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP):
            raise ValueError(f"`autoreset_mode` is `{autoreset_mode}`\nhint: `NEXT_STEP` or `SAME_STEP`")
        self.metadata = {"render_modes": RENDER_MODES, "render_fps": 10, "autoreset_mode": self.autoreset_mode}
        self.num_envs = num_envs
        self.render_mode = render_mode
        self.single_observation_space = OBSERVATION_SPACE
        self.single_action_space = ACTION_SPACE
        self._seed = seed
        self._copy = copy
        self._arrays = Arrays(
            num_envs,
            map=map,
            traffic=traffic,
            vehicle=vehicle,
            roads=roads,
            road_seed=road_seed,
            time_limit_s=time_limit_s,
            reward=reward,
            threads=threads,
            same_step=self.autoreset_mode is AutoresetMode.SAME_STEP,
            render_mode=render_mode,
            render_size=render_size,
        )
        self.observation_space = batch_space(OBSERVATION_SPACE, num_envs)
        self.action_space = batch_space(ACTION_SPACE, num_envs)
        self._was_reset = False

    def reset(
        self, *, seed: int | Sequence[int] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        if seed is None and not self._was_reset:
            seed = self._seed
        super().reset(seed=seed if isinstance(seed, int) else None)
        if seed is None and not self._was_reset:
            seed = int(self.np_random.integers(SEED_MAX))
        if isinstance(seed, (int, np.integer)):
            seed = [int(seed) + index for index in range(self.num_envs)]
        self._arrays.reset(None if seed is None else [int(each) for each in seed])
        self._was_reset = True
        return self._given(self._arrays.observations), {}

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        arrays = self._arrays
        arrays.step(actions)
        return (
            self._given(arrays.observations),
            self._given(arrays.rewards),
            self._given(arrays.terminated),
            self._given(arrays.truncated),
            self._infos(),
        )

    def render(self) -> tuple[np.ndarray, ...] | None:
        """What is around each vehicle, from above: height × width × 3 bytes each."""
        if self.render_mode != "rgb_array":
            return None
        return tuple(self._arrays.picture(index) for index in range(self.num_envs))

    def _given(self, array: np.ndarray) -> np.ndarray:
        return array.copy() if self._copy else array

    def _infos(self) -> dict[str, Any]:
        endings = self._arrays.endings
        ended = endings >= 0
        if not ended.any():
            return {}
        names = np.full(self.num_envs, None, dtype=object)
        final = np.full(self.num_envs, None, dtype=object)
        same_step = self.autoreset_mode is AutoresetMode.SAME_STEP
        for index in np.flatnonzero(ended):
            names[index] = ENDINGS[endings[index]]
            if same_step:
                final[index] = self._arrays.last_observation(int(index))
        infos: dict[str, Any] = {"ending": names, "_ending": ended}
        if same_step:
            infos |= {"final_obs": final, "_final_obs": ended.copy()}
        return infos
