//! CommonRoad scenarios: whatever stands there is read or refused, and what is read becomes roads or is refused.
#![no_main]

use commonroad::{Roads, Scenario};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(scenario) = Scenario::read("scenario.xml", text) {
        let _ = Roads::new(&scenario);
    }
});
