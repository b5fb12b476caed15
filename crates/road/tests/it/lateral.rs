//! Banked, shaped and cambered roads: `map locate` against the cross-section built here from the standard's words.

use proptest::prelude::*;
use road::locate::locate;
use road::opendrive::read;

/// A road of one lane a side, 4 m wide, with these profiles.
fn map(hdg: f64, elevation: &str, lateral: &str, lane: &str) -> String {
    format!(
        r#"<OpenDRIVE><header revMajor="1" revMinor="8"/><road id="1" length="100" junction="-1">
<planView><geometry s="0" x="7" y="-3" hdg="{hdg}" length="100"><line/></geometry></planView>
<elevationProfile>{elevation}</elevationProfile><lateralProfile>{lateral}</lateralProfile>
<lanes><laneSection s="0"><left><lane id="1" type="driving" {lane}><width sOffset="0" a="4" b="0" c="0" d="0"/></lane></left>
<center><lane id="0"/></center><right><lane id="-1" type="driving" {lane}><width sOffset="0" a="4" b="0" c="0" d="0"/></lane>
</right></laneSection></lanes></road></OpenDRIVE>"#
    )
}

/// What `locate` tells of a place: x, y, z, heading, pitch, roll.
fn told(map: &str, lane: i32, s_m: f64, offset_m: f64) -> [f64; 6] {
    let draft = read("lateral.xodr", map).unwrap().draft;
    let table = format!("road_id,lane_id,s_m,lane_offset_m\n1,{lane},{s_m},{offset_m}\n");
    let answer = locate(&draft, "places.csv", &table).unwrap();
    let cells: Vec<f64> = answer
        .lines()
        .nth(1)
        .unwrap()
        .split(',')
        .map(|cell| cell.parse().unwrap())
        .collect();
    let there = [cells[4], cells[5], cells[6]];
    // The way back: the same place, by its point in space.
    let point = format!("x_m,y_m,z_m\n{},{},{}\n", there[0], there[1], there[2]);
    let back = locate(&draft, "points.csv", &point).unwrap();
    let found: Vec<&str> = back.lines().nth(1).unwrap().split(',').collect();
    assert_eq!(found[1], lane.to_string(), "{back}");
    assert!((found[2].parse::<f64>().unwrap() - s_m).abs() < 1e-4, "{back}");
    assert!((found[3].parse::<f64>().unwrap() - offset_m).abs() < 1e-4, "{back}");
    [cells[4], cells[5], cells[6], cells[7], cells[8], cells[9]]
}

/// Turns a vector of the cross-section (along, left, up) by roll about x, pitch about y, heading about z.
fn turned([x, y, z]: [f64; 3], heading: f64, pitch: f64, roll: f64) -> [f64; 3] {
    let (y, z) = (y * roll.cos() - z * roll.sin(), y * roll.sin() + z * roll.cos());
    let (x, z) = (x * pitch.cos() + z * pitch.sin(), z * pitch.cos() - x * pitch.sin());
    [
        x * heading.cos() - y * heading.sin(),
        x * heading.sin() + y * heading.cos(),
        z,
    ]
}

fn cross([a, b, c]: [f64; 3], [d, e, f]: [f64; 3]) -> [f64; 3] {
    [b * f - c * e, c * d - a * f, a * e - b * d]
}

fn unit(v: [f64; 3]) -> [f64; 3] {
    let length = (v[0] * v[0] + v[1] * v[1] + v[2] * v[2]).sqrt();
    v.map(|c| c / length)
}

