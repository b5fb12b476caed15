"""Learns to keep a lane and a distance in minutes on a CPU: `python examples/learn_lane_keeping.py`.

Proximal policy optimisation (Schulman et al. 2017) in one file in the manner of CleanRL, with numpy alone: two small networks, their
gradients by hand, Adam. Prints a row a while, and with `--curve FILE.png` draws what it learned (needs matplotlib). `--save FILE.npz`
keeps the policy.
"""

import argparse
import time

import numpy as np
from gymnasium.vector import AutoresetMode

import westline

HIDDEN = 64


class Network:
    """Two hidden layers of tanh; forward, and backward to the gradients of its weights."""

    def __init__(self, luck, inputs, outputs, last_scale):
        sizes = [inputs, HIDDEN, HIDDEN, outputs]
        scales = [1.0, 1.0, last_scale]
        self.parameters = []
        for rows, columns, scale in zip(sizes, sizes[1:], scales):
            weights = luck.normal(0.0, scale / np.sqrt(rows), (rows, columns)).astype(np.float32)
            self.parameters += [weights, np.zeros(columns, dtype=np.float32)]

    def forward(self, x):
        w1, b1, w2, b2, w3, b3 = self.parameters
        self.x, self.h1 = x, np.tanh(x @ w1 + b1)
        self.h2 = np.tanh(self.h1 @ w2 + b2)
        return self.h2 @ w3 + b3

    def backward(self, d3):
        _, _, w2, _, w3, _ = self.parameters
        d2 = (d3 @ w3.T) * (1.0 - self.h2**2)
        d1 = (d2 @ w2.T) * (1.0 - self.h1**2)
        return [self.x.T @ d1, d1.sum(0), self.h1.T @ d2, d2.sum(0), self.h2.T @ d3, d3.sum(0)]


class Adam:
    def __init__(self, parameters):
        self.parameters, self.steps = parameters, 0
        self.mean = [np.zeros_like(p) for p in parameters]
        self.square = [np.zeros_like(p) for p in parameters]

    def step(self, gradients, rate, norm_max=0.5):
        norm = np.sqrt(sum((g**2).sum() for g in gradients))
        scale = min(1.0, norm_max / (norm + 1e-8))
        self.steps += 1
        for p, g, mean, square in zip(self.parameters, gradients, self.mean, self.square):
            g = g * scale
            mean += 0.1 * (g - mean)
            square += 0.001 * (g**2 - square)
            p -= rate * (mean / (1 - 0.9**self.steps)) / (np.sqrt(square / (1 - 0.999**self.steps)) + 1e-8)


class Policy:
    """A Gaussian about the actor's mean, whose spread is learned as well; and the critic's value."""

    def __init__(self, luck, space):
        self.middle, self.half = (space.high + space.low) / 2, (space.high - space.low) / 2
        # What is mostly near zero, and small beside its bounds, would hardly be seen.
        for place, (name, *_) in enumerate(westline.FEATURES):
            if "curvature" in name:
                self.half[place] = 0.03
            elif name in ("lane_offset_m", "heading_error_rad", "steering_angle_rad", "yaw_rate_rad_per_s"):
                self.half[place] = {"lane_offset_m": 1.0, "heading_error_rad": 0.2}.get(name, 0.2)
            elif name == "acceleration_mps2":
                self.half[place] = 3.0
            elif "speed_mps" in name and "_" in name and name != "speed_mps":
                self.half[place] = 10.0
        self.actor = Network(luck, space.shape[0], 2, 0.01)
        self.critic = Network(luck, space.shape[0], 1, 1.0)
        self.log_spread = np.full(2, -0.7, dtype=np.float32)
        self.parameters = [*self.actor.parameters, *self.critic.parameters, self.log_spread]

    def seen(self, observations):
        return np.clip((observations - self.middle) / self.half, -3.0, 3.0)

    def mean(self, observations):
        return self.actor.forward(self.seen(observations))


