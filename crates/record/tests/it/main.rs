//! What others may rely on: schemas, recordings, tables.

mod recordings;
mod schemas;
mod tables;
