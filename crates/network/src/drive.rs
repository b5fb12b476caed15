//! A drive through a site's cells: the link moment by moment along a way.
//!
//! In go the places of a way with the speed at each, and a vehicle's rules of handover; out come moments with their links, and figures of
//! the whole. What is sent on the way is the caller's.

use crate::radio::environment::{Environment, Place};
use crate::radio::handover::Connection;
use crate::radio::link::{Evaluator, Link};
use road::{LaneId, LanePosition, RoadNetwork};

/// Distance of places along a way.
pub const STEP_M: f64 = 10.0;
/// Nobody is slower than this on a drive: it ends.
const SPEED_MPS_MIN: f64 = 0.5;

/// A place of a way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WayPoint {
    /// Where.
    pub place: Place,
    /// Which lane.
    pub lane: LaneId,
    /// Along it.
    pub s_m: f64,
    /// From the way's start.
    pub distance_m: f64,
    /// The limit there.
    pub speed_mps: f64,
}

impl WayPoint {
    /// A place of a lane that is so far from the way's start.
    pub fn on_lane(network: &RoadNetwork, at: LanePosition, distance_m: f64) -> WayPoint {
        WayPoint {
            place: Place::on_lane(network, at.lane, at.s_m),
            lane: at.lane,
            s_m: at.s_m,
            distance_m,
            speed_mps: network.lane(at.lane).speed_mps_max,
        }
    }
}

/// The places along lanes that follow each other, one every [`STEP_M`].
pub fn way_points(network: &RoadNetwork, lanes: &[LaneId]) -> Vec<WayPoint> {
    let mut points = Vec::new();
    let mut begin_m = 0.0;
    for &lane in lanes {
        let length_m = network.lane(lane).length_m;
        let steps = libm::ceil(length_m / STEP_M).max(1.0) as usize;
        for step in 0..steps {
            let s_m = length_m * step as f64 / steps as f64;
            let at = LanePosition {
                lane,
                s_m,
                offset_m: 0.0,
            };
            points.push(WayPoint::on_lane(network, at, begin_m + s_m));
        }
        begin_m += length_m;
    }
    points
}

/// A moment of a drive.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moment {
    /// Since the start.
    pub time_s: f64,
    /// Index of the way point that has just been passed.
    pub point: usize,
    /// The link; none while it is interrupted or lost.
    pub link: Option<Link>,
}

/// What a drive was like.
#[derive(Clone, Debug, PartialEq)]
pub struct Drive {
    /// Moment by moment.
    pub moments: Vec<Moment>,
    /// Changes of cells.
    pub handovers: u32,
    /// Failed links.
    pub failures: u32,
    /// How far it went.
    pub length_m: f64,
}

impl Drive {
    /// Along a way at its limits, but no faster than `speed_mps_max`, a moment every `step_s`, in a slice that is kept `share_min`.
    pub fn along(
        environment: &Environment,
        points: &[WayPoint],
        speed_mps_max: f64,
        step_s: f64,
        share_min: f64,
    ) -> Drive {
        let site = environment.site();
        let evaluator = Evaluator::new(site);
        let share = (1.0 - site.load).max(share_min);
        let mut connection = Connection::default();
        let mut gains = vec![0.0; evaluator.cells()];
        let mut drive = Drive {
            moments: Vec::new(),
            handovers: 0,
            failures: 0,
            length_m: 0.0,
        };
        let Some(last) = points.last() else { return drive };
        let (mut point, mut known, mut moved_m, mut count) = (0, usize::MAX, 0.0, 0u64);
        while moved_m < last.distance_m {
            while points.get(point + 1).is_some_and(|next| next.distance_m <= moved_m) {
                point += 1;
            }
            if known != point {
                environment.gains(points[point].place, &mut gains);
                known = point;
            }
            let time_s = count as f64 * step_s;
            let link = connection.step(time_s, &gains, site.load, share, &evaluator, &site.handover);
            drive.moments.push(Moment { time_s, point, link });
            moved_m += step_s * points[point].speed_mps.min(speed_mps_max).max(SPEED_MPS_MIN);
            count += 1;
        }
        Drive {
            handovers: connection.handovers,
            failures: connection.failures,
            length_m: last.distance_m,
            ..drive
        }
    }

    /// Share of moments without a link.
    pub fn silent_share(&self) -> f64 {
        self.moments.iter().filter(|moment| moment.link.is_none()).count() as f64 / self.moments.len().max(1) as f64
    }

    /// Handovers a kilometre.
    pub fn handovers_by_km(&self) -> f64 {
        1e3 * f64::from(self.handovers) / self.length_m.max(1.0)
    }
}
