"""Steps a second on one core, beside a peer: `python tests/bench.py` (needs `pip install highway-env` for the peer).

Each figure is the median of several rounds of processor time, taken in turn, because a busy machine slows all alike. Both drive with
traffic around them, ours by a lane-keeping driver, the peer straight on at its speed; both begin anew where an episode ends, and what
that costs counts. `highway-env` steps at 10 Hz of decisions with its own simulation at 10 Hz, its kinematics observation and its continuous actions,
20 vehicles on the road, so that a step is 100 ms of both.
"""

import statistics
import time

import numpy as np

import westline
from test_environment import drive

ROUNDS = 5


def ours(num_envs, steps, **options):
    env = westline.VectorEnv(num_envs, seed=1, copy=False, **options)
    observations, _ = env.reset()
    for _ in range(200):
        observations, *_ = env.step(drive(observations))
    actions = np.zeros((num_envs, 2), dtype=np.float32)

    def play():
        nonlocal observations
        spent = 0.0
        for _ in range(steps // num_envs):
            actions[...] = drive(observations)
            begun = time.process_time()
            observations, *_ = env.step(actions)
            spent += time.process_time() - begun
        return steps / spent

    return play


def single(steps):
    env = westline.Env(seed=1)
    observation, _ = env.reset()

    def play():
        nonlocal observation
        spent = 0.0
        for _ in range(steps):
            action = drive(observation)
            begun = time.process_time()
            observation, _, terminated, truncated, _ = env.step(action)
            if terminated or truncated:
                observation, _ = env.reset()
            spent += time.process_time() - begun
        return steps / spent

    return play


def peer(steps):
    import gymnasium
    import highway_env  # noqa: F401, registers its environments

    env = gymnasium.make(
        "highway-v0",
        config={
            "action": {"type": "ContinuousAction"},
            "vehicles_count": 20,
            "simulation_frequency": 10,
            "policy_frequency": 10,
            "duration": 60,
        },
    ).unwrapped
    env.reset(seed=1)

    def play():
        spent = 0.0
        for _ in range(steps):
            begun = time.process_time()
            _, _, terminated, truncated, _ = env.step(np.zeros(2, dtype=np.float32))
            if terminated or truncated:
                env.reset()
            spent += time.process_time() - begun
        return steps / spent

    return play


def main():
    rows = {
        "VectorEnv(64)": ours(64, 64_000),
        "VectorEnv(64), no traffic": ours(64, 64_000, traffic=0.0),
        "Env": single(10_000),
    }
    try:
        rows["highway-env, highway-v0"] = peer(300)
    except ImportError as error:
        print(f"the peer is left out: {error}")
    figures = {name: [] for name in rows}
    for _ in range(ROUNDS):
        for name, play in rows.items():
            figures[name].append(play())
    print(f"{'steps a second, one core':<28} {'median':>10} {'least':>10} {'most':>10}")
    for name, values in figures.items():
        print(f"{name:<28} {statistics.median(values):>10.0f} {min(values):>10.0f} {max(values):>10.0f}")


if __name__ == "__main__":
    main()
