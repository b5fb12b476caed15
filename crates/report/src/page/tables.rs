//! The page's tables: the same numbers as in the pictures, to be read off.

use maud::{Markup, html};
use network::supervision::LinkMeasures;
use service::{COMFORT_LIMIT, DayMeasures, Degradation, Distribution, Incidents, PlannedFault, TripOutcome};
use vehicle::{Assumption, Assurance, OddAttribute};

use super::DayReport;
use crate::wording::{NOTHING, clock, clock_with_seconds, count, duration, kmh, number, percent, place, reason};

/// Most rows of a table of incidents; the page stays readable and the rest is counted.
const INCIDENTS_SHOWN: usize = 40;

pub(super) fn vehicle_name(day: &DayMeasures, vehicle: usize) -> &str {
    day.vehicles.get(vehicle).map_or(NOTHING, |v| v.name.as_str())
}

pub(super) fn patterns(day: &DayMeasures) -> Markup {
    let mean_speed = |p: &service::PatternMeasures| {
        let (metres, seconds) = p
            .pieces
            .iter()
            .fold((0.0, 0.0), |sum, x| (sum.0 + x.driven_m, sum.1 + x.driven_s));
        (seconds > 0.0).then(|| metres / seconds)
    };
    html! {
        div.scroll { table {
            thead { tr { th { "Direction" } th { "Stops" } th { "Length km" } th { "Mean speed km/h" } } }
            tbody { @for p in &day.patterns { tr {
                td.wrap { (p.route) " to " (p.headsign) }
                td { (p.stops.len()) }
                td { (number(p.length_m / 1000.0, 2)) }
                td { (kmh(mean_speed(p))) }
            } } }
        } }
    }
}

pub(super) fn trips(day: &DayMeasures) -> Markup {
    let outcome = |o| match o {
        TripOutcome::Planned => "not begun",
        TripOutcome::Underway => "on its way",
        TripOutcome::Finished => "finished",
        TripOutcome::Cancelled => "no vehicle",
        TripOutcome::BrokenOff => "broken off",
    };
    html! {
        details {
            summary { "All " (day.trips.len()) " trips" }
            div.scroll { table {
                thead { tr {
                    th { "Trip" } th.left { "To" } th.left { "Vehicle" } th { "Due" } th { "Left" } th { "Late" }
                    th { "Arrival due" } th { "Arrived" } th { "Late" } th { "Most on board" } th { "kWh" }
                    th.left { "Outcome" }
                } }
                tbody { @for trip in &day.trips { tr {
                    @let (first, last) = (trip.calls.first(), trip.calls.last());
                    td { (trip.id) }
                    td.left { (day.patterns.get(trip.pattern).map_or("", |p| p.headsign.as_str())) }
                    td.left { (trip.vehicle.map_or(NOTHING, |v| vehicle_name(day, v))) }
                    td { (first.map_or(NOTHING.to_owned(), |c| clock(c.departure_s_scheduled))) }
                    td { (first.and_then(|c| c.departure_s).map_or(NOTHING.to_owned(), clock_with_seconds)) }
                    td { (duration(first.and_then(|c| Some(c.departure_s? - c.departure_s_scheduled)))) }
                    td { (last.map_or(NOTHING.to_owned(), |c| clock(c.arrival_s_scheduled))) }
                    td { (last.and_then(|c| c.arrival_s).map_or(NOTHING.to_owned(), clock_with_seconds)) }
                    td { (duration(last.and_then(|c| Some(c.arrival_s? - c.arrival_s_scheduled)))) }
                    td { (trip.calls.iter().map(|c| c.load).max().unwrap_or(0)) }
                    td { (number(trip.energy_wh / 1000.0, 2)) }
                    td.left { (outcome(trip.outcome)) }
                } } }
            } }
        }
    }
}

