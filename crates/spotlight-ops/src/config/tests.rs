//! What users rely on: order of sources, all problems at once, no secret in anything that is shown.

use super::*;

/// Enough for production, with every feature off.
const SOUND: &[(&str, &str)] = &[
    ("SPOTLIGHT_ENV", "production"),
    ("SPOTLIGHT_FEATURES", "-redis,-models,-voice,-billing,-mail,-files"),
    ("DATABASE_URL", "postgres://app:Planted-Secret-1@db/spotlight"),
    ("SPOTLIGHT_TRUSTED_PROXIES", "10.0.0.0/8"),
    ("SECRET_KEY_BASE", "3d9f4b1c0a7e2856d1c4fe90ab73562801e9cd4f7ba3856092dcfe1a"),
];

fn told(sources: &Sources) -> Vec<String> {
    Config::examine(sources).1.iter().map(ToString::to_string).collect()
}

fn given(variables: &[(&'static str, &'static str)]) -> Sources {
    Sources::none().with_variables(variables.iter().copied())
}

fn origin_of<'a>(config: &'a Config, name: &str) -> &'a Origin {
    let found = config.settings().iter().find(|setting| setting.variable.name == name);
    &found.expect("the setting is listed").origin
}

#[test]
fn development_starts_with_nothing_set() {
    let config = Config::read(&Sources::none()).expect("usual values");
    assert_eq!(config.general.environment, Environment::Development);
    assert!(config.database.url.is_none() && config.redis.url.is_none() && config.models.key.is_none());
    assert_eq!((config.server.listen.to_string().as_str(), config.pool()), ("127.0.0.1:3000", 5));
}

#[test]
fn production_names_all_that_is_missing_at_once() {
    let bare = [("SPOTLIGHT_ENV", "production"), ("FORCE_SSL", "false")];
    let told = told(&given(&bare));
    let names = [
        "DATABASE_URL",
        "SECRET_KEY_BASE",
        "REDIS_URL",
        "OPENAI_API_KEY",
        "ELEVENLABS_API_KEY",
        "STRIPE_SECRET_KEY",
        "STRIPE_PUBLISHABLE_KEY",
        "STRIPE_WEBHOOK_SECRET",
        "SMTP_HOST",
        "SMTP_USERNAME",
        "SMTP_PASSWORD",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_REGION",
        "AWS_BUCKET",
    ];
    assert_eq!(told.len(), names.len(), "{told:#?}");
    for name in names {
        let line = told.iter().find(|line| line.starts_with(&format!("{name}: missing")));
        let line = line.unwrap_or_else(|| panic!("{name} is not named in {told:#?}"));
        assert!(line.contains(&format!("{name}=")), "an example: {line}");
    }
    let error = Config::read(&given(&bare)).expect_err("it is refused").to_string();
    assert!(told.iter().all(|line| error.contains(line)));
}

#[test]
fn a_feature_that_is_off_needs_nothing() {
    assert_eq!(told(&given(SOUND)), [""; 0]);
    let on = given(SOUND).with_variables([("SPOTLIGHT_FEATURES", "-redis,-models,-voice,-mail,-files")]);
    assert_eq!(told(&on).len(), 3, "billing alone is on");
    let unknown = told(&given(&[("SPOTLIGHT_FEATURES", "-biling")]));
    assert!(unknown[0].contains("no feature `biling`") && unknown[0].contains("billing"), "{unknown:?}");
}

#[test]
fn a_feature_of_development_is_on_when_its_settings_are_there() {
    let config = Config::read(&given(&[("REDIS_URL", "redis://localhost/0")])).expect("settings");
    assert!(config.redis.url.is_some());
    let off = given(&[("REDIS_URL", "redis://localhost/0"), ("SPOTLIGHT_FEATURES", "-redis")]);
    assert!(Config::read(&off).expect("settings").redis.url.is_none());
    assert!(told(&given(&[("SPOTLIGHT_FEATURES", "redis")]))[0].starts_with("REDIS_URL: missing"));
}

