//! A site's network: masts, sectors, bands, slices and what they stand in, as `network.toml` says.
//!
//! In go the text of the file and the map; out comes a [`NetworkSite`], or every problem with its line and its mend. Only `[[masts]]`
//! is needed, and without a file [`NetworkSite::plausible`] puts masts on a grid; everything else has a default that works. The page
//! `docs/network.md` holds the schema. It knows no vehicle and computes nothing of a link.

use crate::error::NetworkError;
use crate::radio::antenna::Panel;
use crate::radio::path_loss::Scenario;
use record::{Problems, line_of};
use road::RoadNetwork;
use serde::Deserialize;
use std::f64::consts::{FRAC_PI_2, PI};
use toml::Spanned;

/// Masts of a site at most: a district of 1,500 km² has some hundreds.
pub const MASTS_MAX: usize = 2_000;
/// Sectors of a mast at most.
pub const SECTORS_MAX: usize = 12;
/// Columns of a sector's antenna where nobody says: a panel of 64 elements has four of two polarisations and more.
const COLUMNS: f64 = 4.0;
/// Distance of masts where nobody says, metres.
const SPACING_M: f64 = 900.0;

/// What is known of a site's network.
#[derive(Clone, Debug, PartialEq)]
pub struct NetworkSite {
    /// Where the air is used.
    pub bands: Vec<Band>,
    /// Who may have how much of it, most urgent first.
    pub slices: Vec<Slice>,
    /// Where it is sent from.
    pub masts: Vec<Mast>,
    /// What the map does not say.
    pub propagation: Propagation,
    /// Share of each cell's resources that others use, 0 to 1.
    pub load: f64,
    /// Way from the mast to whom it concerns, one way.
    pub backhaul: Backhaul,
    /// When a vehicle changes cells.
    pub handover: Handover,
    /// The radio of a vehicle.
    pub vehicle: VehicleRadio,
}

/// A carrier.
#[derive(Clone, Debug, PartialEq)]
pub struct Band {
    /// Its name, as 3GPP gives it: `n78`.
    pub name: String,
    /// Its middle.
    pub frequency_ghz: f64,
    /// Its width.
    pub bandwidth_mhz: f64,
    /// 15, 30, 60 or 120: the numerology.
    pub subcarrier_khz: f64,
    /// Who sends when.
    pub duplex: Duplex,
}

/// Who sends when.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Duplex {
    /// Both ways at once, each in its own carrier of the band's width.
    Frequency,
    /// One after the other; the share of slots that is downlink.
    Time(f64),
}

/// A share of the network for one kind of traffic.
#[derive(Clone, Debug, PartialEq)]
pub struct Slice {
    /// Its name.
    pub name: String,
    /// Its standardised quality (TS 23.501, table 5.7.4-1).
    pub five_qi: u8,
    /// Share of each cell's resources kept for it whenever it asks, 0 to 1.
    pub share_min: f64,
}

/// A mast.
#[derive(Clone, Debug, PartialEq)]
pub struct Mast {
    /// Its name.
    pub name: String,
    /// Where it stands: x, y on the map.
    pub at_m: [f64; 2],
    /// Its antennas above the ground.
    pub height_m: f64,
    /// What its waves go through.
    pub scenario: Scenario,
    /// Its cells.
    pub sectors: Vec<Sector>,
    /// Whether an edge site stands at its foot.
    pub has_edge_site: bool,
}

/// A cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sector {
    /// Index of its band.
    pub band: usize,
    /// Its antenna.
    pub panel: Panel,
    /// What it sends, over the whole carrier.
    pub power_dbm: f64,
    /// Columns of its antenna that form a beam to the vehicle that is served: data gain `10 log10(columns)`, both ways; reference signals and
    /// what others receive of it do not.
    pub columns: u32,
}

/// What the map does not say of the way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Propagation {
    /// Whether a place that no drawn building hides is seen; else the report's chance decides.
    pub buildings_are_drawn: bool,
    /// Whether tunnels carry a leaking cable.
    pub tunnels_have_feeders: bool,
    /// The luck of shadowing.
    pub seed: u64,
}

/// Delays behind the mast, one way, milliseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Backhaul {
    /// To the edge site.
    pub edge_ms: f64,
    /// To the cloud.
    pub cloud_ms: f64,
}

