//! Token buckets: how often somebody may do something.
//!
//! A key and the time go in; out comes leave, or how long to wait. A bucket holds so many tokens, one comes back each so
//! often. Keys that nobody has heard of for long are forgotten; when there are too many, new ones share a bucket.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Keys that are told apart.
const KEYS_MAX: usize = 20_000;

/// Buckets of one size, by key.
#[derive(Debug)]
pub(crate) struct TokenBuckets {
    size: f64,
    every: Duration,
    buckets: Mutex<BTreeMap<u64, Bucket>>,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

impl TokenBuckets {
    /// Buckets of `size` tokens, of which one comes back every so often.
    pub(crate) fn new(size: u32, every: Duration) -> TokenBuckets {
        TokenBuckets {
            size: f64::from(size),
            every,
            buckets: Mutex::default(),
        }
    }

    /// Takes a token of a key's bucket; where there is none, how long until there is.
    pub(crate) fn take(&self, key: impl Hash, now: Instant) -> Result<(), Duration> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        let mut key = hasher.finish();
        if buckets.len() >= KEYS_MAX && !buckets.contains_key(&key) {
            buckets.retain(|_, bucket| self.refilled(*bucket, now) < self.size);
            if buckets.len() >= KEYS_MAX {
                key = 0;
            }
        }
        let full = Bucket {
            tokens: self.size,
            at: now,
        };
        let bucket = buckets.entry(key).or_insert(full);
        bucket.tokens = self.refilled(*bucket, now);
        bucket.at = now;
        if bucket.tokens >= 1.0 {
            bucket.tokens -= 1.0;
            return Ok(());
        }
        Err(self.every.mul_f64(1.0 - bucket.tokens))
    }

    fn refilled(&self, bucket: Bucket, now: Instant) -> f64 {
        let since_s = now.saturating_duration_since(bucket.at).as_secs_f64();
        (bucket.tokens + since_s / self.every.as_secs_f64()).min(self.size)
    }
}

/// What stands for an address: of IPv6 the first 64 bits, because whoever has one address there has all of them.
pub(crate) fn address_key(address: IpAddr) -> [u8; 16] {
    let mut bytes = match address.to_canonical() {
        IpAddr::V4(address) => return address.to_ipv6_mapped().octets(),
        IpAddr::V6(address) => address.octets(),
    };
    bytes[8..].fill(0);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_gives_its_tokens_then_one_each_so_often() {
        let buckets = TokenBuckets::new(3, Duration::from_secs(10));
        let now = Instant::now();
        let at = |s: u64| now + Duration::from_secs(s);
        assert_eq!((0..5).filter(|_| buckets.take("a", now).is_ok()).count(), 3);
        assert!(buckets.take("b", now).is_ok(), "another's is its own");
        let wait = buckets.take("a", at(4)).unwrap_err();
        assert!((5.9..6.1).contains(&wait.as_secs_f64()), "{wait:?}");
        assert!(buckets.take("a", at(11)).is_ok());
        assert!(buckets.take("a", at(12)).is_err());
        assert_eq!((0..9).filter(|_| buckets.take("a", at(1_000)).is_ok()).count(), 3);
    }

    #[test]
    fn many_keys_take_no_more_memory_than_there_is_for_them() {
        let buckets = TokenBuckets::new(2, Duration::from_secs(60));
        let now = Instant::now();
        for key in 0..KEYS_MAX as u64 + 500 {
            let _ = buckets.take(key, now);
        }
        assert!(buckets.buckets.lock().unwrap().len() <= KEYS_MAX + 1);
        assert!(
            buckets.take("one more", now).is_err(),
            "those who come too many share one"
        );
        assert!(
            buckets.take("one more", now + Duration::from_secs(600)).is_ok(),
            "others are forgotten"
        );
    }

    #[test]
    fn a_network_of_ipv6_is_one_and_ipv4_is_the_same_in_either_form() {
        let key = |text: &str| address_key(text.parse().unwrap());
        assert_eq!(key("2001:db8::1"), key("2001:db8::ffff:1"));
        assert_ne!(key("2001:db8:0:1::1"), key("2001:db8:0:2::1"));
        assert_eq!(key("192.0.2.1"), key("::ffff:192.0.2.1"));
        assert_ne!(key("192.0.2.1"), key("192.0.2.2"));
    }
}
