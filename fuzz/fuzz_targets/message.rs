//! Any bytes as a message of any kind: refused, or shown as JSON and read again from it.

#![no_main]

use messages::{Message, MessageKind};

libfuzzer_sys::fuzz_target!(|content: &[u8]| {
    let _ = Message::from_uper(content, None);
    for &kind in MessageKind::ALL {
        if let Ok(message) = Message::from_uper_as(kind, content)
            && let Ok(json) = message.to_json()
        {
            let read = Message::from_json(kind, json.clone()).expect("what was shown can be read");
            assert_eq!(read.to_json().expect("what was read can be shown"), json);
        }
    }
});
