//! Reads any bytes as a recording: no panic, no endless loop, no unbounded memory.

#![no_main]

use libfuzzer_sys::fuzz_target;
use record::RecordingReader;

fuzz_target!(|bytes: &[u8]| {
    // Most random bytes fail at the magic; giving it to them reaches the parser behind.
    let mut with_magic = b"\x89MCAP0\r\n".to_vec();
    with_magic.extend_from_slice(bytes);
    for input in [bytes, &with_magic] {
        if let Ok(reader) = RecordingReader::new("fuzz", input) {
            reader.take_while(Result::is_ok).for_each(drop);
        }
    }
});
