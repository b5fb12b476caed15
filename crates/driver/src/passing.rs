//! Passing what is slow or stands in the lane: cyclists, stopped vehicles, obstacles.
//!
//! In goes the leader; out comes a course around it: out, alongside, back. It passes only with room to the side, nobody
//! in it and nobody coming, with no junction, crossing or halt too near, and never a queue: those who wait for a light or
//! for each other will drive on.

use crate::halt::CourseChange;
use crate::lane_change;
use crate::lateral::Leading;
use crate::neighbour::Neighbour;
use crate::speed::{Cause, Governor};
use crate::view::View;
use vehicle::{Indicator, Manoeuvre, ObjectKind, Reason, RefusalCause};

/// Room to the side of a cyclist, and of a thing that stands.
const BESIDE_CYCLIST_M: f64 = 1.1;
const BESIDE_STANDING_M: f64 = 0.7;
/// Someone who has stood for so long is not about to drive on.
const STANDING_S: f64 = 8.0;
/// The same, where the way around leads over the oncoming lane.
const STANDING_ONCOMING_S: f64 = 20.0;
/// Fastest beside somebody.
const PASSING_MPS: f64 = 9.0;
/// No passing so near before a junction, a crossing or a halt.
const CLEAR_M: f64 = 22.0;
/// Slower than this, one stands.
const STANDING_MPS: f64 = 0.4;
/// Sharper than this no way back is: the wheels do not turn further.
const WAY_BACK_M_MIN: f64 = 6.0;
/// Room at the leader's near corner on the way out, and places of the way where it is asked for.
const CORNER_M: f64 = 0.35;
const SAMPLES: u32 = 12;
/// Widest way around.
const OFFSET_M_MAX: f64 = 3.6;

/// Why the one ahead is not passed now, and because of whom; nothing where there is nobody to pass.
type Refused = Option<(RefusalCause, Option<u32>)>;

/// What is being passed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Passing {
    stage: Stage,
    /// The leader that stands, and for how long.
    standing: Option<(u32, f64)>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Stage {
    #[default]
    None,
    /// Beside, or on the way there: the track, the offset, and where its front was last.
    Out {
        track: u32,
        offset_m: f64,
        front_m: f64,
    },
    Back,
}

impl Passing {
    pub(crate) fn reset(&mut self) {
        *self = Passing::default();
    }

    pub(crate) fn is_active(&self) -> bool {
        self.stage != Stage::None
    }

    pub(crate) fn govern(
        &mut self,
        view: &View<'_>,
        governor: &mut Governor,
        leader: Option<&Neighbour>,
        is_busy: bool,
    ) -> Option<CourseChange> {
        self.watch(view, leader);
        if let Some(change) = leader.and_then(|leader| self.make_way(view, leader)) {
            self.stage = Stage::Back;
            return Some(change);
        }
        match self.stage {
            Stage::None => {
                let leader = leader.filter(|_| !is_busy)?;
                let offset_m = match self.way_around(view, leader) {
                    Ok(offset_m) => offset_m,
                    Err(refused) => {
                        if let Some((cause, rival)) = refused {
                            governor.refuse(Manoeuvre::Passing, cause, rival);
                        }
                        return None;
                    }
                };
                let gap_m = leader.rear_m - view.front_m;
                let gentle_m = 2.4 * view.speed_mps * offset_m.abs().sqrt();
                let length_m = (gap_m - 1.0).clamp(8.0, gentle_m.max(14.0));
                if !clears(view, leader, offset_m, length_m) {
                    governor.refuse(Manoeuvre::Passing, RefusalCause::TooClose, Some(leader.track));
                    return None;
                }
                self.stage = Stage::Out {
                    track: leader.track,
                    offset_m,
                    front_m: leader.front_m,
                };
                Some(CourseChange {
                    target_m: offset_m,
                    length_m,
                    leading: Leading::RearAxle,
                })
            }
            Stage::Out {
                track,
                offset_m,
                front_m,
            } => {
                governor.keep_speed(
                    PASSING_MPS,
                    0.0,
                    Cause {
                        rival: Some(track),
                        ..Cause::of(Reason::LaneChange)
                    },
                );
                let half_m = 0.5 * view.sheet.dimensions.width_m + 0.3;
                // The one we pass, and whoever else would be in the way on the way back.
                let furthest_m = view
                    .neighbours
                    .iter()
                    .filter(|neighbour| {
                        neighbour.track == track
                            || neighbour.overlaps(-half_m, half_m) && neighbour.along_mps < 0.6 * view.speed_mps
                    })
                    .filter(|neighbour| {
                        neighbour.rear_m < view.front_m + 15.0 && neighbour.front_m > view.rear_m() - 8.0
                    })
                    .map(|neighbour| neighbour.front_m)
                    .fold(f64::NEG_INFINITY, f64::max);
                if furthest_m.is_finite() {
                    self.stage = Stage::Out {
                        track,
                        offset_m,
                        front_m: furthest_m,
                    };
                }
                let passed_m = view.rear_m() - if furthest_m.is_finite() { furthest_m } else { front_m };
                if passed_m < 2.5 || lane_change::rival(view, 0.0).is_some() && view.course.target_m() > 1.5 {
                    return None;
                }
                self.stage = Stage::Back;
                let length_m = (2.5 * view.speed_mps * offset_m.abs().sqrt()).max(16.0);
                Some(CourseChange {
                    target_m: 0.0,
                    length_m,
                    leading: Leading::RearAxle,
                })
            }
            Stage::Back => {
                if !view.course.is_changing(view.station_m) {
                    self.stage = Stage::None;
                }
                None
            }
        }
    }

