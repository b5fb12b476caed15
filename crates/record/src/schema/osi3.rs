//! Generated from `schemas/osi3.proto`; see the module above.

/// Which OSI the sender speaks.
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct InterfaceVersion {
    /// Incompatible changes.
    #[prost(uint32, optional, tag = "1")]
    pub version_major: ::core::option::Option<u32>,
    /// Additions.
    #[prost(uint32, optional, tag = "2")]
    pub version_minor: ::core::option::Option<u32>,
    /// Corrections.
    #[prost(uint32, optional, tag = "3")]
    pub version_patch: ::core::option::Option<u32>,
}
/// Time since the start of the simulation.
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Timestamp {
    /// Whole seconds.
    #[prost(int64, optional, tag = "1")]
    pub seconds: ::core::option::Option<i64>,
    /// The rest, in nanoseconds.
    #[prost(uint32, optional, tag = "2")]
    pub nanos: ::core::option::Option<u32>,
}
/// A point, a velocity or an acceleration.
#[derive(Clone, Copy, PartialEq, ::prost::Message)]
pub struct Vector3d {
    /// East.
    #[prost(double, optional, tag = "1")]
    pub x: ::core::option::Option<f64>,
    /// North.
    #[prost(double, optional, tag = "2")]
    pub y: ::core::option::Option<f64>,
    /// Up.
    #[prost(double, optional, tag = "3")]
    pub z: ::core::option::Option<f64>,
}
/// Size of a box.
#[derive(Clone, Copy, PartialEq, ::prost::Message)]
pub struct Dimension3d {
    /// Along its heading.
    #[prost(double, optional, tag = "1")]
    pub length: ::core::option::Option<f64>,
    /// Across.
    #[prost(double, optional, tag = "2")]
    pub width: ::core::option::Option<f64>,
    /// Up.
    #[prost(double, optional, tag = "3")]
    pub height: ::core::option::Option<f64>,
}
/// Attitude: yaw, then pitch, then roll.
#[derive(Clone, Copy, PartialEq, ::prost::Message)]
pub struct Orientation3d {
    /// About x.
    #[prost(double, optional, tag = "1")]
    pub roll: ::core::option::Option<f64>,
    /// About y.
    #[prost(double, optional, tag = "2")]
    pub pitch: ::core::option::Option<f64>,
    /// About z.
    #[prost(double, optional, tag = "3")]
    pub yaw: ::core::option::Option<f64>,
}
/// A number that is unique within one ground truth.
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Identifier {
    /// The number.
    #[prost(uint64, optional, tag = "1")]
    pub value: ::core::option::Option<u64>,
}
/// A box that moves.
#[derive(Clone, Copy, PartialEq, ::prost::Message)]
pub struct BaseMoving {
    /// Its size.
    #[prost(message, optional, tag = "1")]
    pub dimension: ::core::option::Option<Dimension3d>,
    /// Its middle, in all three directions.
    #[prost(message, optional, tag = "2")]
    pub position: ::core::option::Option<Vector3d>,
    /// Its attitude.
    #[prost(message, optional, tag = "3")]
    pub orientation: ::core::option::Option<Orientation3d>,
    /// In the global frame.
    #[prost(message, optional, tag = "4")]
    pub velocity: ::core::option::Option<Vector3d>,
    /// In the global frame.
    #[prost(message, optional, tag = "5")]
    pub acceleration: ::core::option::Option<Vector3d>,
    /// In the global frame.
    #[prost(message, optional, tag = "6")]
    pub orientation_rate: ::core::option::Option<Orientation3d>,
}
/// A box that does not move.
#[derive(Clone, Copy, PartialEq, ::prost::Message)]
pub struct BaseStationary {
    /// Its size.
    #[prost(message, optional, tag = "1")]
    pub dimension: ::core::option::Option<Dimension3d>,
    /// Its middle, in all three directions.
    #[prost(message, optional, tag = "2")]
    pub position: ::core::option::Option<Vector3d>,
    /// Its attitude.
    #[prost(message, optional, tag = "3")]
    pub orientation: ::core::option::Option<Orientation3d>,
}
/// Whoever moves.
#[derive(Clone, Copy, PartialEq, ::prost::Message)]
pub struct MovingObject {
    /// Unique number.
    #[prost(message, optional, tag = "1")]
    pub id: ::core::option::Option<Identifier>,
    /// Where.
    #[prost(message, optional, tag = "2")]
    pub base: ::core::option::Option<BaseMoving>,
    /// What, roughly.
    #[prost(enumeration = "moving_object::Type", optional, tag = "3")]
    pub r#type: ::core::option::Option<i32>,
    /// Only for vehicles: what follows from its build.
    #[prost(message, optional, tag = "5")]
    pub vehicle_attributes: ::core::option::Option<moving_object::VehicleAttributes>,
    /// Only for vehicles: what, precisely.
    #[prost(message, optional, tag = "6")]
    pub vehicle_classification: ::core::option::Option<moving_object::VehicleClassification>,
}
/// Nested message and enum types in `MovingObject`.
pub mod moving_object {
    /// What follows from a vehicle's build.
    #[derive(Clone, Copy, PartialEq, ::prost::Message)]
    pub struct VehicleAttributes {
        /// Wheels, each counted.
        #[prost(uint32, optional, tag = "3")]
        pub number_wheels: ::core::option::Option<u32>,
        /// From the middle of the box to the middle of the rear axle, in the vehicle's frame.
        #[prost(message, optional, tag = "4")]
        pub bbcenter_to_rear: ::core::option::Option<super::Vector3d>,
        /// From the middle of the box to the middle of the front axle, in the vehicle's frame.
        #[prost(message, optional, tag = "5")]
        pub bbcenter_to_front: ::core::option::Option<super::Vector3d>,
    }
    /// Which kind of vehicle, and its lights.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct VehicleClassification {
        /// Kind.
        #[prost(enumeration = "vehicle_classification::Type", optional, tag = "1")]
        pub r#type: ::core::option::Option<i32>,
        /// Lights.
        #[prost(message, optional, tag = "2")]
        pub light_state: ::core::option::Option<vehicle_classification::LightState>,
        /// Whether it draws a trailer.
        #[prost(bool, optional, tag = "3")]
        pub has_trailer: ::core::option::Option<bool>,
    }
    /// Nested message and enum types in `VehicleClassification`.
    pub mod vehicle_classification {
        /// Lights.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
        pub struct LightState {
            /// Turn indicators.
            #[prost(enumeration = "light_state::IndicatorState", optional, tag = "1")]
            pub indicator_state: ::core::option::Option<i32>,
        }
        /// Nested message and enum types in `LightState`.
        pub mod light_state {
            /// States of turn indicators.
            #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
            #[repr(i32)]
            pub enum IndicatorState {
                /// Not allowed in a ground truth.
                Unknown = 0,
                /// None of the others.
                Other = 1,
                /// Off.
                Off = 2,
                /// Left.
                Left = 3,
                /// Right.
                Right = 4,
                /// Both.
                Warning = 5,
            }
            impl IndicatorState {
                /// String value of the enum field names used in the ProtoBuf definition.
                ///
                /// The values are not transformed in any way and thus are considered stable
                /// (if the ProtoBuf definition does not change) and safe for programmatic use.
                pub fn as_str_name(&self) -> &'static str {
                    match self {
                        Self::Unknown => "INDICATOR_STATE_UNKNOWN",
                        Self::Other => "INDICATOR_STATE_OTHER",
                        Self::Off => "INDICATOR_STATE_OFF",
                        Self::Left => "INDICATOR_STATE_LEFT",
                        Self::Right => "INDICATOR_STATE_RIGHT",
                        Self::Warning => "INDICATOR_STATE_WARNING",
                    }
                }
                /// Creates an enum from field names used in the ProtoBuf definition.
                pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
                    match value {
                        "INDICATOR_STATE_UNKNOWN" => Some(Self::Unknown),
                        "INDICATOR_STATE_OTHER" => Some(Self::Other),
                        "INDICATOR_STATE_OFF" => Some(Self::Off),
                        "INDICATOR_STATE_LEFT" => Some(Self::Left),
                        "INDICATOR_STATE_RIGHT" => Some(Self::Right),
                        "INDICATOR_STATE_WARNING" => Some(Self::Warning),
                        _ => None,
                    }
                }
            }
        }
        /// Kinds of vehicles.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
        #[repr(i32)]
        pub enum Type {
            /// Not allowed in a ground truth.
            Unknown = 0,
            /// None of the others.
            Other = 1,
            /// A small car.
            SmallCar = 2,
            /// A compact car.
            CompactCar = 3,
            /// A car of middle size.
            MediumCar = 4,
            /// A large car.
            LuxuryCar = 5,
            /// A delivery van.
            DeliveryVan = 6,
            /// A heavy lorry.
            HeavyTruck = 7,
            /// A semi-trailer without its tractor.
            Semitrailer = 8,
            /// A trailer.
            Trailer = 9,
            /// A motorcycle.
            Motorbike = 10,
            /// A bicycle.
            Bicycle = 11,
            /// A bus.
            Bus = 12,
            /// A tram.
            Tram = 13,
            /// A train.
            Train = 14,
            /// A wheelchair.
            Wheelchair = 15,
            /// A tractor of a semi-trailer.
            Semitractor = 16,
            /// A scooter to stand on.
            StandupScooter = 17,
        }
        impl Type {
            /// String value of the enum field names used in the ProtoBuf definition.
            ///
            /// The values are not transformed in any way and thus are considered stable
            /// (if the ProtoBuf definition does not change) and safe for programmatic use.
            pub fn as_str_name(&self) -> &'static str {
                match self {
                    Self::Unknown => "TYPE_UNKNOWN",
                    Self::Other => "TYPE_OTHER",
                    Self::SmallCar => "TYPE_SMALL_CAR",
                    Self::CompactCar => "TYPE_COMPACT_CAR",
                    Self::MediumCar => "TYPE_MEDIUM_CAR",
                    Self::LuxuryCar => "TYPE_LUXURY_CAR",
                    Self::DeliveryVan => "TYPE_DELIVERY_VAN",
                    Self::HeavyTruck => "TYPE_HEAVY_TRUCK",
                    Self::Semitrailer => "TYPE_SEMITRAILER",
                    Self::Trailer => "TYPE_TRAILER",
                    Self::Motorbike => "TYPE_MOTORBIKE",
                    Self::Bicycle => "TYPE_BICYCLE",
                    Self::Bus => "TYPE_BUS",
                    Self::Tram => "TYPE_TRAM",
                    Self::Train => "TYPE_TRAIN",
                    Self::Wheelchair => "TYPE_WHEELCHAIR",
                    Self::Semitractor => "TYPE_SEMITRACTOR",
                    Self::StandupScooter => "TYPE_STANDUP_SCOOTER",
                }
            }
            /// Creates an enum from field names used in the ProtoBuf definition.
            pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
                match value {
                    "TYPE_UNKNOWN" => Some(Self::Unknown),
                    "TYPE_OTHER" => Some(Self::Other),
                    "TYPE_SMALL_CAR" => Some(Self::SmallCar),
                    "TYPE_COMPACT_CAR" => Some(Self::CompactCar),
                    "TYPE_MEDIUM_CAR" => Some(Self::MediumCar),
                    "TYPE_LUXURY_CAR" => Some(Self::LuxuryCar),
                    "TYPE_DELIVERY_VAN" => Some(Self::DeliveryVan),
                    "TYPE_HEAVY_TRUCK" => Some(Self::HeavyTruck),
                    "TYPE_SEMITRAILER" => Some(Self::Semitrailer),
                    "TYPE_TRAILER" => Some(Self::Trailer),
                    "TYPE_MOTORBIKE" => Some(Self::Motorbike),
                    "TYPE_BICYCLE" => Some(Self::Bicycle),
                    "TYPE_BUS" => Some(Self::Bus),
                    "TYPE_TRAM" => Some(Self::Tram),
                    "TYPE_TRAIN" => Some(Self::Train),
                    "TYPE_WHEELCHAIR" => Some(Self::Wheelchair),
                    "TYPE_SEMITRACTOR" => Some(Self::Semitractor),
                    "TYPE_STANDUP_SCOOTER" => Some(Self::StandupScooter),
                    _ => None,
                }
            }
        }
    }
    /// Kinds of moving objects.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
    #[repr(i32)]
    pub enum Type {
        /// Not allowed in a ground truth.
        Unknown = 0,
        /// None of the others.
        Other = 1,
        /// A vehicle, bicycles included.
        Vehicle = 2,
        /// A person.
        Pedestrian = 3,
        /// An animal.
        Animal = 4,
    }
    impl Type {
        /// String value of the enum field names used in the ProtoBuf definition.
        ///
        /// The values are not transformed in any way and thus are considered stable
        /// (if the ProtoBuf definition does not change) and safe for programmatic use.
        pub fn as_str_name(&self) -> &'static str {
            match self {
                Self::Unknown => "TYPE_UNKNOWN",
                Self::Other => "TYPE_OTHER",
                Self::Vehicle => "TYPE_VEHICLE",
                Self::Pedestrian => "TYPE_PEDESTRIAN",
                Self::Animal => "TYPE_ANIMAL",
            }
        }
        /// Creates an enum from field names used in the ProtoBuf definition.
        pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
            match value {
                "TYPE_UNKNOWN" => Some(Self::Unknown),
                "TYPE_OTHER" => Some(Self::Other),
                "TYPE_VEHICLE" => Some(Self::Vehicle),
                "TYPE_PEDESTRIAN" => Some(Self::Pedestrian),
                "TYPE_ANIMAL" => Some(Self::Animal),
                _ => None,
            }
        }
    }
}
/// One bulb of a set of lights.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct TrafficLight {
    /// Unique number.
    #[prost(message, optional, tag = "1")]
    pub id: ::core::option::Option<Identifier>,
    /// Where.
    #[prost(message, optional, tag = "2")]
    pub base: ::core::option::Option<BaseStationary>,
    /// What it shows.
    #[prost(message, optional, tag = "3")]
    pub classification: ::core::option::Option<traffic_light::Classification>,
}
/// Nested message and enum types in `TrafficLight`.
pub mod traffic_light {
    /// What a bulb shows.
    #[derive(Clone, PartialEq, ::prost::Message)]
    pub struct Classification {
        /// Colour of the glass.
        #[prost(enumeration = "classification::Color", optional, tag = "1")]
        pub color: ::core::option::Option<i32>,
        /// Its mask.
        #[prost(enumeration = "classification::Icon", optional, tag = "2")]
        pub icon: ::core::option::Option<i32>,
        /// Whether it is lit.
        #[prost(enumeration = "classification::Mode", optional, tag = "3")]
        pub mode: ::core::option::Option<i32>,
        /// Lanes it holds for.
        #[prost(message, repeated, tag = "5")]
        pub assigned_lane_id: ::prost::alloc::vec::Vec<super::Identifier>,
        /// Whether it is out of service.
        #[prost(bool, optional, tag = "6")]
        pub is_out_of_service: ::core::option::Option<bool>,
    }
    /// Nested message and enum types in `Classification`.
    pub mod classification {
        /// Colours.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
        #[repr(i32)]
        pub enum Color {
            /// Not allowed in a ground truth.
            Unknown = 0,
            /// None of the others.
            Other = 1,
            /// Red.
            Red = 2,
            /// Amber.
            Yellow = 3,
            /// Green.
            Green = 4,
            /// Blue.
            Blue = 5,
            /// White.
            White = 6,
        }
        impl Color {
            /// String value of the enum field names used in the ProtoBuf definition.
            ///
            /// The values are not transformed in any way and thus are considered stable
            /// (if the ProtoBuf definition does not change) and safe for programmatic use.
            pub fn as_str_name(&self) -> &'static str {
                match self {
                    Self::Unknown => "COLOR_UNKNOWN",
                    Self::Other => "COLOR_OTHER",
                    Self::Red => "COLOR_RED",
                    Self::Yellow => "COLOR_YELLOW",
                    Self::Green => "COLOR_GREEN",
                    Self::Blue => "COLOR_BLUE",
                    Self::White => "COLOR_WHITE",
                }
            }
            /// Creates an enum from field names used in the ProtoBuf definition.
            pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
                match value {
                    "COLOR_UNKNOWN" => Some(Self::Unknown),
                    "COLOR_OTHER" => Some(Self::Other),
                    "COLOR_RED" => Some(Self::Red),
                    "COLOR_YELLOW" => Some(Self::Yellow),
                    "COLOR_GREEN" => Some(Self::Green),
                    "COLOR_BLUE" => Some(Self::Blue),
                    "COLOR_WHITE" => Some(Self::White),
                    _ => None,
                }
            }
        }
        /// Masks.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
        #[repr(i32)]
        pub enum Icon {
            /// Not allowed in a ground truth.
            Unknown = 0,
            /// None of the others.
            Other = 1,
            /// A plain disc.
            None = 2,
        }
        impl Icon {
            /// String value of the enum field names used in the ProtoBuf definition.
            ///
            /// The values are not transformed in any way and thus are considered stable
            /// (if the ProtoBuf definition does not change) and safe for programmatic use.
            pub fn as_str_name(&self) -> &'static str {
                match self {
                    Self::Unknown => "ICON_UNKNOWN",
                    Self::Other => "ICON_OTHER",
                    Self::None => "ICON_NONE",
                }
            }
            /// Creates an enum from field names used in the ProtoBuf definition.
            pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
                match value {
                    "ICON_UNKNOWN" => Some(Self::Unknown),
                    "ICON_OTHER" => Some(Self::Other),
                    "ICON_NONE" => Some(Self::None),
                    _ => None,
                }
            }
        }
        /// Ways to be lit.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
        #[repr(i32)]
        pub enum Mode {
            /// Not allowed in a ground truth.
            Unknown = 0,
            /// None of the others.
            Other = 1,
            /// Off.
            Off = 2,
            /// On.
            Constant = 3,
            /// Flashing.
            Flashing = 4,
            /// Counting down.
            Counting = 5,
        }
        impl Mode {
            /// String value of the enum field names used in the ProtoBuf definition.
            ///
            /// The values are not transformed in any way and thus are considered stable
            /// (if the ProtoBuf definition does not change) and safe for programmatic use.
            pub fn as_str_name(&self) -> &'static str {
                match self {
                    Self::Unknown => "MODE_UNKNOWN",
                    Self::Other => "MODE_OTHER",
                    Self::Off => "MODE_OFF",
                    Self::Constant => "MODE_CONSTANT",
                    Self::Flashing => "MODE_FLASHING",
                    Self::Counting => "MODE_COUNTING",
                }
            }
            /// Creates an enum from field names used in the ProtoBuf definition.
            pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
                match value {
                    "MODE_UNKNOWN" => Some(Self::Unknown),
                    "MODE_OTHER" => Some(Self::Other),
                    "MODE_OFF" => Some(Self::Off),
                    "MODE_CONSTANT" => Some(Self::Constant),
                    "MODE_FLASHING" => Some(Self::Flashing),
                    "MODE_COUNTING" => Some(Self::Counting),
                    _ => None,
                }
            }
        }
    }
}
/// A stretch of a lane.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Lane {
    /// Unique number.
    #[prost(message, optional, tag = "1")]
    pub id: ::core::option::Option<Identifier>,
    /// What it is and where.
    #[prost(message, optional, tag = "2")]
    pub classification: ::core::option::Option<lane::Classification>,
}
/// Nested message and enum types in `Lane`.
pub mod lane {
    /// What a lane is and where.
    #[derive(Clone, PartialEq, ::prost::Message)]
    pub struct Classification {
        /// Kind.
        #[prost(enumeration = "classification::Type", optional, tag = "1")]
        pub r#type: ::core::option::Option<i32>,
        /// Whether the vehicle under test is on it.
        #[prost(bool, optional, tag = "2")]
        pub is_host_vehicle_lane: ::core::option::Option<bool>,
        /// Points of its middle, in their order.
        #[prost(message, repeated, tag = "3")]
        pub centerline: ::prost::alloc::vec::Vec<super::Vector3d>,
        /// Whether they run the way that is driven.
        #[prost(bool, optional, tag = "4")]
        pub centerline_is_driving_direction: ::core::option::Option<bool>,
    }
    /// Nested message and enum types in `Classification`.
    pub mod classification {
        /// Kinds of lanes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
        #[repr(i32)]
        pub enum Type {
            /// Not allowed in a ground truth.
            Unknown = 0,
            /// None of the others.
            Other = 1,
            /// To be driven on.
            Driving = 2,
            /// Not to be driven on.
            Nondriving = 3,
            /// Within an intersection.
            Intersection = 4,
        }
        impl Type {
            /// String value of the enum field names used in the ProtoBuf definition.
            ///
            /// The values are not transformed in any way and thus are considered stable
            /// (if the ProtoBuf definition does not change) and safe for programmatic use.
            pub fn as_str_name(&self) -> &'static str {
                match self {
                    Self::Unknown => "TYPE_UNKNOWN",
                    Self::Other => "TYPE_OTHER",
                    Self::Driving => "TYPE_DRIVING",
                    Self::Nondriving => "TYPE_NONDRIVING",
                    Self::Intersection => "TYPE_INTERSECTION",
                }
            }
            /// Creates an enum from field names used in the ProtoBuf definition.
            pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
                match value {
                    "TYPE_UNKNOWN" => Some(Self::Unknown),
                    "TYPE_OTHER" => Some(Self::Other),
                    "TYPE_DRIVING" => Some(Self::Driving),
                    "TYPE_NONDRIVING" => Some(Self::Nondriving),
                    "TYPE_INTERSECTION" => Some(Self::Intersection),
                    _ => None,
                }
            }
        }
    }
}
/// Everything at one moment.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct GroundTruth {
    /// Which OSI this is.
    #[prost(message, optional, tag = "1")]
    pub version: ::core::option::Option<InterfaceVersion>,
    /// When.
    #[prost(message, optional, tag = "2")]
    pub timestamp: ::core::option::Option<Timestamp>,
    /// The vehicle under test, if there is one.
    #[prost(message, optional, tag = "3")]
    pub host_vehicle_id: ::core::option::Option<Identifier>,
    /// Whoever moves.
    #[prost(message, repeated, tag = "5")]
    pub moving_object: ::prost::alloc::vec::Vec<MovingObject>,
    /// Lights.
    #[prost(message, repeated, tag = "7")]
    pub traffic_light: ::prost::alloc::vec::Vec<TrafficLight>,
    /// Lanes.
    #[prost(message, repeated, tag = "10")]
    pub lane: ::prost::alloc::vec::Vec<Lane>,
    /// ISO 3166-1 numeric code of the country.
    #[prost(uint32, optional, tag = "13")]
    pub country_code: ::core::option::Option<u32>,
    /// PROJ string of the map's projection.
    #[prost(string, optional, tag = "14")]
    pub proj_string: ::core::option::Option<::prost::alloc::string::String>,
    /// The map.
    #[prost(string, optional, tag = "15")]
    pub map_reference: ::core::option::Option<::prost::alloc::string::String>,
}
/// What a vehicle under test is told.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct SensorView {
    /// Which OSI this is.
    #[prost(message, optional, tag = "1")]
    pub version: ::core::option::Option<InterfaceVersion>,
    /// When.
    #[prost(message, optional, tag = "2")]
    pub timestamp: ::core::option::Option<Timestamp>,
    /// Number of the sensor.
    #[prost(message, optional, tag = "3")]
    pub sensor_id: ::core::option::Option<Identifier>,
    /// Everything around it.
    #[prost(message, optional, tag = "7")]
    pub global_ground_truth: ::core::option::Option<GroundTruth>,
    /// The vehicle that it is for.
    #[prost(message, optional, tag = "8")]
    pub host_vehicle_id: ::core::option::Option<Identifier>,
}
/// What whoever drives a moving object answers.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct TrafficUpdate {
    /// Which OSI this is.
    #[prost(message, optional, tag = "1")]
    pub version: ::core::option::Option<InterfaceVersion>,
    /// The moment that it is for.
    #[prost(message, optional, tag = "2")]
    pub timestamp: ::core::option::Option<Timestamp>,
    /// Where the objects are then.
    #[prost(message, repeated, tag = "3")]
    pub update: ::prost::alloc::vec::Vec<MovingObject>,
}
/// How a vehicle under test will be told.
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct SensorViewConfiguration {
    /// Which OSI this is.
    #[prost(message, optional, tag = "1")]
    pub version: ::core::option::Option<InterfaceVersion>,
    /// Number of the sensor.
    #[prost(message, optional, tag = "2")]
    pub sensor_id: ::core::option::Option<Identifier>,
    /// Time from one view to the next.
    #[prost(message, optional, tag = "8")]
    pub update_cycle_time: ::core::option::Option<Timestamp>,
}
