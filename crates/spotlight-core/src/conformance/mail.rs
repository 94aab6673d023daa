//! Mailers: one line, `spotlight_core::mailer_conformance!(MyFixture::new());`.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;

use super::{
    samples::Samples,
    support::{refused, rivals},
};
use crate::{
    error::ErrorKind,
    ports::{Attachment, Mailer, Message},
};

/// Gives mailers to the suite.
#[async_trait]
pub trait MailerFixture: Send + Sync + 'static {
    /// A mailer that delivers to where [`delivered`](Self::delivered) looks. Called once.
    async fn mailer(&self) -> Arc<dyn Mailer>;

    /// Everything that its mailer has delivered by now, in any order.
    async fn delivered(&self) -> Vec<Message>;
}

/// One test per promise of a [`Mailer`](crate::ports::Mailer), from an expression that makes a
/// [`MailerFixture`](crate::conformance::mail::MailerFixture). The tests stand in a module of their own, `mail`.
#[macro_export]
macro_rules! mailer_conformance {
    ($fixture:expr) => {
        fn mailer_conformance_fixture() -> impl $crate::conformance::mail::MailerFixture {
            $fixture
        }

        $crate::__conformance_tests! {
            (mailer_conformance_fixture)
            mail {
                a_message_arrives_whole
                a_message_arrives_once
                a_subject_has_one_line
            }
        }
    };
}

fn message(samples: &Samples, id: &str) -> Message {
    Message {
        id: id.to_owned(),
        to: samples.email(),
        subject: "Votre rendez-vous à 9 h 30".to_owned(),
        text: "Bonjour,\n\n.\nà bientôt 🌿\n".to_owned(),
        attachments: vec![Attachment {
            file_name: "invite.ics".to_owned(),
            content_type: "text/calendar; method=REQUEST".to_owned(),
            body: Bytes::from_static(b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"),
        }],
    }
}

/// What was handed over arrives, whole.
pub async fn a_message_arrives_whole(fixture: &dyn MailerFixture) {
    let (mailer, samples) = (fixture.mailer().await, Samples::new());
    let full = message(&samples, "one");
    let bare = Message { attachments: Vec::new(), ..message(&samples, "two") };
    mailer.send(&full).await.unwrap();
    mailer.send(&bare).await.unwrap();
    let mut delivered = fixture.delivered().await;
    delivered.sort_by(|a, b| a.id.cmp(&b.id));
    assert_eq!(delivered, [full, bare]);
}

/// A message is delivered once, however often it is handed over, also twice at once.
pub async fn a_message_arrives_once(fixture: &dyn MailerFixture) {
    let (mailer, samples) = (fixture.mailer().await, Samples::new());
    let first = message(&samples, "one");
    for _ in 0..3 {
        mailer.send(&first).await.unwrap();
    }
    let second = message(&samples, "two");
    let send = || {
        let (mailer, message) = (Arc::clone(&mailer), second.clone());
        async move { mailer.send(&message).await }
    };
    let (one, other) = rivals(send(), send()).await;
    one.unwrap();
    other.unwrap();
    let mut ids: Vec<_> = fixture.delivered().await.into_iter().map(|message| message.id).collect();
    ids.sort();
    assert_eq!(ids, ["one", "two"]);
}

/// A subject with a line break is refused, since it could carry headers, and nothing is sent.
pub async fn a_subject_has_one_line(fixture: &dyn MailerFixture) {
    let (mailer, samples) = (fixture.mailer().await, Samples::new());
    for subject in ["Hello\nBcc: everybody@example.com", "Hello\r\nBcc: everybody@example.com", "Hello\rthere", "\n"] {
        let message = Message { subject: subject.to_owned(), ..message(&samples, "one") };
        refused(mailer.send(&message).await, ErrorKind::Validation);
    }
    assert_eq!(fixture.delivered().await, []);
    // A refused id was not handed over.
    let good = message(&samples, "one");
    mailer.send(&good).await.unwrap();
    assert_eq!(fixture.delivered().await, [good]);
}
