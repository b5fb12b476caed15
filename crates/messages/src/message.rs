//! The messages: which there are, their numbers and ports, and their way between values, bytes and JSON.
//!
//! In go UPER bytes or JSON; out come typed messages, or the other way. Knows no packet around them.
//!
//! Sources: message numbers ETSI TS 102 894-2 (`ItsPduHeader`), ports ETSI TS 103 248, editions as named at each kind.

use crate::cpm_containers;
use crate::denm::{self, DENM};
use crate::json::{self, ValueError};
use crate::security::pki;
use crate::vam::VAM;
use c_its_parser::standards::cam_1_4_1::cam_pdu_descriptions::CAM;
use c_its_parser::standards::cpm_1::cpm_pdu_descriptions::CPM;
use c_its_parser::standards::cpm_2_1_1::cpm_pdu_descriptions::CollectivePerceptionMessage;
use c_its_parser::standards::ivim_2_1_1::ivim_pdu_descriptions::IVIM;
use c_its_parser::standards::mapem_2_2_1::mapem_pdu_descriptions::MAPEM;
use c_its_parser::standards::spatem_2_2_1::spatem_pdu_descriptions::SPATEM;
use c_its_parser::standards::srem_2_2_1::srem_pdu_descriptions::SREM;
use c_its_parser::standards::ssem_2_2_1::ssem_pdu_descriptions::SSEM;
use serde_json::Value;
use std::fmt;

/// Why bytes or values are no message.
#[derive(Debug, thiserror::Error)]
pub enum MessageError {
    /// Too short for the header that every message begins with.
    #[error("{bytes} bytes are too few for a message header of {HEADER_BYTES}")]
    Short {
        /// How many there are.
        bytes: usize,
    },
    /// A number that no message of ours has.
    #[error("message number {number} is none that is known here")]
    Unknown {
        /// As in the header.
        number: u8,
    },
    /// The bytes do not follow the message's definition.
    #[error("{kind}: {problem}")]
    Undecodable {
        /// What the header says it is.
        kind: MessageKind,
        /// What the decoder says.
        problem: String,
    },
    /// More bytes than the message has.
    #[error("{kind}: {bytes} bytes too many after the message")]
    Trailing {
        /// What it is.
        kind: MessageKind,
        /// How many.
        bytes: usize,
    },
    /// The JSON does not describe this kind of message.
    #[error("{kind}: {error}")]
    Value {
        /// What it should be.
        kind: MessageKind,
        /// Where and what.
        error: ValueError,
    },
    /// A value is outside what the message can carry.
    #[error("{kind} cannot carry these values: {problem}")]
    Unencodable {
        /// What it should be.
        kind: MessageKind,
        /// What the encoder says.
        problem: String,
    },
}

/// Bytes of protocol version, message number and station number.
const HEADER_BYTES: usize = 6;

macro_rules! messages {
    ($($kind:ident $name:literal $number:literal $port:literal $type:ident $standard:literal;)*) => {
        /// The kinds of messages.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum MessageKind { $(#[doc = $standard] $kind,)* }

        impl MessageKind {
            /// All of them.
            pub const ALL: &[MessageKind] = &[$(MessageKind::$kind,)*];

            /// Its name on the command line and in records.
            pub fn name(self) -> &'static str {
                match self { $(MessageKind::$kind => $name,)* }
            }

            /// Its number in the message header.
            pub fn number(self) -> u8 {
                match self { $(MessageKind::$kind => $number,)* }
            }

            /// The BTP port of those who listen to it.
            pub fn port(self) -> u16 {
                match self { $(MessageKind::$kind => $port,)* }
            }

            /// The standard that defines it.
            pub fn standard(self) -> &'static str {
                match self { $(MessageKind::$kind => $standard,)* }
            }
        }

        /// A message.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Message { $(#[doc = $standard] $kind(Box<$type>),)* }

        impl Message {
            /// What it is.
            pub fn kind(&self) -> MessageKind {
                match self { $(Message::$kind(_) => MessageKind::$kind,)* }
            }

            /// Its bytes on the air (unaligned PER).
            pub fn to_uper(&self) -> Result<Vec<u8>, MessageError> {
                let bytes = match self { $(Message::$kind(message) => rasn::uper::encode(&**message),)* };
                bytes.map_err(|error| MessageError::Unencodable { kind: self.kind(), problem: one_line(&error) })
            }

            /// The message in these bytes, if it is of this kind.
            pub fn from_uper_as(kind: MessageKind, bytes: &[u8]) -> Result<Message, MessageError> {
                match kind { $(MessageKind::$kind => {
                    let (message, rest) = rasn::uper::decode_with_remainder::<$type>(bytes)
                        .map_err(|error| MessageError::Undecodable { kind, problem: one_line(&error) })?;
                    if !rest.is_empty() {
                        return Err(MessageError::Trailing { kind, bytes: rest.len() });
                    }
                    Ok(Message::$kind(Box::new(message)))
                })* }
            }

            /// Its JSON form.
            pub fn to_json(&self) -> Result<Value, MessageError> {
                let value = match self { $(Message::$kind(message) => json::to_json(&**message),)* };
                let mut value = value.map_err(|error| MessageError::Value { kind: self.kind(), error })?;
                match self.kind() {
                    MessageKind::Cpm => cpm_containers::open(&mut value),
                    MessageKind::Denm => denm::show_default(&mut value),
                    _ => {}
                }
                Ok(value)
            }

            /// The message of this kind that the JSON describes.
            pub fn from_json(kind: MessageKind, mut value: Value) -> Result<Message, MessageError> {
                if kind == MessageKind::Cpm {
                    cpm_containers::close(&mut value).map_err(|error| MessageError::Value { kind, error })?;
                }
                let message = match kind {
                    $(MessageKind::$kind => json::from_json::<$type>(value).map(|message| Message::$kind(Box::new(message))),)*
                };
                message.map_err(|error| MessageError::Value { kind, error })
            }
        }
    };
}

