"""Reads CommonRoad files with commonroad-io and compares what `westline commonroad check --json` read of them, value by
value; reads solution files and asks its own goal test.

    python check_commonroad.py read westline FILES...
    python check_commonroad.py solutions SCENARIO_FOLDER SOLUTION_FOLDER
"""

import json
import logging
import math
import pathlib
import subprocess
import sys
import warnings

warnings.filterwarnings("ignore")
logging.disable(logging.CRITICAL)

from commonroad.common.file_reader import CommonRoadFileReader  # noqa: E402
from commonroad.common.solution import CommonRoadSolutionReader  # noqa: E402

compared = 0


def same(where, ours, theirs):
    """Numbers within 1e-9, everything else equal."""
    global compared
    compared += 1
    if isinstance(theirs, float) or isinstance(ours, float):
        ok = ours is not None and theirs is not None and math.isclose(ours, theirs, rel_tol=1e-12, abs_tol=1e-9)
    elif isinstance(theirs, (list, tuple)) and isinstance(ours, (list, tuple)):
        if len(ours) != len(theirs):
            sys.exit(f"{where}: {len(ours)} against {len(theirs)} values")
        for index, pair in enumerate(zip(ours, theirs)):
            same(f"{where}[{index}]", *pair)
        return
    else:
        ok = ours == theirs
    if not ok:
        sys.exit(f"{where}: we read {ours!r}, commonroad-io {theirs!r}")


def words(values):
    return sorted(value.value for value in values or ())


def interval(value):
    if value is None:
        return None
    if hasattr(value, "start"):
        return [float(value.start), float(value.end)]
    return [float(value), float(value)]


def bounds(area):
    """West, south, east, north of whatever shape a version of the package has."""
    shape = getattr(area, "shape", area)
    if hasattr(shape, "shapely_object"):
        return list(map(float, shape.shapely_object.bounds))
    parts = getattr(shape, "occupancies", None) or getattr(shape, "shapes", None)
    each = [bounds(part) for part in parts]
    return [min(b[0] for b in each), min(b[1] for b in each), max(b[2] for b in each), max(b[3] for b in each)]


def near_bounds(where, ours, theirs, circle=False):
    global compared
    compared += 1
    # Circles are polygons in shapely: they lie a little within.
    if any(abs(a - b) > (0.02 if circle else 1e-6) for a, b in zip(ours, theirs)):
        sys.exit(f"{where}: we read the bounds {ours}, commonroad-io {theirs}")


STATE = {
    "orientation": "orientation",
    "velocity": "velocity",
    "acceleration": "acceleration",
    "yaw_rate": "yaw_rate",
    "slip_angle": "slip_angle",
}


def state(where, ours, theirs, is_initial=False):
    same(f"{where} time", ours["time"], [int(value) for value in interval(theirs.time_step)])
    for name, attribute in STATE.items():
        value = getattr(theirs, attribute, None)
        # The judge fills what an initial state leaves out with zeros.
        if is_initial and ours[name] is None:
            continue
        same(f"{where} {name}", ours[name], interval(value))
    position = getattr(theirs, "position", None)
    if ours["position"] and "point" in ours["position"]:
        same(f"{where} position", ours["position"]["point"], [float(value) for value in position[:2]])
    elif ours["position"] and "bounds" in ours["position"]:
        near_bounds(f"{where} position", ours["position"]["bounds"], bounds(position), circle=True)