    /// The way back in front of somebody who comes towards us, once both stand: as sharp as there is room.
    fn make_way(&self, view: &View<'_>, leader: &Neighbour) -> Option<CourseChange> {
        let is_face_to_face = view.speed_mps < STANDING_MPS && leader.speed_mps.abs() < STANDING_MPS;
        if self.stage == Stage::None || !is_face_to_face || leader.alignment > -0.3 {
            return None;
        }
        let half_m = 0.5 * view.sheet.dimensions.width_m + 0.1;
        let is_beside = |other: &Neighbour| {
            other.overlaps(-half_m, half_m) && other.rear_m < view.front_m + 1.0 && other.front_m > view.rear_m()
        };
        if view.neighbours.iter().any(is_beside) {
            return None;
        }
        Some(CourseChange {
            target_m: 0.0,
            length_m: (leader.rear_m - view.station_m).clamp(WAY_BACK_M_MIN, 16.0),
            leading: Leading::RearAxle,
        })
    }

    /// How long the leader has been standing.
    fn watch(&mut self, view: &View<'_>, leader: Option<&Neighbour>) {
        self.standing = match (
            leader.filter(|leader| leader.speed_mps.abs() < STANDING_MPS),
            self.standing,
        ) {
            (Some(leader), Some((track, since_s))) if track == leader.track => Some((track, since_s + view.period_s)),
            (Some(leader), _) => Some((leader.track, 0.0)),
            (None, _) => None,
        };
    }

    /// The offset that leads around the leader; if now is not the time for it, why, where there is anyone to pass.
    fn way_around(&self, view: &View<'_>, leader: &Neighbour) -> Result<f64, Refused> {
        let refused = |cause, rival| Err(Some((cause, rival)));
        let gap_m = leader.rear_m - view.front_m;
        let here = view.route.at(leader.rear_m);
        let section = view.route.section_at(leader.rear_m);
        let lane = view
            .network
            .lane(view.lanes[view.route.sections.get(section).ok_or(None)?.active]);
        let has_left = lane.left.is_some() && lane.change_left_is_allowed;
        let patience_s = if has_left { STANDING_S } else { STANDING_ONCOMING_S };
        if gap_m > 45.0 || leader.alignment < -0.3 && leader.speed_mps > 0.5 {
            return Err(None);
        }
        let beside_m = match leader.kind {
            ObjectKind::Cyclist if leader.along_mps < 0.7 * here.speed_mps && leader.along_mps < 7.0 => {
                BESIDE_CYCLIST_M
            }
            ObjectKind::Obstacle if leader.speed_mps < 0.3 => BESIDE_STANDING_M,
            ObjectKind::Car | ObjectKind::Truck | ObjectKind::Bus => {
                let stands = self
                    .standing
                    .is_some_and(|(track, since_s)| track == leader.track && since_s > patience_s);
                if leader.speed_mps.abs() >= STANDING_MPS || gap_m > 20.0 {
                    return Err(None);
                }
                if !stands || is_queue(view, leader) {
                    return refused(RefusalCause::Waits, Some(leader.track));
                }
                BESIDE_STANDING_M
            }
            _ => return Err(None),
        };
        let half_m = 0.5 * view.sheet.dimensions.width_m;
        let offset_m = leader.lateral_m + leader.half_width_m + beside_m + half_m;
        if !(0.2..=OFFSET_M_MAX).contains(&offset_m) {
            return refused(RefusalCause::NoRoom, None);
        }
        let own_m = 0.5 * here.width_m - half_m;
        let beyond_m = offset_m - own_m;
        if beyond_m > 0.0 && !has_left && lane.oncoming.is_none() {
            return refused(RefusalCause::NoRoom, None);
        }

        // Time and way until we are back in our lane.
        let our_mps = view.speed_mps.clamp(4.0, PASSING_MPS);
        let relative_mps = our_mps - leader.along_mps.max(0.0);
        if relative_mps < 1.2 {
            return Err(None);
        }
        let ahead_m = leader.front_m + view.sheet.dimensions.length_m + 6.0 - view.front_m;
        let time_s = ahead_m / relative_mps + 2.0;
        let way_m = our_mps * time_s + 12.0;
        if something_within(view, way_m + CLEAR_M) {
            return refused(RefusalCause::TooNear, None);
        }
        let strip = (offset_m - half_m - 0.2, offset_m + half_m + 0.4);
        let taken_by = view.neighbours.iter().find(|other| {
            if other.track == leader.track || !other.overlaps(strip.0, strip.1) || other.kind == ObjectKind::Pedestrian
            {
                return false;
            }
            let away_m = other.rear_m - view.front_m;
            if other.alignment < 0.0 {
                away_m > -10.0 && away_m < way_m + other.speed_mps.abs() * time_s + 15.0
            } else if away_m >= 0.0 {
                // Ahead of us on the way around: it must be gone by then.
                other.track != leader.track && away_m < way_m && other.along_mps < our_mps - 0.5
            } else {
                false
            }
        });
        // Coming from behind or beside us: as for a change of lanes.
        let taken_by = taken_by.map(|other| other.track).or_else(|| {
            let beside = if beyond_m > -0.3 {
                lane_change::rival(view, offset_m)
            } else {
                None
            };
            beside.filter(|track| *track != leader.track)
        });
        if taken_by.is_some() {
            return refused(RefusalCause::NoGap, taken_by);
        }
        let sees = view.observation.visibility_m.min(120.0) > way_m || beyond_m <= 0.0 || has_left;
        if sees {
            Ok(offset_m)
        } else {
            refused(RefusalCause::NotInSight, None)
        }
    }

