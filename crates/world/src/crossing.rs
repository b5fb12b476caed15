//! Crossings as people on foot use them: where a path leads over one, and when to step on to it.
//!
//! In go paths, lights and approaching vehicles; out come the crossings of a path in order, and at the kerb an answer:
//! go, wait for green, wait for a gap. It does not know how people walk.

use crate::signals::Lights;
use crate::traffic::{Guest, Traffic};
use record::SimTime;
use road::{Crossing, CrossingId, RoadNetwork, SignalColour};

/// A crossing on a path.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct PathCrossing {
    pub crossing: CrossingId,
    /// Walked from its `from_m` end to its `to_m` end.
    pub forward: bool,
    /// Where on the path the carriageway begins...
    pub enter_m: f64,
    /// ...and where it ends.
    pub exit_m: f64,
}

/// What someone at the kerb is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KerbAnswer {
    /// Step on to the crossing.
    Go,
    /// The light is not for people now.
    WaitForGreen,
    /// It would be one's turn, but somebody could not stop in time.
    WaitForGap,
}

/// A point of a path: x, y, z and the distance walked from the path's start.
pub(crate) type PathPoint = [f64; 4];

/// People step off the painted strip a little.
const BESIDE_M: f64 = 0.5;

/// The crossings that a path leads over, in the order of the walk. A path that only touches one does not use it; one
/// that goes there and back uses it twice.
pub(crate) fn crossings_of_path(crossings: &[Crossing], path: &[PathPoint], found: &mut Vec<PathCrossing>) {
    found.clear();
    for (index, crossing) in crossings.iter().enumerate() {
        let Some(strip) = Strip::new(crossing) else { continue };
        let mut stay: Option<Stay> = None;
        let mut leave = |stay: Option<Stay>| {
            let used = stay.filter(|stay| (stay.last_m - stay.first_m).abs() > 0.6 * strip.length_m);
            found.extend(used.map(|stay| PathCrossing {
                crossing: CrossingId(index as u32),
                forward: stay.last_m > stay.first_m,
                enter_m: stay.enter_m,
                exit_m: stay.exit_m,
            }));
        };
        for pair in path.windows(2) {
            let is_level = (pair[0][2] - crossing.from_m[2]).abs() < 4.0;
            let (a, b) = (strip.local(pair[0]), strip.local(pair[1]));
            let Some((begin, end)) = strip.clip(a, b).filter(|_| is_level) else {
                continue;
            };
            let walk_m = |share: f64| a[0] + (b[0] - a[0]) * share;
            let path_m = |share: f64| pair[0][3] + (pair[1][3] - pair[0][3]) * share;
            let goes_on = stay.as_ref().is_some_and(|stay| {
                let same_way = (walk_m(end) - walk_m(begin)) * (stay.last_m - stay.first_m) >= 0.0;
                same_way && path_m(begin) - stay.exit_m < 0.1
            });
            match &mut stay {
                Some(stay) if goes_on => (stay.exit_m, stay.last_m) = (path_m(end), walk_m(end)),
                _ => {
                    leave(stay.take());
                    stay = Some(Stay {
                        enter_m: path_m(begin),
                        exit_m: path_m(end),
                        first_m: walk_m(begin),
                        last_m: walk_m(end),
                    });
                }
            }
        }
        leave(stay);
    }
    found.sort_by(|a, b| a.enter_m.total_cmp(&b.enter_m));
}

/// A stretch of a path within a crossing.
struct Stay {
    /// On the path.
    enter_m: f64,
    exit_m: f64,
    /// On the crossing, from its `from_m` end.
    first_m: f64,
    last_m: f64,
}

/// How far along a crossing, from its `from_m` end, a point is.
pub(crate) fn along_crossing_m(crossing: &Crossing, x_m: f64, y_m: f64) -> f64 {
    Strip::new(crossing).map_or(0.0, |strip| strip.local([x_m, y_m, 0.0, 0.0])[0])
}

