//! Sessions: who is logged in.
//!
//! Somebody who gave the right password goes in, a secret for their cookie comes out; the cookie goes in, who it is comes
//! out. Only the secret's hash is kept, in memory alone: a restart ends all. A session ends when it is not used for so
//! long, after so long in all, when its account changes, or by logging out. Lengths are after OWASP's Session Management
//! Cheat Sheet. It does not know what anybody may do.

use crate::accounts::Account;
use ledger::hex;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A session that nobody uses ends; an open live link counts as use, so that no dispatcher is locked out amid a shift.
pub(crate) const IDLE: Duration = Duration::from_secs(30 * 60);
/// A session ends, used or not: a shift.
pub(crate) const WHOLE: Duration = Duration::from_secs(12 * 3_600);
/// Sessions at once, and of one account; beyond it the one that was longest unused ends.
const SESSIONS_MAX: usize = 10_000;
const OF_ACCOUNT_MAX: usize = 20;

/// What a session is known by: the hash of its secret.
pub(crate) type SessionKey = [u8; 32];

/// Who is logged in.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) name: String,
    /// As it was at the login: another role or password ends the session.
    account: Account,
    /// What a page has to send along with each change.
    pub(crate) token: String,
    begun: Instant,
    used: Instant,
}

/// All sessions.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    by_key: Mutex<BTreeMap<SessionKey, Session>>,
}

/// 256 bits of the operating system's, as hexadecimal digits.
pub(crate) fn secret() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    Ok(hex::encode(&bytes))
}

pub(crate) fn key_of(secret: &str) -> SessionKey {
    Sha256::digest(secret.as_bytes()).into()
}

impl Sessions {
    /// Begins one; gives the secret for the cookie, and the session.
    pub(crate) fn begin(
        &self,
        name: &str,
        account: Account,
        now: Instant,
    ) -> Result<(String, Session), getrandom::Error> {
        let (secret, token) = (secret()?, secret()?);
        let session = Session {
            name: name.to_owned(),
            account,
            token,
            begun: now,
            used: now,
        };
        let mut by_key = self.by_key.lock().unwrap_or_else(PoisonError::into_inner);
        by_key.retain(|_, session| session.lasts(now));
        let of_account = by_key.values().filter(|session| session.name == name).count();
        let is_of = |session: &Session| of_account < OF_ACCOUNT_MAX || session.name == name;
        if of_account >= OF_ACCOUNT_MAX || by_key.len() >= SESSIONS_MAX {
            let oldest = by_key.iter().filter(|(_, session)| is_of(session));
            if let Some(key) = oldest.min_by_key(|(_, session)| session.used).map(|(key, _)| *key) {
                by_key.remove(&key);
            }
        }
        by_key.insert(key_of(&secret), session.clone());
        Ok((secret, session))
    }

    /// The session of a key, which is used by that; `account` tells what its account is now.
    pub(crate) fn use_it(
        &self,
        key: &SessionKey,
        now: Instant,
        account: impl FnOnce(&str) -> Option<Account>,
    ) -> Option<Session> {
        let mut by_key = self.by_key.lock().unwrap_or_else(PoisonError::into_inner);
        let session = by_key.get_mut(key)?;
        let stands = session.lasts(now) && account(&session.name).as_ref() == Some(&session.account);
        if !stands {
            by_key.remove(key);
            return None;
        }
        session.used = now;
        Some(session.clone())
    }

    /// Ends one.
    pub(crate) fn end(&self, key: &SessionKey) {
        let mut by_key = self.by_key.lock().unwrap_or_else(PoisonError::into_inner);
        by_key.remove(key);
    }
}

impl Session {
    pub(crate) fn role(&self) -> crate::roles::Role {
        self.account.role
    }

    /// Whether a page has sent the right token; compared by hashes, so that time tells nothing of it.
    pub(crate) fn has_token(&self, sent: &str) -> bool {
        Sha256::digest(sent.as_bytes()) == Sha256::digest(self.token.as_bytes())
    }

    fn lasts(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.used) < IDLE && now.saturating_duration_since(self.begun) < WHOLE
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::Accounts;
    use crate::roles::Role;

    fn account(role: Role) -> Account {
        let mut accounts = Accounts::default();
        accounts.add("li.na", role, "four stops and a depot").unwrap();
        accounts.get("li.na").unwrap().clone()
    }

    #[test]
    fn a_session_lasts_while_it_is_used_and_no_longer_than_a_shift() {
        let sessions = Sessions::default();
        let (account, now) = (account(Role::Viewer), Instant::now());
        let (secret, _) = sessions.begin("li.na", account.clone(), now).unwrap();
        assert_eq!(secret.len(), 64);
        let key = key_of(&secret);
        let is_there = |at: Duration| sessions.use_it(&key, now + at, |_| Some(account.clone())).is_some();
        for minute in (0..12 * 60).step_by(29) {
            assert!(is_there(Duration::from_secs(60 * minute)), "{minute} minutes");
        }
        assert!(!is_there(WHOLE), "a shift is over");
        let (idle, _) = sessions.begin("li.na", account.clone(), now).unwrap();
        assert!(
            sessions
                .use_it(&key_of(&idle), now + IDLE, |_| Some(account.clone()))
                .is_none(),
            "nobody was there for long"
        );
    }

    #[test]
    fn a_session_ends_with_its_account_and_by_logging_out() {
        let sessions = Sessions::default();
        let (was, now) = (account(Role::Viewer), Instant::now());
        let begin = || key_of(&sessions.begin("li.na", was.clone(), now).unwrap().0);
        for is_now in [None, Some(account(Role::Viewer)), Some(account(Role::Admin))] {
            let key = begin();
            assert!(
                sessions.use_it(&key, now, |_| is_now).is_none(),
                "another password or role"
            );
            assert!(
                sessions.use_it(&key, now, |_| Some(was.clone())).is_none(),
                "it stays ended"
            );
        }
        let key = begin();
        sessions.end(&key);
        assert!(sessions.use_it(&key, now, |_| Some(was.clone())).is_none());
    }

    #[test]
    fn one_account_has_so_many_sessions_and_the_longest_unused_gives_way() {
        let sessions = Sessions::default();
        let (account, now) = (account(Role::Viewer), Instant::now());
        let begun = |second| {
            let at = now + Duration::from_secs(second);
            key_of(&sessions.begin("li.na", account.clone(), at).unwrap().0)
        };
        let keys: Vec<SessionKey> = (0..OF_ACCOUNT_MAX as u64 + 1).map(begun).collect();
        let is_there = |key| {
            sessions
                .use_it(key, now + Duration::from_secs(60), |_| Some(account.clone()))
                .is_some()
        };
        assert!(!is_there(&keys[0]));
        assert!(keys[1..].iter().all(is_there));
    }
}
