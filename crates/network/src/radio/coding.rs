//! What a signal is worth in bits: from its ratio to noise and interference, over channel quality and coding, to a transport block.
//!
//! In go a ratio in decibels and a number of resource blocks; out come the CQI that a receiver would report, the modulation and coding that a
//! scheduler would take for it, the bits of a transport block, the chance that it fails, and what repetitions make of that.
//!
//! Sources: 3GPP TS 38.214 V17, tables 5.2.2.1-2 and -3 (CQI), 5.1.3.1-1 and -2 (MCS), clause 5.1.3.2 and table 5.1.3.2-1 (size of a
//! transport block). The ratio that each needs is not in the standard: a receiver is taken to be [`GAP_DB`] from Shannon's bound at one error in
//! ten, and the error to fall with [`SLOPE_PER_DB`].

use libm::{exp, log2, log10, pow};

/// How far a receiver is from Shannon's bound at a block error of one in ten: LDPC codes of a few thousand bits with real estimation.
pub const GAP_DB: f64 = 2.0;
/// Logistic slope of the block error about its middle; at 2.75 a decibel more turns 10 % into 0.7 %.
pub const SLOPE_PER_DB: f64 = 2.75;
/// The block error that coding is chosen for (TS 38.214, clause 5.2.2.1).
pub const TARGET_ERROR: f64 = 0.1;
/// Subcarriers of a resource block.
const SUBCARRIERS: f64 = 12.0;
/// Symbols of a slot that carry data: 14 less two of control and one of reference signals.
const DATA_SYMBOLS: f64 = 11.0;

/// Which table a receiver and its scheduler use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// Up to 64QAM: CQI table 1, MCS table 1.
    Qam64,
    /// Up to 256QAM: CQI table 2, MCS table 2.
    Qam256,
}

/// Bits a symbol, and code rate times 1024.
type Coding = (u8, f64);

const CQI_64: [Coding; 15] = [
    (2, 78.0),
    (2, 120.0),
    (2, 193.0),
    (2, 308.0),
    (2, 449.0),
    (2, 602.0),
    (4, 378.0),
    (4, 490.0),
    (4, 616.0),
    (6, 466.0),
    (6, 567.0),
    (6, 666.0),
    (6, 772.0),
    (6, 873.0),
    (6, 948.0),
];
const CQI_256: [Coding; 15] = [
    (2, 78.0),
    (2, 193.0),
    (2, 449.0),
    (4, 378.0),
    (4, 490.0),
    (4, 616.0),
    (6, 466.0),
    (6, 567.0),
    (6, 666.0),
    (6, 772.0),
    (6, 873.0),
    (8, 711.0),
    (8, 797.0),
    (8, 885.0),
    (8, 948.0),
];
const MCS_64: [Coding; 29] = [
    (2, 120.0),
    (2, 157.0),
    (2, 193.0),
    (2, 251.0),
    (2, 308.0),
    (2, 379.0),
    (2, 449.0),
    (2, 526.0),
    (2, 602.0),
    (2, 679.0),
    (4, 340.0),
    (4, 378.0),
    (4, 434.0),
    (4, 490.0),
    (4, 553.0),
    (4, 616.0),
    (4, 658.0),
    (6, 438.0),
    (6, 466.0),
    (6, 517.0),
    (6, 567.0),
    (6, 616.0),
    (6, 666.0),
    (6, 719.0),
    (6, 772.0),
    (6, 822.0),
    (6, 873.0),
    (6, 910.0),
    (6, 948.0),
];
const MCS_256: [Coding; 28] = [
    (2, 120.0),
    (2, 193.0),
    (2, 308.0),
    (2, 449.0),
    (2, 602.0),
    (4, 378.0),
    (4, 434.0),
    (4, 490.0),
    (4, 553.0),
    (4, 616.0),
    (4, 658.0),
    (6, 466.0),
    (6, 517.0),
    (6, 567.0),
    (6, 616.0),
    (6, 666.0),
    (6, 719.0),
    (6, 772.0),
    (6, 822.0),
    (6, 873.0),
    (8, 682.5),
    (8, 711.0),
    (8, 754.0),
    (8, 797.0),
    (8, 841.0),
    (8, 885.0),
    (8, 916.5),
    (8, 948.0),
];

/// Sizes of small transport blocks, bits (table 5.1.3.2-1).
const SMALL_BLOCKS: [u32; 93] = [
    24, 32, 40, 48, 56, 64, 72, 80, 88, 96, 104, 112, 120, 128, 136, 144, 152, 160, 168, 176, 184, 192, 208, 224, 240,
    256, 272, 288, 304, 320, 336, 352, 368, 384, 408, 432, 456, 480, 504, 528, 552, 576, 608, 640, 672, 704, 736, 768,
    808, 848, 888, 928, 984, 1032, 1064, 1128, 1160, 1192, 1224, 1256, 1288, 1320, 1352, 1416, 1480, 1544, 1608, 1672,
    1736, 1800, 1864, 1928, 2024, 2088, 2152, 2216, 2280, 2408, 2472, 2536, 2600, 2664, 2728, 2792, 2856, 2976, 3104,
    3240, 3368, 3496, 3624, 3752, 3824,
];

