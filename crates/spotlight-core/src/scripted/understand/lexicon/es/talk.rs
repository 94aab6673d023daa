//! Spanish: how the visitor stands to the talk itself: refusing it, asking who speaks, being in a hurry.

use super::super::Tag as T;

pub(super) const PHRASES: &[(T, &[&str])] = &[
    (
        T::Disinterest,
        &[
            "no|nada|tampoco me|nos|estoy|estamos|esta|estaba * interesa|interesan|interesado|interesada|interesados|interesadas|interes",
            "no hay|tengo|tenemos ningun? interes",
            "sin interes",
            "dejame|dejeme|dejadme|dejenme en_paz|tranquilo|tranquila",
            "no me|nos llamen|llames|llame|escriban|escribas|escriba|contacten|contactes|contacte|molesten|molestes|moleste mas?",
            "deja|deje|dejen|paren|pare de llamar~|escribir~|molestar~|contactar~|insistir",
            "dar~ de_baja|baja",
            "no quiero|necesito|necesitamos|queremos nada|comprar_nada",
            "no lo necesito|necesitamos|quiero|queremos$",
            "no es para mi|nosotros$",
        ],
    ),
    (
        T::Entirely,
        &[
            "en|de? esto|eso|ello|nada|su_oferta|tu_oferta|sus_productos|sus_servicios|lo_que_ofrecen|lo_que_vende|comprar|comprar_nada",
            "gracias|muchas_gracias|lo_siento|perdon|realmente|ahora|hoy|ya|mas|adios|de_verdad|de_todos_modos|de_todas_formas|igualmente|por_favor",
            "por ahora|el_momento",
            "en absoluto|este_momento",
            "la verdad",
        ],
    ),
    (T::Reason, &["porque|pues|y|ya_que|puesto_que|asi_que|entonces"]),
    (T::However, &["pero|aunque|sino|solo|solamente", "sin embargo"]),
    (T::NoThanks, &["no gracias|muchas_gracias", "gracias pero no", "asi|estoy bien gracias"]),
    (T::Appointment, &["cita|citas|reunion|reuniones|reserva|turno|videollamada|visita"]),
    (T::CallMe, &["llamame|llameme", "puedes|puede|pueden llamarme"]),
    (
        T::RingMe,
        &[
            "llamadme|llamenme|llamanos|llamenos",
            "me|nos puedes|puede|pueden|podria|podrian llamar",
            "me|nos llamas|llama|llaman",
        ],
    ),
    (
        T::Soon,
        &[
            "urgente|urgentemente|inmediatamente|inmediato|pronto",
            "cuanto antes",
            "lo antes|mas_pronto|mas_rapido posible",
            "ya mismo",
            "corre|tengo|tenemos prisa",
            "lo? necesito|necesitamos|quiero|queremos|empezar * ya|ahora",
            "^ya|ahora$",
        ],
    ),
    (
        T::AsksWho,
        &[
            "eres|es|sois tu|usted? un|una? bot|robot|humano|humana|persona|maquina|ia|chatbot|programa real|de_verdad|humana|humano?$",
            "eres|es tu|usted? real|humano|humana$",
            "quien eres|es_usted|sois|esta_ahi tu?$",
            "que eres|es_usted$",
            "con quien hablo|estoy|tengo hablando|el_gusto|el_placer?",
            "hablo|estoy_hablando con un|una? bot|robot|humano|humana|persona|maquina|ia|chatbot",
        ],
    ),
    (
        T::AsksWhat,
        &[
            "que haces|puedes_hacer|hace_usted|puede_hacer$",
            "que puedes|puede hacer por mi|nosotros",
            "en que|como me? puedes|puede ayudar~|ayudarme?",
            "cual es tu|su funcion|trabajo|tarea",
            "para que sirves|estas|esta_usted$",
        ],
    ),
    (
        T::YouAre,
        &[
            "eres|sois|sos",
            "usted|ustedes|este_bot|el_bot|vosotros es|son|sois",
            "es|son usted|ustedes|este_bot|el_bot",
        ],
    ),
    (T::ItIs, &["esto|eso|todo_esto es"]),
    (
        T::Degree,
        &[
            "un|una|unos|unas|muy|tan|el|la|mas|realmente|totalmente|puro|pura|puros|puras|todos|gran|maldito|de|pedazo|solo|tremendo|autentico|autentica|verdadero",
        ],
    ),
    (T::Rubbish, &["basura|porqueria"]),
];
