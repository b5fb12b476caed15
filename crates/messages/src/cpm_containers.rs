//! The containers of a CPM, which travel as bytes within bytes, shown as what they are.
//!
//! In goes a CPM's JSON with its containers as hex, out comes one with their fields, and back. A container of an unknown
//! number, or one that does not decode, stays hex, so that nothing is lost.
//!
//! Source: ETSI TS 103 324 V2.1.1, `WrappedCpmContainer` and its table of containers.

use crate::hex;
use crate::json::{self, ValueError};
use c_its_parser::standards::cpm_2_1_1::cpm_originating_station_containers::{
    OriginatingRsuContainer, OriginatingVehicleContainer,
};
use c_its_parser::standards::cpm_2_1_1::cpm_perceived_object_container::PerceivedObjectContainer;
use c_its_parser::standards::cpm_2_1_1::cpm_perception_region_container::PerceptionRegionContainer;
use c_its_parser::standards::cpm_2_1_1::cpm_sensor_information_container::SensorInformationContainer;
use rasn::{Decode, Encode};
use serde_json::Value;

/// Shows containers by their fields.
pub(super) fn open(message: &mut Value) {
    for (id, data) in containers(message) {
        let bytes = data.as_str().and_then(hex::decode);
        let shown = bytes.and_then(|bytes| match id {
            1 => opened::<OriginatingVehicleContainer>(&bytes),
            2 => opened::<OriginatingRsuContainer>(&bytes),
            3 => opened::<SensorInformationContainer>(&bytes),
            4 => opened::<PerceptionRegionContainer>(&bytes),
            5 => opened::<PerceivedObjectContainer>(&bytes),
            _ => None,
        });
        if let Some(shown) = shown {
            *data = shown;
        }
    }
}

/// Turns containers that are shown by their fields back into bytes.
pub(super) fn close(message: &mut Value) -> Result<(), ValueError> {
    for (id, data) in containers(message) {
        if data.is_string() {
            continue;
        }
        let shown = data.take();
        let bytes = match id {
            1 => closed::<OriginatingVehicleContainer>(shown),
            2 => closed::<OriginatingRsuContainer>(shown),
            3 => closed::<SensorInformationContainer>(shown),
            4 => closed::<PerceptionRegionContainer>(shown),
            5 => closed::<PerceivedObjectContainer>(shown),
            _ => Err(ValueError {
                path: String::new(),
                problem: "has fields, expected hex digits: the container's number is unknown".into(),
            }),
        };
        let bytes = bytes.map_err(|error| ValueError {
            path: format!("payload.cpmContainers[containerId = {id}].containerData.{}", error.path),
            problem: error.problem,
        })?;
        *data = Value::String(hex::encode(&bytes));
    }
    Ok(())
}

fn containers(message: &mut Value) -> impl Iterator<Item = (u64, &mut Value)> {
    let list = message
        .get_mut("payload")
        .and_then(|payload| payload.get_mut("cpmContainers"))
        .and_then(Value::as_array_mut);
    list.into_iter().flatten().filter_map(|container| {
        let id = container.get("containerId")?.as_u64()?;
        Some((id, container.get_mut("containerData")?))
    })
}

/// Only what comes back to the same bytes is shown, so that showing and reading a message changes nothing.
fn opened<T: Decode + Encode>(bytes: &[u8]) -> Option<Value> {
    let container: T = rasn::uper::decode(bytes).ok()?;
    let shown = json::to_json(&container).ok()?;
    let again = closed::<T>(shown.clone()).ok()?;
    (again == bytes).then_some(shown)
}

fn closed<T: Decode + Encode>(shown: Value) -> Result<Vec<u8>, ValueError> {
    let container: T = json::from_json(shown)?;
    rasn::uper::encode(&container).map_err(|error| ValueError {
        path: String::new(),
        problem: format!("cannot be carried: {error}"),
    })
}
