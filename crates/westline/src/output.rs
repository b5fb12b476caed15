//! How results leave the program: files appear whole or not at all, standard output survives a closed pipe.

use anyhow::{Context, Result, bail};
use std::io::{ErrorKind, Write};
use std::path::Path;

/// Writes a file beside its place and moves it there, so that nobody ever sees half of it.
pub fn write_whole(path: &Path, content: &[u8]) -> Result<()> {
    put_in_place(path, |part| std::fs::write(part, content))
}

/// Writes a file that only its owner may read, beside its place, has it flushed, and moves it there.
pub fn write_private(path: &Path, content: &[u8]) -> Result<()> {
    put_in_place(path, |part| {
        // One that was left behind may be readable by others.
        let _ = std::fs::remove_file(part);
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(part)?;
        file.write_all(content)?;
        file.sync_all()
    })
}

/// Has a file written beside its place, and moves it there.
fn put_in_place(path: &Path, write: impl FnOnce(&Path) -> std::io::Result<()>) -> Result<()> {
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let part = Path::new(&part);
    write(part)
        .and_then(|()| std::fs::rename(part, path))
        .inspect_err(|_| {
            // The part may never have come into being; what matters is told below.
            let _ = std::fs::remove_file(part);
        })
        .with_context(|| format!("{}: cannot be written", path.display()))
}

/// Writes a picture as SVG or PNG, by the ending of its name; `scale` is for the pixels of a PNG.
pub fn write_picture(path: &Path, svg: &str, scale: f64) -> Result<()> {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("svg") => write_whole(path, svg.as_bytes()),
        Some("png") => write_whole(path, &road::draw::png(svg, scale, &fonts())?),
        _ => bail!(
            "{}: pictures are SVG or PNG\nhint: end the name in .svg or .png",
            path.display()
        ),
    }
}

/// Prints data. A reader that has gone (`| head`) has all it wanted.
pub fn print(text: &str) -> Result<()> {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error).context("standard output"),
        _ => Ok(()),
    }
}

/// The fonts of this machine: pixels have to carry their letters, SVG leaves them to its reader.
fn fonts() -> Vec<Vec<u8>> {
    let places = road::draw::FONT_PLACES.iter();
    places.filter_map(|path| std::fs::read(path).ok()).collect()
}
