//! Each section's pictures: which of a day's measures are drawn, and how.
//!
//! A picture is made only where something was measured; otherwise the section says so in words.

mod line_map;
mod link_map;
mod time_distance;

pub(crate) use line_map::line_map;
pub(crate) use link_map::link_map;
pub(crate) use time_distance::time_distance;

use service::{COMFORT_LIMIT, DayMeasures, Distribution, EARLY_S, LATE_S};

use crate::axis::Axis;
use crate::plot::{COLOURS, DASHES, Layer, PLANNED, Plot};
use crate::wording::{clock, number};

/// Most bars of a histogram; more are too thin to tell apart at page width.
const BARS_MAX: usize = 40;

/// Departures against the timetable, minutes.
pub(crate) fn departure_deviation(day: &DayMeasures) -> Option<String> {
    let mut plot = histogram(
        "Departures at timing points",
        "minutes late (negative: early)",
        &day.punctuality.departure_deviation_s,
        1.0 / 60.0,
    )?;
    let window = Layer::Band {
        from: -EARLY_S / 60.0,
        to: LATE_S / 60.0,
        colour: "#e3f1ea".to_owned(),
    };
    plot.layers.insert(0, window);
    plot.x = plot.x.widened(-EARLY_S / 60.0, LATE_S / 60.0);
    Some(plot.svg())
}

/// Arrivals at the last stop against the timetable, minutes.
pub(crate) fn arrival_deviation(day: &DayMeasures) -> Option<String> {
    let deviation = &day.punctuality.arrival_deviation_s;
    let plot = histogram(
        "Arrivals at the last stop",
        "minutes late (negative: early)",
        deviation,
        1.0 / 60.0,
    )?;
    Some(plot.svg())
}

/// Waiting times of those who boarded, minutes.
pub(crate) fn waiting(day: &DayMeasures) -> Option<String> {
    let waiting = &day.passengers.waiting_s;
    let mut plot = histogram("Waiting at the stop", "minutes", waiting, 1.0 / 60.0)?;
    if let Some(mean) = waiting.mean() {
        plot.layers.push(Layer::Mark {
            at: mean / 60.0,
            label: format!("mean {} min", number(mean / 60.0, 1)),
        });
    }
    if let Some(q) = waiting.quantile(0.95) {
        plot.layers.push(Layer::Mark {
            at: q / 60.0,
            label: format!("95 % below {} min", number(q / 60.0, 1)),
        });
    }
    Some(plot.svg())
}

/// Passengers by the hour in which they came.
pub(crate) fn arrivals_by_hour(day: &DayMeasures) -> Option<String> {
    let hours = &day.passengers.arrived_by_hour;
    let first = hours.iter().position(|n| *n > 0)?;
    let last = hours.iter().rposition(|n| *n > 0)?;
    let bars = (first..=last)
        .map(|h| {
            let from = h as f64 * 3600.0;
            [from, from + 3600.0, 0.0, f64::from(hours[h])]
        })
        .collect();
    let most = hours.iter().copied().max().unwrap_or(0);
    let mut plot = Plot::new(
        "Passengers who came, by hour",
        Axis::clock(first as f64 * 3600.0, (last + 1) as f64 * 3600.0),
        Axis::numbers_to_round("passengers", 0.0, f64::from(most)),
    );
    plot.layers.push(Layer::Bars {
        bars,
        colour: COLOURS[0].to_owned(),
    });
    Some(plot.svg())
}

/// Mean and greatest load on leaving each stop, one picture a pattern.
pub(crate) fn loads(day: &DayMeasures) -> Vec<String> {
    let places = day.vehicles.iter().map(|v| v.places).max().unwrap_or(0);
    (0..day.patterns.len()).filter_map(|p| load(day, p, places)).collect()
}

