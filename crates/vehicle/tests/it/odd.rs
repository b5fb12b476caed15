//! Operational design domains, as files and as bounds.

use proptest::prelude::*;
use vehicle::{DataSheet, FaultKind, OddAttribute, OddFit, OddState, OddTally, OperationalDesignDomain, Rung};

fn shipped() -> OperationalDesignDomain {
    let (file, text) = DataSheet::shipped_domain("minibus.odd.toml").expect("it is shipped");
    OperationalDesignDomain::from_toml(&text, &file).unwrap_or_else(|error| panic!("{error}"))
}

/// A clear day on a wide road.
fn fine() -> [f64; OddAttribute::COUNT] {
    let mut values = [0.0; OddAttribute::COUNT];
    values[OddAttribute::LaneWidth.index()] = 3.5;
    values[OddAttribute::CurveRadius.index()] = 100.0;
    values[OddAttribute::Visibility.index()] = f64::INFINITY;
    values
}

fn fit(attribute: OddAttribute, value: f64) -> OddFit {
    let mut values = fine();
    values[attribute.index()] = value;
    let fits = shipped().fit(&values);
    for other in OddAttribute::ALL.into_iter().filter(|other| *other != attribute) {
        assert_eq!(fits[other.index()], OddFit::Inside, "{other:?}");
    }
    fits[attribute.index()]
}

#[test]
fn the_minibus_names_its_domain_and_others_have_no_bounds() {
    let minibus = DataSheet::shipped("minibus").unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(*minibus.odd, shipped());
    assert!(minibus.odd.bounds.iter().all(Option::is_some));
    assert_eq!(minibus.odd.on_fault[FaultKind::Computer.index()], Rung::StopNow);
    let car = DataSheet::shipped("car").unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(*car.odd, OperationalDesignDomain::default());
}

#[test]
fn a_value_is_inside_near_or_outside_by_its_bound() {
    assert_eq!(fit(OddAttribute::Rainfall, 5.0), OddFit::Inside);
    assert_eq!(fit(OddAttribute::Rainfall, 25.0), OddFit::Near);
    assert_eq!(fit(OddAttribute::Rainfall, 31.0), OddFit::Outside);
    assert_eq!(fit(OddAttribute::Visibility, 100.0), OddFit::Near);
    assert_eq!(fit(OddAttribute::Visibility, 60.0), OddFit::Outside);
    assert_eq!(fit(OddAttribute::LaneWidth, 2.2), OddFit::Outside);
    assert_eq!(fit(OddAttribute::Speed, 63.0 / 3.6), OddFit::Near);
    assert_eq!(fit(OddAttribute::Night, 1.0), OddFit::Inside);
}

#[test]
fn what_is_not_known_is_outside() {
    for attribute in OddAttribute::ALL {
        assert_eq!(fit(attribute, f64::NAN), OddFit::Outside, "{attribute:?}");
    }
}

#[test]
fn time_and_exits_are_counted_by_attribute() {
    let (mut tally, mut before) = (OddTally::default(), OddState::default());
    for rain in [0.0, 25.0, 40.0, 40.0, 0.0, 40.0] {
        let mut values = fine();
        values[OddAttribute::Rainfall.index()] = rain;
        let state = OddState {
            values,
            fits: shipped().fit(&values),
        };
        tally.count(&state, &before, 0.5);
        before = state;
    }
    let rain = OddAttribute::Rainfall.index();
    assert_eq!((tally.time_s, tally.inside_s), (3.0, 1.0));
    assert_eq!(
        (tally.near_s[rain], tally.outside_s[rain], tally.exits[rain]),
        (0.5, 1.5, 2)
    );
    assert_eq!(tally.worst[rain], 40.0);
}

#[test]
fn all_that_is_wrong_with_a_domain_is_told_with_place_and_mend() {
    let text = r#"title = "Wrong"
[environmental_conditions.weather]
rainfall_mm_per_h = { least = 3 }
[environmental_conditions.illumination]
night = { allowed = "yes" }
[dynamic_elements.subject_vehicle]
speed_kmph = { most = 40, near = 50, exit = "curb" }
[ladder]
live_lane_s_max = 0
[ladder.slow]
braking = 1
[faults]
lider = "kerb"
"#;
    let told = OperationalDesignDomain::from_toml(text, "my.odd.toml").expect_err("it is wrong");
    insta::assert_snapshot!(told.to_string());
}

#[test]
fn a_sheet_whose_domain_is_not_there_or_wrong_is_told_so() {
    let sheet = include_str!("../../../../vehicles/minibus.toml");
    let not_there = sheet.replace("minibus.odd.toml", "mine.odd.toml");
    let told = DataSheet::from_toml(&not_there, "mine.toml").expect_err("it is not there");
    insta::assert_snapshot!(told.to_string());
    let outside = sheet.replace("minibus.odd.toml", "../mine.odd.toml");
    let told = DataSheet::from_toml(&outside, "mine.toml").expect_err("it is elsewhere");
    insta::assert_snapshot!(told.to_string());
    let wrong = |_: &str| Ok(("beside.odd.toml".to_owned(), "title = 3".to_owned()));
    let told = DataSheet::from_toml_beside(sheet, "mine.toml", &wrong).expect_err("it is wrong");
    insta::assert_snapshot!(told.to_string());
}

proptest! {
    #[test]
    fn a_worse_value_never_fits_better(index in 0..OddAttribute::COUNT, a in -1e3..1e3f64, b in -1e3..1e3f64) {
        let attribute = OddAttribute::ALL[index];
        let bound = shipped().bounds[index].expect("all are bounded");
        let (low, high) = (bound.fit(attribute, a.min(b)), bound.fit(attribute, a.max(b)));
        if attribute.is_bounded_above() {
            prop_assert!(low <= high);
        } else {
            prop_assert!(high <= low);
        }
    }

    #[test]
    fn any_text_is_a_domain_or_is_told_what_is_wrong(text in ".{0,80}", key in "[a-z_]{1,12}", value in -1e4..1e4f64) {
        let text = format!("title = \"t\"\n{text}\n[ladder.{key}]\nbraking_mps2 = {value}\n[faults]\n{key} = \"slow\"");
        let _ = OperationalDesignDomain::from_toml(&text, "any.odd.toml");
    }
}
