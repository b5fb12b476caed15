//! The report floor seen from outside: a small made-up day as a page.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails at once")]

mod day;
mod page;
mod test_report;