/// When a vehicle changes cells (TS 38.331, event A3), and what it costs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Handover {
    /// How much stronger the other cell must be.
    pub hysteresis_db: f64,
    /// For how long.
    pub time_to_trigger_ms: f64,
    /// How long nothing is sent then.
    pub interruption_ms: f64,
}

/// The radio of a vehicle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VehicleRadio {
    /// Height of its antenna.
    pub height_m: f64,
    /// Gain of its antenna.
    pub gain_dbi: f64,
    /// What it sends at most.
    pub power_dbm: f64,
    /// What its receiver adds to thermal noise.
    pub noise_figure_db: f64,
}

/// A standardised quality (TS 23.501, table 5.7.4-1).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quality {
    /// The 5QI.
    pub five_qi: u8,
    /// Less is served first.
    pub priority: u8,
    /// Packet delay budget, milliseconds.
    pub budget_ms: f64,
    /// Packet error rate.
    pub error_rate: f64,
}

/// The qualities that slices may name.
pub const QUALITIES: [Quality; 13] = [
    quality(1, 20, 100.0, 1e-2),
    quality(2, 40, 150.0, 1e-3),
    quality(3, 30, 50.0, 1e-3),
    quality(4, 50, 300.0, 1e-6),
    quality(7, 70, 100.0, 1e-3),
    quality(9, 90, 300.0, 1e-6),
    quality(75, 25, 50.0, 1e-2),
    quality(79, 65, 50.0, 1e-2),
    quality(80, 68, 10.0, 1e-6),
    quality(82, 19, 10.0, 1e-4),
    quality(83, 22, 10.0, 1e-4),
    quality(84, 24, 30.0, 1e-5),
    quality(85, 21, 5.0, 1e-5),
];

const fn quality(five_qi: u8, priority: u8, budget_ms: f64, error_rate: f64) -> Quality {
    Quality {
        five_qi,
        priority,
        budget_ms,
        error_rate,
    }
}

impl Slice {
    /// What its 5QI promises.
    pub fn quality(&self) -> Quality {
        let found = QUALITIES.into_iter().find(|quality| quality.five_qi == self.five_qi);
        found.unwrap_or(QUALITIES[5])
    }
}

impl Band {
    /// Length of a slot.
    pub fn slot_ms(&self) -> f64 {
        15.0 / self.subcarrier_khz
    }

    /// Resource blocks: what TS 38.101-1 (table 5.3.2-1) leaves of the width, to a block or two.
    pub fn resource_blocks(&self) -> u32 {
        let guarded = if self.subcarrier_khz <= 15.0 { 0.96 } else { 0.983 };
        libm::floor(guarded * self.bandwidth_mhz * 1e3 / (12.0 * self.subcarrier_khz)).max(1.0) as u32
    }

    /// Share of slots that go down and up.
    pub fn shares(&self) -> [f64; 2] {
        match self.duplex {
            Duplex::Frequency => [1.0, 1.0],
            Duplex::Time(down) => [down, 1.0 - down],
        }
    }
}

impl NetworkSite {
    /// Masts on a hexagonal grid over a map's bounds, three sectors of n78 each: what a town has, where nobody says.
    pub fn plausible(network: &RoadNetwork) -> NetworkSite {
        let [west_m, south_m, east_m, north_m] = network.bounds_m();
        let mut masts = Vec::new();
        let row_m = SPACING_M * libm::sqrt(0.75);
        let rows = libm::ceil((north_m - south_m) / row_m).clamp(1.0, 40.0) as usize;
        let columns = libm::ceil((east_m - west_m) / SPACING_M).clamp(1.0, 40.0) as usize;
        for row in 0..rows {
            for column in 0..columns {
                let shift = if row % 2 == 1 { 0.5 } else { 0.0 };
                let across = (column as f64 + 0.25 + shift) / (columns as f64 + 0.5);
                let at_m = [
                    west_m + across * (east_m - west_m),
                    south_m + (row as f64 + 0.5) / rows as f64 * (north_m - south_m),
                ];
                masts.push(Mast {
                    name: format!("M{}", masts.len() + 1),
                    at_m,
                    height_m: 25.0,
                    scenario: Scenario::UrbanMacro,
                    sectors: three_sectors(0, 8.0, 46.0),
                    has_edge_site: masts.is_empty(),
                });
            }
        }
        NetworkSite {
            masts,
            ..NetworkSite::bare()
        }
    }

