//! Joins the application with the engine: its questions become events, its channels carry our messages.
//!
//! In go a runtime's context, a ledger and channels, real or simulated; a task comes out that ends with an [`End`]. Which runtime it
//! is, and how bytes travel, is the caller's.

use super::application::{Application, Event};
use super::client::Client;
use super::committee::{Committee, Member, engine_key};
use super::epoch::Epoch;
use crate::LedgerError;
use crate::ledger::Ledger;
use commonware_actor::Feedback;
use commonware_consensus::Viewable as _;
use commonware_consensus::simplex::elector::RoundRobin;
use commonware_consensus::simplex::scheme::ed25519::Scheme;
use commonware_consensus::simplex::types::{Activity, Attributable as _, Context};
use commonware_consensus::simplex::{Config, Engine, Floor, ForwardPolicy, Plan, SkipBudget, SkipPolicy};
use commonware_consensus::types::{View, ViewDelta};
use commonware_consensus::{Automaton, CertifiableAutomaton, Relay, Reporter};
use commonware_cryptography::ed25519::PublicKey;
use commonware_cryptography::{Sha256, sha256};
use commonware_macros::select;
use commonware_p2p::{Blocker, Receiver, Recipients, Sender};
use commonware_parallel::Sequential;
use commonware_runtime::buffer::paged::CacheRef;
use commonware_runtime::{Clock, Handle, Metrics, Spawner, Storage};
use commonware_utils::channel::{mpsc, oneshot};
use commonware_utils::{NZDuration, NZU16, NZUsize, Participant};
use rand_core::CryptoRng;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How often the application looks what it waits for.
const TICK: Duration = Duration::from_millis(25);
/// Events that are taken in before anything is done with them.
const EVENTS_AT_ONCE: usize = 4096;

/// How long a validator waits for what.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// For a leader's block, before the next leads.
    pub leader_ms: u64,
    /// A leader without transactions, before it proposes the last block again.
    pub idle_ms: u64,
    /// A leader whose parent is not final, before it proposes that again.
    pub settle_ms: u64,
}

impl Default for Timing {
    fn default() -> Timing {
        Timing {
            leader_ms: 1_000,
            idle_ms: 400,
            settle_ms: 150,
        }
    }
}

/// Why a validator ended.
#[derive(Debug)]
pub enum End {
    /// It was asked to.
    Stopped,
    /// The block of this height changed who validates: start again with the new ones.
    ValidatorsChanged {
        /// The block's height.
        height: u64,
    },
    /// The ledger could not go on: a full disk, a broken store.
    Failed(LedgerError),
}

/// The engine's end of the application.
#[derive(Clone)]
struct Mailbox {
    events: mpsc::UnboundedSender<Event>,
}

impl Mailbox {
    fn tell(&self, event: Event) -> Feedback {
        match self.events.send(event) {
            Ok(()) => Feedback::Ok,
            Err(_) => Feedback::Closed,
        }
    }
}

impl Mailbox {
    fn heard(&self, voter: Participant, view: View) -> Feedback {
        self.tell(Event::Voted {
            place: usize::from(voter),
            view: view.get(),
        })
    }
}

impl Automaton for Mailbox {
    type Context = Context<sha256::Digest, PublicKey>;
    type Digest = sha256::Digest;

    async fn propose(&mut self, context: Self::Context) -> oneshot::Receiver<sha256::Digest> {
        let (response, receiver) = oneshot::channel();
        self.tell(Event::Propose {
            parent: context.parent.1,
            response,
        });
        receiver
    }

    async fn verify(&mut self, context: Self::Context, payload: sha256::Digest) -> oneshot::Receiver<bool> {
        let (response, receiver) = oneshot::channel();
        self.tell(Event::Verify {
            parent: context.parent.1,
            leader: context.leader,
            payload,
            response,
        });
        receiver
    }
}

impl CertifiableAutomaton for Mailbox {}

impl Relay for Mailbox {
    type Digest = sha256::Digest;
    type PublicKey = PublicKey;
    type Plan = Plan<PublicKey>;

    fn broadcast(&mut self, payload: sha256::Digest, plan: Plan<PublicKey>) -> Feedback {
        let recipients = match plan {
            Plan::Propose { .. } | Plan::Prepare { .. } => Recipients::All,
            Plan::Forward { recipients, .. } => recipients,
        };
        self.tell(Event::Relay { payload, recipients })
    }
}

impl Reporter for Mailbox {
    type Activity = Activity<Scheme, sha256::Digest>;

    fn report(&mut self, activity: Self::Activity) -> Feedback {
        match activity {
            Activity::Finalization(finalization) => self.tell(Event::Final(finalization.proposal.payload)),
            Activity::Notarize(vote) => self.heard(vote.signer(), vote.view()),
            Activity::Nullify(vote) => self.heard(vote.signer(), vote.view()),
            _ => Feedback::Ok,
        }
    }
}

/// The four channels to the other validators, each a sender and a receiver.
pub struct Channels<S, R> {
    /// The engine's votes.
    pub votes: (S, R),
    /// The engine's certificates.
    pub certificates: (S, R),
    /// The engine's questions.
    pub resolver: (S, R),
    /// Bodies, signatures, transactions; messages of up to [`super::MESSAGE_BYTES_MAX`].
    pub blocks: (S, R),
}

