//! `westline worker`: plays shards of campaigns that others hand out through a NATS server.
//!
//! The worker and its queue are `proving::fleet`'s; here are the command's grammar and the process that plays, which is this
//! program again.

use crate::arguments::TEMPLATE;
use crate::{Answer, prove, run};
use anyhow::{Context, Result, anyhow};
use clap::Args;
use proving::fleet::{self, Bundle, Server, Worker};
use std::io::{stdin, stdout};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Where a NATS server is.
#[derive(Debug, Args)]
pub struct ServerArguments {
    /// The NATS server with JetStream through which workers get runs to play: nats://HOST, nats://USER:PASSWORD@HOST:PORT, tls://HOST.
    #[arg(long, value_name = "URL")]
    pub nats: Option<String>,
    /// Certificate of the authority that signed the server's, if this host does not know it.
    #[arg(long, value_name = "FILE.pem", requires = "nats")]
    pub nats_authority: Option<PathBuf>,
}

impl ServerArguments {
    pub fn server(&self) -> Option<Server> {
        Some(Server {
            url: self.nats.clone()?,
            authority: self.nats_authority.clone(),
        })
    }
}

/// `westline worker`.
#[derive(Debug, Args)]
#[command(help_template = TEMPLATE, before_help = "Examples:
  nats-server -js -sd queue                          a queue, on any host
  westline worker --nats nats://queue.example        as many of these as there are hosts
  westline prove r157 --vehicle minibus --nats nats://queue.example   the campaign; it ends with the bytes of one played here
  westline worker --nats nats://queue.example --processes 4 --allow-driver 'exec:./my-driver'
")]
pub struct WorkerArguments {
    #[command(flatten)]
    pub server: ServerArguments,
    /// Processes that play at once [default: the host's cores].
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub processes: Option<u32>,
    /// What it is called where people look [default: the host's name and the process' number].
    #[arg(long)]
    pub name: Option<String>,
    /// A driver outside (exec:PROGRAM or unix:PATH) that campaigns may call on this host; may be given more than once.
    #[arg(long, value_name = "DRIVER")]
    pub allow_driver: Vec<String>,
    /// A run that takes longer is taken for one that does not end.
    #[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = clap::value_parser!(u32).range(1..))]
    pub run_limit: u32,
    /// Play the campaign in this file for a worker at the other end of standard input and output.
    #[arg(long, hide = true, value_name = "BUNDLE")]
    pub play: Option<PathBuf>,
}

pub fn execute(arguments: &WorkerArguments) -> Result<Answer> {
    if let Some(bundle) = &arguments.play {
        return play(bundle);
    }
    let server = arguments.server.server();
    let server = server.ok_or_else(|| anyhow!("no server is named\nhint: --nats nats://HOST"))?;
    let stop = run::watch_for_interrupt()?;
    let software = prove::software_digest()?;
    let program = std::env::current_exe().context("this program's own path is not known")?;
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get() as u32);
    let number = std::process::id();
    let name = match &arguments.name {
        Some(name) => name.clone(),
        None => format!("{}-{number}", host_name()),
    };
    let folder = std::env::temp_dir().join(format!("westline-worker-{number}"));
    std::fs::create_dir_all(&folder).with_context(|| format!("{}: cannot be made", folder.display()))?;
    let worker = Worker {
        server: &server,
        name: &name,
        processes: arguments.processes.unwrap_or(cores),
        run_limit: Duration::from_secs(arguments.run_limit.into()),
        software: &software,
        drivers: &arguments.allow_driver,
        player: &|bundle: &Path| {
            let mut command = Command::new(&program);
            command.args(["worker", "--play"]).arg(bundle);
            command
        },
        tells: &|what: &str| eprintln!("{name}: {what}"),
    };
    let worked = worker.work(&folder, &stop);
    // What is left there is only untidy.
    let _ = std::fs::remove_dir_all(&folder);
    worked?;
    eprintln!("{name}: stopped; what it had not finished goes to others");
    Ok(Answer::Yes)
}

fn host_name() -> String {
    let told = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    told.map_or("worker".to_owned(), |name| name.trim().to_owned())
}

fn play(file: &Path) -> Result<Answer> {
    let content = std::fs::read(file).with_context(|| format!("{}: cannot be read", file.display()))?;
    let Bundle { identity, files } = Bundle::from_bytes(&content)?;
    let folder = file.parent().unwrap_or(Path::new("."));
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    let pool = pool.context("a thread cannot be started")?;
    prove::with_bundled_campaign(files, &identity, |campaign| {
        Ok(pool.install(|| fleet::serve(campaign, &identity, folder, stdin().lock(), stdout()))?)
    })?;
    Ok(Answer::Yes)
}
