//! How much a node takes: the limits that an operator sets, and those that are fixed.

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::time::Duration;

/// Transactions in one request.
pub(super) const BATCH_TRANSACTIONS_MAX: usize = 4_096;
/// Bytes of one request: a transaction of the longest kind as JSON, or a batch.
pub(super) const BODY_BYTES_MAX: usize = 4 << 20;
/// A request comes whole within this time, and is answered within it and its own wait.
pub(super) const REQUEST: Duration = Duration::from_secs(30);
/// The head of a request takes no longer.
pub(super) const HEAD: Duration = Duration::from_secs(10);
/// How long a sender of transactions is kept waiting for a block, unless it names a time; and the longest time it may name.
pub(super) const WAIT_MS: u64 = 10_000;
pub(super) const WAIT_MS_MAX: u64 = 30_000;
/// Transactions whose senders wait.
pub(super) const WAITING_MAX: usize = 32_768;
/// Reads at once; more wait for their turn.
pub(super) const READS_MAX: usize = 16;
/// Proofs of the state at once: they stand between two steps of consensus.
pub(super) const PROOFS_MAX: usize = 2;
/// Streams of blocks at once.
pub(super) const STREAMS_MAX: usize = 256;
/// A stream whose reader takes nothing for so long is ended.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);
/// Entries in one answer.
pub(super) const ROWS_MAX: usize = 1_000;
/// Addresses that are told apart before those that have been quiet are forgotten.
const ADDRESSES_MAX: usize = 20_000;

/// Limits of a node's interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Requests a second from one address; twice as many may come at once. Behind a proxy all have the proxy's address.
    pub requests_per_second: NonZeroU32,
    /// Connections at once; more wait at the operating system.
    pub connections: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            requests_per_second: NonZeroU32::new(500).expect("not zero"),
            connections: 1_000,
        }
    }
}

/// How often who has asked.
pub(super) struct Rates(DefaultKeyedRateLimiter<IpAddr>);

impl Rates {
    pub fn new(limits: Limits) -> Rates {
        let burst = limits
            .requests_per_second
            .saturating_mul(NonZeroU32::MIN.saturating_add(1));
        Rates(RateLimiter::keyed(
            Quota::per_second(limits.requests_per_second).allow_burst(burst),
        ))
    }

    /// May this address ask now?
    pub fn admits(&self, address: IpAddr) -> bool {
        if self.0.len() > ADDRESSES_MAX {
            self.0.retain_recent();
        }
        self.0.check_key(&subscriber(address)).is_ok()
    }
}

/// Whoever has one address of version 6 has the lower half of them all.
fn subscriber(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => address.to_ipv4_mapped().map_or_else(
            || IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
            IpAddr::V4,
        ),
    }
}
