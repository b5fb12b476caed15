//! `westline account`: who may log in at the console, and what its audit log says.
//!
//! A file of accounts goes in and out, whole or not at all; passwords come from the terminal without being shown, or from
//! standard input.

use crate::arguments::TEMPLATE;
use crate::{Answer, output};
use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use console::{Accounts, Role};
use std::io::{BufRead, IsTerminal};
use std::path::{Path, PathBuf};

/// `westline account`.
#[derive(Debug, Subcommand)]
pub enum AccountCommand {
    /// Take somebody in; makes the file if there is none.
    Add(AddArguments),
    /// Tell who has an account, and as what.
    List(ListArguments),
    /// Give somebody another password; their sessions end.
    Passwd(NameArguments),
    /// Take an account away; its sessions end.
    Remove(NameArguments),
    /// Check an audit log's chain, and name the first line that breaks it.
    Audit(AuditArguments),
}

/// `westline account add`.
#[derive(Debug, Args)]
#[command(help_template = TEMPLATE, before_help = "Examples:
  westline account add accounts.toml li.na --role dispatcher      asks for the password
  pwgen -s 20 1 | tee /dev/tty | westline account add accounts.toml li.na --role viewer
")]
pub struct AddArguments {
    /// File of accounts.
    pub file: PathBuf,
    /// Name to log in by.
    pub name: String,
    /// What they may do: viewer, dispatcher, supervisor, engineer, officer, admin (docs/console.md has the table).
    #[arg(long)]
    pub role: Role,
}

/// `westline account list`.
#[derive(Debug, Args)]
#[command(help_template = TEMPLATE, before_help = "Examples:
  westline account list accounts.toml
  westline account list accounts.toml --json
")]
pub struct ListArguments {
    /// File of accounts.
    pub file: PathBuf,
    /// As JSON.
    #[arg(long)]
    pub json: bool,
}

/// `westline account passwd` and `remove`.
#[derive(Debug, Args)]
#[command(help_template = TEMPLATE, before_help = "Examples:
  westline account passwd accounts.toml li.na
  westline account remove accounts.toml li.na
")]
pub struct NameArguments {
    /// File of accounts.
    pub file: PathBuf,
    /// Name of the account.
    pub name: String,
}

/// `westline account audit`.
#[derive(Debug, Args)]
#[command(help_template = TEMPLATE, before_help = "Examples:
  westline account audit audit.jsonl
  westline account audit audit.jsonl --holds 9f86d081…   that line was noted before: is it still there?
")]
pub struct AuditArguments {
    /// Audit log of `westline serve --audit`.
    pub file: PathBuf,
    /// Hash of a line that has to be in it; one that was noted shows whether lines were cut off since.
    #[arg(long, value_name = "SHA256")]
    pub holds: Option<String>,
    /// As JSON.
    #[arg(long)]
    pub json: bool,
}

pub fn execute(command: &AccountCommand) -> Result<Answer> {
    match command {
        AccountCommand::Add(arguments) => add(arguments),
        AccountCommand::List(arguments) => list(arguments),
        AccountCommand::Passwd(NameArguments { file, name }) => {
            let mut accounts = Accounts::read(file)?;
            // Before a password is asked for in vain.
            accounts.role(name)?;
            accounts.set_password(name, &password()?)?;
            keep(file, &accounts)?;
            eprintln!("{name} has another password; their sessions end");
            Ok(Answer::Yes)
        }
        AccountCommand::Remove(NameArguments { file, name }) => {
            let mut accounts = Accounts::read(file)?;
            accounts.remove(name)?;
            keep(file, &accounts)?;
            eprintln!("{name} has no account any more");
            Ok(Answer::Yes)
        }
        AccountCommand::Audit(arguments) => audit(arguments),
    }
}

fn add(AddArguments { file, name, role }: &AddArguments) -> Result<Answer> {
    let mut accounts = match file.exists() {
        true => Accounts::read(file)?,
        false => Accounts::default(),
    };
    accounts.add(name, *role, &password()?)?;
    keep(file, &accounts)?;
    eprintln!("{name} may log in as {role}");
    Ok(Answer::Yes)
}

fn list(ListArguments { file, json }: &ListArguments) -> Result<Answer> {
    let accounts = Accounts::read(file)?;
    let text = match json {
        true => {
            let rows = accounts
                .list()
                .map(|(name, role)| serde_json::json!({ "name": name, "role": role }));
            format!("{}\n", serde_json::Value::from_iter(rows))
        }
        false => accounts
            .list()
            .map(|(name, role)| format!("{role:<11} {name}\n"))
            .collect(),
    };
    output::print(&text)?;
    Ok(Answer::Yes)
}

fn audit(AuditArguments { file, holds, json }: &AuditArguments) -> Result<Answer> {
    let verified = match console::verify_audit(file, holds.as_deref()) {
        Ok(verified) => verified,
        Err(error @ console::AuditError::Broken { .. }) => {
            // The answer is no: it was checked, and it does not hold.
            if *json {
                let told = serde_json::json!({ "holds": false, "reason": error.to_string() });
                output::print(&format!("{told}\n"))?;
            } else {
                output::print(&format!("{error}\n"))?;
            }
            return Ok(Answer::No);
        }
        Err(error) => return Err(error.into()),
    };
    let console::Verified {
        lines,
        head,
        torn,
        unfinished_bytes,
        holds: is_there,
    } = &verified;
    if *json {
        let told = serde_json::json!({ "holds": is_there, "lines": lines, "head": head, "torn": torn, "unfinished_bytes": unfinished_bytes });
        output::print(&format!("{told}\n"))?;
    } else {
        let mut text = format!(
            "{}: {lines} lines, the chain holds; the last line's hash is {head}\n",
            file.display()
        );
        for line in torn {
            text += &format!("line {line} is torn; the log tells of it\n");
        }
        if *unfinished_bytes > 0 {
            text += &format!("line {} is torn: {unfinished_bytes} bytes without an end\n", lines + 1);
        }
        if !is_there {
            text += &format!(
                "no line has the hash {}: lines were cut off, or it is another log\n",
                holds.as_deref().unwrap_or("")
            );
        }
        output::print(&text)?;
    }
    Ok(if *is_there { Answer::Yes } else { Answer::No })
}

/// The file whole or not at all, for its owner alone.
fn keep(file: &Path, accounts: &Accounts) -> Result<()> {
    output::write_private(file, accounts.to_toml().as_bytes())
}

/// A password, typed twice without being shown; or the first line of standard input.
fn password() -> Result<String> {
    if !std::io::stdin().is_terminal() {
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).context("standard input")?;
        let password = line.trim_end_matches(['\r', '\n']);
        if password.is_empty() {
            bail!(
                "standard input has no password\nhint: its first line is the password; at a terminal it is asked for"
            );
        }
        return Ok(password.to_owned());
    }
    let ask = |what: &str| rpassword::prompt_password(what).context("the terminal");
    let first = ask("Password: ")?;
    if ask("Again: ")? != first {
        bail!("the two are not the same\nhint: nothing was changed; try again");
    }
    Ok(first)
}
