//! The network: where there is which link, the link at any place, the latency budget of remote driving, captures decoded.
//!
//! In go a site's masts, its roads and its rules of remote driving, and captures that pages send; out comes JSON. The
//! map of coverage is made once, when it is first asked for. It computes nothing that `network` does not.

use crate::refusal::Refusal;
use crate::run_json::rounded;
use messages::capture::{self, Captured};
use messages::dissect::{Dissected, dissect};
use network::cover::{CoverFigures, LaneSamples, Requirement, Sample, Surveyor};
use network::radio::environment::{Environment, Place};
use network::remote::Rules;
use network::site::NetworkSite;
use road::RoadNetwork;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// The longest capture that is decoded.
pub(crate) const CAPTURE_BYTES_MAX: usize = 32 << 20;
/// Messages that are told of a capture; all are counted.
const MESSAGES_MAX: usize = 2_000;
/// Faults that are told one by one.
const FAULTS_MAX: usize = 50;
/// Places that are asked for at once.
const PLACES_MAX: usize = 200;
/// Samples of a lane that are told: every so many.
const EVERY: usize = 2;

/// A site's network.
pub struct SiteNetwork {
    /// The roads.
    pub network: Arc<RoadNetwork>,
    /// Masts and the rest.
    pub site: NetworkSite,
    /// What the service's slice is kept of each cell.
    pub share_min: f64,
    /// Of remote driving.
    pub rules: Rules,
}

/// Reads a site's network when it is first asked for; what is wrong with its files is told then.
pub type NetworkMaker = Box<dyn Fn() -> Result<SiteNetwork, String> + Send + Sync>;

/// A site's network, read when first asked for, with its map of coverage.
pub struct NetworkRoom {
    make: NetworkMaker,
    made: OnceLock<Result<SiteNetwork, String>>,
    cover: OnceLock<Arc<String>>,
}

impl NetworkRoom {
    /// A room whose network is read by `make`.
    pub fn new(make: NetworkMaker) -> NetworkRoom {
        NetworkRoom {
            make,
            made: OnceLock::new(),
            cover: OnceLock::new(),
        }
    }

    fn site(&self) -> Result<&SiteNetwork, Refusal> {
        let made = self.made.get_or_init(|| (self.make)());
        made.as_ref().map_err(|reason| Refusal::told(reason))
    }

    /// The roads with their links, masts, figures.
    pub(crate) fn cover(&self) -> Result<Arc<String>, Refusal> {
        let site = self.site()?;
        Ok(self.cover.get_or_init(|| Arc::new(site.cover().to_string())).clone())
    }

    /// The link at places of the map.
    pub(crate) fn links(&self, places: &str) -> Result<Value, Refusal> {
        self.site()?.links(places)
    }
}

impl SiteNetwork {
    fn cover(&self) -> Value {
        let network = &*self.network;
        let environment = Environment::new(&self.site, network);
        let surveyor = Surveyor::new(&environment, Requirement::REMOTE_DRIVING, self.share_min);
        self.told(&surveyor.lanes(network, |_| true, || {}))
    }

    fn told(&self, lanes: &[LaneSamples]) -> Value {
        let figures = CoverFigures::of(lanes, &self.network);
        let told = lanes.iter().map(|lane| {
            let last = lane.samples.len() - 1;
            let kept = lane
                .samples
                .iter()
                .enumerate()
                .filter(|(index, _)| index % EVERY == 0 || *index == last);
            Value::from_iter(kept.map(|(_, sample)| short(sample)))
        });
        let masts = self.site.masts.iter().map(|mast| {
            json!({ "name": mast.name, "at_m": mast.at_m, "height_m": mast.height_m, "edge_site": mast.has_edge_site,
                "sectors_rad": mast.sectors.iter().map(|sector| sector.panel.azimuth_rad).collect::<Vec<_>>() })
        });
        json!({
            // Of each sample: x, y, dB, Mbit/s down and up, ms up, shares in time up and down, cell.
            "lanes": told.collect::<Vec<_>>(), "masts": masts.collect::<Vec<_>>(),
            "cells": (0..self.site.cells().count()).map(|cell| self.site.cell_name(cell)).collect::<Vec<_>>(),
            "figures": {
                "length_km": figures.length_km, "covered": figures.covered, "holds": figures.holds, "sinr_db": figures.sinr_db,
                "up_mbps": figures.up_mbps, "down_mbps": figures.down_mbps, "up_p99_ms": figures.up_p99_ms,
            },
            "budget": self.budget(), "bounds_m": self.network.bounds_m(),
        })
    }

