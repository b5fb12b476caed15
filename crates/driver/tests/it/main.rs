//! The automated driver in a closed loop with the vehicle's dynamics, on small maps with scripted others.

mod absurd;
mod behaviour;
#[allow(dead_code, reason = "parts of the course serve failing messages and junction tests only")]
mod course;
