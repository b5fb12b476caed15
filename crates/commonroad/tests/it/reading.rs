//! What is read of a file, and what is said of one that cannot be.

use crate::{EXAMPLES, example, read};
use commonroad::scenario::{Position, Role, Version};
use commonroad::{Play, Roads, Scenario, VehicleModel};
use proptest::prelude::*;

fn complaint(text: &str) -> String {
    Scenario::read("file.xml", text).expect_err("a broken file").to_string()
}

#[test]
fn every_kind_of_element_is_read() {
    let scenario = read("ZAM_Light-1_1_T-1.xml");
    assert_eq!(scenario.notes, Vec::<String>::new());
    assert_eq!(scenario.version, Version::V2020a);
    assert_eq!(scenario.lanelets.len(), 7);
    let first = &scenario.lanelets[0];
    assert_eq!(
        (first.left.points_m[0], first.right.points_m[0]),
        ([-90.0, 0.0, 0.0], [-90.0, -3.5, 0.0])
    );
    assert_eq!(
        (first.successors.as_slice(), first.lights.as_slice()),
        ([2].as_slice(), [60].as_slice())
    );
    let line = first.stop_line.as_ref().expect("a stop line");
    assert_eq!(
        (line.ends_m, line.lights.as_slice()),
        (Some([[-8.5, 0.0], [-8.5, -3.5]]), [60].as_slice())
    );
    assert_eq!(scenario.intersections[0].incomings[1].is_left_of, Some(71));
    let roles: Vec<Role> = scenario.obstacles.iter().map(|obstacle| obstacle.role).collect();
    assert_eq!(roles, [Role::Dynamic, Role::Dynamic, Role::Environment, Role::Phantom]);
    assert_eq!(scenario.obstacles[0].signals[0].indicator_right, Some(true));
    assert_eq!(scenario.obstacles[0].trajectory.len(), 139);
    assert_eq!(scenario.obstacles[3].occupancies.len(), 20);
    let goal = &scenario.planning_problems[0].goals[0];
    assert_eq!(goal.position, Some(Position::Lanelets(vec![3])));
    assert_eq!((goal.time.start, goal.time.end), (100, 240));
}

#[test]
fn a_light_shows_its_cycle_from_its_offset_on() {
    let scenario = read("ZAM_Light-1_1_T-1.xml");
    let light = &scenario.lights[0];
    // 60 red, 10 red and yellow, 80 green, 30 yellow; a whole cycle late.
    let shown = [0, 59, 60, 70, 149, 150, 179, 180].map(|step| light.colour(step));
    let red_again = ["red", "red", "redYellow", "green", "green", "yellow", "yellow", "red"];
    assert_eq!(shown, red_again);
}

#[test]
fn obstacles_and_limits_of_2018b_are_read() {
    let text = r#"<commonRoad timeStepSize="0.1" commonRoadVersion="2018b" benchmarkID="ZAM_Old-1_1_T-1" tags="urban comfort">
      <lanelet id="1"><leftBound><point><x>0</x><y>3</y></point><point><x>50</x><y>3</y></point></leftBound>
        <rightBound><point><x>0</x><y>0</y></point><point><x>50</x><y>0</y></point></rightBound>
        <speedLimit>13.9</speedLimit></lanelet>
      <obstacle id="7"><role>static</role><type>parkedVehicle</type>
        <shape><rectangle><length>4</length><width>2</width></rectangle></shape>
        <initialState><position><point><x>20</x><y>1</y></point></position><orientation><exact>0</exact></orientation>
          <time><exact>0</exact></time></initialState></obstacle>
    </commonRoad>"#;
    let scenario = Scenario::read("old.xml", text).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((scenario.version, scenario.tags.len()), (Version::V2018b, 2));
    assert_eq!(scenario.obstacles[0].role, Role::Static);
    assert_eq!(scenario.lanelets[0].speed_mps_max, Some(13.9));
    let roads = Roads::new(&scenario).unwrap_or_else(|error| panic!("{error}"));
    let lane = roads.lane(1).expect("a lane");
    assert!((roads.network.lane(lane).speed_mps_max - 13.9).abs() < 1e-9);
}

