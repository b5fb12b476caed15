//! Any bytes as a security envelope or a certificate: refused and counted, and no panic.

#![no_main]

use messages::security::{Certificate, Envelope, Gate, ItsTime};

libfuzzer_sys::fuzz_target!(|content: &[u8]| {
    let _ = Envelope::open(content);
    let mut gate = Gate::default();
    let _ = gate.admit(content, ItsTime(700_000_000_000_000));
    if let Ok(certificate) = Certificate::read(content) {
        gate.trust(certificate);
    }
});
