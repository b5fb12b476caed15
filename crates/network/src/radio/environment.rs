//! The air over a site: what is left of each cell's power at a place.
//!
//! In go a [`NetworkSite`] and its map; out come gains (antenna, path loss, shadowing, tunnels), as shares of power, cell by cell. Who sees
//! whom is decided by the map where it knows, else by the report's chance, drawn from a field so that neighbours agree. It knows no load and
//! no traffic: [`super::link`] makes links of gains.

use super::obstacles::Obstacles;
use super::path_loss::{Geometry, Scenario, Visibility};
use super::shadowing::Field;
use crate::site::{Mast, NetworkSite};
use libm::{atan2, exp, hypot};
use record::Seed;
use road::draft::StructureKind;
use road::{LaneId, LanePosition, RoadNetwork};

/// Natural logarithm of ten, over ten: decibels to shares by one exponential.
const LN_10_BY_10: f64 = std::f64::consts::LN_10 / 10.0;
/// Distance over which visibility is correlated (table 7.6.3.1-2: 50 m in urban micro and macro).
const VISIBILITY_CORRELATION_M: f64 = 50.0;
/// Into a tunnel's mouth, decibels, and with each metre from it: measured roads tunnels of two lanes lie between 0.1 and 0.3 dB/m at 3.5 GHz;
/// the waveguide's own loss is less than that of the mouth's edge.
const TUNNEL_MOUTH_DB: f64 = 15.0;
const TUNNEL_DB_BY_M: f64 = 0.2;
/// From a leaking cable to a vehicle two metres away (95 % of places), with the amplifier's splitting: a usual data sheet's coupling loss.
const FEEDER_DB: f64 = 75.0;
/// And along it.
const FEEDER_DB_BY_M: f64 = 0.04;
/// A cable shorter than that has an amplifier.
const FEEDER_M_MAX: f64 = 500.0;

/// A place to receive at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// x, y on the map.
    pub at_m: [f64; 2],
    /// In a tunnel: distance to its nearer mouth.
    pub in_tunnel_m: Option<f64>,
}

impl Place {
    /// Under the sky.
    pub fn open(at_m: [f64; 2]) -> Place {
        Place {
            at_m,
            in_tunnel_m: None,
        }
    }

    /// On a lane, in whatever it leads through.
    pub fn on_lane(network: &RoadNetwork, lane: LaneId, s_m: f64) -> Place {
        let pose = network.lane_pose(LanePosition {
            lane,
            s_m,
            offset_m: 0.0,
        });
        let tunnels = network
            .lane(lane)
            .structures
            .iter()
            .filter(|structure| structure.2 == StructureKind::Tunnel);
        let mut within = tunnels.filter(|&&(from_m, to_m, _)| (from_m..=to_m).contains(&s_m));
        Place {
            at_m: [pose.x_m, pose.y_m],
            in_tunnel_m: within.next().map(|&(from_m, to_m, _)| (s_m - from_m).min(to_m - s_m)),
        }
    }
}

/// The air over a site.
#[derive(Clone, Debug)]
pub struct Environment<'a> {
    site: &'a NetworkSite,
    obstacles: Obstacles,
    masts: Vec<MastAir>,
}

#[derive(Clone, Debug)]
struct MastAir {
    antenna_z_m: f64,
    visibility: Field,
    seen: Field,
    blocked: Field,
}

