//! A small town, a line in it, and what becomes of a morning.

mod day;
mod faults;
mod robustness;
mod site;
mod town;
mod tunnel;
mod yongchuan;
