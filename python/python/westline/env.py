"""One world: a Gymnasium environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import gymnasium
import numpy as np

from ._westline import ENDINGS
from .arrays import ACTION_SPACE, OBSERVATION_SPACE, RENDER_MODES, Arrays

SEED_MAX = 2**63


class Env(gymnasium.Env[np.ndarray, np.ndarray]):
    """Drive a vehicle among traffic, 100 ms a step.

    map: path of a map (OpenDRIVE, OpenStreetMap, SUMO) or of a site's folder; made roads without.
    traffic: multiplies the traffic; 0 is an empty road.
    seed: of the first episode, if `reset` is given none. The same seed and actions give the same bytes.
    vehicle: name or path of a data sheet ("car", "minibus", "bus", ...).
    roads, road_seed: how many roads are made, and from what.
    time_limit_s: an episode is truncated then.
    reward: weights by name ("progress", "centring", "comfort", "smoothness", "distance", "failure").
    render_size: width and height of the picture, in pixels.

    The observation is described in `westline.FEATURES`. The action is [acceleration, steering], each from -1 to 1: 1 asks for
    3 m/s² and -1 for 8 m/s² of braking; steering is the share of the sharpest curve at this speed (5 m/s² of lateral
    acceleration, or what the wheels can turn), positive to the left. An episode terminates on a collision, off the lane or past a
    red light; it is truncated at the time limit and where the route ends. `info["ending"]` says which.
    """

    metadata = {"render_modes": RENDER_MODES, "render_fps": 10}

    def __init__(
        self,
        map: str | os.PathLike[str] | None = None,
        *,
        traffic: float = 1.0,
        seed: int | None = None,
        vehicle: str = "car",
        roads: int = 8,
        road_seed: int = 0,
        time_limit_s: float = 60.0,
        reward: Mapping[str, float] | None = None,
        render_mode: str | None = None,
        render_size: tuple[int, int] = (480, 640),
    ) -> None:
        self.render_mode = render_mode
        self.observation_space = OBSERVATION_SPACE
        self.action_space = ACTION_SPACE
        self._seed = seed
        self._arrays = Arrays(
            1,
            map=map,
            traffic=traffic,
            vehicle=vehicle,
            roads=roads,
            road_seed=road_seed,
            time_limit_s=time_limit_s,
            reward=reward,
            threads=1,
            same_step=False,
            render_mode=render_mode,
            render_size=render_size,
        )
        self._was_reset = False

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        if seed is None and not self._was_reset:
            seed = self._seed
        super().reset(seed=seed)
        if seed is None and not self._was_reset:
            seed = int(self.np_random.integers(SEED_MAX))
        self._arrays.reset(None if seed is None else [seed])
        self._was_reset = True
        return self._arrays.observations[0].copy(), {}

    def step(self, action: np.ndarray) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        arrays = self._arrays
        arrays.step(action)
        terminated, truncated = bool(arrays.terminated[0]), bool(arrays.truncated[0])
        info = {"ending": ENDINGS[arrays.endings[0]]} if terminated or truncated else {}
        return arrays.observations[0].copy(), float(arrays.rewards[0]), terminated, truncated, info

    def render(self) -> np.ndarray | None:
        """What is around the vehicle, from above: height × width × 3 bytes."""
        return self._arrays.picture(0) if self.render_mode == "rgb_array" else None
