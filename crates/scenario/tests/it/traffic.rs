//! Traffic that comes, goes and is about: cases of our own, from the standard's text.

use crate::playground::{Case, car, event, put};
use proptest::prelude::*;
use record::Seed;
use scenario::Player;

fn global(action: &str) -> String {
    format!("<GlobalAction><TrafficAction trafficName=\"flow\">{action}</TrafficAction></GlobalAction>")
}

fn lane_position(lane: i32, s_m: f64) -> String {
    format!(r#"<Position><LanePosition roadId="0" laneId="{lane}" s="{s_m}" offset="0"/></Position>"#)
}

fn fleet(car: f64, truck: f64) -> String {
    format!(
        r#"<TrafficDefinition name="mix"><VehicleCategoryDistribution><VehicleCategoryDistributionEntry category="car" weight="{car}"/>
        <VehicleCategoryDistributionEntry category="truck" weight="{truck}"/></VehicleCategoryDistribution><ControllerDistribution>
        <ControllerDistributionEntry weight="1"><Controller name="any"><Properties/></Controller></ControllerDistributionEntry>
        </ControllerDistribution></TrafficDefinition>"#
    )
}

fn source(rate: f64, speed_mps: f64) -> String {
    global(&format!(
        r#"<TrafficSourceAction radius="0" rate="{rate}" velocity="{speed_mps}">{}{}</TrafficSourceAction>"#,
        lane_position(-1, 10.0),
        fleet(1.0, 0.0)
    ))
}

fn swarm(count: u32, inner_m: f64) -> String {
    global(&format!(
        r#"<TrafficSwarmAction semiMajorAxis="150" semiMinorAxis="60" innerRadius="{inner_m}" offset="20" numberOfVehicles="{count}" velocity="10">
        <CentralObject entityRef="Ego"/>{}</TrafficSwarmAction>"#,
        fleet(3.0, 1.0)
    ))
}

/// How many are there, of all that ever came.
fn there(player: &Player<'_>) -> [usize; 2] {
    let own = player.scenario().entities.len();
    let brought = &player.bodies()[own..];
    [brought.iter().filter(|body| body.is_active).count(), brought.len()]
}

/// Who is there at a time.
fn count_at(case: &Case, time_s: f64) -> [usize; 2] {
    case.play(
        |_| {},
        |player| (player.time_s() >= time_s - 1e-6).then(|| there(player)),
    )
    .expect("it goes on so long")
}

#[test]
fn a_source_brings_vehicles_at_its_rate_and_speed() {
    let case = Case {
        init: source(0.5, 15.0),
        ..Case::default()
    };
    assert_eq!(count_at(&case, 0.0), [1, 1]);
    assert_eq!(count_at(&case, 9.0), [5, 5]);
    let [x_m, y_m, _, speed_mps] = case.at(0, 2.0);
    assert!((x_m - 40.0).abs() < 0.5 && (y_m + 1.75).abs() < 1e-6, "{x_m} {y_m}");
    assert!((speed_mps - 15.0).abs() < 1e-6);
}

#[test]
fn a_sink_takes_what_traffic_brought_and_no_entity_of_the_scenario() {
    let sink = format!(
        r#"<TrafficSinkAction radius="5">{}</TrafficSinkAction>"#,
        lane_position(-1, 110.0)
    );
    let case = Case {
        entities: car("Ego"),
        init: put("Ego", -2, 110.0, 0.0) + &source(0.2, 20.0) + &global(&sink),
        ..Case::default()
    };
    let [active, all] = count_at(&case, 30.0);
    assert!(active < all, "{active} of {all}");
    assert_eq!(case.at(0, 30.0)[0], 110.0);
}

#[test]
fn a_sink_with_a_rate_takes_no_more_than_that() {
    let sink = |rate: &str| {
        format!(
            r#"<TrafficSinkAction radius="30" {rate}>{}</TrafficSinkAction>"#,
            lane_position(-1, 200.0)
        )
    };
    let case = |rate| Case {
        init: source(0.4, 20.0) + &global(&sink(rate)),
        ..Case::default()
    };
    let taken = |case: &Case| {
        count_at(case, 30.0)
            .into_iter()
            .rev()
            .reduce(|all, active| all - active)
    };
    assert!(taken(&case("")) >= Some(8));
    assert!(taken(&case("rate=\"0.1\"")) <= Some(3));
}

#[test]
fn stopped_traffic_brings_no_more_and_drives_on() {
    let stop = global("<TrafficStopAction/>");
    let case = Case {
        init: source(0.4, 15.0),
        events: event(6.0, &stop),
        ..Case::default()
    };
    assert_eq!(count_at(&case, 20.0), [3, 3]);
}

#[test]
fn a_stop_of_another_name_stops_nothing() {
    let stop = "<GlobalAction><TrafficAction trafficName=\"other\"><TrafficStopAction/></TrafficAction></GlobalAction>";
    let case = Case {
        init: source(0.4, 15.0),
        events: event(6.0, stop),
        ..Case::default()
    };
    assert_eq!(count_at(&case, 9.5), [4, 4]);
}

#[test]
fn an_area_is_filled_once_or_kept_full() {
    let area = |continuous: bool| {
        global(&format!(
            r#"<TrafficAreaAction continuous="{continuous}" numberOfEntities="6"><TrafficDistribution><TrafficDistributionEntry weight="1">
            <EntityDistribution><EntityDistributionEntry weight="1"><ScenarioObjectTemplate><Vehicle name="v" vehicleCategory="van"><BoundingBox>
            <Center x="1" y="0" z="1"/><Dimensions width="2" length="5" height="2"/></BoundingBox><Performance maxSpeed="60" maxAcceleration="5"
            maxDeceleration="8"/><Axles><FrontAxle maxSteering="0.5" wheelDiameter="0.6" trackWidth="1.6" positionX="3" positionZ="0.3"/>
            <RearAxle maxSteering="0" wheelDiameter="0.6" trackWidth="1.6" positionX="0" positionZ="0.3"/></Axles><Properties/></Vehicle>
            </ScenarioObjectTemplate></EntityDistributionEntry></EntityDistribution><Properties/></TrafficDistributionEntry></TrafficDistribution>
            <TrafficArea><RoadRange length="200"><RoadCursor roadId="0" s="400"/></RoadRange></TrafficArea></TrafficAreaAction>"#
        ))
    };
    let case = |continuous| Case {
        init: area(continuous),
        ..Case::default()
    };
    assert_eq!(count_at(&case(false), 0.0), [6, 6]);
    assert_eq!(count_at(&case(false), 5.0)[1], 6);
    let [active, all] = count_at(&case(true), 30.0);
    assert!(active <= 6 && all > 8, "{active} of {all}");
}

#[test]
fn a_template_that_no_catalog_has_is_named() {
    let corner = |x: f64, y: f64| format!(r#"<Position><WorldPosition x="{x}" y="{y}"/></Position>"#);
    let polygon = corner(100.0, -10.0) + &corner(300.0, -10.0) + &corner(300.0, 0.0) + &corner(100.0, 0.0);
    let area = format!(
        r#"<TrafficAreaAction continuous="false" numberOfEntities="5"><TrafficDistribution><TrafficDistributionEntry weight="1"><EntityDistribution>
        <EntityDistributionEntry weight="1"><ScenarioObjectTemplate><CatalogReference catalogName="none" entryName="none"/></ScenarioObjectTemplate>
        </EntityDistributionEntry></EntityDistribution><Properties/></TrafficDistributionEntry></TrafficDistribution>
        <TrafficArea><Polygon>{polygon}</Polygon></TrafficArea></TrafficAreaAction>"#
    );
    let case = Case {
        init: global(&area),
        ..Case::default()
    };
    let problems = case.problems().join("\n");
    assert!(problems.contains("no entry `none` in catalog `none`"), "{problems}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn a_swarm_keeps_its_number_and_its_place_and_repeats(count in 1u32..20, inner_m in 0.0..40.0, seed in 0u64..100) {
        let case = Case {
            entities: car("Ego"),
            init: put("Ego", -1, 400.0, 12.0) + &swarm(count, inner_m),
            ..Case::default()
        };
        let mut runs = Vec::new();
        for _ in 0..2 {
            let mut most = 0;
            let places = case.play(|player| player.set_seed(Seed(seed)), |player| {
                let [active, _] = there(player);
                most = most.max(active);
                let ego = player.bodies()[0].pose;
                for body in player.bodies()[1..].iter().filter(|body| body.is_active) {
                    let (dx, dy) = ((body.pose.x_m - ego.x_m - 20.0) / 150.0, (body.pose.y_m - ego.y_m) / 60.0);
                    // One step of 0.01 s beyond the edge.
                    assert!(dx * dx + dy * dy < 1.01, "{dx} {dy}");
                }
                (player.time_s() >= 10.0).then(|| player.bodies().iter().map(|body| body.pose.x_m.to_bits()).collect::<Vec<_>>())
            });
            prop_assert!(most <= count as usize);
            prop_assert!(most > 0);
            runs.push(places);
        }
        prop_assert_eq!(&runs[0], &runs[1]);
    }
}
