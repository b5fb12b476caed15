//! Accounts: who may log in, as what, with which password.
//!
//! A TOML file goes in and out ([`Accounts`]); a name and a password go in, a role comes out ([`AccountBook::check`]).
//! Passwords are kept as Argon2id hashes alone (RFC 9106), with the parameters that OWASP's Password Storage Cheat Sheet
//! gives: 19 MiB, two passes, one lane. Whoever has no account is answered after the same work. It does not know sessions.

use crate::roles::Role;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// Accounts in a file.
const ACCOUNTS_MAX: usize = 10_000;
/// The longest file: an account takes some 200 bytes.
const FILE_BYTES_MAX: u64 = 4 << 20;
/// Letters of a name.
const NAME_LETTERS_MAX: usize = 64;
/// Letters of a password (NIST SP 800-63B asks for eight at the least, and takes 64 and more); bytes, so that a hash has
/// an end.
const PASSWORD_LETTERS_MIN: usize = 12;
pub(crate) const PASSWORD_BYTES_MAX: usize = 1_024;
/// A file's hash may ask for so much memory (KiB) and so many passes: a mistyped one stops no server.
const MEMORY_KIB: std::ops::RangeInclusive<u32> = 8..=1 << 20;
const PASSES: std::ops::RangeInclusive<u32> = 1..=32;
/// The file is looked at again this often while it is served.
const LOOK_EVERY: Duration = Duration::from_secs(1);

const HEAD: &str = "# Accounts of the console. `westline account` writes this file; passwords are Argon2id hashes.\n\n";

/// What is wrong with accounts.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The file cannot be read.
    #[error("{path}: {error}\nhint: westline account add {path} NAME --role admin makes it")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system says.
        error: std::io::Error,
    },
    /// The file is none of accounts.
    #[error("{path}: {what}\nhint: {hint}")]
    Unfit {
        /// The file, with the line where that is known.
        path: String,
        /// What is wrong.
        what: String,
        /// The mend.
        hint: String,
    },
    /// Another name is needed.
    #[error("`{name}` {what}\nhint: {hint}")]
    Name {
        /// As it was given.
        name: String,
        /// What is wrong with it.
        what: &'static str,
        /// The mend.
        hint: &'static str,
    },
    /// Another password is needed.
    #[error("the password {0}\nhint: a sentence of some words is long and easy to keep in mind")]
    Password(String),
}

/// Somebody who may log in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// What they may do.
    pub role: Role,
    /// The hash, as a PHC string.
    password: String,
}

/// All accounts of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accounts {
    #[serde(default)]
    account: BTreeMap<String, Account>,
}

impl Accounts {
    /// Reads a file.
    ///
    /// # Errors
    /// If it cannot be read or is none of accounts.
    pub fn read(path: &Path) -> Result<Accounts, AccountError> {
        let shown = path.display().to_string();
        let unreadable = |error| AccountError::Unreadable {
            path: shown.clone(),
            error,
        };
        let length = std::fs::metadata(path).map_err(unreadable)?.len();
        if length > FILE_BYTES_MAX {
            return Err(AccountError::Unfit {
                path: shown,
                what: format!("{length} bytes are more than {FILE_BYTES_MAX}"),
                hint: "this is no file of accounts".to_owned(),
            });
        }
        let text = std::fs::read_to_string(path).map_err(unreadable)?;
        Accounts::parse(&shown, &text)
    }

