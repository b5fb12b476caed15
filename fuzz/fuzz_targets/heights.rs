//! Any bytes as a height grid: read, asked in and around it.

#![no_main]

libfuzzer_sys::fuzz_target!(|content: &[u8]| {
    if let Ok(grid) = road::heights::HeightGrid::read("fuzz", content) {
        for degrees in [-90.0, 0.0, 30.0, 106.0] {
            let _ = grid.height_m(degrees, degrees);
        }
    }
});
