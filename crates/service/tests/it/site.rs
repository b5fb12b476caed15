//! What a site's files may hold, and what is said when they are wrong.

use crate::town::{files, network};
use service::{ServiceError, Site};

/// Reads the site with changes and tells what is wrong with it.
fn problems(changed: &[(&str, &str)]) -> String {
    match Site::load_on(&files(changed), network()) {
        Err(error @ ServiceError::Site(_)) => error.to_string(),
        Err(error) => panic!("another kind of error: {error}"),
        Ok(_) => String::from("nothing"),
    }
}

#[test]
fn a_site_of_a_map_and_a_timetable_alone_can_be_played() {
    let left_out = [("site.toml", ""), ("fleet.toml", ""), ("demand/passengers.csv", "")];
    let site = Site::load_on(&files(&left_out), network()).unwrap();
    assert_eq!(site.name, "ring");
    assert_eq!(site.fleet.vehicles.len(), 1, "one vehicle can run every trip");
    assert_eq!(
        (site.from_s, site.to_s),
        (7.0 * 3600.0 - 300.0, 7.0 * 3600.0 + 26.0 * 60.0 + 600.0)
    );
    let per_day: f64 = site
        .passengers
        .relations
        .iter()
        .flat_map(|relation| relation.per_hour)
        .sum();
    assert!(
        (per_day - 27.0).abs() < 1e-9,
        "nine for each of three trips, not {per_day}"
    );
}

#[test]
fn every_problem_of_every_file_is_told_at_once() {
    insta::assert_snapshot!(problems(&[
        (
            "site.toml",
            "[day]\nfrom = \"half past five\"\ndate = \"2026-02-30\"\nseed = -1\n"
        ),
        (
            "fleet.toml",
            "[[vehicles]]\nsheet = \"minibuss\"\ncount = 0\n[[vehicles]]\nsheet = \"minibus\"\ninitial_charge = 9\nstop = \"C\"\n",
        ),
        (
            "demand/passengers.csv",
            "from_stop_id,to_stop_id,hour,passengers\nA,X,7,5\nA,B,99,5\nA,B,7,-5\nA,B,7,many\n"
        ),
    ]));
}

#[test]
fn a_key_that_is_not_known_is_refused_with_its_line() {
    insta::assert_snapshot!(problems(&[(
        "fleet.toml",
        "[[vehicles]]\nsheet = \"minibus\"\ncuont = 3\n"
    )]));
}

#[test]
fn a_stop_that_is_not_on_the_map_is_named() {
    insta::assert_snapshot!(problems(&[
        (
            "gtfs/stops.txt",
            "stop_id,stop_name,stop_lat,stop_lon\nA,South Gate,29.349950,105.892059\nB2,Elsewhere,30,106\nB,North Gate,29.352215,105.892059\n"
        ),
        (
            "gtfs/stop_times.txt",
            "trip_id,arrival_time,departure_time,stop_id,stop_sequence\nt1,07:00:00,07:00:00,A,1\nt1,07:02:30,07:03:00,B2,2\nt2,07:00:00,07:00:00,A,1\nt2,07:02:30,07:03:00,B,2\nt3,07:00:00,07:00:00,A,1\nt3,07:02:30,07:03:00,B,2\n"
        )
    ]));
}

#[test]
fn a_site_whose_parts_do_not_fit_can_be_played_and_says_so() {
    let hurried = crate::town::STOP_TIMES.replace("07:02:30,07:03:00", "07:00:20,07:03:00");
    let late = hurried.replace("t2,07:10:00,07:10:00", "t2,07:04:00,07:04:00");
    let one = "[[vehicles]]\nsheet = \"minibus\"\n";
    let site = Site::load_on(
        &files(&[("gtfs/stop_times.txt", &late), ("fleet.toml", one)]),
        network(),
    )
    .unwrap();
    let advice = site.check();
    let about_times: Vec<&str> = advice
        .iter()
        .filter(|text| !text.starts_with("gtfs/stops.txt"))
        .map(String::as_str)
        .collect();
    insta::assert_snapshot!(about_times.join("\n"));
    let sound = Site::load_on(&files(&[]), network()).unwrap();
    let about_more_than_stops = |advice: &&String| !advice.starts_with("gtfs/stops.txt");
    assert_eq!(sound.check().iter().find(about_more_than_stops), None);
}
