//! The interface's description as a page: routes, who may, what goes in, what comes out.
//!
//! An OpenAPI document goes in, HTML comes out, without scripts and with one style sheet of our own.

use crate::roles::Role;
use maud::{DOCTYPE, Markup, html};
use serde_json::{Map, Value};
use utoipa::openapi::OpenApi;

/// The page.
pub(crate) fn page(document: &OpenApi) -> String {
    // As JSON it is what everybody else reads, too.
    let told = serde_json::to_value(document).unwrap_or_default();
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "Interface · Westline" }
                link rel="stylesheet" href="/api.css";
                link rel="icon" href="/icon.svg" type="image/svg+xml";
            }
            body {
                header { a href="/" { "Westline" } h1 { (text(&told["info"]["title"])) " " small { (text(&told["info"]["version"])) } } a href="/api/openapi.json" { "openapi.json" } }
                main {
                    p { (text(&told["info"]["description"])) }
                    p {
                        "A console with accounts asks for a session: POST name and password to " code { "/api/session" }
                        ", send its cookie with each request, and its token with each change in the header "
                        code { "x-csrf-token" } ". What cannot be met is answered with " code { "error" } " and " code { "hint" } "."
                    }
                    @for (path, item) in object(&told["paths"]) {
                        @for (method, operation) in object(item) { (route(path, method, operation)) }
                    }
                    h2 id="schemas" { "What goes in and out" }
                    @for (name, schema) in object(&told["components"]["schemas"]) {
                        section.schema id=(name) { h3 { (name) } p { (text(&schema["description"])) } (fields(schema)) }
                    }
                }
            }
        }
    };
    markup.into_string()
}

fn route(path: &str, method: &str, operation: &Value) -> Markup {
    let roles: Vec<&str> = list(&operation["x-roles"]).iter().filter_map(Value::as_str).collect();
    let who = match roles.len() == Role::ALL.len() {
        true if operation["x-action"] == "enter" => "anybody".to_owned(),
        true => "every role".to_owned(),
        false => roles.join(", "),
    };
    let body = &operation["requestBody"]["content"];
    html! {
        section.route {
            h3 { span.method class=(method) { (method.to_uppercase()) } " " code { (path) } }
            p { (text(&operation["summary"])) " " (text(&operation["description"])) }
            dl {
                dt { "Who" } dd { (who) }
                @for parameter in list(&operation["parameters"]) {
                    dt { code { (text(&parameter["name"])) } }
                    dd { (kind(&parameter["schema"])) ", in the " (text(&parameter["in"])) @if parameter["required"] != true { ", may be left out" } ". " (text(&parameter["description"])) }
                }
                @for (media, content) in object(body) { dt { "Body" } dd { (kind(&content["schema"])) " as " (media) } }
                @for (status, answer) in object(&operation["responses"]) {
                    dt { @if status == "default" { "else" } @else { (status) } }
                    dd {
                        (text(&answer["description"])) " "
                        @for (_, content) in object(&answer["content"]) { (kind(&content["schema"])) }
                    }
                }
            }
        }
    }
}

fn fields(schema: &Value) -> Markup {
    let needed = list(&schema["required"]);
    html! {
        dl {
            @for (name, field) in object(&schema["properties"]) {
                dt { code { (name) } }
                dd { (kind(field)) @if !needed.contains(&Value::from(name.as_str())) { ", may be missing" } ". " (text(&field["description"])) }
            }
            @for word in list(&schema["enum"]) { dt { code { (text(word)) } } dd {} }
        }
    }
}

/// What a schema is, in a word; what has a name links there.
fn kind(schema: &Value) -> Markup {
    if let Some(name) = schema["$ref"].as_str().and_then(|place| place.rsplit('/').next()) {
        return html! { a href={ "#" (name) } { (name) } };
    }
    let either = [&schema["oneOf"], &schema["anyOf"], &schema["allOf"]];
    if let Some(ways) = either.into_iter().find_map(Value::as_array) {
        return html! { @for (index, way) in ways.iter().enumerate() { @if index > 0 { " or " } (kind(way)) } };
    }
    let words: Vec<&str> = match &schema["type"] {
        Value::String(word) => vec![word],
        Value::Array(words) => words.iter().filter_map(Value::as_str).collect(),
        _ => vec!["anything"],
    };
    html! {
        (words.join(" or "))
        @if !schema["items"].is_null() && schema["items"] != false { " of " (kind(&schema["items"])) }
        @if !schema["prefixItems"].is_null() { " (" @for (index, item) in list(&schema["prefixItems"]).iter().enumerate() { @if index > 0 { ", " } (kind(item)) } ")" }
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn object(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}
