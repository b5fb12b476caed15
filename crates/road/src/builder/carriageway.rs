//! The carriageways that meet at a junction, in plan: where each one lies, for the others to keep clear of.
//!
//! In goes a street's line outwards from the junction and its width, out comes whether a place lies on it. Every frame of a
//! line is worked out once, because it is asked for hundreds of times. It does not know what a junction makes of it.

use super::alignment::{Alignment, PlanPose};
use super::layout::StreetEnd;
use libm::fabs;

/// Distance between the frames in which the surface of an arm is told, and how far each reaches beyond that.
const FRAME_M: f64 = 2.0;
const FRAME_SLACK_M: f64 = 0.05;
/// Frames with one box around them.
const BLOCK_FRAMES: usize = 4;

/// A street's end at a junction, looking outwards: what the other arms are held against.
pub(super) struct Carriageway<'a> {
    pub(super) end: StreetEnd,
    pub(super) line: &'a Alignment,
    /// Width of the carriageway to the left of the line.
    pub(super) left_m: f64,
    /// Width to its right.
    pub(super) right_m: f64,
    /// Which way it leads over its first metres.
    pub(super) bearing_rad: f64,
    /// Its line every [`FRAME_M`], as far as was asked for.
    frames: Vec<Frame>,
    /// West, south, east, north of each [`BLOCK_FRAMES`] of them.
    bounds: Vec<[f64; 4]>,
}

impl<'a> Carriageway<'a> {
    /// Its line as far as `reach_m`, the farthest that any other arm is compared with it.
    pub(super) fn new(
        end: StreetEnd,
        line: &'a Alignment,
        (left_m, right_m): (f64, f64),
        reach_m: f64,
    ) -> Carriageway<'a> {
        let (a, b) = (line.pose(0.0), line.pose(15.0_f64.min(line.length_m())));
        let steps = libm::ceil(reach_m.min(line.length_m()) / FRAME_M) as usize;
        let frames: Vec<Frame> = (0..=steps)
            .map(|step| Frame::at(line.pose(step as f64 * FRAME_M)))
            .collect();
        let around = |frames: &[Frame]| {
            let empty = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
            frames.iter().fold(empty, |[west, south, east, north], frame| {
                [
                    west.min(frame.x_m),
                    south.min(frame.y_m),
                    east.max(frame.x_m),
                    north.max(frame.y_m),
                ]
            })
        };
        Carriageway {
            end,
            line,
            left_m,
            right_m,
            bearing_rad: libm::atan2(b.y_m - a.y_m, b.x_m - a.x_m),
            bounds: frames.chunks(BLOCK_FRAMES).map(around).collect(),
            frames,
        }
    }

    /// Its carriageway as far as `reach_m`.
    pub(super) fn surface(&self, reach_m: f64) -> Surface<'_> {
        let whole = libm::ceil(reach_m / FRAME_M) as usize;
        let farthest_m = FRAME_M + FRAME_SLACK_M + fabs(self.left_m).max(fabs(self.right_m));
        Surface {
            frames: &self.frames[..whole.min(self.frames.len())],
            bounds: &self.bounds,
            last: Frame::at(self.line.pose(reach_m)),
            left_m: self.left_m,
            right_m: self.right_m,
            farthest_m: farthest_m + 1e-3,
        }
    }
}

/// The carriageway of an arm as boxes, each from one frame of its line to the next.
pub(super) struct Surface<'a> {
    frames: &'a [Frame],
    bounds: &'a [[f64; 4]],
    last: Frame,
    left_m: f64,
    right_m: f64,
    /// No corner of a box lies farther from its frame.
    farthest_m: f64,
}

impl Surface<'_> {
    pub(super) fn holds(&self, place_m: [f64; 2]) -> bool {
        let blocks = self.frames.chunks(BLOCK_FRAMES).zip(self.bounds);
        let mut near = blocks.filter(|(_, bounds)| {
            let is_beside = |axis: usize| {
                place_m[axis] < bounds[axis] - self.farthest_m || place_m[axis] > bounds[axis + 2] + self.farthest_m
            };
            !is_beside(0) && !is_beside(1)
        });
        near.any(|(frames, _)| frames.iter().any(|frame| self.holds_from(frame, place_m)))
            || self.holds_from(&self.last, place_m)
    }

    /// Whether a place lies on the carriageway between a frame and the next.
    fn holds_from(&self, frame: &Frame, [x_m, y_m]: [f64; 2]) -> bool {
        let (dx, dy) = (x_m - frame.x_m, y_m - frame.y_m);
        let ahead_m = dx * frame.cos + dy * frame.sin;
        let left_m = dy * frame.cos - dx * frame.sin;
        (-FRAME_SLACK_M..FRAME_M + FRAME_SLACK_M).contains(&ahead_m) && left_m < self.left_m && left_m > -self.right_m
    }
}

/// A pose with its direction worked out once: it is asked hundreds of times.
#[derive(Clone, Copy)]
pub(super) struct Frame {
    x_m: f64,
    y_m: f64,
    cos: f64,
    sin: f64,
}

impl Frame {
    pub(super) fn at(pose: PlanPose) -> Frame {
        let (sin, cos) = libm::sincos(pose.heading_rad);
        Frame {
            x_m: pose.x_m,
            y_m: pose.y_m,
            cos,
            sin,
        }
    }

    pub(super) fn left(&self, t_m: f64) -> [f64; 2] {
        [self.x_m - t_m * self.sin, self.y_m + t_m * self.cos]
    }
}
