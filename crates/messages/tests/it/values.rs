//! Values as JSON: what is written reads back, what is wrong is named with its place.

use messages::hex;
use messages::{Message, MessageKind};
use serde_json::{Value, json};

/// A CAM with the containers that a test wants.
fn cam() -> Value {
    json!({
        "header": {"protocolVersion": 2, "messageID": 2, "stationID": 42},
        "cam": {"generationDeltaTime": 1000, "camParameters": {
            "basicContainer": {"stationType": 6, "referencePosition": {
                "latitude": 293_500_000, "longitude": 1_059_000_000,
                "positionConfidenceEllipse":
                    {"semiMajorConfidence": 20, "semiMinorConfidence": 20, "semiMajorOrientation": 0},
                "altitude": {"altitudeValue": 30_000, "altitudeConfidence": "alt-000-50"}}},
            "highFrequencyContainer": {"basicVehicleContainerHighFrequency": {
                "heading": {"headingValue": 900, "headingConfidence": 10},
                "speed": {"speedValue": 833, "speedConfidence": 5},
                "driveDirection": "forward",
                "vehicleLength":
                    {"vehicleLengthValue": 60, "vehicleLengthConfidenceIndication": "noTrailerPresent"},
                "vehicleWidth": 21,
                "longitudinalAcceleration":
                    {"longitudinalAccelerationValue": -5, "longitudinalAccelerationConfidence": 10},
                "curvature": {"curvatureValue": 0, "curvatureConfidence": "unavailable"},
                "curvatureCalculationMode": "yawRateUsed",
                "yawRate": {"yawRateValue": 0, "yawRateConfidence": "unavailable"},
                "accelerationControl": {"bits": "80", "length": 7}}}}}
    })
}

fn refused(value: Value) -> String {
    let message = Message::from_json(MessageKind::Cam, value).and_then(|message| message.to_uper());
    message.unwrap_err().to_string()
}

#[test]
fn a_value_survives_the_way_through_bytes() {
    let message = Message::from_json(MessageKind::Cam, cam()).unwrap();
    let read = Message::from_uper(&message.to_uper().unwrap(), None).unwrap();
    assert_eq!(read, message);
    assert_eq!(read.to_json().unwrap(), cam());
}

#[test]
fn a_missing_field_is_named_with_its_path() {
    let mut value = cam();
    value["cam"]["camParameters"]["basicContainer"]["referencePosition"]["altitude"]
        .as_object_mut()
        .unwrap()
        .remove("altitudeValue");
    assert_eq!(
        refused(value),
        "cam: `cam.camParameters.basicContainer.referencePosition.altitude.altitudeValue` is missing"
    );
}

#[test]
fn an_unknown_field_is_refused_and_the_nearest_named() {
    let mut value = cam();
    value["cam"]["camParameters"]["basicContainer"]["stationTyp"] = json!(1);
    assert_eq!(
        refused(value),
        "cam: `cam.camParameters.basicContainer` has an unknown field `stationTyp`\nhint: did you mean `stationType`?"
    );
}

#[test]
fn a_value_of_another_type_is_refused_with_what_was_expected() {
    let mut value = cam();
    value["cam"]["generationDeltaTime"] = json!("soon");
    assert!(refused(value).starts_with("cam: `cam.generationDeltaTime` is `\"soon\"`, expected an integer"));
    let mut value = cam();
    value["cam"]["camParameters"]["highFrequencyContainer"] = json!({"sideways": 1});
    let problem = refused(value);
    assert!(
        problem.contains("basicVehicleContainerHighFrequency, rsuContainerHighFrequency"),
        "{problem}"
    );
}

#[test]
fn a_number_out_of_range_is_refused() {
    let mut value = cam();
    value["cam"]["camParameters"]["basicContainer"]["referencePosition"]["latitude"] = json!(900_000_002);
    assert!(refused(value).starts_with("cam cannot carry these values"));
}

#[test]
fn a_bit_string_must_have_the_bytes_of_its_length() {
    let mut value = cam();
    let container = &mut value["cam"]["camParameters"]["highFrequencyContainer"]["basicVehicleContainerHighFrequency"];
    container["accelerationControl"] = json!({"bits": "8000", "length": 7});
    assert!(refused(value).contains("expected {\"bits\": hex, \"length\": n}"));
}

#[test]
fn a_field_with_a_default_may_be_left_out_and_is_shown() {
    let position = cam()["cam"]["camParameters"]["basicContainer"]["referencePosition"].take();
    let value = json!({
        "header": {"protocolVersion": 2, "messageID": 1, "stationID": 7},
        "denm": {"management": {
            "actionID": {"originatingStationID": 7, "sequenceNumber": 1},
            "detectionTime": 700_000_000_000_u64, "referenceTime": 700_000_000_100_u64,
            "eventPosition": position, "stationType": 6}}
    });
    let message = Message::from_json(MessageKind::Denm, value).unwrap();
    let read = Message::from_uper(&message.to_uper().unwrap(), None).unwrap();
    assert_eq!(read.to_json().unwrap()["denm"]["management"]["validityDuration"], 600);
}

#[test]
fn a_vam_survives_the_way_through_bytes() {
    let value = json!({
        "header": {"protocolVersion": 2, "messageID": 16, "stationID": 9},
        "vam": {"generationDeltaTime": 5, "vamParameters": {
            "basicContainer": {
                "stationType": 1,
                "referencePosition": cam()["cam"]["camParameters"]["basicContainer"]["referencePosition"].take()},
            "vruHighFrequencyContainer": {
                "heading": {"headingValue": 1800, "headingConfidence": 127},
                "speed": {"speedValue": 140, "speedConfidence": 127},
                "longitudinalAcceleration":
                    {"longitudinalAccelerationValue": 161, "longitudinalAccelerationConfidence": 102},
                "vruLanePosition": {"offRoadLanePosition": "sidewalk"},
                "environment": "zebraCrossing", "deviceUsage": "typing"},
            "vruLowFrequencyContainer": {
                "profileAndSubprofile": {"pedestrian": "ordinary-pedestrian"}, "sizeClass": "medium"}}}
    });
    let message = Message::from_json(MessageKind::Vam, value.clone()).unwrap();
    let bytes = message.to_uper().unwrap();
    let read = Message::from_uper(&bytes, Some(MessageKind::Vam.port())).unwrap();
    assert_eq!(read.to_json().unwrap(), value, "{}", hex::encode(&bytes));
}

#[test]
fn an_integer_beyond_64_bits_is_shown_and_read_as_text() {
    let ivim = |number: Value| {
        json!({
            "header": {"protocolVersion": 2, "messageID": 6, "stationID": 7},
            "ivi": {"mandatory": {
                "serviceProviderId": {"countryCode": {"bits": "0000", "length": 10}, "providerIdentifier": 1},
                "iviIdentificationNumber": number,
                "iviStatus": 0}}
        })
    };
    let beyond = ivim(json!("0x10000000000000000"));
    let message = Message::from_json(MessageKind::Ivim, beyond.clone()).unwrap();
    let read = Message::from_uper_as(MessageKind::Ivim, &message.to_uper().unwrap()).unwrap();
    assert_eq!(read.to_json().unwrap(), beyond);
    // What a JSON number holds is written as one: each value has one form.
    let error = Message::from_json(MessageKind::Ivim, ivim(json!("0x10"))).unwrap_err();
    assert!(
        error.to_string().contains("iviIdentificationNumber` is `\"0x10\"`"),
        "{error}"
    );
}
