//! Vehicles and roadside that talk: who sends what in each tick, who hears it, and what a vehicle makes of it.
//!
//! In go a world, tick by tick; out come messages on the air (and into a capture), and what each vehicle under test was told
//! of things its own sensors do not see. Roadside units stand at junctions, see with a radar and a camera on a mast, send
//! CPM, and for lights SPATEM and MAPEM; vehicles send CAM and DENM. Everything passes the sidelink, so that messages are
//! lost as the channel loses them. Units with no vehicle under test in reach rest: nobody would hear them.
//!
//! Knows no service and no file. Lights reach vehicles as the world has it (`world::sensing` models SPATEM's reception).

use crate::facilities::cam::CamService;
use crate::facilities::cpm::{self, CpmService, Perceived, SensorField};
use crate::facilities::dcc::CongestionControl;
use crate::facilities::denm::DenmService;
use crate::facilities::mapem::{self, JunctionMap, SignalledWay};
use crate::facilities::spatem::{Phase, SpatemService};
use crate::facilities::srem::{self, Request};
use crate::facilities::{Kinematics, Place, StationKind};
use crate::sidelink::{self, Arrival, Channel, Fate, Outgoing, Sidelink};
use ::geonetworking::en302636_4_1::StationType;
use messages::geonetworking::{self, PacketError, Reach, Sender};
use messages::security::ItsTime;
use messages::{Message, MessageError, MessageKind};
use record::{Seed, SimTime};
use road::{JunctionId, LaneId, RoadNetwork, SignalId};
use std::collections::BTreeMap;
use std::f64::consts::{PI, TAU};
use std::sync::Arc;
use std::time::Duration;
use vehicle::{Sensor, SensorKind};
use world::{ActorId, Heard, Mast, Sighting, World};

/// Which junctions have a roadside unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Roadside {
    /// None.
    None,
    /// Those with lights.
    #[default]
    Signals,
    /// All where ways cross.
    Junctions,
}

/// What cannot be sent.
#[derive(Debug, thiserror::Error)]
pub enum CooperationError {
    /// The map has no place on Earth.
    #[error(
        "the map has no geographic reference\nhint: give the map's header a <geoReference>, messages tell latitudes"
    )]
    NoReference,
    /// A message cannot be written.
    #[error(transparent)]
    Message(#[from] MessageError),
    /// A packet cannot be written.
    #[error(transparent)]
    Packet(#[from] PacketError),
}

/// What was sent and heard so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tally {
    /// Messages sent, by kind.
    pub sent: BTreeMap<MessageKind, u64>,
    /// Bytes sent, headers included.
    pub bytes: u64,
    /// Packets at receivers, by what became of them.
    pub fates: BTreeMap<Fate, u64>,
    /// Objects told to vehicles that they did not see themselves or saw too.
    pub objects_told: u64,
    /// Requests for priority that a junction granted.
    pub priority_granted: u64,
}

/// Talk between vehicles and roadside.
pub struct Cooperation {
    network: Arc<RoadNetwork>,
    /// ITS time at the start of the run.
    epoch: ItsTime,
    units: Vec<Unit>,
    vehicles: BTreeMap<ActorId, Talker>,
    sidelink: Sidelink,
    tally: Tally,
    // Scratch of a tick.
    stations: Vec<Station>,
    outbox: Vec<(usize, Message, Vec<u8>)>,
    arrivals: Vec<Arrival>,
    seen: Vec<Sighting>,
    asks_for_priority: bool,
    asked: Vec<Asked>,
    /// Ways through junctions with a unit: unit, way.
    ways: BTreeMap<(LaneId, LaneId), (usize, SignalledWay)>,
}

/// A light that a vehicle asked to be favoured at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The light.
    pub signal: SignalId,
    /// When the vehicle reaches it.
    pub arrives: SimTime,
    unit: usize,
    request: Request,
}

