//! Reads operational design domains from TOML, and tells all that is wrong with one at once.
//!
//! In goes text; out comes an [`OperationalDesignDomain`] or one message a problem, as for data sheets. Every table may be
//! left out: what a file does not bound is not bounded, what it does not say of the ladder is as usual. It opens no files.

use crate::fault::FaultKind;
use crate::ladder::{Ladder, Rung, RungRule};
use crate::odd::{OddAttribute, OddBound, OperationalDesignDomain};
use crate::sheet_reader::{Section, read_text};
use std::ops::RangeInclusive;

/// Words of the rungs, as [`Section::one_of`] takes them.
const RUNGS: [(&str, Rung); Rung::COUNT] = [
    ("kerb", Rung::Kerb),
    ("drive", Rung::Drive),
    ("slow", Rung::Slow),
    ("in_lane", Rung::InLane),
    ("stop_now", Rung::StopNow),
];

/// Reads a domain; `file` is only for messages.
pub(crate) fn read(text: &str, file: &str) -> Result<OperationalDesignDomain, Vec<String>> {
    read_text(text, file, read_page)
}

fn read_page(page: &mut Section<'_, '_>) -> OperationalDesignDomain {
    let mut domain = OperationalDesignDomain {
        title: page.text("title"),
        ..OperationalDesignDomain::default()
    };
    let bounds = &mut domain.bounds;
    page.section_if_any("scenery", |of| {
        of.section_if_any("drivable_area", |of| {
            bound(of, bounds, "lane_width_m", OddAttribute::LaneWidth, 0.0..=20.0, 1.0);
            bound(of, bounds, "grade_percent", OddAttribute::Grade, 0.0..=50.0, 0.01);
            bound(
                of,
                bounds,
                "curve_radius_m",
                OddAttribute::CurveRadius,
                0.0..=10_000.0,
                1.0,
            );
        });
    });
    page.section_if_any("environmental_conditions", |of| {
        of.section_if_any("weather", |of| {
            bound(
                of,
                bounds,
                "rainfall_mm_per_h",
                OddAttribute::Rainfall,
                0.0..=500.0,
                1.0,
            );
        });
        of.section_if_any("particulates", |of| {
            bound(
                of,
                bounds,
                "visibility_m",
                OddAttribute::Visibility,
                0.0..=50_000.0,
                1.0,
            );
        });
        of.section_if_any("illumination", |of| night(of, bounds));
        of.section_if_any("connectivity", |of| {
            bound(of, bounds, "link_out_s", OddAttribute::LinkOut, 0.0..=86_400.0, 1.0);
        });
    });
    page.section_if_any("dynamic_elements", |of| {
        of.section_if_any("subject_vehicle", |of| {
            bound(of, bounds, "speed_kmph", OddAttribute::Speed, 0.0..=400.0, 1.0 / 3.6);
        });
    });
    page.section_if_any("ladder", |of| domain.ladder = ladder(of));
    page.section_if_any("faults", |of| {
        for kind in FaultKind::ALL {
            if of.has(kind.word()) {
                domain.on_fault[kind.index()] = of.one_of(kind.word(), &RUNGS);
            } else {
                of.know(kind.word());
            }
        }
    });
    domain
}

/// `{ most = 25, near = 15, exit = "kerb" }`, or `least` for what is bounded below.
fn bound(
    of: &mut Section<'_, '_>,
    bounds: &mut [Option<OddBound>; OddAttribute::COUNT],
    key: &'static str,
    attribute: OddAttribute,
    range: RangeInclusive<f64>,
    unit: f64,
) {
    of.section_if_any(key, |of| {
        let is_above = attribute.is_bounded_above();
        let limit = of.number(if is_above { "most" } else { "least" }, range.clone());
        // A bound that is wrong has been told already: what is near it is looked at all the same.
        let inner = if is_above { 0.0..=limit } else { limit..=*range.end() };
        let near = of.number_or("near", inner, limit);
        let exit = exit(of);
        bounds[attribute.index()] = Some(OddBound {
            limit: limit * unit,
            near: near * unit,
            exit,
        });
    });
}

/// `{ allowed = false, exit = "kerb" }`.
fn night(of: &mut Section<'_, '_>, bounds: &mut [Option<OddBound>; OddAttribute::COUNT]) {
    of.section_if_any("night", |of| {
        let limit = if of.flag("allowed") { 1.0 } else { 0.0 };
        let exit = exit(of);
        bounds[OddAttribute::Night.index()] = Some(OddBound {
            limit,
            near: limit,
            exit,
        });
    });
}

fn exit(of: &mut Section<'_, '_>) -> Rung {
    if of.has("exit") {
        return of.one_of("exit", &RUNGS);
    }
    of.know("exit");
    Rung::Kerb
}

fn ladder(of: &mut Section<'_, '_>) -> Ladder {
    let usual = Ladder::default();
    let mut ladder = Ladder {
        live_lane_s_max: of.number_or("live_lane_s_max", 1.0..=3_600.0, usual.live_lane_s_max),
        seek_m: of.number_or("seek_m", 10.0..=5_000.0, usual.seek_m),
        ..usual
    };
    for rung in Rung::ALL.into_iter().filter(|rung| *rung != Rung::Drive) {
        let rule = &mut ladder.rungs[rung.index()];
        of.section_if_any(rung.word(), |of| *rule = read_rule(of, rung, rule));
    }
    ladder
}

fn read_rule(of: &mut Section<'_, '_>, rung: Rung, usual: &RungRule) -> RungRule {
    // A stop that only stops has no speed to keep.
    let keeps_speed = matches!(rung, Rung::Slow | Rung::Kerb);
    RungRule {
        braking_mps2: of.number_or("braking_mps2", 0.3..=8.0, usual.braking_mps2),
        speed_mps_max: if keeps_speed {
            of.number_or("speed_kmph_max", 1.0..=200.0, 3.6 * usual.speed_mps_max) / 3.6
        } else {
            usual.speed_mps_max
        },
        hazard_lights: of.flag_or("hazard_lights", usual.hazard_lights),
        leave_after_s: of.number_or("leave_after_s", 0.0..=3_600.0, usual.leave_after_s),
        asks_to_leave: of.flag_or("asks_to_leave", usual.asks_to_leave),
    }
}