def scenario(ours, path):
    theirs, problems = CommonRoadFileReader(path).open()
    name = pathlib.Path(path).name
    same(f"{name} dt", ours["time_step_s"], float(theirs.dt))
    same(f"{name} id", ours["benchmark_id"], str(theirs.scenario_id))
    net = theirs.lanelet_network
    same(f"{name} lanelets", sorted(l["id"] for l in ours["lanelets"]), sorted(l.lanelet_id for l in net.lanelets))
    for lanelet in ours["lanelets"]:
        other = net.find_lanelet_by_id(lanelet["id"])
        where = f"{name} lanelet {lanelet['id']}"
        for side, vertices in (("left", other.left_vertices), ("right", other.right_vertices)):
            same(f"{where} {side}", [point[:2] for point in lanelet[side]], [[float(v[0]), float(v[1])] for v in vertices])
        same(f"{where} left marking", lanelet["left_marking"], other.line_marking_left_vertices.value)
        same(f"{where} right marking", lanelet["right_marking"], other.line_marking_right_vertices.value)
        same(f"{where} predecessors", lanelet["predecessors"], list(other.predecessor))
        same(f"{where} successors", lanelet["successors"], list(other.successor))
        for side in ("left", "right"):
            beside = getattr(other, f"adj_{side}")
            expected = None if beside is None else [beside, getattr(other, f"adj_{side}_same_direction")]
            same(f"{where} beside {side}", lanelet[f"adjacent_{side}"], expected)
        same(f"{where} types", sorted(lanelet["types"]), words(other.lanelet_type))
        same(f"{where} users", sorted(lanelet["users_one_way"]), words(other.user_one_way))
        same(f"{where} both ways", sorted(lanelet["users_bidirectional"]), words(other.user_bidirectional))
        same(f"{where} stop line", lanelet["stop_line"], other.stop_line is not None)
        if ours["version"] == "2020a":
            same(f"{where} signs", sorted(set(lanelet["signs"])), sorted(other.traffic_signs))
        same(f"{where} lights", sorted(set(lanelet["lights"])), sorted(other.traffic_lights))
    if ours["version"] == "2020a":
        same(f"{name} signs", sorted(s["id"] for s in ours["signs"]), sorted(s.traffic_sign_id for s in net.traffic_signs))
        for sign in ours["signs"]:
            other = net.find_traffic_sign_by_id(sign["id"])
            values = [element["values"] for element in sign["elements"]]
            expected = [element.additional_values for element in other.traffic_sign_elements]
            same(f"{name} sign {sign['id']}", values, expected)
    same(f"{name} lights", sorted(s["id"] for s in ours["lights"]), sorted(s.traffic_light_id for s in net.traffic_lights))
    for light in ours["lights"]:
        other = net.find_traffic_light_by_id(light["id"])
        cycle = [[e.state.value, int(e.duration)] for e in other.traffic_light_cycle.cycle_elements]
        same(f"{name} light {light['id']}", light["cycle"], cycle)
        same(f"{name} light {light['id']} offset", light["offset"], int(other.traffic_light_cycle.time_offset))
    crossings = sorted(s["id"] for s in ours["intersections"])
    same(f"{name} intersections", crossings, sorted(s.intersection_id for s in net.intersections))
    for intersection in ours["intersections"]:
        other = net.find_intersection_by_id(intersection["id"])
        ins = sorted((sorted(i["lanelets"]), i["id"]) for i in intersection["incomings"])
        same(f"{name} incomings", ins, sorted((sorted(i.incoming_lanelets), i.incoming_id) for i in other.incomings))
    same(f"{name} obstacles", sorted(o["id"] for o in ours["obstacles"]), sorted(o.obstacle_id for o in theirs.obstacles))
    for obstacle in ours["obstacles"]:
        other = theirs.obstacle_by_id(obstacle["id"])
        where = f"{name} obstacle {obstacle['id']}"
        if obstacle["role"] != "phantom":
            same(f"{where} type", obstacle["type"], other.obstacle_type.value)
        if obstacle["initial"]:
            state(f"{where} initial", obstacle["initial"], other.initial_state, is_initial=True)
        prediction = getattr(other, "prediction", None)
        states = prediction.trajectory.state_list if hasattr(prediction, "trajectory") else []
        same(f"{where} states", len(obstacle["trajectory"]), len(states))
        for index, (one, two) in enumerate(zip(obstacle["trajectory"], states)):
            state(f"{where} state {index}", one, two)
        for occupancy in obstacle["occupancies"]:
            step = occupancy["time"][0]
            near_bounds(f"{where} occupancy {step}", occupancy["bounds"], bounds(other.occupancy_at_time(step)), circle=True)
        same(f"{where} signals", obstacle["signal_states"], len(getattr(other, "signal_series", None) or []))
    given = problems.planning_problem_dict
    same(f"{name} problems", sorted(p["id"] for p in ours["planning_problems"]), sorted(given))
    for problem in ours["planning_problems"]:
        other = given[problem["id"]]
        where = f"{name} problem {problem['id']}"
        state(f"{where} initial", problem["initial"], other.initial_state, is_initial=True)
        same(f"{where} goals", len(problem["goals"]), len(other.goal.state_list))
        for index, (one, two) in enumerate(zip(problem["goals"], other.goal.state_list)):
            state(f"{where} goal {index}", one, two)
            if one["position"] and "lanelets" in one["position"]:
                same(f"{where} goal {index}", one["position"]["lanelets"], list(other.goal.lanelets_of_goal_position[index]))


def main():
    mode, rest = sys.argv[1], sys.argv[2:]
    if mode == "read":
        text = subprocess.run([rest[0], "commonroad", "check", "--json", *rest[1:]], check=True, capture_output=True).stdout
        entries = json.loads(text)
        for ours in entries:
            scenario(ours, ours["file"])
        print(f"{len(entries)} files read alike, {compared} values compared")
    else:
        scenarios, solutions = map(pathlib.Path, rest)
        files = {}
        for path in sorted(scenarios.rglob("*.xml")):
            files[path.stem] = path
        count = 0
        for path in sorted(solutions.glob("solution_*.xml")):
            solution = CommonRoadSolutionReader.open(str(path))
            _, problems = CommonRoadFileReader(str(files[str(solution.scenario_id)])).open()
            for part in solution.planning_problem_solutions:
                problem = problems.planning_problem_dict[part.planning_problem_id]
                if not problem.goal_reached(part.trajectory)[0]:
                    sys.exit(f"{path.name}: commonroad-io does not find the goal reached")
                count += 1
        if count == 0:
            sys.exit("there are no solutions")
        print(f"{count} solutions read, and the goal of each is reached")


main()
