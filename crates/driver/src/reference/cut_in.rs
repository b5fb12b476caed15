//! The cut-in: a slower vehicle from the lane beside comes in.
//!
//! Two speeds, the gap and a lateral speed go in, an [`Outcome`] comes out. The other vehicle first gains its lateral
//! speed at 1.5 m/s² and then keeps it until it is in the middle of the lane; the gap is that at the moment when the
//! lateral speed is reached, 3.5 m between the middles. Sums are in the order of the public implementation.

use super::{
    FREQUENCY_HZ, LENGTH_M, Manoeuvre, Motion, Outcome, Pedals, STEPS, Sight, WIDTH_M,
    model::{Model, ReferenceDriver},
};

/// From middle to middle: a lane's width.
const ASIDE_M: f64 = 1.6 + WIDTH_M;
/// How fast the lateral speed grows.
const LATERAL_MPS2: f64 = 1.5;
/// Faster sideways than this is refused; the regulation's range ends at 1.8 m/s.
pub const LATERAL_MPS_MAX: f64 = 15.0;
/// Steps of run-up that the fastest needs.
const RUN_UP_MAX: usize = 101;

/// One point of the parameter space.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CutIn {
    /// Speed of the vehicle under test.
    pub own_mps: f64,
    /// Speed of the one that cuts in.
    pub other_mps: f64,
    /// Bumper to bumper.
    pub gap_m: f64,
    /// Towards the lane, 0 to [`LATERAL_MPS_MAX`].
    pub lateral_mps: f64,
}

impl CutIn {
    /// The regulation's range as the public implementation samples it, without the lateral speed 0: 28,305 points.
    pub fn grid() -> impl Iterator<Item = CutIn> {
        // Speeds in km/h of the one under test, steps of the other's, gaps in metres and their step.
        let bands = [
            (&[10, 20, 30, 40, 50, 60][..], 10, 60, 1),
            (&[70, 90, 110, 130][..], 30, 120, 2),
        ];
        bands.into_iter().flat_map(|(speeds, speed_step, gap_end, gap_step)| {
            speeds.iter().flat_map(move |&own_kmh: &u32| {
                (10..own_kmh).step_by(speed_step).flat_map(move |other_kmh| {
                    (1..gap_end).step_by(gap_step).flat_map(move |gap_m: u32| {
                        (1..18).map(move |tenths| CutIn {
                            own_mps: f64::from(own_kmh) / 3.6,
                            other_mps: f64::from(other_kmh) / 3.6,
                            gap_m: f64::from(gap_m),
                            lateral_mps: f64::from(tenths) * 0.1,
                        })
                    })
                })
            })
        })
    }

    /// What a reference driver makes of it.
    pub fn outcome(&self, model: Model) -> Outcome {
        self.play(&mut ReferenceDriver::new(model))
    }

    /// What anybody makes of it.
    pub fn play(&self, pedals: &mut impl Pedals) -> Outcome {
        let mut outcome = Outcome::default();
        let (mut x_m, mut speed_mps, mut before_mps) = (self.start_m(), self.own_mps, self.own_mps);
        for other in self.others() {
            let sight = Sight {
                own: Motion {
                    x_m,
                    y_m: 0.0,
                    speed_mps,
                    leftward_mps: 0.0,
                    length_m: LENGTH_M,
                    width_m: WIDTH_M,
                },
                own_mps2: (speed_mps - before_mps) * FREQUENCY_HZ,
                other,
                manoeuvre: Manoeuvre::CutIn,
            };
            let answer = pedals.press(&sight);
            (before_mps, speed_mps) = (speed_mps, answer.speed_mps);
            x_m += speed_mps / FREQUENCY_HZ;
            outcome.note(&sight);
            if answer.leaves {
                outcome.ended_early = true;
                break;
            }
        }
        outcome
    }

    /// Where the vehicle under test begins, so that it is at 0 when the run-up is over.
    pub fn start_m(&self) -> f64 {
        let step_m = -self.own_mps / FREQUENCY_HZ;
        (0..self.run_up()).fold(0.0, |x_m, _| x_m + step_m)
    }

    /// Steps in which the lateral speed grows.
    fn run_up(&self) -> usize {
        let steps = libm::ceil(self.lateral_mps / (LATERAL_MPS2 / FREQUENCY_HZ));
        (steps.max(0.0) as usize).min(RUN_UP_MAX - 1)
    }

    /// Steps at full lateral speed.
    fn crossing(&self) -> usize {
        let (aside, lateral_mps) = ((FREQUENCY_HZ * ASIDE_M).abs(), self.lateral_mps);
        if lateral_mps <= 0.0 {
            return 0;
        }
        // Division rounded down from the exact remainder: 35 / 0.1 are 349 whole steps, because 0.1 is above a tenth.
        let quotient = (aside - aside % lateral_mps) / lateral_mps;
        (libm::round(quotient) as usize).saturating_add(1)
    }

    /// The other vehicle's motion, step by step.
    pub fn others(&self) -> impl Iterator<Item = Motion> {
        let (run_up, crossing) = (self.run_up(), self.crossing());
        let start_m = self.gap_m + LENGTH_M;
        let mut places = [[0.0; 2]; RUN_UP_MAX];
        let mut back_m = [0.0; 2];
        for step in (0..run_up).rev() {
            back_m[0] += -self.other_mps / FREQUENCY_HZ;
            back_m[1] += lateral_after(step) / FREQUENCY_HZ;
            places[step] = [back_m[0] + start_m, back_m[1] + ASIDE_M];
        }
        places[run_up] = [start_m, ASIDE_M];
        let (other_mps, lateral_mps) = (self.other_mps, self.lateral_mps);
        let motion = move |[x_m, y_m]: [f64; 2], inward_mps: f64| Motion {
            x_m,
            y_m,
            speed_mps: other_mps,
            leftward_mps: -inward_mps,
            length_m: LENGTH_M,
            width_m: WIDTH_M,
        };
        let before = (0..=run_up).map(move |step| {
            let inward_mps = if step < run_up {
                lateral_after(step)
            } else {
                lateral_mps
            };
            motion(places[step], inward_mps)
        });
        let mut summed_mps = [0.0; 2];
        let after = (0..STEPS - 1).map(move |step| {
            let inward_mps = if step < crossing { lateral_mps } else { 0.0 };
            summed_mps[0] += other_mps;
            summed_mps[1] -= inward_mps;
            let place = [
                summed_mps[0] / FREQUENCY_HZ + start_m,
                summed_mps[1] / FREQUENCY_HZ + ASIDE_M,
            ];
            motion(place, inward_mps)
        });
        before.chain(after)
    }
}

/// Lateral speed after so many steps of run-up.
fn lateral_after(step: usize) -> f64 {
    step as f64 * (LATERAL_MPS2 / FREQUENCY_HZ)
}