/// Compares an answer with a surface P(s, t), whose attitude is measured by steps of a tenth of a millimetre.
fn check(found: [f64; 6], surface: impl Fn(f64, f64) -> [f64; 3], s: f64, t: f64, looks_back: bool) {
    let at = surface(s, t);
    for axis in 0..3 {
        assert!((found[axis] - at[axis]).abs() < 2e-6, "{found:?} {at:?}");
    }
    let step = 1e-4;
    let along = |ds: f64, dt: f64| {
        let (a, b) = (surface(s - ds, t - dt), surface(s + ds, t + dt));
        unit([b[0] - a[0], b[1] - a[1], b[2] - a[2]])
    };
    let (forward, across) = (along(step, 0.0), along(0.0, step));
    let up = unit(cross(forward, across));
    let left = cross(up, forward);
    let sign = if looks_back { -1.0 } else { 1.0 };
    let heading = (sign * forward[1]).atan2(sign * forward[0]);
    let expected = [heading, -(sign * forward[2]).asin(), (sign * left[2]).atan2(up[2])];
    for (found, expected) in found[3..].iter().zip(expected) {
        let off = (found - expected).rem_euclid(std::f64::consts::TAU);
        assert!(off.min(std::f64::consts::TAU - off) < 1e-5, "{found} {expected}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn shapes_lift_the_surface_linearly_between_their_profiles(
        s in 1.0..99.0f64, offset in -1.9..1.9f64, lane in prop::sample::select(vec![1, -1]), hdg in -3.0..3.0f64,
        roll in prop::option::of(-0.2..0.2f64), near in (-0.1..0.1f64, -0.01..0.01f64), far in (-0.1..0.1f64, -0.01..0.01f64),
    ) {
        // Where the road banks it is not shaped steeper along: both twist, and the test's surface is exact for either.
        let slope = if roll.is_some() { 0.06 } else { 0.0 };
        let bank = roll.unwrap_or(0.0);
        let shape = |at: f64, b: f64, c: f64| {
            format!(r#"<shape s="{at}" t="-4" a="0.1" b="{b}" c="{c}" d="0"/><shape s="{at}" t="0" a="{}" b="{}" c="0" d="0"/>"#,
                0.1 + 4.0 * b + 16.0 * c, -b)
        };
        // A road that slopes keeps one profile; a level one goes from one profile to another.
        let far = if roll.is_some() { near } else { far };
        let lateral = format!(r#"<superelevation s="0" a="{bank}" b="0" c="0" d="0"/>{}{}"#,
            shape(0.0, near.0, near.1), shape(80.0, far.0, far.1));
        let text = map(hdg, &format!(r#"<elevation s="0" a="5" b="{slope}" c="0" d="0"/>"#), &lateral, "");
        let across = |(b, c): (f64, f64), t: f64| {
            let dt = t + 4.0;
            if t < 0.0 { 0.1 + b * dt + c * dt * dt } else { 0.1 + 4.0 * b + 16.0 * c - b * t }
        };
        let surface = |s: f64, t: f64| {
            let share = (s / 80.0).min(1.0);
            let h = across(near, t) * (1.0 - share) + across(far, t) * share;
            let v = turned([0.0, t, h], hdg, -f64::atan(slope), bank);
            [7.0 + s * hdg.cos() + v[0], -3.0 + s * hdg.sin() + v[1], 5.0 + slope * s + v[2]]
        };
        prop_assume!((s - 80.0).abs() > 0.01);
        let t = 2.0 * f64::from(lane) + offset;
        check(told(&text, lane, s, offset), surface, s, t, lane > 0);
    }

    #[test]
    fn crossfalls_lean_outwards_on_their_sides(
        s in 1.0..99.0f64, offset in -1.9..1.9f64, lane in prop::sample::select(vec![1, -1]),
        both in -0.1..0.1f64, left in -0.1..0.1f64, growth in -1e-3..1e-3f64,
    ) {
        prop_assume!((s - 50.0).abs() > 0.01);
        let lateral = format!(r#"<crossfall side="both" s="0" a="{both}" b="{growth}" c="0" d="0"/>
            <crossfall side="left" s="50" a="{left}" b="0" c="0" d="0"/>"#);
        let text = map(0.4, "", &lateral, "");
        let surface = |s: f64, t: f64| {
            let angle = if t > 0.0 && s >= 50.0 { left } else { both + growth * s };
            let v = turned([0.0, t, -angle.tan() * t.abs()], 0.4, 0.0, 0.0);
            [7.0 + s * 0.4f64.cos() + v[0], -3.0 + s * 0.4f64.sin() + v[1], v[2]]
        };
        let t = 2.0 * f64::from(lane) + offset;
        check(told(&text, lane, s, offset), surface, s, t, lane > 0);
    }

    #[test]
    fn strips_lift_the_surface_across_and_along(
        s in 1.0..99.0f64, offset in -1.9..1.9f64, lane in prop::sample::select(vec![1, -1]), hdg in -3.0..3.0f64,
        shift in (-0.5..0.5f64, -1e-3..1e-3f64), width in (1.0..2.0f64, -1e-3..1e-3f64), is_relative: bool,
        inner in (-0.1..0.1f64, -0.05..0.05f64, -0.01..0.01f64, -0.002..0.002f64), outer in (-0.1..0.1f64, -0.05..0.05f64),
        rise in -1e-3..1e-3f64,
    ) {
        let term = |name: &str, a: f64, b: f64| format!(r#"<{name}><coefficients s="0" a="{a}" b="{b}" c="0" d="0"/></{name}>"#);
        // The right side has one strip, which goes on to the road's edge; the left one has two.
        let first = term("constant", inner.0, rise) + &term("linear", inner.1, 0.0) + &term("quadratic", inner.2, 0.0)
            + &term("cubic", inner.3, 0.0);
        let second = term("constant", outer.0, 0.0) + &term("linear", outer.1, rise);
        let mode = if is_relative { "relative" } else { "independent" };
        let lateral = format!(r#"<crossSectionSurface>{}<surfaceStrips><strip id="1">{}{first}</strip><strip id="2" mode="{mode}">
            {second}</strip><strip id="-1">{first}</strip></surfaceStrips></crossSectionSurface>"#,
            term("tOffset", shift.0, shift.1), term("width", width.0, width.1));
        let text = map(hdg, r#"<elevation s="0" a="5" b="0" c="0" d="0"/>"#, &lateral, "");
        let across = |s: f64, dt: f64| inner.0 + rise * s + inner.1 * dt + inner.2 * dt * dt + inner.3 * dt * dt * dt;
        let height = |s: f64, t: f64| {
            let (dt, w) = (t - shift.0 - shift.1 * s, width.0 + width.1 * s);
            if dt <= w {
                return across(s, dt);
            }
            let base = if is_relative { across(s, w) } else { 0.0 };
            base + outer.0 + (outer.1 + rise * s) * (dt - w)
        };
        let surface = |s: f64, t: f64| [7.0 + s * hdg.cos() - t * hdg.sin(), -3.0 + s * hdg.sin() + t * hdg.cos(), 5.0 + height(s, t)];
        let t = 2.0 * f64::from(lane) + offset;
        let dt = t - shift.0 - shift.1 * s;
        // Not at the edges, where a slope has two values.
        prop_assume!(dt.abs() > 0.01 && (dt - width.0 - width.1 * s).abs() > 0.01);
        check(told(&text, lane, s, offset), surface, s, t, lane > 0);
    }

    #[test]
    fn the_compiled_lane_follows_the_shape(s in 2.0..98.0f64, b in -0.05..0.05f64, far in -0.05..0.05f64) {
        let lateral = format!(r#"<superelevation s="0" a="0.05" b="-0.001" c="0" d="0"/>
            <shape s="0" t="-4" a="0" b="{b}" c="0" d="0"/><shape s="60" t="-4" a="0.2" b="{far}" c="0" d="0"/>"#);
        let text = map(1.2, r#"<elevation s="0" a="5" b="0.03" c="0.0004" d="0"/>"#, &lateral, "");
        let draft = read("lateral.xodr", &text).unwrap().draft;
        let network = road::RoadNetwork::compile(&draft).unwrap();
        let road = network.road_by_id("1").unwrap();
        for lane in [1, -1] {
            let place = network.lane_position(road, lane, s, 0.0).unwrap();
            let pose = network.lane_pose(place);
            let exact = told(&text, lane, s, 0.0);
            prop_assert!((pose.x_m - exact[0]).hypot(pose.y_m - exact[1]).hypot(pose.z_m - exact[2]) < 1e-3,
                "{:?} {:?}", pose, exact);
        }
    }
}

#[test]
fn level_lanes_stay_at_the_height_of_their_inner_border() {
    let lateral =
        r#"<superelevation s="0" a="0.1" b="0" c="0" d="0"/><shape s="0" t="-9" a="0.3" b="0.05" c="0" d="0"/>"#;
    let text = map(0.0, "", lateral, r#"level="true""#);
    let [x, y, z, _, pitch, roll] = told(&text, -1, 30.0, -1.5);
    // At the reference line the shape stands 0.3 + 9 · 0.05 off the banked plane.
    let (h, bank) = (0.75, 0.1f64);
    assert!((z - h * bank.cos()).abs() < 1e-6, "{z}");
    assert!(
        (x - 37.0).abs() < 1e-6 && (y - (-3.0 - h * bank.sin() - 3.5)).abs() < 1e-6,
        "{x} {y}"
    );
    assert_eq!([pitch, roll], [0.0, 0.0]);
}

#[test]
fn a_reversed_lane_looks_the_other_way() {
    let lateral = r#"<superelevation s="0" a="0.1" b="0" c="0" d="0"/>"#;
    let plain = told(&map(0.3, "", lateral, ""), -1, 30.0, 0.5);
    let reversed = told(&map(0.3, "", lateral, r#"direction="reversed""#), -1, 30.0, 0.5);
    assert_eq!(plain[..3], reversed[..3]);
    assert!((reversed[3] - plain[3] - std::f64::consts::PI).abs() < 2e-6);
    assert!((reversed[5] + plain[5] - std::f64::consts::TAU).abs() < 2e-6);
}
