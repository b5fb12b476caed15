//! Post-encroachment time: how long after one has left a place another comes to it (Allen, Shin and Cooper 1978).
//!
//! Everybody's box is kept at every tenth of a second for [`KEPT_S`]; a box that overlaps a kept one of somebody else is
//! an encroachment, after the time since then. Only ways that cross count, by more than [`CROSSING_RAD`]: behind one
//! another there is the time headway. Exact to a tenth of a second.

use super::{Measures, Name};
use crate::model::EntityId;
use crate::play::{Player, boxes_overlap};
use crate::roads::wrapped;
use road::Pose;
use std::collections::VecDeque;

/// Boxes are kept this often.
const PERIOD_S: f64 = 0.1;
/// Longer than this nobody minds.
const KEPT_S: f64 = 10.0;
/// Ways that differ less than this, or are opposite within it, do not cross.
const CROSSING_RAD: f64 = 0.35;

/// Where everybody was.
#[derive(Clone, Debug, Default)]
pub(super) struct Trails {
    /// By entity: times with poses, oldest first.
    trails: Vec<VecDeque<(f64, Pose)>>,
    next_s: f64,
}

impl Measures {
    pub(super) fn encroachment(&mut self, player: &Player<'_>) {
        let now_s = player.time_s();
        if now_s < self.trails.next_s - 1e-9 {
            return;
        }
        let mut trails = std::mem::take(&mut self.trails);
        trails.next_s = now_s + PERIOD_S;
        let count = player.bodies().len();
        trails.trails.resize(count, VecDeque::new());
        for own in 0..count {
            for other in 0..count {
                let is_asked = self.only.is_none_or(|only| only == own || only == other);
                if own != other && is_asked && player.bodies()[own].is_active {
                    self.meet(player, own, other, &trails.trails[other]);
                }
            }
        }
        for (trail, body) in trails.trails.iter_mut().zip(player.bodies()) {
            while trail.front().is_some_and(|(then_s, _)| now_s - then_s > KEPT_S) {
                trail.pop_front();
            }
            if body.is_active {
                trail.push_back((now_s, body.pose));
            }
        }
        self.trails = trails;
    }

    /// Whether `own` is where `other` was last.
    fn meet(&mut self, player: &Player<'_>, own: EntityId, other: EntityId, trail: &VecDeque<(f64, Pose)>) {
        let here = player.bodies()[own].pose;
        let forms = [own, other].map(|entity| &player.entities()[entity]);
        let reach_m: f64 = forms.iter().map(|form| form.size_m[0] + form.size_m[1]).sum();
        let latest = trail.iter().rev().find(|(_, there)| {
            let turn_rad = wrapped(there.heading_rad - here.heading_rad).abs();
            (CROSSING_RAD..std::f64::consts::PI - CROSSING_RAD).contains(&turn_rad)
                && (there.x_m - here.x_m).abs() < reach_m
                && (there.y_m - here.y_m).abs() < reach_m
                && boxes_overlap([(forms[0], here), (forms[1], *there)])
        });
        if let Some((then_s, _)) = latest {
            // It left up to one period after it was seen there, and the other came up to one before it was seen.
            let between_s = (player.time_s() - then_s - PERIOD_S).max(0.0);
            self.keep(Name::PostEncroachmentTime, between_s, player, &[own, other]);
        }
    }
}
