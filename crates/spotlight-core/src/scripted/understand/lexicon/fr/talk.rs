//! French: how the visitor stands to the talk itself: refusing it, asking who speaks, being in a hurry.

use super::super::Tag as T;

pub(super) const PHRASES: &[(T, &[&str])] = &[
    (
        T::Disinterest,
        &[
            "pas|plus|aucunement|nullement * interesse|interessee|interesses",
            "ne|n m'interesse|nous_interesse|m'interessent pas|plus|guere",
            "m'interesse|nous_interesse|m'interessent pas|plus",
            "aucun interet",
            "laissez-moi|laisse-moi|fichez-moi|foutez-moi tranquille|la_paix|en_paix",
            "ne|n? m'appelez|me_contactez|m'ecrivez|me_rappelez|me_derangez|m'appelle|me_contacte plus",
            "arretez|cessez|arrete de|d * appeler|ecrire|contacter|deranger|harceler|insister",
            "desinscr~|desabonn~",
            "ne|n? veux|voulons rien",
            "besoin de rien",
            "ne|n? en? ai|avons pas|plus|aucun besoin$",
            "pas pour moi|nous$",
        ],
    ),
    (
        T::Entirely,
        &[
            "par|a|de|d? ca|cela|ceci|tout_ca|votre_offre|vos_offres|vos_produits|vos_services|ce_que_vous_proposez|acheter",
            "merci|beaucoup|desole|desolee|vraiment|maintenant|aujourd'hui|du_tout|actuellement|au_revoir|s'il_vous_plait|svp|plus",
            "pour l'instant|le_moment",
            "en ce moment",
            "non|bien",
        ],
    ),
    (T::Reason, &["parce|car|puisque|et|donc|vu_que"]),
    (T::However, &["mais|cependant|pourtant|juste|seulement|quoique|bien_que"]),
    (T::NoThanks, &["non|nan merci", "merci mais? non", "sans facon", "ca ira merci"]),
    (T::Appointment, &["rendez-vous|rdv|reunion|creneau|entretien|reservation|visio"]),
    (T::CallMe, &["appelez-moi|appelle-moi", "vous pouvez m'appeler"]),
    (
        T::RingMe,
        &[
            "rappelez-moi|rappelle-moi|appelez-nous|rappelez-nous|telephonez-moi",
            "pouvez-vous|peux-tu|pourriez-vous|pourrait-on m'appeler|me_rappeler|nous_appeler",
        ],
    ),
    (
        T::Soon,
        &[
            "urgent|urgente|urgence|immediatement|asap|bientot|presse|presses",
            "des que possible|maintenant",
            "au plus vite|tot",
            "le plus tot|vite|rapidement possible",
            "tout de suite",
            "^maintenant$",
        ],
    ),
    (
        T::AsksWho,
        &[
            "etes-vous|vous_etes|es-tu|tu_es|t'es un|une? vrai|vraie? robot|bot|humain|humaine|machine|ia|chatbot|personne|intelligence_artificielle|ordinateur reelle|humaine|physique?$",
            "etes-vous|vous_etes|es-tu|tu_es reel|reelle|humain|humaine$",
            "qui etes-vous|es-tu|est-ce|vous_etes|tu_es$",
            "t'es|vous_etes|tu_es qui$",
            "a qui je_parle|parle-je|ai-je|est-ce_que_je_parle",
            "avec qui je_parle|parle-je|est-ce_que_je_parle|suis-je",
            "je_parle|parle-je|est-ce_que_je_parle a|avec un|une? vrai|vraie? robot|bot|humain|machine|ia|chatbot|personne",
            "c'est|est-ce un|une? robot|bot|humain|machine|ia|chatbot$",
        ],
    ),
    (
        T::AsksWhat,
        &[
            "que faites-vous|fais-tu|pouvez-vous_faire|peux-tu_faire$",
            "vous_faites|tu_fais quoi$",
            "qu'est-ce que vous_faites|tu_fais|vous_pouvez_faire|tu_peux_faire$",
            "que pouvez-vous|peux-tu faire pour moi|nous",
            "comment|en_quoi pouvez-vous|peux-tu m'aider|nous_aider",
            "quel est votre|ton role|travail",
            "a quoi servez-vous|sers-tu|tu_sers$",
        ],
    ),
    (
        T::YouAre,
        &[
            "tu_es|t'es|vous_etes|es-tu|etes-vous|espece_de|espece_d|bande_de|bande_d|sale",
            "ce_bot|le_bot|ce_robot est",
        ],
    ),
    (T::ItIs, &["c'est|ceci_est|cela_est"]),
    (
        T::Degree,
        &[
            "un|une|des|de|d|la|le|les|vraiment|tellement|trop|si|tres|gros|grosse|completement|totalement|bien|que|qu|juste|complet|vrai|vraie|pauvre|sale|tous|toutes|plutot",
        ],
    ),
    (T::Rubbish, &["ordure|ordures|dechet|dechets|poubelle"]),
];
