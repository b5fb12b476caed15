//! Hours drawn by luck: the same for everybody who asks, and told with the command that plays them again.

use proptest::prelude::*;
use record::Seed;
use service::robustness::{Blame, Draw};
use service::{Site, SiteFiles};
use std::path::Path;
use std::sync::{Arc, LazyLock};

static SITES: LazyLock<Vec<Arc<Site>>> = LazyLock::new(|| {
    let load = |name: &str| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sites").join(name);
        Arc::new(Site::load(&SiteFiles::folder(&folder)).expect("the site is sound").0)
    };
    vec![load("yongchuan"), load("ninghua")]
});

proptest! {
    #[test]
    fn conditions_lie_within_the_day_and_in_digits_that_a_command_line_says(number in 0u64..1_000_000, seed in any::<u64>()) {
        let draw = Draw::new(number, &SITES, Seed(seed));
        prop_assert_eq!(&draw, &Draw::new(number, &SITES, Seed(seed)));
        let site = &SITES[draw.site];
        prop_assert!(draw.from_s >= site.from_s && draw.to_s <= site.to_s && draw.from_s < draw.to_s);
        for fault in &draw.faults {
            prop_assert!(draw.from_s <= fault.from_s && fault.from_s < fault.to_s && fault.to_s <= draw.to_s);
        }
        let command = draw.command("yongchuan");
        let said = |flag: &str| command.split(flag).nth(1).and_then(|rest| rest.split(' ').next()?.parse::<f64>().ok());
        prop_assert_eq!(said("--traffic "), Some(draw.traffic_scale));
        prop_assert_eq!(said("--seed "), Some(draw.seed as f64));
        prop_assert_eq!(said("--rain ").unwrap_or(0.0), draw.weather.rain_mm_per_h);
        prop_assert_eq!(said("--fog ").unwrap_or(f64::INFINITY), draw.weather.visibility_m);
    }
}

#[test]
fn some_minutes_of_an_hour_end_without_a_touch_of_ones_own_fault_and_the_same_each_time() {
    let mut draw = Draw::new(3, &SITES, Seed(1));
    draw.to_s = draw.from_s + 300.0;
    draw.faults.clear();
    let play = || {
        draw.play(&SITES[draw.site], &|| true)
            .expect("played")
            .expect("to its end")
    };
    let result = play();
    assert!(result.distance_km > 0.1, "{result:?}");
    assert!(
        result.touches.iter().all(|touch| touch.blame != Blame::Own),
        "{:?}",
        result.touches
    );
    assert_eq!(result, play());
}