    pub(crate) fn indicator(&self) -> Indicator {
        match self.stage {
            Stage::None => Indicator::Off,
            Stage::Out { offset_m, .. } if offset_m > 1.0 => Indicator::Left,
            Stage::Out { .. } => Indicator::Off,
            Stage::Back => Indicator::Right,
        }
    }
}

/// Whether the side of the body stays clear of the leader's near corner on the way out: who has stopped too close behind
/// cannot get around without going back.
fn clears(view: &View<'_>, leader: &Neighbour, offset_m: f64, length_m: f64) -> bool {
    let size = &view.sheet.dimensions;
    let (from_m, gap_m) = (view.course.offset_m(view.station_m), leader.rear_m - view.front_m);
    let corner_m = leader.lateral_m + leader.half_width_m + CORNER_M;
    let reach_m = size.front_m() + gap_m;
    (0..=SAMPLES).all(|sample| {
        // Where the rear axle is, from where the front reaches the corner to where the rear axle does.
        let way_m = gap_m.max(0.0) + (reach_m - gap_m.max(0.0)) * f64::from(sample) / f64::from(SAMPLES);
        let u = (way_m / length_m).clamp(0.0, 1.0);
        let (out, out_slope) = (
            u * u * u * (10.0 - 15.0 * u + 6.0 * u * u),
            30.0 * u * u * (1.0 - u) * (1.0 - u) / length_m,
        );
        let (middle_m, slope) = (from_m + (offset_m - from_m) * out, (offset_m - from_m) * out_slope);
        middle_m + (reach_m - way_m) * slope - 0.5 * size.width_m > corner_m
    })
}

/// Whether the leader waits for something that will let it go: a junction, a crossing, or others ahead of it.
fn is_queue(view: &View<'_>, leader: &Neighbour) -> bool {
    let gate = view.route.gates.get(view.route.next_gate(leader.front_m));
    let before_gate = gate.is_some_and(|gate| gate.is_shared && gate.line_m - leader.front_m < 40.0);
    let before_crossing = view
        .route
        .crossings
        .iter()
        .any(|crossing| crossing.exit_m > leader.rear_m && crossing.enter_m - leader.front_m < 15.0);
    let others = view.neighbours.iter().any(|other| {
        let (right_m, left_m) = (leader.lateral_m - 1.2, leader.lateral_m + 1.2);
        other.track != leader.track
            && other.overlaps(right_m, left_m)
            && other.kind != ObjectKind::Pedestrian
            && (0.0..25.0).contains(&(other.rear_m - leader.front_m))
    });
    before_gate || before_crossing || others
}

/// A junction, a crossing, a halt or a change of lanes within a way.
fn something_within(view: &View<'_>, way_m: f64) -> bool {
    let end_m = view.front_m + way_m;
    let gate = view.route.gates.get(view.route.next_gate(view.front_m));
    if gate.is_some_and(|gate| gate.is_shared && gate.line_m < end_m) {
        return true;
    }
    let crossings = &view.route.crossings;
    if crossings
        .iter()
        .any(|crossing| crossing.exit_m > view.front_m && crossing.enter_m < end_m)
    {
        return true;
    }
    let halt = view.observation.mission.halts.first();
    let halt_m = halt.and_then(|halt| {
        view.route
            .station_m(view.network, view.lanes, halt.leg as usize, halt.position.s_m)
    });
    if halt_m.is_some_and(|halt_m| halt_m > view.front_m - 5.0 && halt_m < end_m) {
        return true;
    }
    let section = view.route.section_at(view.station_m);
    let changes = |index: usize| {
        view.route
            .sections
            .get(index)
            .is_some_and(|section| section.active + 1 < section.legs.end)
    };
    changes(section) || view.route.length_m < end_m
}
