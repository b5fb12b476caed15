"""What Gymnasium asks of an environment, and what we promise beyond."""

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode

import westline


def drive(observations: np.ndarray) -> np.ndarray:
    """Keeps lane and distance, for one observation or many."""
    of = {name: observations[..., place] for place, (name, *_) in enumerate(westline.FEATURES)}
    speed = np.maximum(of["speed_mps"], 1.0)
    curvature = of["curvature_0_m_per_m"] - 0.02 * of["lane_offset_m"] - 0.3 * of["heading_error_rad"]
    bend = np.maximum(np.maximum(abs(of["curvature_0_m_per_m"]), abs(of["curvature_40_m_per_m"])), 1e-4)
    wanted = np.minimum(0.9 * of["speed_limit_mps"], np.sqrt(1.5 / bend))
    gap = np.minimum(of["leader_gap_m"], of["light_gap_m"])
    wanted = np.minimum(wanted, np.maximum(gap - 4.0, 0.0) / 1.5)
    steering = curvature / np.minimum(5.0 / speed**2, 0.25)
    return np.clip(np.stack([0.4 * (wanted - speed), steering], axis=-1), -1.0, 1.0).astype(np.float32)


@pytest.mark.filterwarnings("ignore:.*normalize.*")
def test_gymnasiums_own_check_passes():
    check_env(gymnasium.make("westline/Drive-v0", render_mode="rgb_array").unwrapped)


def test_the_same_seed_gives_the_same_bytes_whatever_the_number_of_worlds_and_threads():
    single = westline.Env(roads=2)
    many = westline.VectorEnv(3, roads=2, threads=2)
    observation, _ = single.reset(seed=12)
    observations, _ = many.reset(seed=10)
    was_over = False
    for _ in range(700):
        assert observation.tobytes() == observations[2].tobytes()
        action = drive(observation)
        observations, rewards, terminated, truncated, _ = many.step(drive(observations))
        if was_over:
            observation, _ = single.reset()
            was_over = False
            continue
        observation, reward, *over, _ = single.step(action)
        assert (reward, over) == (rewards[2], [terminated[2], truncated[2]])
        was_over = any(over)


def test_a_few_lines_of_arithmetic_drive_without_failing_often():
    env = westline.VectorEnv(32, seed=3, autoreset_mode=AutoresetMode.SAME_STEP)
    observations, _ = env.reset()
    endings = {name: 0 for name in westline.ENDINGS}
    total = 0.0
    for _ in range(900):
        observations, rewards, _, _, infos = env.step(drive(observations))
        total += rewards.mean()
        for ending in infos.get("ending", []):
            if ending is not None:
                endings[ending] += 1
    print(endings, total / 900)
    assert endings["time_limit"] + endings["route_end"] >= 9 * (endings["collision"] + endings["off_lane"])
    assert total / 900 > 0.5


def test_who_steers_straight_leaves_the_lane_and_the_episode_terminates():
    env = westline.Env(traffic=0.0)
    env.reset(seed=1)
    for _ in range(600):
        _, reward, terminated, truncated, info = env.step(np.array([0.2, 0.0], dtype=np.float32))
        if terminated or truncated:
            break
    assert terminated and info["ending"] == "off_lane" and reward < -10.0


def test_standing_still_is_truncated_at_the_time_limit_and_earns_nothing():
    env = westline.Env(traffic=0.0, time_limit_s=10.0)
    env.reset(seed=4)
    rewards = []
    for step in range(1, 200):
        _, reward, terminated, truncated, info = env.step(np.array([-1.0, 0.0], dtype=np.float32))
        rewards.append(reward)
        if terminated or truncated:
            break
    assert (step, truncated, info) == (100, True, {"ending": "time_limit"})
    assert rewards[-1] <= 0.0


def test_in_the_same_step_mode_the_last_observation_is_kept_and_the_next_episode_begins():
    env = westline.VectorEnv(2, traffic=0.0, time_limit_s=1.0, seed=5, autoreset_mode=AutoresetMode.SAME_STEP)
    env.reset()
    for _ in range(10):
        observations, _, _, truncated, infos = env.step(np.zeros((2, 2), dtype=np.float32))
    assert truncated.all() and (infos["_final_obs"] == [True, True]).all()
    assert not np.array_equal(infos["final_obs"][0], observations[0])


def test_a_gymnasium_vector_of_ours_is_our_vector():
    env = gymnasium.make_vec("westline/Drive-v0", num_envs=4)
    assert isinstance(env.unwrapped, westline.VectorEnv)
    observations, _ = env.reset(seed=1)
    assert observations.shape == (4, len(westline.FEATURES)) and env.observation_space.contains(observations)


def test_a_picture_shows_the_ego_in_its_place():
    env = westline.Env(render_mode="rgb_array", render_size=(240, 320))
    env.reset(seed=2)
    picture = env.render()
    assert picture.shape == (320, 240, 3) and picture.dtype == np.uint8
    # Okabe and Ito's blue, in the rear half of the ego.
    assert (picture[230, 120] == [0, 114, 178]).all()


def test_what_is_wrong_is_told_as_an_exception_with_a_mend(tmp_path):
    def message(**options):
        with pytest.raises(westline.Error) as error:
            westline.Env(**options)
        assert "hint:" in str(error.value)
        return str(error.value)

    assert "no.xodr" in message(map="no.xodr")
    broken = tmp_path / "broken.xodr"
    broken.write_text("<OpenDRIVE><road")
    assert "broken.xodr" in message(map=broken)
    assert "no map in this folder" in message(map=tmp_path)
    assert "`traffic` is `-1`" in message(traffic=-1.0)
    assert "no vehicle is called `tank`" in message(vehicle="tank")
    assert "`speeding`" in message(reward={"speeding": 1.0})
    assert "`roads` is `0`" in message(roads=0)
    with pytest.raises(westline.Error, match="reset"):
        westline.Env().step(np.zeros(2, dtype=np.float32))


def test_absurd_actions_are_driven_without_a_number_that_is_none():
    env = westline.VectorEnv(4, seed=6, roads=1)
    env.reset()
    luck = np.random.default_rng(7)
    for _ in range(300):
        actions = luck.choice([np.nan, np.inf, -np.inf, 1e30, -1.0, 1.0], size=(4, 2)).astype(np.float32)
        observations, rewards, *_ = env.step(actions)
        assert env.observation_space.contains(observations) and np.isfinite(rewards).all()


def test_a_sites_map_is_driven_as_well():
    site = "../sites/ninghua"
    env = westline.VectorEnv(2, map=site, seed=1, traffic=0.2, vehicle="minibus")
    observations, _ = env.reset()
    for _ in range(100):
        observations, *_ = env.step(drive(observations))
        assert env.observation_space.contains(observations)
