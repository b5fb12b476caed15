//! The VRU awareness message (VAM): what a pedestrian's or cyclist's device tells of its bearer.
//!
//! Types only, with the standard's names; `c-its-parser` holds every message of ours but this one. Elements that the common
//! data dictionary defines come from there. Source: ETSI TS 103 300-3 V2.1.1, clause 7 and annex A; ETSI TS 102 894-2 V1.3.1.
#![allow(
    missing_docs,
    reason = "fields are named as in the standard, which says what they mean"
)]

use c_its_parser::standards::cam_1_4_1::cam_pdu_descriptions::GenerationDeltaTime;
use c_its_parser::standards::cdd_1_3_1_1::its_container::{
    Curvature, CurvatureCalculationMode, ExteriorLights, Heading, ItsPduHeader, LanePosition, LateralAcceleration,
    LongitudinalAcceleration, PathDeltaTime, PathHistory, ReferencePosition, Speed, StationID, StationType,
    VerticalAcceleration, YawRate,
};
use c_its_parser::standards::cpm_1::cpm_pdu_descriptions::{AreaCircular, AreaPolygon, AreaRectangle};
use c_its_parser::standards::dsrc_2_2_1::etsi_its_dsrc::{IntersectionReferenceID, LaneID};
use rasn::prelude::*;

/// The message.
#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(automatic_tags)]
pub struct VAM {
    pub header: ItsPduHeader,
    pub vam: VruAwareness,
}

/// Time and containers.
#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(automatic_tags)]
pub struct VruAwareness {
    #[rasn(identifier = "generationDeltaTime")]
    pub generation_delta_time: GenerationDeltaTime,
    #[rasn(identifier = "vamParameters")]
    pub vam_parameters: VamParameters,
}

/// The containers.
#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub struct VamParameters {
    #[rasn(identifier = "basicContainer")]
    pub basic_container: BasicContainer,
    #[rasn(identifier = "vruHighFrequencyContainer")]
    pub vru_high_frequency_container: Option<VruHighFrequencyContainer>,
    #[rasn(identifier = "vruLowFrequencyContainer")]
    pub vru_low_frequency_container: Option<VruLowFrequencyContainer>,
    #[rasn(identifier = "vruClusterInformationContainer")]
    pub vru_cluster_information_container: Option<VruClusterInformationContainer>,
    #[rasn(identifier = "vruClusterOperationContainer")]
    pub vru_cluster_operation_container: Option<VruClusterOperationContainer>,
    #[rasn(identifier = "vruMotionPredictionContainer")]
    pub vru_motion_prediction_container: Option<VruMotionPredictionContainer>,
}

/// Who and where.
#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub struct BasicContainer {
    #[rasn(identifier = "stationType")]
    pub station_type: StationType,
    #[rasn(identifier = "referencePosition")]
    pub reference_position: ReferencePosition,
}

/// How it moves now.
#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub struct VruHighFrequencyContainer {
    pub heading: Heading,
    pub speed: Speed,
    #[rasn(identifier = "longitudinalAcceleration")]
    pub longitudinal_acceleration: LongitudinalAcceleration,
    pub curvature: Option<Curvature>,
    #[rasn(identifier = "curvatureCalculationMode")]
    pub curvature_calculation_mode: Option<CurvatureCalculationMode>,
    #[rasn(identifier = "yawRate")]
    pub yaw_rate: Option<YawRate>,
    #[rasn(identifier = "lateralAcceleration")]
    pub lateral_acceleration: Option<LateralAcceleration>,
    #[rasn(identifier = "verticalAcceleration")]
    pub vertical_acceleration: Option<VerticalAcceleration>,
    #[rasn(identifier = "vruLanePosition")]
    pub vru_lane_position: Option<VruLanePosition>,
    pub environment: Option<VruEnvironment>,
    #[rasn(identifier = "movementControl")]
    pub movement_control: Option<VruMovementControl>,
    pub orientation: Option<Heading>,
    #[rasn(identifier = "rollAngle")]
    pub roll_angle: Option<Heading>,
    #[rasn(identifier = "deviceUsage")]
    pub device_usage: Option<VruDeviceUsage>,
}

/// Where across the road.
#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub enum VruLanePosition {
    #[rasn(identifier = "offRoadLanePosition")]
    OffRoadLanePosition(OffRoadLanePosition),
    #[rasn(identifier = "vehicularLanePosition")]
    VehicularLanePosition(LanePosition),
    #[rasn(identifier = "trafficIslandPosition")]
    TrafficIslandPosition(TrafficIslandPosition),
    #[rasn(identifier = "mapPosition")]
    MapPosition(MapPosition),
}

