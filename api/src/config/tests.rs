//! What settings mean, and which are refused.

use super::*;

fn environment(pairs: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
    pairs.iter().map(|(name, value)| (name.into(), value.into())).collect()
}

#[test]
fn the_environment_wins_over_the_file_and_foreign_variables_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("attune.toml");
    std::fs::write(&file, "listen = \"127.0.0.1:1\"\npublic_url = \"https://a.example\"\n").unwrap();

    let settings = Settings::read(
        Some(&file),
        environment(&[
            ("ATTUNE_LISTEN", "127.0.0.1:2"),
            ("ATTUNE_MODELS", "/models"),
            ("ATTUNE_ALLOWED_ORIGINS", "chrome-extension://a, chrome-extension://b"),
        ]),
    )
    .unwrap();

    assert_eq!(settings.listen, Some("127.0.0.1:2".parse().unwrap()));
    assert_eq!(settings.public_url.as_deref(), Some("https://a.example"));
    assert_eq!(
        settings.allowed_origins,
        ["chrome-extension://a", "chrome-extension://b"]
    );
}

#[test]
fn bytes_that_are_no_text_are_refused_in_a_variable_of_ours_alone() {
    use std::os::unix::ffi::OsStringExt;
    let bytes = || OsString::from_vec(vec![b'/', 0xff]);
    let foreign = [
        ("LS_COLORS".into(), bytes()),
        ("ATTUNE_DATA".into(), bytes()),
        (bytes(), bytes()),
    ];
    assert!(Settings::read(None, foreign).is_ok());
    let ours = [("ATTUNE_PUBLIC_URL".into(), bytes())];
    assert!(matches!(
        Settings::read(None, ours),
        Err(ConfigError::NotText(name)) if name == "ATTUNE_PUBLIC_URL"
    ));
}

#[test]
fn a_misspelt_setting_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("attune.toml");
    std::fs::write(&file, "listem = \"127.0.0.1:1\"\n").unwrap();

    assert!(matches!(
        Settings::read(Some(&file), []),
        Err(ConfigError::Unreadable(_))
    ));
}

#[test]
fn voices_may_be_told_apart_until_that_is_turned_off() {
    let voices = |variables| Settings::read(None, environment(variables)).unwrap().tells_voices();
    assert!(voices(&[]) && voices(&[("ATTUNE_VOICES", "on")]));
    assert!(!voices(&[("ATTUNE_VOICES", "off")]) && !voices(&[("ATTUNE_VOICES", "false")]));
    assert!(Settings::read(None, environment(&[("ATTUNE_VOICES", "perhaps")])).is_err());
}

#[test]
fn a_recognizer_elsewhere_is_named_by_its_usual_variables_and_its_key_is_never_shown() {
    let variables = environment(&[
        ("STT_BASE_URL", "https://api.openai.com/v1"),
        ("STT_API_KEY", "sk-never-shown"),
        ("ATTUNE_STT_MODEL", "whisper-large"),
        ("STT_TIMEOUT_S", "7"),
        ("STT_SOMETHING_ELSE", "left alone"),
    ]);
    let settings = Settings::read(None, variables).unwrap();
    let server = settings.remote().unwrap().unwrap();
    assert_eq!(
        (server.endpoint.host(), server.model.as_deref(), server.timeout),
        ("api.openai.com", Some("whisper-large"), Duration::from_secs(7))
    );
    assert!(server.key.is_some());
    assert!(!format!("{settings:?} {server:?}").contains("never-shown"));

    let none = Settings::read(None, environment(&[("STT_BASE_URL", "")])).unwrap();
    assert!(none.remote().unwrap().is_none());
    let wrong = Settings::read(
        None,
        environment(&[("STT_BASE_URL", "https://me:never-shown@a.example")]),
    )
    .unwrap();
    let error = wrong.remote().unwrap_err();
    assert!(!format!("{error} {error:?}").contains("never-shown"));
}

#[test]
fn databases_are_named_all_or_not_at_all() {
    assert!(Settings::default().databases().unwrap().is_none());

    let some = Settings::read(
        None,
        environment(&[("DATABASE_URL", "postgres://attune_app@db/attune")]),
    )
    .unwrap();
    assert!(matches!(
        some.databases(),
        Err(ConfigError::Incomplete {
            missing: "worker_database_url"
        })
    ));
}