pub(super) fn punctuality(day: &DayMeasures) -> Markup {
    let p = &day.punctuality;
    let Some(shares) = p.shares() else {
        return html! { p.none { "No departure at a timing point was measured." } };
    };
    const KINDS: [(&str, &str); 3] = [("early", "#e69f00"), ("on time", "#009e73"), ("late", "#d55e00")];
    html! {
        p {
            "Departures at timing points, on time from one minute early to five minutes late. The median left "
            (duration(p.departure_deviation_s.quantile(0.5))) " after its time, 95 % left less than "
            (duration(p.departure_deviation_s.quantile(0.95))) " after it."
        }
        div.bar role="img" aria-label="early, on time, late" {
            @for ((_, colour), share) in KINDS.iter().zip(shares) {
                i style={ "background:" (colour) ";width:" (format!("{:.2}%", 100.0 * share)) } {}
            }
        }
        p.key { @for (((name, colour), share), n) in KINDS.iter().zip(shares).zip([p.early, p.on_time, p.late]) {
            i style={ "background:" (colour) } {} (name) " " (percent(share)) " (" (count(n)) ")"
        } }
    }
}

pub(super) fn headways(day: &DayMeasures) -> Markup {
    let measured = || day.stops.iter().filter(|s| s.headways.count > 0);
    html! {
        @if measured().next().is_some() {
            h3 { "Regularity" }
            div.scroll { table {
                caption {
                    "Excess wait: how much longer people wait who come without looking at the timetable, because \
                     departures are not as even as planned."
                }
                thead { tr {
                    th { "Stop" } th { "Headways" } th { "Mean min" } th { "Variation" } th { "Wait min" }
                    th { "Planned min" } th { "Excess min" }
                } }
                tbody { @for stop in measured() { tr {
                    td.wrap { (stop.name) }
                    td { (stop.headways.count) }
                    td { (number(stop.headways.mean_s / 60.0, 1)) }
                    td { (number(stop.headways.cv, 2)) }
                    td { (number(stop.headways.wait_s / 60.0, 1)) }
                    td { (number(stop.headways.wait_s_scheduled / 60.0, 1)) }
                    td { (number(stop.headways.excess_wait_s() / 60.0, 1)) }
                } } }
            } }
        }
    }
}

pub(super) fn stops(day: &DayMeasures) -> Markup {
    html! {
        div.scroll { table {
            thead { tr {
                th { "Stop" } th { "Came" } th { "Boarded" } th { "Alighted" } th { "Mean wait" } th { "95 % below" }
                th { "Most waiting" } th { "Left behind" }
            } }
            tbody { @for stop in &day.stops { tr {
                td.wrap { (stop.name) }
                td { (count(stop.arrived)) }
                td { (count(stop.boarded)) }
                td { (count(stop.alighted)) }
                td { (duration(stop.waiting_s.mean())) }
                td { (duration(stop.waiting_s.quantile(0.95))) }
                td { (stop.waiting_max) }
                td { (stop.left_behind) }
            } } }
        } }
    }
}

pub(super) fn comfort(day: &DayMeasures) -> Markup {
    let c = &day.comfort;
    let per_100_km = |n: u32| {
        let km = day.totals.distance_km;
        number((km > 0.0).then(|| 100.0 * f64::from(n) / km), 1)
    };
    let row = |name: &str, d: &Distribution, low: Option<f64>, events: u32| {
        let extreme = (d.count > 0).then_some(if low.is_some() { d.min } else { d.max });
        let q = |share: f64| number(d.quantile(if low.is_some() { 1.0 - share } else { share }), 2);
        html! { tr {
            td.wrap { (name) } td { (q(0.5)) } td { (q(0.95)) } td { (q(0.99)) } td { (number(extreme, 2)) }
            td { (number(low.unwrap_or(COMFORT_LIMIT), 1)) } td { (count(events)) } td { (per_100_km(events)) }
        } }
    };
    if c.acceleration_mps2.count == 0 {
        return html! { p.none { "No vehicle moved." } };
    }
    html! {
        div.scroll { table {
            caption { "Percentiles are over the time in motion; spells are counted while above the limit of normal driving." }
            thead { tr {
                th { "Quantity" } th { "50 %" } th { "95 %" } th { "99 %" } th { "Extreme" } th { "Limit" } th { "Spells" }
                th { "per 100 km" }
            } }
            tbody {
                (row("Speeding up, m/s²", &c.acceleration_mps2, None, c.acceleration_events))
                (row("Braking, m/s²", &c.acceleration_mps2, Some(-COMFORT_LIMIT), c.hard_braking_events))
                (row("Across, m/s²", &c.lateral_acceleration_mps2, None, c.lateral_events))
                (row("Jerk, m/s³", &c.jerk_mps3, None, c.jerk_events))
            }
        } }
        p.soft { "Spells of speeding up count both signs; those of braking count only braking harder than 3 m/s²." }
    }
}

