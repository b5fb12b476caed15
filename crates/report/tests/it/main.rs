//! The report floor seen from outside: a small made-up day as a page.

mod day;
mod page;