/// Beside the carriageway.
#[derive(AsnType, Debug, Clone, Copy, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(enumerated)]
pub enum OffRoadLanePosition {
    #[rasn(identifier = "unavailable")]
    Unavailable = 0,
    #[rasn(identifier = "sidewalk")]
    Sidewalk = 1,
    #[rasn(identifier = "parkingLane")]
    ParkingLane = 2,
    #[rasn(identifier = "bikeLane")]
    BikeLane = 3,
    #[rasn(identifier = "max")]
    Max = 15,
}

/// What lies on both sides of an island.
#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub struct TrafficIslandPosition {
    #[rasn(identifier = "oneSide")]
    pub one_side: NonIslandLanePosition,
    #[rasn(identifier = "otherSide")]
    pub other_side: NonIslandLanePosition,
}

/// Where across the road, an island excluded.
#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub enum NonIslandLanePosition {
    #[rasn(identifier = "offRoadLanePosition")]
    OffRoadLanePosition(OffRoadLanePosition),
    #[rasn(identifier = "vehicularLanePosition")]
    VehicularLanePosition(LanePosition),
    #[rasn(identifier = "mapPosition")]
    MapPosition(MapPosition),
}

/// A lane of a MAPEM.
#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(automatic_tags)]
pub struct MapPosition {
    #[rasn(identifier = "intersectionId")]
    pub intersection_id: IntersectionReferenceID,
    pub lane: LaneID,
}

/// Surroundings.
#[derive(AsnType, Debug, Clone, Copy, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(enumerated)]
pub enum VruEnvironment {
    #[rasn(identifier = "unavailable")]
    Unavailable = 0,
    #[rasn(identifier = "intersectionCrossing")]
    IntersectionCrossing = 1,
    #[rasn(identifier = "zebraCrossing")]
    ZebraCrossing = 2,
    #[rasn(identifier = "sidewalk")]
    Sidewalk = 3,
    #[rasn(identifier = "onVehicleRoad")]
    OnVehicleRoad = 4,
    #[rasn(identifier = "protectedGeographicArea")]
    ProtectedGeographicArea = 5,
    #[rasn(identifier = "max")]
    Max = 255,
}

/// What the rider does.
#[derive(AsnType, Debug, Clone, Copy, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(enumerated)]
pub enum VruMovementControl {
    #[rasn(identifier = "unavailable")]
    Unavailable = 0,
    #[rasn(identifier = "braking")]
    Braking = 1,
    #[rasn(identifier = "hardBraking")]
    HardBraking = 2,
    #[rasn(identifier = "stopPedaling")]
    StopPedaling = 3,
    #[rasn(identifier = "brakingAndStopPedaling")]
    BrakingAndStopPedaling = 4,
    #[rasn(identifier = "hardBrakingAndStopPedaling")]
    HardBrakingAndStopPedaling = 5,
    #[rasn(identifier = "noReaction")]
    NoReaction = 6,
    #[rasn(identifier = "max")]
    Max = 255,
}

/// What the device is used for.
#[derive(AsnType, Debug, Clone, Copy, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(enumerated)]
pub enum VruDeviceUsage {
    #[rasn(identifier = "unavailable")]
    Unavailable = 0,
    #[rasn(identifier = "other")]
    Other = 1,
    #[rasn(identifier = "idle")]
    Idle = 2,
    #[rasn(identifier = "listeningToAudio")]
    ListeningToAudio = 3,
    #[rasn(identifier = "typing")]
    Typing = 4,
    #[rasn(identifier = "calling")]
    Calling = 5,
    #[rasn(identifier = "playingGames")]
    PlayingGames = 6,
    #[rasn(identifier = "reading")]
    Reading = 7,
    #[rasn(identifier = "viewing")]
    Viewing = 8,
    #[rasn(identifier = "max")]
    Max = 255,
}

/// What changes rarely.
#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub struct VruLowFrequencyContainer {
    #[rasn(identifier = "profileAndSubprofile")]
    pub profile_and_subprofile: Option<VruProfileAndSubprofile>,
    #[rasn(identifier = "exteriorLights")]
    pub exterior_lights: Option<VruExteriorLights>,
    #[rasn(identifier = "sizeClass")]
    pub size_class: Option<VruSizeClass>,
}

