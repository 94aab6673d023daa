use crate::{
    domain::contact::Email,
    error::ErrorKind,
    memory::MemoryMailer,
    ports::{Mailer, Message},
};

fn message(id: &str) -> Message {
    Message {
        id: id.to_owned(),
        to: Email::parse("ada@example.com").unwrap(),
        subject: "Hello".to_owned(),
        text: "Hello.".to_owned(),
        attachments: Vec::new(),
    }
}

#[tokio::test]
async fn a_message_is_kept_once_and_not_when_sending_fails() {
    let mailer = MemoryMailer::new();
    mailer.fail_with(Some(ErrorKind::Unavailable));
    assert_eq!(mailer.send(&message("a")).await.unwrap_err().kind(), ErrorKind::Unavailable);
    mailer.fail_with(None);
    for id in ["a", "a", "b"] {
        mailer.send(&message(id)).await.unwrap();
    }
    assert_eq!(mailer.sent(), [message("a"), message("b")]);
    let injected = Message { subject: "Hello\r\nBcc: eve@example.com".to_owned(), ..message("c") };
    assert_eq!(mailer.send(&injected).await.unwrap_err().kind(), ErrorKind::Validation);
}