/// Starts a validator. The handle ends with it; to abort it is to crash it.
pub fn start<E, S, R>(
    context: E,
    ledger: Ledger,
    member: Member,
    committee: Committee,
    timing: Timing,
    channels: Channels<S, R>,
    blocker: impl Blocker<PublicKey = PublicKey>,
) -> Result<(Client, Handle<End>), LedgerError>
where
    E: Clock + CryptoRng + Spawner + Storage + Metrics,
    S: Sender<PublicKey = PublicKey>,
    R: Receiver<PublicKey = PublicKey>,
{
    if !committee.holds(&member) {
        return Err(LedgerError::Key(format!(
            "the key of `{}` is not the one that the configuration names\nhint: take `network.toml` from another party",
            member.name
        )));
    }
    let named: Vec<&String> = committee.names().collect();
    if !ledger.validators().keys().eq(named) {
        return Err(LedgerError::Key(
            "the configuration names other validators than the ledger\nhint: `network.toml` needs each validator once"
                .to_owned(),
        ));
    }
    let epoch = Epoch::settle(&ledger)?;
    let namespace = ledger.genesis().origin();
    let scheme = Scheme::signer(namespace.as_bytes(), committee.set(), engine_key(&member.key));
    let scheme = scheme.ok_or_else(|| LedgerError::Key(format!("`{}` is no validator", member.name)))?;
    let (events, mailbox) = mpsc::unbounded_channel();
    let engine_mailbox = Mailbox { events: events.clone() };
    let config = Config {
        scheme,
        elector: RoundRobin::<Sha256>::default(),
        blocker,
        automaton: engine_mailbox.clone(),
        relay: engine_mailbox.clone(),
        reporter: engine_mailbox,
        track_historical_votes: false,
        strategy: Sequential,
        partition: format!("{}-{}", member.name, epoch.number),
        mailbox_size: NZUsize!(1024),
        epoch: commonware_consensus::types::Epoch::new(epoch.number),
        floor: Floor::Genesis(sha256::Digest(epoch.root.0)),
        replay_buffer: NZUsize!(1 << 20),
        write_buffer: NZUsize!(1 << 20),
        page_cache: CacheRef::new(NZU16!(4096), NZUsize!(256)),
        leader_timeout: Duration::from_millis(timing.leader_ms),
        certification_timeout: Duration::from_millis(timing.leader_ms * 2),
        timeout_retry: Duration::from_millis(timing.leader_ms * 2),
        view_retention: ViewDelta::new(32),
        skip: SkipPolicy::Enabled {
            timeout: Duration::from_millis(timing.leader_ms * 5),
            budget: SkipBudget::Participants,
        },
        fetch_timeout: NZDuration!(Duration::from_millis(timing.leader_ms)),
        fetch_retry_delay: Duration::from_millis(100),
        forward: ForwardPolicy::SilentLeader,
    };
    let Channels {
        votes,
        certificates,
        resolver,
        blocks: (sender, receiver),
    } = channels;
    let suite = ledger.suite();
    let reader = Arc::new(Mutex::new(Some(ledger.reader()?)));
    let to_close = reader.clone();
    let application = Application::new(ledger, member, committee, timing, sender)?;
    let handle = context.dedicated().spawn(move |context| async move {
        // The engine is this task's child, so that it ends with it.
        let engine = Engine::new(context.child("engine"), config).start(votes, certificates, resolver);
        let end = live(context, application, mailbox, receiver).await;
        engine.abort();
        *to_close.lock().unwrap_or_else(PoisonError::into_inner) = None;
        end
    });
    Ok((Client { events, reader, suite }, handle))
}

async fn live<E, S, R>(
    context: E,
    mut application: Application<S>,
    mut events: mpsc::UnboundedReceiver<Event>,
    mut receiver: R,
) -> End
where
    E: Clock,
    S: Sender<PublicKey = PublicKey>,
    R: Receiver<PublicKey = PublicKey>,
{
    let mut next_tick = context.current() + TICK;
    let end = loop {
        let mut message = None;
        let mut event = None;
        select! {
            got = events.recv() => {
                match got {
                    None => break End::Stopped,
                    some => event = some,
                }
            },
            got = receiver.recv() => {
                match got {
                    Err(_) => break End::Stopped,
                    Ok(some) => message = Some(some),
                }
            },
            _ = context.sleep_until(next_tick) => {},
        }
        let now = context.current();
        let is_due = now >= next_tick;
        if is_due {
            next_tick = now + TICK;
        }
        let message = message.as_ref().map(|(from, bytes)| (from, bytes.as_ref()));
        match step(&mut application, &mut events, event, message, is_due, milliseconds(now)) {
            Ok(None) => {}
            Ok(Some(end)) => break end,
            Err(error) => break End::Failed(error),
        }
    };
    match (application.close(), end) {
        (Err(error), End::Stopped) => End::Failed(error),
        (_, end) => end,
    }
}

/// Takes in what has come, and does what follows from it.
fn step<S: Sender<PublicKey = PublicKey>>(
    application: &mut Application<S>,
    events: &mut mpsc::UnboundedReceiver<Event>,
    event: Option<Event>,
    message: Option<(&PublicKey, &[u8])>,
    is_due: bool,
    now_ms: u64,
) -> Result<Option<End>, LedgerError> {
    if let Some((from, bytes)) = message {
        application.hear(from, bytes, now_ms)?;
    }
    // Clients' transactions come one by one; those that are there go to the others together.
    let mut next = event;
    let mut taken = 0;
    while let Some(event) = next {
        if let Some(end) = application.take(event, now_ms)? {
            return Ok(Some(end));
        }
        taken += 1;
        next = (taken < EVENTS_AT_ONCE).then(|| events.try_recv().ok()).flatten();
    }
    if is_due {
        application.tick(now_ms);
    }
    application.advance(now_ms)
}

fn milliseconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_millis() as u64)
}
