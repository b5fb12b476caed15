//! A small suite of two scenarios on a straight road, written into a folder, and a campaign of it.

use proving::{Campaign, Stand, Suite, UnderTest, shelf, suite_file};
use record::Seed;
use scenario::{Driver, Library};
use std::path::{Path, PathBuf};
use vehicle::DataSheet;

/// A suite whose first scenario is failed at high speed and whose second is always passed.
pub const SUITE: &str = r#"name = "small"
title = "A small suite"
standard = "none"
step_s = 0.02
seed = 5

[[clause]]
id = "1.1"
title = "Does not run into what stands ahead"
certainty = "assumed"

[[clause]]
id = "1.2"
title = "Keeps its lane"
certainty = "assumed"

[[scenario]]
id = "wall"
title = "A car stands ahead"
aim = "It is not run into."
file = "built-in/suites/r157/blocking_car.xosc"
duration_s = 12.0
stop_after_standing_s = 1.0
sampler = "monte_carlo"
runs = 1200
boundary = ["reference:cc"]
[scenario.parameters]
EgoSpeed_kmph = { range = [20, 60], unit = "km/h" }
Distance_m = { range = [10, 60], unit = "m" }
[[scenario.criteria]]
clause = "1.1"
figure = "impact_mps"
max = 0.0

[[scenario]]
id = "straight"
title = "A free road"
aim = "The lane is kept."
file = "built-in/suites/r157/blocking_car.xosc"
duration_s = 2.0
sampler = "sobol"
runs = 20
[scenario.parameters]
EgoSpeed_kmph = { range = [20, 60], unit = "km/h" }
[scenario.fixed]
Distance_m = 500
[[scenario.criteria]]
clause = "1.2"
figure = "lane_departure_m"
max = 0.0
"#;

/// What a campaign is made of.
pub struct Ground {
    pub library: Library,
    pub sheet: DataSheet,
    pub suite: Suite,
}

impl Ground {
    pub fn new() -> Ground {
        Ground::of(SUITE)
    }

    pub fn of(suite: &str) -> Ground {
        Ground {
            library: shelf::library([]),
            sheet: DataSheet::shipped("car").expect("a sheet"),
            suite: suite_file::read(suite, Path::new("small.toml")).expect("a sound suite"),
        }
    }

    pub fn stand(&self, driver: Driver) -> Stand<'_> {
        Stand {
            library: &self.library,
            sheet: &self.sheet,
            under_test: UnderTest {
                name: "reference:rss",
                driver,
                outside: None,
            },
            step_s: self.suite.step_s,
            seed: Seed(self.suite.seed),
        }
    }

    pub fn campaign<'a>(&'a self, folder: &'a Path) -> Campaign<'a> {
        Campaign {
            suite: &self.suite,
            stand: self.stand(Driver::named("reference:rss").expect("a driver")),
            runs_max: None,
            folder,
            software: ("test", "0"),
        }
    }
}

/// All files of a folder with their content, sorted by path.
pub fn content(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(below) = folders.pop() {
        for entry in std::fs::read_dir(&below).expect("a folder").flatten() {
            match entry.path().is_dir() {
                true => folders.push(entry.path()),
                false => {
                    let path = entry.path();
                    let name = path.strip_prefix(folder).expect("below it").to_owned();
                    found.push((name, std::fs::read(&path).expect("read")));
                }
            }
        }
    }
    found.sort();
    found
}
