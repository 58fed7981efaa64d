//! Every route there is. A handler's name is its operation id; the OpenAPI document is made from the same lines that
//! route, so that neither can say what the other does not do.

mod acts;
mod audio;
mod codes;
mod consents;
mod corrections;
mod cursor;
mod devices;
mod erasure;
mod exports;
mod external;
mod health;
mod heart;
mod identities;
mod input;
mod login;
mod mailed;
mod me;
mod meetings;
mod nudges;
mod openapi;
mod organisation;
mod password;
mod retention;
mod sign_ins;
mod speech;
mod stored;

pub use input::{Valid, ValidQuery};
pub use openapi::document;

pub(crate) use devices::name_of as device_name;
pub(crate) use heart::body_of as heart_body;
pub(crate) use meetings::{key_of, read_title, title_of};
pub(crate) use stored::read_stored;

use crate::config::Role;
use crate::server::AppState;
use axum::Router;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt as _};
use utoipa_axum::routes;

/// The routes of a node: of the API, its own description, and the web app for everything else, as far as it does that.
pub fn router(role: Role) -> Router<AppState> {
    let mut routes = OpenApiRouter::new().routes(routes!(health::get_health));
    if role.answers_api() {
        routes = routes.merge(api());
    }
    if role.holds_sockets() {
        routes = routes.merge(crate::live::sockets());
    }
    let routes = routes.split_for_parts().0;
    if role.answers_api() {
        routes.merge(openapi::router()).fallback(crate::web::serve_app)
    } else {
        routes
    }
}

/// What all roles answer together, with its description.
fn all() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(health::get_health))
        .merge(api())
        .merge(crate::live::sockets())
}

/// The API, with its description.
fn api() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(login::redeem_login_link))
        .routes(routes!(login::refresh))
        .routes(routes!(login::logout))
        .routes(routes!(password::get_ways_in))
        .routes(routes!(password::sign_in_with_password))
        .routes(routes!(password::prove))
        .routes(routes!(password::get_signing_in_with))
        .routes(routes!(password::change_password))
        .routes(routes!(codes::sign_in_with_code))
        .routes(routes!(codes::begin_codes, codes::end_codes))
        .routes(routes!(codes::confirm_codes))
        .routes(routes!(mailed::ask_for_sign_up))
        .routes(routes!(mailed::sign_up))
        .routes(routes!(mailed::ask_for_password_reset))
        .routes(routes!(mailed::reset_password))
        .routes(routes!(mailed::ask_for_address))
        .routes(routes!(mailed::confirm_address))
        .routes(routes!(external::list_providers))
        .routes(routes!(external::begin_external_sign_in))
        .routes(routes!(
            external::finish_external_sign_in,
            external::finish_external_sign_in_by_form
        ))
        .routes(routes!(me::get_me))
        .routes(routes!(identities::list_identities, identities::link_identity))
        .routes(routes!(identities::unlink_identity))
        .routes(routes!(erasure::erase_everything))
        .routes(routes!(sign_ins::list_sign_ins, sign_ins::end_other_sign_ins))
        .routes(routes!(sign_ins::end_sign_in))
        .routes(routes!(devices::create_device, devices::list_devices))
        .routes(routes!(devices::revoke_device))
        .routes(routes!(speech::get_speech, speech::change_speech))
        .routes(routes!(retention::get_retention, retention::change_retention))
        .routes(routes!(retention::list_retention_runs))
        .routes(routes!(acts::list_my_acts))
        .routes(routes!(acts::list_organisation_acts))
        .routes(routes!(consents::create_consent, consents::list_consents))
        .routes(routes!(
            organisation::get_organisation,
            organisation::change_organisation
        ))
        .routes(routes!(meetings::create_meeting, meetings::list_meetings))
        .routes(routes!(
            meetings::get_meeting,
            meetings::rename_meeting,
            meetings::delete_meeting
        ))
        .routes(routes!(audio::get_audio, audio::delete_audio))
        .routes(routes!(stored::get_stored))
        .routes(routes!(corrections::correct_utterance))
        .routes(routes!(heart::create_heart_recording, heart::list_heart_recordings).layer(heart::body_limit()))
        .routes(routes!(heart::delete_heart_recording))
        .routes(routes!(exports::create_export, exports::list_exports))
        .routes(routes!(exports::delete_export))
        .routes(routes!(exports::get_export_file))
        .routes(routes!(nudges::list_nudges))
        .routes(routes!(nudges::react_to_nudge))
        .merge(crate::live::router())
}