    /// Reads a file's text; `shown` is what errors call it.
    ///
    /// # Errors
    /// If it is none of accounts.
    pub fn parse(shown: &str, text: &str) -> Result<Accounts, AccountError> {
        let unfit = |place: String, what: String, hint: &str| AccountError::Unfit {
            path: place,
            what,
            hint: hint.to_owned(),
        };
        let accounts: Accounts = toml::from_str(text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            unfit(
                format!("{shown}:{line}"),
                error.message().to_owned(),
                "see docs/console.md for how accounts are written; westline account writes them",
            )
        })?;
        if accounts.account.len() > ACCOUNTS_MAX {
            let what = format!("{} accounts are more than {ACCOUNTS_MAX}", accounts.account.len());
            return Err(unfit(shown.to_owned(), what, "keep accounts of those who come in"));
        }
        for (name, account) in &accounts.account {
            check_name(name)?;
            if let Err(what) = readable_hash(&account.password) {
                let what = format!("the password of `{name}` {what}");
                let hint = format!("westline account passwd {shown} {name}");
                return Err(unfit(shown.to_owned(), what, &hint));
            }
        }
        Ok(accounts)
    }

    /// The file's text.
    pub fn to_toml(&self) -> String {
        let body = toml::to_string(self).expect("names, roles and hashes are strings");
        format!("{HEAD}{body}")
    }

    /// Takes somebody in.
    ///
    /// # Errors
    /// If the name is taken or unfit, or the password is weak.
    pub fn add(&mut self, name: &str, role: Role, password: &str) -> Result<(), AccountError> {
        check_name(name)?;
        if self.account.contains_key(name) {
            return Err(AccountError::Name {
                name: name.to_owned(),
                what: "has an account already",
                hint: "westline account passwd changes a password; remove and add change a role",
            });
        }
        let password = hash(name, password)?;
        self.account.insert(name.to_owned(), Account { role, password });
        Ok(())
    }

    /// Gives somebody another password, which ends their sessions.
    ///
    /// # Errors
    /// If there is no such account, or the password is weak.
    pub fn set_password(&mut self, name: &str, password: &str) -> Result<(), AccountError> {
        let account = self.account.get_mut(name).ok_or_else(|| unknown(name))?;
        account.password = hash(name, password)?;
        Ok(())
    }

    /// Takes an account away, which ends its sessions.
    ///
    /// # Errors
    /// If there is none.
    pub fn remove(&mut self, name: &str) -> Result<(), AccountError> {
        self.account.remove(name).map(|_| ()).ok_or_else(|| unknown(name))
    }

    /// Names and roles, by name.
    pub fn list(&self) -> impl Iterator<Item = (&str, Role)> {
        self.account.iter().map(|(name, account)| (name.as_str(), account.role))
    }

    /// The role of a name.
    ///
    /// # Errors
    /// If nobody has it.
    pub fn role(&self, name: &str) -> Result<Role, AccountError> {
        self.get(name).map(|account| account.role).ok_or_else(|| unknown(name))
    }

    /// Whether nobody has one.
    pub fn is_empty(&self) -> bool {
        self.account.is_empty()
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Account> {
        self.account.get(name)
    }
}

fn unknown(name: &str) -> AccountError {
    AccountError::Name {
        name: name.to_owned(),
        what: "has no account",
        hint: "westline account list tells who has",
    }
}

fn check_name(name: &str) -> Result<(), AccountError> {
    let fits = (1..=NAME_LETTERS_MAX).contains(&name.chars().count())
        && name
            .chars()
            .all(|letter| letter.is_alphanumeric() || "._-@".contains(letter));
    match fits {
        true => Ok(()),
        false => Err(AccountError::Name {
            name: name.chars().take(NAME_LETTERS_MAX).collect(),
            what: "is no name of an account",
            hint: "letters, digits and . _ - @ make one, at most 64",
        }),
    }
}

fn argon2id() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::DEFAULT)
}

fn hash(name: &str, password: &str) -> Result<String, AccountError> {
    let letters = password.chars().count();
    let weak = if letters < PASSWORD_LETTERS_MIN {
        Some(format!("has {letters} letters; {PASSWORD_LETTERS_MIN} are the least"))
    } else if password.len() > PASSWORD_BYTES_MAX {
        Some(format!("is longer than {PASSWORD_BYTES_MAX} bytes"))
    } else if password.to_lowercase().contains(&name.to_lowercase()) && letters < name.chars().count() + 6 {
        Some("is hardly more than the name".to_owned())
    } else if password.chars().all(|letter| password.starts_with(letter)) {
        Some("is one letter again and again".to_owned())
    } else {
        None
    };
    match weak {
        Some(what) => Err(AccountError::Password(what)),
        None => argon2id()
            .hash_password(password.as_bytes())
            .map(|hash| hash.to_string())
            .map_err(|error| AccountError::Password(format!("cannot be hashed: {error}"))),
    }
}

