//! The NATS server: where it is, and what lies there under which name.

use crate::problem::ProvingError;
use async_nats::jetstream::consumer::{AckPolicy, PullConsumer, pull};
use async_nats::jetstream::object_store::{self, ObjectStore};
use async_nats::jetstream::stream::{self, DiscardPolicy, RetentionPolicy, Stream};
use async_nats::jetstream::{self, Context};
use async_nats::{Client, ConnectOptions};
use std::fmt::Display;
use std::path::PathBuf;
use std::time::Duration;

/// Shards to be played.
const WORK_STREAM: &str = "WESTLINE_WORK";
/// Tables that were made.
const RESULT_STREAM: &str = "WESTLINE_RESULTS";
/// Campaigns that are open, as bundles.
const CAMPAIGN_STORE: &str = "westline-campaigns";
/// A server that says nothing for so long is asked again.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);
/// Tables that nobody fetches are thrown away then.
const RESULTS_KEPT: Duration = Duration::from_secs(7 * 24 * 3600);

/// Where a NATS server is.
#[derive(Clone, Debug)]
pub struct Server {
    /// `nats://[USER:PASSWORD@]HOST[:PORT]`, or `tls://`.
    pub url: String,
    /// The authority that signed its certificate, if it is not one that the host knows.
    pub authority: Option<PathBuf>,
}

/// A connection, with what lies there.
pub(super) struct Connection {
    pub client: Client,
    pub context: Context,
}

impl Server {
    pub(super) async fn connect(&self, name: &str) -> Result<Connection, ProvingError> {
        let mut options = ConnectOptions::new()
            .name(name)
            .connection_timeout(PATIENCE)
            .request_timeout(Some(PATIENCE));
        if let Some(authority) = &self.authority {
            options = options.add_root_certificates(authority.clone());
        }
        let client = options.connect(self.url.as_str()).await.map_err(|error| {
            ProvingError::Told(format!(
                "{}: no NATS server answers: {error}\nhint: start one with `nats-server -js -sd FOLDER`",
                self.shown()
            ))
        })?;
        let mut context = jetstream::new(client.clone());
        context.set_timeout(PATIENCE);
        Ok(Connection { client, context })
    }

    /// The address without its password.
    pub fn shown(&self) -> String {
        match self.url.rsplit_once('@') {
            Some((before, host)) => {
                let scheme = before.split_once("://").map_or("nats", |(scheme, _)| scheme);
                format!("{scheme}://{host}")
            }
            None => self.url.clone(),
        }
    }
}

/// What the server said, with what was asked of it.
pub(super) fn refused(what: &str, error: &impl Display) -> ProvingError {
    let text = error.to_string();
    let hint = match text.contains("503") || text.contains("not enabled") {
        true => "\nhint: the server has to be started with JetStream: `nats-server -js -sd FOLDER`",
        false => "",
    };
    ProvingError::Told(format!("{what}: {text}{hint}"))
}

impl Connection {
    /// The queue: a message of one subject is in it once or not at all.
    pub async fn work(&self) -> Result<Stream, ProvingError> {
        let config = stream::Config {
            name: WORK_STREAM.to_owned(),
            subjects: vec!["westline.work.>".to_owned()],
            retention: RetentionPolicy::WorkQueue,
            max_messages_per_subject: 1,
            discard: DiscardPolicy::New,
            discard_new_per_subject: true,
            ..stream::Config::default()
        };
        let made = self.context.get_or_create_stream(config).await;
        made.map_err(|error| refused("the queue of shards", &error))
    }

    pub async fn results(&self) -> Result<Stream, ProvingError> {
        let config = stream::Config {
            name: RESULT_STREAM.to_owned(),
            subjects: vec!["westline.result.>".to_owned()],
            retention: RetentionPolicy::WorkQueue,
            max_age: RESULTS_KEPT,
            ..stream::Config::default()
        };
        let made = self.context.get_or_create_stream(config).await;
        made.map_err(|error| refused("the queue of results", &error))
    }

    /// The store of open campaigns.
    pub async fn campaigns(&self) -> Result<ObjectStore, ProvingError> {
        if let Ok(store) = self.context.get_object_store(CAMPAIGN_STORE).await {
            return Ok(store);
        }
        let config = object_store::Config {
            bucket: CAMPAIGN_STORE.to_owned(),
            ..object_store::Config::default()
        };
        let made = self.context.create_object_store(config).await;
        made.map_err(|error| refused("the store of campaigns", &error))
    }

    /// What changes with the store of campaigns, and when it begins anew.
    pub async fn campaigns_version(&self) -> Result<(i128, u64), ProvingError> {
        let store = self.context.get_stream(format!("OBJ_{CAMPAIGN_STORE}")).await;
        let store = store.map_err(|error| refused("the store of campaigns", &error))?;
        let info = store.cached_info();
        Ok((info.created.unix_timestamp_nanos(), info.state.last_sequence))
    }

    /// Whoever takes shards of a campaign.
    pub async fn work_of(&self, campaign: &str, acknowledge_within: Duration) -> Result<PullConsumer, ProvingError> {
        consumer(self.work().await?, "work", campaign, acknowledge_within).await
    }

    /// Whoever takes results of a campaign.
    pub async fn results_of(&self, campaign: &str) -> Result<PullConsumer, ProvingError> {
        consumer(self.results().await?, "result", campaign, PATIENCE * 6).await
    }
}

async fn consumer(
    stream: Stream,
    what: &str,
    campaign: &str,
    acknowledge_within: Duration,
) -> Result<PullConsumer, ProvingError> {
    let name = format!("{what}-{campaign}");
    let config = pull::Config {
        durable_name: Some(name.clone()),
        filter_subject: format!("westline.{what}.{campaign}.>"),
        ack_policy: AckPolicy::Explicit,
        ack_wait: acknowledge_within,
        max_ack_pending: 100_000,
        ..pull::Config::default()
    };
    let made = stream.get_or_create_consumer(&name, config).await;
    made.map_err(|error| refused(&format!("the queue of {what}s of campaign {campaign}"), &error))
}

/// The subject of a shard's work or result.
pub(super) fn subject(what: &str, campaign: &str, scenario: &str, shard: u64) -> String {
    format!("westline.{what}.{campaign}.{scenario}.{shard}")
}

/// The subject of a campaign's pulses.
pub(super) fn pulse_subject(campaign: &str) -> String {
    format!("westline.pulse.{campaign}")
}