#[test]
fn where_nodes_meet_is_named_by_its_usual_variable_and_never_shown() {
    let over = |variables: &[(&str, &str)]| {
        let settings = Settings::read(None, environment(variables)).unwrap();
        let shown = format!("{settings:?}");
        let nobody = PgConnectOptions::new_without_pgpass();
        let databases = Databases::private(&nobody, &DatabaseNames::default());
        let config = settings.over(Path::new("/nowhere"), databases);
        (
            config.redis_url.is_some(),
            config.role,
            config.limits.requests_per_minute,
            shown,
        )
    };
    let (meets, role, requests, shown) = over(&[
        ("REDIS_URL", "redis://:never-shown@redis"),
        ("ATTUNE_ROLE", "live"),
        ("ATTUNE_REQUESTS_PER_MINUTE", "7"),
    ]);
    assert_eq!((meets, role, requests), (true, Role::Live, 7));
    assert!(!shown.contains("never-shown"), "{shown}");
    let (meets, role, requests, _) = over(&[("REDIS_URL", "")]);
    assert_eq!((meets, role, requests), (false, Role::All, 1_000));
    for refused in [("ATTUNE_ROLE", "everything"), ("ATTUNE_REQUESTS_PER_MINUTE", "0")] {
        assert!(Settings::read(None, environment(&[refused])).is_err(), "{refused:?}");
    }
}

#[test]
fn a_provider_is_offered_once_it_has_an_id_and_a_secret_which_is_never_shown() {
    let offered = |variables: &[(&str, &str)]| {
        let settings = Settings::read(None, environment(variables)).unwrap();
        let shown = format!("{settings:?}");
        let offered = settings.sign_in.offered();
        assert!(!format!("{shown} {offered:?}").contains("never-shown"));
        offered
    };
    assert!(offered(&[]).unwrap().is_empty());
    assert!(offered(&[("ATTUNE_SIGN_IN_GOOGLE_CLIENT_ID", " ")]).unwrap().is_empty());
    let two = [
        ("ATTUNE_SIGN_IN_GITHUB_CLIENT_ID", "hub"),
        ("ATTUNE_SIGN_IN_GITHUB_CLIENT_SECRET", "never-shown"),
        ("ATTUNE_SIGN_IN_APPLE_CLIENT_ID", "org.attune"),
        ("ATTUNE_SIGN_IN_APPLE_TEAM_ID", "TEAM"),
        ("ATTUNE_SIGN_IN_APPLE_KEY_ID", "KEY"),
        ("ATTUNE_SIGN_IN_APPLE_PRIVATE_KEY", "never-shown"),
        ("ATTUNE_SIGN_IN_MYSPACE_CLIENT_ID", "left alone"),
    ];
    let two = offered(&two).unwrap();
    assert!(matches!(&*two, [apple, github] if apple.provider == Provider::Apple && github.name == "GitHub"));
    assert!(matches!(&two[0].secret, ClientSecret::Signed { team_id, .. } if team_id == "TEAM"));

    for (variables, problem) in [
        (
            vec![("ATTUNE_SIGN_IN_GOOGLE_CLIENT_ID", "id")],
            "client_secret is not set",
        ),
        (
            vec![
                ("ATTUNE_SIGN_IN_OIDC_CLIENT_ID", "id"),
                ("ATTUNE_SIGN_IN_OIDC_CLIENT_SECRET", "never-shown"),
            ],
            "issuer is not set",
        ),
        (
            vec![
                ("ATTUNE_SIGN_IN_OIDC_CLIENT_ID", "id"),
                ("ATTUNE_SIGN_IN_OIDC_CLIENT_SECRET", "never-shown"),
                ("ATTUNE_SIGN_IN_OIDC_ISSUER", "http://idp.example"),
            ],
            "issuer is no https:// address",
        ),
    ] {
        let error = offered(&variables).unwrap_err().to_string();
        assert!(error.contains(problem), "{error}");
    }
}

#[test]
fn a_provider_is_written_in_the_file_as_a_table_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("attune.toml");
    let read = |text: &str| {
        std::fs::write(&file, text).unwrap();
        Settings::read(
            Some(&file),
            environment(&[("ATTUNE_SIGN_IN_OIDC_CLIENT_SECRET", "of the environment")]),
        )
    };
    let settings =
        read("[sign_in.oidc]\nclient_id = \"attune\"\nissuer = \"https://idp.example\"\nname = \"Northwind\"\n");
    let offered = settings.unwrap().sign_in.offered().unwrap();
    assert!(matches!(&*offered, [oidc] if oidc.name == "Northwind"
        && matches!(&oidc.speaks, Speaks::OpenId { issuer } if issuer == "https://idp.example")));
    assert!(read("[sign_in.oidc]\nclient_di = \"attune\"\n").is_err());
}
