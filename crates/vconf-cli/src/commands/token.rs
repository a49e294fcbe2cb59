//! `vconf token`: who may do what with a server.

use vconf::model::revision::{Edge, parse_time};
use vconf::model::value::Value;
use vconf_server::{Grant, NewToken, Token, TokenError, TokenId, Tokens};

use super::serve::data_store;
use crate::advice;
use crate::args::{TokenArguments, TokenCommand, Who};
use crate::failure::{Exit, Failure};
use crate::render::style::Look;
use crate::session::Session;
use crate::text::{shell, when};

pub(crate) fn run(arguments: &TokenArguments, session: &mut Session) -> Result<Exit, Failure> {
    let store = session.here()?.store;
    let data = data_store(&store, arguments.server_data.as_deref(), session)?;
    let tokens = Tokens::open(data.into()).map_err(|error| token_failure(&error, session))?;
    match &arguments.command {
        TokenCommand::Create { name, allow, expires, who } => {
            let new = new_token(name, allow, expires.as_deref(), session)?;
            create(&tokens, new, who, session)
        }
        TokenCommand::List => {
            list(&tokens, session);
            Ok(Exit::Ok)
        }
        TokenCommand::Revoke { id, who } => revoke(&tokens, id, who, session),
    }
}

fn new_token(
    author: &str,
    allow: &[String],
    expires: Option<&str>,
    session: &Session,
) -> Result<NewToken, Failure> {
    let author = author.trim();
    if author.is_empty() || author.chars().any(char::is_control) {
        return Err(Failure::invalid("the author of a token has a name, on one line"));
    }
    let grants = allow.iter().map(|text| {
        text.parse::<Grant>().map_err(|error| {
            Failure::invalid(error.to_string())
                .detail("a grant is read, write or admin, for all configs or some: write:etc/, read:app.yaml, write:app.yaml@staging")
                .help("vconf token create --help")
        })
    });
    let expires = expires.map(|text| {
        let clock = session.clock();
        let time = parse_time(text, &clock, Edge::End).map_err(|error| {
            Failure::invalid(error.to_string()).detail("a time is 2027-01-01, or 2027-01-01T12:00")
        })?;
        if time > clock.now {
            return Ok(time);
        }
        Err(Failure::invalid(format!("{text} is past, so that the token would never count"))
            .detail("it expires on a day or at a time to come: 2027-01-01, or 2027-01-01T12:00"))
    });
    Ok(NewToken {
        author: author.to_owned(),
        expires: expires.transpose()?,
        grants: grants.collect::<Result<_, _>>()?,
    })
}

fn create(tokens: &Tokens, new: NewToken, who: &Who, session: &mut Session) -> Result<Exit, Failure> {
    let context = session.context(who)?;
    let (token, secret) = tokens.create(new, &context).map_err(|error| token_failure(&error, session))?;
    if session.output.json {
        let Value::Map(mut map) = told(&token) else { return Ok(Exit::Ok) };
        map.insert("token".to_owned(), Value::from(secret.reveal()));
        session.output.json(&Value::Map(map));
        return Ok(Exit::Ok);
    }
    session.output.text(&format!("{}\n", secret.reveal()));
    session.output.talk("note", "this is shown once, and kept nowhere");
    session.output.talk("undo", &format!("vconf token revoke {}", token.id));
    Ok(Exit::Ok)
}

fn list(tokens: &Tokens, session: &mut Session) {
    let clock = session.clock();
    let all = tokens.list();
    for token in &all {
        if session.output.json {
            session.output.json(&told(token));
            continue;
        }
        let grants: Vec<_> = token.grants.iter().map(ToString::to_string).collect();
        let expires = match token.expires {
            Some(time) if time <= clock.now => "  (expired)".to_owned(),
            Some(time) => format!("  until {}", when(time, &clock)),
            None => String::new(),
        };
        session.output.line(&[
            (Look::Moved, format!("{}  ", token.id).as_str()),
            (Look::Heading, &token.author),
            (Look::Plain, &format!("  {}", grants.join(", "))),
            (Look::Dim, &format!("  {}{expires}", when(token.created, &clock))),
        ]);
    }
    if all.is_empty() && !session.output.json {
        session.output.talk("note", "there are no tokens yet");
        session.output.talk("help", "vconf token create NAME --allow write");
    }
}

fn revoke(tokens: &Tokens, id: &str, who: &Who, session: &mut Session) -> Result<Exit, Failure> {
    let Some(id) = TokenId::new(id) else {
        return Err(Failure::invalid(format!("{id} is no id of a token"))
            .detail("that has 16 digits, as the list says; the token itself is not needed")
            .help("vconf token list"));
    };
    let context = session.context(who)?;
    let token = tokens.revoke(&id, &context).map_err(|error| token_failure(&error, session))?;
    if session.output.json {
        session.output.json(&told(&token));
        return Ok(Exit::Ok);
    }
    session.output.line(&[(Look::Plain, format!("token {} of {} is revoked", token.id, token.author))]);
    let grants: Vec<_> =
        token.grants.iter().map(|grant| format!("--allow {}", shell(&grant.to_string()))).collect();
    let again = format!("vconf token create {} {}", shell(&token.author), grants.join(" "));
    session.output.talk("note", "it can't be brought back, for it is kept nowhere; another one can be made");
    session.output.talk("help", &again);
    Ok(Exit::Ok)
}

/// A token without what is kept of its secret.
fn told(token: &Token) -> Value {
    let Value::Map(mut map) = token.to_value() else { return Value::Null };
    map.shift_remove("checksum");
    Value::Map(map)
}

fn token_failure(error: &TokenError, session: &Session) -> Failure {
    match error {
        TokenError::History(error) => advice::history_failure(error, session, None),
        TokenError::Unknown(_) => Failure::error(error.to_string()).help("vconf token list"),
        TokenError::NotTokens | TokenError::TooMany | TokenError::Random(_) => {
            Failure::error(error.to_string())
        }
    }
}
