//! Any text as a data sheet, as one that names it as its operational design domain, and as that domain.

#![no_main]

/// A sheet that is sound, and names a domain.
const SHEET: &str = include_str!("../../vehicles/minibus.toml");

libfuzzer_sys::fuzz_target!(|text: &str| {
    let beside = |_: &str| Ok(("fuzz.odd.toml".to_owned(), text.to_owned()));
    let _ = vehicle::DataSheet::from_toml_beside(text, "fuzz.toml", &beside);
    let _ = vehicle::DataSheet::from_toml_beside(SHEET, "minibus.toml", &beside);
    let _ = vehicle::OperationalDesignDomain::from_toml(text, "fuzz.odd.toml");
});