pub(super) fn vehicles(day: &DayMeasures) -> Markup {
    html! {
        div.scroll { table {
            thead { tr {
                th { "Vehicle" } th.left { "Data sheet" } th { "Trips" } th { "km" } th { "kWh" } th { "kWh/km" }
                th { "Charged" } th { "Lowest" } th { "In motion" } th { "In service" } th { "Charging" }
                th { "Out of order" }
            } }
            tbody { @for v in &day.vehicles { tr {
                td { (v.name) }
                td.left { (v.sheet) }
                td { (v.trips) }
                td { (number(v.distance_km, 1)) }
                td { (number(v.energy_kwh, 1)) }
                td { (number((v.distance_km > 0.0).then(|| v.energy_kwh / v.distance_km), 2)) }
                td { (number(v.charged_kwh, 1)) }
                td { (percent(v.state_of_charge_min)) }
                td { (duration(v.moving_s)) }
                td { (duration(v.in_service_s)) }
                td { (duration(v.charging_s)) }
                td { (duration(v.fault_s)) }
            } } }
        } }
        p.soft {
            "Around them were at most " (count(day.totals.others_max)) " others at one time, "
            (number(day.totals.others_mean, 0)) " on average."
        }
    }
}

pub(super) fn collisions(day: &DayMeasures) -> Markup {
    html! {
        @if day.safety.collisions.count == 0 { p { "No vehicle of the line touched any other body." } }
        @else { (incidents(day, "Collisions", &day.safety.collisions)) }
    }
}

pub(super) fn closest_approaches(day: &DayMeasures) -> Markup {
    let approaches = &day.safety.closest_approaches;
    html! {
        @if approaches.is_empty() { p.none { "Nobody came near." } }
        @else { div.scroll { table {
            caption { "Closest approaches while moving: the smallest gap between the two bodies, nearest first." }
            thead { tr {
                th { "No." } th { "Gap m" } th { "Time" } th.left { "Vehicle" } th.left { "To a" } th { "Own speed km/h" }
                th.left { "Where" }
            } }
            tbody { @for (i, a) in approaches.iter().enumerate() { tr {
                td { (i + 1) }
                td { (number(a.gap_m, 2)) }
                td { (clock_with_seconds(a.clock_s)) }
                td.left { (vehicle_name(day, a.vehicle)) }
                td.left { (a.rival) }
                td { (kmh(a.speed_mps)) }
                td.left.wrap { (place(day, a.x_m, a.y_m)) }
            } } }
        } } }
    }
}

pub(super) fn standstills(day: &DayMeasures) -> Markup {
    let none = |text: &str| html! { p { (text) } };
    html! {
        @if day.stops_without_reason.count == 0 { (none("No vehicle stopped without a reason.")) }
        @else { (incidents(day, "Stops without reason", &day.stops_without_reason)) }
        @if day.stalls.count == 0 { (none("No vehicle stood for more than two minutes outside a halt.")) }
        @else { (incidents(day, "Standing for more than two minutes outside halts", &day.stalls)) }
    }
}

pub(super) fn reasons(day: &DayMeasures) -> Markup {
    let all_s: f64 = day.reasons.iter().map(|time| time.moving_s + time.standing_s).sum();
    let mut times = day.reasons.clone();
    // The longest first; the order of reasons among equals.
    times.sort_by(|a, b| (b.moving_s + b.standing_s).total_cmp(&(a.moving_s + a.standing_s)));
    html! {
        @if all_s > 0.0 {
            h3 { "What governed the speed" }
            div.scroll { table {
                caption { "Time of all vehicles with a trip, by the reason that their drivers gave." }
                thead { tr { th { "Reason" } th { "In motion" } th { "Standing" } th { "Share" } } }
                tbody { @for time in &times { tr {
                    td { (reason(time.reason)) }
                    td { (duration(time.moving_s)) }
                    td { (duration(time.standing_s)) }
                    td { (percent((time.moving_s + time.standing_s) / all_s)) }
                } } }
            } }
        }
    }
}

