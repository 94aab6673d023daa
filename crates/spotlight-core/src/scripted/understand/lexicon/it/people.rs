//! Italian: names, companies, contacts and money.

use super::super::{Coin, Tag as T};

pub(super) const PHRASES: &[(T, &[&str])] = &[
    (
        T::NameIs,
        &[
            "mi chiamo|chiamano",
            "il? mio nome completo? e",
            "il nome e|sarebbe",
            "^nome",
            "mio|il nome",
            "il? mio cognome e",
            "a nome di",
            "nome e cognome",
        ],
    ),
    (T::IAm, &["sono|io_sono"]),
    (T::ThisIs, &["qui", "qui e|parla|sono", "parla", "sta parlando con", "e", "le|ti|vi parla|scrive", "da parte di"]),
    (T::Speaking, &["al telefono|apparecchio", "all'apparecchio", "qui", "che parla|scrive", "e il mio nome"]),
    (
        T::Title,
        &[
            "sig|sigra|sigr|signor|signora|signorina|signore|dott|dottssa|dottor|dottore|dottoressa|ing|ingegner|ingegnere|avv|avvocato|prof|professor|professore|professoressa|geom|geometra|rag|ragionier|arch",
        ],
    ),
    (T::The, &["il|la|lo|l|i|gli|le"]),
    (T::An, &["un|una|uno|mio|mia|nostro|nostra"]),
    (T::And, &["e|ed|ma|o|oppure|anche|poi"]),
    (
        T::CompanyCalled,
        &[
            "azienda|societa|ditta|impresa|agenzia|startup|start-up|studio|attivita|negozio si_chiama|chiamata|denominata|e_la",
            "la? azienda|societa|ditta|impresa|agenzia e",
            "nome della|dell|della_mia|della_nostra azienda|societa|ditta|impresa e",
            "^azienda|societa|ditta",
            "siamo la|l azienda|societa|ditta",
            "ci chiamiamo",
        ],
    ),
    (T::CompanyIs, &["siamo", "azienda|societa|ditta"]),
    (
        T::WorkAt,
        &[
            "lavoro|lavoriamo|lavorando|impiegato|impiegata|collaboro|dipendente|lavora per|in|presso|da|alla|alle|nella|con|all|nell|di|della",
            "chiamo|scrivo|chiamiamo|scriviamo|contatto da|per|dalla|per_conto_di|per_conto_della|a_nome_di|dall",
            "per conto di|della",
            "rappresento|dirigo|gestisco|guido la|l|il?",
            "di|per|della|dalla|dell|dall azienda|societa|ditta|agenzia",
            "titolare|direttore|direttrice|ceo|cto|cfo|fondatore|fondatrice|responsabile|proprietario|proprietaria|amministratore|amministratrice|socio|socia|manager|capo|commerciale|amministratore_delegato di|della|presso|dell|del|in|alla * vendite|marketing|acquisti|commerciale|it in|di|della|presso",
            "titolare|direttore|direttrice|ceo|cto|cfo|fondatore|fondatrice|responsabile|proprietario|proprietaria|amministratore|amministratrice|socio|socia|manager|amministratore_delegato di|della|presso|dell|del|in|alla",
        ],
    ),
    (
        T::From,
        &[
            "di|da|della|dalla|dell|dall|del|presso",
            "della|dalla|dell|di societa|azienda|ditta",
            "e lavoro per|in|presso|alla",
            "lavoro per|in|presso",
        ],
    ),
    (
        T::Freelance,
        &[
            "freelance|libero_professionista|libera_professionista|autonomo|autonoma|pensionato|pensionata|studente|studentessa|disoccupato|disoccupata|privato|privata|freelancer",
            "partita iva",
            "non ho|abbiamo|lavoro|c'e un|una|un'|nessuna? azienda|societa|ditta|impresa|per|in?",
            "nessuna|senza azienda|societa|ditta?",
            "in proprio",
            "per conto mio",
            "un privato",
            "da casa",
        ],
    ),
    (
        T::BudgetCue,
        &[
            "budget|spendere|investire|investimento|stanziato|stanziati|disponiamo|dispongo|disposizione|investiamo",
            "disposti|disposto|disposta a spendere|pagare|investire",
            "possiamo|posso|potremmo|potrei spendere|arrivare|investire|pagare",
            "fino a",
            "massimo|max|tetto di?",
        ],
    ),
    (
        T::OtherMoney,
        &[
            "fatturato|fatturiamo|ricavi|stipendio|guadagno|guadagniamo|utile|utili|vale|incassi",
            "costa|costano|chiedete|prezzo|prezzi|tariffa|perdiamo|fattura|devo",
            "pago|paghiamo|spendo|spendiamo attualmente|gia|adesso|ora",
            "concorrenza|concorrente|concorrenti",
        ],
    ),
    (T::Coin(Coin::Dollar), &["dollaro|dollari"]),
    (T::Coin(Coin::Peso), &["peso|pesos"]),
    (T::Coin(Coin::Code("GBP")), &["sterlina|sterline"]),
    (T::Coin(Coin::Code("CHF")), &["franco|franchi svizzero|svizzeri?"]),
    (T::Coin(Coin::Code("USD")), &["dollari americani|statunitensi"]),
    (T::Coin(Coin::Code("CAD")), &["dollari canadesi"]),
    (T::Coin(Coin::Code("BRL")), &["real brasiliani?"]),
    (T::Range, &["a|ai|e|o|fino_a|alle", "massimo|forse"]),
    (T::HalfOf(1_000_000), &["mezzo milione"]),
    (
        T::PhoneCue,
        &[
            "telefono|tel|cellulare|cell|whatsapp|numero|chiamami|chiamarmi|chiamatemi|mi_chiami|richiamare|fisso|mobile|contattarmi|recapito|sms|mi_chiami",
        ],
    ),
    (
        T::IdCue,
        &[
            "ordine|fattura|cliente|ticket|pratica|contratto|prenotazione|spedizione|riferimento|tessera numero|n|no|nr|id?",
            "numero|codice|n|nr|id di|d|dell|del|della|l? ordine|fattura|cliente|ticket|pratica|contratto|prenotazione|spedizione|riferimento|fiscale|conto",
            "iban|id|pin|codice|p_iva|riferimento|cap|pec",
            "partita iva",
        ],
    ),
    (T::SpokenAt, &["chiocciola|chiocciolina", "at"]),
    (T::SpokenDot, &["punto"]),
    (T::SpokenDash, &["trattino|meno"]),
    (T::SpokenUnderscore, &["trattino basso", "underscore|sottolineato", "linea bassa"]),
];