impl<'a> Environment<'a> {
    /// The air over a site.
    pub fn new(site: &'a NetworkSite, network: &RoadNetwork) -> Environment<'a> {
        let obstacles = Obstacles::of(network);
        Environment::among(site, obstacles)
    }

    /// The same with obstacles that are known already.
    pub fn among(site: &'a NetworkSite, obstacles: Obstacles) -> Environment<'a> {
        let masts = site
            .masts
            .iter()
            .map(|mast| MastAir::new(mast, &obstacles, Seed(site.propagation.seed)))
            .collect();
        Environment { site, obstacles, masts }
    }

    /// Its site.
    pub fn site(&self) -> &'a NetworkSite {
        self.site
    }

    /// What stands in the way.
    pub fn obstacles(&self) -> &Obstacles {
        &self.obstacles
    }

    /// Gains of all cells at a place, as shares of power, in the order of [`NetworkSite::cells`]; `gains` is as long as they are many.
    pub fn gains(&self, place: Place, gains: &mut [f32]) {
        let mut cell = 0;
        let z_m = self.obstacles.ground_m(place.at_m) + self.site.vehicle.height_m;
        for (mast, air) in self.site.masts.iter().zip(&self.masts) {
            let [dx, dy] = [0, 1].map(|axis| place.at_m[axis] - mast.at_m[axis]);
            let distance_m = hypot(dx, dy);
            let (azimuth, elevation) = (atan2(dy, dx), atan2(z_m - air.antenna_z_m, distance_m.max(1.0)));
            // Most masts have one band: its loss is found once.
            let mut known: Option<(usize, f64)> = None;
            for sector in &mast.sectors {
                let loss_db = match known {
                    Some((band, loss_db)) if band == sector.band => loss_db,
                    _ => self.loss_db(mast, air, sector.band, place, z_m, distance_m),
                };
                known = Some((sector.band, loss_db));
                let gain_db = sector.panel.gain_dbi(azimuth, elevation) + self.site.vehicle.gain_dbi - loss_db;
                gains[cell] = exp(LN_10_BY_10 * gain_db) as f32;
                cell += 1;
            }
        }
        if let Some(depth_m) = place.in_tunnel_m {
            self.in_tunnel(place, depth_m, gains);
        }
    }

    /// Path loss and shadowing from a mast.
    fn loss_db(&self, mast: &Mast, air: &MastAir, band: usize, place: Place, z_m: f64, distance_m: f64) -> f64 {
        let at = Geometry {
            base_height_m: (air.antenna_z_m - z_m + self.site.vehicle.height_m).max(3.0),
            user_height_m: self.site.vehicle.height_m,
            distance_2d_m: distance_m.max(mast_clearance_m(mast.scenario)),
            frequency_ghz: self.site.bands[band].frequency_ghz,
        };
        let from_m = [mast.at_m[0], mast.at_m[1], air.antenna_z_m];
        let sees = !self.obstacles.hide(from_m, [place.at_m[0], place.at_m[1], z_m])
            && (self.site.propagation.buildings_are_drawn
                || self.is_seen_by_chance(mast.scenario, air, place.at_m, &at));
        let (visibility, field) = match sees {
            true => (Visibility::LineOfSight, &air.seen),
            false => (Visibility::Blocked, &air.blocked),
        };
        let shadow_db = mast.scenario.shadowing_db(visibility, &at) * field.at(place.at_m);
        mast.scenario.path_loss_db(visibility, &at) + shadow_db
    }

    /// The report's chance, drawn from a field: the share of places below its number is what it is.
    fn is_seen_by_chance(&self, scenario: Scenario, air: &MastAir, at_m: [f64; 2], at: &Geometry) -> bool {
        let below = 0.5 * libm::erfc(-air.visibility.at(at_m) / std::f64::consts::SQRT_2);
        below < scenario.line_of_sight_probability(at)
    }

    fn in_tunnel(&self, place: Place, depth_m: f64, gains: &mut [f32]) {
        let share = |loss_db: f64| exp(-LN_10_BY_10 * loss_db) as f32;
        let through = share(TUNNEL_MOUTH_DB + TUNNEL_DB_BY_M * depth_m);
        for gain in gains.iter_mut() {
            *gain *= through;
        }
        if self.site.propagation.tunnels_have_feeders {
            // The cable belongs to the first cell of the nearest mast.
            let distance = |mast: &Mast| hypot(mast.at_m[0] - place.at_m[0], mast.at_m[1] - place.at_m[1]);
            let mut cell = 0;
            let mut nearest: Option<(f64, usize)> = None;
            for mast in &self.site.masts {
                if nearest.is_none_or(|(known_m, _)| distance(mast) < known_m) && !mast.sectors.is_empty() {
                    nearest = Some((distance(mast), cell));
                }
                cell += mast.sectors.len();
            }
            if let Some((_, cell)) = nearest {
                gains[cell] = gains[cell].max(share(FEEDER_DB + FEEDER_DB_BY_M * depth_m.min(FEEDER_M_MAX)));
            }
        }
    }
}

/// The report's formulas begin so far from a mast (table 7.2-1, 7.2-3: least distance in plan view).
fn mast_clearance_m(scenario: Scenario) -> f64 {
    match scenario {
        Scenario::UrbanMicro | Scenario::UrbanMacro | Scenario::RuralMacro => 10.0,
        _ => 1.0,
    }
}

impl MastAir {
    fn new(mast: &Mast, obstacles: &Obstacles, seed: Seed) -> MastAir {
        // Named after the place, not the number: another mast beside it changes nothing here. Millimetres are enough.
        let key = |value: f64| (value * 1e3).round() as i64 as u64;
        let owner = key(mast.at_m[0]).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ key(mast.at_m[1]);
        let field = |purpose: &str, correlation_m: f64| Field::new(seed, purpose, owner, correlation_m);
        MastAir {
            antenna_z_m: obstacles.ground_m(mast.at_m) + mast.height_m,
            visibility: field("network.visibility", VISIBILITY_CORRELATION_M),
            seen: field(
                "network.shadow.seen",
                mast.scenario.correlation_m(Visibility::LineOfSight),
            ),
            blocked: field(
                "network.shadow.blocked",
                mast.scenario.correlation_m(Visibility::Blocked),
            ),
        }
    }
}