/// Something on the air in this tick.
#[derive(Clone, Copy)]
struct Station {
    number: u32,
    place_m: [f64; 3],
    owner: Owner,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owner {
    Vehicle(ActorId),
    Unit(usize),
}

struct Unit {
    station: u32,
    place: Place,
    place_m: [f64; 3],
    mast: Option<Mast>,
    cpm: CpmService,
    spatem: Option<(SpatemService, Vec<(u8, SignalId)>)>,
    map: Option<Message>,
    map_at: Option<ItsTime>,
    /// Its number as a junction, and the ways that its lights hold back.
    junction: u16,
    ways: Vec<SignalledWay>,
    /// Answers to send in the next tick.
    answers: Vec<Message>,
    congestion: CongestionControl,
    /// Numbers it gives to what it sees.
    numbers: BTreeMap<ActorId, u16>,
    next_number: u16,
}

struct Talker {
    cam: CamService,
    denm: DenmService,
    congestion: CongestionControl,
    /// The light it last asked to be favoured at, when first and last, and the number of the request.
    asked: Option<(SignalId, ItsTime)>,
    request: u8,
}

/// Stations of the roadside are numbered from here on, vehicles by their number in the world.
const ROADSIDE_STATIONS: u32 = 0x0100_0000;
/// A unit rests while no vehicle under test is nearer.
const AWAKE_M: f64 = 400.0;
/// Height of a mast's sensors.
const MAST_M: f64 = 6.0;
const WATCH_M: f64 = 100.0;
/// A MAPEM each second.
const MAP_EACH: Duration = Duration::from_secs(1);
/// What a packet's headers take beside the message.
const TRAFFIC_CLASS: u8 = 2;

impl Cooperation {
    /// For the roads of a world that begins at `epoch`; `watches`: units see, otherwise they tell of lights only.
    pub fn new(
        network: Arc<RoadNetwork>,
        epoch: ItsTime,
        roadside: Roadside,
        watches: bool,
        seed: Seed,
    ) -> Result<Cooperation, CooperationError> {
        network
            .to_geographic_deg(0.0, 0.0)
            .ok_or(CooperationError::NoReference)?;
        let mut units = Vec::new();
        for index in 0..network.junctions().len() {
            units.extend(unit(&network, JunctionId(index as u32), roadside, watches, seed));
        }
        let of_unit = |(index, unit): (usize, &Unit)| {
            unit.ways
                .iter()
                .map(move |way| ((way.from, way.to), (index, *way)))
                .collect::<Vec<_>>()
        };
        let ways = units.iter().enumerate().flat_map(of_unit).collect();
        Ok(Cooperation {
            network,
            epoch,
            units,
            vehicles: BTreeMap::new(),
            sidelink: Sidelink::new(Channel::default(), seed),
            tally: Tally::default(),
            stations: Vec::new(),
            outbox: Vec::new(),
            arrivals: Vec::new(),
            seen: Vec::new(),
            asks_for_priority: false,
            asked: Vec::new(),
            ways,
        })
    }

    /// Vehicles ask lights to favour them from now on, or no longer.
    pub fn set_priority(&mut self, asks: bool) {
        self.asks_for_priority = asks;
    }

    /// What junctions were asked for in the last tick: to be put to the world's lights, and the outcome to [`Self::answer`].
    pub fn asked(&self) -> &[Asked] {
        &self.asked
    }

    /// The answer of a junction to what it was asked for, sent in the next tick.
    pub fn answer(&mut self, asked: &Asked, is_granted: bool, time: SimTime) {
        let now = self.its_time(time);
        let unit = &mut self.units[asked.unit];
        self.tally.priority_granted += u64::from(is_granted);
        unit.answers.push(asked.request.answer(now, unit.station, is_granted));
    }

    /// How many roadside units there are.
    pub fn units(&self) -> usize {
        self.units.len()
    }

    /// What was sent and heard so far.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// ITS time of a moment of the run.
    pub fn its_time(&self, time: SimTime) -> ItsTime {
        ItsTime(self.epoch.0.saturating_add_signed(time.as_nanos() / 1_000))
    }

    /// Plays a tick: to be called after each tick of the world. `vehicles` are those under test with whether they board
    /// passengers or stand on purpose; `frame` is given each packet that goes on the air, with its time. What each vehicle
    /// heard of others' perception is told to `tell`; what junctions were asked for is left in [`Cooperation::asked`].
    pub fn step(
        &mut self,
        world: &World,
        vehicles: &[(ActorId, Activity)],
        mut frame: impl FnMut(ItsTime, &Message, &[u8]),
        mut tell: impl FnMut(ActorId, &[Heard]),
    ) -> Result<(), CooperationError> {
        let now = self.its_time(world.time());
        self.gather(world, vehicles);
        self.outbox.clear();
        self.speak_vehicles(world, now, vehicles)?;
        self.speak_units(world, now)?;
        self.transmit(world, now, &mut frame);
        self.listen(now, world.time(), &mut tell);
        self.collect_requests(now);
        Ok(())
    }