pub(super) fn assurance(day: &DayMeasures) -> Markup {
    let Assurance {
        cycles,
        lawful,
        physical,
        open,
        broken,
    } = day.assurance;
    let share = |count: u64| percent(count as f64 / cycles as f64);
    html! {
        @if cycles > 0 {
            h3 { "What could be proved" }
            p {
                "In " (share(lawful)) " of the driver's cycles in motion full braking, or going on and braking then, stayed \
                 clear of every place that others could lawfully reach; in " (share(physical)) " of every place that they \
                 could reach at all. The others' lawfulness is assumed, and watched:"
            }
            div.scroll { table {
                thead { tr { th { "The one in the way" } th { "Breaches" } th { "Cycles without proof" } th { "Share" } } }
                tbody {
                    tr {
                        td.wrap { "has broken no assumption" }
                        td { (NOTHING) }
                        td { (open[Assumption::ALL.len()]) }
                        td { (share(open[Assumption::ALL.len()])) }
                    }
                    @for assumption in Assumption::ALL { tr {
                        td.wrap { (assumption.breach()) }
                        td { (broken[assumption.index()]) }
                        td { (open[assumption.index()]) }
                        td { (share(open[assumption.index()])) }
                    } }
                }
            } }
        }
    }
}

pub(super) fn odd(day: &DayMeasures) -> Markup {
    let odd = &day.odd;
    let worst = |attribute: OddAttribute| {
        let (unit, scale) = attribute.unit();
        match odd.worst[attribute.index()] {
            value if attribute == OddAttribute::Night => if value > 0.0 { "dark" } else { "light" }.to_owned(),
            value if value.is_finite() => format!("{} {unit}", number(value * scale, 1)),
            _ => NOTHING.to_owned(),
        }
    };
    html! {
        @if odd.time_s > 0.0 {
            h3 { "Within the operational design domain" }
            p {
                "The vehicles were inside their domains for " (percent(odd.inside_s / odd.time_s)) " of their "
                (duration(odd.time_s)) " on the road. Near a bound they drive slowly, beyond it they do what the domain's file says."
            }
            div.scroll { table {
                thead { tr { th { "Attribute" } th { "Worst seen" } th { "Near its bound" } th { "Outside" } th { "Exits" } } }
                tbody { @for attribute in OddAttribute::ALL { tr {
                    td { (attribute.words()) }
                    td { (worst(attribute)) }
                    td { (duration(odd.near_s[attribute.index()])) }
                    td { (duration(odd.outside_s[attribute.index()])) }
                    td { (count(odd.exits[attribute.index()])) }
                } } }
            } }
        }
    }
}

pub(super) fn degradations(day: &DayMeasures) -> Markup {
    let stays = &day.degradations;
    let shown = stays.len().min(INCIDENTS_SHOWN);
    let after = |seconds: Option<f64>| duration(seconds);
    let asked = |stay: &Degradation| match stay.asked {
        Some((proposal, true)) => format!("{}: confirmed", proposal.words()),
        Some((proposal, false)) => format!("{}: no answer", proposal.words()),
        None => NOTHING.to_owned(),
    };
    html! {
        @if !day.faults.is_empty() {
            h3 { "Faults that were injected: " (day.faults.len()) }
            div.scroll { table {
                thead { tr {
                    th { "Fault" } th { "From" } th { "To" } th.left { "Vehicle" } th.left { "What the ladder did" }
                } }
                tbody { @for fault in day.faults.iter().take(INCIDENTS_SHOWN) { tr {
                    td { (fault.kind.word()) }
                    td { (clock_with_seconds(fault.from_s)) }
                    td { (clock_with_seconds(fault.to_s)) }
                    td.left { (fault.vehicle.as_deref().unwrap_or("all")) }
                    td.left.wrap { (answers(day, fault)) }
                } } }
            } }
        }
        @if shown > 0 {
            h3 { "On the degradation ladder: " (count(day.degradations_count)) }
            div.scroll { table {
                thead { tr {
                    th { "Time" } th.left { "Vehicle" } th.left { "Why, and what it did" } th { "For" } th { "km/h" }
                    th { "Stood after" } th { "Clear after" } th { "In the lane" } th.left { "Asked, and stood where" }
                } }
                tbody { @for stay in &stays[..shown] { tr {
                    td { (clock_with_seconds(stay.clock_s)) }
                    td.left { (vehicle_name(day, stay.vehicle)) }
                    td.left.wrap { (stay.cause.words()) ": " (stay.rung.words()) }
                    td { (duration(stay.duration_s)) }
                    td { (kmh(stay.speed_mps)) }
                    td { (after(stay.stood_after_s)) }
                    td { (after(stay.out_of_the_way_after_s)) }
                    td { (duration(stay.live_lane_s)) }
                    td.left.wrap {
                        (asked(stay))
                        @if let Some([x_m, y_m]) = stay.stood_at_m { " · " (place(day, x_m, y_m)) }
                    }
                } } }
            } }
            p.soft { "Clear is out of the way, at the kerb or a stop; in the lane is the longest time that it stood in a live lane." }
            @if day.degradations_count as usize > shown { p.soft { "The first " (shown) " are shown." } }
        }
    }
}

