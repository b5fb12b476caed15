//! Weather and light, as far as they dim sensors and slow people down.
//!
//! - Rain limits the visibility to 11.6 km × rate⁻⁰·⁶³, rate in mm/h (Atlas, "Optical extinction by rainfall", Journal of
//!   Meteorology 10, 1953); fog is told by its visibility. What they take from light follows from it: 3.912 divided by the
//!   visibility is the extinction for each metre (Koschmieder 1924, a contrast of 2 %).
//! - A lidar receives by exp(−2 × extinction × distance) / distance² of what it sends, so that its range shrinks to where
//!   that equals what it needs; a camera sees as far as contrast does: to the visibility.
//! - A radar at 77 GHz loses 1.06 × rate⁰·⁷³ dB for each kilometre and way (ITU-R P.838-3 at 77 GHz, its coefficients to
//!   about two digits) and by distance⁴; fog is nothing to it.
//! - In the dark a camera reaches six tenths as far, where headlights and street lamps leave contrast.
//! - People drive more slowly and keep farther apart in rain and fog: measured on motorways around Minneapolis (Agarwal, Maze,
//!   Souleyrette, "Impacts of weather on urban freeway traffic flow characteristics and facility capacity", Iowa State
//!   University 2005; the capacities stand in the Highway Capacity Manual 2010, exhibit 10-15). In the dark they drive some
//!   5 km/h more slowly (Brilon, Ponzlet, "Variability of speed-flow relationships on German autobahns", Transportation
//!   Research Record 1555, 1996), for which 4 % of any limit stand here.

use vehicle::{Sensor, SensorKind};

/// How it is outside.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weather {
    /// Rain, 0 for none; 10 is heavy, 50 a cloudburst.
    pub rain_mm_per_h: f64,
    /// Meteorological visibility through fog or haze; 20 km and more is clear air.
    pub visibility_m: f64,
    /// Night, or a tunnel without light.
    pub is_dark: bool,
}

impl Default for Weather {
    fn default() -> Weather {
        Weather {
            rain_mm_per_h: 0.0,
            visibility_m: f64::INFINITY,
            is_dark: false,
        }
    }
}

/// What weather and light leave of how people drive when it is dry, clear and light.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Driving {
    /// Of the speed that one would like.
    pub(crate) speed: f64,
    /// Of what a lane lets through.
    pub(crate) capacity: f64,
}

impl Driving {
    pub(crate) const UNDISTURBED: Driving = Driving {
        speed: 1.0,
        capacity: 1.0,
    };

    /// The same among people who misjudge one another: those who keep farther apart disturb each other less, so that a lane
    /// loses less than their headways tell. Set so that `traffic realism` finds what was measured.
    pub(crate) fn among_people(self) -> Driving {
        const STEADIER: f64 = 0.955;
        match self.capacity < 1.0 {
            true => driving(self.speed, STEADIER * self.capacity),
            false => self,
        }
    }

    /// The headway of somebody who keeps `dry_s` when it is fine and takes up `gross_m` standing: with it a full lane lets
    /// through what weather leaves of it, at the speed that weather leaves.
    pub(crate) fn headway_s(self, dry_s: f64, gross_m: f64) -> f64 {
        if self == Driving::UNDISTURBED {
            return dry_s;
        }
        let own_s = |speed: f64| gross_m / (speed * FULL_LANE_MPS);
        (dry_s + own_s(1.0)) / self.capacity - own_s(self.speed)
    }
}

/// Speed of a full lane on which capacities in rain and fog were measured.
const FULL_LANE_MPS: f64 = 25.0;

/// Rain from a rate on, mm an hour: a hundredth, a tenth, a quarter of an inch.
const RAIN: [(f64, Driving); 3] = [
    (0.254, driving(0.98, 0.9799)),
    (2.54, driving(0.96, 0.9276)),
    (6.35, driving(0.94, 0.8587)),
];
/// Fog below a visibility, metres: a mile, half of one, a quarter.
const FOG: [(f64, Driving); 3] = [
    (1609.3, driving(0.9337, 0.9033)),
    (804.7, driving(0.929, 0.8833)),
    (402.3, driving(0.8822, 0.8951)),
];
/// What of their speed people drive in the dark.
const DARK_SPEED: f64 = 0.96;

const fn driving(speed: f64, capacity: f64) -> Driving {
    Driving { speed, capacity }
}

/// What of a camera's range the dark leaves.
const DARK_SHARE: f64 = 0.6;
/// Koschmieder's constant: ln(1 / 0.02).
const CONTRAST: f64 = 3.912;

impl Weather {
    /// Whether it takes nothing from any sensor.
    pub fn is_clear(&self) -> bool {
        *self == Weather::default()
    }