/// Whether a person may step on to a crossing at the start of the tick at `now`.
pub(crate) struct Kerb<'a> {
    pub network: &'a RoadNetwork,
    pub lights: &'a Lights,
    pub traffic: &'a Traffic,
    pub guests: &'a [Guest],
    pub now: SimTime,
}

impl Kerb<'_> {
    /// The answer for someone who walks at `speed_mps`.
    pub fn answer(&self, path_crossing: &PathCrossing, speed_mps: f64) -> KerbAnswer {
        let crossing = &self.network.crossings()[path_crossing.crossing.0 as usize];
        if !self.light_is_for_people(crossing, speed_mps) {
            return KerbAnswer::WaitForGreen;
        }
        let blocked = |guest: &Guest| forces_to_brake(self.network, guest, path_crossing.crossing);
        if self.guests.iter().any(blocked)
            || !self
                .traffic
                .crossing_is_clear(path_crossing.crossing, path_crossing.forward, speed_mps)
        {
            return KerbAnswer::WaitForGap;
        }
        KerbAnswer::Go
    }

    /// Green, with enough of it left to begin: most of the walk, or half of the green where the walk takes longer than
    /// the green lasts (the intergreen time is made for finishing).
    fn light_is_for_people(&self, crossing: &Crossing, speed_mps: f64) -> bool {
        let Some(signal) = crossing.signal else { return true };
        match self.lights.colour(signal) {
            SignalColour::Dark => true,
            SignalColour::Red | SignalColour::Amber => false,
            SignalColour::Green if self.lights.changes_at(signal) == SimTime::MAX => true,
            SignalColour::Green => {
                let changes_at = self.lights.changes_at(signal);
                let left_s = (changes_at - self.now).as_secs_f64();
                let whole_s = (changes_at - self.lights.changed_at(signal)).as_secs_f64();
                let length_m = Strip::new(crossing).map_or(0.0, |strip| strip.length_m);
                left_s >= (0.8 * length_m / speed_mps.max(0.1)).min(0.5 * whole_s)
            }
        }
    }
}

/// Braking that people on foot expect of a vehicle under test at most: comfortable, because a bus has standing
/// passengers.
const EXPECTED_BRAKING_MPS2: f64 = 1.0;
/// Time that people give it to notice them and to set in its brakes.
const EXPECTED_REACTION_S: f64 = 1.8;
/// Slower than this it stands, or is giving way.
const STANDING_MPS: f64 = 0.3;

/// Whether a person who stepped on to the crossing now would make a vehicle under test brake hard, or walk into it.
fn forces_to_brake(network: &RoadNetwork, guest: &Guest, crossing: CrossingId) -> bool {
    let stretch = |lane: road::LaneId| {
        network
            .lane(lane)
            .crossings
            .iter()
            .find(|over| over.crossing == crossing)
    };
    let stands_on_it = guest.footprint.iter().any(|front| {
        stretch(front.lane)
            .is_some_and(|over| front.s_m > over.enter_m - 0.5 && front.s_m - guest.length_m < over.exit_m + 0.5)
    });
    if stands_on_it {
        return true;
    }
    let Some(first) = guest.footprint.first() else {
        return false;
    };
    let braking_m =
        guest.speed_mps * EXPECTED_REACTION_S + guest.speed_mps * guest.speed_mps / (2.0 * EXPECTED_BRAKING_MPS2);
    if guest.speed_mps < STANDING_MPS {
        return false;
    }
    let mut lane_start_m = -first.s_m;
    for &lane in &guest.lanes_ahead {
        if let Some(over) = stretch(lane) {
            let distance_m = lane_start_m + over.enter_m;
            if distance_m > -guest.length_m && distance_m < braking_m + 1.0 {
                return true;
            }
        }
        lane_start_m += network.lane(lane).length_m;
        if lane_start_m > braking_m + 1.0 {
            break;
        }
    }
    false
}