#[test]
fn https_behind_nobody_is_told_before_it_goes_round_in_circles() {
    let alone = given(SOUND).with_variables([("SPOTLIGHT_TRUSTED_PROXIES", "")]);
    let told = told(&alone);
    assert!(told.len() == 1 && told[0].starts_with("FORCE_SSL: ") && told[0].contains("SPOTLIGHT_TRUSTED_PROXIES="));
    for fine in [("FORCE_SSL", "false"), ("SPOTLIGHT_PUBLIC_URL", "http://intranet"), ("SPOTLIGHT_ROLE", "worker")] {
        let sources = given(SOUND).with_variables([("SPOTLIGHT_TRUSTED_PROXIES", ""), fine]);
        assert!(Config::read(&sources).is_ok(), "{fine:?}");
    }
    assert!(Config::read(&given(SOUND)).expect("settings").server.force_ssl);
    assert!(!Config::read(&Sources::none()).expect("settings").server.force_ssl);
}

#[test]
fn a_certificate_needs_its_key_and_an_address_that_is_https() {
    let certificate = ("TLS_CERTIFICATE", "/etc/tls/fullchain.pem");
    let key = ("TLS_KEY", "/etc/tls/privkey.pem");
    for half in [certificate, key] {
        let told = told(&given(&[half]));
        assert!(told.len() == 1 && told[0].starts_with("TLS_CERTIFICATE and TLS_KEY: "), "{told:?}");
    }
    assert!(!Config::read(&Sources::none()).expect("settings").tls.is_on());
    // Who speaks HTTPS needs no proxy that does.
    let alone = given(SOUND).with_variables([("SPOTLIGHT_TRUSTED_PROXIES", ""), certificate, key]);
    let config = Config::read(&alone).expect("settings");
    assert!(config.tls.is_on() && config.server.force_ssl);
    let plain = told(&given(&[certificate, key, ("SPOTLIGHT_PUBLIC_URL", "http://app.example.com")]));
    assert!(plain.len() == 1 && plain[0].starts_with("SPOTLIGHT_PUBLIC_URL: "), "{plain:?}");
}

#[test]
fn a_key_that_was_put_where_its_file_is_named_is_shown_to_nobody() {
    let text = "-----BEGIN PRIVATE KEY-----\nPlanted-Secret-1\n-----END PRIVATE KEY-----";
    let (config, problems) = Config::examine(&given(&[("TLS_CERTIFICATE", text), ("TLS_KEY", text)]));
    let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
    assert!(told.len() == 2 && told.iter().all(|line| line.contains("give where the file is")), "{told:?}");
    for shown in [told.concat(), config.table(), config.json().to_string(), format!("{config:?}")] {
        assert!(!shown.contains("Planted-Secret"), "{shown}");
    }
}

#[test]
fn processes_with_jobs_alone_share_no_socket_and_are_one() {
    let several = || given(SOUND).with_variables([("WEB_CONCURRENCY", "3")]);
    assert_eq!(Config::read(&several()).expect("settings").processes(), 3);
    let worker = several().with_variables([("SPOTLIGHT_ROLE", "worker")]);
    assert_eq!(Config::read(&worker).expect("settings").processes(), 1);
}

#[test]
fn each_of_several_processes_needs_a_port_for_its_metrics() {
    let with = |port: &'static str| given(SOUND).with_variables([("WEB_CONCURRENCY", "3"), ("METRICS_LISTEN", port)]);
    assert!(Config::read(&with("0.0.0.0:65533")).is_ok(), "65533 to 65535");
    assert!(Config::read(&with("127.0.0.1:0")).is_ok());
    let told = told(&with("0.0.0.0:65534"));
    assert!(told.len() == 1 && told[0].starts_with("METRICS_LISTEN: "), "{told:?}");
}

#[test]
fn weak_secrets_are_refused_in_production_alone() {
    let weak = [("SECRET_KEY_BASE", "changeme-changeme-changeme-changeme-1234")];
    assert!(told(&given(SOUND).with_variables(weak))[0].contains("easily guessed"));
    assert_eq!(told(&given(&weak)), [""; 0]);
    let short = told(&given(&[("SECRET_KEY_BASE", "too-short")]));
    assert!(short[0].contains("at least 32") && !short[0].contains("too-short"), "{short:?}");
}

