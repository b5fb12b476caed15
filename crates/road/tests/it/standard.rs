//! What the chapters of OpenDRIVE allow and few files use, each tried with a map of a line or two: read right, or told.

use road::draft::{MapDraft, ObjectKind, StructureKind};
use road::locate::locate;
use road::opendrive::read;
use road::{LanePosition, RoadNetwork, Traveller};

const WIDTH: &str = r#"<width sOffset="0" a="4" b="0" c="0" d="0"/>"#;

/// A road of 100 m with a lane a side, `more` inside the road, `lane` inside its lanes, `plan` its geometry, `beside` after it.
fn map(attributes: &str, plan: &str, lane: &str, more: &str, beside: &str) -> String {
    format!(
        r#"<OpenDRIVE><header revMajor="1" revMinor="8"/><road id="1" length="100" junction="-1" {attributes}>
<planView>{plan}</planView><lanes><laneSection s="0"><left><lane id="1" type="driving">{lane}</lane></left><center><lane id="0"/>
</center><right><lane id="-1" type="driving">{lane}</lane></right></laneSection></lanes>{more}</road>{beside}</OpenDRIVE>"#
    )
}

const STRAIGHT: &str = r#"<geometry s="0" x="0" y="0" hdg="0" length="100"><line/></geometry>"#;

fn told(text: &str) -> (MapDraft, Vec<String>) {
    let reading = read("map.xodr", text).unwrap_or_else(|error| panic!("{error}"));
    (reading.draft, reading.notes)
}

/// What `locate` tells of a place: x, y, z, heading, pitch, roll, width, t.
fn place(text: &str, lane: i32, s_m: f64) -> Vec<f64> {
    let table = format!("road_id,lane_id,s_m,lane_offset_m\n1,{lane},{s_m},0\n");
    let answer = locate(&told(text).0, "places.csv", &table).unwrap_or_else(|error| panic!("{error}"));
    let cells = answer.lines().nth(1).unwrap().split(',').skip(4);
    cells.map(|cell| cell.parse().unwrap()).collect()
}

fn check(found: &[f64], expected: &[f64]) {
    for (found_one, expected_one) in found.iter().zip(expected) {
        assert!((found_one - expected_one).abs() < 2e-6, "{found:?} {expected:?}");
    }
}

