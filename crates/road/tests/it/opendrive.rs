//! OpenDRIVE in and out.

use crate::shared;
use proptest::prelude::*;
use road::draft::*;
use road::opendrive::{diagnose, read, write};

/// What a writer may lose of a number: see `opendrive::write`.
const ROUNDING: f64 = 1e-5;

#[test]
fn foreign_files_are_read_and_survive_writing() {
    for path in shared::files("road", ".xodr") {
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy();
        let reading = read(&name, &text).unwrap_or_else(|error| panic!("{error}"));
        let written = write(&reading.draft);
        let again = read(&name, &written).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(
            again.notes,
            Vec::<String>::new(),
            "{name}: what we write is read as written"
        );
        assert_same(&reading.draft, &again.draft);
        assert_eq!(
            written,
            write(&again.draft),
            "{name}: writing twice gives the same bytes"
        );
    }
}

#[test]
fn independent_reader_counts_the_same_roads_junctions_and_signals() {
    for path in shared::files("road", ".xodr") {
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy();
        let draft = read(&name, &text).unwrap().draft;
        for (whose, text) in [("as found", text), ("as we write it", write(&draft))] {
            let peer = xodr::load_str(&text).unwrap_or_else(|error| panic!("{name} {whose}: {error}"));
            assert_eq!(peer.roads().len(), draft.roads.len(), "{name} {whose}: roads");
            let signals: usize = draft.roads.iter().map(|r| r.signals.len()).sum();
            assert_eq!(peer.signals().len(), signals, "{name} {whose}: signals");
            assert_eq!(
                peer.controllers().len(),
                draft.controllers.len(),
                "{name} {whose}: controllers"
            );
        }
    }
}

#[test]
fn all_problems_of_a_file_are_told_with_line_and_mend() {
    let text = r#"<?xml version="1.0"?>
<OpenDRIVE>
 <header revMajor="2" revMinor="0"/>
 <road id="1" length="ten" junction="-1">
  <link><successor elementType="road" elementId="2"/></link>
  <planView>
   <geometry s="0" x="0" y="NaN" hdg="0" length="10"><line/></geometry>
   <geometry s="10" x="10" y="0" length="1e300"><helix/></geometry>
  </planView>
  <lanes><laneSection s="0"><center><lane id="0"/></center>
   <right><lane id="-1" type="driving"><speed max="50" unit="knots"/></lane><lane id="-1"/><lane id="2"/></right>
  </laneSection></lanes>
 </road>
 <road id="1" length="5"/>
 <junction id="7"><connection id="0"/></junction>
</OpenDRIVE>"#;
    insta::assert_snapshot!(read("broken.xodr", text).unwrap_err().to_string());
}

#[test]
fn text_that_is_no_map_is_refused_with_its_place() {
    let told = |text: &str| read("x.xodr", text).unwrap_err().to_string();
    let deep = format!("<OpenDRIVE>\n{}", "<a>".repeat(100_000));
    insta::assert_snapshot!(
        [
            told(""),
            told("<OpenDRIVE><road></OpenDRIVE>"),
            told("<net/>"),
            told(&deep),
            told("<OpenDRIVE/>")
        ]
        .join("\n\n")
    );
}

#[test]
fn single_sided_sections_carry_the_other_side_on() {
    let text = r#"<OpenDRIVE><header revMajor="1" revMinor="7"/>
 <road id="1" length="100"><planView><geometry s="0" x="0" y="0" hdg="0" length="100"><line/></geometry></planView>
  <lanes>
   <laneSection s="0"><left><lane id="1" type="driving"><width sOffset="0" a="3" b="0.01" c="0" d="0"/></lane></left>
    <center><lane id="0"/></center><right><lane id="-1" type="driving"><width sOffset="0" a="3"/></lane></right>
   </laneSection>
   <laneSection s="50" singleSide="true"><center><lane id="0"/></center>
    <right><lane id="-1" type="driving"><width sOffset="0" a="4"/></lane></right>
   </laneSection>
  </lanes></road></OpenDRIVE>"#;
    let draft = read("x.xodr", text).unwrap().draft;
    let second = &draft.roads[0].sections[1];
    assert_eq!(
        second.left[0].widths,
        vec![Cubic {
            s_m: 0.0,
            a: 3.5,
            b: 0.01,
            c: 0.0,
            d: 0.0
        }]
    );
    assert_eq!(second.left[0].predecessor, Some(1));
    assert_eq!(draft.roads[0].sections[0].left[0].successor, Some(1));
    assert_eq!(second.right[0].widths[0].a, 4.0);
}

