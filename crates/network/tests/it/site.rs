//! The site file, and what is made of it: coverage, plans, experiments.

use crate::small::{TWO_MASTS, site, straight_road};
use network::cover::{CoverFigures, Quantity, Requirement, Surveyor, geojson, geotiff};
use network::drive::way_points;
use network::experiment::{Experiment, Parameter, intervals};
use network::plan::{Costs, Planner, candidates};
use network::radio::environment::{Environment, Place};
use network::radio::obstacles::Obstacles;
use network::site::{Duplex, Mast, NetworkSite};
use proptest::prelude::*;
use record::Seed;
use road::LaneId;

#[test]
fn a_site_needs_only_masts_and_says_what_is_wrong_with_its_line_and_mend() {
    let plain = site(TWO_MASTS);
    assert_eq!(
        (plain.masts.len(), plain.cells().count(), plain.bands[0].name.as_str()),
        (2, 6, "n78")
    );
    assert_eq!(plain.cell_name(4), "east-2");
    let wrong = r#"[load]
share = 1.5
[[bands]]
name = "n28"
frequency_mhz = 700
bandwidth_mhz = 20
subcarrier_khz = 20
[[slices]]
name = "odd"
five_qi = 77
[[masts]]
name = "A"
[[masts]]
name = "A"
x_m = 1
y_m = 2
sectors = [{ band = "n79" }]
"#;
    let told = NetworkSite::read("network.toml", wrong, &straight_road())
        .expect_err("mistakes")
        .to_string();
    for part in [
        "network.toml:2: `share` is `1.5`\nhint: write a number from 0 to 0.99",
        "network.toml:7: `subcarrier_khz` is `20`\nhint: 15, 30, 60 or 120",
        "network.toml:10: `five_qi` is `77`",
        "network.toml:11: mast `A` has no place\nhint: give x_m and y_m",
        "a second mast is called `A`",
        "network.toml:17: there is no band `n79`\nhint: known are `n28`",
    ] {
        assert!(told.contains(part), "no `{part}` in\n{told}");
    }
    let told = NetworkSite::read("network.toml", "[load]\nshare = yes\n", &straight_road())
        .expect_err("no TOML")
        .to_string();
    assert!(told.starts_with("network.toml:2: "), "{told}");
}

#[test]
fn bands_follow_their_numerology() {
    let text =
        "[[bands]]\nname = \"n28\"\nfrequency_mhz = 758\nbandwidth_mhz = 20\nsubcarrier_khz = 15\nduplex = \"fdd\"\n";
    let n28 = site(&format!("{text}{TWO_MASTS}")).bands[0].clone();
    assert_eq!(
        (n28.duplex, n28.slot_ms(), n28.resource_blocks()),
        (Duplex::Frequency, 1.0, 106)
    );
    let n78 = site(TWO_MASTS).bands[0].clone();
    // TS 38.101-1, table 5.3.2-1: 273 blocks of 30 kHz in 100 MHz.
    assert_eq!((n78.slot_ms(), n78.resource_blocks()), (0.5, 273));
}

#[test]
fn coverage_is_the_same_on_any_number_of_threads_and_is_written_as_files_others_read() {
    let network = straight_road();
    let site = site(TWO_MASTS);
    let environment = Environment::new(&site, &network);
    let surveyor = Surveyor::new(&environment, Requirement::REMOTE_DRIVING, 0.3);
    let survey = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .expect("threads");
        pool.install(|| geojson(&surveyor.lanes(&network, |_| true, || ()), &network, &environment))
    };
    let text = survey(1);
    assert_eq!(text, survey(8));
    let parsed: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let features = parsed["features"].as_array().expect("features");
    assert!(features.len() > 2 + 2 * 2_000 / 60);
    let figures = CoverFigures::of(&surveyor.lanes(&network, |_| true, || ()), &network);
    assert!((figures.length_km - 4.0).abs() < 1e-6);
    // The tunnel is three twentieths of the road.
    assert!((0.75..0.95).contains(&figures.covered), "{figures:?}");
    let grid = surveyor.grid(&network, || ());
    let bytes = geotiff(&grid, Quantity::Ratio, &network).expect("a TIFF");
    let mut decoder = tiff::decoder::Decoder::new(std::io::Cursor::new(bytes)).expect("a TIFF");
    assert_eq!(
        decoder.dimensions().expect("a size"),
        (grid.columns as u32, grid.rows as u32)
    );
}

#[test]
fn a_plan_reaches_its_target_with_no_more_than_greedy_takes_and_random_needs_more() {
    let network = straight_road();
    let bare = NetworkSite {
        load: 0.5,
        ..site(TWO_MASTS)
    };
    let points = way_points(&network, &[LaneId(0)]);
    let places: Vec<Place> = points.iter().map(|point| Place::open(point.place.at_m)).collect();
    let model = Mast {
        height_m: 10.0,
        ..bare.masts[0].clone()
    };
    let all = NetworkSite {
        masts: candidates(&places, 150.0, &model),
        ..bare.clone()
    };
    let planner = Planner::new(
        &all,
        &Obstacles::of(&network),
        places,
        Requirement::REMOTE_DRIVING,
        0.3,
        Costs {
            mast: 1.0,
            edge_site: 1.0,
        },
        0.95,
    );
    let plans = planner.plan(Seed(1), |_| ());
    assert!(plans.ours.holds >= 0.95, "{plans:?}");
    assert!(plans.ours.masts.len() <= plans.greedy.masts.len());
    assert!(plans.random[0] >= plans.ours.masts.len() as f64, "{plans:?}");
    assert_eq!(plans, planner.plan(Seed(1), |_| ()));
}

#[test]
fn more_load_holds_less_and_every_seed_is_played_for_every_value() {
    let network = straight_road();
    let site = site(TWO_MASTS);
    let points = way_points(&network, &[LaneId(0)]);
    let experiment = Experiment {
        site: &site,
        network: &network,
        points: &points,
        requirement: Requirement::REMOTE_DRIVING,
        share_min: 0.0,
        parameter: Parameter::Load,
    };
    let runs = experiment.run(&[0.1, 0.9], &[1, 2, 3], || ());
    assert_eq!(
        runs.iter().map(|run| (run.value, run.seed)).collect::<Vec<_>>(),
        [(0.1, 1), (0.1, 2), (0.1, 3), (0.9, 1), (0.9, 2), (0.9, 3)]
    );
    let [light, heavy] = [&runs[..3], &runs[3..]].map(intervals);
    assert!(
        heavy[0].mean < light[0].mean && heavy[2].mean < light[2].mean && heavy[5].mean < light[5].mean,
        "{light:?} {heavy:?}"
    );
    assert!(light[0].half_width.is_finite());
}

proptest! {
    #[test]
    fn any_text_is_a_site_or_is_refused_without_a_panic(text in "[ -~\n]{0,200}", number in any::<f64>()) {
        let network = straight_road();
        let _ = NetworkSite::read("network.toml", &text, &network);
        let with = format!("[[masts]]\nname = \"A\"\nx_m = {number:?}\ny_m = {number:?}\nheight_m = {number:?}\n");
        let _ = NetworkSite::read("network.toml", &with, &network);
    }
}
