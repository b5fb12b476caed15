//! Trailers, and a driver's inputs that the storyboard overrides: cases of our own, from the standard's text.

use crate::playground::{Case, car, event, near, put};
use scenario::Driver;

/// A tractor whose hitch is 1 m behind its reference point, with what is within its `Trailer` element.
fn tractor(trailer: &str) -> String {
    car("Tractor").replace("</Vehicle>", &format!(r#"<TrailerHitch dx="-1"/>{trailer}</Vehicle>"#))
}

/// A trailer whose coupler is 3 m ahead of its reference point.
fn vehicle() -> String {
    let whole = car("T").replace(r#"vehicleCategory="car""#, r#"vehicleCategory="trailer""#);
    let vehicle = &whole[whole.find("<Vehicle").expect("one")..whole.find("</ScenarioObject>").expect("one")];
    vehicle.replace("</Vehicle>", r#"<TrailerCoupler dx="3"/></Vehicle>"#)
}

#[test]
fn a_trailer_stands_behind_its_tractor_whether_it_is_named_or_described_in_place() {
    let in_place = tractor(&format!(
        r#"<Trailer><Trailer name="Cart">{}</Trailer></Trailer>"#,
        vehicle()
    ));
    let named = tractor(r#"<Trailer><TrailerRef entityRef="Cart"/></Trailer>"#)
        + &format!(r#"<ScenarioObject name="Cart">{}</ScenarioObject>"#, vehicle());
    for entities in [in_place, named] {
        let case = Case {
            entities,
            init: put("Tractor", -1, 50.0, 10.0),
            ..Case::default()
        };
        for time_s in [0.0, 3.0] {
            let [x_m, y_m, heading_rad, _] = case.at(1, time_s);
            near(x_m, 50.0 + 10.0 * time_s - 4.0, 1e-6);
            near(y_m, -1.75, 1e-9);
            near(heading_rad, 0.0, 1e-9);
        }
    }
}

#[test]
fn a_trailer_that_is_let_go_stays_and_one_that_is_taken_on_follows() {
    let action = |what: &str| format!("<PrivateAction><TrailerAction>{what}</TrailerAction></PrivateAction>");
    let entities = tractor(r#"<Trailer><TrailerRef entityRef="Cart"/></Trailer>"#)
        + &format!(r#"<ScenarioObject name="Cart">{}</ScenarioObject>"#, vehicle());
    let case = Case {
        entities,
        init: put("Tractor", -1, 50.0, 10.0),
        actor: "Tractor",
        events: event(2.0, &action("<DisconnectTrailerAction/>")),
        ..Case::default()
    };
    // Without an action of its own it rolls on at the speed it has.
    let [x_m, _, _, speed_mps] = case.at(1, 5.0);
    near(x_m, 50.0 + 50.0 - 4.0, 0.2);
    near(speed_mps, 10.0, 1e-6);
}

fn overriding(inputs: &str) -> String {
    format!(
        "<PrivateAction><ControllerAction><OverrideControllerValueAction>{inputs}</OverrideControllerValueAction></ControllerAction></PrivateAction>"
    )
}

fn driven(inputs: &str) -> Case {
    Case {
        entities: car("Ego"),
        init: put("Ego", -1, 50.0, 10.0),
        actor: "Ego",
        events: event(1.0, &overriding(inputs))
            + &event(
                2.0,
                &overriding(r#"<Throttle active="false" value="0"/><Brake active="false" value="0"/>"#),
            ),
        ..Case::default()
    }
}

#[test]
fn overridden_pedals_hasten_and_brake_until_they_are_given_back() {
    // The car does 10 m/s² both ways.
    near(
        driven(r#"<Throttle active="true" value="0.2"/>"#).at(0, 4.0)[3],
        12.0,
        0.03,
    );
    near(driven(r#"<Brake active="true" value="0.5"/>"#).at(0, 4.0)[3], 5.0, 0.06);
    near(
        driven(r#"<Brake active="true"><BrakePercent value="0.5"/></Brake>"#).at(0, 4.0)[3],
        5.0,
        0.06,
    );
    near(driven(r#"<Brake active="true" value="1"/>"#).at(0, 3.0)[3], 0.0, 1e-9);
    near(
        driven(r#"<ParkingBrake active="true" value="0.1"/>"#).at(0, 6.0)[3],
        5.0,
        0.03,
    );
    // Without a clutch or in neutral the throttle drives nothing.
    near(
        driven(r#"<Throttle active="true" value="0.2"/><Clutch active="true" value="1"/>"#).at(0, 4.0)[3],
        10.0,
        1e-9,
    );
    near(
        driven(r#"<Throttle active="true" value="0.2"/><Gear active="true" number="0"/>"#).at(0, 4.0)[3],
        10.0,
        1e-9,
    );
}

#[test]
fn a_brake_force_brakes_by_the_mass_of_the_vehicle() {
    // 4 kN on 2 t are 2 m/s².
    let case = driven(r#"<Brake active="true"><BrakeForce value="4000"/></Brake>"#);
    let entities = case.entities.replace("<Vehicle name", r#"<Vehicle mass="2000" name"#);
    near(Case { entities, ..case }.at(0, 4.0)[3], 8.0, 0.03);
}

#[test]
fn a_driver_whose_brake_is_overridden_does_not_stop_for_whoever_stands_ahead() {
    let case = |inputs: &str| Case {
        entities: car("Ego") + &car("Other"),
        init: put("Ego", -1, 50.0, 10.0) + &put("Other", -1, 150.0, 0.0),
        actor: "Ego",
        events: event(0.5, &overriding(inputs)),
        ..Case::default()
    };
    let collides = |case: &Case, driver: Driver| {
        let found = case.play(
            |player| player.drive(0, driver),
            |player| (player.touch(0, 1) || player.time_s() > 25.0).then(|| player.touch(0, 1)),
        );
        found.expect("it goes on so long")
    };
    assert!(!collides(&case(r#"<Brake active="false" value="0"/>"#), Driver::Follow));
    assert!(collides(&case(r#"<Brake active="true" value="0"/>"#), Driver::Follow));
}