fn load(day: &DayMeasures, pattern: usize, places: u32) -> Option<String> {
    let stops = &day.patterns[pattern].stops;
    // The load is carried to the next stop, so the last has none.
    let legs = stops.len().checked_sub(1).filter(|n| *n > 0)?;
    let mut sums = vec![(0u32, 0u32, 0u32); legs];
    for trip in day.trips.iter().filter(|t| t.pattern == pattern) {
        for (call, sum) in trip
            .calls
            .iter()
            .zip(&mut sums)
            .filter(|(call, _)| call.departure_s.is_some())
        {
            *sum = (sum.0 + 1, sum.1 + call.load, sum.2.max(call.load));
        }
    }
    if sums.iter().all(|s| s.0 == 0) {
        return None;
    }
    let names: Vec<String> = stops[..legs].iter().map(|(s, _)| day.stops[*s].name.clone()).collect();
    let most = sums.iter().map(|s| s.2).max().unwrap_or(0).max(places);
    let title = format!("Load after each stop, to {}", day.patterns[pattern].headsign);
    let mut plot = Plot::new(
        &title,
        Axis::categories("leaving", &names),
        Axis::numbers_to_round("passengers", 0.0, f64::from(most)),
    );
    plot.height_px = 280.0;
    let mean = |s: &(u32, u32, u32)| if s.0 > 0 { f64::from(s.1) / f64::from(s.0) } else { 0.0 };
    let bars = |value: &dyn Fn(&(u32, u32, u32)) -> f64, inset: f64| -> Vec<[f64; 4]> {
        let one = |(i, s)| [i as f64 + inset, i as f64 + 1.0 - inset, 0.0, value(s)];
        sums.iter().enumerate().map(one).collect()
    };
    plot.layers.push(Layer::Bars {
        bars: bars(&|s| f64::from(s.2), 0.1),
        colour: "#b8d7ea".to_owned(),
    });
    plot.layers.push(Layer::Bars {
        bars: bars(&mean, 0.22),
        colour: COLOURS[0].to_owned(),
    });
    plot.layers.push(Layer::Level {
        at: f64::from(places),
        label: format!("{places} places"),
    });
    plot.legend = vec![
        ("mean".to_owned(), COLOURS[0].to_owned(), String::new()),
        ("greatest".to_owned(), "#b8d7ea".to_owned(), String::new()),
    ];
    Some(plot.svg())
}

/// Acceleration along and across, and jerk: how the ride felt, with the limits of normal driving.
pub(crate) fn comfort(day: &DayMeasures) -> Vec<String> {
    let c = &day.comfort;
    let limit = |text: &str, sign: f64| Layer::Mark {
        at: sign * COMFORT_LIMIT,
        label: text.to_owned(),
    };
    let along = histogram(
        "Acceleration along",
        "m/s² (negative: braking)",
        &c.acceleration_mps2,
        1.0,
    )
    .map(|mut plot| {
        plot.x = plot.x.widened(-COMFORT_LIMIT, COMFORT_LIMIT);
        plot.layers.extend([limit("limit", -1.0), limit("limit", 1.0)]);
        plot
    });
    let across = histogram("Acceleration across", "m/s²", &c.lateral_acceleration_mps2, 1.0).map(|mut plot| {
        plot.x = plot.x.widened(0.0, COMFORT_LIMIT);
        plot.layers.push(limit("limit", 1.0));
        plot
    });
    let jerk = histogram("Jerk", "m/s³", &c.jerk_mps3, 1.0).map(|mut plot| {
        plot.x = plot.x.widened(0.0, COMFORT_LIMIT);
        plot.layers.push(limit("limit", 1.0));
        plot
    });
    [along, across, jerk]
        .into_iter()
        .flatten()
        .map(|plot| plot.svg())
        .collect()
}

/// State of charge of each vehicle over the day.
pub(crate) fn state_of_charge(day: &DayMeasures) -> Option<String> {
    if day.vehicles.iter().all(|v| v.state_of_charge.len() < 2) {
        return None;
    }
    let mut plot = Plot::new(
        "State of charge",
        Axis::clock(day.from_clock_s, day.to_clock_s),
        Axis::numbers("per cent of the battery", 0.0, 100.0),
    );
    plot.width_px = 940.0;
    plot.height_px = 270.0;
    for (i, vehicle) in day.vehicles.iter().enumerate() {
        let (colour, dash) = (
            COLOURS[i % COLOURS.len()].to_owned(),
            DASHES[i % DASHES.len()].to_owned(),
        );
        let points = vehicle
            .state_of_charge
            .iter()
            .map(|(clock_s, share)| (*clock_s, 100.0 * share))
            .collect();
        if i < COLOURS.len() {
            plot.legend.push((vehicle.name.clone(), colour.clone(), dash.clone()));
        }
        plot.layers.push(Layer::Line {
            points,
            colour,
            dash,
            width_px: 1.8,
        });
    }
    Some(plot.svg())
}

/// Times to collision below ten seconds.
pub(crate) fn time_to_collision(day: &DayMeasures) -> Option<String> {
    histogram(
        "Time to collision, when below 10 s",
        "seconds",
        &day.safety.time_to_collision_s,
        1.0,
    )
    .map(|p| p.svg())
}

