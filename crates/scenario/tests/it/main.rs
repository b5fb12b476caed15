//! Tests of the scenario floor at its public seam.

mod asserted_states;
mod bad_files;
mod bad_input;
mod campaigns;
mod conditions;
mod damage;
mod distances;
mod distributions;
mod drivers;
mod examples;
mod lifecycle;
mod motions;
mod observers;
mod outside;
mod plain_lifecycle;
mod playground;
mod public_files;
mod reference_drivers;
mod routes;
mod signals;
mod time_steps;
mod traffic;
mod trailers;
