//! `network.toml`: which validators there are, where they listen, and their keys for the engine. All share one file. And `node.toml`:
//! what one validator keeps to itself.
//!
//! In goes a file's name and text, out come [`Peer`]s or [`Settings`], or every problem with its line and mend; and back.

use super::network::Peer;
use crate::LedgerError;
use commonware_codec::DecodeExt as _;
use commonware_cryptography::ed25519::PublicKey;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    validator: Vec<Spanned<Entry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    party: String,
    address: String,
    engine_key: String,
}

/// Reads the file.
pub fn read_directory(name: &str, text: &str) -> Result<BTreeMap<String, Peer>, LedgerError> {
    let line = |byte: usize| 1 + text.bytes().take(byte).filter(|&byte| byte == b'\n').count();
    let file: File = toml::from_str(text).map_err(|error| {
        let line = line(error.span().map_or(0, |span| span.start));
        LedgerError::Problems(vec![format!(
            "{name}:{line}: {}\nhint: each `[[validator]]` has `party`, `address` and `engine_key`",
            error.message()
        )])
    })?;
    let mut peers = BTreeMap::new();
    let mut problems = Vec::new();
    for entry in &file.validator {
        let place = format!("{name}:{}", line(entry.span().start));
        let entry = entry.get_ref();
        let address = entry.address.parse::<SocketAddr>();
        if address.is_err() {
            problems.push(format!(
                "{place}: `{}` is no address\nhint: write numbers and a port, such as `10.0.0.7:7100`",
                entry.address
            ));
        }
        let key = parse_key(&entry.engine_key);
        if key.is_none() {
            problems.push(format!(
                "{place}: `{}` is no key of Ed25519\nhint: it is `ed25519:` and 64 hexadecimal digits, as the party's own tool prints it",
                entry.engine_key.chars().take(100).collect::<String>()
            ));
        }
        if let (Ok(address), Some(key)) = (address, key)
            && peers.insert(entry.party.clone(), Peer { key, address }).is_some()
        {
            problems.push(format!(
                "{place}: `{}` is there twice\nhint: leave one out",
                entry.party
            ));
        }
    }
    if file.validator.is_empty() {
        problems.push(format!("{name}:1: no validator\nhint: name each in a `[[validator]]`"));
    }
    match problems.is_empty() {
        true => Ok(peers),
        false => Err(LedgerError::Problems(problems)),
    }
}

fn parse_key(text: &str) -> Option<PublicKey> {
    // By way of the ledger's own keys, which take a point in its one encoding only.
    let key: crate::PublicKey = text.parse().ok()?;
    PublicKey::decode(key.bytes).ok()
}

/// What a validator's own file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Its party.
    pub party: String,
    /// Where it listens for the others; where `network.toml` says, if it does not say.
    pub listen: Option<SocketAddr>,
    /// Where its HTTP interface listens.
    pub api: SocketAddr,
    /// Requests a second that the interface takes from one address.
    pub requests_per_second: Option<std::num::NonZeroU32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SettingsFile {
    party: String,
    listen: Option<SocketAddr>,
    api: SocketAddr,
    requests_per_second: Option<std::num::NonZeroU32>,
}

/// Reads `node.toml`.
pub fn read_settings(name: &str, text: &str) -> Result<Settings, LedgerError> {
    let file: SettingsFile = toml::from_str(text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        let line = 1 + text.bytes().take(start).filter(|&byte| byte == b'\n').count();
        LedgerError::Problems(vec![format!(
            "{name}:{line}: {}\nhint: it has `party`, `api` (an address and a port), and may have `listen` and `requests_per_second`",
            error.message()
        )])
    })?;
    Ok(Settings {
        party: file.party,
        listen: file.listen,
        api: file.api,
        requests_per_second: file.requests_per_second,
    })
}

/// Writes `node.toml`.
pub fn write_settings(settings: &Settings) -> String {
    let mut text = String::from("# This validator's own settings.\n");
    text += &format!("party = {}\n", quoted(&settings.party));
    if let Some(listen) = settings.listen {
        text += &format!("listen = \"{listen}\"\n");
    }
    text += &format!(
        "api = \"{}\"               # HTTP; a proxy with TLS in front of it, if others than this machine ask\n",
        settings.api
    );
    if let Some(requests) = settings.requests_per_second {
        text += &format!("requests_per_second = {requests}\n");
    }
    text
}

/// Writes the file.
pub fn write_directory(peers: &BTreeMap<String, Peer>) -> String {
    let mut text = String::from("# Who orders the blocks of this ledger. The same at every validator.\n");
    for (party, peer) in peers {
        text += &format!(
            "\n[[validator]]\nparty = {}\naddress = \"{}\"\nengine_key = \"{}\"\n",
            quoted(party),
            peer.address,
            peer.key_text()
        );
    }
    text
}

/// A text as TOML writes it.
fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}
