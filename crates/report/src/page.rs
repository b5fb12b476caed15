//! The page of a service day: one file, no scripts, nothing fetched; readable on a phone and on paper.
//!
//! Sections stand in the order in which an operator asks: how was it, where, was it on time, how long did people wait,
//! how full was it, how did it ride, what did it use, what came near, what its network gave, what stood still, and how is this made again.

mod tables;

use maud::{DOCTYPE, Markup, PreEscaped, html};
use network::supervision::LinkMeasures;
use road::RoadNetwork;
use service::{DayMeasures, TripOutcome};

use crate::pictures;
use crate::wording::{clock, count, duration, number, percent};

/// All that the page is made of.
#[derive(Clone, Copy, Debug)]
pub struct DayReport<'a> {
    /// What was measured.
    pub day: &'a DayMeasures,
    /// The map that it was played on, for the picture of the line.
    pub network: Option<&'a RoadNetwork>,
    /// What its vehicles had of their network, if they had one.
    pub links: Option<&'a LinkMeasures>,
    /// How to make it again.
    pub provenance: &'a Provenance,
}

/// How a run was made, so that anyone can make it again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Provenance {
    /// Version of the program.
    pub version: String,
    /// Digest of the compiled map, hexadecimal.
    pub map_digest: String,
    /// Digest of all frames, hexadecimal, if it was asked for.
    pub frames_digest: Option<String>,
    /// The command line that plays the same day.
    pub command: String,
    /// More that a reader should know, one line each: where the map comes from, who holds rights in it.
    pub notes: Vec<String>,
}

/// The page as HTML.
pub fn day_page(report: &DayReport) -> String {
    let day = report.day;
    let title = format!("{}, {}", day.line, day.date);
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="generator" content=(format!("westline {}", report.provenance.version));
                title { (title) " · service day report" }
                style { (PreEscaped(include_str!("page/style.css"))) }
            }
            body {
                header {
                    h1 { (day.line) }
                    p.soft {
                        "Service day of " (day.date) ", " (pictures::span(day.from_clock_s, day.to_clock_s))
                        " · " (day.place) " · seed " (day.seed)
                    }
                    (tiles(day))
                }
                nav {
                    @for (id, name) in SECTIONS {
                        @if id != NETWORK || report.links.is_some() { a href={ "#" (id) } { (name) } }
                    }
                }
                main { (sections(report)) }
                footer {
                    "Made by Westline " (report.provenance.version)
                    ". Every figure on this page is measured in the run named above; none is entered by hand."
                }
            }
        }
    }
    .into_string()
}

/// Only days with a network tell of it.
const NETWORK: &str = "network";

const SECTIONS: [(&str, &str); 11] = [
    ("line", "The line"),
    ("trips", "Trips"),
    ("punctuality", "Punctuality"),
    ("passengers", "Passengers"),
    ("comfort", "Comfort"),
    ("docking", "Stopping"),
    ("energy", "Energy"),
    ("safety", "Safety"),
    (NETWORK, "Network"),
    ("standstills", "Standstills"),
    ("provenance", "Made again"),
];

fn tiles(day: &DayMeasures) -> Markup {
    let totals = &day.totals;
    let wait = &day.passengers.waiting_s;
    let on_time = day.punctuality.shares().map(|s| s[1]);
    let tile = |value: String, what: &str, more: String| {
        html! { div.tile { b { (value) } span { (what) } small.soft { (more) } } }
    };
    let nearest = day.safety.closest_approaches.first().map(|a| a.gap_m);
    html! {
        div.tiles {
            (tile(
                format!("{} of {}", count(totals.trips_finished), count(totals.trips_planned)),
                "trips finished",
                format!("{} had no vehicle", count(totals.trips_cancelled)),
            ))
            (tile(percent(on_time), "departures on time", "1 min early to 5 min late".to_owned()))
            (tile(
                count(day.passengers.boarded),
                "passengers boarded",
                format!("{} left behind by a full vehicle", count(day.passengers.left_behind_once)),
            ))
            (tile(
                duration(wait.mean()),
                "mean wait",
                format!("95 % below {}", duration(wait.quantile(0.95))),
            ))
            (tile(
                format!("{} km", number(totals.distance_km, 1)),
                "driven",
                format!("{} vehicles", day.vehicles.len()),
            ))
            (tile(
                format!("{} kWh/km", number(totals.energy_kwh_per_km, 2)),
                "energy",
                format!("{} kWh drawn", number(totals.energy_kwh, 1)),
            ))
            (tile(
                format!("{} m", number(nearest, 2)),
                "closest approach",
                format!("shortest time to collision {} s", number(day.safety.time_to_collision_s_min, 1)),
            ))
            (tile(
                count(day.safety.collisions.count),
                "collisions",
                format!("stops without reason: {}", count(day.stops_without_reason.count)),
            ))
        }
    }
}