impl Table {
    fn cqi_codings(self) -> &'static [Coding] {
        match self {
            Table::Qam64 => &CQI_64,
            Table::Qam256 => &CQI_256,
        }
    }

    fn mcs_codings(self) -> &'static [Coding] {
        match self {
            Table::Qam64 => &MCS_64,
            Table::Qam256 => &MCS_256,
        }
    }

    /// The channel quality reported for a ratio: 1 to 15, or 0 if nothing can be received at one error in ten.
    pub fn cqi(self, sinr_db: f64) -> u8 {
        let needed = self
            .cqi_codings()
            .partition_point(|&coding| needed_sinr_db(bits_of(coding)) <= sinr_db);
        needed as u8
    }

    /// Bits a symbol of a CQI from 1 to 15; none for 0.
    pub fn cqi_efficiency(self, cqi: u8) -> f64 {
        match cqi {
            0 => 0.0,
            cqi => bits_of(self.cqi_codings()[usize::from(cqi.min(15)) - 1]),
        }
    }

    /// The modulation and coding taken for a CQI: the most that is not above it. `None` for CQI 0.
    pub fn mcs(self, cqi: u8) -> Option<u8> {
        let efficiency = self.cqi_efficiency(cqi);
        // A hair's slack: both tables write the same efficiency.
        let fitting = self
            .mcs_codings()
            .iter()
            .rposition(|&coding| bits_of(coding) <= efficiency + 1e-9);
        (cqi > 0).then(|| fitting.unwrap_or(0) as u8)
    }

    /// Bits a symbol of an MCS.
    pub fn mcs_efficiency(self, mcs: u8) -> f64 {
        let codings = self.mcs_codings();
        bits_of(codings[usize::from(mcs).min(codings.len() - 1)])
    }

    /// Bits of the transport block that an MCS puts into so many resource blocks of one slot (clause 5.1.3.2).
    pub fn transport_block_bits(self, mcs: u8, resource_blocks: u32, layers: u32) -> u32 {
        if resource_blocks == 0 {
            return 0;
        }
        let codings = self.mcs_codings();
        let (modulation, rate) = codings[usize::from(mcs).min(codings.len() - 1)];
        let elements = (SUBCARRIERS * DATA_SYMBOLS).min(156.0) * f64::from(resource_blocks);
        let bits = elements * rate / 1024.0 * f64::from(modulation) * f64::from(layers);
        block_size(bits, rate / 1024.0)
    }

    /// Chance that a block of an MCS fails at a ratio.
    pub fn block_error(self, mcs: u8, sinr_db: f64) -> f64 {
        block_error(sinr_db - needed_sinr_db(self.mcs_efficiency(mcs)))
    }
}

/// Chance that a block fails, this many decibels above the ratio at which one in ten does.
pub fn block_error(above_db: f64) -> f64 {
    // ln 9: the logistic has one in ten there.
    1.0 / (1.0 + exp(SLOPE_PER_DB * above_db + 2.197_224_577_336_219))
}

/// Chance that a block fails although it was sent so many times: energy adds up (chase combining).
pub fn error_after(above_db: f64, transmissions: u32) -> f64 {
    (1..=transmissions)
        .map(|sent| block_error(above_db + 10.0 * log10(f64::from(sent))))
        .product()
}

/// The ratio at which one block in ten of an efficiency fails.
pub fn needed_sinr_db(efficiency: f64) -> f64 {
    10.0 * log10(pow(2.0, efficiency) - 1.0) + GAP_DB
}

fn bits_of((modulation, rate): Coding) -> f64 {
    f64::from(modulation) * rate / 1024.0
}

/// Clause 5.1.3.2, steps 2 to 4.
fn block_size(bits: f64, rate: f64) -> u32 {
    if bits <= 3824.0 {
        let n = (libm::floor(log2(bits.max(1.0))) as i32 - 6).max(3);
        let step = f64::from(1u32 << n);
        let rounded = (step * libm::floor(bits / step)).max(24.0) as u32;
        return SMALL_BLOCKS[SMALL_BLOCKS
            .partition_point(|&size| size < rounded)
            .min(SMALL_BLOCKS.len() - 1)];
    }
    let n = libm::floor(log2(bits - 24.0)) as i32 - 5;
    let step = pow(2.0, f64::from(n));
    let rounded = (step * libm::round((bits - 24.0) / step)).max(3840.0);
    let segments = |longest: f64| libm::ceil((rounded + 24.0) / longest);
    let parts = if rate <= 0.25 {
        segments(3816.0)
    } else if rounded > 8424.0 {
        segments(8424.0)
    } else {
        1.0
    };
    (8.0 * parts * libm::ceil((rounded + 24.0) / (8.0 * parts)) - 24.0) as u32
}
