//! The HTTP interface as a table: each route with the action that it is, and from that the router and its description.
//!
//! Handlers go in with what `utoipa` reads beside them; out come the router, every route behind the gate's [`permit`], and
//! the OpenAPI document. A route that is not in [`entries`] is neither served nor described. It does not know who asks.

use crate::gate::{Logs, Rule, permit};
use crate::network_room::CAPTURE_BYTES_MAX;
use crate::refusal::Problem;
use crate::roles::Action;
use crate::scenarios::OPENED_BYTES_MAX;
use crate::server::{self, BODY_BYTES_MAX, Console};
use crate::{api_page, login, rooms};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::{Router, middleware};
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    ComponentsBuilder, Content, InfoBuilder, OpenApi, OpenApiBuilder, Paths, Ref, RefOr, ResponseBuilder, Schema,
};
use utoipa::{PartialSchema, ToSchema};
use utoipa_axum::router::UtoipaMethodRouter;
use utoipa_axum::routes;

/// What the document calls the way to say who asks.
const SESSION_SCHEME: &str = "session";

/// A path with its methods, what doing it is, how long its bodies may be.
struct Entry {
    rule: Rule,
    body_bytes_max: usize,
    methods: UtoipaMethodRouter<Arc<Console>>,
}

fn entry(action: Action, methods: UtoipaMethodRouter<Arc<Console>>) -> Entry {
    Entry {
        rule: Rule {
            action,
            logs: Logs::Body,
        },
        body_bytes_max: BODY_BYTES_MAX,
        methods,
    }
}

/// Takes files, which are not copied into the audit log.
fn files(action: Action, body_bytes_max: usize, methods: UtoipaMethodRouter<Arc<Console>>) -> Entry {
    Entry {
        rule: Rule {
            action,
            logs: Logs::Path,
        },
        body_bytes_max,
        methods,
    }
}

/// All routes. What is not here is not served.
fn entries() -> Vec<Entry> {
    let session = Entry {
        rule: Rule {
            action: Action::Enter,
            logs: Logs::Itself,
        },
        body_bytes_max: BODY_BYTES_MAX,
        methods: routes!(login::session, login::log_in, login::log_out),
    };
    vec![
        session,
        entry(Action::Enter, routes!(document)),
        entry(Action::Enter, routes!(page)),
        entry(Action::ReadAudit, routes!(login::audit)),
        entry(Action::Watch, routes!(server::live)),
        entry(Action::Watch, routes!(server::site)),
        entry(Action::Watch, routes!(server::state)),
        entry(Action::Watch, routes!(server::trajectories)),
        entry(Action::Watch, routes!(server::map)),
        entry(Action::SetClock, routes!(server::clock)),
        entry(Action::StopVehicles, routes!(server::stop_all)),
        entry(Action::ReleaseVehicles, routes!(server::release_all)),
        entry(Action::StopVehicles, routes!(server::stop)),
        entry(Action::ReleaseVehicles, routes!(server::release)),
        entry(Action::BreakSensors, routes!(server::break_sensor)),
        entry(Action::BreakSensors, routes!(server::mend_sensor)),
        entry(Action::AnswerVehicles, routes!(server::confirm)),
        entry(Action::AnswerVehicles, routes!(server::hold)),
        entry(Action::AcknowledgeAlarms, routes!(server::acknowledge)),
        entry(Action::ReadRecords, routes!(rooms::scenarios)),
        files(Action::PlayScenarios, OPENED_BYTES_MAX, routes!(rooms::open_scenario)),
        entry(Action::PlayScenarios, routes!(rooms::run_scenario)),
        entry(Action::ReadRecords, routes!(rooms::map_of_run)),
        entry(Action::ReadRecords, routes!(rooms::campaigns)),
        entry(Action::ReadRecords, routes!(rooms::campaign)),
        entry(Action::ReadRecords, routes!(rooms::points)),
        entry(Action::ReadRecords, routes!(rooms::replay)),
        entry(Action::ReadRecords, routes!(rooms::compare)),
        entry(Action::ReadRecords, routes!(rooms::verify)),
        entry(Action::ReadRecords, routes!(rooms::report)),
        entry(Action::ReadRecords, routes!(rooms::ledger)),
        entry(Action::ReadRecords, routes!(rooms::genesis)),
        entry(Action::ReadRecords, routes!(rooms::receipt)),
        entry(Action::Watch, routes!(rooms::cover)),
        entry(Action::Watch, routes!(rooms::links)),
        files(Action::PlayScenarios, CAPTURE_BYTES_MAX, routes!(rooms::decode)),
    ]
}

