//! Coverage: what links there are along the roads and over the land of a site.
//!
//! In go an [`Environment`] and its map; out come a [`Link`] with its latency and reliability for each sample of the roads and each square of
//! a grid, figures of all of them, and files: GeoJSON of road pieces and masts, GeoTIFF of the grid. Parallel work writes its own
//! slots, so any number of threads gives the same bytes.

use crate::error::NetworkError;
use crate::radio::environment::{Environment, Place};
use crate::radio::link::{Evaluator, Link, Packet, Way};
use crate::trace::quantile;
use rayon::prelude::*;
use road::{LaneId, RoadNetwork, Traveller};
use std::fmt::Write;
use std::io::Cursor;
use tiff::encoder::{TiffEncoder, colortype::Gray32Float};
use tiff::tags::Tag;

/// Distance of samples along lanes.
pub const SAMPLE_M: f64 = 10.0;
/// Squares of a grid at most; a larger site has larger squares.
const SQUARES_MAX: f64 = 120_000.0;
/// Sides of squares at least.
const SQUARE_M_MIN: f64 = 10.0;

/// What remote driving or another service asks of a link.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Requirement {
    /// Rate to the vehicle.
    pub down_mbps: f64,
    /// Rate from it.
    pub up_mbps: f64,
    /// A packet upwards.
    pub up: Packet,
    /// A packet downwards.
    pub down: Packet,
    /// Share of packets that must come in time, both ways.
    pub reliability: f64,
}

impl Requirement {
    /// Remote driving: 25 Mbit/s up and 1 down (TS 22.186), pictures within 100 ms and commands within 20 ms (TR 22.856), 99 % of them.
    pub const REMOTE_DRIVING: Requirement = Requirement {
        down_mbps: 1.0,
        up_mbps: 25.0,
        up: Packet {
            bytes: 25_000.0,
            deadline_ms: 100.0,
            way: Way::Up,
        },
        down: Packet {
            bytes: 200.0,
            deadline_ms: 20.0,
            way: Way::Down,
        },
        reliability: 0.99,
    };
}

/// A place and its link.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Where.
    pub place: Place,
    /// The link to the strongest cell; none only where there is no cell at all.
    pub link: Option<Link>,
    /// What one upward packet in a hundred exceeds.
    pub up_p99_ms: f64,
    /// The same downwards.
    pub down_p99_ms: f64,
    /// Share of upward packets in time.
    pub up_in_time: f64,
    /// Share of downward packets in time.
    pub down_in_time: f64,
    /// Whether the requirement holds.
    pub holds: bool,
}

/// Samples of a lane.
#[derive(Clone, Debug)]
pub struct LaneSamples {
    /// Which.
    pub lane: LaneId,
    /// Every [`SAMPLE_M`] from its start, the end included.
    pub samples: Vec<Sample>,
}

/// A grid over the land, from the south-west, row by row northwards.
#[derive(Clone, Debug)]
pub struct Grid {
    /// West edge.
    pub west_m: f64,
    /// South edge.
    pub south_m: f64,
    /// Side of a square.
    pub square_m: f64,
    /// Squares from west to east.
    pub columns: usize,
    /// Squares from south to north.
    pub rows: usize,
    /// The middle of each.
    pub samples: Vec<Sample>,
}

/// Makes samples of places.
pub struct Surveyor<'a> {
    environment: &'a Environment<'a>,
    evaluator: Evaluator<'a>,
    requirement: Requirement,
    share_min: f64,
}