    /// Everything by default, and no mast.
    pub fn bare() -> NetworkSite {
        NetworkSite {
            bands: vec![Band {
                name: "n78".to_owned(),
                frequency_ghz: 3.5,
                bandwidth_mhz: 100.0,
                subcarrier_khz: 30.0,
                duplex: Duplex::Time(0.7),
            }],
            slices: vec![
                Slice {
                    name: "teleoperation".to_owned(),
                    five_qi: 83,
                    share_min: 0.3,
                },
                Slice {
                    name: "v2x".to_owned(),
                    five_qi: 79,
                    share_min: 0.1,
                },
                Slice {
                    name: "everything else".to_owned(),
                    five_qi: 9,
                    share_min: 0.0,
                },
            ],
            masts: Vec::new(),
            propagation: Propagation {
                buildings_are_drawn: false,
                tunnels_have_feeders: false,
                seed: 1,
            },
            load: 0.3,
            backhaul: Backhaul {
                edge_ms: 1.0,
                cloud_ms: 6.0,
            },
            handover: Handover {
                hysteresis_db: 3.0,
                time_to_trigger_ms: 160.0,
                interruption_ms: 45.0,
            },
            vehicle: VehicleRadio {
                height_m: 2.5,
                gain_dbi: 3.0,
                power_dbm: 26.0,
                noise_figure_db: 7.0,
            },
        }
    }

    /// Reads `network.toml`; `file` is its name in messages, `network` turns degrees into metres.
    pub fn read(file: &str, text: &str, network: &RoadNetwork) -> Result<NetworkSite, NetworkError> {
        let parsed: NetworkFile = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| line_of(text, span.start));
            let what = error.message().trim().replace('\n', "; ");
            NetworkError::Input(vec![format!(
                "{file}:{line}: {what}\nhint: the schema stands in docs/network.md"
            )])
        })?;
        let mut reader = Reader {
            file,
            text,
            problems: Problems::default(),
        };
        let site = reader.site(parsed, network);
        reader.problems.into_result()?;
        Ok(site)
    }

    /// Every sector with its mast, in order: a cell's number is its place here.
    pub fn cells(&self) -> impl Iterator<Item = (&Mast, &Sector)> {
        self.masts
            .iter()
            .flat_map(|mast| mast.sectors.iter().map(move |sector| (mast, sector)))
    }

    /// What a cell is called: its mast and its number there, from one.
    pub fn cell_name(&self, cell: usize) -> String {
        let mut before = 0;
        for mast in &self.masts {
            if cell < before + mast.sectors.len() {
                return format!("{}-{}", mast.name, cell - before + 1);
            }
            before += mast.sectors.len();
        }
        String::new()
    }
}