/// The table as a router.
pub(crate) fn router(console: &Arc<Console>) -> Router<Arc<Console>> {
    let mut router = Router::new();
    for Entry {
        rule,
        body_bytes_max,
        methods: (_, paths, methods),
    } in entries()
    {
        let guarded = methods
            .route_layer(middleware::from_fn_with_state((console.clone(), rule), permit))
            .layer(DefaultBodyLimit::max(body_bytes_max));
        for path in paths.paths.keys() {
            router = router.route(path, guarded.clone());
        }
    }
    router
}

/// The description of the interface, in the forms in which it is asked for.
pub(crate) struct Description {
    json: String,
    page: String,
}

impl Description {
    /// Of a console whose sessions have this cookie; none if it asks nobody.
    pub(crate) fn of(cookie: Option<&str>) -> Description {
        let document = document_of(cookie);
        Description {
            json: document.to_json().unwrap_or_default(),
            page: api_page::page(&document),
        }
    }
}

/// The table as an OpenAPI document.
fn document_of(cookie: Option<&str>) -> OpenApi {
    let mut all = Paths::new();
    let mut schemas: BTreeMap<String, RefOr<Schema>> = BTreeMap::new();
    for Entry {
        rule,
        methods: (of_entry, mut paths, _),
        ..
    } in entries()
    {
        schemas.extend(of_entry);
        for item in paths.paths.values_mut() {
            let methods = [&mut item.get, &mut item.post, &mut item.delete];
            for operation in methods.into_iter().flatten() {
                tell_rule(operation, rule, cookie.is_some());
            }
        }
        all.paths.append(&mut paths.paths);
    }
    schemas.insert(Problem::name().into_owned(), Problem::schema());
    let mut components = ComponentsBuilder::new().schemas_from_iter(schemas);
    if let Some(cookie) = cookie {
        let told = "The cookie that POST /api/session sets. Changes carry the session's token in the header x-csrf-token, too.";
        let scheme = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(cookie, told)));
        components = components.security_scheme(SESSION_SCHEME, scheme);
    }
    OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("Westline's console")
                .version(env!("CARGO_PKG_VERSION"))
                .description(Some("What is on show, live or recorded, and orders to it. Distances are metres, angles radians, times seconds, in the map's frame.")),
        )
        .paths(all)
        .components(Some(components.build()))
        .build()
}

/// Who may, and what every route may be answered with.
fn tell_rule(operation: &mut Operation, rule: Rule, asks: bool) {
    let roles: Vec<&str> = rule.action.roles().iter().map(|role| role.word()).collect();
    let told = ExtensionsBuilder::new()
        .add("x-action", rule.action.word())
        .add("x-roles", roles);
    operation.extensions = Some(told.build());
    let asks = asks && rule.action != Action::Enter;
    if asks {
        operation.security = Some(vec![SecurityRequirement::new::<_, [&str; 0], &str>(SESSION_SCHEME, [])]);
    }
    let problem = || {
        let content = Content::new(Some(Ref::from_schema_name(Problem::name())));
        ResponseBuilder::new().content("application/json", content)
    };
    let all = &mut operation.responses.responses;
    let told = |words: &str| RefOr::T(problem().description(words).build());
    if asks {
        all.entry("401".to_owned())
            .or_insert_with(|| told("Nobody is logged in"));
        all.entry("403".to_owned()).or_insert_with(|| {
            told("The role may not do that, the token is not the session's, or a foreign page asks")
        });
    }
    all.entry("429".to_owned())
        .or_insert_with(|| told("Too often; Retry-After says how long to wait"));
    all.entry("default".to_owned())
        .or_insert_with(|| told("What was asked for is not there, or cannot be used"));
}

/// This document.
#[utoipa::path(get, path = "/api/openapi.json", tag = "interface", responses((status = 200, description = "OpenAPI 3.1", body = serde_json::Value)))]
async fn document(State(console): State<Arc<Console>>) -> Response {
    let text = console.description.json.clone();
    ([(header::CONTENT_TYPE, "application/json")], text).into_response()
}

/// This document as a page.
#[utoipa::path(get, path = "/api/", tag = "interface", responses((status = 200, description = "A page", content_type = "text/html", body = String)))]
async fn page(State(console): State<Arc<Console>>) -> Response {
    let text = console.description.page.clone();
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], text).into_response()
}
