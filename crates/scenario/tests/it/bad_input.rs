//! What is wrong in a file is one clear error with its place and its mend; nothing panics.

use proptest::prelude::*;
use scenario::measures::{Measures, Name, Side};
use scenario::{Library, Player, ReadOptions, read};

const GOOD: &str = r#"<OpenSCENARIO>
<FileHeader revMajor="1" revMinor="3" date="2026-05-18T07:30:00" description="" author=""/>
<ParameterDeclarations><ParameterDeclaration name="v" parameterType="double" value="10"/></ParameterDeclarations>
<CatalogLocations/><RoadNetwork/>
<Entities><ScenarioObject name="A"><MiscObject name="box" miscObjectCategory="obstacle" mass="1"><BoundingBox>
<Center x="0" y="0" z="0"/><Dimensions width="1" length="1" height="1"/></BoundingBox></MiscObject></ScenarioObject></Entities>
<Storyboard><Init><Actions><Private entityRef="A">
<PrivateAction><TeleportAction><Position><WorldPosition x="1" y="2"/></Position></TeleportAction></PrivateAction>
<PrivateAction><LongitudinalAction><SpeedAction>
<SpeedActionDynamics dynamicsShape="step" dynamicsDimension="time" value="0"/>
<SpeedActionTarget><AbsoluteTargetSpeed value="$v"/></SpeedActionTarget></SpeedAction></LongitudinalAction></PrivateAction>
</Private></Actions></Init>
<StopTrigger><ConditionGroup><Condition name="end" delay="0" conditionEdge="none"><ByValueCondition>
<SimulationTimeCondition value="2" rule="greaterThan"/></ByValueCondition></Condition></ConditionGroup></StopTrigger>
</Storyboard></OpenSCENARIO>"#;

/// How far `A` comes, or what is wrong, without the folder's name.
fn check(text: &str) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("case.xosc");
    std::fs::write(&path, text).expect("written");
    match read(&Library::default(), &path, &ReadOptions::default()) {
        Ok(reading) => {
            let mut player = Player::new(&reading.scenario);
            while player.time_s() < 10.0 && player.step(0.01) {}
            format!("x = {:.2} at {:.2} s", player.bodies()[0].pose.x_m, player.time_s())
        }
        Err(error) => error.to_string().replace(&format!("{}/", folder.path().display()), ""),
    }
}

fn check_changed(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "`{from}` is not in the file");
    check(&GOOD.replacen(from, to, 1))
}

#[test]
fn the_good_file_runs() {
    assert_eq!(check(GOOD), "x = 21.10 at 2.01 s");
}

#[test]
fn an_entity_bomb_is_refused_before_it_grows() {
    let bomb = "<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;\">]><OpenSCENARIO>&b;</OpenSCENARIO>";
    let error = check(bomb);
    assert!(error.starts_with("case.xosc:1:"), "{error}");
    assert!(error.contains("remove the <!DOCTYPE ...>"), "{error}");
}

#[test]
fn elements_nested_without_end_are_refused() {
    let error = check(&format!("{}{}", "<a>".repeat(5000), "</a>".repeat(5000)));
    assert!(
        error.contains("nested more than") || error.contains("not XML"),
        "{error}"
    );
}

#[test]
fn not_a_number_is_no_number() {
    let error = check_changed("x=\"1\"", "x=\"NaN\"");
    assert!(error.contains("`x` is `NaN`, expected a number"), "{error}");
    assert!(error.starts_with("case.xosc:8:"), "{error}");
}

#[test]
fn a_curve_of_negative_length_is_refused() {
    let follow = r#"<PrivateAction><RoutingAction><FollowTrajectoryAction><Trajectory name="t" closed="false"><Shape>
<Clothoid curvature="0.01" curvaturePrime="0" length="-5"><Position><WorldPosition x="0" y="0"/></Position></Clothoid>
</Shape></Trajectory><TimeReference><None/></TimeReference><TrajectoryFollowingMode followingMode="position"/>
</FollowTrajectoryAction></RoutingAction></PrivateAction>
</Private></Actions></Init>"#;
    let told = check_changed("</Private></Actions></Init>", follow);
    assert!(
        told.contains("<Clothoid>: `length` is `-5`, expected a length of 0 or more"),
        "{told}"
    );
}

