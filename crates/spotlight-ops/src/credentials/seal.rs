//! Encrypts and opens, by the crate `age` alone.

use std::{
    io::{Read, Write},
    path::Path,
};

use age::{
    DecryptError, Decryptor, Encryptor,
    armor::{ArmoredReader, ArmoredWriter, Format},
    x25519::Recipient,
};
use secrecy::{ExposeSecret, SecretString};

use super::MasterKey;
use crate::config::Problem;

/// Encrypts a text to several keys, each of which opens it. The outcome is text, too.
pub(super) fn seal(text: &SecretString, recipients: &[Recipient]) -> Result<Vec<u8>, Problem> {
    let failed = |error: &dyn std::fmt::Display| Problem::new("credentials", format!("cannot be encrypted: {error}"));
    let encryptor = Encryptor::with_recipients(recipients.iter().map(|recipient| recipient as &dyn age::Recipient));
    let encryptor = encryptor.map_err(|error| failed(&error))?;
    let mut sealed = Vec::new();
    let write = || {
        let armor = ArmoredWriter::wrap_output(&mut sealed, Format::AsciiArmor)?;
        let mut writer = encryptor.wrap_output(armor)?;
        writer.write_all(text.expose_secret().as_bytes())?;
        writer.finish()?.finish()?;
        std::io::Result::Ok(())
    };
    write().map_err(|error| failed(&error))?;
    Ok(sealed)
}

/// Opens what [`seal`] made.
///
/// # Errors
/// Telling the wrong key from a damaged file, as far as that can be told.
pub(super) fn open(sealed: &[u8], key: &MasterKey, path: &Path) -> Result<SecretString, Problem> {
    let place = path.display().to_string();
    let damaged = || {
        let detail = "the file is damaged or no age file; restore it, as from version control";
        Problem::new(place.clone(), detail)
    };
    let opened = Decryptor::new_buffered(ArmoredReader::new(sealed));
    let opened = opened.and_then(|decryptor| decryptor.decrypt(std::iter::once(key.identity() as &dyn age::Identity)));
    let mut reader = match opened {
        Ok(reader) => reader,
        Err(DecryptError::NoMatchingKeys | DecryptError::DecryptionFailed) => {
            let from = key.origin();
            let detail = format!(
                "the key of {from} does not open it: give the key that it was encrypted to, or restore the file if it is \
                 damaged"
            );
            return Err(Problem::new(place, detail));
        }
        Err(_) => return Err(damaged()),
    };
    let mut text = String::new();
    reader.read_to_string(&mut text).map_err(|_| damaged())?;
    Ok(SecretString::from(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> MasterKey {
        MasterKey::generate(Path::new("master.key"))
    }

    #[test]
    fn each_recipient_opens_it_and_nobody_else() {
        let (one, two, other) = (key(), key(), key());
        let text = SecretString::from("secret_key_base = 'Planted-Secret-1'\n");
        let sealed = seal(&text, &[one.recipient(), two.recipient()]).expect("sealed");
        assert!(sealed.starts_with(b"-----BEGIN AGE ENCRYPTED FILE-----"), "it can be read as a text");
        assert!(!String::from_utf8_lossy(&sealed).contains("Planted"));
        for key in [&one, &two] {
            let opened = open(&sealed, key, Path::new("c.age")).expect("opened");
            assert_eq!(opened.expose_secret(), text.expose_secret());
        }
        let problem = open(&sealed, &other, Path::new("c.age")).expect_err("another key").to_string();
        assert!(problem.starts_with("c.age: the key of master.key does not open it"), "{problem}");
    }

    #[test]
    fn whatever_is_changed_or_lost_is_told_and_opens_nothing() {
        let key = key();
        let sealed =
            seal(&SecretString::from("[database]\nurl = 'postgres://db/x'\n"), &[key.recipient()]).expect("sealed");
        let text = String::from_utf8(sealed).expect("text");
        let mut wrong: Vec<Vec<u8>> = vec![Vec::new(), b"secret_key_base = 'x'".to_vec()];
        // The last end of line may be missing.
        wrong.extend((0..text.trim_end().len()).step_by(7).map(|end| text.as_bytes()[..end].to_vec()));
        wrong.extend((0..text.len()).filter(|at| text.as_bytes()[*at].is_ascii_alphanumeric()).map(|at| {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            bytes
        }));
        for bytes in wrong {
            let problem = open(&bytes, &key, Path::new("c.age")).expect_err("it is changed").to_string();
            assert!(problem.starts_with("c.age: ") && problem.contains("restore"), "{problem}");
        }
    }
}