impl<'a> Surveyor<'a> {
    /// For a requirement; `share_min` is what the service's slice is kept of each cell.
    pub fn new(environment: &'a Environment<'a>, requirement: Requirement, share_min: f64) -> Surveyor<'a> {
        Surveyor {
            environment,
            evaluator: Evaluator::new(environment.site()),
            requirement,
            share_min,
        }
    }

    /// A sample of a place; `gains` is scratch, as long as there are cells.
    pub fn sample(&self, place: Place, gains: &mut [f32]) -> Sample {
        self.environment.gains(place, gains);
        let link = self.evaluator.best(gains, self.share_min);
        self.judged(place, link)
    }

    /// A sample of a link that is known.
    pub fn judged(&self, place: Place, link: Option<Link>) -> Sample {
        let wanted = &self.requirement;
        let deliver = |packet: &Packet, needed_mbps: f64| {
            link.map_or((f64::INFINITY, 0.0), |link| {
                // The vehicle's own stream is what fills its queue.
                let utilisation = (needed_mbps / link.rate_mbps[packet.way as usize].max(1e-9)).min(1.0);
                let delivery = self.evaluator.delivery(&link, packet, utilisation);
                (delivery.p99_ms, delivery.in_time)
            })
        };
        let (up_p99_ms, up_in_time) = deliver(&wanted.up, wanted.up_mbps);
        let (down_p99_ms, down_in_time) = deliver(&wanted.down, wanted.down_mbps);
        let rates_hold =
            link.is_some_and(|link| link.rate_mbps[0] >= wanted.down_mbps && link.rate_mbps[1] >= wanted.up_mbps);
        Sample {
            place,
            link,
            up_p99_ms,
            down_p99_ms,
            up_in_time,
            down_in_time,
            holds: rates_hold && up_in_time.min(down_in_time) >= wanted.reliability,
        }
    }

    /// Samples of the lanes that cars use and that are wanted, in order of lanes.
    pub fn lanes(
        &self,
        network: &RoadNetwork,
        is_wanted: impl Fn(LaneId) -> bool + Sync,
        tick: impl Fn() + Sync,
    ) -> Vec<LaneSamples> {
        let all = (0..network.lanes().len() as u32).into_par_iter().map(LaneId);
        all.filter(|&lane| network.may_use(lane, Traveller::Car) && is_wanted(lane))
            .map_init(
                || vec![0.0; self.evaluator.cells()],
                |gains, lane| {
                    let length_m = network.lane(lane).length_m;
                    let steps = libm::ceil(length_m / SAMPLE_M).max(1.0) as usize;
                    let place = |step: usize| Place::on_lane(network, lane, length_m * step as f64 / steps as f64);
                    let samples = (0..=steps).map(|step| self.sample(place(step), gains)).collect();
                    tick();
                    LaneSamples { lane, samples }
                },
            )
            .collect()
    }

    /// A grid over the map's bounds.
    pub fn grid(&self, network: &RoadNetwork, tick: impl Fn() + Sync) -> Grid {
        let [west_m, south_m, east_m, north_m] = network.bounds_m();
        let (wide_m, tall_m) = ((east_m - west_m).max(1.0), (north_m - south_m).max(1.0));
        let square_m = libm::ceil(SQUARE_M_MIN.max(libm::sqrt(wide_m * tall_m / SQUARES_MAX)));
        let (columns, rows) = (
            libm::ceil(wide_m / square_m) as usize,
            libm::ceil(tall_m / square_m) as usize,
        );
        let samples = (0..rows)
            .into_par_iter()
            .map_init(
                || vec![0.0; self.evaluator.cells()],
                |gains, row| {
                    let y_m = south_m + (row as f64 + 0.5) * square_m;
                    let x_m = |column: usize| west_m + (column as f64 + 0.5) * square_m;
                    let of_row: Vec<Sample> = (0..columns)
                        .map(|column| self.sample(Place::open([x_m(column), y_m]), gains))
                        .collect();
                    tick();
                    of_row
                },
            )
            .flatten_iter()
            .collect();
        Grid {
            west_m,
            south_m,
            square_m,
            columns,
            rows,
            samples,
        }
    }
}

/// Figures of many samples, each standing for as many metres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CoverFigures {
    /// Kilometres of lanes.
    pub length_km: f64,
    /// Share with a cell that can be entered.
    pub covered: f64,
    /// Share where the requirement holds.
    pub holds: f64,
    /// Ratio downwards that 5 % and half of the metres do not exceed.
    pub sinr_db: [f64; 2],
    /// Rate upwards that 5 % and half do not exceed.
    pub up_mbps: [f64; 2],
    /// Rate downwards that 5 % and half do not exceed.
    pub down_mbps: [f64; 2],
    /// Upward latency (99 % of packets) that half and 95 % do not exceed.
    pub up_p99_ms: [f64; 2],
    /// Mean share of upward packets in time.
    pub up_in_time: f64,
}

