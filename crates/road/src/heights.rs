//! A height grid: how high the ground lies, from a GeoTIFF.
//!
//! In goes the content of a file with one band of metres, out comes the height at any latitude and longitude, linear between
//! the four samples around it. Grids in degrees (WGS 84 and what lies within a metre of it) and in zones of UTM are read.
//! Source: OGC 19-008r4 (GeoTIFF 1.1), clauses 7 and 8, annex B for the keys. It knows no roads, and opens no file.

use crate::RoadError;
use crate::draft::GeoReference;
use std::io::Cursor;
use tiff::decoder::{Decoder, DecodingResult};
use tiff::tags::Tag;

/// The ground's height over a part of the Earth.
#[derive(Clone, Debug)]
pub struct HeightGrid {
    columns: usize,
    rows: usize,
    /// Row by row from the north; not a number where nothing is known.
    heights_m: Vec<f32>,
    /// Coordinates of the first sample, and from one to the next: east or longitude, north or latitude.
    origin: [f64; 2],
    step: [f64; 2],
    /// The plane of the coordinates; none if they are degrees.
    plane: Option<GeoReference>,
    mean_m: f64,
}

/// Tags of GeoTIFF and of GDAL.
const PIXEL_SCALE: u16 = 33_550;
const TIE_POINT: u16 = 33_922;
const GEO_KEYS: u16 = 34_735;
const NO_DATA: u16 = 42_113;
/// Keys of the directory.
const MODEL_TYPE: u16 = 1_024;
const RASTER_TYPE: u16 = 1_025;
const GEOGRAPHIC_TYPE: u16 = 2_048;
const PROJECTED_TYPE: u16 = 3_072;
/// `RASTER_TYPE` of samples that stand for points, not for squares.
const IS_POINT: u16 = 2;
/// Degrees on WGS 84, ETRS89, NAD83, CGCS2000: within a metre of one another, and a sample is wider than that.
const IN_DEGREES: [u16; 4] = [4_326, 4_258, 4_269, 4_490];
/// No ground is lower or higher: what lies outside stands for nothing known.
const HEIGHT_M: std::ops::RangeInclusive<f32> = -11_000.0..=9_000.0;

impl HeightGrid {
    /// Reads a GeoTIFF. `file` names it in messages.
    pub fn read(file: &str, content: &[u8]) -> Result<HeightGrid, RoadError> {
        let refused = |what: &str, hint: &str| RoadError::Unreadable(format!("{file}: {what}\nhint: {hint}"));
        let broken = |error: tiff::TiffError| {
            let hint = "give one band of heights in metres, as `gdal_translate -b 1 -co COMPRESS=DEFLATE` writes it";
            refused(&format!("not a TIFF that we read: {error}"), hint)
        };
        let mut decoder = Decoder::new(Cursor::new(content)).map_err(broken)?;
        let (columns, rows) = decoder.dimensions().map_err(broken)?;
        let samples_per_pixel = decoder.colortype().map_err(broken)?.num_samples();
        if samples_per_pixel != 1 {
            return Err(refused(
                &format!("found {samples_per_pixel} bands, expected one of heights"),
                "take the band of heights out, as with `gdal_translate -b 1`",
            ));
        }
        let mut numbers = |tag: u16| -> Result<Option<Vec<f64>>, RoadError> {
            let found = decoder.find_tag(Tag::from_u16_exhaustive(tag)).map_err(broken)?;
            found.map(|value| value.into_f64_vec().map_err(broken)).transpose()
        };
        let (scale, tie) = (numbers(PIXEL_SCALE)?, numbers(TIE_POINT)?);
        let (Some([across, down, ..]), Some([column, row, _, x, y, ..])) = (scale.as_deref(), tie.as_deref()) else {
            return Err(refused(
                "does not say where on the Earth it lies: no ModelPixelScale and ModelTiepoint",
                "write it as a GeoTIFF whose rows run from west to east, as with `gdalwarp -t_srs EPSG:4326`",
            ));
        };
        let keys = decoder.find_tag(Tag::from_u16_exhaustive(GEO_KEYS)).map_err(broken)?;
        let keys = keys
            .map(|value| value.into_u16_vec().map_err(broken))
            .transpose()?
            .unwrap_or_default();
        // Past the directory's own four numbers: key, where its value stands (0: here), how many, the value.
        let key = |wanted: u16| {
            let entries = keys.get(4..).unwrap_or_default().chunks_exact(4);
            entries
                .filter(|entry| entry[0] == wanted && entry[1] == 0)
                .map(|entry| entry[3])
                .next()
        };
        let plane = match (key(MODEL_TYPE), key(PROJECTED_TYPE), key(GEOGRAPHIC_TYPE)) {
            (_, Some(code), _) => Some(utm(code).ok_or_else(|| {
                refused(
                    &format!("lies in the plane EPSG:{code}, which is no zone of UTM on WGS 84"),
                    "turn it into degrees, as with `gdalwarp -t_srs EPSG:4326`",
                )
            })?),
            (_, None, Some(code)) if IN_DEGREES.contains(&code) => None,
            (model, None, code) => {
                let found = code.or(model).map_or("none".to_owned(), |code| code.to_string());
                return Err(refused(
                    &format!("its coordinates are {found}, expected degrees on WGS 84 or a zone of UTM"),
                    "turn it into degrees, as with `gdalwarp -t_srs EPSG:4326`",
                ));
            }
        };
        let is_sound =
            [across, down, column, row, x, y].iter().all(|value| value.is_finite()) && *across > 0.0 && *down > 0.0;
        if !is_sound {
            return Err(refused(
                "its samples have no size",
                "write it again as a GeoTIFF, as with `gdal_translate`",
            ));
        }
        // A sample that stands for a square lies in its middle.
        let middle = if key(RASTER_TYPE) == Some(IS_POINT) { 0.0 } else { 0.5 };
        let origin = [x + (middle - column) * across, y - (middle - row) * down];
        let step = [*across, -down];
        let unknown = decoder
            .find_tag(Tag::from_u16_exhaustive(NO_DATA))
            .map_err(broken)?
            .and_then(|value| value.into_string().ok())
            .and_then(|text| text.trim_end_matches('\0').trim().parse::<f64>().ok());
        let mut heights_m = metres(decoder.read_image().map_err(broken)?);
        for height in &mut heights_m {
            if unknown == Some(f64::from(*height)) || !HEIGHT_M.contains(height) {
                *height = f32::NAN;
            }
        }
        let known = || {
            heights_m
                .iter()
                .copied()
                .filter(|height| !height.is_nan())
                .map(f64::from)
        };
        let count = known().count();
        if count == 0 || heights_m.len() != columns as usize * rows as usize {
            return Err(refused("holds no height", "give a grid that covers the map"));
        }
        Ok(HeightGrid {
            columns: columns as usize,
            rows: rows as usize,
            mean_m: known().sum::<f64>() / count as f64,
            heights_m,
            origin,
            step,
            plane,
        })
    }