#[test]
fn a_parameter_that_refers_to_itself_has_no_value_yet() {
    let error = check_changed("value=\"10\"", "value=\"${$v + 1}\"");
    assert!(error.contains("`v` has no value yet"), "{error}");
}

#[test]
fn a_missing_map_is_named() {
    let error = check_changed(
        "<RoadNetwork/>",
        "<RoadNetwork><LogicFile filepath=\"no.xodr\"/></RoadNetwork>",
    );
    assert!(error.contains("no.xodr: the map cannot be read"), "{error}");
}

#[test]
fn a_missing_catalog_is_named() {
    let error = check_changed(
        "<ScenarioObject name=\"A\">",
        "<ScenarioObject name=\"B\"><CatalogReference catalogName=\"Cars\" entryName=\"van\"/></ScenarioObject><ScenarioObject name=\"A\">",
    );
    assert!(error.contains("no entry `van` in catalog `Cars`"), "{error}");
    assert!(error.contains("hint: check <CatalogLocations>"), "{error}");
}

#[test]
fn an_unknown_entity_is_named_with_those_there_are() {
    let error = check_changed("<Private entityRef=\"A\">", "<Private entityRef=\"Ego\">");
    assert!(error.contains("no entity `Ego`"), "{error}");
    assert!(error.contains("hint: there are: A"), "{error}");
}

#[test]
fn an_unknown_element_is_named_by_line() {
    let error = check_changed("<WorldPosition x=\"1\" y=\"2\"/>", "<MoonPosition x=\"1\"/>");
    assert!(
        error.starts_with("case.xosc:8:") && error.contains("MoonPosition"),
        "{error}"
    );
}

/// `A` of the good file, driving east at 10 m/s from (1, 2), and `B` standing at that place.
fn with_second(x_m: f64, y_m: f64) -> scenario::model::Scenario {
    let object = GOOD
        .split("<Entities>")
        .nth(1)
        .and_then(|rest| rest.split("</Entities>").next());
    let second = object.expect("entities").replace("name=\"A\"", "name=\"B\"");
    let private = format!(
        "<Private entityRef=\"B\"><PrivateAction><TeleportAction><Position><WorldPosition x=\"{x_m}\" y=\"{y_m}\"/>\
         </Position></TeleportAction></PrivateAction></Private>"
    );
    let text = GOOD
        .replacen("</Entities>", &format!("{second}</Entities>"), 1)
        .replacen("</Private></Actions>", &format!("</Private>{private}</Actions>"), 1);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("case.xosc");
    std::fs::write(&path, text).expect("written");
    let reading = read(&Library::default(), &path, &ReadOptions::default());
    reading.expect("a scenario").scenario
}

fn measured(scenario: &scenario::model::Scenario) -> Measures {
    let mut measures = Measures::default();
    let mut player = Player::new(scenario);
    while player.time_s() < 10.0 && player.step(0.01) {
        measures.observe(&player, 0.01);
    }
    measures
}

#[test]
fn entities_on_the_same_spot_collide_at_once() {
    let scenario = with_second(1.0, 2.0);
    let measures = measured(&scenario);
    let collision = measures.collisions().next().expect("a collision");
    assert_eq!(collision.time_s, 0.0);
}

#[test]
fn times_and_decelerations_are_those_of_the_last_moment_of_an_approach() {
    // After 2.01 s `A` is at 21.1 m, so 28.9 m lie between the boxes.
    let scenario = with_second(51.0, 2.0);
    let measures = measured(&scenario);
    let value = |name: Name| {
        measures
            .worst()
            .find(|measure| measure.name == name)
            .map(|measure| measure.value)
    };
    let is = |name: Name, expected: f64| {
        let found = value(name).expect("measured");
        assert!(
            (found - expected).abs() < 1e-6,
            "{name:?}: {found}, expected {expected}"
        );
    };
    is(Name::TimeToCollision, 2.89);
    is(Name::TimeHeadway, 2.89);
    is(Name::RequiredDeceleration, 100.0 / 57.8);
    assert_eq!(measures.collisions().count(), 0);
}