/// Three sectors to the north-east, south and north-west.
pub fn three_sectors(band: usize, tilt_deg: f64, power_dbm: f64) -> Vec<Sector> {
    let sector = |azimuth_deg: f64| Sector {
        band,
        panel: Panel {
            rows: 10,
            azimuth_rad: FRAC_PI_2 - azimuth_deg / 180.0 * PI,
            tilt_rad: tilt_deg / 180.0 * PI,
        },
        power_dbm,
        columns: COLUMNS as u32,
    };
    [60.0, 180.0, 300.0].map(sector).to_vec()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NetworkFile {
    #[serde(default)]
    propagation: PropagationEntry,
    #[serde(default)]
    load: LoadEntry,
    #[serde(default)]
    core: CoreEntry,
    #[serde(default)]
    handover: HandoverEntry,
    #[serde(default)]
    vehicle: VehicleEntry,
    #[serde(default)]
    bands: Vec<Spanned<BandEntry>>,
    #[serde(default)]
    slices: Vec<Spanned<SliceEntry>>,
    #[serde(default)]
    masts: Vec<Spanned<MastEntry>>,
}

type Number = Option<Spanned<f64>>;
type Word = Option<Spanned<String>>;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct PropagationEntry {
    scenario: Word,
    buildings: Word,
    tunnels: Word,
    seed: Option<Spanned<i64>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct LoadEntry {
    share: Number,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct CoreEntry {
    edge_ms: Number,
    cloud_ms: Number,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct HandoverEntry {
    hysteresis_db: Number,
    time_to_trigger_ms: Number,
    interruption_ms: Number,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct VehicleEntry {
    height_m: Number,
    gain_dbi: Number,
    power_dbm: Number,
    noise_figure_db: Number,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BandEntry {
    name: String,
    frequency_mhz: Spanned<f64>,
    bandwidth_mhz: Spanned<f64>,
    subcarrier_khz: Number,
    duplex: Word,
    downlink_share: Number,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SliceEntry {
    name: String,
    five_qi: Spanned<i64>,
    share_min: Number,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MastEntry {
    name: String,
    x_m: Number,
    y_m: Number,
    latitude: Number,
    longitude: Number,
    height_m: Number,
    scenario: Word,
    #[serde(default)]
    edge_site: bool,
    #[serde(default)]
    sectors: Vec<Spanned<SectorEntry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SectorEntry {
    band: Word,
    azimuth_deg: Number,
    tilt_deg: Number,
    power_dbm: Number,
    rows: Number,
    columns: Number,
}

struct Reader<'a> {
    file: &'a str,
    text: &'a str,
    problems: Problems,
}

impl Reader<'_> {
    fn site(&mut self, file: NetworkFile, network: &RoadNetwork) -> NetworkSite {
        let base = NetworkSite::bare();
        let scenario = self.scenario(&file.propagation.scenario, Scenario::UrbanMacro);
        let propagation = Propagation {
            buildings_are_drawn: self.choice("buildings", &file.propagation.buildings, ["unknown", "drawn"]),
            tunnels_have_feeders: self.choice("tunnels", &file.propagation.tunnels, ["none", "leaky-feeder"]),
            seed: file.propagation.seed.as_ref().map_or(1, |seed| {
                u64::try_from(*seed.get_ref()).unwrap_or_else(|_| {
                    self.wrong(seed.span().start, "`seed` is below 0", "write a whole number from 0 up");
                    1
                })
            }),
        };
        let bands = if file.bands.is_empty() {
            base.bands
        } else {
            file.bands.iter().map(|band| self.band(band.get_ref())).collect()
        };
        self.unique(
            file.bands
                .iter()
                .map(|band| (band.span().start, band.get_ref().name.as_str())),
            "band",
        );
        let slices = if file.slices.is_empty() {
            base.slices
        } else {
            self.slices(&file.slices)
        };
        self.unique(
            file.masts
                .iter()
                .map(|mast| (mast.span().start, mast.get_ref().name.as_str())),
            "mast",
        );
        if file.masts.is_empty() {
            self.wrong(0, "there is no mast", "add a [[masts]] with name, x_m, y_m");
        }
        if file.masts.len() > MASTS_MAX {
            self.wrong(
                file.masts[MASTS_MAX].span().start,
                &format!("more than {MASTS_MAX} masts"),
                "split the site",
            );
        }
        let masts = file
            .masts
            .iter()
            .take(MASTS_MAX)
            .map(|mast| self.mast(mast, &bands, scenario, network))
            .collect();
        NetworkSite {
            masts,
            slices,
            propagation,
            load: self.number("share", &file.load.share, base.load, 0.0, 0.99),
            backhaul: Backhaul {
                edge_ms: self.number("edge_ms", &file.core.edge_ms, base.backhaul.edge_ms, 0.0, 1_000.0),
                cloud_ms: self.number("cloud_ms", &file.core.cloud_ms, base.backhaul.cloud_ms, 0.0, 1_000.0),
            },
            handover: Handover {
                hysteresis_db: self.number(
                    "hysteresis_db",
                    &file.handover.hysteresis_db,
                    base.handover.hysteresis_db,
                    0.0,
                    15.0,
                ),
                time_to_trigger_ms: self.number(
                    "time_to_trigger_ms",
                    &file.handover.time_to_trigger_ms,
                    base.handover.time_to_trigger_ms,
                    0.0,
                    5_120.0,
                ),
                interruption_ms: self.number(
                    "interruption_ms",
                    &file.handover.interruption_ms,
                    base.handover.interruption_ms,
                    0.0,
                    10_000.0,
                ),
            },
            vehicle: VehicleRadio {
                height_m: self.number("height_m", &file.vehicle.height_m, base.vehicle.height_m, 0.5, 10.0),
                gain_dbi: self.number("gain_dbi", &file.vehicle.gain_dbi, base.vehicle.gain_dbi, -10.0, 20.0),
                power_dbm: self.number("power_dbm", &file.vehicle.power_dbm, base.vehicle.power_dbm, 0.0, 33.0),
                noise_figure_db: self.number(
                    "noise_figure_db",
                    &file.vehicle.noise_figure_db,
                    base.vehicle.noise_figure_db,
                    0.0,
                    20.0,
                ),
            },
            bands,
        }
    }

    fn band(&mut self, entry: &BandEntry) -> Band {
        let some = |value: &Spanned<f64>| Some(value.clone());
        let subcarrier_khz = self.number("subcarrier_khz", &entry.subcarrier_khz, 30.0, 15.0, 120.0);
        if let Some(written) = entry
            .subcarrier_khz
            .as_ref()
            .filter(|_| ![15.0, 30.0, 60.0, 120.0].contains(&subcarrier_khz))
        {
            self.wrong(
                written.span().start,
                &format!("`subcarrier_khz` is `{subcarrier_khz}`"),
                "15, 30, 60 or 120",
            );
        }
        let is_divided_in_time = !self.choice("duplex", &entry.duplex, ["tdd", "fdd"]);
        let down = self.number("downlink_share", &entry.downlink_share, 0.7, 0.05, 0.95);
        Band {
            name: entry.name.clone(),
            frequency_ghz: self.number("frequency_mhz", &some(&entry.frequency_mhz), 3_500.0, 400.0, 100_000.0) / 1e3,
            bandwidth_mhz: self.number("bandwidth_mhz", &some(&entry.bandwidth_mhz), 100.0, 1.0, 400.0),
            subcarrier_khz,
            duplex: if is_divided_in_time {
                Duplex::Time(down)
            } else {
                Duplex::Frequency
            },
        }
    }

    fn slices(&mut self, entries: &[Spanned<SliceEntry>]) -> Vec<Slice> {
        let mut slices: Vec<Slice> = Vec::new();
        for entry in entries {
            let SliceEntry {
                name,
                five_qi,
                share_min,
            } = entry.get_ref();
            let known = QUALITIES
                .iter()
                .find(|quality| i64::from(quality.five_qi) == *five_qi.get_ref());
            if known.is_none() {
                let all: Vec<String> = QUALITIES.iter().map(|quality| quality.five_qi.to_string()).collect();
                self.wrong(
                    five_qi.span().start,
                    &format!("`five_qi` is `{}`", five_qi.get_ref()),
                    &format!("one of {}", all.join(", ")),
                );
            }
            let share_min = self.number("share_min", share_min, 0.0, 0.0, 1.0);
            slices.push(Slice {
                name: name.clone(),
                five_qi: known.map_or(9, |quality| quality.five_qi),
                share_min,
            });
            if slices.iter().map(|slice| slice.share_min).sum::<f64>() > 1.0 + 1e-9 {
                self.wrong(
                    entry.span().start,
                    "the slices' `share_min` sum to more than 1",
                    "keep less for one of them",
                );
                break;
            }
        }
        slices.sort_by_key(|slice| slice.quality().priority);
        slices
    }

    fn mast(&mut self, entry: &Spanned<MastEntry>, bands: &[Band], scenario: Scenario, network: &RoadNetwork) -> Mast {
        let at = entry.span().start;
        let entry = entry.get_ref();
        let number = |value: &Number| value.as_ref().map(|value| *value.get_ref());
        let metres = number(&entry.x_m).zip(number(&entry.y_m));
        let degrees = number(&entry.latitude).zip(number(&entry.longitude));
        let at_m = match (metres, degrees) {
            (Some((x_m, y_m)), None) => Some([x_m, y_m]),
            (None, Some((latitude, longitude))) => {
                let found = network.to_local_m(latitude, longitude);
                if found.is_none() {
                    self.wrong(
                        at,
                        "the map does not say where on the Earth it lies",
                        "give x_m and y_m",
                    );
                }
                found
            }
            _ => {
                self.wrong(
                    at,
                    &format!("mast `{}` has no place", entry.name),
                    "give x_m and y_m, or latitude and longitude",
                );
                None
            }
        };
        const FAR_M: f64 = 1e7;
        if at_m.is_some_and(|at_m| !at_m.iter().all(|value| value.abs() < FAR_M)) {
            self.wrong(
                at,
                &format!("mast `{}` is not on the Earth", entry.name),
                "give metres on the map",
            );
        }
        let mut sectors: Vec<Sector> = entry
            .sectors
            .iter()
            .take(SECTORS_MAX)
            .map(|sector| self.sector(sector.get_ref(), bands))
            .collect();
        if let Some(more) = entry.sectors.get(SECTORS_MAX) {
            self.wrong(
                more.span().start,
                &format!("more than {SECTORS_MAX} sectors"),
                "make two masts of it",
            );
        }
        if sectors.is_empty() {
            sectors = three_sectors(0, 8.0, 46.0);
        }
        Mast {
            name: entry.name.clone(),
            at_m: at_m.unwrap_or([0.0, 0.0]),
            height_m: self.number("height_m", &entry.height_m, 25.0, 3.0, 300.0),
            scenario: self.scenario(&entry.scenario, scenario),
            sectors,
            has_edge_site: entry.edge_site,
        }
    }

    fn sector(&mut self, entry: &SectorEntry, bands: &[Band]) -> Sector {
        let band = entry.band.as_ref().map_or(0, |name| {
            bands
                .iter()
                .position(|band| band.name == *name.get_ref())
                .unwrap_or_else(|| {
                    let known: Vec<String> = bands.iter().map(|band| format!("`{}`", band.name)).collect();
                    self.wrong(
                        name.span().start,
                        &format!("there is no band `{}`", name.get_ref()),
                        &format!("known are {}", known.join(", ")),
                    );
                    0
                })
        });
        Sector {
            band,
            panel: Panel {
                rows: self.number("rows", &entry.rows, 10.0, 1.0, 64.0) as u32,
                // Planners count clockwise from north.
                azimuth_rad: FRAC_PI_2
                    - self.number("azimuth_deg", &entry.azimuth_deg, 0.0, -360.0, 360.0) / 180.0 * PI,
                tilt_rad: self.number("tilt_deg", &entry.tilt_deg, 8.0, -30.0, 60.0) / 180.0 * PI,
            },
            power_dbm: self.number("power_dbm", &entry.power_dbm, 46.0, -10.0, 60.0),
            columns: self.number("columns", &entry.columns, COLUMNS, 1.0, 64.0) as u32,
        }
    }

    fn scenario(&mut self, word: &Word, otherwise: Scenario) -> Scenario {
        let Some(word) = word else { return otherwise };
        match word.get_ref().to_ascii_lowercase().as_str() {
            "uma" => Scenario::UrbanMacro,
            "umi" => Scenario::UrbanMicro,
            "rma" => Scenario::RuralMacro,
            _ => {
                self.wrong(
                    word.span().start,
                    &format!("`scenario` is `{}`", word.get_ref()),
                    "`UMa`, `UMi` or `RMa`",
                );
                otherwise
            }
        }
    }

    /// Whether the second word is written; the first is the default.
    fn choice(&mut self, name: &str, word: &Word, [first, second]: [&str; 2]) -> bool {
        let Some(word) = word else { return false };
        if word.get_ref() != first && word.get_ref() != second {
            self.wrong(
                word.span().start,
                &format!("`{name}` is `{}`", word.get_ref()),
                &format!("`{first}` or `{second}`"),
            );
        }
        word.get_ref() == second
    }

    fn number(&mut self, name: &str, value: &Number, otherwise: f64, low: f64, high: f64) -> f64 {
        let Some(value) = value else { return otherwise };
        let (at, value) = (value.span().start, *value.get_ref());
        if (low..=high).contains(&value) {
            return value;
        }
        self.wrong(
            at,
            &format!("`{name}` is `{value}`"),
            &format!("write a number from {low} to {high}"),
        );
        otherwise
    }

    fn unique<'n>(&mut self, names: impl Iterator<Item = (usize, &'n str)>, kind: &str) {
        let mut known = std::collections::BTreeSet::new();
        for (at, name) in names {
            if !known.insert(name) {
                self.wrong(
                    at,
                    &format!("a second {kind} is called `{name}`"),
                    "give each a name of its own",
                );
            }
        }
    }

    fn wrong(&mut self, byte: usize, what: &str, hint: &str) {
        self.problems
            .add(format!("{}:{}", self.file, line_of(self.text, byte)), what, hint);
    }
}