impl CoverFigures {
    /// Of lanes' samples.
    pub fn of(lanes: &[LaneSamples], network: &RoadNetwork) -> CoverFigures {
        let samples: Vec<&Sample> = lanes.iter().flat_map(|lane| &lane.samples).collect();
        let count = samples.len().max(1) as f64;
        let share =
            |is_so: &dyn Fn(&Sample) -> bool| samples.iter().filter(|sample| is_so(sample)).count() as f64 / count;
        let sorted = |of: &dyn Fn(&Sample) -> f64| {
            let mut values: Vec<f64> = samples.iter().map(|sample| of(sample)).collect();
            values.sort_by(f64::total_cmp);
            values
        };
        let of_link =
            |of: fn(&Link) -> f64| sorted(&|sample: &Sample| sample.link.as_ref().map_or(f64::NEG_INFINITY, of));
        let low = |values: Vec<f64>| [quantile(&values, 0.05), quantile(&values, 0.5)];
        let latency = sorted(&|sample| sample.up_p99_ms);
        CoverFigures {
            length_km: lanes.iter().map(|lane| network.lane(lane.lane).length_m).sum::<f64>() / 1e3,
            covered: share(&|sample| {
                sample
                    .link
                    .is_some_and(|link| link.sinr_db[0] >= crate::radio::handover::IN_DB && link.cqi[1] > 0)
            }),
            holds: share(&|sample| sample.holds),
            sinr_db: low(of_link(|link| link.sinr_db[0])),
            up_mbps: low(of_link(|link| link.rate_mbps[1])),
            down_mbps: low(of_link(|link| link.rate_mbps[0])),
            up_p99_ms: [quantile(&latency, 0.5), quantile(&latency, 0.95)],
            up_in_time: samples.iter().map(|sample| sample.up_in_time).sum::<f64>() / count,
        }
    }
}

/// Road pieces with their links, and masts, as GeoJSON: degrees where the map knows them, else its metres.
pub fn geojson(lanes: &[LaneSamples], network: &RoadNetwork, environment: &Environment) -> String {
    const PIECE: usize = 5;
    let at = |[x_m, y_m]: [f64; 2]| match network.to_geographic_deg(x_m, y_m) {
        Some([latitude, longitude]) => format!("[{longitude:.7},{latitude:.7}]"),
        None => format!("[{x_m:.2},{y_m:.2}]"),
    };
    let mut text = String::from("{\"type\":\"FeatureCollection\",\"features\":[\n");
    let site = environment.site();
    for mast in &site.masts {
        let _ = writeln!(
            text,
            "{{\"type\":\"Feature\",\"geometry\":{{\"type\":\"Point\",\"coordinates\":{}}},\"properties\":{{\"mast\":{},\"height_m\":{},\"cells\":{}}}}},",
            at(mast.at_m),
            quoted(&mast.name),
            mast.height_m,
            mast.sectors.len()
        );
    }
    for lane in lanes {
        let road = &network.roads()[network.lane(lane.lane).road.0 as usize];
        for piece in (0..lane.samples.len() - 1).step_by(PIECE) {
            let samples = &lane.samples[piece..(piece + PIECE + 1).min(lane.samples.len())];
            let line: Vec<String> = samples.iter().map(|sample| at(sample.place.at_m)).collect();
            // A piece is as good as its worst sample.
            let worst = |of: &dyn Fn(&Sample) -> f64| samples.iter().map(of).fold(f64::INFINITY, f64::min);
            let of_link = |of: fn(&Link) -> f64| {
                number(worst(&|sample: &Sample| {
                    sample.link.as_ref().map_or(f64::NEG_INFINITY, of)
                }))
            };
            let cell = samples[0].link.map_or(String::new(), |link| site.cell_name(link.cell));
            let _ = writeln!(
                text,
                "{{\"type\":\"Feature\",\"geometry\":{{\"type\":\"LineString\",\"coordinates\":[{}]}},\"properties\":{{\"road\":{},\"lane\":{},\
                 \"cell\":{},\"rsrp_dbm\":{},\"sinr_db\":{},\"down_mbps\":{},\"up_mbps\":{},\"up_p99_ms\":{},\"up_in_time\":{},\"holds\":{}}}}},",
                line.join(","),
                quoted(&road.id),
                lane.lane.0,
                quoted(&cell),
                of_link(|link| link.rsrp_dbm),
                of_link(|link| link.sinr_db[0]),
                of_link(|link| link.rate_mbps[0]),
                of_link(|link| link.rate_mbps[1]),
                number(-worst(&|sample: &Sample| -sample.up_p99_ms)),
                number(worst(&|sample: &Sample| sample.up_in_time)),
                samples.iter().all(|sample| sample.holds)
            );
        }
    }
    if text.ends_with(",\n") {
        text.truncate(text.len() - 2);
    }
    text + "\n]}\n"
}

/// A number fit for JSON: what is not finite is unknown.
fn number(value: f64) -> String {
    if value.is_finite() {
        format!("{value:.4}")
    } else {
        "null".to_owned()
    }
}

fn quoted(text: &str) -> String {
    let escape = |c: char| match c {
        '"' => "\\\"".to_owned(),
        '\\' => "\\\\".to_owned(),
        c if c.is_control() => format!("\\u{:04x}", c as u32),
        c => c.to_string(),
    };
    format!("\"{}\"", text.chars().map(escape).collect::<String>())
}

