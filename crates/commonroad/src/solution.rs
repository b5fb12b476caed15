//! Solution files for the benchmark's server: states of the kinematic single-track model.
//!
//! In go planning problems as they were driven; out comes the XML that `CommonRoadSolutionWriter` would write, byte for
//! byte the same on every machine: no date, no processor. Numbers are the shortest that read back to the same value.
//! Source: "CommonRoad: Documentation of the XML Format of Solutions" and its schema.

use crate::play::Played;
use crate::scenario::Scenario;
use crate::vehicle_model::VehicleModel;
use std::fmt::Write;

/// The cost function that solutions are submitted for.
pub const COST_FUNCTION: &str = "JB1";

/// `KS2:JB1:ZAM_Example-1_1_T-1:2020a`; with several planning problems in brackets, one for each.
pub fn benchmark_id(scenario: &Scenario, vehicle: &VehicleModel, problems: usize) -> String {
    let repeated = |word: String| match problems {
        1 => word,
        count => format!("[{}]", vec![word; count].join(",")),
    };
    format!(
        "{}:{}:{}:{}",
        repeated(format!("KS{}", vehicle.number)),
        repeated(COST_FUNCTION.to_owned()),
        scenario.benchmark_id,
        scenario.version.name()
    )
}

/// The file's text.
pub fn write(scenario: &Scenario, vehicle: &VehicleModel, played: &[Played]) -> String {
    let mut text = String::from("<?xml version=\"1.0\" ?>\n");
    let id = escaped(&benchmark_id(scenario, vehicle, played.len()));
    let mut line = |args: std::fmt::Arguments<'_>| {
        text.write_fmt(args).expect("text grows in memory");
        text.push('\n');
    };
    line(format_args!("<CommonRoadSolution benchmark_id=\"{id}\">"));
    for played in played {
        line(format_args!("  <ksTrajectory planningProblem=\"{}\">", played.problem));
        for (index, state) in played.states.iter().enumerate() {
            line(format_args!("    <ksState>"));
            line(format_args!("      <x>{}</x>", state.x_m));
            line(format_args!("      <y>{}</y>", state.y_m));
            line(format_args!(
                "      <steeringAngle>{}</steeringAngle>",
                state.steering_angle_rad
            ));
            line(format_args!("      <velocity>{}</velocity>", state.velocity_mps));
            line(format_args!(
                "      <orientation>{}</orientation>",
                state.orientation_rad
            ));
            line(format_args!("      <time>{}</time>", played.time_step + index as i64));
            line(format_args!("    </ksState>"));
        }
        line(format_args!("  </ksTrajectory>"));
    }
    line(format_args!("</CommonRoadSolution>"));
    text
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    text.replace('>', "&gt;").replace('"', "&quot;")
}
