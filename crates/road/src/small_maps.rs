//! Small maps written by hand, for tests.

use crate::draft::{
    ConnectionDraft, ContactPoint, Cubic, JunctionDraft, LaneDraft, LaneKind, LaneSectionDraft, MapDraft, ObjectDraft,
    ObjectKind, Orientation, PlanElement, PlanShape, RoadClass, RoadDraft, RoadLink, RoadTypeRecord, SignalDraft,
    SignalKind,
};
use libm::{cos, sin};
use std::f64::consts::{FRAC_PI_2, PI};

pub(crate) fn flat(a: f64) -> Cubic {
    Cubic { a, ..Cubic::default() }
}

pub(crate) fn lane(id: i32, kind: LaneKind, width_m: f64) -> LaneDraft {
    LaneDraft {
        id,
        kind,
        widths: vec![flat(width_m)],
        ..LaneDraft::default()
    }
}

/// A road of one element with these lanes: left from the centre outwards, then right.
pub(crate) fn road(id: &str, plan: PlanElement, left: Vec<LaneDraft>, right: Vec<LaneDraft>) -> RoadDraft {
    RoadDraft {
        id: id.into(),
        length_m: plan.length_m,
        plan: vec![plan],
        types: vec![RoadTypeRecord {
            s_m: 0.0,
            class: RoadClass::Town,
            speed_mps_max: Some(10.0),
        }],
        sections: vec![LaneSectionDraft {
            s_m: 0.0,
            left,
            right,
            ..LaneSectionDraft::default()
        }],
        ..RoadDraft::default()
    }
}

pub(crate) fn line(x_m: f64, y_m: f64, heading_rad: f64, length_m: f64) -> PlanElement {
    PlanElement {
        s_m: 0.0,
        x_m,
        y_m,
        heading_rad,
        length_m,
        shape: PlanShape::Line,
    }
}

/// One straight two-way road, 200 m to the east, with a bicycle lane at the right kerb.
pub(crate) fn street() -> MapDraft {
    let road = road(
        "street",
        line(0.0, 0.0, 0.0, 200.0),
        vec![lane(1, LaneKind::Driving, 3.5), lane(2, LaneKind::Sidewalk, 2.0)],
        vec![
            lane(-1, LaneKind::Driving, 3.5),
            lane(-2, LaneKind::Driving, 3.25),
            lane(-3, LaneKind::Bicycle, 1.5),
            lane(-4, LaneKind::Sidewalk, 2.0),
        ],
    );
    MapDraft {
        name: "street".into(),
        roads: vec![road],
        ..MapDraft::default()
    }
}

/// Four arms of 85 m, east, north, west, south in this order, that meet at the origin: every turn but the one around.
pub(crate) fn crossroads() -> MapDraft {
    let mut map = MapDraft {
        name: "crossroads".into(),
        ..MapDraft::default()
    };
    let mut junction = JunctionDraft {
        id: "j".into(),
        ..JunctionDraft::default()
    };
    for arm in 0..4 {
        let towards = f64::from(arm) * FRAC_PI_2;
        let plan = line(100.0 * cos(towards), 100.0 * sin(towards), towards + PI, 85.0);
        let sidewalk = |id| lane(id, LaneKind::Sidewalk, 2.0);
        let mut road = road(
            &format!("arm{arm}"),
            plan,
            vec![lane(1, LaneKind::Driving, 3.5), sidewalk(2)],
            vec![lane(-1, LaneKind::Driving, 3.5), sidewalk(-2)],
        );
        road.successor = Some(RoadLink::Junction { id: "j".into() });
        map.roads.push(road);
    }
    for from in 0..4 {
        for to in 0..4 {
            if from == to {
                continue;
            }
            let id = format!("way{from}{to}");
            let (start, end) = (f64::from(from) * FRAC_PI_2, f64::from(to) * FRAC_PI_2);
            // The way begins on the arm's reference line, heading inwards; its lane lies to the right.
            let (x, y, heading) = (15.0 * cos(start), 15.0 * sin(start), start + PI);
            let [dx, dy] = [15.0 * cos(end) - x, 15.0 * sin(end) - y];
            let (along, across) = (
                dx * cos(heading) + dy * sin(heading),
                dy * cos(heading) - dx * sin(heading),
            );
            let turn = end - heading;
            let pull = 20.0;
            let (tu, tv) = (pull * cos(turn), pull * sin(turn));
            let u = [0.0, pull, 3.0 * along - 2.0 * pull - tu, pull + tu - 2.0 * along];
            let v = [0.0, 0.0, 3.0 * across - tv, tv - 2.0 * across];
            let shape = PlanShape::ParamPoly3 {
                u,
                v,
                parameter_is_normalized: true,
            };
            let steps = 20_000;
            let length_m: f64 = (0..steps)
                .map(|step| {
                    let p = (f64::from(step) + 0.5) / f64::from(steps);
                    let du = u[1] + p * (2.0 * u[2] + 3.0 * p * u[3]);
                    let dv = v[1] + p * (2.0 * v[2] + 3.0 * p * v[3]);
                    (du * du + dv * dv).sqrt() / f64::from(steps)
                })
                .sum();
            let plan = PlanElement {
                s_m: 0.0,
                x_m: x,
                y_m: y,
                heading_rad: heading,
                length_m,
                shape,
            };
            let mut path = lane(-1, LaneKind::Driving, 3.5);
            path.predecessor = Some(-1);
            path.successor = Some(1);
            let mut road = road(&id, plan, vec![], vec![path]);
            road.types.clear();
            road.junction = Some("j".into());
            road.predecessor = Some(RoadLink::Road {
                id: format!("arm{from}"),
                contact: ContactPoint::End,
            });
            road.successor = Some(RoadLink::Road {
                id: format!("arm{to}"),
                contact: ContactPoint::End,
            });
            map.roads.push(road);
            junction.connections.push(ConnectionDraft {
                incoming_road: format!("arm{from}"),
                connecting_road: id,
                contact: ContactPoint::Start,
                lane_links: vec![(-1, -1)],
            });
        }
    }
    map.junctions.push(junction);
    map
}