/// A crossing as a strip in its own coordinates: along the walk, and to its left.
struct Strip {
    origin_m: [f64; 2],
    direction: [f64; 2],
    length_m: f64,
    half_width_m: f64,
}

impl Strip {
    /// `None` for a crossing without length.
    fn new(crossing: &Crossing) -> Option<Strip> {
        let run = [
            crossing.to_m[0] - crossing.from_m[0],
            crossing.to_m[1] - crossing.from_m[1],
        ];
        let length_m = libm::hypot(run[0], run[1]);
        (length_m > 0.5).then(|| Strip {
            origin_m: [crossing.from_m[0], crossing.from_m[1]],
            direction: [run[0] / length_m, run[1] / length_m],
            length_m,
            half_width_m: 0.5 * crossing.width_m + BESIDE_M,
        })
    }

    fn local(&self, point: PathPoint) -> [f64; 2] {
        let (dx, dy) = (point[0] - self.origin_m[0], point[1] - self.origin_m[1]);
        [
            dx * self.direction[0] + dy * self.direction[1],
            dy * self.direction[0] - dx * self.direction[1],
        ]
    }

    /// The shares of the line from `a` to `b` between which it runs within the strip (Liang and Barsky 1984).
    fn clip(&self, a: [f64; 2], b: [f64; 2]) -> Option<(f64, f64)> {
        let (mut begin, mut end) = (0.0f64, 1.0f64);
        let bounds = [(0.0, self.length_m), (-self.half_width_m, self.half_width_m)];
        for axis in 0..2 {
            let run = b[axis] - a[axis];
            let (low, high) = bounds[axis];
            if run.abs() < 1e-12 {
                if a[axis] < low || a[axis] > high {
                    return None;
                }
                continue;
            }
            let (one, two) = ((low - a[axis]) / run, (high - a[axis]) / run);
            begin = begin.max(one.min(two));
            end = end.min(one.max(two));
        }
        (begin < end).then_some((begin, end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_uses_the_crossings_that_it_leads_over_in_its_order_and_direction() {
        let crossing = |x_m: f64, z_m: f64| Crossing {
            id: String::new(),
            from_m: [x_m, 0.0, z_m],
            to_m: [x_m, 10.0, z_m],
            width_m: 4.0,
            lanes: Vec::new(),
            signal: None,
        };
        let crossings = [crossing(50.0, 0.0), crossing(0.0, 0.0), crossing(0.0, 8.0)];
        let used = |corners: &[[f64; 2]]| {
            let mut path: Vec<PathPoint> = Vec::new();
            for &[x_m, y_m] in corners {
                let run_m = path
                    .last()
                    .map_or(0.0, |last| last[3] + libm::hypot(x_m - last[0], y_m - last[1]));
                path.push([x_m, y_m, 0.0, run_m]);
            }
            let mut found = Vec::new();
            crossings_of_path(&crossings, &path, &mut found);
            let tell =
                |c: &PathCrossing| format!("{}{}@{:.0}", c.crossing.0, if c.forward { '+' } else { '-' }, c.enter_m);
            found.iter().map(tell).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(
            used(&[[0.0, -5.0], [0.0, 15.0]]),
            "1+@5",
            "not the one on the bridge above"
        );
        assert_eq!(
            used(&[
                [0.5, -5.0],
                [0.0, 4.0],
                [0.3, 7.0],
                [0.0, 12.0],
                [50.0, 12.0],
                [50.0, -3.0]
            ]),
            "1+@5 0-@69"
        );
        assert_eq!(
            used(&[[0.0, -5.0], [0.0, 15.0], [0.0, -5.0]]),
            "1+@5 1-@25",
            "there and back"
        );
        assert_eq!(used(&[[-20.0, 5.0], [20.0, 5.0]]), "", "along the road, not over it");
        assert_eq!(
            used(&[[0.0, -5.0], [0.0, 3.0], [0.0, -5.0]]),
            "",
            "no farther than a few steps"
        );
    }
}