def log_probability(actions, mean, log_spread):
    return (-0.5 * ((actions - mean) / np.exp(log_spread)) ** 2 - log_spread - 0.919).sum(-1)


def learn(steps, num_envs, seed, traffic, report):
    luck = np.random.default_rng(seed)
    env = westline.VectorEnv(num_envs, seed=seed, traffic=traffic, copy=True, autoreset_mode=AutoresetMode.SAME_STEP)
    policy = Policy(luck, env.single_observation_space)
    adam = Adam(policy.parameters)
    horizon, epochs, parts, discount, decay, clip, rate = 128, 4, 4, 0.99, 0.95, 0.2, 1e-3
    updates = max(1, steps // (horizon * num_envs))
    observations, _ = env.reset()
    returns, lengths = np.zeros(num_envs), np.zeros(num_envs, dtype=int)
    rows, began, stepping_s = [], time.process_time(), 0.0
    for update in range(updates):
        seen = np.zeros((horizon, num_envs, observations.shape[1]), dtype=np.float32)
        actions = np.zeros((horizon, num_envs, 2), dtype=np.float32)
        logs, rewards, values, over = (np.zeros((horizon, num_envs), dtype=np.float32) for _ in range(4))
        finished = []
        for t in range(horizon):
            seen[t] = policy.seen(observations)
            mean = policy.actor.forward(seen[t])
            values[t] = policy.critic.forward(seen[t])[:, 0]
            actions[t] = mean + np.exp(policy.log_spread) * luck.standard_normal(mean.shape, dtype=np.float32)
            logs[t] = log_probability(actions[t], mean, policy.log_spread)
            stepped = time.process_time()
            observations, reward, terminated, truncated, infos = env.step(np.clip(actions[t], -1.0, 1.0))
            stepping_s += time.process_time() - stepped
            returns += reward
            lengths += 1
            rewards[t], over[t] = reward, terminated | truncated
            for index in np.flatnonzero(over[t]):
                finished.append((returns[index], lengths[index], infos["ending"][index]))
                returns[index], lengths[index] = 0.0, 0
                if truncated[index]:
                    # Time was over, not the drive: what would have come is worth what the critic says.
                    last = policy.seen(infos["final_obs"][index])[None]
                    rewards[t, index] += discount * policy.critic.forward(last)[0, 0]
        advantages, later, next_value = np.zeros_like(rewards), 0.0, policy.critic.forward(policy.seen(observations))[:, 0]
        for t in reversed(range(horizon)):
            goes_on = 1.0 - over[t]
            later = rewards[t] + discount * next_value * goes_on - values[t] + discount * decay * goes_on * later
            advantages[t], next_value = later, values[t]
        flat = [a.reshape(horizon * num_envs, *a.shape[2:]) for a in (seen, actions, logs, advantages, advantages + values)]
        for _ in range(epochs):
            order = luck.permutation(horizon * num_envs)
            for part in np.array_split(order, parts):
                improve(policy, adam, *(a[part] for a in flat), clip, rate * (1.0 - update / updates))
        if finished:
            ends = [ending for *_, ending in finished]
            row = {
                "steps": (update + 1) * horizon * num_envs,
                "seconds": time.process_time() - began,
                "reward a step": sum(r for r, *_ in finished) / sum(n for _, n, _ in finished),
                "episodes without failure": sum(e in ("time_limit", "route_end") for e in ends) / len(ends),
                "collisions": ends.count("collision") / len(ends),
            }
            rows.append(row)
            if update % max(1, updates // 20) == 0 or update == updates - 1:
                report(row)
    return policy, rows, stepping_s


def improve(policy, adam, seen, actions, old_logs, advantages, targets, clip, rate):
    advantages = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
    mean = policy.actor.forward(seen)
    spread = np.exp(policy.log_spread)
    ratio = np.exp(log_probability(actions, mean, policy.log_spread) - old_logs)
    # The clipped objective's gradient: none where the ratio has gone as far as it may in the good direction.
    free = ~(((advantages > 0) & (ratio > 1 + clip)) | ((advantages < 0) & (ratio < 1 - clip)))
    d_log = -(advantages * ratio * free) / len(seen)
    error = (actions - mean) / spread
    d_mean = d_log[:, None] * error / spread
    d_spread = (d_log[:, None] * (error**2 - 1.0)).sum(0) - 0.001
    d_value = 0.5 * (policy.critic.forward(seen)[:, 0] - targets)[:, None] / len(seen)
    adam.step([*policy.actor.backward(d_mean), *policy.critic.backward(d_value), d_spread], rate)


def test(policy, seed, traffic, episodes):
    """How the policy drives without luck, on roads that it has not seen."""
    env = westline.VectorEnv(50, seed=seed, traffic=traffic, road_seed=1000, autoreset_mode=AutoresetMode.SAME_STEP)
    observations, _ = env.reset()
    offset, speed = 4, 0
    ends, offsets, speeds = [], [], []
    while len(ends) < episodes:
        observations, _, _, _, infos = env.step(np.clip(policy.mean(observations), -1.0, 1.0))
        ends += [ending for ending in infos.get("ending", []) if ending is not None]
        offsets.append(abs(observations[:, offset]))
        speeds.append(observations[:, speed])
    counts = {name: ends.count(name) for name in westline.ENDINGS}
    return counts, float(np.quantile(np.concatenate(offsets), 0.95)), 3.6 * float(np.mean(speeds))


def draw(rows, path):
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    steps = [row["steps"] / 1e6 for row in rows]
    figure, (above, below) = pyplot.subplots(2, 1, sharex=True, figsize=(7, 5), constrained_layout=True)
    above.plot(steps, [row["reward a step"] for row in rows], color="#0072b2")
    above.set_ylabel("reward a step")
    below.plot(steps, [100 * row["episodes without failure"] for row in rows], color="#0072b2", label="without failure")
    below.plot(steps, [100 * row["collisions"] for row in rows], color="#d55e00", linestyle="--", label="collision")
    below.set_ylabel("episodes, %")
    below.set_xlabel("steps of 100 ms, millions")
    below.set_ylim(-3, 103)
    below.legend(frameon=False)
    for axes in (above, below):
        axes.grid(alpha=0.3)
    figure.savefig(path, dpi=130)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--steps", type=int, default=2_000_000, help="steps to learn from (2000000)")
    arguments.add_argument("--num-envs", type=int, default=64, help="worlds side by side (64)")
    arguments.add_argument("--seed", type=int, default=1, help="seed of worlds and learning (1)")
    arguments.add_argument("--traffic", type=float, default=1.0, help="multiplies the traffic (1)")
    arguments.add_argument("--episodes", type=int, default=200, help="episodes to test on, on other roads (200)")
    arguments.add_argument("--curve", help="draw the learning curve to this PNG")
    arguments.add_argument("--save", help="write the policy to this .npz")
    chosen = arguments.parse_args()

    def report(row):
        print(
            f"{row['steps']:>9} steps {row['seconds']:>6.0f} s   reward {row['reward a step']:>6.2f}   "
            f"without failure {100 * row['episodes without failure']:>3.0f} %   collisions {100 * row['collisions']:>3.0f} %",
            flush=True,
        )

    policy, rows, stepping_s = learn(chosen.steps, chosen.num_envs, chosen.seed, chosen.traffic, report)
    print(f"stepping the worlds took {stepping_s:.0f} s of {rows[-1]['seconds']:.0f} s of the processor")
    counts, offset_m, speed_kmph = test(policy, chosen.seed + 10_000, chosen.traffic, chosen.episodes)
    print(f"on other roads: {counts}, 95 % of the time within {offset_m:.2f} m of the lane's middle, {speed_kmph:.0f} km/h")
    if chosen.save:
        np.savez(chosen.save, *policy.parameters)
    if chosen.curve:
        draw(rows, chosen.curve)


if __name__ == "__main__":
    main()
