//! Any bytes as a message of any kind: refused, or shown as JSON and read again from it.

#![no_main]

use messages::{Message, MessageKind};

libfuzzer_sys::fuzz_target!(|content: &[u8]| {
    let _ = Message::from_uper(content, None);
    for &kind in MessageKind::ALL {
        if let Ok(message) = Message::from_uper_as(kind, content)
            && let Ok(json) = message.to_json()
        {
            match Message::from_json(kind, json.clone()) {
                Ok(read) => assert_eq!(read.to_json().expect("what was read can be shown"), json),
                // Later versions of a standard may allow shorter lists.
                Err(error) => assert!(error.to_string().contains("entries, expected"), "{error}"),
            }
        }
    }
});