fn sections(report: &DayReport) -> Markup {
    let day = report.day;
    html! {
        (section("line", html! {
            @if let Some(map) = pictures::line_map(day, report.network) {
                div.wide { (PreEscaped(map)) }
                p.soft {
                    "Colour is the mean speed over the day, waiting at lights included and halts at stops left out; \
                     numbered rings are the closest approaches of the table under Safety."
                }
            }
            (tables::patterns(day))
        }))
        (section("trips", html! {
            p { (trips_in_words(day)) }
            @for picture in pictures::time_distance(day) { div.wide { (PreEscaped(picture)) } }
            (tables::trips(day))
        }))
        (section("punctuality", html! {
            (tables::punctuality(day))
            (pictures_grid(pictures::departure_deviation(day).into_iter()
                .chain(pictures::arrival_deviation(day)).chain(pictures::headways(day))))
            (tables::headways(day))
        }))
        (section("passengers", html! {
            p { (passengers_in_words(day)) }
            (pictures_grid(pictures::waiting(day).into_iter()
                .chain(pictures::arrivals_by_hour(day)).chain(pictures::loads(day))))
            (tables::stops(day))
        }))
        (section("comfort", html! {
            (pictures_grid(pictures::comfort(day).into_iter()))
            (tables::comfort(day))
        }))
        (section("docking", html! {
            @if day.docking.along_m.count > 0 {
                p {
                    (count(day.docking.within_target)) " of " (day.docking.along_m.count)
                    " halts met the target: at most 30 cm off along the kerb, 0 to 15 cm from it."
                    @if day.docking.kerb_is_assumed { " The map gives no kerb; gaps are to the lane's edge." }
                }
                (pictures_grid(pictures::docking(day).into_iter()))
            } @else { p.none { "No vehicle came to a halt at a stop." } }
        }))
        (section("energy", html! {
            @if let Some(picture) = pictures::state_of_charge(day) { div.wide { (PreEscaped(picture)) } }
            (tables::vehicles(day))
        }))
        (section("safety", html! {
            (tables::collisions(day))
            (tables::closest_approaches(day))
            p { (time_to_collision_in_words(day)) }
            (pictures_grid(pictures::time_to_collision(day).into_iter()))
            (tables::assurance(day))
            (tables::odd(day))
            (tables::degradations(day))
        }))
        @if let Some(links) = report.links {
            (section(NETWORK, html! {
                p { (links_in_words(links)) }
                @if let Some(map) = report.network.and_then(|network| pictures::link_map(links, network)) {
                    div.wide { (PreEscaped(map)) }
                    p.soft { "Colour is the slowest loop of the day on each 50 m: from the camera's light to a person far away and back to the wheels." }
                }
                (tables::links(day, links))
            }))
        }
        (section("standstills", html! { (tables::standstills(day)) (tables::reasons(day)) }))
        (section("provenance", tables::provenance(report)))
    }
}

fn section(id: &str, content: Markup) -> Markup {
    let name = SECTIONS
        .iter()
        .find(|(known, _)| *known == id)
        .map_or(id, |(_, name)| name);
    html! { section id=(id) { h2 { (name) } (content) } }
}

