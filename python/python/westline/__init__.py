"""Learn to drive on real roads among traffic.

    import westline
    env = westline.Env(seed=1)
    observation, info = env.reset()

`Env` is one world, `VectorEnv` many that one call steps; both are Gymnasium environments, registered as
`westline/Drive-v0`. What the numbers of an observation mean, with units and bounds, is in `FEATURES`.
"""

import gymnasium

from ._westline import ENDINGS, FEATURES, Error
from .env import Env
from .vector import VectorEnv

__all__ = ["ENDINGS", "FEATURES", "Env", "Error", "VectorEnv"]

gymnasium.register(id="westline/Drive-v0", entry_point="westline:Env", vector_entry_point="westline:VectorEnv")
