//! Handlers on axum, written by hand.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Json, Router,
    body::Body,
    extract::{ConnectInfo, Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
    serve::ListenerExt,
};
use tokio::net::TcpListener;
use uuid::Uuid;

use crate::{
    bare::Bare,
    shown::{NewLead, NewTurn},
    turn::{Spoken, turn},
};

type Shared = State<Arc<Bare>>;

/// What went wrong, without telling more than that.
struct Failed;

impl From<sqlx::Error> for Failed {
    fn from(_: sqlx::Error) -> Self {
        Self
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    }
}

async fn one(State(bare): Shared, Path(id): Path<Uuid>) -> Result<Response, Failed> {
    Ok(bare.get(id).await?.map_or_else(|| StatusCode::NOT_FOUND.into_response(), |lead| Json(lead).into_response()))
}

async fn list(State(bare): Shared) -> Result<Response, Failed> {
    Ok(Json(bare.list().await?).into_response())
}

fn key(headers: &HeaderMap) -> Option<&str> {
    headers.get("idempotency-key")?.to_str().ok()
}

async fn create(
    State(bare): Shared,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Json(new): Json<NewLead>,
) -> Result<Response, Failed> {
    let made = bare.create(new, key(&headers), Some(peer.ip().to_string())).await?;
    let answer = |lead| (StatusCode::CREATED, Json(lead)).into_response();
    Ok(made.map_or_else(|| StatusCode::CONFLICT.into_response(), answer))
}

async fn speak(
    State(bare): Shared,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
    Json(new): Json<NewTurn>,
) -> Result<Response, Failed> {
    let spoken = Spoken {
        text: new.turn.text,
        key: key(&headers).map(str::to_owned),
        at_once: headers.contains_key("x-at-once"),
    };
    let Some(words) = turn(bare, id, spoken).await? else { return Ok(StatusCode::CONFLICT.into_response()) };
    Ok(([(header::CONTENT_TYPE, "text/event-stream")], Body::from_stream(words)).into_response())
}

pub(crate) async fn serve(listener: TcpListener, bare: Arc<Bare>) {
    let router = Router::new()
        .route("/api/v1/leads", get(list).post(create))
        .route("/api/v1/leads/{id}", get(one))
        .route("/api/v1/conversations/{id}/turns", post(speak))
        .with_state(bare);
    // Words of a stream are small, and waiting to fill a packet would hold them back.
    let listener = listener.tap_io(|stream| stream.set_nodelay(true).expect("a connection without delay"));
    axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>()).await.expect("it serves");
}
