//! Handlers on actix-web, written by hand.

use std::sync::Arc;

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    error::ErrorInternalServerError,
    rt::net::TcpStream,
    web::{Data, Json, Path, get, post, resource},
};
use tokio::net::TcpListener;
use uuid::Uuid;

use crate::{
    bare::Bare,
    shown::{NewLead, NewTurn},
    turn::{Spoken, turn},
};

type Answer = actix_web::Result<HttpResponse>;

async fn one(bare: Data<Bare>, id: Path<Uuid>) -> Answer {
    let found = bare.get(*id).await.map_err(ErrorInternalServerError)?;
    Ok(found.map_or_else(|| HttpResponse::NotFound().finish(), |lead| HttpResponse::Ok().json(lead)))
}

async fn list(bare: Data<Bare>) -> Answer {
    Ok(HttpResponse::Ok().json(bare.list().await.map_err(ErrorInternalServerError)?))
}

fn key(request: &HttpRequest) -> Option<&str> {
    request.headers().get("idempotency-key")?.to_str().ok()
}

async fn create(bare: Data<Bare>, request: HttpRequest, new: Json<NewLead>) -> Answer {
    let address = request.peer_addr().map(|peer| peer.ip().to_string());
    let made = bare.create(new.into_inner(), key(&request), address).await.map_err(ErrorInternalServerError)?;
    Ok(made.map_or_else(|| HttpResponse::Conflict().finish(), |lead| HttpResponse::Created().json(lead)))
}

async fn speak(bare: Data<Bare>, request: HttpRequest, id: Path<Uuid>, new: Json<NewTurn>) -> Answer {
    let spoken = Spoken {
        text: new.into_inner().turn.text,
        key: key(&request).map(str::to_owned),
        at_once: request.headers().contains_key("x-at-once"),
    };
    let words = turn(bare.into_inner(), *id, spoken).await.map_err(ErrorInternalServerError)?;
    let Some(words) = words else { return Ok(HttpResponse::Conflict().finish()) };
    Ok(HttpResponse::Ok().content_type("text/event-stream").streaming(Box::pin(words)))
}

pub(crate) async fn serve(listener: TcpListener, bare: Arc<Bare>) {
    let bare = Data::from(bare);
    let app = move || {
        App::new()
            .app_data(bare.clone())
            .service(resource("/api/v1/leads").route(get().to(list)).route(post().to(create)))
            .service(resource("/api/v1/leads/{id}").route(get().to(one)))
            .service(resource("/api/v1/conversations/{id}/turns").route(post().to(speak)))
    };
    // Words of a stream are small, and waiting to fill a packet would hold them back.
    let without_delay = |connection: &dyn std::any::Any, _: &mut actix_web::dev::Extensions| {
        if let Some(stream) = connection.downcast_ref::<TcpStream>() {
            stream.set_nodelay(true).expect("a connection without delay");
        }
    };
    let listener = listener.into_std().expect("a listener");
    let server = HttpServer::new(app).on_connect(without_delay).listen(listener).expect("it listens");
    server.run().await.expect("it serves");
}
