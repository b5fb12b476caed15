//! A run as a moving picture: the roads from above and everybody's box, moving as it did, over and over.
//!
//! In go the states of a run as it is played; out comes one SVG file that browsers animate by themselves (SMIL), with no
//! script in it. The same run gives the same bytes.

use super::{COLOURS, MARGIN_PX, Moment, TITLE_PX, View, WIDTH_PX, escaped, sheet};
use crate::play::Player;
use std::fmt::Write;

/// Between the states that are kept; what lies between them is drawn evenly.
const PERIOD_S: f64 = 0.1;
/// The longest run that is shown: each state of each entity takes about 20 bytes of the file.
const MOMENTS_MAX: usize = 6000;

/// One state of everybody who is there: middle of the box and heading.
type Poses = Vec<Option<[f64; 3]>>;

/// A moving picture in the making.
#[derive(Debug, Default)]
pub struct Animation {
    moments: Vec<Moment>,
    poses: Vec<Poses>,
    next_s: f64,
}

impl Animation {
    /// Keeps the state after a step, ten times a second.
    pub fn observe(&mut self, player: &Player<'_>) {
        if player.time_s() < self.next_s - 1e-9 || self.moments.len() >= MOMENTS_MAX {
            return;
        }
        self.next_s = player.time_s() + PERIOD_S;
        let everybody = || player.entities().iter().zip(player.bodies());
        let is_there =
            |body: &crate::play::Body| body.is_active && body.pose.x_m.is_finite() && body.pose.y_m.is_finite();
        let corners = everybody().map(|(entity, body)| is_there(body).then(|| crate::play::corners(entity, body.pose)));
        let poses = everybody().map(|(entity, body)| {
            let (sin, cos) = libm::sincos(body.pose.heading_rad);
            let [ahead_m, left_m, _] = entity.centre_m;
            is_there(body).then_some([
                body.pose.x_m + ahead_m * cos - left_m * sin,
                body.pose.y_m + ahead_m * sin + left_m * cos,
                body.pose.heading_rad,
            ])
        });
        self.moments.push((player.time_s(), corners.collect()));
        self.poses.push(poses.collect());
    }

    /// The picture.
    pub fn svg(&self, player: &Player<'_>) -> String {
        let scenario = player.scenario();
        let view = View::around(&self.moments);
        let height_px = TITLE_PX + view.height_px + 56.0;
        let lasts_s = (self.moments.len().saturating_sub(1) as f64 * PERIOD_S).max(PERIOD_S);
        let mut svg = sheet(scenario, &view, height_px);
        svg += "<g clip-path=\"url(#view)\">\n";
        for (number, entity) in player.entities().iter().enumerate() {
            let poses: Vec<Option<[f64; 3]>> = self
                .poses
                .iter()
                .map(|poses| poses.get(number).copied().flatten())
                .collect();
            let Some(first) = poses.iter().flatten().next() else {
                continue;
            };
            let [mut places, mut turns, mut shown] = [String::new(), String::new(), String::new()];
            let (mut last, mut turn_deg) = (*first, first[2].to_degrees());
            for pose in &poses {
                if let Some(pose) = pose {
                    // The shorter way round, so that nobody spins where its heading passes half a turn.
                    turn_deg += crate::roads::wrapped(pose[2] - last[2]).to_degrees();
                    last = *pose;
                }
                let [x, y] = view.place([last[0], last[1]]);
                let _ = write!(places, "{x:.1} {y:.1};");
                let _ = write!(turns, "{:.1};", -turn_deg);
                shown += if pose.is_some() { "visible;" } else { "hidden;" };
            }
            let [length_px, width_px] = [entity.size_m[0], entity.size_m[1]].map(|size_m| size_m * view.px_per_m);
            let attributes = |values: &str| {
                format!(
                    "dur=\"{lasts_s:.1}s\" repeatCount=\"indefinite\" values=\"{}\"",
                    values.trim_end_matches(';')
                )
            };
            let _ = writeln!(
                svg,
                "<g><animateTransform attributeName=\"transform\" type=\"translate\" {}/>\n<g>\
                 <animateTransform attributeName=\"transform\" type=\"rotate\" {}/>\n\
                 <rect x=\"{:.1}\" y=\"{:.1}\" width=\"{length_px:.1}\" height=\"{width_px:.1}\" rx=\"1\" fill=\"{}\">\
                 <title>{}</title><animate attributeName=\"visibility\" calcMode=\"discrete\" {}/></rect></g></g>",
                attributes(&places),
                attributes(&turns),
                -0.5 * length_px,
                -0.5 * width_px,
                COLOURS[number % COLOURS.len()],
                escaped(&entity.name),
                attributes(&shown),
            );
        }
        svg += "</g>\n";
        let bottom_px = TITLE_PX + view.height_px + 24.0;
        let width_px = WIDTH_PX - 2.0 * MARGIN_PX;
        let _ = writeln!(
            svg,
            "<path d=\"M{MARGIN_PX} {bottom_px:.1}h{width_px}\" stroke=\"#bbb\" stroke-width=\"4\"/>\
             <rect x=\"{MARGIN_PX}\" y=\"{:.1}\" height=\"4\" width=\"0\" fill=\"#0072b2\"><animate attributeName=\"width\" \
             dur=\"{lasts_s:.1}s\" repeatCount=\"indefinite\" values=\"0;{width_px}\"/></rect>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"#555\">{lasts_s:.1} s</text>",
            bottom_px - 2.0,
            WIDTH_PX - MARGIN_PX,
            bottom_px + 22.0
        );
        svg += "</svg>\n";
        svg
    }
}
