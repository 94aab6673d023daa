//! Portuguese: how the visitor stands to the talk itself: refusing it, asking who speaks, being in a hurry.

use super::super::Tag as T;

pub(super) const PHRASES: &[(T, &[&str])] = &[
    (
        T::Disinterest,
        &[
            "nao|nada|nunca|nem me|estou|tenho|estamos|temos|tou|to|ha|sinto * interessa|interesse|interessado|interessada|interessados|interessam|interessar",
            "nao me? interessa",
            "sem|nenhum interesse",
            "me_deixe|me_deixa|deixe-me|deixa-me em_paz|sossegado|sossegada",
            "nao me|nos liguem|ligue|ligues|contatem|contate|contactem|contacte|escreva|escrevam|incomodem|incomode|perturbe mais?",
            "pare|parem|chega de * ligar|escrever|mandar|contatar|incomodar|insistir|contactar",
            "descadastr~|me_tire_da_lista|remover_inscricao",
            "nao quero|queremos|preciso|precisamos de? nada",
            "nao quero|queremos comprar_nada",
            "nao e|serve para|pra mim|nos$",
        ],
    ),
    (
        T::Entirely,
        &[
            "em|por|de|n? isso|isto|nisso|nisto|nada|sua_oferta|na_sua_oferta|nos_seus_produtos|nos_seus_servicos|no_que_oferecem|comprar|comprar_nada",
            "obrigado|obrigada|muito|desculpe|desculpa|realmente|agora|hoje|mais|mesmo|de_verdade|por_favor|tchau|lamento|valeu",
            "por enquanto|agora|ora",
            "de momento|forma_alguma|jeito_nenhum",
            "no|neste momento",
        ],
    ),
    (T::Reason, &["porque|pois|e|ja_que|entao|visto_que"]),
    (T::However, &["mas|porem|contudo|so|apenas|embora"]),
    (T::NoThanks, &["nao obrigado|obrigada|valeu|brigado|brigada", "obrigado|obrigada mas? nao"]),
    (
        T::Appointment,
        &["reuniao|reunioes|agendamento|marcacao|reserva|consulta|encontro|compromisso|visita|videochamada"],
    ),
    (T::CallMe, &["me chama|chame|chamem de?", "pode|podem me_chamar de?", "pode chamar-me de?"]),
    (
        T::RingMe,
        &[
            "me|nos liga|ligue|liguem|ligar|telefone|telefona",
            "liga|ligue|liguem|ligar|telefone-me? me|nos|para_mim|pra_mim",
            "liga-me|ligue-me|telefone-me",
        ],
    ),
    (
        T::Soon,
        &[
            "urgente|urgentemente|imediatamente|logo|urgencia",
            "o? quanto antes",
            "assim que possivel",
            "o mais rapido|cedo|depressa possivel",
            "de imediato",
            "tenho|temos pressa",
            "preciso|precisamos|quero|queremos|comecar * ja|agora",
            "para|pra ja|agora|ontem",
            "^ja|agora$",
        ],
    ),
    (
        T::AsksWho,
        &[
            "voce_e|e|es|tu_es|vc_e um|uma? bot|robo|humano|humana|pessoa|maquina|ia|chatbot real|de_verdade|humana|verdadeira?$",
            "voce_e|es|tu_es|vc_e real|humano|humana$",
            "quem e|es voce|tu$",
            "quem es$",
            "com quem estou|falo|eu falando|a_falar|falo?",
            "estou_falando|estou_a_falar|falo com um|uma? bot|robo|humano|humana|pessoa|maquina|ia|chatbot",
        ],
    ),
    (
        T::AsksWhat,
        &[
            "o? que voce|vc faz|pode_fazer$",
            "o? que fazes|podes_fazer$",
            "o? que voce pode fazer por mim|nos",
            "como|em_que voce? pode|podes me_ajudar|ajudar-me|ajudar",
            "qual e o? seu|teu papel|trabalho|funcao",
            "para que voce? serve|serves$",
        ],
    ),
    (
        T::YouAre,
        &[
            "voce|voces|vc|vcs|tu|este_bot|esse_bot|o_bot e|sao|es",
            "es|sao|seu|sua|seus|suas",
            "e voce|este_bot|esse_bot|o_bot",
        ],
    ),
    (T::ItIs, &["isto|isso e"]),
    (
        T::Degree,
        &[
            "um|uma|uns|umas|muito|tao|o|a|os|as|mesmo|realmente|totalmente|todos|so|pedaco|de|uma_bela|bela|grande|bando|verdadeiro|verdadeira",
        ],
    ),
    (T::Rubbish, &["lixo|porcaria"]),
];