/// Who it is.
#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub enum VruProfileAndSubprofile {
    #[rasn(identifier = "pedestrian")]
    Pedestrian(VruSubProfilePedestrian),
    #[rasn(identifier = "bicyclist")]
    Bicyclist(VruSubProfileBicyclist),
    // The standard spells it so.
    #[rasn(identifier = "motorcylist")]
    Motorcyclist(VruSubProfileMotorcyclist),
    #[rasn(identifier = "animal")]
    Animal(VruSubProfileAnimal),
}

/// Pedestrians.
#[derive(AsnType, Debug, Clone, Copy, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(enumerated)]
pub enum VruSubProfilePedestrian {
    #[rasn(identifier = "unavailable")]
    Unavailable = 0,
    #[rasn(identifier = "ordinary-pedestrian")]
    OrdinaryPedestrian = 1,
    #[rasn(identifier = "road-worker")]
    RoadWorker = 2,
    #[rasn(identifier = "first-responder")]
    FirstResponder = 3,
    #[rasn(identifier = "max")]
    Max = 15,
}

/// Riders of what has no engine to speak of.
#[derive(AsnType, Debug, Clone, Copy, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(enumerated)]
pub enum VruSubProfileBicyclist {
    #[rasn(identifier = "unavailable")]
    Unavailable = 0,
    #[rasn(identifier = "bicyclist")]
    Bicyclist = 1,
    #[rasn(identifier = "wheelchair-user")]
    WheelchairUser = 2,
    #[rasn(identifier = "horse-and-rider")]
    HorseAndRider = 3,
    #[rasn(identifier = "rollerskater")]
    Rollerskater = 4,
    #[rasn(identifier = "e-scooter")]
    EScooter = 5,
    #[rasn(identifier = "personal-transporter")]
    PersonalTransporter = 6,
    #[rasn(identifier = "pedelec")]
    Pedelec = 7,
    #[rasn(identifier = "speed-pedelec")]
    SpeedPedelec = 8,
    #[rasn(identifier = "max")]
    Max = 15,
}

/// Riders of motorcycles.
#[derive(AsnType, Debug, Clone, Copy, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(enumerated)]
pub enum VruSubProfileMotorcyclist {
    #[rasn(identifier = "unavailable")]
    Unavailable = 0,
    #[rasn(identifier = "moped")]
    Moped = 1,
    #[rasn(identifier = "motorcycle")]
    Motorcycle = 2,
    #[rasn(identifier = "motorcycle-and-sidecar-right")]
    MotorcycleAndSidecarRight = 3,
    #[rasn(identifier = "motorcycle-and-sidecar-left")]
    MotorcycleAndSidecarLeft = 4,
    #[rasn(identifier = "max")]
    Max = 15,
}

/// Animals.
#[derive(AsnType, Debug, Clone, Copy, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(enumerated)]
pub enum VruSubProfileAnimal {
    #[rasn(identifier = "unavailable")]
    Unavailable = 0,
    #[rasn(identifier = "wild-animal")]
    WildAnimal = 1,
    #[rasn(identifier = "farm-animal")]
    FarmAnimal = 2,
    #[rasn(identifier = "service-animal")]
    ServiceAnimal = 3,
    #[rasn(identifier = "max")]
    Max = 15,
}

/// Lights that are on.
#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(automatic_tags)]
pub struct VruExteriorLights {
    #[rasn(identifier = "vruSpecific")]
    pub vru_specific: VruSpecificExteriorLights,
    pub vehicular: ExteriorLights,
}

/// Lights of riders.
#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(delegate)]
pub struct VruSpecificExteriorLights(pub FixedBitString<8usize>);

/// How tall.
#[derive(AsnType, Debug, Clone, Copy, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(enumerated)]
pub enum VruSizeClass {
    #[rasn(identifier = "unavailable")]
    Unavailable = 0,
    #[rasn(identifier = "low")]
    Low = 1,
    #[rasn(identifier = "medium")]
    Medium = 2,
    #[rasn(identifier = "high")]
    High = 3,
    #[rasn(identifier = "max")]
    Max = 15,
}

/// A group that one device speaks for.
#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub struct VruClusterInformationContainer {
    #[rasn(identifier = "clusterId")]
    pub cluster_id: ClusterId,
    #[rasn(identifier = "clusterBoundingBoxShape")]
    pub cluster_bounding_box_shape: ClusterBoundingBoxShape,
    #[rasn(identifier = "clusterCardinalitySize")]
    pub cluster_cardinality_size: ClusterCardinalitySize,
    #[rasn(identifier = "clusterProfiles")]
    pub cluster_profiles: ClusterProfiles,
}