#[test]
fn a_collision_tells_speed_and_sides() {
    let scenario = with_second(11.0, 2.0);
    let measures = measured(&scenario);
    let collision = measures.collisions().next().expect("a collision");
    assert!((collision.impact_mps - 10.0).abs() < 1e-6, "{}", collision.impact_mps);
    assert_eq!(collision.sides, [Side::Front, Side::Rear]);
    assert!((collision.time_s - 0.9).abs() < 0.011, "{}", collision.time_s);
}

#[test]
fn a_picture_is_the_same_each_time_and_shows_the_collision() {
    let scenario = with_second(11.0, 2.0);
    let picture = scenario::picture::storyboard(&scenario, 10.0);
    assert_eq!(picture, scenario::picture::storyboard(&scenario, 10.0));
    assert!(picture.contains(">collision</text>"), "{picture}");
}

/// Warnings about a file.
fn doubts(text: &str) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("case.xosc");
    std::fs::write(&path, text).expect("written");
    let reading = read(&Library::default(), &path, &ReadOptions::default()).unwrap_or_else(|error| panic!("{error}"));
    let warnings: Vec<String> = reading.warnings.iter().map(ToString::to_string).collect();
    warnings
        .join("\n")
        .replace(&format!("{}/", folder.path().display()), "")
}

#[test]
fn a_trigger_that_can_never_fire_is_doubted_at_its_place() {
    assert_eq!(doubts(GOOD), "");
    let time = r#"<SimulationTimeCondition value="2" rule="greaterThan"/>"#;
    let parameter = r#"<ParameterCondition parameterRef="v" rule="equalTo" value="11"/>"#;
    let found = doubts(&GOOD.replace(time, parameter));
    assert!(found.starts_with("case.xosc:13:"), "{found}");
    assert!(
        found.contains("can never fire: `end`: nothing changes `v` from `10`"),
        "{found}"
    );
    let found = doubts(&GOOD.replace("conditionEdge=\"none\"", "conditionEdge=\"falling\""));
    assert!(found.contains("does not come back"), "{found}");
}

#[test]
fn entities_that_begin_on_one_spot_are_doubted() {
    let entity = &GOOD[GOOD.find("<ScenarioObject").expect("one")..GOOD.find("</Entities>").expect("one")];
    let private = &GOOD[GOOD.find("<Private ").expect("one")..GOOD.find("</Actions></Init>").expect("one")];
    let twice = |text: &str| text.to_owned() + &text.replace("\"A\"", "\"B\"");
    let text = GOOD.replace(entity, &twice(entity)).replace(private, &twice(private));
    let found = doubts(&text);
    assert!(found.contains("`A` and `B` begin on one spot"), "{found}");
}

#[test]
fn an_entity_that_is_never_put_anywhere_is_doubted() {
    let entity = &GOOD[GOOD.find("<ScenarioObject").expect("one")..GOOD.find("</Entities>").expect("one")];
    let found = doubts(&GOOD.replace(entity, &(entity.to_owned() + &entity.replace("\"A\"", "\"B\""))));
    assert!(found.starts_with("case.xosc:6:"), "{found}");
    assert!(
        found.contains("`B` is never put anywhere: it is not there\nhint: add a <TeleportAction>"),
        "{found}"
    );
}

#[test]
fn a_concrete_scenario_is_the_file_with_its_values() {
    let values = vec![("v".to_owned(), "5".to_owned())];
    let text = scenario::concrete(GOOD, &values, str::to_owned).expect("a scenario");
    assert_eq!(text, GOOD.replace("value=\"10\"", "value=\"5\""));
    assert_eq!(check(&text), "x = 11.05 at 2.01 s");
    let unknown = vec![("w".to_owned(), "5".to_owned())];
    assert_eq!(scenario::concrete(GOOD, &unknown, str::to_owned), None);
}

proptest! {
    #[test]
    fn any_damage_to_a_file_is_an_error_or_a_run(at in 0usize..1800, length in 0usize..40, put in "[<>/=\"a-z$ {}0-9.-]{0,12}") {
        let from = at.min(GOOD.len());
        let to = (from + length).min(GOOD.len());
        let _ = check(&format!("{}{put}{}", &GOOD[..from], &GOOD[to..]));
    }
}
