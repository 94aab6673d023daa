//! German: how the visitor stands to the talk itself: refusing it, asking who speaks, being in a hurry.

use super::super::Tag as T;

pub(super) const PHRASES: &[(T, &[&str])] = &[
    (
        T::Disinterest,
        &[
            "nicht|nie|kaum|null|gar_nicht * interessiert|interessieren|interesse",
            "kein|keinerlei|null|ohne * interesse",
            "interessiert mich|uns * nicht|null",
            "lassen|lass sie|mich|uns? mich|uns? in_ruhe|zufrieden",
            "kein|keinen bedarf",
            "brauche|brauchen|benotige|benotigen|will|wollen|mochte|mochten ich|wir? das|es|davon? * nicht|nichts$",
            "nichts fur mich|uns$",
            "rufen|kontaktieren|schreiben|melden|belastigen sie? mich|uns * nicht|nie * mehr|wieder",
            "horen|hor sie? auf",
            "abmelden|austragen",
        ],
    ),
    (
        T::Entirely,
        &[
            "daran|an_ihrem_angebot|an_ihren_angeboten|an_ihren_produkten|an_eurem_angebot|an_der_sache|hieran|davon|dafur|darin",
            "danke|vielen_dank|dankeschon|leider|wirklich|uberhaupt|gar|momentan|aktuell|derzeit|bitte|sorry|mehr|heute|jetzt|trotzdem|ehrlich_gesagt|tut_mir_leid|tschuss",
            "im moment|augenblick",
            "zur zeit",
            "ich|wir|mich|uns|schon|sehr",
            "mir|uns zu|zu_schreiben|anzurufen",
        ],
    ),
    (T::Reason, &["weil|denn|da|und|also"]),
    (T::However, &["aber|jedoch|allerdings|sondern|nur|obwohl|doch"]),
    (T::NoThanks, &["nein|nee|ne danke|vielen_dank|dankeschon", "danke nein|nee|nicht"]),
    (
        T::Appointment,
        &[
            "termin|termine|terminen|buchung|besprechung|meeting|gesprachstermin|beratungstermin|beratungsgesprach|verabredung",
        ],
    ),
    (
        T::RingMe,
        &[
            "ruf|rufe|rufen sie|ihr? mich|uns",
            "rufst|rufen du|sie mich|uns",
            "konnen|konnten|kannst sie|ihr|du mich|uns * anrufen|zuruckrufen|anklingeln",
            "melden|melde|meldet|melden_sie sich|dich|euch * bei mir|uns",
        ],
    ),
    (
        T::Soon,
        &[
            "sofort|dringend|dringende|umgehend|asap|schnellstmoglich|baldmoglichst|eilig|eilt|pressiert|dringlich",
            "so bald|schnell wie moglich",
            "sobald wie moglich",
            "moglichst bald|schnell|rasch",
            "bald$",
            "brauche|brauchen|benotigen|starten|anfangen * bald|jetzt",
            "^jetzt$",
        ],
    ),
    (
        T::AsksWho,
        &[
            "bist|sind du|sie ein|eine? echter|echte|richtiger|richtige|lebender|wirklicher? bot|roboter|mensch|maschine|person|chatbot|ki|computer|computerprogramm",
            "bist|sind du|sie echt|real$",
            "wer|was bist|sind du|sie eigentlich|genau|denn?$",
            "wer bist|sind du|sie eigentlich|denn?$",
            "mit wem spreche|rede|schreibe|chatte|habe",
            "spreche|rede|schreibe|chatte ich mit einem|einer? echten|richtigen? menschen|bot|roboter|maschine|person|ki",
            "ist das|hier ein|eine? bot|roboter|mensch|maschine|ki|chatbot",
            "wer ist da$",
        ],
    ),
    (
        T::AsksWhat,
        &[
            "was machst|tust|kannst du? eigentlich|so|hier|genau|denn?$",
            "was machen|tun|konnen sie eigentlich|so|hier|genau|denn?$",
            "was kannst|konnen du|sie fur mich|uns tun",
            "wie|wobei|womit kannst|konnen du|sie mir|uns? helfen|behilflich_sein",
            "was ist dein|deine|ihr|ihre aufgabe|job|funktion",
            "wofur|wozu bist|sind du|sie da$",
        ],
    ),
    (
        T::YouAre,
        &["du|ihr|sie|der_bot|dieser_bot bist|seid|sind|ist", "bist|seid|sind|ist du|ihr|sie|der_bot|dieser_bot"],
    ),
    (T::ItIs, &["das|dies|es ist"]),
    (
        T::Degree,
        &[
            "ein|eine|einen|so|der|die|das|totaler|totale|total|echt|wirklich|ja|doch|alle|nur|komplett|volliger|vollig|absoluter|so_ein|so_eine|verdammter|verdammte|dummer|blodes|einfach|richtig",
        ],
    ),
    (T::Rubbish, &["mull|mist|dreck|abfall|schrott"]),
];
