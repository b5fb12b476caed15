//! Files of accounts, changed by hand: whatever stands there is read or refused.
#![no_main]

use console::Accounts;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(accounts) = Accounts::parse("accounts.toml", text) {
        let again = Accounts::parse("accounts.toml", &accounts.to_toml()).expect("what was read is written and read again");
        assert_eq!(accounts, again);
    }
});