    /// Who is on the air.
    fn gather(&mut self, world: &World, vehicles: &[(ActorId, Activity)]) {
        self.stations.clear();
        for &(id, _) in vehicles {
            let pose = world.vehicle(id).ego.pose;
            self.stations.push(Station {
                number: id.0,
                place_m: [pose.x_m, pose.y_m, pose.z_m],
                owner: Owner::Vehicle(id),
            });
            self.vehicles.entry(id).or_insert_with(|| Talker {
                cam: CamService::default(),
                denm: DenmService::default(),
                congestion: CongestionControl::default(),
                asked: None,
                request: 0,
            });
        }
        let count = self.stations.len();
        for (index, unit) in self.units.iter().enumerate() {
            let is_awake = self.stations[..count].iter().any(|vehicle| {
                libm::hypot(
                    vehicle.place_m[0] - unit.place_m[0],
                    vehicle.place_m[1] - unit.place_m[1],
                ) < AWAKE_M
            });
            if is_awake {
                self.stations.push(Station {
                    number: unit.station,
                    place_m: unit.place_m,
                    owner: Owner::Unit(index),
                });
            }
        }
        self.stations.sort_unstable_by_key(|station| station.number);
    }

    fn speak_vehicles(
        &mut self,
        world: &World,
        now: ItsTime,
        vehicles: &[(ActorId, Activity)],
    ) -> Result<(), CooperationError> {
        for &(id, activity) in vehicles {
            let Some(own) = kinematics(&self.network, world, id, activity) else {
                continue;
            };
            let Some(talker) = self.vehicles.get_mut(&id) else {
                continue;
            };
            talker.congestion.observe(now, self.sidelink.busy_share(id.0));
            let cam = talker.cam.poll(now, &own, talker.congestion.interval());
            let denms = talker.denm.poll(now, &own, activity.stands_on_purpose);
            let sender = sender_of(&own, now);
            let priority = if self.asks_for_priority && !activity.boards {
                ask(&self.network, &self.ways, &self.units, talker, world, id, now)
            } else {
                None
            };
            for message in cam.into_iter().chain(denms).chain(priority) {
                self.post(id.0, &sender, message)?;
            }
        }
        Ok(())
    }

    fn speak_units(&mut self, world: &World, now: ItsTime) -> Result<(), CooperationError> {
        for at in 0..self.stations.len() {
            let Owner::Unit(index) = self.stations[at].owner else {
                continue;
            };
            let unit = &mut self.units[index];
            unit.congestion.observe(now, self.sidelink.busy_share(unit.station));
            let mut messages = std::mem::take(&mut unit.answers);
            if let Some(mast) = &mut unit.mast {
                world.look_from(mast, &mut self.seen);
                let objects = unit.number(&self.seen, now);
                messages.extend(unit.cpm.poll(now, &objects, unit.congestion.interval()));
            }
            if let Some((service, groups)) = &mut unit.spatem {
                let phase = |&(group, signal): &(u8, SignalId)| {
                    let (colour, changes_at) = world.signal(signal);
                    let changes_at =
                        changes_at.map(|at| ItsTime(self.epoch.0.saturating_add_signed(at.as_nanos() / 1_000)));
                    Phase {
                        group,
                        colour,
                        changes_at,
                    }
                };
                let phases: Vec<Phase> = groups.iter().map(phase).collect();
                messages.extend(service.poll(now, &phases));
            }
            if unit.map_at.is_none_or(|at| now >= at.after(MAP_EACH)) {
                unit.map_at = Some(now);
                messages.extend(unit.map.clone());
            }
            let (latitude, longitude) = unit.place.wire();
            let sender = Sender {
                station: unit.station,
                station_type: StationType::RoadSideUnit,
                timestamp_its_ms: now.as_millis(),
                latitude,
                longitude,
                speed_cmps: 0,
                heading_decideg: 0,
            };
            let station = unit.station;
            for message in messages {
                self.post(station, &sender, message)?;
            }
        }
        Ok(())
    }

