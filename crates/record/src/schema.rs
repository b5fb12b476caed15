//! The schemas of all records: Foxglove's and ASAM OSI's where they have one for the thing, Westline's own elsewhere.
//!
//! `schemas/*.proto` is the one source of [`westline`] and [`osi3`]: the Rust structs and the descriptor sets beside
//! this file are generated from it and committed, so that a build needs no compiler of Protobuf. The test
//! `generated_schemas_agree_with_their_source` regenerates and compares both (`UPDATE_SCHEMAS=1` writes them).
//! [`foxglove`] comes from the crate of that name, descriptors included.

use std::borrow::Cow;

/// Schemas of Foxglove (<https://docs.foxglove.dev/docs/sdk/schemas>): scenes, positions, maps, logs.
pub mod foxglove {
    pub use foxglove::messages::*;
}

/// The part of ASAM OSI 3.7 that a world of boxes can fill truthfully.
#[rustfmt::skip]
pub mod osi3;

/// Westline's own schemas.
#[rustfmt::skip]
pub mod westline;

/// A message that may be the payload of a record: it knows its schema, so that every reader can decode it.
pub trait Payload: prost::Message + Default {
    /// Full name in Protobuf, `westline.Frame` say.
    const SCHEMA: &'static str;

    /// A serialised `google.protobuf.FileDescriptorSet` that holds the schema and all it refers to.
    fn descriptors() -> Cow<'static, [u8]>;
}

macro_rules! payloads {
    ($descriptors:expr; $($name:literal => $message:ty),+ $(,)?) => {
        $(impl Payload for $message {
            const SCHEMA: &'static str = $name;

            fn descriptors() -> Cow<'static, [u8]> {
                Cow::Borrowed($descriptors)
            }
        })+
    };
}

payloads! { include_bytes!("schema/westline.bin");
    "westline.Frame" => westline::Frame,
    "westline.SignalStates" => westline::SignalStates,
    "westline.VehicleState" => westline::VehicleState,
    "westline.ServiceEvent" => westline::ServiceEvent,
    "westline.Measure" => westline::Measure,
    "westline.Decision" => westline::Decision,
    "westline.LinkState" => westline::LinkState,
}

payloads! { include_bytes!("schema/osi3.bin");
    "osi3.GroundTruth" => osi3::GroundTruth,
}

macro_rules! foxglove_payloads {
    ($($name:literal => $message:ty),+ $(,)?) => {
        $(impl Payload for $message {
            const SCHEMA: &'static str = $name;

            fn descriptors() -> Cow<'static, [u8]> {
                // Foxglove's own messages always have a schema; without one the payload is still readable to us.
                <$message as ::foxglove::Encode>::get_schema().map(|schema| schema.data).unwrap_or_default()
            }
        })+
    };
}

foxglove_payloads! {
    "foxglove.SceneUpdate" => foxglove::SceneUpdate,
    "foxglove.FrameTransform" => foxglove::FrameTransform,
    "foxglove.LocationFix" => foxglove::LocationFix,
    "foxglove.PoseInFrame" => foxglove::PoseInFrame,
    "foxglove.GeoJSON" => foxglove::GeoJson,
    "foxglove.Grid" => foxglove::Grid,
    "foxglove.Log" => foxglove::Log,
}