    /// What each part of the loop of remote driving takes, the links left out.
    fn budget(&self) -> Value {
        let (machines, rules) = (&self.rules.machines, &self.rules);
        json!({
            "regime": rules.regime, "officer_on_board": rules.officer_on_board, "loop_ms": rules.loop_ms, "loop_ms_max": rules.loop_ms_max,
            "before_up_ms": [["capture", machines.capture_ms], ["encode", machines.encode_ms]],
            "after_up_ms": [["decode", machines.decode_ms], ["display", machines.display_ms], ["input", machines.input_ms]],
            "after_down_ms": [["actuate", machines.actuate_ms]],
        })
    }

    fn links(&self, places: &str) -> Result<Value, Refusal> {
        let unfit = || {
            Refusal::unfit(
                "those are no places".to_owned(),
                "at=x_m,y_m;x_m,y_m with at most 200 places",
            )
        };
        let read = |place: &str| {
            let (x, y) = place.split_once(',')?;
            let (x_m, y_m) = (x.trim().parse::<f64>().ok()?, y.trim().parse::<f64>().ok()?);
            (x_m.is_finite() && y_m.is_finite() && x_m.abs() < 1e7 && y_m.abs() < 1e7).then_some([x_m, y_m])
        };
        let wanted = places.split(';').filter(|place| !place.trim().is_empty());
        let wanted: Option<Vec<[f64; 2]>> = wanted.map(read).collect();
        let wanted = wanted.filter(|places| places.len() <= PLACES_MAX).ok_or_else(unfit)?;
        let environment = Environment::new(&self.site, &self.network);
        let surveyor = Surveyor::new(&environment, Requirement::REMOTE_DRIVING, self.share_min);
        let mut gains = vec![0.0; self.site.cells().count()];
        let found = wanted.into_iter().map(|at_m| {
            let sample = surveyor.sample(Place::open(at_m), &mut gains);
            json!({ "link": short(&sample), "cell": sample.link.map(|link| self.site.cell_name(link.cell)), "holds": sample.holds,
                "down_p99_ms": rounded(sample.down_p99_ms, 10.0) })
        });
        Ok(found.collect())
    }
}

fn short(sample: &Sample) -> Value {
    let [x_m, y_m] = sample.place.at_m;
    let link = sample.link.as_ref();
    let of = |value: Option<f64>, per_unit: f64| value.map_or(Value::Null, |value| rounded(value, per_unit));
    json!([
        rounded(x_m, 10.0),
        rounded(y_m, 10.0),
        of(link.map(|link| link.sinr_db[0]), 10.0),
        of(link.map(|link| link.rate_mbps[0]), 10.0),
        of(link.map(|link| link.rate_mbps[1]), 10.0),
        rounded(sample.up_p99_ms, 10.0),
        rounded(sample.up_in_time, 1e4),
        rounded(sample.down_in_time, 1e4),
        link.map(|link| link.cell)
    ])
}

/// The messages of a capture, field by field.
pub(crate) fn decode(bytes: &[u8]) -> Result<Value, Refusal> {
    let (mut messages, mut faults) = (Vec::new(), Vec::new());
    let mut kinds: BTreeMap<String, u64> = BTreeMap::new();
    let (mut others, mut malformed) = (0_u64, 0_u64);
    let packets = capture::read(bytes, |captured: Captured<'_>| match dissect(&captured) {
        Ok(Dissected::Message(line)) => {
            *kinds
                .entry(line["kind"].as_str().unwrap_or("?").to_owned())
                .or_default() += 1;
            if messages.len() < MESSAGES_MAX {
                messages.push(line);
            }
        }
        Ok(Dissected::WithoutMessage | Dissected::Other) => others += 1,
        Err(error) => {
            malformed += 1;
            if faults.len() < FAULTS_MAX {
                faults.push(json!({ "packet": captured.number, "layer": error.layer, "what": error.to_string() }));
            }
        }
    });
    let packets = packets.map_err(|error| Refusal::told(&error.to_string()))?;
    Ok(
        json!({ "packets": packets, "kinds": kinds, "others": others, "malformed": malformed, "messages": messages, "faults": faults }),
    )
}