#[test]
fn later_sources_win() {
    let file = "[server]\nlisten = '127.0.0.1:1001'\nhttp = 'actix'\n[database]\npool = 7\n[redis]\nnamespace = 'file'";
    let sources = Sources::none()
        .with_file_text("spotlight.toml", file)
        .with_credentials("credentials.age", "[redis]\nnamespace = 'credentials'\n[database]\npool = 8")
        .with_variables([("DATABASE_POOL", "9"), ("SPOTLIGHT_LISTEN", "127.0.0.1:1002")])
        .with_argument(&arguments::LISTEN, Some("127.0.0.1:1003".to_owned()));
    let config = Config::read(&sources).expect("settings");
    assert_eq!(config.server.listen.port(), 1003);
    assert_eq!((config.database.pool, config.redis.namespace.as_str()), (Some(9), "credentials"));
    assert_eq!(config.server.framework, Framework::Actix);
    assert_eq!(*origin_of(&config, "SPOTLIGHT_LISTEN"), Origin::CommandLine);
    assert_eq!(*origin_of(&config, "DATABASE_POOL"), Origin::Environment("DATABASE_POOL".to_owned()));
    assert_eq!(*origin_of(&config, "REDIS_NAMESPACE"), Origin::Credentials("credentials.age".into()));
    assert_eq!(*origin_of(&config, "SPOTLIGHT_HTTP"), Origin::File("spotlight.toml".into()));
    assert_eq!(*origin_of(&config, "LOG_LEVEL"), Origin::Default);
}

#[test]
fn what_may_stand_in_credentials_that_cannot_be_read_is_not_missing() {
    let production = || given(&[("SPOTLIGHT_ENV", "production")]);
    let told_of = told(&production().with_credentials("credentials.age", "[database\n"));
    assert!(told_of.len() == 1 && told_of[0].starts_with("credentials.age, line 1: not TOML"), "{told_of:?}");
    let problem = Problem::new("credentials.age", "another key opens it");
    assert_eq!(told(&production().with_sealed_credentials(Some(problem))), ["credentials.age: another key opens it"]);
}

#[test]
fn older_names_are_accepted_and_a_disagreement_is_told() {
    let config =
        Config::read(&given(&[("RAILS_ENV", "test"), ("RAILS_LOG_LEVEL", "debug"), ("RAILS_MAX_THREADS", "3")]));
    let config = config.expect("settings");
    assert_eq!((config.general.environment, config.logs.level.as_str()), (Environment::Test, "debug"));
    assert_eq!((config.performance.threads, config.pool()), (Some(3), 3));
    let both = told(&given(&[("LOG_LEVEL", "info"), ("RAILS_LOG_LEVEL", "debug")]));
    assert!(both[0].contains("said twice"), "{both:?}");
}

