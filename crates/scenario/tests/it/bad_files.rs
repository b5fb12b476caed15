//! Each kind of bad file, and all that a user reads of it.

use crate::playground::{Case, car, event, put};
use scenario::{Library, ReadOptions, read};

/// A sound file with one thing changed, and what is told of it.
fn told(from: &str, to: &str) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let stop = r#"<PrivateAction><LongitudinalAction><SpeedAction><SpeedActionDynamics dynamicsShape="linear" dynamicsDimension="time" value="2"/>
<SpeedActionTarget><AbsoluteTargetSpeed value="0"/></SpeedActionTarget></SpeedAction></LongitudinalAction></PrivateAction>"#;
    let case = Case {
        entities: car("Ego") + &car("Other"),
        init: put("Ego", -1, 50.0, 10.0) + &put("Other", -2, 80.0, 10.0),
        actor: "Ego",
        events: event(1.0, stop),
        ..Case::default()
    };
    let path = case.write(folder.path());
    let text = std::fs::read_to_string(&path).expect("written");
    assert!(text.contains(from), "`{from}` is not in the file");
    std::fs::write(&path, text.replacen(from, to, 1)).expect("written");
    let told = match read(&Library::default(), &path, &ReadOptions::default()) {
        Ok(reading) => {
            let warnings = reading.warnings.iter().map(|warning| format!("warning: {warning}"));
            warnings.collect::<Vec<_>>().join("\n")
        }
        Err(error) => error.to_string(),
    };
    told.replace(&format!("{}/", folder.path().display()), "")
}

#[test]
fn every_kind_of_bad_file_is_told_with_its_place_and_its_mend() {
    let parameter = |declarations: &str| {
        format!("<ParameterDeclarations>{declarations}</ParameterDeclarations><CatalogLocations/>")
    };
    let cases = [
        ("nothing is wrong", "<CatalogLocations/>", "<CatalogLocations/>".to_owned()),
        ("a map that is not there", "map.xodr", "no.xodr".to_owned()),
        (
            "a catalog that is not there",
            r#"<ScenarioObject name="Other">"#,
            r#"<ScenarioObject name="Third"><CatalogReference catalogName="Cars" entryName="van"/></ScenarioObject><ScenarioObject name="Other">"#.to_owned(),
        ),
        (
            "a parameter that means itself",
            "<CatalogLocations/>",
            parameter(r#"<ParameterDeclaration name="a" parameterType="double" value="$a"/>"#),
        ),
        (
            "parameters that mean each other",
            "<CatalogLocations/>",
            parameter(
                r#"<ParameterDeclaration name="a" parameterType="double" value="${$b + 1}"/><ParameterDeclaration name="b" parameterType="double" value="${$a - 1}"/>"#,
            ),
        ),
        ("a lane that is not there", r#"laneId="-2""#, r#"laneId="-7""#.to_owned()),
        ("a road that is not there", r#"roadId="0" laneId="-2""#, r#"roadId="77" laneId="-2""#.to_owned()),
        ("not a number", r#"s="80""#, r#"s="NaN""#.to_owned()),
        ("a word for a number", r#"s="80""#, r#"s="far""#.to_owned()),
        (
            "entities on one spot",
            r#"laneId="-2" s="80""#,
            r#"laneId="-1" s="50""#.to_owned(),
        ),
        (
            "a trigger that never fires",
            r#"<SimulationTimeCondition value="1" rule="greaterOrEqual"/>"#,
            r#"<SimulationTimeCondition value="0" rule="lessThan"/>"#.to_owned(),
        ),
        (
            "an entity bomb",
            "<OpenSCENARIO>",
            r#"<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><OpenSCENARIO>"#.to_owned(),
        ),
        ("an element without its end", "</Entities>", "<Entities>".to_owned()),
        ("an unknown attribute", r#"<LanePosition "#, r#"<LanePosition ofset="1" "#.to_owned()),
        ("a step without value", r#"dynamicsShape="linear" dynamicsDimension="time" value="2""#, r#"dynamicsShape="step""#.to_owned()),
        ("a ramp without value", r#"dynamicsShape="linear" dynamicsDimension="time" value="2""#, r#"dynamicsShape="linear""#.to_owned()),
        ("an edge left out", r#" conditionEdge="none""#, String::new()),
        ("a flag as Python writes it", r#"selectTriggeringEntities="false""#, r#"selectTriggeringEntities="False""#.to_owned()),
        ("an action without a name", r#"<Action name="action">"#, "<Action>".to_owned()),
        ("a count below zero", r#"maximumExecutionCount="1""#, r#"maximumExecutionCount="-1""#.to_owned()),
        ("a file of the time before 1.0", r#"revMajor="1""#, r#"revMajor="0""#.to_owned()),
        ("an unknown element", "<Entities>", "<Entities><Ghost/>".to_owned()),
        ("an unknown entity", r#"<EntityRef entityRef="Ego"/>"#, r#"<EntityRef entityRef="Egon"/>"#.to_owned()),
        ("an unknown word", r#"dynamicsShape="linear""#, r#"dynamicsShape="wavy""#.to_owned()),
    ];
    let all = cases.map(|(name, from, to)| format!("{name}:\n{}\n", told(from, &to)));
    insta::assert_snapshot!(all.join("\n"));
}
