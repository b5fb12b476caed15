//! Captures: pcap and pcapng files in, pcap files out.
//!
//! Packets are handed out one by one with the time they were seen and their link; a file that ends within a packet gives
//! what was whole and then says so. Knows nothing of what a packet holds.
//!
//! Sources: libpcap file format, pcapng (IETF draft-ietf-opsawg-pcapng), link types by tcpdump.org.

use crate::geonetworking::Link;
use pcap_file::pcap::{PcapHeader, PcapPacket, PcapReader, PcapWriter};
use pcap_file::pcapng::blocks::interface_description::{InterfaceDescriptionBlock, InterfaceDescriptionOption};
use pcap_file::pcapng::{Block, PcapNgReader};
use pcap_file::{DataLink, Endianness, PcapError, TsResolution};
use std::io::{self, Read, Write};
use std::time::Duration;

/// A capture that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    /// Neither of the two formats.
    #[error("not a capture: the file begins with {found}, expected the magic number of pcap or pcapng")]
    Format {
        /// Its first bytes.
        found: String,
    },
    /// Broken from some place on.
    #[error("after packet {after}: {problem}")]
    Broken {
        /// How many packets were whole.
        after: u64,
        /// What is wrong.
        problem: String,
    },
    /// The file cannot be read or written.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// A packet of a capture.
#[derive(Clone, Copy, Debug)]
pub struct Captured<'a> {
    /// Its number, from 1.
    pub number: u64,
    /// When it was seen, since 1970; a simple packet of pcapng has no time.
    pub time: Option<Duration>,
    /// How it is wrapped; `None` for links that carry no GeoNetworking.
    pub link: Option<Link>,
    /// The frame, as much as was kept.
    pub frame: &'a [u8],
}