#[test]
fn borders_give_the_width_that_is_missing() {
    // Right-hand borders are written with either sign.
    for sign in [1, -1] {
        let border = format!(
            r#"<border sOffset="0" a="{}" b="{}" c="0" d="0"/>"#,
            sign * 3,
            f64::from(sign) * 0.02
        );
        let found = place(&map("", STRAIGHT, &border, "", ""), -1, 50.0);
        check(&found, &[50.0, -2.0, 0.0]);
        check(&found[6..], &[4.0, -2.0]);
    }
    // Where both stand the width wins (11.7.2).
    let both = format!(r#"{WIDTH}<border sOffset="0" a="9" b="0" c="0" d="0"/>"#);
    check(&place(&map("", STRAIGHT, &both, "", ""), 1, 50.0)[6..], &[4.0, 2.0]);
}

#[test]
fn one_cubic_is_one_curve_in_all_three_notations() {
    // v = u² / 200 over u = 0..80 m, and the length of its arc.
    let length = 50.0 * (0.8 * 1.64f64.sqrt() + 0.8f64.asinh());
    let geometry = |shape: &str| {
        let plan = format!(r#"<geometry s="0" x="5" y="6" hdg="0.5" length="{length}">{shape}</geometry>"#);
        map("", &plan, WIDTH, "", "").replace(r#"length="100""#, &format!(r#"length="{length}""#))
    };
    let notations = [
        r#"<poly3 a="0" b="0" c="0.005" d="0"/>"#.to_owned(),
        r#"<paramPoly3 aU="0" bU="80" cU="0" dU="0" aV="0" bV="0" cV="32" dV="0" pRange="normalized"/>"#.to_owned(),
        r#"<paramPoly3 aU="0" bU="80" cU="0" dU="0" aV="0" bV="0" cV="32" dV="0"/>"#.to_owned(),
        format!(
            r#"<paramPoly3 aU="0" bU="{}" cU="0" dU="0" aV="0" bV="0" cV="{}" dV="0" pRange="arcLength"/>"#,
            80.0 / length,
            32.0 / (length * length)
        ),
    ];
    let ends: Vec<Vec<f64>> = notations
        .iter()
        .map(|shape| place(&geometry(shape), 0, length))
        .collect();
    // The centre lane is told as those on its left, which look back.
    let (sin, cos) = 0.5f64.sin_cos();
    let expected = [
        5.0 + 80.0 * cos - 32.0 * sin,
        6.0 + 80.0 * sin + 32.0 * cos,
        0.0,
        0.5 + 0.8f64.atan() + std::f64::consts::PI,
    ];
    for end in ends {
        for (found, expected) in end.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-3, "{end:?}");
        }
    }
}

#[test]
fn where_traffic_keeps_left_lanes_run_the_other_way() {
    let text = map(r#"rule="LHT""#, STRAIGHT, WIDTH, "", "");
    check(&place(&text, 1, 30.0), &[30.0, 2.0, 0.0, 0.0]);
    check(&place(&text, -1, 30.0), &[30.0, -2.0, 0.0, std::f64::consts::PI]);
}

#[test]
fn records_that_newer_and_older_versions_hold_are_passed_over() {
    let lane = format!(
        r#"<link/>{WIDTH}<roadMark sOffset="0" type="custom" color="yellow" width="0.2"><sway ds="0" a="0" b="0.1" c="0" d="0"/>
<type name="dashes" width="0.2"><line length="3" space="6" tOffset="0" sOffset="0" rule="no passing" width="0.2"/></type>
<explicit><line length="5" tOffset="0" sOffset="2"/></explicit></roadMark><material sOffset="0" friction="0.8"/>
<speed sOffset="0" max="no limit"/><rule sOffset="0" value="no stopping"/><userData code="x" value="y"/>"#
    );
    let more = r#"<type s="0" type="town" country="DE"/><objects><object id="a" type="barrier" s="10" t="5" length="4" width="1">
<outlines><outline id="0"><cornerRoad s="9" t="5" dz="0" height="1"/><cornerRoad s="11" t="6" dz="0" height="1"/></outline>
</outlines><repeat s="10" length="30" distance="10" tStart="5" tEnd="8" heightStart="1" heightEnd="1" zOffsetStart="0" zOffsetEnd="0"/>
</object><objectReference id="a" s="3" t="4"/><tunnel id="t" s="20" length="30" type="standard"/>
<bridge id="b" s="60" length="30" type="concrete"/></objects><dataQuality/><userData code="x" value="y"/>"#;
    let (draft, notes) = told(&map(
        "",
        STRAIGHT,
        &lane,
        more,
        "<userData code=\"x\"><any/></userData><station id=\"s\"/>",
    ));
    assert_eq!(notes, Vec::<String>::new());
    let road = &draft.roads[0];
    let posts: Vec<[f64; 2]> = road.objects.iter().map(|object| [object.s_m, object.t_m]).collect();
    assert_eq!(posts, [[10.0, 5.0], [20.0, 6.0], [30.0, 7.0], [40.0, 8.0]]);
    assert!(road.objects.iter().all(|object| object.kind == ObjectKind::Barrier));
    let structures: Vec<_> = road.structures.iter().map(|s| (s.kind, s.s_m)).collect();
    assert_eq!(
        structures,
        [(StructureKind::Tunnel, 20.0), (StructureKind::Bridge, 60.0)]
    );
    assert!(RoadNetwork::compile(&draft).unwrap().warnings().is_empty());
}

#[test]
fn what_is_left_out_is_told() {
    let more = r#"<signals><signal id="7" s="5" t="1" type="206" country="DE" orientation="+"><validity fromLane="-1" toLane="-1"/>
</signal><signalReference id="7" s="90" t="1" orientation="-"/><signalReference id="8" s="90" t="1" orientation="-"/></signals>
<surface><CRG/></surface><railroad/>"#;
    let beside =
        r#"<junction id="4" type="default"><elevationGrid gridSpacing="1"/></junction><include file="more.xodr"/>"#;
    let (draft, notes) = told(&map("", STRAIGHT, WIDTH, more, beside));
    let words: Vec<&str> = notes.iter().map(|note| note.split_once(": ").unwrap().1).collect();
    assert_eq!(
        words,
        [
            "<railroad> of a road is not read",
            "<surface> of a road is not read",
            "a <signalReference> outside junctions is not read",
            "a <signalReference> names a signal that is not in the map",
            "the <elevationGrid> of a junction is not read: its roads keep their own heights",
            "an <include> is not followed: put what the other file holds in its place",
        ]
    );
    assert_eq!(draft.roads[0].signals[0].lanes, Some((-1, -1)));
}

/// Two roads to the east that merge into, or part from, a third without a connecting road.
#[test]
fn a_direct_junction_joins_roads_at_either_end() {
    let road = |id: u32, x: f64, y: f64, hdg: f64, link: &str, lanes: &[i32]| {
        let lanes: String = lanes
            .iter()
            .map(|id| format!(r#"<lane id="{id}" type="driving">{WIDTH}</lane>"#))
            .collect();
        format!(
            r#"<road id="{id}" length="50" junction="-1"><link><{link} elementType="junction" elementId="9"/></link><planView>
<geometry s="0" x="{x}" y="{y}" hdg="{hdg}" length="50"><line/></geometry></planView><lanes><laneSection s="0"><left>{}</left>
<center><lane id="0"/></center><right>{}</right></laneSection></lanes></road>"#,
            if lanes.contains("id=\"1\"") { lanes.as_str() } else { "" },
            if lanes.contains("id=\"1\"") { "" } else { lanes.as_str() },
        )
    };
    // Road 1 ends where 2 begins and where 3, whose reference line runs against it, ends: its lanes of positive id go on.
    let text = format!(
        r#"<OpenDRIVE><header revMajor="1" revMinor="7"/>{}{}{}<junction id="9" type="direct">
<connection id="0" incomingRoad="1" linkedRoad="2" contactPoint="start"><laneLink from="-1" to="-1"/></connection>
<connection id="1" incomingRoad="1" linkedRoad="3" contactPoint="end"><laneLink from="-2" to="1"/></connection></junction>
</OpenDRIVE>"#,
        road(1, 0.0, 0.0, 0.0, "successor", &[-1, -2]),
        road(2, 50.0, 0.0, 0.0, "predecessor", &[-1]),
        road(3, 100.0, -4.0, std::f64::consts::PI, "successor", &[1]),
    );
    let (draft, notes) = told(&text);
    assert_eq!(notes, Vec::<String>::new());
    let network = RoadNetwork::compile(&draft).unwrap();
    assert_eq!(network.warnings(), Vec::<String>::new());
    let at = |road: &str, lane: i32, s_m: f64| -> LanePosition {
        network
            .lane_position(network.road_by_id(road).unwrap(), lane, s_m, 0.0)
            .unwrap()
    };
    let length_m = |to| {
        network
            .route(at("1", -2, 10.0), to, Traveller::Car)
            .map(|route| route.length_m)
    };
    assert!((length_m(at("2", -1, 30.0)).unwrap() - 70.0).abs() < 1e-6);
    assert!((length_m(at("3", 1, 20.0)).unwrap() - 70.0).abs() < 1e-6);
}