/// What a layer of a GeoTIFF holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// Received power of the reference signal, dBm.
    Power,
    /// Ratio downwards, dB.
    Ratio,
    /// Rate upwards, Mbit/s.
    UpRate,
    /// Upward latency that one packet in a hundred exceeds, ms.
    Latency,
    /// Share of upward packets in time.
    Reliability,
}

impl Quantity {
    /// All of them, with names for files.
    pub const ALL: [(Quantity, &'static str); 5] = [
        (Quantity::Power, "rsrp_dbm"),
        (Quantity::Ratio, "sinr_db"),
        (Quantity::UpRate, "up_mbps"),
        (Quantity::Latency, "up_p99_ms"),
        (Quantity::Reliability, "up_in_time"),
    ];

    /// Its value at a sample; `None` where there is none.
    pub fn of(self, sample: &Sample) -> Option<f64> {
        let link = sample.link?;
        let value = match self {
            Quantity::Power => link.rsrp_dbm,
            Quantity::Ratio => link.sinr_db[0],
            Quantity::UpRate => link.rate_mbps[1],
            Quantity::Latency => sample.up_p99_ms,
            Quantity::Reliability => sample.up_in_time,
        };
        value.is_finite().then_some(value)
    }
}

/// What stands for "nothing known" in a GeoTIFF.
const NO_DATA: f32 = -9_999.0;

/// A grid's quantity as GeoTIFF (OGC 19-008): one band of 32-bit floats, north at the top, in the map's own transverse Mercator plane.
pub fn geotiff(grid: &Grid, quantity: Quantity, network: &RoadNetwork) -> Result<Vec<u8>, NetworkError> {
    let refused = |error: tiff::TiffError| NetworkError::Output(format!("the grid cannot be written as TIFF: {error}"));
    let mut pixels = Vec::with_capacity(grid.samples.len());
    for row in (0..grid.rows).rev() {
        let samples = &grid.samples[row * grid.columns..(row + 1) * grid.columns];
        pixels.extend(
            samples
                .iter()
                .map(|sample| quantity.of(sample).map_or(NO_DATA, |value| value as f32)),
        );
    }
    let mut bytes = Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::new(&mut bytes).map_err(refused)?;
    let mut image = encoder
        .new_image::<Gray32Float>(grid.columns as u32, grid.rows as u32)
        .map_err(refused)?;
    let north_m = grid.south_m + grid.rows as f64 * grid.square_m;
    let scale = [grid.square_m, grid.square_m, 0.0];
    let tie = [0.0, 0.0, 0.0, grid.west_m, north_m, 0.0];
    let directory = image.encoder();
    directory
        .write_tag(Tag::ModelPixelScaleTag, &scale[..])
        .map_err(refused)?;
    directory.write_tag(Tag::ModelTiepointTag, &tie[..]).map_err(refused)?;
    if let Some(reference) = network.geo_reference() {
        // Key, where its value stands (0: here, 34736: the doubles), how many, value or index. 32767: defined by the user.
        let keys: [u16; 4 + 4 * 11] = [
            1, 1, 0, 11, //
            1024, 0, 1, 1, // GTModelType: projected
            1025, 0, 1, 1, // GTRasterType: a pixel is an area
            2048, 0, 1, 4326, // GeodeticCRS: WGS 84
            3072, 0, 1, 32767, // ProjectedCRS
            3074, 0, 1, 32767, // Projection
            3075, 0, 1, 1, // ProjMethod: transverse Mercator
            3076, 0, 1, 9001, // ProjLinearUnits: metre
            3080, 34736, 1, 0, // ProjNatOriginLong
            3081, 34736, 1, 1, // ProjNatOriginLat
            3082, 34736, 1, 2, // ProjFalseEasting
            3083, 34736, 1, 3, // ProjFalseNorthing
        ];
        let mut all = keys.to_vec();
        all[3] = 12;
        all.extend([3092, 34736, 1, 4]); // ProjScaleAtNatOrigin
        let doubles = [
            reference.longitude_deg,
            reference.latitude_deg,
            reference.east_m,
            reference.north_m,
            reference.scale,
        ];
        directory
            .write_tag(Tag::GeoKeyDirectoryTag, &all[..])
            .map_err(refused)?;
        directory
            .write_tag(Tag::GeoDoubleParamsTag, &doubles[..])
            .map_err(refused)?;
    }
    directory.write_tag(Tag::GdalNodata, "-9999").map_err(refused)?;
    image.write_data(&pixels).map_err(refused)?;
    Ok(bytes.into_inner())
}
