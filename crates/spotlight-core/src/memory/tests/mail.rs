use crate::{
    domain::contact::Email,
    error::ErrorKind,
    memory::MemoryMailer,
    ports::{Mailer, Message},
};

#[tokio::test]
async fn a_mailer_that_was_told_to_fail_keeps_nothing() {
    let message = Message {
        id: "a".to_owned(),
        to: Email::parse("ada@example.com").unwrap(),
        subject: "Hello".to_owned(),
        text: "Hello.".to_owned(),
        attachments: Vec::new(),
    };
    let mailer = MemoryMailer::new();
    mailer.fail_with(Some(ErrorKind::Unavailable));
    assert_eq!(mailer.send(&message).await.unwrap_err().kind(), ErrorKind::Unavailable);
    assert!(mailer.sent().is_empty());
    mailer.fail_with(None);
    mailer.send(&message).await.unwrap();
    assert_eq!(mailer.sent(), [message]);
}
