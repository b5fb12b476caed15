//! A validator on a real network: TCP to the others, encrypted and authenticated by the engine's keys.
//!
//! In go a ledger, the member's key and where the others listen; it runs until it ends, on threads of its own. Who is not in the
//! configuration gets no connection. Source of the handshake: the crate `commonware-stream` (Sake over X25519 and Ed25519,
//! ChaCha20-Poly1305).

use super::client::Client;
use super::committee::{Committee, Member, engine_key};
use super::engine::{Channels, End, Timing, start};
use super::message::MESSAGE_BYTES_MAX;
use crate::LedgerError;
use crate::crypto::SecretKey;
use crate::ledger::Ledger;
use commonware_cryptography::ChaCha20Poly1305;
use commonware_cryptography::Signer as _;
use commonware_cryptography::ed25519::PublicKey;
use commonware_p2p::authenticated::lookup::{Config, Network};
use commonware_p2p::{Address, AddressableManager as _};
use commonware_runtime::{Quota, Runner as _, Supervisor as _, tokio};
use commonware_stream::cups::{self, Cups};
use commonware_stream::sake::{self, Sake};
use commonware_utils::{NZU32, NZUsize};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

/// The engine's own messages are small and many, ours are large and few.
const VOTES_PER_SECOND: Quota = Quota::per_second(NZU32!(2048));
const BLOCK_MESSAGES_PER_SECOND: Quota = Quota::per_second(NZU32!(1024));
/// One that is blocked may come back so soon: it may only have slept through a change of the validators.
const BLOCKED_FOR: Duration = Duration::from_secs(10);
/// Clocks of two validators may differ by so much for a handshake.
const CLOCKS_DIFFER_MAX: Duration = Duration::from_secs(10);

/// Another validator, or this one, as the others find it.
#[derive(Clone, Debug)]
pub struct Peer {
    /// Its key for the engine.
    pub key: PublicKey,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Peer {
    /// The validator of a party with this key.
    pub fn of(key: &SecretKey, address: SocketAddr) -> Peer {
        Peer {
            key: engine_key(key).public_key(),
            address,
        }
    }

    /// Its key for the engine, as `network.toml` writes it.
    pub fn key_text(&self) -> String {
        let key: &[u8] = self.key.as_ref();
        format!("ed25519:{}", crate::hex::encode(key))
    }
}

/// What a validator on a network needs to know.
pub struct Node {
    /// This validator.
    pub member: Member,
    /// All validators by their parties' names, this one too.
    pub peers: BTreeMap<String, Peer>,
    /// Where this one listens.
    pub listen: SocketAddr,
    /// How long it waits.
    pub timing: Timing,
}

/// Runs a validator until it ends; `begun` gets a client as soon as it runs. The calling thread waits.
pub fn run(ledger: Ledger, node: Node, begun: impl FnOnce(Client) + Send + 'static) -> Result<End, LedgerError> {
    let keys = node.peers.iter().map(|(name, peer)| (name.clone(), peer.key.clone()));
    let committee = Committee::new(keys.collect())?;
    // Two threads serve the connections; the validator has one of its own, and runs transactions on as many as there are.
    let runtime = tokio::Config::new()
        .with_storage_directory(ledger.folder().join("consensus"))
        .with_worker_threads(2)
        .with_tcp_nodelay(Some(true));
    tokio::Runner::new(runtime).start(|context| async move {
        let handshake = Cups::<_, ChaCha20Poly1305>::new(
            Sake {
                signer: engine_key(&node.member.key),
                synchrony_bound: CLOCKS_DIFFER_MAX,
                max_handshake_age: CLOCKS_DIFFER_MAX,
                version: sake::Version::V1,
            },
            cups::Version::V1,
        );
        let namespace = format!("{}/network", ledger.genesis().origin());
        let mut config = Config::local(
            handshake,
            namespace.as_bytes(),
            node.listen,
            NZUsize!(committee.len()),
            MESSAGE_BYTES_MAX as u32,
            NZUsize!(1024),
        );
        config.block_duration = BLOCKED_FOR;
        // The key tells who it is, also behind a gateway that changes addresses.
        config.bypass_ip_check = true;
        let (mut network, mut oracle) = Network::new(context.child("network"), config);
        let addresses = node.peers.values();
        let addresses = addresses.map(|peer| (peer.key.clone(), Address::from(peer.address)));
        oracle.track(0, commonware_utils::ordered::Map::from_iter_dedup(addresses));
        let channels = Channels {
            votes: network.register(0, VOTES_PER_SECOND),
            certificates: network.register(1, VOTES_PER_SECOND),
            resolver: network.register(2, VOTES_PER_SECOND),
            blocks: network.register(3, BLOCK_MESSAGES_PER_SECOND),
        };
        network.start();
        let (client, validator) = start(
            context.child("validator"),
            ledger,
            node.member,
            committee,
            node.timing,
            channels,
            oracle,
        )?;
        begun(client);
        let end = validator.await;
        Ok(end.unwrap_or(End::Stopped))
    })
}