/// Whether a hash is one that is checked here.
fn readable_hash(text: &str) -> Result<(), String> {
    let hash = PasswordHash::new(text).map_err(|_| "is no hash in the PHC string format".to_owned())?;
    if hash.algorithm.as_str() != "argon2id" || hash.hash.is_none() || hash.salt.is_none() {
        return Err("is not an Argon2id hash".to_owned());
    }
    let params = Params::try_from(&hash).map_err(|error| format!("has parameters that cannot be: {error}"))?;
    match MEMORY_KIB.contains(&params.m_cost()) && PASSES.contains(&params.t_cost()) && params.p_cost() <= 16 {
        true => Ok(()),
        false => Err("asks for more memory or passes than a login may take".to_owned()),
    }
}

/// The accounts of a file while they are served: read again when the file changes, so that who is removed is out.
#[derive(Debug)]
pub struct AccountBook {
    path: PathBuf,
    kept: Mutex<Kept>,
    /// What the password of nobody is compared with.
    nobody: String,
}

#[derive(Debug)]
struct Kept {
    accounts: Accounts,
    changed: Option<SystemTime>,
    looked: Instant,
}

impl AccountBook {
    /// Opens a file.
    ///
    /// # Errors
    /// If it is none of accounts, or has none.
    pub fn open(path: &Path) -> Result<AccountBook, AccountError> {
        let changed = modified(path);
        let accounts = Accounts::read(path)?;
        if accounts.is_empty() {
            return Err(AccountError::Unfit {
                path: path.display().to_string(),
                what: "nobody has an account".to_owned(),
                hint: format!("westline account add {} NAME --role admin", path.display()),
            });
        }
        // As dear to compare with as any.
        let nobody = argon2id()
            .hash_password(b"nobody has this password")
            .map_err(|error| AccountError::Password(format!("cannot be hashed: {error}")))?;
        Ok(AccountBook {
            path: path.to_owned(),
            kept: Mutex::new(Kept {
                accounts,
                changed,
                looked: Instant::now(),
            }),
            nobody: nobody.to_string(),
        })
    }

    /// The role of whoever has this name and password. It takes as long for a name that nobody has.
    pub(crate) fn check(&self, name: &str, password: &str) -> Option<Account> {
        let known = self.get(name);
        let stored = known.as_ref().map_or(self.nobody.as_str(), |account| &account.password);
        let hash = PasswordHash::new(stored).ok()?;
        let fits = argon2id().verify_password(password.as_bytes(), &hash).is_ok();
        known.filter(|_| fits)
    }

    /// The account of a name, as it is now.
    pub(crate) fn get(&self, name: &str) -> Option<Account> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.looked.elapsed() >= LOOK_EVERY {
            kept.looked = Instant::now();
            let changed = modified(&self.path);
            if changed != kept.changed {
                kept.changed = changed;
                match Accounts::read(&self.path) {
                    Ok(accounts) => kept.accounts = accounts,
                    // A slip of an editor locks nobody out; whoever edits is told.
                    Err(error) => eprintln!("the accounts stay as they were: {error}"),
                }
            }
        }
        kept.accounts.get(name).cloned()
    }
}

