//! Lane changes that the mission asks for.
//!
//! In goes the view of a section whose mission steps to a neighbouring lane; out come the announcement, the check of the
//! gap, and the moment at which the neighbour becomes the reference lane. Whoever finds no gap waits before the
//! section's end; nobody is forced to brake hard.

use crate::route::Section;
use crate::speed::{BRAKING_MPS2, Cause, Governor, braking_way_m, speed_for_way_mps};
use crate::view::View;
use road::LanePosition;
use vehicle::{Indicator, Manoeuvre, ObjectKind, Reason, RefusalCause};

/// Announced for so long before moving over.
const ANNOUNCE_S: f64 = 2.0;
/// Left at the end of the section, where one waits for a gap.
const RESERVE_M: f64 = 10.0;
/// A change takes about this long...
const CHANGE_S: f64 = 6.0;
/// ...and at least this way.
const CHANGE_M_MIN: f64 = 14.0;
/// The way from the change to a halt on the lane beside, at least: over, straight, and along the kerb.
const BEFORE_HALT_M: f64 = 26.0;
/// A lane's width, about; the sharpest bend of a quintic that leads over by one metre on one metre; lateral acceleration
/// on the way.
const LANE_M: f64 = 3.2;
const SHARPEST: f64 = 5.77;
const BEND_MPS2: f64 = 0.5;
/// No change is sought farther than this before it must be done.
const AHEAD_M: f64 = 350.0;
/// Who comes from behind and speeds up is taken to go on doing so for this time.
const SPEEDING_UP_S: f64 = 3.0;
/// Braking that a follower may be asked for.
const FOLLOWER_BRAKING_MPS2: f64 = 1.5;

/// A change that is wished for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct LaneChange {
    announced_s: f64,
    side: Side,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Side {
    #[default]
    None,
    Left,
    Right,
}

/// The neighbour becomes the reference.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Move {
    pub section: usize,
    pub leg: usize,
    /// Where the old reference lies, seen from the new one.
    pub shift_m: f64,
    pub length_m: f64,
}

impl LaneChange {
    pub(crate) fn govern(&mut self, view: &View<'_>, governor: &mut Governor, is_busy: bool) -> Option<Move> {
        let index = view.route.section_at(view.station_m);
        let Some(section) = view.route.sections.get(index) else {
            return self.rest(view);
        };
        let leg = section.active + 1;
        if leg >= section.legs.end {
            return self.announce(view, governor, index + 1);
        }
        if halts_before(view, leg) {
            return self.rest(view);
        }
        let (from, to) = (view.network.lane(view.lanes[section.active]), view.lanes[leg]);
        let is_left = from.left == Some(to);
        self.side = if is_left { Side::Left } else { Side::Right };
        let changes = (section.legs.end - leg) as f64;
        // A halt on the lane beside is reached along that lane's kerb: the change comes before it.
        let halt_m = halt_on(view, section, leg);
        let (end_m, reserve_m) = match halt_m {
            Some(halt_m) => (
                halt_m - BEFORE_HALT_M,
                ((changes - 1.0) * RESERVE_M).min(0.5 * (halt_m - section.start_m).max(0.0)),
            ),
            None => (
                section.start_m + section.length_m,
                (changes * RESERVE_M).min(0.5 * section.length_m),
            ),
        };
        let left_m = end_m - view.front_m;
        let cause = Cause::of(Reason::LaneChange);
        // Before a halt the halt itself slows; only one who finds no gap waits farther back.
        if halt_m.is_none() {
            governor.stop(left_m - reserve_m, cause);
        }
        if left_m > AHEAD_M {
            return None;
        }
        let mut refuse = |cause, rival| governor.refuse(Manoeuvre::LaneChange, cause, rival);
        if is_busy {
            refuse(RefusalCause::Busy, None);
            return None;
        }
        self.announced_s += view.period_s;
        let allowed = if is_left {
            from.change_left_is_allowed
        } else {
            from.change_right_is_allowed
        };
        // Solid lines may be crossed only where the mission leaves no other way.
        let refused = if self.announced_s < ANNOUNCE_S {
            Some(RefusalCause::Announced)
        } else if !allowed && left_m > 60.0 {
            Some(RefusalCause::SolidLine)
        } else {
            view.course.is_changing(view.station_m).then_some(RefusalCause::Busy)
        };
        if let Some(cause) = refused {
            refuse(cause, None);
            return None;
        }
        let s_m = view.route.lane_s_m(view.network, view.lanes, index, view.station_m);
        let scale = view.network.lane(to).length_m / from.length_m.max(0.01);
        let pose = view.network.lane_pose(LanePosition {
            lane: to,
            s_m: s_m * scale,
            offset_m: 0.0,
        });
        let here = view.route.at(view.station_m);
        let (dx, dy) = (pose.x_m - here.x_m, pose.y_m - here.y_m);
        let lateral_m = dy * here.cos - dx * here.sin;
        if let Some(track) = rival_before(view, lateral_m, halt_m.unwrap_or(f64::INFINITY)) {
            refuse(RefusalCause::NoGap, Some(track));
            let cause = Cause {
                rival: Some(track),
                ..cause
            };
            if halt_m.is_some() {
                governor.stop(left_m - reserve_m, cause);
            }
            // Slowing a little lets a gap come up from behind.
            governor.keep_speed((0.9 * view.speed_mps).max(4.0), 0.0, cause);
            return None;
        }
        let length_m = (CHANGE_S * view.speed_mps).min(left_m - 2.0).max(CHANGE_M_MIN);
        self.announced_s = 0.0;
        Some(Move {
            section: index,
            leg,
            shift_m: -lateral_m,
            length_m,
        })
    }