/// Reads a capture to its end, packet by packet.
pub fn read(mut file: impl Read, mut visit: impl FnMut(Captured<'_>)) -> Result<u64, CaptureError> {
    let mut magic = Vec::with_capacity(4);
    (&mut file).take(4).read_to_end(&mut magic)?;
    let is_next_generation = magic == [0x0a, 0x0d, 0x0d, 0x0a];
    let is_plain = matches!(
        magic[..],
        [0xd4, 0xc3, 0xb2, 0xa1] | [0xa1, 0xb2, 0xc3, 0xd4] | [0x4d, 0x3c, 0xb2, 0xa1] | [0xa1, 0xb2, 0x3c, 0x4d]
    );
    let whole = io::Cursor::new(magic.clone()).chain(file);
    if is_next_generation {
        read_next_generation(whole, &mut visit)
    } else if is_plain {
        read_plain(whole, &mut visit)
    } else {
        let found = if magic.is_empty() {
            "nothing".to_owned()
        } else {
            format!("`{}`", crate::hex::encode(&magic))
        };
        Err(CaptureError::Format { found })
    }
}

fn broken(after: u64, error: &PcapError) -> CaptureError {
    let problem = match error {
        PcapError::IncompleteBuffer => "the file ends within a packet".to_owned(),
        PcapError::IoError(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            "the file ends within a packet".to_owned()
        }
        other => other.to_string(),
    };
    CaptureError::Broken { after, problem }
}

fn read_plain(file: impl Read, visit: &mut impl FnMut(Captured<'_>)) -> Result<u64, CaptureError> {
    let mut reader = PcapReader::new(file).map_err(|error| broken(0, &error))?;
    let link = link_of(reader.header().datalink);
    let mut number = 0;
    while let Some(packet) = reader.next_packet() {
        let packet = packet.map_err(|error| broken(number, &error))?;
        number += 1;
        visit(Captured {
            number,
            time: Some(packet.timestamp),
            link,
            frame: &packet.data,
        });
    }
    Ok(number)
}

fn read_next_generation(file: impl Read, visit: &mut impl FnMut(Captured<'_>)) -> Result<u64, CaptureError> {
    let mut reader = PcapNgReader::new(file).map_err(|error| broken(0, &error))?;
    let mut number = 0;
    let mut interfaces: Vec<(Option<Link>, u8)> = Vec::new();
    while let Some(block) = reader.next_block() {
        match block.map_err(|error| broken(number, &error))? {
            Block::SectionHeader(_) => interfaces.clear(),
            Block::InterfaceDescription(interface) => {
                interfaces.push((link_of(interface.linktype), resolution_of(&interface)));
            }
            Block::EnhancedPacket(packet) => {
                number += 1;
                let interface = usize::try_from(packet.interface_id)
                    .ok()
                    .and_then(|id| interfaces.get(id));
                let &(link, resolution) = interface.ok_or_else(|| CaptureError::Broken {
                    after: number - 1,
                    problem: format!("a packet of interface {}, which is not described", packet.interface_id),
                })?;
                // The reader takes the file's ticks for nanoseconds, whatever they are.
                let ticks = u64::try_from(packet.timestamp.as_nanos()).unwrap_or(u64::MAX);
                visit(Captured {
                    number,
                    time: Some(from_ticks(ticks, resolution)),
                    link,
                    frame: &packet.data,
                });
            }
            Block::SimplePacket(packet) => {
                number += 1;
                visit(Captured {
                    number,
                    time: None,
                    link: interfaces.first().and_then(|&(link, _)| link),
                    frame: &packet.data,
                });
            }
            _ => {}
        }
    }
    Ok(number)
}

fn link_of(link: DataLink) -> Option<Link> {
    match link {
        DataLink::ETHERNET => Some(Link::Ethernet),
        DataLink::IEEE802_11 => Some(Link::Wlan),
        DataLink::IEEE802_11_RADIOTAP => Some(Link::Radiotap),
        _ => None,
    }
}

/// The option `if_tsresol`; microseconds without it.
fn resolution_of(interface: &InterfaceDescriptionBlock<'_>) -> u8 {
    let of = |option: &InterfaceDescriptionOption<'_>| match option {
        InterfaceDescriptionOption::IfTsResol(resolution) => Some(*resolution),
        _ => None,
    };
    interface.options.iter().find_map(of).unwrap_or(6)
}

/// The highest bit says whether the rest is an exponent of two or of ten.
fn from_ticks(ticks: u64, resolution: u8) -> Duration {
    let exponent = u32::from(resolution & 0x7f);
    let base: u128 = if resolution & 0x80 == 0 { 10 } else { 2 };
    let per_second = base.checked_pow(exponent).unwrap_or(u128::MAX);
    let ticks = u128::from(ticks);
    let seconds = u64::try_from(ticks / per_second).unwrap_or(u64::MAX);
    let rest = ticks % per_second;
    let nanoseconds = rest.checked_mul(1_000_000_000).map_or(0, |scaled| scaled / per_second);
    Duration::new(seconds, u32::try_from(nanoseconds).unwrap_or(999_999_999))
}

/// A capture being written.
#[derive(Debug)]
pub struct CaptureWriter<W: Write> {
    writer: PcapWriter<W>,
}

impl<W: Write> CaptureWriter<W> {
    /// Begins a pcap file of Ethernet frames with times in nanoseconds.
    pub fn new(file: W) -> Result<CaptureWriter<W>, CaptureError> {
        let header = PcapHeader {
            version_major: 2,
            version_minor: 4,
            ts_correction: 0,
            ts_accuracy: 0,
            snaplen: 65_535,
            datalink: DataLink::ETHERNET,
            ts_resolution: TsResolution::NanoSecond,
            endianness: Endianness::Little,
        };
        let writer = PcapWriter::with_header(file, header).map_err(written)?;
        Ok(CaptureWriter { writer })
    }

    /// Adds a frame seen at `time` since 1970.
    pub fn write(&mut self, time: Duration, frame: &[u8]) -> Result<(), CaptureError> {
        let length = u32::try_from(frame.len()).unwrap_or(u32::MAX);
        let packet = PcapPacket::new(time, length, frame);
        self.writer.write_packet(&packet).map(drop).map_err(written)
    }

    /// Ends the file.
    pub fn finish(self) -> W {
        self.writer.into_writer()
    }
}

fn written(error: PcapError) -> CaptureError {
    match error {
        PcapError::IoError(error) => CaptureError::Io(error),
        other => CaptureError::Broken {
            after: 0,
            problem: other.to_string(),
        },
    }
}
