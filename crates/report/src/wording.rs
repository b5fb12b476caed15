//! Numbers, times and places as people write them: minutes and km/h, not seconds and m/s; a dash where nothing was
//! measured.

use service::DayMeasures;
use vehicle::Reason;

/// What stands where there is no value.
pub(crate) const NOTHING: &str = "–";

/// A time of day: `07:05`. Times after midnight of the service day go on counting.
pub(crate) fn clock(clock_s: f64) -> String {
    let minutes = (clock_s / 60.0).round() as i64;
    format!("{:02}:{:02}", minutes.div_euclid(60), minutes.rem_euclid(60))
}

/// A time of day with seconds: `07:05:09`.
pub(crate) fn clock_with_seconds(clock_s: f64) -> String {
    let seconds = clock_s.round() as i64;
    format!(
        "{:02}:{:02}:{:02}",
        seconds.div_euclid(3600),
        seconds.rem_euclid(3600) / 60,
        seconds.rem_euclid(60)
    )
}

/// A number with so many decimals and a real minus sign, or a dash.
pub(crate) fn number(value: impl Into<Option<f64>>, decimals: usize) -> String {
    match value.into().filter(|v| v.is_finite()) {
        None => NOTHING.to_owned(),
        Some(value) => {
            let text = format!("{value:.decimals$}");
            let is_zero = !text.contains(|c: char| ('1'..='9').contains(&c));
            let text = if is_zero {
                text.trim_start_matches('-').to_owned()
            } else {
                text
            };
            grouped(&text.replace('-', "\u{2212}"))
        }
    }
}

/// A count with thin spaces between thousands.
pub(crate) fn count(value: u32) -> String {
    grouped(&value.to_string())
}

/// A share as per cent.
pub(crate) fn percent(share: impl Into<Option<f64>>) -> String {
    match share.into().filter(|v| v.is_finite()) {
        None => NOTHING.to_owned(),
        // 99.97 % is not all: only a full count shows 100 %.
        Some(share) if share < 1.0 && share > 0.99 => format!("{:.1} %", (1000.0 * share).floor() / 10.0),
        Some(share) if share >= 0.1 || share == 0.0 => format!("{:.0} %", 100.0 * share),
        Some(share) => format!("{:.1} %", 100.0 * share),
    }
}

/// Seconds as minutes and seconds: `4:07 min`, below a minute `37 s`.
pub(crate) fn duration(seconds: impl Into<Option<f64>>) -> String {
    let Some(seconds) = seconds.into().filter(|v| v.is_finite()) else {
        return NOTHING.to_owned();
    };
    let sign = if seconds <= -0.5 { "\u{2212}" } else { "" };
    let whole = seconds.abs().round() as i64;
    match whole {
        0..60 => format!("{sign}{whole} s"),
        60..3600 => format!("{sign}{}:{:02} min", whole / 60, whole % 60),
        _ => format!("{sign}{}:{:02} h", whole / 3600, whole % 3600 / 60),
    }
}

/// A speed in km/h.
pub(crate) fn kmh(speed_mps: impl Into<Option<f64>>) -> String {
    number(speed_mps.into().map(|v| v * 3.6), 0)
}

/// A place on the map, told by the nearest stop.
pub(crate) fn place(day: &DayMeasures, x_m: f64, y_m: f64) -> String {
    let nearest = day
        .stops
        .iter()
        .map(|stop| (libm::hypot(stop.x_m - x_m, stop.y_m - y_m), stop))
        .min_by(|a, b| a.0.total_cmp(&b.0));
    match nearest {
        Some((distance_m, stop)) if distance_m < 25.0 => format!("at {}", stop.name),
        Some((distance_m, stop)) => format!("{} m from {}", number((distance_m / 10.0).round() * 10.0, 0), stop.name),
        None => format!("x {} m, y {} m", number(x_m, 0), number(y_m, 0)),
    }
}

/// What a driver says of why it goes as it goes.
pub(crate) fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::Cruise => "free road",
        Reason::Curve => "curve",
        Reason::Follow => "vehicle ahead",
        Reason::Signal => "signal",
        Reason::Yield => "right of way of others",
        Reason::Crossing => "people at a crossing",
        Reason::Halt => "halt at a stop",
        Reason::LaneChange => "lane change",
        Reason::Obstacle => "obstacle",
        Reason::Occlusion => "occlusion",
        Reason::Idle => "no mission",
        Reason::Ordered => "ordered by control",
        Reason::MinimalRisk => "minimal-risk manoeuvre",
        Reason::Degraded => "slowed down by a fault or the domain's bounds",
    }
}

/// Thin spaces between groups of three digits before the decimal point, from five digits on.
fn grouped(text: &str) -> String {
    let digits_start = text.find(|c: char| c.is_ascii_digit()).unwrap_or(0);
    let digits_end = text[digits_start..].find('.').map_or(text.len(), |i| digits_start + i);
    let digits = &text[digits_start..digits_end];
    if digits.len() < 5 {
        return text.to_owned();
    }
    let mut out = text[..digits_start].to_owned();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push('\u{2009}');
        }
        out.push(c);
    }
    out + &text[digits_end..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_people_write_them() {
        assert_eq!(
            [
                clock(5.5 * 3600.0),
                clock(25.0 * 3600.0),
                duration(247.4),
                duration(-12.0),
                duration(7260.0),
                number(12_345.678, 1),
                number(-0.01, 1),
                number(-3.0, 0),
                number(None, 1),
                count(1_234_567),
                percent(0.9999),
                percent(0.034),
            ]
            .join(" | "),
            "05:30 | 25:00 | 4:07 min | −12 s | 2:01 h | 12\u{2009}345.7 | 0.0 | −3 | – | 1\u{2009}234\u{2009}567 | 99.9 % | 3.4 %"
        );
    }
}