fn pictures_grid(pictures: impl Iterator<Item = String>) -> Markup {
    let pictures: Vec<String> = pictures.collect();
    html! {
        @if !pictures.is_empty() {
            div.pictures { @for picture in &pictures { div.picture { (PreEscaped(picture)) } } }
        }
    }
}

fn trips_in_words(day: &DayMeasures) -> String {
    let t = &day.totals;
    let with = |outcome| day.trips.iter().filter(|trip| trip.outcome == outcome).count();
    let (underway, broken) = (with(TripOutcome::Underway), with(TripOutcome::BrokenOff));
    let run_times: Vec<f64> = day.trips.iter().filter_map(|trip| trip.run_time_s()).collect();
    let mut text = format!(
        "{} trips were due, {} left their first stop, {} reached their last",
        count(t.trips_planned),
        count(t.trips_started),
        count(t.trips_finished)
    );
    if underway > 0 {
        text += &format!(", {underway} were on their way at the end");
    }
    if broken > 0 {
        text += &format!(", {broken} were broken off");
    }
    text += ".";
    let shortest = run_times.iter().copied().reduce(f64::min);
    let longest = run_times.iter().copied().reduce(f64::max);
    if let (Some(shortest), Some(longest)) = (shortest, longest) {
        let mean = run_times.iter().sum::<f64>() / run_times.len() as f64;
        text += &format!(
            " A run took {} on average, {} at the quickest and {} at the slowest.",
            duration(mean),
            duration(shortest),
            duration(longest)
        );
    }
    text
}

fn links_in_words(links: &LinkMeasures) -> String {
    let rules = &links.rules;
    let total = links.total();
    let shown = |share: f64| match links.loop_ms(share) {
        Some(ms) if ms.is_finite() => format!("{ms:.0} ms"),
        Some(_) => "more than a second".to_owned(),
        None => "nothing".to_owned(),
    };
    let mut text = format!(
        "Somebody far away watched each vehicle on its trips. From the camera's light to the eye and from the hand to the wheels it took {} in the \
         median, and {} at most for 99 frames in 100; the rules ({}) ask for less speed above {:.0} ms, and let nobody drive from afar above {:.0} ms.",
        shown(0.5),
        shown(0.99),
        rules.regime,
        rules.loop_ms,
        rules.loop_ms_max
    );
    text += &match (total.losses, rules.officer_on_board) {
        (0, _) => format!(" At no time did frames stay away for {:.0} ms.", rules.lost_after_ms),
        (losses, is_manned) => format!(
            " {} times they stayed away for {:.0} ms or longer, {} altogether; {}.",
            count(losses),
            rules.lost_after_ms,
            duration(total.lost_s),
            if is_manned {
                "the officer on board was alone then"
            } else {
                "the vehicle stopped then"
            }
        ),
    };
    text
}

fn passengers_in_words(day: &DayMeasures) -> String {
    let p = &day.passengers;
    let mut text = format!(
        "{} people set out for a stop; {} boarded and {} reached theirs. At the end {} were on the way to a platform, {} \
         waited and {} rode.",
        count(p.arrived),
        count(p.boarded),
        count(p.done),
        count(p.walking),
        count(p.waiting),
        count(p.riding)
    );
    if p.gave_up > 0 {
        text += &format!(" {} gave up waiting.", count(p.gave_up));
    }
    if p.riding_s.count > 0 {
        text += &format!(" A ride took {} on average.", duration(p.riding_s.mean()));
    }
    text
}

fn time_to_collision_in_words(day: &DayMeasures) -> String {
    let safety = &day.safety;
    match (&safety.time_to_collision_at, safety.time_to_collision_s_min) {
        (Some(at), Some(shortest)) => format!(
            "The shortest time to collision was {} s, at {}, {} ({}).",
            number(shortest, 2),
            clock(at.clock_s),
            crate::wording::place(day, at.x_m, at.y_m),
            tables::vehicle_name(day, at.vehicle)
        ),
        _ => "The time to collision never fell below ten seconds.".to_owned(),
    }
}