    /// Puts a message into its packet.
    fn post(&mut self, station: u32, sender: &Sender, message: Message) -> Result<(), CooperationError> {
        let Ok(at) = self.stations.binary_search_by_key(&station, |station| station.number) else {
            return Ok(());
        };
        let kind = message.kind();
        let reach = match kind {
            MessageKind::Denm => Reach::Circle {
                sequence_number: (self.tally.sent.get(&kind).copied().unwrap_or_default() & 0xffff) as u16,
                latitude: sender.latitude,
                longitude: sender.longitude,
                radius_m: 500,
            },
            _ => Reach::SingleHop,
        };
        let payload = message.to_uper()?;
        let (basic, packet) = geonetworking::packet(sender, reach, kind.port(), TRAFFIC_CLASS, &payload);
        let bytes = geonetworking::frame(sender, &basic, &packet.write()?)?;
        *self.tally.sent.entry(kind).or_default() += 1;
        self.tally.bytes += bytes.len() as u64;
        self.outbox.push((at, message, bytes));
        Ok(())
    }

    fn transmit(&mut self, world: &World, now: ItsTime, frame: &mut impl FnMut(ItsTime, &Message, &[u8])) {
        let packets: Vec<Outgoing> = self
            .outbox
            .iter()
            .map(|(station, _, bytes)| Outgoing {
                station: *station,
                bytes: bytes.len(),
            })
            .collect();
        let numbers: Vec<u32> = self.stations.iter().map(|station| station.number).collect();
        let stations = &self.stations;
        let antenna = |station: &Station| {
            let height_m = match station.owner {
                Owner::Vehicle(_) => 2.8,
                Owner::Unit(_) => MAST_M,
            };
            [station.place_m[0], station.place_m[1], station.place_m[2] + height_m]
        };
        let loss_db = |a: usize, b: usize| {
            let (from, to) = (antenna(&stations[a]), antenna(&stations[b]));
            let distance_m = libm::hypot(libm::hypot(from[0] - to[0], from[1] - to[1]), from[2] - to[2]);
            let is_in_sight = world.sees([from[0], from[1]], [to[0], to[1]]);
            sidelink::urban_loss_db(distance_m, is_in_sight)
        };
        self.sidelink.step(&numbers, &packets, loss_db, &mut self.arrivals);
        for (_, message, bytes) in &self.outbox {
            frame(now, message, bytes);
        }
        for arrival in &self.arrivals {
            *self.tally.fates.entry(arrival.fate).or_default() += 1;
        }
    }

    /// What junctions make of the requests that reached them.
    fn collect_requests(&mut self, now: ItsTime) {
        self.asked.clear();
        for arrival in self.arrivals.iter().filter(|arrival| arrival.fate == Fate::Received) {
            let (_, message, _) = &self.outbox[arrival.packet];
            let (Owner::Unit(unit), Message::Srem(srem)) = (self.stations[arrival.receiver].owner, message) else {
                continue;
            };
            let junction = &self.units[unit];
            for request in srem::requests(srem, now) {
                let matches = |way: &&SignalledWay| (way.lane_in, way.lane_out) == (request.lane_in, request.lane_out);
                let way = junction
                    .ways
                    .iter()
                    .find(matches)
                    .filter(|_| request.junction == junction.junction);
                let arrives_us = request.arrives.0 as i64 - self.epoch.0 as i64;
                self.asked.extend(way.map(|way| Asked {
                    signal: way.signal,
                    arrives: SimTime::from_nanos(1_000 * arrives_us),
                    unit,
                    request,
                }));
            }
        }
    }