/// Errors along the kerb and gaps to it, in centimetres.
pub(crate) fn docking(day: &DayMeasures) -> Vec<String> {
    let along = histogram("Stopping error along the kerb", "cm", &day.docking.along_m, 100.0).map(|mut plot| {
        plot.x = plot.x.widened(0.0, 30.0);
        plot.layers.push(Layer::Mark {
            at: 30.0,
            label: "target".to_owned(),
        });
        plot
    });
    let gap = histogram("Gap to the kerb", "cm", &day.docking.kerb_gap_m, 100.0).map(|mut plot| {
        plot.x = plot.x.widened(0.0, 15.0);
        plot.layers.push(Layer::Mark {
            at: 15.0,
            label: "target".to_owned(),
        });
        plot
    });
    [along, gap].into_iter().flatten().map(|plot| plot.svg()).collect()
}

/// Headways of departures from each stop: each dot a departure, at the time since the one before.
pub(crate) fn headways(day: &DayMeasures) -> Option<String> {
    // Departures at the first stop of the busiest pattern stand for the line.
    let count = |p: usize| day.trips.iter().filter(|t| t.pattern == p).count();
    let pattern = (0..day.patterns.len()).max_by_key(|p| (count(*p), std::cmp::Reverse(*p)))?;
    let middle = day.patterns[pattern].stops.len() / 2;
    let calls = || {
        day.trips
            .iter()
            .filter(|t| t.pattern == pattern)
            .filter_map(|t| t.calls.get(middle))
    };
    let rows = |mut times: Vec<f64>| -> Vec<(f64, f64)> {
        times.sort_by(f64::total_cmp);
        times
            .windows(2)
            .map(|pair| (pair[1], (pair[1] - pair[0]) / 60.0))
            .collect()
    };
    let planned = rows(calls().map(|c| c.departure_s_scheduled).collect());
    let actual = rows(calls().filter_map(|c| c.departure_s).collect());
    if actual.is_empty() {
        return None;
    }
    let most = planned.iter().chain(&actual).map(|(_, h)| *h).fold(0.0, f64::max);
    let (stop, _) = day.patterns[pattern].stops[middle];
    let mut plot = Plot::new(
        &format!(
            "Headways at {}, to {}",
            day.stops[stop].name, day.patterns[pattern].headsign
        ),
        Axis::clock(day.from_clock_s, day.to_clock_s),
        Axis::numbers_to_round("minutes since the departure before", 0.0, most),
    );
    plot.layers.push(Layer::Line {
        points: planned,
        colour: PLANNED.to_owned(),
        dash: "4 3".to_owned(),
        width_px: 1.4,
    });
    plot.layers.push(Layer::Dots {
        points: actual,
        colour: COLOURS[0].to_owned(),
        radius_px: 2.6,
    });
    plot.legend = vec![
        ("timetable".to_owned(), PLANNED.to_owned(), "4 3".to_owned()),
        ("driven".to_owned(), COLOURS[0].to_owned(), String::new()),
    ];
    Some(plot.svg())
}

/// A histogram of a distribution, values multiplied by `scale`; bars show shares of all values.
fn histogram(title: &str, label: &str, values: &Distribution, scale: f64) -> Option<Plot> {
    let first = values.bins.iter().position(|n| *n > 0)?;
    let last = values.bins.iter().rposition(|n| *n > 0)?;
    // Bins are joined in round numbers, and from a round start, so that bars fall on ticks.
    let joined = [1, 2, 5, 10, 20, 50, 100, 200, 500]
        .into_iter()
        .find(|j| (last - first) / j < BARS_MAX)
        .unwrap_or(values.bins.len());
    let bars: Vec<[f64; 4]> = (first / joined..=last / joined)
        .map(|b| {
            let bins = b * joined..((b + 1) * joined).min(values.bins.len());
            let share = values.bins[bins.clone()].iter().sum::<u64>() as f64 / values.count as f64;
            let edge = |bin: usize| (values.low + bin as f64 * values.bin_width) * scale;
            [edge(bins.start), edge(bins.end), 0.0, 100.0 * share]
        })
        .collect();
    let highest = bars.iter().map(|b| b[3]).fold(0.0, f64::max);
    let (low, high) = (bars.first()?[0], bars.last()?[1]);
    let mut plot = Plot::new(
        title,
        Axis::numbers(label, low.min(0.0), high),
        Axis::numbers_to_round("per cent of all", 0.0, highest),
    );
    plot.layers.push(Layer::Bars {
        bars,
        colour: COLOURS[0].to_owned(),
    });
    Some(plot)
}

/// What a clock axis shows, in words: `05:30 to 22:30`.
pub(crate) fn span(from_s: f64, to_s: f64) -> String {
    format!("{} to {}", clock(from_s), clock(to_s))
}
