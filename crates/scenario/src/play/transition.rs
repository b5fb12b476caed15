//! A value on its way from one to another: step, linear, sinusoidal, cubic (OpenSCENARIO 1.3, `DynamicsShape`).
//!
//! With x from 0 to 1 the forms are 1, x, (1 - cos πx)/2 and 3x² - 2x³; their greatest slopes are 1, π/2 and 3/2, which
//! turns a rate into a duration.

use crate::model::{Dimension, Dynamics, TransitionShape};

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Transition {
    pub(super) shape: TransitionShape,
    pub(super) dimension: Dimension,
    pub(super) from: f64,
    pub(super) to: f64,
    /// How far it is, of `end`.
    pub(super) at: f64,
    pub(super) end: f64,
    /// Runs slower by this factor, where the actor cannot follow.
    pub(super) stretch: f64,
}

impl Transition {
    pub(super) fn new(dynamics: Dynamics, from: f64, to: f64) -> Transition {
        let end = match dynamics.dimension {
            Dimension::Rate if dynamics.value != 0.0 => (to - from).abs() * peak(dynamics.shape) / dynamics.value.abs(),
            Dimension::Rate => f64::INFINITY,
            _ => dynamics.value.max(0.0),
        };
        Transition {
            shape: dynamics.shape,
            dimension: dynamics.dimension,
            from,
            to,
            at: 0.0,
            end: if dynamics.shape == TransitionShape::Step {
                0.0
            } else {
                end
            },
            stretch: 1.0,
        }
    }

    pub(super) fn advance(&mut self, by: f64) {
        self.at = (self.at + by / self.stretch).clamp(0.0, self.end);
    }

    pub(super) fn is_over(&self) -> bool {
        self.at > self.end - 1e-6
    }

    pub(super) fn value(&self) -> f64 {
        self.value_as(self.shape)
    }

    pub(super) fn value_as(&self, shape: TransitionShape) -> f64 {
        if self.end < 1e-6 {
            return self.to;
        }
        let x = if self.end.is_finite() { self.at / self.end } else { 0.0 };
        let part = match shape {
            TransitionShape::Step => 1.0,
            TransitionShape::Linear => x,
            TransitionShape::Sinusoidal => 0.5 * (1.0 - libm::cos(std::f64::consts::PI * x)),
            TransitionShape::Cubic => x * x * (3.0 - 2.0 * x),
        };
        self.from + part * (self.to - self.from)
    }

    /// Change per unit of its dimension, now.
    pub(super) fn slope(&self) -> f64 {
        if self.end < 1e-6 || !self.end.is_finite() {
            return 0.0;
        }
        let x = self.at / self.end;
        let part = match self.shape {
            TransitionShape::Step => 0.0,
            TransitionShape::Linear => 1.0,
            TransitionShape::Sinusoidal => 0.5 * std::f64::consts::PI * libm::sin(std::f64::consts::PI * x),
            TransitionShape::Cubic => 6.0 * x * (1.0 - x),
        };
        part * (self.to - self.from) / self.end / self.stretch
    }

    pub(super) fn slope_peak(&self) -> f64 {
        if self.end < 1e-6 {
            f64::INFINITY
        } else {
            peak(self.shape) * (self.to - self.from).abs() / self.end
        }
    }
}

fn peak(shape: TransitionShape) -> f64 {
    match shape {
        TransitionShape::Step => 0.0,
        TransitionShape::Linear => 1.0,
        TransitionShape::Sinusoidal => std::f64::consts::FRAC_PI_2,
        TransitionShape::Cubic => 1.5,
    }
}

/// How long a change of `by` takes with this greatest second derivative; a line, which has none, as a cubic.
pub(super) fn duration_by_acceleration(shape: TransitionShape, by: f64, acceleration: f64) -> f64 {
    match shape {
        TransitionShape::Step => 0.0,
        TransitionShape::Sinusoidal => std::f64::consts::PI * libm::sqrt(by.abs() / (2.0 * acceleration)),
        TransitionShape::Linear | TransitionShape::Cubic => libm::sqrt(6.0 * by.abs() / acceleration),
    }
}