fn modified(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|meta| meta.modified()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PASSWORD: &str = "four stops and a depot";

    #[test]
    fn the_parameters_are_those_of_owasp() {
        let mut accounts = Accounts::default();
        accounts.add("li.na", Role::Dispatcher, PASSWORD).unwrap();
        let stored = &accounts.get("li.na").unwrap().password;
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
    }

    #[test]
    fn accounts_are_read_as_they_are_written() {
        let mut accounts = Accounts::default();
        accounts.add("li.na", Role::Dispatcher, PASSWORD).unwrap();
        accounts.add("王伟", Role::Admin, PASSWORD).unwrap();
        let text = accounts.to_toml();
        assert_eq!(Accounts::parse("a", &text).unwrap(), accounts, "{text}");
        assert!(!text.contains("stops"), "no password stands there");
    }

    #[test]
    fn weak_passwords_and_odd_names_are_refused() {
        let mut accounts = Accounts::default();
        for (name, password) in [
            ("li.na", "short"),
            ("li.na", "aaaaaaaaaaaaaaaa"),
            ("dispatcher-one", "dispatcher-one1"),
            ("li.na", &"x y".repeat(1_000)),
        ] {
            let refused = accounts.add(name, Role::Viewer, password);
            assert!(matches!(refused, Err(AccountError::Password(_))), "{password}");
        }
        for name in ["", "a b", "a/b", "a\nb", &"a".repeat(65)] {
            let refused = accounts.add(name, Role::Viewer, PASSWORD);
            assert!(matches!(refused, Err(AccountError::Name { .. })), "{name:?}");
        }
        accounts.add("li.na", Role::Viewer, PASSWORD).unwrap();
        assert!(
            accounts.add("li.na", Role::Admin, PASSWORD).is_err(),
            "a name is taken once"
        );
        assert!(accounts.remove("nobody").is_err());
    }

    #[test]
    fn a_broken_file_is_refused_with_its_line() {
        let of = |text: &str| Accounts::parse("a.toml", text).unwrap_err().to_string();
        assert!(of("[account.x]\nrole = \"root\"\npassword = \"\"\n").contains("a.toml:2"));
        assert!(of("[account.x]\nrole = \"admin\"\npassword = \"plain\"\n").contains("PHC"));
        let foreign = "[account.x]\nrole = \"admin\"\npassword = \"$argon2i$v=19$m=16,t=2,p=1$c29tZXNhbHRzYWx0$MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI\"\n";
        assert!(of(foreign).contains("Argon2id"), "{}", of(foreign));
        let dear = foreign.replace("argon2i$", "argon2id$").replace("m=16", "m=4194304");
        assert!(of(&dear).contains("memory"), "{}", of(&dear));
    }

    #[test]
    fn a_password_opens_its_own_account_until_the_file_says_otherwise() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("accounts.toml");
        std::fs::write(&path, "").unwrap();
        assert!(AccountBook::open(&path).is_err(), "nobody could come in");
        let mut accounts = Accounts::default();
        accounts.add("li.na", Role::Dispatcher, PASSWORD).unwrap();
        std::fs::write(&path, accounts.to_toml()).unwrap();
        let book = AccountBook::open(&path).unwrap();
        let role = |name, password| book.check(name, password).map(|account| account.role);
        assert_eq!(role("li.na", PASSWORD), Some(Role::Dispatcher));
        assert_eq!(role("li.na", "four stops and no depot"), None);
        assert_eq!(role("nobody", PASSWORD), None);
        assert_eq!(role("nobody", "nobody has this password"), None);
        accounts.remove("li.na").unwrap();
        std::fs::write(&path, accounts.to_toml()).unwrap();
        book.kept.lock().unwrap().looked = Instant::now().checked_sub(LOOK_EVERY).unwrap();
        book.kept.lock().unwrap().changed = None;
        assert_eq!(role("li.na", PASSWORD), None);
    }

    const STORED: &str = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzYWx0$MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI";

    proptest! {
        #[test]
        fn any_accounts_are_read_as_they_are_written(names in proptest::collection::btree_map("[\\p{L}0-9._@-]{1,20}", 0_usize..6, 0..5)) {
            let mut accounts = Accounts::default();
            for (name, role) in names {
                let account = Account { role: Role::ALL[role], password: STORED.to_owned() };
                accounts.account.insert(name, account);
            }
            prop_assert_eq!(Accounts::parse("a", &accounts.to_toml()).unwrap(), accounts);
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in "(\\[account\\.x\\]\\n)?(role = \"admin\"\\n)?(password = \"\\$argon2id\\$[ -~]{0,60}\"\\n)?\\PC{0,60}") {
            let _ = Accounts::parse("a", &text);
        }
    }
}