#[test]
fn all_problems_of_a_file_are_told_together_with_line_and_mend() {
    let text = "<commonRoad timeStepSize=\"0.1\" commonRoadVersion=\"2020a\" benchmarkID=\"X\">\n\
                <lanelet id=\"1\"><leftBound><point><x>a</x><y>0</y></point><point><x>1</x><y>0</y></point></leftBound>\n\
                <rightBound><point><x>0</x><y>0</y></point></rightBound></lanelet>\n\
                <trafficLight id=\"2\"><cycle><cycleElement><duration>5</duration><color>pink</color></cycleElement></cycle></trafficLight>\n\
                <planningProblem id=\"3\"><goalState><time><intervalStart>9</intervalStart><intervalEnd>1</intervalEnd></time></goalState></planningProblem>\n\
                </commonRoad>";
    insta::assert_snapshot!(complaint(text));
}

#[test]
fn what_is_no_scenario_is_refused_with_a_mend() {
    insta::assert_snapshot!(
        [
            complaint("<solution/>"),
            complaint("<commonRoad"),
            complaint("<!DOCTYPE x [<!ENTITY a \"b\">]><commonRoad/>"),
            complaint("<commonRoad timeStepSize=\"0\" commonRoadVersion=\"2017a\" benchmarkID=\"X\"/>"),
        ]
        .join("\n--\n")
    );
}

#[test]
fn unknown_elements_are_noted_once_and_left_out() {
    let (file, text) = example("ZAM_Change-1_1_T-1.xml");
    let text = text.replace("<lanelet id", "<hovercraft/><hovercraft/><lanelet id");
    let scenario = Scenario::read(&file, &text).unwrap_or_else(|error| panic!("{error}"));
    let notes = &scenario.notes;
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert!(
        notes[0].contains("<hovercraft>") && notes[0].contains("commonRoad"),
        "{notes:?}"
    );
    assert_eq!(scenario.lanelets.len(), 4);
}

#[test]
fn lanelets_beside_each_other_are_lanes_of_one_road() {
    let scenario = read("ZAM_Follow-1_1_T-1.xml");
    let roads = Roads::new(&scenario).unwrap_or_else(|error| panic!("{error}"));
    let lane = |id| roads.lane(id).expect("a lane");
    let network = &roads.network;
    assert_eq!(network.lane(lane(2)).left, Some(lane(1)));
    assert_eq!(network.lane(lane(2)).successors, [lane(4)]);
    assert!(network.lane(lane(2)).change_left_is_allowed);
    // The bend of radius 80 m is given by chords of 10 m: their sagitta is 0.16 m.
    assert!(roads.fit_m() < 0.1, "{}", roads.fit_m());
}

/// Reads, makes roads and prepares plays: whatever comes of it, nothing panics.
fn survive(text: &str) {
    let Ok(scenario) = Scenario::read("file.xml", text) else {
        return;
    };
    let Ok(roads) = Roads::new(&scenario) else { return };
    let vehicle = VehicleModel::by_number(2).expect("a vehicle");
    for problem in &scenario.planning_problems {
        let _ = Play::new(&scenario, &roads, problem, &vehicle).map(|play| play.route());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_file_that_is_cut_or_changed_anywhere_makes_no_panic(
        which in 0..EXAMPLES.len(), at in 0.0..1.0, length in 0usize..60,
        with in prop::sample::select(vec!["", "0", "-1", "1e308", "nan", "-999999999999", "<lanelet id=\"1\"/>", "x"]),
    ) {
        let (_, text) = example(EXAMPLES[which]);
        // Only the file's beginning holds roads, its end the problems: both are kept short.
        let from = (at * text.len() as f64) as usize;
        let (from, to) = (text.floor_char_boundary(from), text.floor_char_boundary((from + length).min(text.len())));
        survive(&format!("{}{with}{}", &text[..from], &text[to..]));
        survive(&text[..from]);
    }

    #[test]
    fn numbers_of_any_size_make_no_panic(values in prop::collection::vec(prop::num::f64::ANY, 12)) {
        let (_, text) = example("ZAM_Light-1_1_T-1.xml");
        let mut pieces = text.split("<x>");
        let mut changed = pieces.next().unwrap_or_default().to_owned();
        for (index, piece) in pieces.enumerate() {
            let value = values[index % values.len()];
            match (index % 5 == 0, piece.split_once("</x>")) {
                (true, Some((_, rest))) => changed += &format!("<x>{value:e}</x>{rest}"),
                _ => changed += &format!("<x>{piece}"),
            }
        }
        survive(&changed);
    }
}
