//! Italian: how the visitor stands to the talk itself: refusing it, asking who speaks, being in a hurry.

use super::super::Tag as T;

pub(super) const PHRASES: &[(T, &[&str])] = &[
    (
        T::Disinterest,
        &[
            "non|per_niente|affatto|mai|neanche mi|ci|sono|siamo|e * interessa|interessano|interessato|interessata|interessati|interesse",
            "nessun interesse",
            "non ho|abbiamo|c'e interesse",
            "lasciami|mi_lasci|lasciatemi in_pace|stare|perdere",
            "non mi|ci chiamate|chiami|chiamare|scrivete|scriva|contattate|contatti|contattare|disturbate|disturbi piu?",
            "smettetela|smetti|smetta|basta|piantala di|con chiamare|scrivere|contattar~|messaggi",
            "cancellami|cancellatemi|disiscriv~|toglietemi",
            "non lo? voglio|vogliamo niente|nulla",
            "non mi|ci serve|occorre niente|nulla$",
            "non ne? ho|abbiamo bisogno$",
            "non fa|e per me|noi$",
        ],
    ),
    (
        T::Entirely,
        &[
            "a|in|di|da? questo|quello|cio|niente|nulla|vostra_offerta|alla_vostra_offerta|ai_vostri_prodotti|ai_vostri_servizi|comprare",
            "grazie|mille|tante|mi_dispiace|scusi|davvero|adesso|ora|oggi|piu|comunque|per_favore|affatto|arrivederci|proprio|al_momento|assolutamente",
            "per ora|adesso|il_momento|niente",
            "in questo_momento",
        ],
    ),
    (T::Reason, &["perche|poiche|siccome|e|quindi|dato_che|visto_che"]),
    (T::However, &["ma|pero|tuttavia|bensi|solo|soltanto|anche_se"]),
    (T::NoThanks, &["no grazie", "grazie ma? no", "sto|siamo bene|a_posto cosi|grazie *"]),
    (T::Appointment, &["appuntamento|appuntamenti|riunione|prenotazione|incontro|colloquio|videochiamata|sopralluogo"]),
    (T::CallMe, &["chiamami|chiamatemi", "puo|puoi|potete chiamarmi", "mi puo|puoi|potete chiamare"]),
    (
        T::RingMe,
        &[
            "mi|ci chiami|chiama|chiamate|richiami|richiamate|telefoni",
            "richiamami|richiamatemi|telefonami|chiamateci",
            "puo|puoi|potete|potrebbe richiamarmi|telefonarmi|chiamarci",
        ],
    ),
    (
        T::Soon,
        &[
            "subito|urgente|urgentemente|immediatamente|presto|urgenza",
            "appena possibile",
            "il prima|piu_presto possibile",
            "al piu presto",
            "quanto prima",
            "abbiamo|ho fretta",
            "^adesso|ora$",
        ],
    ),
    (
        T::AsksWho,
        &[
            "sei|e|lei_e|tu_sei un|una? vera|vero? bot|robot|umano|umana|persona|macchina|ia|chatbot vera|reale|umana|in_carne?$",
            "sei|lei_e|tu_sei reale|vero|vera|umano|umana$",
            "chi sei|e_lei|siete tu?$",
            "lei|tu chi e|sei$",
            "con chi parlo|sto_parlando|ho",
            "parlo|sto_parlando con un|una? vera|vero? bot|robot|umano|umana|persona|macchina|ia|chatbot",
        ],
    ),
    (
        T::AsksWhat,
        &[
            "che|cosa cosa? fai|puoi_fare|sai_fare|fa_lei|puo_fare$",
            "che|cosa cosa? puoi|puo fare per me|noi",
            "come|in_che_modo puoi|puo|mi_puoi|mi_puo aiutarmi|aiutarci|aiutare",
            "qual e il tuo|suo compito|lavoro|ruolo",
            "a cosa servi|serve_lei$",
        ],
    ),
    (
        T::YouAre,
        &["sei|siete", "lei|questo_bot|il_bot|questo_robot e", "e lei|questo_bot|il_bot", "razza di", "pezzo di"],
    ),
    (T::ItIs, &["questo|questa|cio e", "e"]),
    (
        T::Degree,
        &[
            "un|una|uno|dei|degli|delle|di|il|la|gli|i|proprio|davvero|cosi|tanto|solo|molto|veramente|totalmente|completamente|tutti|tutte|grande|vero|vera|emerito|che|pezzo|razza",
        ],
    ),
    (T::Rubbish, &["spazzatura|immondizia|rifiuti|porcheria"]),
];
