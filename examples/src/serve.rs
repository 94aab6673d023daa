//! `serve`: a server of `spotlight-ops`, and an organization to try it with.

use spotlight_core::Result;
use spotlight_ops::{
    command::{introduce, print},
    config::{Config, Role},
    server::Server,
};

use crate::demo;

pub(crate) async fn run(config: &Config) -> Result<()> {
    let server = Server::prepare(config).await?;
    if config.server.role == Role::Worker {
        introduce(config, &server)?;
        print("Stop: Ctrl-C")?;
    } else {
        demonstrate(config, &server).await?;
    }
    server.run().await
}

async fn demonstrate(config: &Config, server: &Server) -> Result<()> {
    let assistant = demo::prepare(server.platform(), config.general.time_zone, first_start).await?;
    introduce(config, server)?;
    let here = server.address().map(|address| format!("{}://{address}", server.scheme()));
    let url = config.server.public_url.clone().or(here).unwrap_or_default();
    if let Some(assistant) = assistant {
        print("\nOpen a conversation as a visitor would:")?;
        print(&format!("  curl -X POST {url}/api/v1/public/assistants/{assistant}/conversations"))?;
    }
    print(&format!("API document: {url}/api/v1/openapi.json\nTalk here instead: cargo run -- chat\nStop: Ctrl-C"))
}

/// Shows the owner's password. At once, since it is stored nowhere: whatever stops this start later, it has been said.
fn first_start(password: &str) -> Result<()> {
    print("first start: made the organization \"Demo Company\"")?;
    print(&format!("  sign in    {} with the password {password} (shown this once)", demo::OWNER))
}