    /// What vehicles make of the CPMs that reached them.
    fn listen(&mut self, now: ItsTime, time: SimTime, tell: &mut impl FnMut(ActorId, &[Heard])) {
        let mut heard = Vec::new();
        for arrival in self.arrivals.iter().filter(|arrival| arrival.fate == Fate::Received) {
            let (from, message, _) = &self.outbox[arrival.packet];
            let (Owner::Vehicle(vehicle), Owner::Unit(unit), Message::Cpm(cpm)) = (
                self.stations[arrival.receiver].owner,
                self.stations[*from].owner,
                message,
            ) else {
                continue;
            };
            heard.clear();
            let unit = &self.units[unit];
            let (place, objects) = cpm::objects(cpm, now);
            let Some([x_m, y_m]) = self.network.to_local_m(place.latitude_deg, place.longitude_deg) else {
                continue;
            };
            for object in objects {
                // The receiver's tracker knows who is who: association is taken to be right, as for its own sensors.
                let id = unit.numbers.iter().find(|(_, number)| **number == object.number);
                let Some((&id, _)) = id else { continue };
                let age_us = now.0.saturating_sub(object.measured.0) as i64;
                heard.push(Heard {
                    made: time - SimTime::from_nanos(1_000 * age_us),
                    sighting: Sighting {
                        id,
                        kind: object.kind,
                        is_equipped: false,
                        x_m: x_m + object.east_m,
                        y_m: y_m + object.north_m,
                        z_m: unit.place_m[2],
                        heading_rad: object.heading_rad,
                        speed_mps: object.speed_mps,
                        length_m: object.length_m,
                        width_m: object.width_m,
                    },
                });
            }
            self.tally.objects_told += heard.len() as u64;
            tell(vehicle, &heard);
        }
    }
}

/// Asks the next light on the way, if it is near, no stop comes before it, and it was not asked within a second.
fn ask(
    network: &RoadNetwork,
    ways: &BTreeMap<(LaneId, LaneId), (usize, SignalledWay)>,
    units: &[Unit],
    talker: &mut Talker,
    world: &World,
    id: ActorId,
    now: ItsTime,
) -> Option<Message> {
    let state = world.vehicle(id);
    let mission = &world.observation(id).mission;
    let here = mission.lanes.iter().position(|lane| *lane == state.lane.lane)?;
    let mut distance_m = network.lane(state.lane.lane).length_m - state.lane.s_m;
    let mut leg = here;
    let way = loop {
        let next = *mission.lanes.get(leg + 1)?;
        if let Some(&(unit, way)) = mission
            .lanes
            .get(leg + 2)
            .and_then(|after| ways.get(&(mission.lanes[leg], *after)))
        {
            break (unit, way);
        }
        distance_m += network.lane(next).length_m;
        leg += 1;
        if distance_m > ASK_M {
            return None;
        }
    };
    let stops_before = mission.halts.iter().any(|halt| {
        let at = halt.leg as usize;
        (here..=leg).contains(&at) && (at > here || halt.position.s_m > state.lane.s_m - 1.0)
    });
    if distance_m > ASK_M || stops_before {
        return None;
    }
    let (unit, way) = way;
    let last = talker
        .asked
        .filter(|(signal, _)| *signal == way.signal)
        .map(|(_, at)| at);
    if last.is_some_and(|at| now < at.after(ASK_EACH)) {
        return None;
    }
    if last.is_none() {
        talker.request = talker.request.wrapping_add(1);
    }
    talker.asked = Some((way.signal, now));
    // From standing, the mean speed of pulling away; in motion, its own.
    let speed_mps = state.ego.speed_mps.max(5.0);
    let request = Request {
        station: id.0,
        number: talker.request,
        junction: units[unit].junction,
        lane_in: way.lane_in,
        lane_out: way.lane_out,
        arrives: now.after(Duration::from_secs_f64((distance_m / speed_mps).clamp(0.1, 600.0))),
    };
    Some(request.message(now, last.is_none()))
}

/// Lights are asked from so far, and again each second.
const ASK_M: f64 = 200.0;
const ASK_EACH: Duration = Duration::from_secs(1);

/// What a vehicle of a service does, as far as messages tell of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Activity {
    /// Passengers board: told by public transport.
    pub boards: bool,
    /// It stands at a stop or for a light: no reason to warn.
    pub stands_on_purpose: bool,
}

fn kinematics(network: &RoadNetwork, world: &World, id: ActorId, activity: Activity) -> Option<Kinematics> {
    let state = world.vehicle(id);
    let ego = state.ego;
    let front = network.lane_pose(state.lane);
    let [latitude_deg, longitude_deg] = network.to_geographic_deg(front.x_m, front.y_m)?;
    Some(Kinematics {
        station: id.0,
        kind: StationKind::Bus,
        place: Place {
            latitude_deg,
            longitude_deg,
            altitude_m: ego.pose.z_m,
        },
        heading_rad: ego.pose.heading_rad,
        speed_mps: ego.speed_mps,
        acceleration_mps2: ego.acceleration_mps2,
        yaw_rate_rad_per_s: ego.yaw_rate_rad_per_s,
        length_m: 6.0,
        width_m: 2.1,
        indicator: vehicle::Indicator::Off,
        boards: Some(activity.boards),
    })
}

fn sender_of(own: &Kinematics, now: ItsTime) -> Sender {
    let (latitude, longitude) = own.place.wire();
    let degrees = (90.0 - own.heading_rad.to_degrees()).rem_euclid(360.0);
    Sender {
        station: own.station,
        station_type: StationType::Bus,
        timestamp_its_ms: now.as_millis(),
        latitude,
        longitude,
        speed_cmps: libm::round(100.0 * own.speed_mps).clamp(-16_000.0, 16_000.0) as i16,
        heading_decideg: (libm::round(10.0 * degrees) as u16) % 3_600,
    }
}

