//! Data sheets: what a vehicle is, from a TOML file.

/// A vehicle's data sheet.
#[derive(Clone, Debug, PartialEq)]
pub struct DataSheet {
    _private: (),
}