/// What the vehicles did about a fault, in words.
fn answers(day: &DayMeasures, fault: &PlannedFault) -> String {
    let is_answer = |stay: &&Degradation| {
        let is_meant = fault
            .vehicle
            .as_deref()
            .is_none_or(|name| name == vehicle_name(day, stay.vehicle));
        is_meant && stay.clock_s < fault.to_s && stay.clock_s + stay.duration_s > fault.from_s
    };
    let words: Vec<String> = day
        .degradations
        .iter()
        .filter(is_answer)
        .map(|stay| format!("{} {}", vehicle_name(day, stay.vehicle), stay.rung.words()))
        .collect();
    if words.is_empty() {
        "nothing: no vehicle was on the road".to_owned()
    } else {
        words.join("; ")
    }
}

pub(super) fn links(day: &DayMeasures, links: &LinkMeasures) -> Markup {
    let share = |part: u64, all: u64| percent((all > 0).then(|| part as f64 / all as f64));
    let loop_ms = |ms: Option<f64>| match ms {
        Some(ms) if ms.is_infinite() => "> 1000".to_owned(),
        ms => number(ms, 0),
    };
    html! {
        div.scroll { table {
            thead { tr {
                th.left { "Vehicle" } th { "With a link" } th { "Handovers" } th { "Links failed" } th { "Frames" }
                th { "In time" } th { "Loop, median ms" } th { "99 of 100 ms" } th { "Unseen" } th { "For" }
            } }
            tbody { @for (&vehicle, of) in &links.vehicles { tr {
                td.left { (vehicle_name(day, vehicle)) }
                td { (share(of.seconds_linked, of.seconds)) }
                td { (count(of.handovers)) }
                td { (count(of.failures)) }
                td { (of.frames) }
                td { (share(of.frames_in_time, of.frames)) }
                td { (loop_ms(of.loop_ms(0.5))) }
                td { (loop_ms(of.loop_ms(0.99))) }
                td { (count(of.losses)) }
                td { (duration(of.lost_s)) }
            } } }
        } }
    }
}

fn incidents(day: &DayMeasures, name: &str, incidents: &Incidents) -> Markup {
    let shown = incidents.kept.len().min(INCIDENTS_SHOWN);
    html! {
        h3 { (name) ": " (count(incidents.count)) }
        div.scroll { table {
            thead { tr {
                th { "Time" } th.left { "Vehicle" } th { "For" } th.left { "Its reason" } th.left { "Where" }
            } }
            tbody { @for incident in &incidents.kept[..shown] { tr {
                td { (clock_with_seconds(incident.clock_s)) }
                td.left { (vehicle_name(day, incident.vehicle)) }
                td { (duration(incident.duration_s)) }
                td.left { (reason(incident.reason)) }
                td.left.wrap { (place(day, incident.x_m, incident.y_m)) }
            } } }
        } }
        @if incidents.count as usize > shown { p.soft { "The first " (shown) " are shown." } }
    }
}

pub(super) fn provenance(report: &DayReport) -> Markup {
    let (day, made) = (report.day, report.provenance);
    html! {
        p { "The same command with the same version gives the same day, to the last digit, on any machine:" }
        pre { code { (made.command) } }
        div.scroll { table { tbody {
            tr { td { "Site" } td.left { (day.site) } }
            tr { td { "Seed" } td.left { (day.seed) } }
            tr { td { "Version" } td.left { (made.version) } }
            tr { td { "Map digest" } td.left.wrap { code { (made.map_digest) } } }
            @if let Some(digest) = &made.frames_digest {
                tr { td { "Digest of all frames" } td.left.wrap { code { (digest) } } }
            }
        } } }
        @for note in &made.notes { p.soft { (note) } }
    }
}
