//! Plays one run of a built-in suite and prints what was seen: `cargo run -p proving --example one_run -- ncap pedestrian-near 0.5 0.5 0.5`.
//!
//! The numbers are shares of the parameters' laws, in the order of their names.

use proving::figure::Figure;
use proving::stand::Fate;
use proving::{Stand, UnderTest, shelf};
use record::Seed;
use scenario::Driver;
use vehicle::DataSheet;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [suite, id, shares @ ..] = words.as_slice() else {
        return Err("name a suite, a scenario and shares".into());
    };
    let library = shelf::library([]);
    let suite = shelf::find(suite, &library)?;
    let scenario = suite
        .scenarios
        .iter()
        .find(|scenario| scenario.id == *id)
        .ok_or("no such scenario")?;
    let sheet = DataSheet::load("minibus")?;
    let stand = Stand {
        library: &library,
        sheet: &sheet,
        under_test: UnderTest {
            name: "westline",
            driver: Driver::Westline,
            outside: None,
        },
        step_s: suite.step_s,
        seed: Seed(suite.seed),
    };
    let share = |index: usize| shares.get(index).and_then(|share| share.parse().ok()).unwrap_or(0.5);
    let values: Vec<f64> = scenario
        .parameters
        .iter()
        .enumerate()
        .map(|(index, parameter)| parameter.value(share(index)))
        .collect();
    let mut text = String::new();
    for (parameter, value) in scenario.parameters.iter().zip(&values) {
        text += &format!("{} {value}\n", parameter.name);
    }
    let mut next_s = 0.0;
    let judged = stand.play_watched(scenario, 0, values, |player| {
        if player.time_s() >= next_s {
            next_s += 0.5;
            text += &format!("{:.2}", player.time_s());
            for (entity, body) in player.entities().iter().zip(player.bodies()) {
                text += &format!(
                    "  {} {:.2} {:.2} {:.2}",
                    entity.name, body.pose.x_m, body.pose.y_m, body.speed_mps
                );
            }
            text += "\n";
        }
    });
    if let Fate::Played { readings, .. } = &judged.fate {
        for figure in Figure::all() {
            if let Some(reading) = readings.get(figure) {
                text += &format!(
                    "{} {:.3} at {:.2} s {:?}\n",
                    figure.word(),
                    reading.value,
                    reading.time_s,
                    reading.other
                );
            }
        }
    }
    for verdict in &judged.verdicts {
        text += &format!("{:?}\n", verdict.decision);
    }
    // An example prints what it has to say.
    #[expect(clippy::print_stdout, reason = "an example's output")]
    {
        println!("{text}");
    }
    Ok(())
}