/// Number of a group.
#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(delegate, value("0..=255"))]
pub struct ClusterId(pub u8);

/// Members of a group.
#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(delegate, value("0..=255"))]
pub struct ClusterCardinalitySize(pub u8);

/// Whom a group consists of.
#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(delegate)]
pub struct ClusterProfiles(pub FixedBitString<4usize>);

/// Where a group is.
#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(choice, automatic_tags)]
#[non_exhaustive]
pub enum ClusterBoundingBoxShape {
    #[rasn(identifier = "clusterRectangle")]
    ClusterRectangle(AreaRectangle),
    #[rasn(identifier = "clusterCircle")]
    ClusterCircle(AreaCircular),
    #[rasn(identifier = "clusterPolygon")]
    ClusterPolygon(AreaPolygon),
}

/// Joining and leaving groups.
#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub struct VruClusterOperationContainer {
    #[rasn(identifier = "clusterJoinInfo")]
    pub cluster_join_info: Option<ClusterJoinInfo>,
    #[rasn(identifier = "clusterLeaveInfo")]
    pub cluster_leave_info: Option<ClusterLeaveInfo>,
    #[rasn(identifier = "clusterBreakupInfo")]
    pub cluster_breakup_info: Option<ClusterBreakupInfo>,
    #[rasn(identifier = "clusterIdChangeTimeInfo")]
    pub cluster_id_change_time_info: Option<VruClusterOpTimestamp>,
}

/// Time of a change, in quarters of a second.
#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(delegate, value("1..=255"))]
pub struct VruClusterOpTimestamp(pub u8);

/// Joining.
#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub struct ClusterJoinInfo {
    #[rasn(identifier = "clusterId")]
    pub cluster_id: ClusterId,
    #[rasn(identifier = "joinTime")]
    pub join_time: VruClusterOpTimestamp,
}

/// Leaving.
#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub struct ClusterLeaveInfo {
    #[rasn(identifier = "clusterId")]
    pub cluster_id: ClusterId,
    #[rasn(identifier = "clusterLeaveReason")]
    pub cluster_leave_reason: ClusterLeaveReason,
}

/// Ending a group.
#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub struct ClusterBreakupInfo {
    #[rasn(identifier = "clusterBreakupReason")]
    pub cluster_breakup_reason: ClusterBreakupReason,
    #[rasn(identifier = "breakupTime")]
    pub breakup_time: VruClusterOpTimestamp,
}

/// Why one leaves.
#[derive(AsnType, Debug, Clone, Copy, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(enumerated)]
pub enum ClusterLeaveReason {
    #[rasn(identifier = "notProvided")]
    NotProvided = 0,
    #[rasn(identifier = "clusterLeaderLost")]
    ClusterLeaderLost = 1,
    #[rasn(identifier = "clusterDisbandedByLeader")]
    ClusterDisbandedByLeader = 2,
    #[rasn(identifier = "outOfClusterBoundingBox")]
    OutOfClusterBoundingBox = 3,
    #[rasn(identifier = "outOfClusterSpeedRange")]
    OutOfClusterSpeedRange = 4,
    #[rasn(identifier = "joiningAnotherCluster")]
    JoiningAnotherCluster = 5,
    #[rasn(identifier = "cancelledJoin")]
    CancelledJoin = 6,
    #[rasn(identifier = "failedJoin")]
    FailedJoin = 7,
    #[rasn(identifier = "safetyCondition")]
    SafetyCondition = 8,
    #[rasn(identifier = "max")]
    Max = 15,
}

/// Why a group ends.
#[derive(AsnType, Debug, Clone, Copy, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(enumerated)]
pub enum ClusterBreakupReason {
    #[rasn(identifier = "notProvided")]
    NotProvided = 0,
    #[rasn(identifier = "clusteringPurposeCompleted")]
    ClusteringPurposeCompleted = 1,
    #[rasn(identifier = "leaderMovedOutOfClusterBoundingBox")]
    LeaderMovedOutOfClusterBoundingBox = 2,
    #[rasn(identifier = "joiningAnotherCluster")]
    JoiningAnotherCluster = 3,
    #[rasn(identifier = "enteringLowRiskAreaBasedOnMaps")]
    EnteringLowRiskAreaBasedOnMaps = 4,
    #[rasn(identifier = "receptionOfCpmContainingCluster")]
    ReceptionOfCpmContainingCluster = 5,
    #[rasn(identifier = "max")]
    Max = 15,
}