#[test]
fn findings_of_the_independent_reader_join_ours() {
    let lanes = r#"<lanes><laneSection s="0"><center><lane id="0"/></center><right><lane id="-1" type="driving">
   <width sOffset="0" a="4"/></lane></right></laneSection></lanes>"#;
    let text = format!(
        r#"<OpenDRIVE><header revMajor="1" revMinor="7"/>
 <road id="1" length="120"><link><successor elementType="road" elementId="2" contactPoint="start"/></link>
  <planView><geometry s="0" x="0" y="0" hdg="0" length="100"><line/></geometry></planView>
  {lanes}<surface/></road>
 <road id="2" length="50"><link><predecessor elementType="road" elementId="1" contactPoint="end"/></link>
  <planView><geometry s="0" x="105" y="0" hdg="0" length="50"><line/></geometry></planView>{lanes}</road></OpenDRIVE>"#
    );
    insta::assert_snapshot!(diagnose("gap.xodr", &text).unwrap().join("\n"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_draft_comes_back_as_it_was_written(draft in map()) {
        let text = write(&draft);
        let again = read("own.xodr", &text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        prop_assert_eq!(&again.notes, &Vec::<String>::new());
        assert_same(&draft, &again.draft);
        prop_assert_eq!(text, write(&again.draft));
    }

    #[test]
    fn any_damage_to_a_file_is_an_error_or_a_map_and_never_a_panic(
        draft in map(), at in 0.0..1.0f64, length in 0usize..40, noise in "[<>\"/&a0.e-]{0,8}",
    ) {
        let mut text = write(&draft);
        let start = text.floor_char_boundary((at * text.len() as f64) as usize);
        let end = text.ceil_char_boundary((start + length).min(text.len()));
        text.replace_range(start..end, &noise);
        let _ = read("damaged.xodr", &text);
    }
}

/// Two drafts are one but for rounding: compared as text, in which numbers may differ by `ROUNDING`.
fn assert_same(a: &MapDraft, b: &MapDraft) {
    let (a, b) = (format!("{a:?}"), format!("{b:?}"));
    let (mut of_a, mut of_b) = (tokens(&a), tokens(&b));
    loop {
        match (of_a.next(), of_b.next()) {
            (None, None) => return,
            (Some(x), Some(y)) if x == y => {}
            (x, y) => {
                let numbers = x
                    .zip(y)
                    .and_then(|(x, y)| Some((x.parse::<f64>().ok()?, y.parse::<f64>().ok()?)));
                let Some((x, y)) = numbers else {
                    panic!("{x:?} became {y:?}\n{a}\n{b}")
                };
                // Outlines are rounded to centimetres, everything else finer; see `opendrive::write`.
                assert!((x - y).abs() <= 0.0051, "{x} became {y}");
                assert!(
                    (x - y).abs() <= ROUNDING * x.abs().max(1.0) || a.contains("outline_m"),
                    "{x} became {y}"
                );
            }
        }
    }
}

fn tokens(text: &str) -> impl Iterator<Item = &str> {
    text.split([' ', ',', '(', ')', '[', ']', '{', '}'])
        .filter(|t| !t.is_empty())
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        "[A-Za-z0-9 &<\"'%éü路·-]{1,12}".prop_map(|s| s.trim().to_owned())
    ]
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![Just(0.0), -1e4..1e4f64, -1.0..1.0f64]
}

fn small() -> impl Strategy<Value = f64> {
    prop_oneof![Just(0.0), -0.1..0.1f64]
}

fn cubics() -> impl Strategy<Value = Vec<Cubic>> {
    prop::collection::vec((0.0..1e3f64, number(), small(), small(), small()), 0..3).prop_map(|mut records| {
        records.sort_by(|a, b| a.0.total_cmp(&b.0));
        records
            .into_iter()
            .map(|(s_m, a, b, c, d)| Cubic { s_m, a, b, c, d })
            .collect()
    })
}

fn shapes() -> impl Strategy<Value = Vec<ShapeDraft>> {
    (cubics(), 0.0..1e3f64).prop_map(|(across, s_m)| {
        let records = across.into_iter();
        records.map(|across| ShapeDraft { s_m, across }).collect()
    })
}

fn crossfalls() -> impl Strategy<Value = Vec<CrossfallDraft>> {
    (cubics(), any_of(vec![Side::Left, Side::Right, Side::Both])).prop_map(|(angles, side)| {
        let records = angles.into_iter();
        records.map(|angle_rad| CrossfallDraft { side, angle_rad }).collect()
    })
}

fn surface() -> impl Strategy<Value = CrossSectionSurfaceDraft> {
    let terms = || prop::array::uniform4(cubics());
    let strip = (cubics(), terms(), any::<bool>());
    (cubics(), prop::collection::vec(strip, 0..=4)).prop_map(|(offset_m, strips)| {
        // An outer strip needs the width of the inner one.
        let is_whole = strips.iter().all(|(width_m, ..)| !width_m.is_empty());
        let strips = [1, 2, -1, -2].into_iter().zip(strips).filter(|_| is_whole);
        CrossSectionSurfaceDraft {
            offset_m,
            strips: strips
                .map(|(id, (width_m, terms, is_relative))| StripDraft {
                    id,
                    is_relative,
                    width_m,
                    terms,
                })
                .collect(),
        }
    })
}

fn any_of<T: Clone + std::fmt::Debug + 'static>(values: Vec<T>) -> impl Strategy<Value = T> {
    prop::sample::select(values)
}

fn mark() -> impl Strategy<Value = RoadMarkDraft> {
    use {LaneChange as L, MarkColour as C, RoadMarkKind as K};
    (
        any_of(vec![
            K::None,
            K::Solid,
            K::Broken,
            K::SolidSolid,
            K::SolidBroken,
            K::BrokenSolid,
            K::Curb,
            K::Grass,
        ]),
        any_of(vec![C::White, C::Yellow, C::Other]),
        any_of(vec![L::ByMark, L::Increase, L::Decrease, L::Both, L::None]),
        0.0..0.5f64,
    )
        .prop_map(|(kind, colour, lane_change, width_m)| RoadMarkDraft {
            s_m: 0.0,
            kind,
            colour,
            width_m,
            lane_change,
        })
}

fn lane(id: i32) -> impl Strategy<Value = LaneDraft> {
    use LaneKind as K;
    (
        any_of(vec![
            K::None,
            K::Driving,
            K::Ramp,
            K::Bus,
            K::Bicycle,
            K::Sidewalk,
            K::Parking,
            K::Shoulder,
            K::Rail,
        ]),
        (any::<bool>(), any::<bool>()),
        (cubics(), cubics()),
        (prop::option::of(-3..3i32), prop::option::of(-3..3i32)),
        prop::collection::vec(mark(), 0..2),
        prop::collection::vec(0.0..40.0f64, 0..2),
        prop::collection::vec(0.0..0.3f64, 0..2),
    )
        .prop_map(
            move |(kind, flags, (widths, borders), links, marks, speeds, heights)| LaneDraft {
                id,
                kind,
                level: flags.0,
                widths,
                borders,
                heights: heights
                    .into_iter()
                    .map(|h| LaneHeightDraft {
                        s_m: 0.0,
                        inner_m: h,
                        outer_m: h,
                    })
                    .collect(),
                predecessor: links.0,
                successor: links.1,
                marks,
                speeds_mps_max: speeds.into_iter().map(|v| (0.0, v)).collect(),
                direction_is_reversed: flags.1,
            },
        )
}

fn section() -> impl Strategy<Value = LaneSectionDraft> {
    (0..3i32, 0..3i32)
        .prop_flat_map(|(left, right)| {
            (
                (1..=left).map(lane).collect::<Vec<_>>(),
                prop::collection::vec(mark(), 0..2),
                (1..=right).map(|i| lane(-i)).collect::<Vec<_>>(),
            )
        })
        .prop_map(|(left, centre_marks, right)| LaneSectionDraft {
            s_m: 0.0,
            left,
            centre_marks,
            right,
        })
}

fn plan_element() -> impl Strategy<Value = PlanElement> {
    let four = || prop::array::uniform4(number());
    let shape = prop_oneof![
        Just(PlanShape::Line),
        small().prop_map(|curvature_per_m| PlanShape::Arc { curvature_per_m }),
        (small(), small()).prop_map(|(start_per_m, end_per_m)| PlanShape::Spiral { start_per_m, end_per_m }),
        four().prop_map(|v| PlanShape::Poly3 { v }),
        (four(), four(), any::<bool>()).prop_map(|(u, v, parameter_is_normalized)| PlanShape::ParamPoly3 {
            u,
            v,
            parameter_is_normalized
        }),
    ];
    (number(), number(), -7.0..7.0f64, 0.1..500.0f64, shape).prop_map(|(x_m, y_m, heading_rad, length_m, shape)| {
        PlanElement {
            s_m: 0.0,
            x_m,
            y_m,
            heading_rad,
            length_m,
            shape,
        }
    })
}

fn orientation() -> impl Strategy<Value = Orientation> {
    any_of(vec![Orientation::Forward, Orientation::Backward, Orientation::Both])
}

fn object() -> impl Strategy<Value = ObjectDraft> {
    use ObjectKind as K;
    (
        (text(), text()),
        any_of(vec![
            K::Other,
            K::Crosswalk,
            K::StopLine,
            K::BusStop,
            K::ParkingSpace,
            K::Building,
            K::Pole,
            K::Barrier,
        ]),
        (0.0..1e3f64, number()),
        // A crossing's way leads across the road; see `objects`.
        0.8..2.3f64,
        (0.1..30.0f64, 0.1..30.0f64, 0.0..30.0f64),
        orientation(),
    )
        .prop_map(
            |((id, name), kind, (s_m, t_m), heading_rad, (length_m, width_m, height_m), orientation)| {
                // A name decides only where the type is a road mark, and a stop line is one already.
                ObjectDraft {
                    id,
                    name,
                    kind,
                    s_m,
                    t_m,
                    heading_rad,
                    length_m,
                    width_m,
                    height_m,
                    orientation,
                }
            },
        )
}

fn signal() -> impl Strategy<Value = SignalDraft> {
    use SignalKind as K;
    let kind = prop_oneof![
        any_of(vec![
            K::TrafficLight,
            K::PedestrianLight,
            K::Stop,
            K::GiveWay,
            K::Priority,
            K::Unknown
        ]),
        (1.0..40.0f64).prop_map(|speed_mps_max| K::SpeedLimit { speed_mps_max }),
        (0..999u32).prop_map(|code| K::Other {
            country: "XX".into(),
            code: code.to_string(),
            subcode: "1".into()
        }),
    ];
    (
        (text(), text(), kind, orientation()),
        (0.0..1e3f64, number(), 0.0..9.0f64),
        prop::option::of((-3..0i32, 0..3i32)),
        prop::collection::vec("[a-z %]{1,5}", 0..3),
    )
        .prop_map(
            |((id, name, kind, orientation), (s_m, t_m, z_offset_m), lanes, connecting_roads)| SignalDraft {
                id,
                name,
                s_m,
                t_m,
                z_offset_m,
                // Lights for people speak to no direction of traffic.
                orientation: match kind {
                    SignalKind::PedestrianLight => Orientation::Both,
                    _ => orientation,
                },
                kind,
                lanes,
                connecting_roads,
            },
        )
}

fn link() -> impl Strategy<Value = Option<RoadLink>> {
    prop::option::of(prop_oneof![
        (text(), any::<bool>()).prop_map(|(id, start)| RoadLink::Road {
            id,
            contact: if start { ContactPoint::Start } else { ContactPoint::End },
        }),
        text().prop_map(|id| RoadLink::Junction { id }),
        (text(), 0.0..1e3f64, any::<bool>()).prop_map(|(id, s_m, is_forward)| RoadLink::Along { id, s_m, is_forward }),
    ])
}

fn road() -> impl Strategy<Value = RoadDraft> {
    use RoadClass as R;
    (
        (
            text(),
            1.0..1e4f64,
            prop::option::of(0..3u32),
            any::<bool>(),
            link(),
            link(),
        ),
        (
            any_of(vec![
                R::Unknown,
                R::Local,
                R::Collector,
                R::Town,
                R::Rural,
                R::Arterial,
                R::Motorway,
            ]),
            prop::option::of(1.0..40.0f64),
        ),
        (
            prop::collection::vec(plan_element(), 1..3),
            cubics(),
            cubics(),
            cubics(),
        ),
        prop::collection::vec(section(), 1..3),
        (
            prop::collection::vec(object(), 0..3),
            prop::collection::vec(signal(), 0..3),
        ),
        prop::option::of((0.0..1e3f64, 0.0..1e3f64, any::<bool>())),
        (shapes(), crossfalls(), prop::option::of(surface())),
    )
        .prop_map(
            |(head, kind, lines, sections, (objects, signals), structure, lateral)| {
                let is_shaped = !(lines.2.is_empty() && lateral.0.is_empty());
                RoadDraft {
                    id: String::new(),
                    name: head.0,
                    length_m: head.1,
                    junction: head.2.map(|j| j.to_string()),
                    rule: if head.3 {
                        TrafficRule::RightHand
                    } else {
                        TrafficRule::LeftHand
                    },
                    predecessor: head.4,
                    successor: head.5,
                    types: vec![RoadTypeRecord {
                        s_m: 0.0,
                        class: kind.0,
                        speed_mps_max: kind.1,
                    }],
                    plan: lines.0,
                    elevation: lines.1,
                    superelevation: lines.2,
                    shapes: lateral.0,
                    crossfalls: lateral.1,
                    // Beside them it is read with a note.
                    surface: lateral.2.filter(|_| !is_shaped),
                    lane_offset: lines.3,
                    sections,
                    objects,
                    signals,
                    structures: structure
                        .map(|(s_m, length_m, is_bridge)| StructureDraft {
                            kind: if is_bridge {
                                StructureKind::Bridge
                            } else {
                                StructureKind::Tunnel
                            },
                            name: "x".into(),
                            s_m,
                            length_m,
                        })
                        .into_iter()
                        .collect(),
                }
            },
        )
}

fn junction() -> impl Strategy<Value = JunctionDraft> {
    (
        text(),
        prop::collection::vec(
            (text(), text(), prop::collection::vec((-3..3i32, -3..3i32), 0..3)),
            0..3,
        ),
        any::<bool>(),
        prop::option::of((text(), 0.0..1e3f64, 0.0..1e3f64, orientation())),
        prop::collection::vec(
            (
                0.0..1e3f64,
                any::<bool>(),
                prop::collection::vec((-3..3i32, -3..3i32), 0..3),
            ),
            0..2,
        ),
    )
        .prop_map(|(name, connections, is_roundabout, main_road, ways)| JunctionDraft {
            id: String::new(),
            name,
            connections: connections
                .into_iter()
                .map(|(incoming_road, connecting_road, lane_links)| ConnectionDraft {
                    incoming_road,
                    connecting_road,
                    contact: ContactPoint::End,
                    lane_links,
                })
                .collect(),
            priorities: vec![("1".into(), "2".into())],
            is_roundabout,
            main_road: main_road.map(|(id, start_m, end_m, orientation)| MainRoadDraft {
                id,
                start_m,
                end_m,
                orientation,
            }),
            virtual_connections: ways
                .into_iter()
                .map(|(s_m, is_forward, lane_links)| VirtualConnectionDraft {
                    from: RoadLink::Road {
                        id: "1".into(),
                        contact: ContactPoint::End,
                    },
                    to: RoadLink::Along {
                        id: "2".into(),
                        s_m,
                        is_forward,
                    },
                    lane_links,
                })
                .collect(),
        })
}

fn colour() -> impl Strategy<Value = road::SignalColour> {
    use road::SignalColour as C;
    any_of(vec![C::Red, C::Amber, C::Green, C::Dark])
}

fn controller() -> impl Strategy<Value = ControllerDraft> {
    let ids = || prop::collection::vec("[a-z0-9 %]{1,4}", 0..3);
    (
        text(),
        text(),
        ids(),
        prop::collection::vec((1.0..60.0f64, ids()), 0..3),
        prop::collection::vec((1.0..60.0f64, prop::collection::vec(colour(), 0..4)), 0..3),
        0.0..60.0f64,
    )
        .prop_map(|(id, name, signals, phases, steps, offset_s)| ControllerDraft {
            id,
            name,
            signals,
            phases: phases
                .into_iter()
                .map(|(green_s, green)| PhaseDraft {
                    green_s,
                    amber_s: 3.0,
                    all_red_s: 1.5,
                    green,
                })
                .collect(),
            steps: steps
                .into_iter()
                .map(|(duration_s, colours)| StepDraft { duration_s, colours })
                .collect(),
            offset_s,
        })
}

fn area() -> impl Strategy<Value = AreaDraft> {
    use AreaKind as K;
    (
        any_of(vec![K::Building, K::Water, K::Green, K::School, K::Hospital, K::Paved]),
        text(),
        prop::collection::vec((number(), number()), 0..5),
        0.0..50.0f64,
    )
        .prop_map(|(kind, name, corners, height_m)| AreaDraft {
            kind,
            name,
            outline_m: corners.into_iter().map(|(x, y)| [x, y]).collect(),
            height_m,
        })
}

fn map() -> impl Strategy<Value = MapDraft> {
    (
        text(),
        prop::option::of((-80.0..80.0f64, -180.0..180.0f64)),
        prop::collection::vec(road(), 1..3),
        prop::collection::vec(junction(), 0..2),
        prop::collection::vec(controller(), 0..2),
        prop::collection::vec(area(), 0..3),
    )
        .prop_map(|(name, origin, mut roads, mut junctions, controllers, areas)| {
            for (i, road) in roads.iter_mut().enumerate() {
                road.id = i.to_string();
            }
            for (i, junction) in junctions.iter_mut().enumerate() {
                junction.id = i.to_string();
            }
            MapDraft {
                name,
                geo_reference: origin.map(|(latitude_deg, longitude_deg)| GeoReference {
                    latitude_deg,
                    longitude_deg,
                    ..GeoReference::default()
                }),
                projection: None,
                roads,
                junctions,
                controllers,
                areas,
            }
        })
}
