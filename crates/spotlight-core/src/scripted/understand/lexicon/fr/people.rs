//! French: names, companies, contacts and money.

use super::super::{Coin, Tag as T};

pub(super) const PHRASES: &[(T, &[&str])] = &[
    (
        T::NameIs,
        &[
            "je? m'appelle|me_nomme|me_prenomme",
            "mon nom|prenom complet|de_famille? est|c'est",
            "mon nom|prenom c'est",
            "mon nom complet|de_famille?",
            "le? nom est|serait",
            "^nom",
            "^prenom",
            "on m'appelle",
            "au nom de",
            "moi c'est",
            "nom|prenom est|c'est",
        ],
    ),
    (T::IAm, &["je suis", "chuis"]),
    (T::ThisIs, &["c'est", "ici", "de la part de", "voici", "vous parlez a|avec", "moi c"]),
    (
        T::Speaking,
        &[
            "a l'appareil|telephone",
            "au telephone|bout_du_fil",
            "a l'ecoute",
            "a votre service",
            "c'est_mon_nom",
            "ici",
        ],
    ),
    (T::Title, &["m|mr|mme|mlle|monsieur|madame|mademoiselle|dr|docteur|maitre|professeur|pr"]),
    (T::The, &["le|la|les|l"]),
    (T::An, &["un|une|des|mon|ma|notre|votre"]),
    (T::And, &["et|mais|ou|alors|donc|aussi"]),
    (
        T::CompanyCalled,
        &[
            "entreprise|societe|boite|agence|startup|start-up|boutique|structure|cabinet|compagnie s'appelle|se_nomme|appelee|nommee|c'est",
            "societe|entreprise|compagnie est|c'est",
            "nom de ma|mon|notre|la|l entreprise|societe|agence|boite est|c'est",
            "^entreprise|societe",
            "nous_sommes|on_est la|l societe|entreprise|agence|cabinet",
            "on s'appelle",
        ],
    ),
    (T::CompanyIs, &["nous sommes", "on est", "chez nous c'est", "societe|entreprise"]),
    (
        T::WorkAt,
        &[
            "travaille|travaillons|bosse|bosses|employe|employee|bossons|exerce|salarie|salariee pour|chez|a|au|dans|avec",
            "je_suis|on_est|nous_sommes|suis chez|de_chez",
            "appelle|ecris|contacte|appelons|ecrivons de|pour|de_chez|de_la_part_de|depuis|au_nom_de|d",
            "je dirige|represente|gere|pilote la|le|l?",
            "de|pour|chez la|l societe|entreprise|agence",
            "gerant|gerante|directeur|directrice|pdg|ceo|fondateur|fondatrice|responsable|dirigeant|dirigeante|proprietaire|patron|patronne|associe|associee|chef|cheffe|commercial|commerciale|cto|cfo de|chez|du|d|a * marketing|ventes|achats|commercial|technique|informatique|rh chez|de|a",
            "gerant|gerante|directeur|directrice|pdg|ceo|fondateur|fondatrice|responsable|dirigeant|dirigeante|proprietaire|patron|patronne|associe|associee|cto|cfo de|chez|du|d|a",
        ],
    ),
    (
        T::From,
        &[
            "de|chez|d|du",
            "de la|chez|l societe|entreprise",
            "de la part de",
            "de chez",
            "et je travaille chez|pour|a",
            "je travaille chez|pour",
            "pour",
        ],
    ),
    (
        T::Freelance,
        &[
            "independant|independante|freelance|auto-entrepreneur|autoentrepreneur|micro-entrepreneur|retraite|retraitee|etudiant|etudiante|chomage|particulier|particuliere|chomeur|chomeuse",
            "n'ai|ai pas|aucune d|de? entreprise|societe",
            "pas|aucune|sans|pas_d entreprise|societe|boite",
            "a mon compte",
            "pour moi-meme|mon_compte",
            "a titre personnel|prive",
            "aucune$",
        ],
    ),
    (
        T::BudgetCue,
        &[
            "budget|budgets|budgete|depenser|investir|investissement|enveloppe|consacrer|disposons|dispose|mettre",
            "prets|pret|prete a payer|mettre|investir",
            "peux|peut|pouvons|pourrais payer|mettre|aller_jusqu",
            "jusqu'a",
            "maximum|max|plafond de?",
        ],
    ),
    (
        T::OtherMoney,
        &[
            "chiffre_d'affaires|ca_annuel|revenus|revenu|salaire|gagne|gagnons|benefices|benefice|vaut",
            "coute|coutent|facture|facturez|prix|tarif|tarifs|demande|demandez|perdons|perds",
            "paie|paye|payons|paies|depense|depensons actuellement|deja|aujourd'hui",
            "concurrent|concurrents|concurrence",
        ],
    ),
    (T::Coin(Coin::Dollar), &["dollar|dollars"]),
    (T::Coin(Coin::Peso), &["peso|pesos"]),
    (T::Coin(Coin::Code("GBP")), &["livre|livres sterling?"]),
    (T::Coin(Coin::Code("CHF")), &["franc|francs suisses?"]),
    (T::Coin(Coin::Code("USD")), &["dollars americains"]),
    (T::Coin(Coin::Code("CAD")), &["dollars canadiens"]),
    (T::Coin(Coin::Code("BRL")), &["real|reals bresiliens"]),
    (T::Range, &["a|et|ou|jusqu'a", "voire|peut-etre|maximum"]),
    (T::HalfOf(1_000_000), &["un? demi million"]),
    (
        T::PhoneCue,
        &[
            "telephone|tel|portable|mobile|whatsapp|numero|appelez-moi|appeler|rappeler|rappelez-moi|joindre|fixe|joignable|sms|contacter|gsm|appelle-moi",
        ],
    ),
    (
        T::IdCue,
        &[
            "numero|no|n|ref|code de|d? commande|client|facture|ticket|dossier|reference|suivi|contrat|reservation|siret|siren|tva|serie|adherent",
            "commande|client|facture|ticket|dossier|reference|contrat|reservation numero|no|n|nr|id?",
            "iban|siret|siren|tva|id|pin|code|reference",
        ],
    ),
    (T::SpokenAt, &["arobase|arobas|arrobase", "at"]),
    (T::SpokenDot, &["point"]),
    (T::SpokenDash, &["tiret", "tiret du milieu|six", "moins"]),
    (T::SpokenUnderscore, &["underscore|souligne", "tiret bas|du_bas|du_huit|8"]),
];