/// A bend of straight, spiral, arc and straight, banked and rising, its lanes widening, in three lane sections.
pub(crate) fn bend() -> MapDraft {
    let shapes = [
        (30.0, PlanShape::Line),
        (
            25.0,
            PlanShape::Spiral {
                start_per_m: 0.0,
                end_per_m: 0.04,
            },
        ),
        (30.0, PlanShape::Arc { curvature_per_m: 0.04 }),
        (20.0, PlanShape::Line),
    ];
    let mut plan: Vec<PlanElement> = Vec::new();
    let (mut s_m, mut at) = (0.0, (3.0, 4.0, 0.4));
    for (length_m, shape) in shapes {
        let element = PlanElement {
            s_m,
            x_m: at.0,
            y_m: at.1,
            heading_rad: at.2,
            length_m,
            shape,
        };
        plan.push(element);
        s_m += length_m;
        let end = crate::geometry::PlanLine::new(&plan).point(s_m, s_m);
        at = (end.x_m, end.y_m, end.heading_rad());
    }
    let section = |s_m: f64, id_out: i32| {
        let mut lanes: Vec<LaneDraft> = (1..=id_out)
            .map(|n| LaneDraft {
                predecessor: Some(-n),
                successor: Some(-n),
                ..lane(-n, LaneKind::Driving, 3.5)
            })
            .collect();
        if s_m == 40.0 {
            lanes[0].widths = vec![Cubic {
                s_m: 0.0,
                a: 3.5,
                b: 0.0,
                c: 3.0 / 400.0,
                d: -2.0 / 8000.0,
            }];
            lanes[0].widths.push(Cubic {
                s_m: 20.0,
                a: 4.5,
                ..Cubic::default()
            });
        }
        if s_m > 40.0 {
            lanes[0].widths = vec![flat(4.5)];
        }
        let left = LaneDraft {
            predecessor: Some(1),
            successor: Some(1),
            ..lane(1, LaneKind::Driving, 3.0)
        };
        LaneSectionDraft {
            s_m,
            left: vec![left],
            right: lanes,
            ..LaneSectionDraft::default()
        }
    };
    let road = RoadDraft {
        id: "bend".into(),
        length_m: s_m,
        plan,
        elevation: vec![Cubic {
            s_m: 0.0,
            a: 2.0,
            b: 0.02,
            c: 4e-4,
            d: -2e-6,
        }],
        superelevation: vec![
            flat(0.0),
            Cubic {
                s_m: 30.0,
                b: 0.002,
                ..Cubic::default()
            },
            Cubic {
                s_m: 55.0,
                a: 0.05,
                ..Cubic::default()
            },
        ],
        types: vec![RoadTypeRecord {
            s_m: 0.0,
            class: RoadClass::Rural,
            speed_mps_max: Some(20.0),
        }],
        sections: vec![section(0.0, 1), section(40.0, 1), section(80.0, 1)],
        ..RoadDraft::default()
    };
    MapDraft {
        name: "bend".into(),
        roads: vec![road],
        ..MapDraft::default()
    }
}

/// The crossroads with a light at each arm and one for people at the first, without a program; a crosswalk over the
/// first arm.
pub(crate) fn lit_crossroads() -> MapDraft {
    let mut map = crossroads();
    for arm in 0..4 {
        map.roads[arm].signals.push(SignalDraft {
            id: format!("light{arm}"),
            s_m: 84.0,
            t_m: -4.0,
            z_offset_m: 5.0,
            orientation: Orientation::Forward,
            kind: SignalKind::TrafficLight,
            ..SignalDraft::default()
        });
    }
    map.roads[0].objects.push(ObjectDraft {
        id: "walk".into(),
        kind: ObjectKind::Crosswalk,
        s_m: 80.0,
        heading_rad: FRAC_PI_2,
        length_m: 7.0,
        width_m: 4.0,
        ..ObjectDraft::default()
    });
    map.roads[0].signals.push(SignalDraft {
        id: "people".into(),
        s_m: 80.0,
        t_m: -4.0,
        kind: SignalKind::PedestrianLight,
        ..SignalDraft::default()
    });
    map
}
