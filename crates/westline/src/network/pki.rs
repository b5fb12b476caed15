//! `westline network pki`, `sign` and `verify`: certificates in files, captures signed and judged.

use crate::arguments::TEMPLATE;
use crate::{Answer, output};
use anyhow::{Context, Result, anyhow, bail};
use clap::{Args, Subcommand};
use messages::capture::{self, CaptureWriter};
use messages::dissect::message_of;
use messages::geonetworking::{self, Body, Link, Packet};
use messages::hex;
use messages::security::envelope::{self, Header};
use messages::security::pki::{PSIDS, Period};
use messages::security::{Certificate, Credential, Gate, ItsTime, Refusal};
use serde_json::json;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// `westline network pki`.
#[derive(Debug, Subcommand)]
pub enum PkiCommand {
    /// Make a root and an authorization authority.
    #[command(help_template = TEMPLATE, before_help = "Examples:
  westline network pki init pki
  westline network pki init pki --seed 7 --from 2026-03-02T00:00:00Z    the same keys each time: for tests only

Writes root.cert, root.key, authority.cert and authority.key. Keys are 32 bytes, readable by you alone.
")]
    Init {
        /// Folder to make them in.
        folder: PathBuf,
        /// What the root is called.
        #[arg(long, default_value = "Westline test root")]
        name: String,
        #[command(flatten)]
        making: Making,
    },
    /// Issue authorization tickets, which stations sign with.
    #[command(help_template = TEMPLATE, before_help = "Examples:
  westline network pki ticket pki
  westline network pki ticket pki --count 20 --hours 168

Writes ticket-001.cert, ticket-001.key and so on.
")]
    Ticket {
        /// The folder of `init`.
        folder: PathBuf,
        /// How many.
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000))]
        count: u32,
        /// How long each counts.
        #[arg(long, default_value_t = 168, value_parser = clap::value_parser!(u64).range(1..=17_520))]
        hours: u64,
        #[command(flatten)]
        making: Making,
    },
    /// Show certificates: who, by whom, from when to when, for what.
    #[command(help_template = TEMPLATE, before_help = "Examples:
  westline network pki show pki/*.cert
")]
    Show {
        /// Certificates.
        #[arg(required = true)]
        certificates: Vec<PathBuf>,
    },
}

/// How certificates are made.
#[derive(Clone, Debug, Args)]
pub struct Making {
    /// Make keys from this number, the same each time; without it from this machine's randomness.
    #[arg(long)]
    seed: Option<u64>,
    /// From when they count [default: now].
    #[arg(long, value_name = "TIME")]
    from: Option<jiff::Timestamp>,
}

/// `westline network sign`.
#[derive(Debug, Args)]
#[command(help_template = TEMPLATE, before_help = "Examples:
  westline network sign capture.pcap --ticket pki/ticket-001 -o signed.pcap

Each packet is put into an envelope of ETSI TS 103 097 as made at the time it was captured.
")]
pub struct SignArguments {
    /// A capture with packets in the open.
    capture: PathBuf,
    /// Path of a ticket, without its ending.
    #[arg(long)]
    ticket: PathBuf,
    /// The capture to write.
    #[arg(short, long)]
    output: PathBuf,
}

/// `westline network verify`.
#[derive(Debug, Args)]
#[command(help_template = TEMPLATE, before_help = "Examples:
  westline network verify signed.pcap --pki pki
  westline network verify signed.pcap --pki pki --json

Each message is judged as a station would that heard it when it was captured. Exit status 1 if one was refused.
")]
pub struct VerifyArguments {
    /// A capture with signed packets.
    capture: PathBuf,
    /// Folder with root.cert and authority.cert.
    #[arg(long)]
    pki: PathBuf,
    /// How much later than captured it is judged, in seconds: a replay.
    #[arg(long, default_value_t = 0.0, allow_hyphen_values = true, value_parser = seconds)]
    later: f64,
    /// Print counts as JSON.
    #[arg(long)]
    json: bool,
}

fn seconds(text: &str) -> Result<f64, String> {
    let seconds: f64 = text.parse().map_err(|_| format!("`{text}` is no number of seconds"))?;
    let is_sane = seconds.abs() <= 1e9;
    is_sane
        .then_some(seconds)
        .ok_or_else(|| format!("`{text}` s is beyond a lifetime"))
}

pub fn execute(command: &PkiCommand) -> Result<Answer> {
    match command {
        PkiCommand::Init { folder, name, making } => init(folder, name, making),
        PkiCommand::Ticket {
            folder,
            count,
            hours,
            making,
        } => tickets(folder, *count, *hours, making),
        PkiCommand::Show { certificates } => show(certificates),
    }
}

const ROOT_YEARS: u64 = 20;
const AUTHORITY_YEARS: u64 = 8;
const YEAR_S: u64 = 31_556_952;

fn init(folder: &Path, name: &str, making: &Making) -> Result<Answer> {
    if name.is_empty() || name.len() > 200 {
        bail!("a root's name has 1 to 200 bytes, this one {}", name.len());
    }
    if folder.join("root.key").exists() {
        bail!(
            "{}: there is a root already\nhint: name another folder; a root that is replaced takes all its tickets with it",
            folder.display()
        );
    }
    fs::create_dir_all(folder).with_context(|| format!("{}: cannot be made", folder.display()))?;
    let start = making.start()?;
    let period = |years: u64| Period {
        start,
        duration: Duration::from_secs(years * YEAR_S),
    };
    let root = Credential::root(name, period(ROOT_YEARS), &making.secret("root", 0)?)?;
    let authority = root.authority(
        &format!("{name}: authorization authority"),
        period(AUTHORITY_YEARS),
        &making.secret("authority", 0)?,
    )?;
    write(&root, &folder.join("root"))?;
    write(&authority, &folder.join("authority"))?;
    eprintln!("root and authority are in {}", folder.display());
    Ok(Answer::Yes)
}

fn tickets(folder: &Path, count: u32, hours: u64, making: &Making) -> Result<Answer> {
    let authority = read_credential(&folder.join("authority"))?;
    let period = Period {
        start: making.start()?,
        duration: Duration::from_secs(3_600 * hours),
    };
    let (_, end) = authority.certificate().validity();
    if period.start.after(period.duration) > end {
        bail!("the tickets would outlive their authority\nhint: fewer --hours, or an earlier --from");
    }
    let taken = |number: u32| folder.join(format!("ticket-{number:03}.cert")).exists();
    let free = (1..).filter(|&number| !taken(number)).take(count as usize);
    for number in free.collect::<Vec<u32>>() {
        let secret = making.secret("ticket", u64::from(number))?;
        let ticket = authority.ticket(&PSIDS, period, &secret)?;
        write(&ticket, &folder.join(format!("ticket-{number:03}")))?;
    }
    eprintln!("{count} tickets for {hours} h are in {}", folder.display());
    Ok(Answer::Yes)
}

fn show(certificates: &[PathBuf]) -> Result<Answer> {
    let mut lines = String::new();
    for path in certificates {
        let certificate = read_certificate(path)?;
        let (start, end) = certificate.validity();
        let permits: Vec<u64> = PSIDS.into_iter().filter(|&psid| certificate.permits(psid)).collect();
        let line = json!({
            "file": path.display().to_string(),
            "digest": hex::encode(&certificate.digest()),
            "subject": certificate.subject(),
            "issuer": certificate.issuer().map(|digest| hex::encode(&digest)),
            "is_authority": certificate.is_authority(),
            "from": timestamp(start),
            "to": timestamp(end),
            "permits": permits,
            "bytes": certificate.bytes().len(),
        });
        lines += &format!("{line}\n");
    }
    output::print(&lines)?;
    Ok(Answer::Yes)
}

fn timestamp(time: ItsTime) -> Option<String> {
    let seconds = i64::try_from(time.to_unix().as_secs()).ok()?;
    Some(jiff::Timestamp::from_second(seconds).ok()?.to_string())
}

impl Making {
    fn start(&self) -> Result<ItsTime> {
        let since = match self.from {
            Some(from) => Duration::try_from(from.duration_since(jiff::Timestamp::UNIX_EPOCH))
                .map_err(|_| anyhow!("--from {from}: certificates count from 2004 on"))?,
            None => SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .context("this machine's clock stands before 1970")?,
        };
        Ok(ItsTime::from_unix(since))
    }

    /// 32 bytes below the order of the curve; all but one in 2^32 are.
    fn secret(&self, purpose: &str, number: u64) -> Result<[u8; 32]> {
        let mut secret = [0; 32];
        match self.seed {
            Some(seed) => {
                let mut stream = record::Seed(seed).stream(&format!("network.pki.{purpose}"), number);
                for word in secret.chunks_exact_mut(8) {
                    word.copy_from_slice(&stream.next_u64().to_be_bytes());
                }
            }
            None => {
                getrandom::fill(&mut secret).map_err(|error| anyhow!("this machine gives no randomness: {error}"))?;
            }
        }
        Ok(secret)
    }
}

fn write(credential: &Credential, path: &Path) -> Result<()> {
    let key = path.with_extension("key");
    write_secret(&key, &credential.secret())?;
    output::write_whole(&path.with_extension("cert"), credential.certificate().bytes())
}

/// A key is never readable by others, not for a moment.
fn write_secret(path: &Path, secret: &[u8]) -> Result<()> {
    use std::io::Write as _;
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options
        .open(path)
        .with_context(|| format!("{}: cannot be written", path.display()))?;
    file.write_all(secret)
        .with_context(|| format!("{}: cannot be written", path.display()))
}

fn read_certificate(path: &Path) -> Result<Certificate> {
    let bytes = fs::read(path).with_context(|| format!("{}: cannot be read", path.display()))?;
    Certificate::read(&bytes).with_context(|| path.display().to_string())
}

fn read_credential(path: &Path) -> Result<Credential> {
    let read = |ending: &str| {
        let path = path.with_extension(ending);
        fs::read(&path).with_context(|| format!("{}: cannot be read\nhint: westline network pki", path.display()))
    };
    Credential::read(&read("cert")?, &read("key")?).with_context(|| path.display().to_string())
}

pub fn sign(arguments: &SignArguments) -> Result<Answer> {
    let name = arguments.capture.display().to_string();
    let ticket = read_credential(&arguments.ticket)?;
    let bytes = fs::read(&arguments.capture).with_context(|| format!("{name}: cannot be read"))?;
    let mut writer = CaptureWriter::new(Vec::new())?;
    let mut outcome = Ok(());
    let (mut signed, mut left) = (0u64, 0u64);
    let mut certificate_at: Option<Duration> = None;
    capture::read(&bytes[..], |captured| {
        if outcome.is_err() {
            return;
        }
        let time = captured.time.unwrap_or_default();
        let plain = captured
            .link
            .and_then(|link| geonetworking::unwrap_frame(link, captured.frame).ok().flatten())
            .and_then(|packet| geonetworking::read(packet).ok());
        let Some((basic, Body::Plain(packet))) = plain else {
            left += 1;
            return;
        };
        let Some(message) = message_of(&packet).ok().flatten() else {
            left += 1;
            return;
        };
        // Once a second the certificate, otherwise its name (TS 103 097 clause 7.1.1); a DENM always shows it.
        let is_denm = message.kind() == messages::MessageKind::Denm;
        let shows = is_denm || certificate_at.is_none_or(|at| time.saturating_sub(at) >= Duration::from_secs(1));
        if shows {
            certificate_at = Some(time);
        }
        let header = Header {
            psid: message.kind().psid(),
            generation_time: ItsTime::from_unix(time),
            generation_location: packet
                .source()
                .filter(|_| is_denm)
                .map(|at| (at.latitude, at.longitude)),
        };
        outcome = packet
            .write()
            .map_err(anyhow::Error::from)
            .and_then(|inside| Ok(envelope::seal(&ticket, &inside, &header, shows)?))
            .and_then(|sealed| {
                let mut frame = match captured.link {
                    Some(Link::Ethernet) => captured.frame[..ADDRESSES_BYTES.min(captured.frame.len())].to_vec(),
                    _ => vec![0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1],
                };
                frame.extend(geonetworking::ETHER_TYPE.to_be_bytes());
                frame.extend(geonetworking::secured_basic_header(&basic)?);
                frame.extend(sealed);
                writer.write(time, &frame)?;
                signed += 1;
                Ok(())
            });
    })
    .with_context(|| name.clone())?;
    outcome.with_context(|| name)?;
    output::write_whole(&arguments.output, &writer.finish())?;
    eprintln!("{signed} packets signed, {left} left out");
    Ok(Answer::Yes)
}

/// Both addresses of an Ethernet frame.
const ADDRESSES_BYTES: usize = 12;

pub fn verify(arguments: &VerifyArguments) -> Result<Answer> {
    let name = arguments.capture.display().to_string();
    let bytes = fs::read(&arguments.capture).with_context(|| format!("{name}: cannot be read"))?;
    let mut gate = Gate::default();
    if !gate.trust(read_certificate(&arguments.pki.join("root.cert"))?) {
        bail!("{}: not a root", arguments.pki.join("root.cert").display());
    }
    if !gate.learn_authority(read_certificate(&arguments.pki.join("authority.cert"))?) {
        bail!(
            "{}: not certified by the root",
            arguments.pki.join("authority.cert").display()
        );
    }
    let (mut plain, mut others) = (0u64, 0u64);
    let mut first: BTreeMap<Refusal, u64> = BTreeMap::new();
    capture::read(&bytes[..], |captured| {
        let packet = captured
            .link
            .and_then(|link| geonetworking::unwrap_frame(link, captured.frame).ok().flatten())
            .and_then(|packet| geonetworking::read(packet).ok());
        match packet {
            Some((_, Body::Secured(sealed))) => {
                let captured_at = ItsTime::from_unix(captured.time.unwrap_or_default());
                let shift = Duration::from_secs_f64(arguments.later.abs());
                let now = if arguments.later < 0.0 {
                    captured_at.before(shift)
                } else {
                    captured_at.after(shift)
                };
                let inside = gate
                    .admit(sealed, now)
                    .map(|opened| Packet::read_inside(&opened.payload).is_ok());
                if let Err(refusal) = inside {
                    first.entry(refusal).or_insert(captured.number);
                }
            }
            Some(_) => plain += 1,
            None => others += 1,
        }
    })
    .with_context(|| name)?;
    let refused: u64 = gate.refused().values().sum();
    let text = if arguments.json {
        let by: BTreeMap<&str, u64> = gate
            .refused()
            .iter()
            .map(|(refusal, count)| (refusal.name(), *count))
            .collect();
        format!(
            "{}\n",
            json!({"accepted": gate.accepted(), "refused": by, "unsigned": plain, "other": others})
        )
    } else {
        let mut text = format!("accepted          {:>8}\n", gate.accepted());
        for (refusal, count) in gate.refused() {
            text += &format!("{:<24}{count:>2}  first at packet {}\n", refusal.name(), first[refusal]);
        }
        text + &format!("unsigned          {plain:>8}\nother             {others:>8}\n")
    };
    output::print(&text)?;
    Ok(if refused == 0 && plain == 0 {
        Answer::Yes
    } else {
        Answer::No
    })
}
