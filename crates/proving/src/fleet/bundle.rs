//! A campaign as it travels: what was asked, and the files that do not come with the program.
//!
//! A worker reads no file of its own host for a campaign: what is not in here and not in the program is not there.

use crate::campaign::Campaign;
use crate::digest::{canonical, hex_of};
use crate::problem::ProvingError;
use crate::shelf;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use scenario::Files;
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};

const FORMAT: &str = "westline-bundle-1";
/// Letters of a campaign's digest that name it.
const NAME_LENGTH: usize = 20;

/// A campaign as it travels.
#[derive(Clone, Debug, PartialEq)]
pub struct Bundle {
    /// [`Campaign::identity`].
    pub identity: Value,
    /// Files by path, with their content.
    pub files: Files,
}

impl Bundle {
    /// The campaign with every file that its scenarios were read from, and `others` (the suite's, the data sheet's).
    ///
    /// # Errors
    /// If a file cannot be read.
    pub fn of(campaign: &Campaign<'_>, identity: &Value, others: &[PathBuf]) -> Result<Bundle, ProvingError> {
        let library = campaign.stand.library;
        let mut files = Files::new();
        for path in library.paths().iter().chain(others) {
            if path.starts_with(shelf::BUILT_IN) {
                continue;
            }
            let content = library.content(path);
            let content = content.map_err(|error| ProvingError::Told(format!("{}: {error}", path.display())))?;
            files.insert(scenario::normal_path(path), content.into_owned().into());
        }
        Ok(Bundle {
            identity: identity.clone(),
            files,
        })
    }

    /// What the campaign is called on the server: the same for the same suite, vehicle, driver, seed, files and program.
    pub fn name(&self) -> String {
        let mut name = hex_of(canonical(&self.identity).as_bytes());
        name.truncate(NAME_LENGTH);
        name
    }

    /// As bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let content = |(path, content): (&PathBuf, &std::borrow::Cow<'static, [u8]>)| {
            (path.display().to_string(), Value::String(STANDARD.encode(content)))
        };
        let files: Map<String, Value> = self.files.iter().map(content).collect();
        canonical(&json!({ "format": FORMAT, "identity": self.identity, "files": files })).into_bytes()
    }

    /// Back from bytes.
    ///
    /// # Errors
    /// If they are no bundle of this version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Bundle, ProvingError> {
        let wrong = |what: &str| ProvingError::Told(format!("not a campaign as it travels: {what}"));
        let read: Value = serde_json::from_slice(bytes).map_err(|error| wrong(&error.to_string()))?;
        if read["format"] != FORMAT {
            return Err(wrong(&format!("its format is {}, not {FORMAT}", read["format"])));
        }
        let listed = read["files"].as_object().ok_or_else(|| wrong("it lists no files"))?;
        let mut files = Files::new();
        for (path, content) in listed {
            let content = content.as_str().and_then(|text| STANDARD.decode(text).ok());
            let content = content.ok_or_else(|| wrong(&format!("`{path}` is not in Base64")))?;
            files.insert(Path::new(path).to_owned(), content.into());
        }
        Ok(Bundle {
            identity: read["identity"].clone(),
            files,
        })
    }
}