#[test]
fn a_secret_is_read_from_a_mounted_file() {
    let folder = std::env::temp_dir().join(format!("spotlight-config-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join("url");
    std::fs::write(&path, "postgres://app:pw@db/spotlight\n").expect("a file");
    let path = path.to_str().expect("a path").to_owned();
    let config = Config::read(&Sources::none().with_variables([("DATABASE_URL_FILE", path.as_str())]));
    let config = config.expect("settings");
    assert!(config.database.url.is_some());
    assert!(matches!(origin_of(&config, "DATABASE_URL"), Origin::SecretFile(name, _) if name == "DATABASE_URL_FILE"));
    std::fs::remove_dir_all(&folder).expect("it goes");
    let gone = told(&given(SOUND).with_variables([("DATABASE_URL", ""), ("DATABASE_URL_FILE", path.as_str())]));
    assert_eq!(gone.len(), 1, "told once: {gone:?}");
    assert!(gone[0].starts_with("DATABASE_URL_FILE: ") && gone[0].contains("no such file"), "{gone:?}");
}

#[test]
fn bad_values_name_the_place_and_what_would_do() {
    for (name, value, expected) in [
        ("SPOTLIGHT_LISTEN", "somewhere", "SPOTLIGHT_LISTEN (environment, SPOTLIGHT_LISTEN): give an address"),
        ("DATABASE_URL", "mysql://app:Planted-Secret-1@db/x", "give a URL, as postgres://"),
        ("DATABASE_POOL", "none", "whole number from 1 to 1000, not `none`"),
        ("DATABASE_LOCK_TIMEOUT", "soon", "give seconds"),
        ("SPOTLIGHT_TRUSTED_PROXIES", "127.0.0.1,proxy.local", "proxy.local"),
        ("SPOTLIGHT_PUBLIC_URL", "app.example.com", "scheme and host"),
        ("SPOTLIGHT_ENV", "prod", "development, test, staging or production"),
        ("ENABLE_NEW_CONSOLE", "perhaps", "ENABLE_NEW_CONSOLE must be true or false"),
        ("LOG_LEVEL", "loud=shouting", "give error"),
    ] {
        let told = told(&given(&[(name, value)]));
        assert!(told.len() == 1 && told[0].contains(expected), "{name}: {told:?}");
        assert!(!told[0].contains("Planted-Secret"), "{told:?}");
    }
}

#[test]
fn a_broken_file_is_told_by_its_line_without_what_stands_there() {
    let sources =
        Sources::none().with_file_text("spotlight.toml", "[database]\nurl = 'postgres://app:Planted-Secret-1@db\n");
    let told = told(&sources);
    assert!(told[0].starts_with("spotlight.toml, line 2: not TOML"), "{told:?}");
    assert!(!told[0].contains("Planted-Secret"), "{told:?}");
}

#[test]
fn nothing_that_is_shown_holds_a_secret() {
    let secrets = SECTIONS.iter().flat_map(|section| section.variables).filter(|variable| variable.secret);
    let planted = |name: &str| match name {
        "DATABASE_URL" | "DATABASE_DIRECT_URL" | "DATABASE_REPLICA_URLS" => {
            "postgres://app:Planted-Secret-1@db/spotlight"
        }
        "REDIS_URL" => "redis://:Planted-Secret-1@redis/0",
        "SENTRY_DSN" => "https://Planted-Secret-1@sentry.example/0",
        "OTEL_EXPORTER_OTLP_HEADERS" => "api-key=Planted-Secret-1",
        _ => "Planted-Secret-1-Planted-Secret-1-Planted-Secret-1",
    };
    let names: Vec<_> = secrets.map(|variable| variable.name).collect();
    let sources = Sources::none().with_variables(names.iter().map(|name| (*name, planted(name))));
    let (config, problems) = Config::examine(&sources);
    assert_eq!(problems, []);
    for shown in [format!("{config:?}"), format!("{sources:?}"), config.table(), config.json().to_string()] {
        assert!(!shown.contains("Planted-Secret"), "{shown}");
    }
    let set = config.settings().iter().filter(|setting| setting.shown.as_deref() == Some("[set]")).count();
    assert_eq!(set, names.len());
}

#[test]
fn every_default_reads_and_every_name_and_key_is_one() {
    let variables: Vec<_> = SECTIONS.iter().flat_map(|section| section.variables).collect();
    for (at, variable) in variables.iter().enumerate() {
        assert!(!variables[..at].iter().any(|other| other.key == variable.key), "{} twice", variable.key);
        for name in variable.names() {
            assert!(!variables[..at].iter().any(|other| other.names().any(|one| one == name)), "{name} twice");
        }
    }
    let (config, problems) = Config::examine(&Sources::none());
    assert_eq!(problems, []);
    let read: Vec<_> = config.settings().iter().map(|setting| setting.variable.name).collect();
    let listed: Vec<_> = variables.iter().map(|variable| variable.name).collect();
    for name in &listed {
        assert!(read.contains(name), "{name} is in the reference, and nobody reads it");
    }
    assert_eq!(read.len(), listed.len(), "everything that is read is in the reference");
}

#[test]
fn the_reference_in_the_docs_is_what_the_command_prints() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/configuration.md");
    if std::env::var_os("SPOTLIGHT_WRITE").is_some() {
        std::fs::write(path, reference()).expect("it is written");
    }
    let page = std::fs::read_to_string(path).expect("docs/configuration.md");
    assert!(page == reference(), "docs/configuration.md is stale: spotlight config reference > docs/configuration.md");
}