    /// The ground's height in metres; `None` outside the grid and where it knows nothing.
    pub fn height_m(&self, latitude_deg: f64, longitude_deg: f64) -> Option<f64> {
        let at = match self.plane {
            Some(plane) => plane.to_local_m(latitude_deg, longitude_deg),
            None => [longitude_deg, latitude_deg],
        };
        let [column, row] = [0, 1].map(|axis| (at[axis] - self.origin[axis]) / self.step[axis]);
        let (last_column, last_row) = ((self.columns - 1) as f64, (self.rows - 1) as f64);
        // Half a sample beyond the outermost ones still belongs to them.
        if !(-0.5..=last_column + 0.5).contains(&column) || !(-0.5..=last_row + 0.5).contains(&row) {
            return None;
        }
        let (column, row) = (column.clamp(0.0, last_column), row.clamp(0.0, last_row));
        let (west, north) = (column as usize, row as usize);
        let (east_share, south_share) = (column - west as f64, row - north as f64);
        let (mut sum_m, mut weights) = (0.0, 0.0);
        for (down, row_weight) in [(0, 1.0 - south_share), (1, south_share)] {
            for (right, column_weight) in [(0, 1.0 - east_share), (1, east_share)] {
                let weight = row_weight * column_weight;
                let (at_row, at_column) = ((north + down).min(self.rows - 1), (west + right).min(self.columns - 1));
                let height = f64::from(self.heights_m[at_row * self.columns + at_column]);
                if weight > 0.0 && !height.is_nan() {
                    sum_m += weight * height;
                    weights += weight;
                }
            }
        }
        (weights > 0.0).then(|| sum_m / weights)
    }

    /// Mean of all heights that are known.
    pub fn mean_m(&self) -> f64 {
        self.mean_m
    }
}

/// A zone of UTM on WGS 84 by its EPSG code; ETRS89's zones lie within a metre of them.
fn utm(code: u16) -> Option<GeoReference> {
    let (zone, north_m) = match code {
        32_601..=32_660 => (code - 32_600, 0.0),
        32_701..=32_760 => (code - 32_700, 1e7),
        25_828..=25_838 => (code - 25_800, 0.0),
        _ => return None,
    };
    Some(GeoReference {
        latitude_deg: 0.0,
        longitude_deg: 6.0 * f64::from(zone) - 183.0,
        scale: 0.9996,
        east_m: 500_000.0,
        north_m,
    })
}

fn metres(samples: DecodingResult) -> Vec<f32> {
    match samples {
        DecodingResult::U8(all) => all.into_iter().map(f32::from).collect(),
        DecodingResult::U16(all) => all.into_iter().map(f32::from).collect(),
        DecodingResult::U32(all) => all.into_iter().map(|value| value as f32).collect(),
        DecodingResult::U64(all) => all.into_iter().map(|value| value as f32).collect(),
        DecodingResult::I8(all) => all.into_iter().map(f32::from).collect(),
        DecodingResult::I16(all) => all.into_iter().map(f32::from).collect(),
        DecodingResult::I32(all) => all.into_iter().map(|value| value as f32).collect(),
        DecodingResult::I64(all) => all.into_iter().map(|value| value as f32).collect(),
        DecodingResult::F16(all) => all.into_iter().map(f32::from).collect(),
        DecodingResult::F32(all) => all,
        DecodingResult::F64(all) => all.into_iter().map(|value| value as f32).collect(),
    }
}
