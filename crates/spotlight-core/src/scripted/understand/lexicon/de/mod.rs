//! German. Umlauts may be typed as digraphs or plain vowels.

mod answers;
mod intents;
mod people;
mod talk;
mod time;
mod words;

use super::Table;

pub(super) const TABLE: Table = Table {
    phrases: &[intents::PHRASES, answers::PHRASES, people::PHRASES, talk::PHRASES, time::PHRASES, super::concerns::DE],
    numbers: words::NUMBERS,
    joints: &["und"],
    never_names: words::NEVER_NAMES,
    never_endings: &[
        "ung", "heit", "keit", "schaft", "fuhrer", "fuhrerin", "leiter", "leiterin", "berater", "beraterin", "kunde",
        "kundin", "arzt", "arztin", "lehrer", "inhaber", "inhaberin", "entwickler", "iert", "inhaber", "tatig", "handler",
        "handlerin", "meister", "assistent", "assistentin", "besitzer", "nehmer", "nehmerin", "kauferin", "ingenieur",
    ],
    real_words: "werte worte wurde wurden werde werden warte warten worter punkt punkte preis preise reise kreis leise lesen
        leben lieben liebe treffe treffen trifft termin termine morgens abende stunden stunde woche wochen macht machen
        mochte mochten sagen sage schon schone schonen schlecht schlechte falsche andere anderen anders nicht nichts recht
        rechts spater sparen passen passt hasse klasse genau genaue grunde danke denke denken bitte bitten mitte kosten
        kaufen laufen rufen rufe gerne gern lieber leider weiter weitere monat monate jahre jahren haben hatte hatten heute
        hause leute viele teile teilen firma kunde kunden stellen stelle stimmt stimme erste ersten letzte letzten zweite
        dritte kommt kommen keine keinen meine meinen seine eine einen einer klar klare",
};
