//! Queues of packets before a server, and what theory says of them.
//!
//! In go arrivals and service times; out come the waits of a single server that takes packets in order (Lindley, "The theory of
//! queues with a single server", 1952). Closed forms of M/M/1 and M/D/1 (Pollaczek and Khinchine; Kleinrock, "Queueing Systems", volume 1, 1975,
//! sections 3.2 and 5.6) stand beside it: they are how it is checked, and how a map without packets knows a mean wait.

use record::Seed;

/// A single server: when it is free again.
#[derive(Clone, Copy, Debug, Default)]
pub struct Server {
    free_s: f64,
}

impl Server {
    /// A packet arrives and takes so long to serve; returns its wait before service. Arrivals come in order.
    pub fn take(&mut self, arrives_s: f64, service_s: f64) -> f64 {
        let begins_s = arrives_s.max(self.free_s);
        self.free_s = begins_s + service_s;
        begins_s - arrives_s
    }

    /// When all that has come is served.
    pub fn free_s(&self) -> f64 {
        self.free_s
    }
}

/// How service times vary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// Exponential: M/M/1.
    Exponential,
    /// All alike: M/D/1.
    Constant,
}

/// Mean wait before service, in service times, at a utilisation below 1; infinite from 1 on.
pub fn mean_wait(service: Service, utilisation: f64) -> f64 {
    if utilisation >= 1.0 {
        return f64::INFINITY;
    }
    let of_exponential = utilisation / (1.0 - utilisation);
    match service {
        Service::Exponential => of_exponential,
        Service::Constant => 0.5 * of_exponential,
    }
}

/// The wait that a share of packets does not exceed, in service times: M/M/1 exactly, `ln(utilisation / (1 - share)) / (1 - utilisation)`.
pub fn wait_quantile_exponential(utilisation: f64, share: f64) -> f64 {
    (libm::log(utilisation / (1.0 - share)) / (1.0 - utilisation)).max(0.0)
}

/// Mean and the quantiles of simulated waits, in service times.
#[derive(Clone, Debug)]
pub struct Simulated {
    /// Mean wait.
    pub mean: f64,
    /// Share of packets that did not wait.
    pub at_once_share: f64,
    /// Wait that 95 % do not exceed.
    pub p95: f64,
}

/// Poisson arrivals at a utilisation, after a warm-up of a tenth.
pub fn simulate(service: Service, utilisation: f64, packets: usize, seed: Seed) -> Simulated {
    let mut arrivals = seed.stream("network.queue.arrivals", 0);
    let mut services = seed.stream("network.queue.services", 0);
    let mut server = Server::default();
    let mut now = 0.0;
    let mut waits = Vec::with_capacity(packets);
    for packet in 0..packets + packets / 10 {
        now += arrivals.exponential_s(utilisation);
        let length = match service {
            Service::Exponential => services.exponential_s(1.0),
            Service::Constant => 1.0,
        };
        let wait = server.take(now, length);
        if packet >= packets / 10 {
            waits.push(wait);
        }
    }
    waits.sort_by(f64::total_cmp);
    Simulated {
        mean: waits.iter().sum::<f64>() / waits.len().max(1) as f64,
        at_once_share: waits.partition_point(|wait| *wait <= 0.0) as f64 / waits.len().max(1) as f64,
        p95: crate::trace::quantile(&waits, 0.95),
    }
}
