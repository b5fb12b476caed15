//! The vehicle model against closed forms and laws.

mod dynamics;
mod odd;