    /// A change that begins with the section after this one is announced before it.
    fn announce(&mut self, view: &View<'_>, governor: &mut Governor, next: usize) -> Option<Move> {
        let section = view.route.sections.get(next);
        let halt_m = section.and_then(|section| {
            let leg = section.active + 1;
            (leg < section.legs.end).then(|| halt_on(view, section, leg)).flatten()
        });
        let (Some(section), Some(halt_m)) = (section, halt_m) else {
            return self.rest(view);
        };
        // Slow enough for the bend that leads over within what the section leaves.
        let way_m = section.start_m - view.station_m;
        let over_m = (0.6 * (halt_m - section.start_m - view.sheet.dimensions.front_m())).max(8.0);
        let bend_per_m = SHARPEST * LANE_M / (over_m * over_m);
        let over_mps = (BEND_MPS2 / bend_per_m).sqrt();
        governor.keep_speed(
            speed_for_way_mps(
                way_m.max(0.0) + braking_way_m(over_mps, 0.0, BRAKING_MPS2),
                0.0,
                BRAKING_MPS2,
            ),
            if way_m > 0.0 && view.speed_mps > over_mps + 0.5 {
                -0.5 * BRAKING_MPS2
            } else {
                0.0
            },
            Cause::of(Reason::LaneChange),
        );
        if way_m > ANNOUNCE_S * view.speed_mps {
            return self.rest(view);
        }
        let (from, to) = (view.lanes[section.active], view.lanes[section.active + 1]);
        let is_left = view.network.lane(from).left == Some(to);
        self.side = if is_left { Side::Left } else { Side::Right };
        self.announced_s += view.period_s;
        None
    }

    /// Nothing more to be changed to. Who is still on the way over goes on signalling: until its body is in the new lane,
    /// nobody else can tell that the lane is taken.
    fn rest(&mut self, view: &View<'_>) -> Option<Move> {
        *self = LaneChange {
            announced_s: 0.0,
            side: match view.course.is_changing(view.station_m) {
                true => self.side,
                false => Side::None,
            },
        };
        None
    }

    pub(crate) fn indicator(&self) -> Indicator {
        match self.side {
            Side::None => Indicator::Off,
            Side::Left => Indicator::Left,
            Side::Right => Indicator::Right,
        }
    }
}

/// Whether a halt is to be served before the mission goes on to `leg`.
fn halts_before(view: &View<'_>, leg: usize) -> bool {
    let halt = view.observation.mission.halts.first();
    halt.is_some_and(|halt| (halt.leg as usize) < leg)
}

/// The station of the next halt, if it lies on this section, on `leg` or beyond it.
fn halt_on(view: &View<'_>, section: &Section, leg: usize) -> Option<f64> {
    let halt = view.observation.mission.halts.first()?;
    let is_there = (leg..section.legs.end).contains(&(halt.leg as usize));
    let halt_m = view
        .route
        .station_m(view.network, view.lanes, halt.leg as usize, halt.position.s_m)?;
    (is_there && halt_m.is_finite() && halt_m > view.front_m).then_some(halt_m)
}

/// Somebody who leaves no gap in the strip whose middle is `lateral_m` left of the reference.
pub(crate) fn rival(view: &View<'_>, lateral_m: f64) -> Option<u32> {
    rival_before(view, lateral_m, f64::INFINITY)
}

/// The same for one who goes no farther than `end_m`: whoever is beyond that does not matter.
fn rival_before(view: &View<'_>, lateral_m: f64, end_m: f64) -> Option<u32> {
    let half_m = 0.5 * view.sheet.dimensions.width_m + 0.5;
    let found = view.neighbours.iter().find(|neighbour| {
        if neighbour.rear_m > end_m - 0.3 {
            return false;
        }
        if neighbour.kind == ObjectKind::Pedestrian || !neighbour.overlaps(lateral_m - half_m, lateral_m + half_m) {
            return false;
        }
        // Whoever is in front of us in our own lane is minded already.
        let own = view.course.offset_m(view.station_m);
        if neighbour.overlaps(own - half_m + 0.4, own + half_m - 0.4) && neighbour.rear_m > view.front_m {
            return false;
        }
        let ahead_m = neighbour.rear_m - view.front_m;
        let behind_m = view.rear_m() - neighbour.front_m;
        if ahead_m >= 0.0 {
            let closing_mps = (view.speed_mps - neighbour.along_mps).max(0.0);
            ahead_m < 2.0 + 0.4 * view.speed_mps + closing_mps * closing_mps / 2.0
        } else if behind_m >= 0.0 {
            if neighbour.alignment < 0.0 {
                return false;
            }
            // From rest we need some seconds to be as fast as the lane.
            let our_mps = (view.speed_mps + 2.0).min(neighbour.along_mps.max(view.speed_mps));
            let their_mps = neighbour.along_mps + SPEEDING_UP_S * neighbour.acceleration_mps2.max(0.0);
            let closing_mps = (their_mps - our_mps).max(0.0);
            behind_m
                < 2.0
                    + 0.5 * neighbour.along_mps.max(0.0)
                    + closing_mps * closing_mps / (2.0 * FOLLOWER_BRAKING_MPS2)
                    + if view.speed_mps < 1.0 {
                        2.0 * neighbour.along_mps.max(0.0)
                    } else {
                        0.0
                    }
        } else {
            true
        }
    });
    found.map(|neighbour| neighbour.track)
}
