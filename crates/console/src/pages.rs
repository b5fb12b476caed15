//! The pages that are embedded in the program: by path, compressed, with their kind.
//!
//! A path goes in, bytes come out. Where the build found no Node.js there are no libraries, and one page says so.

use sha2::{Digest, Sha256};

include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// A file to serve.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page {
    pub(crate) kind: &'static str,
    /// Compressed with gzip.
    pub(crate) content: &'static [u8],
}

/// Whether the libraries are there.
pub(crate) fn are_complete() -> bool {
    find("library/preact.js").is_some()
}

/// What to serve where they are not.
pub(crate) const INCOMPLETE: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Westline</title>\
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:4rem auto;padding:0 1rem}</style>\
<h1>The console was built without its pages' libraries</h1>\
<p>This program was built where Node.js or the npm registry was out of reach. Install Node.js 20 or later \
(<code>apt install nodejs npm</code>, <code>brew install node</code>), then build again: \
<code>touch crates/console/build.rs &amp;&amp; cargo build --release</code>.</p>\
<p>The interface at <a href=\"/api/site\">/api/site</a> and the live data at <code>/live</code> work without them.</p>";

/// The file at a path.
pub(crate) fn find(path: &str) -> Option<Page> {
    let index = FILES.binary_search_by_key(&path, |(name, _)| name).ok()?;
    let kind = match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json") => "application/json",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    };
    Some(Page {
        kind,
        content: FILES[index].1,
    })
}

/// Bytes of all pages and libraries, as they are sent: what a browser loads once.
pub fn page_bytes() -> usize {
    FILES.iter().map(|(_, content)| content.len()).sum()
}

/// Names this build's files together, so that a browser keeps them until there are others.
pub(crate) fn tag() -> String {
    let mut hasher = Sha256::new();
    for (name, content) in FILES {
        hasher.update(name.as_bytes());
        hasher.update(content);
    }
    ledger::hex::encode(&hasher.finalize()[..12])
}

/// The hash that allows the page's import map, as a Content-Security-Policy names it.
pub(crate) fn import_map_hash() -> Option<String> {
    let page = unpack(find("index.html")?.content)?;
    let text = String::from_utf8(page).ok()?;
    let (_, rest) = text.split_once("<script type=\"importmap\">")?;
    let (map, _) = rest.split_once("</script>")?;
    Some(format!("'sha256-{}'", base64(&Sha256::digest(map.as_bytes()))))
}

/// A file as it was.
pub(crate) fn unpack(content: &[u8]) -> Option<Vec<u8>> {
    let mut plain = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(content), &mut plain).ok()?;
    Some(plain)
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let at = |index: usize| u32::from(three.get(index).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for letter in 0..4 {
            let is_there = letter <= three.len();
            let index = (bits >> (18 - 6 * letter)) as usize & 63;
            text.push(if is_there { char::from(LETTERS[index]) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_agrees_with_the_vectors_of_rfc_4648() {
        for (plain, coded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }

    #[test]
    fn the_files_are_sorted_so_that_each_is_found() {
        for (name, _) in FILES {
            assert!(find(name).is_some(), "{name}");
        }
        assert!(find("index.html").is_some());
        assert!(import_map_hash().is_some());
    }
}
