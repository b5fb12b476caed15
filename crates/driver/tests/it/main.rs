//! The automated driver in a closed loop with the vehicle's dynamics, on small maps with scripted others.

mod absurd;
mod behaviour;
#[allow(
    dead_code,
    reason = "some of what is noted of a moment is only shown when a test fails"
)]
mod course;
mod fail_safe;
mod junctions;
mod ladder;
mod narrow;
mod perception;
mod reference;
