//! Italian. Elided words are apart: "l'azienda" is "l" and "azienda".

mod answers;
mod intents;
mod people;
mod talk;
mod time;
mod words;

use super::Table;

pub(super) const TABLE: Table = Table {
    phrases: &[intents::PHRASES, answers::PHRASES, people::PHRASES, talk::PHRASES, time::PHRASES, super::concerns::IT],
    numbers: words::NUMBERS,
    joints: &["e"],
    never_names: words::NEVER_NAMES,
    never_endings: &["ando", "endo", "ato", "ata", "uto", "uta", "mente", "zione", "tore", "trice", "ista"],
    real_words: "mondo modo molto molti molta parte parti parlo parla passo passa posto posti prendo prende primo prima prime
        punto punti quando quanti quante quanto questo questa questi quello quella resto ricetta rotta scusa scusi sempre
        senza settimana stare stato stata strada tanto tardi tempo tempi terzo terza tutto tutti troppo ultimo ultima venire
        vengo viene vorrei cosa cose casa casi conto conti corso corsa costa costo dato dati dopo dove dovere giorni giorno
        gente grande grandi grazie gruppo lavora lavoro lungo luogo marca marche meglio mezzo minuto nome nomi notte nuovo
        nuova numeri numero ora oggi persona persone piano piatto poco porta porto pranzo fare fatto fatta bello bella bene
        bravo chiamo chiami chiama cento certo caro cara carta marta vediamo vedere sento senti sentire",
};
