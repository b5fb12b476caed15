//! What people read stands in the catalogue, in both languages, and nowhere else.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn web() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("web")
}

fn pages() -> Vec<(String, String)> {
    let folders = [web(), web().join("views")];
    let files = folders
        .iter()
        .flat_map(|folder| std::fs::read_dir(folder).expect("the pages' folder").flatten());
    files
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "js"))
        .map(|path| {
            (
                path.display().to_string(),
                std::fs::read_to_string(&path).expect("a page"),
            )
        })
        .collect()
}

/// The words between tags of a template that stand there as they are.
fn bare_words(template: &str) -> Vec<String> {
    let mut plain = String::new();
    let (mut depth, mut in_tag, mut letters) = (0_u32, false, template.chars().peekable());
    while let Some(letter) = letters.next() {
        match letter {
            '$' if letters.peek() == Some(&'{') => {
                letters.next();
                depth += 1;
            }
            '{' if depth > 0 => depth += 1,
            '}' if depth > 0 => depth -= 1,
            '<' if depth == 0 => in_tag = true,
            '>' if depth == 0 => {
                in_tag = false;
                plain.push(' ');
            }
            _ if depth == 0 && !in_tag => plain.push(letter),
            _ => {}
        }
    }
    // Units and a multiplication sign are the same in both languages.
    let known = ["km", "m", "s"];
    plain
        .split_whitespace()
        .filter(|word| word.chars().any(char::is_alphabetic) && !known.contains(word))
        .map(str::to_owned)
        .collect()
}

/// Templates of a page: what stands between html` and its closing backtick, inner ones apart.
fn templates(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (start, _) in text.match_indices("html`") {
        let (mut depth, mut end) = (0_u32, text.len());
        let body = &text[start + 5..];
        let bytes = body.as_bytes();
        for index in 0..bytes.len() {
            match bytes[index] {
                b'{' if depth > 0 || (index > 0 && bytes[index - 1] == b'$') => depth += 1,
                b'}' if depth > 0 => depth -= 1,
                b'`' if depth == 0 => {
                    end = index;
                    break;
                }
                _ => {}
            }
        }
        found.push(body[..end.min(body.len())].to_owned());
    }
    found
}

/// Keys that a page asks for by a plain name.
fn keys(text: &str) -> BTreeSet<String> {
    // `getContext('2d')` asks for no word.
    let text = text.replace("getContext(", "");
    let asked = text.split("text('").skip(1).filter_map(|rest| rest.split_once('\''));
    asked
        .filter(|(_, after)| after.starts_with([',', ')']))
        .map(|(key, _)| key.to_owned())
        .collect()
}

#[test]
fn no_word_stands_outside_the_catalogue() {
    for (file, text) in pages() {
        for template in templates(&text) {
            assert_eq!(bare_words(&template), Vec::<String>::new(), "{file}: {template}");
        }
    }
}

#[test]
fn a_bare_word_would_be_found() {
    let page = "html`<p class=\"x\">${text('y', html`<b>${z}</b>`)} Hello</p>`";
    let found: Vec<String> = templates(page)
        .iter()
        .flat_map(|template| bare_words(template))
        .collect();
    assert_eq!(found, ["Hello"]);
}

#[test]
fn every_key_that_is_asked_for_is_in_the_catalogue_in_two_languages() {
    let catalogue = std::fs::read_to_string(web().join("catalogue.js")).expect("the catalogue");
    // The catalogue's own comment shows how it is asked.
    for (file, text) in pages().into_iter().filter(|(file, _)| !file.ends_with("catalogue.js")) {
        for key in keys(&text) {
            assert!(
                catalogue.contains(&format!("  '{key}': [")),
                "{file}: `{key}` is not in the catalogue"
            );
        }
    }
    let entries = catalogue
        .lines()
        .filter(|line| line.starts_with("  '") && line.contains("': ["));
    for entry in entries {
        assert!(
            entry.matches("', '").count() >= 1 && entry.ends_with("'],"),
            "one language only: {entry}"
        );
    }
}
