//! German: names, companies, contacts and money.

use super::super::{Coin, Tag as T};

pub(super) const PHRASES: &[(T, &[&str])] = &[
    (
        T::NameIs,
        &[
            "ich? heisse",
            "mein voller|vollstandiger|richtiger? name ist|lautet",
            "mein name",
            "mein nachname|vorname|familienname ist|lautet",
            "der? name ist|lautet|war",
            "^name",
            "nennen sie mich",
            "nenn mich",
            "man nennt mich",
            "auf den namen",
            "heisse ich?",
            "ich werde * genannt",
        ],
    ),
    (T::IAm, &["ich bin|bins", "bin der|die"]),
    (
        T::ThisIs,
        &[
            "hier ist|spricht|schreibt|meldet_sich",
            "sie sprechen mit",
            "am apparat ist",
            "das ist",
            "hier",
            "es spricht",
        ],
    ),
    (T::Speaking, &["am apparat|telefon", "hier", "spricht", "mein name", "ist mein name"]),
    (T::Title, &["herr|frau|dr|doktor|prof|professor|dipl|ing"]),
    (T::The, &["der|die|das|den|dem"]),
    (T::An, &["ein|eine|einen|einem|einer|mein|meine|unser|unsere"]),
    (T::And, &["und|oder|aber|sowie|also"]),
    (
        T::CompanyCalled,
        &[
            "firma|unternehmen|betrieb|agentur|startup|start-up|gesellschaft|kanzlei|praxis|laden|arbeitgeber heisst|nennt_sich|namens|ist_die|heissen",
            "firma|unternehmen|arbeitgeber|agentur ist|lautet",
            "wir heissen",
            "name der|unserer|meiner|unseres|des firma|agentur|unternehmens ist|lautet",
            "^firma|unternehmen",
            "wir sind die? firma|agentur|kanzlei",
        ],
    ),
    (T::CompanyIs, &["wir sind", "unsere|meine firma", "unser|mein unternehmen|arbeitgeber", "firma"]),
    (
        T::WorkAt,
        &[
            "arbeite|arbeiten|tatig|angestellt|beschaftigt|jobbe ich|wir? bei|fur|beim|im|in_der|bei_der",
            "bin|sind bei|von|vom|bei_der|von_der|beim",
            "rufe|melde|schreibe|rufen|schreiben ich|mich? von|fur|im_auftrag_von|im_namen_von|aus_dem_hause",
            "ich leite|vertrete|fuhre|besitze|grunde|reprasentiere die|das|den?",
            "von|fur|bei der firma|agentur|kanzlei",
            "geschaftsfuhrer|geschaftsfuhrerin|inhaber|inhaberin|leiter|leiterin|chef|chefin|ceo|cto|cfo|grunder|grunderin|mitarbeiter|mitarbeiterin|vertriebsleiter|vertriebsleiterin|einkaufer|einkauferin|eigentumer|direktor|marketingleiter|marketingleiterin von|bei|der|vom|beim|bei_der|von_der",
        ],
    ),
    (
        T::From,
        &[
            "von|bei|aus|vom|beim",
            "von|bei|aus der firma|agentur|kanzlei?",
            "und arbeite bei|fur",
            "ich arbeite bei|fur",
            "der firma",
        ],
    ),
    (
        T::Freelance,
        &[
            "freiberufler|freiberuflerin|freiberuflich|selbststandig|selbstandig|selbststandiger|selbstandige|freelancer|rentner|rentnerin|student|studentin|arbeitslos|privatperson|privat|privatkunde|solo-selbststandig",
            "keine|keiner|ohne firma|unternehmen|arbeitgeber?",
            "habe keine|keinen|kein firma|arbeitgeber|unternehmen",
            "fur mich selbst",
            "auf eigene rechnung",
            "von zuhause|zu_hause",
        ],
    ),
    (
        T::BudgetCue,
        &[
            "budget|budgets|ausgeben|investieren|investition|eingeplant|verfugung|budgetiert|veranschlagt",
            "konnen|konnten|wurden|bereit|kann|konnte * zahlen|ausgeben|bezahlen|investieren",
            "haben|hatten * verfugung|eingeplant",
            "bis zu",
            "maximal|hochstens|max",
            "rund|circa|ca|etwa",
        ],
    ),
    (
        T::OtherMoney,
        &[
            "umsatz|jahresumsatz|umsatzen|gehalt|verdiene|verdienen|gewinn|einnahmen|erlos|wert",
            "kostet|kosten|preis|preise|verlangen|verlangt|nehmt|berechnen|verlieren|rechnung|schulde",
            "zahle|zahlen|bezahlen ich|wir? aktuell|derzeit|momentan|jetzt|bisher",
            "konkurrenz|wettbewerber|mitbewerber",
        ],
    ),
    (T::Coin(Coin::Dollar), &["dollar"]),
    (T::Coin(Coin::Peso), &["peso|pesos"]),
    (T::Coin(Coin::Code("GBP")), &["pfund sterling?"]),
    (T::Coin(Coin::Code("CHF")), &["schweizer? franken", "fr|stutz"]),
    (T::Coin(Coin::Code("USD")), &["us dollar"]),
    (T::Coin(Coin::Code("CAD")), &["kanadische dollar"]),
    (T::Coin(Coin::Code("AUD")), &["australische dollar"]),
    (T::Range, &["bis|und|oder|bis_zu", "vielleicht|maximal|hochstens"]),
    (T::HalfOf(1_000_000), &["eine? halbe million"]),
    (
        T::PhoneCue,
        &[
            "telefon|telefonnummer|handy|handynummer|mobil|mobilnummer|whatsapp|nummer|anrufen|erreichbar|erreichen|tel|festnetz|rufnummer|ruckruf|sms|zuruckrufen|durchwahl",
        ],
    ),
    (
        T::IdCue,
        &[
            "bestellnummer|rechnungsnummer|kundennummer|auftragsnummer|ticketnummer|vertragsnummer|vorgangsnummer|buchungsnummer|referenznummer|seriennummer|sendungsnummer|aktenzeichen|steuernummer|mitgliedsnummer|artikelnummer lautet|ist|nr?",
            "bestellung|rechnung|kunde|auftrag|ticket|vertrag|vorgang|buchung|referenz|sendung nummer|nr|no|id?",
            "iban|ust-id|id|pin|code|plz|postleitzahl|hrb",
        ],
    ),
    (T::SpokenAt, &["at|ät|et|klammeraffe", "ad"]),
    (T::SpokenDot, &["punkt|dot"]),
    (T::SpokenDash, &["bindestrich|minus|strich", "mittelstrich"]),
    (T::SpokenUnderscore, &["unterstrich|underscore"]),
];
