//! French.

use super::{Line, Variants, by};
use crate::domain::assistant::Tone;

pub(super) fn variants(tone: Tone, line: Line) -> Variants {
    match line {
        Line::Greeting => match tone {
            Tone::Professional => &["Bonjour, je suis {assistant}, l'assistant de l'équipe {organization}."],
            Tone::Friendly => {
                &["Bonjour et bienvenue ! Moi, c'est {assistant}, de l'équipe {organization}, ravi de t'accueillir."]
            }
            Tone::Casual => &["Salut ! Ici {assistant}, de l'équipe {organization}."],
            Tone::Authoritative => &["Bienvenue chez {organization}. Je suis {assistant} et je vais vous guider."],
            Tone::Empathetic => &[
                "Bonjour et bienvenue. Je suis {assistant}, de l'équipe {organization}, et je suis là pour vous écouter.",
            ],
        },
        Line::Opening => match tone {
            Tone::Professional => &["Comment puis-je vous aider ?"],
            Tone::Friendly => &["Que puis-je faire pour toi ?"],
            Tone::Casual => &["Dis-moi, comment je peux t'aider ?"],
            Tone::Authoritative => &["Qu'est-ce qui vous amène ?"],
            Tone::Empathetic => &["Qu'est-ce qui vous préoccupe aujourd'hui ?"],
        },
        Line::Ack => match tone {
            Tone::Professional => &["Je vous remercie.", "Merci, cela m'aide.", "C'est noté."],
            Tone::Friendly => &["Super, merci !", "Génial, merci beaucoup !", "Parfait, merci !"],
            Tone::Casual => &["Ça marche, merci.", "C'est noté.", "Cool, merci."],
            Tone::Authoritative => &["Bien.", "Compris.", "C'est noté."],
            Tone::Empathetic => {
                &["Merci de me le confier.", "Merci, j'y suis sensible.", "Je comprends, merci de me l'avoir dit."]
            }
        },
        Line::AckName => match tone {
            Tone::Professional => &["Je vous remercie, {name}.", "Enchanté, {name}."],
            Tone::Friendly => &["Ravi de faire ta connaissance, {name} !", "Enchanté, {name} !"],
            Tone::Casual => &["Enchanté, {name}.", "Salut {name}, content de te connaître."],
            Tone::Authoritative => &["Merci, {name}.", "Enchanté, {name}."],
            Tone::Empathetic => {
                &["Heureux de vous rencontrer, {name}.", "Merci, {name}, je suis heureux que vous soyez là."]
            }
        },
        Line::LeadIn => match tone {
            Tone::Professional => &["Permettez-moi une question :", "Pour bien vous conseiller :", ""],
            Tone::Friendly => &["J'aimerais bien savoir :", "Juste une petite chose :", ""],
            Tone::Casual => &["Petite question :", "Dis-moi :", ""],
            Tone::Authoritative => &["Allons à l'essentiel :", "Point suivant :", ""],
            Tone::Empathetic => &["Si je peux me permettre :", "Pour mieux vous comprendre :", ""],
        },
        Line::Identity => by(
            tone,
            &["Je suis {assistant}, l'assistant numérique de l'équipe {organization}, et non une personne."],
            &["Je suis {assistant}, l'assistant numérique de l'équipe {organization}, donc pas une personne."],
        ),
        Line::Hello => by(tone, &["Bonjour."], &["Salut !"]),
        Line::Resume => by(
            tone,
            &["Heureux de vous retrouver. Nous pouvons reprendre là où nous en étions."],
            &["Content de te retrouver ! Reprenons là où on en était."],
        ),
        Line::Return => by(
            tone,
            &["Pour revenir à ma question :", "Je reviens à ce que je vous demandais :"],
            &["Pour revenir à ma question :", "Bon, je reviens à ma question :"],
        ),
        Line::NotUnderstood => by(
            tone,
            &["Excusez-moi, je n'ai pas bien compris.", "Pardonnez-moi, je ne vous ai pas suivi."],
            &["Désolé, je n'ai pas bien compris.", "Hum, là je n'ai pas suivi."],
        ),
        Line::Patience => by(tone, &["Prenez votre temps."], &["Prends ton temps !"]),
        Line::Waiting => by(
            tone,
            &["Je suis là dès que vous le souhaitez.", "Rien ne presse, je reste à votre disposition."],
            &["Je suis là dès que tu veux.", "Rien ne presse, je reste là."],
        ),
        Line::SkipDatum => by(
            tone,
            &["C'est tout à fait normal, nous laisserons cela de côté.", "Bien sûr, passons ce point."],
            &["Pas de souci, on laisse ça de côté.", "Aucun problème, on passe."],
        ),
        Line::Unknown => by(
            tone,
            &[
                "Je n'ai pas d'information fiable à ce sujet et je préfère ne pas deviner. L'équipe verra votre question ici.",
                "Je suis désolé, je l'ignore. Votre question reste notée ici pour l'équipe.",
            ],
            &[
                "Franchement, je ne sais pas, et je préfère ne pas deviner. L'équipe verra ta question ici.",
                "Je n'ai pas de réponse à ça, désolé. Ta question reste ici pour l'équipe.",
            ],
        ),
        Line::UnknownPrice => by(
            tone,
            &[
                "Je n'ai pas de prix fiable à vous donner et je préfère ne pas deviner. L'équipe pourra vous donner un chiffre exact.",
            ],
            &[
                "Je n'ai pas de prix sûr à te donner et je préfère ne pas deviner. L'équipe pourra te donner un chiffre exact.",
            ],
        ),
        Line::Objection => by(
            tone,
            &[
                "Je comprends, le coût doit se justifier pour vous. Vous ne vous engagez à rien.",
                "C'est une remarque légitime, et vous n'avez aucune obligation.",
            ],
            &[
                "Je comprends, il faut que ça vaille le coup pour toi. Aucune pression.",
                "C'est vrai, le prix compte. Tu ne t'engages à rien ici.",
            ],
        ),
        Line::OffTopic => by(
            tone,
            &["Cela sort un peu de ce dont je peux parler ici.", "Ce n'est malheureusement pas mon domaine."],
            &["Ha, ça sort un peu de mon domaine !", "J'en parlerais volontiers, mais ce n'est pas mon domaine."],
        ),
        Line::Injection => by(
            tone,
            &[
                "Je ne peux pas vous aider pour cela. Je réponds volontiers aux questions sur {organization} ou je note ce que vous cherchez.",
            ],
            &[
                "Là, je ne peux pas t'aider. Mais pose-moi toutes tes questions sur {organization} ou dis-moi ce que tu cherches.",
            ],
        ),
        Line::AbuseWarning => by(
            tone,
            &["Je souhaite vous aider et je vous demande que nous restions courtois."],
            &["J'aimerais t'aider, mais restons sympas, s'il te plaît."],
        ),
        Line::AbuseEnd => by(
            tone,
            &["Je mets fin à la conversation ici. Vous pourrez revenir une autre fois."],
            &["Je mets fin à notre discussion ici. Tu pourras revenir une autre fois."],
        ),
        Line::Farewell => by(
            tone,
            &["Merci de votre temps. Au revoir.", "Merci pour cet échange et au revoir."],
            &["Merci de ta visite. À bientôt !", "C'était sympa de parler avec toi. Au revoir !"],
        ),
        Line::NotInterested => by(
            tone,
            &["Merci de me le dire clairement. Je ne vous retiens pas plus longtemps, bonne continuation."],
            &["Pas de problème, merci de me l'avoir dit. Bonne continuation !"],
        ),
        Line::AnythingElse => by(
            tone,
            &[
                "Si vous avez besoin d'autre chose, dites-le-moi.",
                "Je vous aide volontiers pour toute autre chose.",
                "N'hésitez pas à me poser vos autres questions.",
            ],
            &[
                "Si tu as besoin d'autre chose, dis-le-moi.",
                "Je t'aide volontiers pour le reste.",
                "N'hésite pas si tu as d'autres questions.",
            ],
        ),
        Line::AskContact => by(
            tone,
            &["À quelle adresse e-mail ou à quel numéro pouvons-nous vous joindre ?"],
            &["À quel e-mail ou numéro peut-on te joindre ?"],
        ),
        Line::AskContactToBook => by(
            tone,
            &["Pour réserver, il me faut une adresse e-mail ou un numéro de téléphone : lequel puis-je utiliser ?"],
            &["Pour réserver, il me faut juste un e-mail ou un numéro : lequel je peux utiliser ?"],
        ),
        Line::AskPhoneToBook => by(
            tone,
            &["Pourriez-vous plutôt me donner un numéro de téléphone pour la réservation ?"],
            &["Tu peux plutôt me donner un numéro de téléphone pour la réservation ?"],
        ),
        Line::BadEmail => by(
            tone,
            &["Cette adresse e-mail ne semble pas complète. Pourriez-vous l'écrire à nouveau ?"],
            &["Hum, cet e-mail n'a pas l'air tout à fait correct. Tu peux le réécrire ?"],
        ),
        Line::BadPhone => by(
            tone,
            &[
                "Ce numéro de téléphone ne semble pas complet. Pourriez-vous l'écrire à nouveau avec l'indicatif du pays ?",
            ],
            &["Hum, ce numéro n'a pas l'air tout à fait correct. Tu peux le réécrire avec l'indicatif du pays ?"],
        ),
        Line::BadContactLeft => by(
            tone,
            &["Je n'arrive malheureusement pas à lire cette coordonnée ; laissons cela pour l'instant."],
            &["Je n'arrive pas à lire cette coordonnée ; laissons ça pour l'instant."],
        ),
        Line::CorrectedName => by(
            tone,
            &["Merci pour la correction. J'ai noté le nom {value}."],
            &["Merci, c'est corrigé : tu t'appelles {value}."],
        ),
        Line::CorrectedEmail => by(
            tone,
            &["Merci pour la correction. J'ai noté {value} comme votre adresse e-mail."],
            &["Merci, c'est corrigé : j'ai maintenant {value} comme e-mail."],
        ),
        Line::CorrectedPhone => by(
            tone,
            &["Merci pour la correction. J'ai noté {value} comme votre numéro de téléphone."],
            &["Merci, c'est corrigé : j'ai maintenant {value} comme numéro."],
        ),
        Line::WhatToCorrect => {
            by(tone, &["Bien sûr. Quelle est la bonne information ?"], &["Bien sûr, c'est quoi la bonne information ?"])
        }
        Line::NotSaved => by(
            tone,
            &["Je suis désolé, un problème technique m'a empêché de le noter."],
            &["Désolé, je n'ai pas pu l'enregistrer à cause d'un souci technique."],
        ),
        Line::Offer => by(
            tone,
            &["Je peux vous proposer ces créneaux ({zone}) : {slots}. Lequel vous convient ?"],
            &["Voici ce que j'ai ({zone}) : {slots}. Lequel te convient ?"],
        ),
        Line::OfferOther => by(
            tone,
            &["Voici d'autres créneaux ({zone}) : {slots}. L'un d'eux vous convient-il ?"],
            &["Et plutôt ceux-ci ({zone}) : {slots}. Il y en a un qui te convient ?"],
        ),
        Line::OfferNotFree => by(
            tone,
            &["Ce créneau n'est pas libre. Les plus proches ({zone}) : {slots}. L'un d'eux vous convient-il ?"],
            &["Celui-là n'est pas libre, désolé. Ce que j'ai ({zone}) : {slots}. Il y en a un qui te convient ?"],
        ),
        Line::OfferGone => by(
            tone,
            &[
                "Je suis désolé, ce créneau vient d'être pris. Encore libres ({zone}) : {slots}. L'un d'eux vous convient-il ?",
            ],
            &[
                "Mince, quelqu'un vient de prendre celui-là. Encore libres ({zone}) : {slots}. Il y en a un qui te convient ?",
            ],
        ),
        Line::WhichSlot => {
            by(tone, &["Lequel de ces créneaux vous convient ?"], &["Alors, quel créneau te convient ?"])
        }
        Line::NoSlots => by(
            tone,
            &["Il n'y a malheureusement aucun créneau libre dans l'agenda pour le moment."],
            &["Je ne vois aucun créneau libre dans l'agenda pour le moment, désolé."],
        ),
        Line::NotFree => by(
            tone,
            &[
                "Ce créneau n'est malheureusement pas libre. Indiquez-moi un autre jour ou une autre heure et je vérifierai.",
            ],
            &["Celui-là n'est pas libre, désolé. Donne-moi un autre jour ou une autre heure et je regarde."],
        ),
        Line::Held => {
            by(tone, &["Je vous garde le créneau du {slot} ({zone})."], &["Je te garde le créneau du {slot} ({zone})."])
        }
        Line::Confirm => by(
            tone,
            &["Je vous garde le créneau du {slot} ({zone}). Dois-je le réserver ?"],
            &["Je te garde le créneau du {slot} ({zone}). Je le réserve ?"],
        ),
        Line::ConfirmAgain => by(
            tone,
            &["Puis-je réserver le {slot} pour vous, oui ou non ?"],
            &["Je te réserve le {slot}, oui ou non ?"],
        ),
        Line::StillHeld => by(
            tone,
            &["Je vous garde le {slot} encore quelques minutes ; un oui suffit pour le réserver."],
            &["Je te garde le {slot} encore quelques minutes ; dis oui et c'est bon."],
        ),
        Line::Booked => by(
            tone,
            &["Votre rendez-vous est réservé pour le {slot} ({zone}). Merci, au plaisir d'échanger avec vous."],
            &["C'est fait ! Ton rendez-vous est le {slot} ({zone}). À très vite !"],
        ),
        Line::Moved => by(
            tone,
            &["Votre rendez-vous est déplacé au {slot} ({zone}). Merci, au plaisir d'échanger avec vous."],
            &["C'est fait ! Ton rendez-vous passe au {slot} ({zone}). À très vite !"],
        ),
        Line::AlreadyBooked => by(
            tone,
            &["Votre rendez-vous est déjà réservé. Si vous souhaitez le déplacer ou l'annuler, dites-le-moi."],
            &["Ton rendez-vous est déjà réservé. Dis-moi si tu veux le déplacer ou l'annuler."],
        ),
        Line::BookingLeft => by(
            tone,
            &["Très bien, laissons le rendez-vous en suspens. Indiquez-moi un jour et une heure quand vous voudrez."],
            &["Pas de souci, on laisse le rendez-vous en suspens. Donne-moi un jour et une heure quand tu veux."],
        ),
        Line::BookingTrouble => by(
            tone,
            &["Je suis désolé, je n'ai pas accès à l'agenda pour le moment ; rien n'y a donc changé."],
            &["Désolé, je n'arrive pas à ouvrir l'agenda pour le moment ; rien n'y a donc changé."],
        ),
        Line::NoContactNoBooking => by(
            tone,
            &[
                "Sans adresse e-mail ni numéro de téléphone, je ne peux pas réserver ; rien n'est donc réservé. Vous pourrez me les donner à tout moment.",
            ],
            &[
                "Sans e-mail ni numéro, je ne peux pas réserver ; rien n'est donc réservé. Tu peux me les donner quand tu veux.",
            ],
        ),
        Line::BookingNotPossible => by(
            tone,
            &["Je ne peux pas réserver de rendez-vous ici, mais l'équipe verra votre souhait dans cette conversation."],
            &["Je ne peux pas réserver de rendez-vous ici, mais l'équipe verra que tu en veux un."],
        ),
        Line::Cancelled => by(tone, &["Votre rendez-vous est annulé."], &["Ton rendez-vous est annulé."]),
        Line::NothingToCancel => by(
            tone,
            &["Il n'y a aucun rendez-vous de cette conversation que je puisse modifier."],
            &["Il n'y a aucun rendez-vous de notre discussion que je puisse modifier."],
        ),
        Line::HandOffCalled => by(
            tone,
            &["Bien sûr, j'appelle un collègue. Un instant, s'il vous plaît."],
            &["Bien sûr, j'appelle un collègue. Un instant !"],
        ),
        Line::HandOffUnanswered => by(
            tone,
            &["Je l'ignore, j'appelle donc un collègue qui pourra vous répondre. Un instant, s'il vous plaît."],
            &["Je ne sais pas, alors j'appelle un collègue qui saura. Un instant !"],
        ),
        Line::HandOffNobody => by(
            tone,
            &[
                "Je suis désolé, je n'arrive à joindre aucun collègue pour le moment. Je continue volontiers à vous aider.",
            ],
            &["Désolé, je n'arrive à joindre aucun collègue pour le moment. Je continue volontiers à t'aider."],
        ),
        Line::ConfirmCancel => {
            by(tone, &["Souhaitez-vous que j'annule votre rendez-vous ?"], &["Tu veux que j'annule ton rendez-vous ?"])
        }
        Line::Kept => {
            by(tone, &["Très bien, votre rendez-vous reste inchangé."], &["D'accord, ton rendez-vous reste inchangé."])
        }
        Line::UnknownRest => by(
            tone,
            &["À votre autre question, je n'ai pas de réponse fiable ; l'équipe la verra ici."],
            &["À ton autre question, je n'ai pas de réponse fiable ; l'équipe la verra ici."],
        ),
        Line::Role => by(tone, &["Mon rôle ici : {role}"], &["Je suis là pour ça : {role}"]),
        Line::HandOffNotPossible => by(
            tone,
            &["Je ne peux pas vous passer quelqu'un d'ici, mais l'équipe verra votre souhait dans cette conversation."],
            &["Je ne peux pas te passer quelqu'un d'ici, mais l'équipe verra que tu l'as demandé."],
        ),
    }
}