    /// How far one sees through rain and fog.
    pub fn sight_m(&self) -> f64 {
        let rain_m = if self.rain_mm_per_h > 0.0 {
            11_600.0 * libm::pow(self.rain_mm_per_h, -0.63)
        } else {
            f64::INFINITY
        };
        rain_m.min(self.visibility_m.max(1.0))
    }

    /// How people drive in it.
    pub(crate) fn driving(&self) -> Driving {
        let rain = RAIN.iter().rev().find(|(from, _)| self.rain_mm_per_h >= *from);
        let fog = FOG.iter().rev().find(|(below_m, _)| self.visibility_m < *below_m);
        let [rain, fog] = [rain, fog].map(|row| row.map_or(Driving::UNDISTURBED, |(_, driving)| *driving));
        Driving {
            // Rain is measured with what it takes from sight: the worse of the two holds.
            speed: rain.speed.min(fog.speed) * if self.is_dark { DARK_SPEED } else { 1.0 },
            capacity: rain.capacity.min(fog.capacity),
        }
    }

    /// How far a sensor reaches.
    pub fn range_m(&self, sensor: &Sensor) -> f64 {
        let clear_m = sensor.range_m;
        if self.is_clear() {
            return clear_m;
        }
        match sensor.kind {
            SensorKind::Lidar => {
                let extinction_per_m = CONTRAST / self.sight_m();
                shrunk(clear_m, |m| 2.0 * libm::log(clear_m / m) - 2.0 * extinction_per_m * m)
            }
            SensorKind::Radar => {
                let loss_db_per_m = 2e-3 * 1.06 * libm::pow(self.rain_mm_per_h.max(0.0), 0.73);
                shrunk(clear_m, |m| 40.0 * libm::log10(clear_m / m) - loss_db_per_m * m)
            }
            SensorKind::Camera => {
                let lit_m = clear_m * if self.is_dark { DARK_SHARE } else { 1.0 };
                lit_m.min(self.sight_m())
            }
            SensorKind::V2x => clear_m,
        }
    }
}

/// Where a surplus that falls with the distance is used up, by halving: to a centimetre over 600 m.
fn shrunk(clear_m: f64, surplus: impl Fn(f64) -> f64) -> f64 {
    let (mut low_m, mut high_m) = (0.0, clear_m);
    for _ in 0..16 {
        let middle_m = 0.5 * (low_m + high_m);
        if surplus(middle_m) > 0.0 {
            low_m = middle_m;
        } else {
            high_m = middle_m;
        }
    }
    high_m
}

#[cfg(test)]
mod tests {
    use super::*;
    use vehicle::DataSheet;

    fn range_m(kind: SensorKind, weather: Weather) -> f64 {
        let sheet = DataSheet::shipped("minibus").unwrap_or_else(|error| panic!("{error}"));
        let sensor = sheet
            .sensors
            .iter()
            .find(|sensor| sensor.kind == kind)
            .expect("it has all kinds");
        weather.range_m(sensor) / sensor.range_m
    }

    #[test]
    fn fog_blinds_light_and_not_radar_and_rain_dims_both() {
        let fog = Weather {
            visibility_m: 60.0,
            ..Weather::default()
        };
        assert!(range_m(SensorKind::Lidar, fog) < 0.35);
        assert!(range_m(SensorKind::Camera, fog) < 0.45);
        assert_eq!(range_m(SensorKind::Radar, fog), 1.0);
        let cloudburst = Weather {
            rain_mm_per_h: 50.0,
            ..Weather::default()
        };
        for kind in [SensorKind::Lidar, SensorKind::Radar] {
            let share = range_m(kind, cloudburst);
            assert!((0.6..0.95).contains(&share), "{kind:?}: {share}");
        }
        assert_eq!(range_m(SensorKind::V2x, cloudburst), 1.0);
    }

    #[test]
    fn the_dark_is_nothing_to_who_brings_a_light() {
        let night = Weather {
            is_dark: true,
            ..Weather::default()
        };
        assert_eq!(range_m(SensorKind::Camera, night), DARK_SHARE);
        assert!((range_m(SensorKind::Lidar, night) - 1.0).abs() < 1e-3);
    }

    #[test]
    fn people_drive_more_slowly_the_worse_it_is_and_as_ever_when_it_is_fine() {
        let rain = |rain_mm_per_h| Weather {
            rain_mm_per_h,
            ..Weather::default()
        };
        assert_eq!(rain(0.2).driving(), Driving::UNDISTURBED);
        let worse = [0.0, 1.0, 5.0, 50.0].map(|rate| rain(rate).driving());
        assert!(worse.is_sorted_by(|a, b| a.speed > b.speed && a.capacity > b.capacity));
        let night = Weather {
            is_dark: true,
            ..rain(5.0)
        };
        assert!((night.driving().speed - 0.96 * rain(5.0).driving().speed).abs() < 1e-12);
    }
}