/// The unit of a junction, if it has one.
fn unit(network: &RoadNetwork, junction: JunctionId, roadside: Roadside, watches: bool, seed: Seed) -> Option<Unit> {
    let whole = &network.junctions()[junction.0 as usize];
    let lanes = || whole.lanes.iter().map(|&lane| network.lane(lane));
    let signal = lanes().find_map(|lane| lane.signal);
    let crosses = lanes().any(|lane| !lane.conflicts.is_empty());
    let stands = match roadside {
        Roadside::None => false,
        Roadside::Signals => signal.is_some(),
        Roadside::Junctions => signal.is_some() || crosses,
    };
    if !stands {
        return None;
    }
    // On the pole of a light where there is one.
    let place_m = match signal {
        Some(signal) => {
            let pose = network.signals()[signal.0 as usize].pose;
            [pose.x_m, pose.y_m, pose.z_m - 5.0]
        }
        None => [whole.centre_m[0], whole.centre_m[1], 0.0],
    };
    let ground_m = network
        .nearest_lane_where(place_m[0], place_m[1], None, None, |_| true)
        .map_or(0.0, |found| network.lane_pose(found.position).z_m);
    let place_m = [place_m[0], place_m[1], ground_m];
    let [latitude_deg, longitude_deg] = network.to_geographic_deg(place_m[0], place_m[1])?;
    let place = Place {
        latitude_deg,
        longitude_deg,
        altitude_m: ground_m,
    };
    let station = ROADSIDE_STATIONS + junction.0;
    let map = mapem::junction_map(network, junction, station);
    let (spatem, map, ways, number) = match map {
        Some(JunctionMap {
            junction,
            groups,
            ways,
            message,
        }) => (
            Some((SpatemService::new(station, junction), groups)),
            Some(message),
            ways,
            junction,
        ),
        None => (None, None, Vec::new(), 0),
    };
    let field = SensorField {
        sensor_type: 12,
        range_m: WATCH_M,
        from_rad: 0.0,
        to_rad: TAU - 1e-3,
    };
    let mast = watches.then(|| Mast::new(mast_sensor(), place_m, seed, u64::from(junction.0)));
    Some(Unit {
        station,
        place,
        place_m,
        mast,
        cpm: CpmService::new(station, place, vec![field]),
        spatem,
        map,
        map_at: None,
        junction: number,
        ways,
        answers: Vec::new(),
        congestion: CongestionControl::default(),
        numbers: BTreeMap::new(),
        next_number: 0,
    })
}

/// Radar and cameras all round, fused: what a unit of the equipped roads has.
fn mast_sensor() -> Sensor {
    Sensor {
        name: "mast".into(),
        kind: SensorKind::Radar,
        x_m: 0.0,
        y_m: 0.0,
        z_m: MAST_M,
        yaw_rad: 0.0,
        range_m: WATCH_M,
        field_of_view_rad: 2.0 * PI,
        rate_hz: 10.0,
        position_noise_m: 0.25,
        speed_noise_mps: 0.2,
        latency_s: 0.1,
        detection_probability: 0.97,
        false_per_scan: 0.0,
        lost_share: 0.0,
    }
}

impl Unit {
    /// What it sees, by its own numbers, relative to itself. Who tells of itself needs no telling of.
    fn number(&mut self, seen: &[Sighting], now: ItsTime) -> Vec<Perceived> {
        self.numbers
            .retain(|id, _| seen.iter().any(|sighting| sighting.id == *id));
        let mut objects: Vec<Perceived> = seen
            .iter()
            .filter(|sighting| !sighting.is_equipped)
            .map(|sighting| {
                let next = &mut self.next_number;
                let number = *self.numbers.entry(sighting.id).or_insert_with(|| {
                    *next = next.wrapping_add(1);
                    *next
                });
                Perceived {
                    number,
                    kind: sighting.kind,
                    east_m: sighting.x_m - self.place_m[0],
                    north_m: sighting.y_m - self.place_m[1],
                    heading_rad: sighting.heading_rad,
                    speed_mps: sighting.speed_mps,
                    length_m: sighting.length_m,
                    width_m: sighting.width_m,
                    measured: now,
                }
            })
            .collect();
        objects.sort_unstable_by_key(|object| object.number);
        objects
    }
}
