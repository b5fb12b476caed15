//! The network between vehicles, roadside and cloud.
//!
//! In go the world's frames, a site's network file and captures; out come messages as they are on the air, what each
//! station hears, and what the link costs. It does not know which service uses it.

pub mod cooperation;
pub mod facilities;
pub mod hex;
pub mod messages;
pub mod security;
pub mod sidelink;