/// How it will move.
#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub struct VruMotionPredictionContainer {
    #[rasn(identifier = "pathHistory")]
    pub path_history: Option<PathHistory>,
    #[rasn(identifier = "pathPrediction")]
    pub path_prediction: Option<SequenceOf<VruPathPoint>>,
    #[rasn(size("1..=8"), identifier = "safeDistance")]
    pub safe_distance: Option<SequenceOf<VruSafeDistanceIndication>>,
    #[rasn(size("1..=8"), identifier = "trajectoryInterceptionIndication")]
    pub trajectory_interception_indication: Option<SequenceOf<TrajectoryInterceptionIndication>>,
    #[rasn(identifier = "accelerationChangeIndication")]
    pub acceleration_change_indication: Option<AccelerationChangeIndication>,
    #[rasn(identifier = "headingChangeIndication")]
    pub heading_change_indication: Option<HeadingChangeIndication>,
    #[rasn(identifier = "stabilityChangeIndication")]
    pub stability_change_indication: Option<StabilityChangeIndication>,
}

/// A point to come.
#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(automatic_tags)]
pub struct VruPathPoint {
    #[rasn(identifier = "pathPosition")]
    pub path_position: ReferencePosition,
    #[rasn(identifier = "pathDeltaTime")]
    pub path_delta_time: Option<PathDeltaTime>,
}

/// Whether another comes too close.
#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub struct VruSafeDistanceIndication {
    #[rasn(identifier = "subjectStation")]
    pub subject_station: Option<StationID>,
    #[rasn(identifier = "stationSafeDistanceIndication")]
    pub station_safe_distance_indication: bool,
    #[rasn(identifier = "timeToCollision")]
    pub time_to_collision: Option<ActionDeltaTime>,
}

/// Whether paths meet.
#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub struct TrajectoryInterceptionIndication {
    #[rasn(identifier = "subjectStation")]
    pub subject_station: Option<StationID>,
    #[rasn(identifier = "trajectoryInterceptionProbability")]
    pub trajectory_interception_probability: TrajectoryInterceptionProbability,
    #[rasn(identifier = "trajectoryInterceptionConfidence")]
    pub trajectory_interception_confidence: Option<TrajectoryInterceptionConfidence>,
}

/// In steps of 2 %.
#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(delegate, value("0..=63"))]
pub struct TrajectoryInterceptionProbability(pub u8);

/// A class.
#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(delegate, value("0..=3"))]
pub struct TrajectoryInterceptionConfidence(pub u8);

/// Turning soon.
#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub struct HeadingChangeIndication {
    pub direction: LeftOrRight,
    #[rasn(identifier = "actionDeltaTime")]
    pub action_delta_time: ActionDeltaTime,
}

/// A side.
#[derive(AsnType, Debug, Clone, Copy, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(enumerated)]
pub enum LeftOrRight {
    #[rasn(identifier = "left")]
    Left = 0,
    #[rasn(identifier = "right")]
    Right = 1,
}

/// In steps of 100 ms.
#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(delegate, value("0..=127"))]
pub struct ActionDeltaTime(pub u8);

/// Faster or slower soon.
#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub struct AccelerationChangeIndication {
    #[rasn(identifier = "accelOrDecel")]
    pub accel_or_decel: AccelOrDecel,
    #[rasn(identifier = "actionDeltaTime")]
    pub action_delta_time: ActionDeltaTime,
}

/// Faster or slower.
#[derive(AsnType, Debug, Clone, Copy, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(enumerated)]
pub enum AccelOrDecel {
    #[rasn(identifier = "accelerate")]
    Accelerate = 0,
    #[rasn(identifier = "decelerate")]
    Decelerate = 1,
}

/// About to fall.
#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub struct StabilityChangeIndication {
    #[rasn(identifier = "lossProbability")]
    pub loss_probability: StabilityLossProbability,
    #[rasn(identifier = "actionDeltaTime")]
    pub action_delta_time: ActionDeltaTime,
}

/// In steps of 2 %.
#[derive(AsnType, Debug, Clone, Decode, Encode, PartialEq, Eq, Hash)]
#[rasn(delegate, value("0..=63"))]
pub struct StabilityLossProbability(pub u8);
