"""A driver in a process of its own: keeps the ego in its lane and its distance to whoever is ahead, as ASAM OSI asks.

    python drive_lane.py /tmp/driver.sock &
    westline scenario run cut_in.xosc --driver unix:/tmp/driver.sock
"""
import math, os, socket, sys

import betterosi as osi

WISH_MPS, ACCELERATION, BRAKING, GAP_M, HEADWAY_S = 60 / 3.6, 1.5, 6.0, 2.0, 1.6

def messages(connection):
    with connection.makefile("rb") as stream:
        while length := stream.read(4):
            yield stream.read(int.from_bytes(length, "little"))

def leader(own, yaw, truth):  # gap to the nearest ahead in the own strip, and its speed
    nearest = (math.inf, 0.0)
    for other in truth.moving_object:
        dx, dy = other.base.position.x - own.base.position.x, other.base.position.y - own.base.position.y
        ahead, aside = dx * math.cos(yaw) + dy * math.sin(yaw), dy * math.cos(yaw) - dx * math.sin(yaw)
        if ahead > 0 and abs(aside) < 0.5 * (own.base.dimension.width + other.base.dimension.width) + 0.3:
            gap = ahead - 0.5 * (own.base.dimension.length + other.base.dimension.length)
            speed = other.base.velocity.x * math.cos(yaw) + other.base.velocity.y * math.sin(yaw)
            nearest = min(nearest, (gap, speed))
    return nearest

def answer(view, step_s):
    truth = view.global_ground_truth
    own = next(thing for thing in truth.moving_object if thing.id.value == view.host_vehicle_id.value)
    at, yaw, speed = own.base.position, own.base.orientation.yaw, math.hypot(own.base.velocity.x, own.base.velocity.y)
    gap, lead = leader(own, yaw, truth)  # Intelligent Driver Model
    wanted = GAP_M + max(0.0, speed * HEADWAY_S + speed * (speed - lead) / (2 * math.sqrt(ACCELERATION * BRAKING)))
    accelerate = ACCELERATION * (1 - (speed / WISH_MPS) ** 4 - (wanted / max(gap, 0.1)) ** 2)
    speed = max(0.0, speed + max(accelerate, -BRAKING) * step_s)
    aims = [(aim.x - at.x, aim.y - at.y) for lane in truth.lane for aim in lane.classification.centerline]
    aims = [(x, y) for x, y in aims if x * math.cos(yaw) + y * math.sin(yaw) > max(8.0, speed)]
    if aims:  # pure pursuit
        yaw += 2 * speed * math.sin(math.atan2(aims[0][1], aims[0][0]) - yaw) / math.hypot(*aims[0]) * step_s
    go = osi.Vector3d(x=speed * math.cos(yaw), y=speed * math.sin(yaw), z=0.0)
    place = osi.Vector3d(x=at.x + go.x * step_s, y=at.y + go.y * step_s, z=at.z)
    base = osi.BaseMoving(position=place, orientation=osi.Orientation3d(yaw=yaw, pitch=0.0, roll=0.0), velocity=go)
    nanos = view.timestamp.seconds * 10**9 + view.timestamp.nanos + round(step_s * 1e9)
    return osi.TrafficUpdate(timestamp=osi.Timestamp(seconds=nanos // 10**9, nanos=nanos % 10**9),
                             update=[osi.MovingObject(id=own.id, base=base)])

with socket.socket(socket.AF_UNIX) as listener:
    listener.bind(sys.argv[1])
    listener.listen()
    connection, _ = listener.accept()
    os.unlink(sys.argv[1])
    inbox = messages(connection)
    cycle = osi.SensorViewConfiguration.from_binary(next(inbox)).update_cycle_time
    for message in inbox:
        reply = answer(osi.SensorView.from_binary(message), cycle.seconds + cycle.nanos * 1e-9).to_binary()
        connection.sendall(len(reply).to_bytes(4, "little") + reply)