messages! {
    Cam "cam" 2 2001 CAM "cooperative awareness, ETSI EN 302 637-2 V1.4.1";
    Denm "denm" 1 2002 DENM "decentralized environmental notification, ETSI EN 302 637-3 V1.3.1";
    Mapem "mapem" 5 2003 MAPEM "lanes of a junction, ETSI TS 103 301 V2.2.1";
    Spatem "spatem" 4 2004 SPATEM "signal phases and timing, ETSI TS 103 301 V2.2.1";
    Ivim "ivim" 6 2006 IVIM "signs in the vehicle, ETSI TS 103 301 V2.1.1";
    Srem "srem" 9 2007 SREM "request to a signal, ETSI TS 103 301 V2.2.1";
    Ssem "ssem" 10 2008 SSEM "a signal's answers, ETSI TS 103 301 V2.2.1";
    Cpm "cpm" 14 2009 CollectivePerceptionMessage "collective perception, ETSI TS 103 324 V2.1.1";
    CpmTr103562 "cpm-tr103562" 14 2009 CPM "collective perception before its standard, ETSI TR 103 562 V2.1.1";
    Vam "vam" 16 2018 VAM "awareness of vulnerable road users, ETSI TS 103 300-3 V2.1.1";
}

impl MessageKind {
    /// The application that certificates permit or not.
    pub fn psid(self) -> u64 {
        match self {
            MessageKind::Cam => pki::PSID_CAM,
            MessageKind::Denm => pki::PSID_DENM,
            MessageKind::Mapem => pki::PSID_MAPEM,
            MessageKind::Spatem => pki::PSID_SPATEM,
            MessageKind::Ivim => pki::PSID_IVIM,
            MessageKind::Srem | MessageKind::Ssem => pki::PSID_SREM,
            MessageKind::Cpm | MessageKind::CpmTr103562 => pki::PSID_CPM,
            MessageKind::Vam => pki::PSID_VAM,
        }
    }
}

impl fmt::Display for MessageKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl std::str::FromStr for MessageKind {
    type Err = String;

    fn from_str(text: &str) -> Result<MessageKind, String> {
        let found = MessageKind::ALL
            .iter()
            .find(|kind| kind.name().eq_ignore_ascii_case(text));
        found.copied().ok_or_else(|| {
            let names: Vec<&str> = MessageKind::ALL.iter().map(|kind| kind.name()).collect();
            format!("`{text}` is no message; there are {}", names.join(", "))
        })
    }
}

impl Message {
    /// The message in these bytes; its header says which, and the port it came to where numbers are ambiguous.
    pub fn from_uper(bytes: &[u8], port: Option<u16>) -> Result<Message, MessageError> {
        let &[version, number, ..] = bytes else {
            return Err(MessageError::Short { bytes: bytes.len() });
        };
        if bytes.len() < HEADER_BYTES {
            return Err(MessageError::Short { bytes: bytes.len() });
        }
        // CPM before its standard has protocol version 1; VAM was given number 14 in its first edition.
        let mut candidates: Vec<MessageKind> = MessageKind::ALL
            .iter()
            .copied()
            .filter(|kind| kind.number() == number || (*kind == MessageKind::Vam && port == Some(kind.port())))
            .collect();
        candidates.sort_by_key(|kind| (Some(kind.port()) != port, (*kind == MessageKind::Cpm) != (version == 2)));
        let mut first_error = None;
        for kind in candidates {
            match Message::from_uper_as(kind, bytes) {
                Ok(message) => return Ok(message),
                Err(error) => first_error = first_error.or(Some(error)),
            }
        }
        Err(first_error.unwrap_or(MessageError::Unknown { number }))
    }
}

/// A decoder's error on one line: it may carry its whole context below.
fn one_line(error: &impl fmt::Display) -> String {
    let text = error.to_string();
    text.lines().next().unwrap_or_default().trim().to_owned()
}
