//! CommonRoad scenarios, at the public seam: what is read, what is refused, how they are driven, what is written.

mod driving;
mod reading;

use commonroad::Scenario;
use std::path::PathBuf;

/// A scenario of `examples/commonroad`.
fn example(name: &str) -> (String, String) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../examples/commonroad")
        .join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    (name.to_owned(), text)
}

fn read(name: &str) -> Scenario {
    let (file, text) = example(name);
    Scenario::read(&file, &text).unwrap_or_else(|error| panic!("{error}"))
}

const EXAMPLES: [&str; 3] = [
    "ZAM_Change-1_1_T-1.xml",
    "ZAM_Follow-1_1_T-1.xml",
    "ZAM_Light-1_1_T-1.xml",
];
