//! Italian.

use super::{Line, Variants, by};
use crate::domain::assistant::Tone;

pub(super) fn variants(tone: Tone, line: Line) -> Variants {
    match line {
        Line::Greeting => match tone {
            Tone::Professional => &["Buongiorno, sono {assistant}, l'assistente di {organization}."],
            Tone::Friendly => &["Ciao, che bello averti qui! Sono {assistant} di {organization}."],
            Tone::Casual => &["Ehi, ciao! Qui {assistant}, di {organization}."],
            Tone::Authoritative => {
                &["Le do il benvenuto a nome di {organization}. Sono {assistant} e La guiderò passo dopo passo."]
            }
            Tone::Empathetic => {
                &["Buongiorno e grazie di essere qui. Sono {assistant} di {organization} e sono qui per ascoltarLa."]
            }
        },
        Line::Opening => match tone {
            Tone::Professional => &["Come posso aiutarLa?"],
            Tone::Friendly => &["Che cosa posso fare per te?"],
            Tone::Casual => &["Dimmi, come ti posso aiutare?"],
            Tone::Authoritative => &["Che cosa La porta da noi?"],
            Tone::Empathetic => &["Che cosa Le sta a cuore oggi?"],
        },
        Line::Ack => match tone {
            Tone::Professional => &["La ringrazio.", "Grazie, mi è utile.", "Ho preso nota."],
            Tone::Friendly => &["Ottimo, grazie!", "Benissimo, grazie mille!", "Perfetto, grazie!"],
            Tone::Casual => &["Ok, grazie.", "Segnato.", "Bene, grazie."],
            Tone::Authoritative => &["Bene.", "Capito.", "Preso nota."],
            Tone::Empathetic => {
                &["Grazie per avermelo detto.", "La ringrazio, lo apprezzo.", "Capisco, grazie della fiducia."]
            }
        },
        Line::AckName => match tone {
            Tone::Professional => &["La ringrazio, {name}.", "Molto piacere, {name}."],
            Tone::Friendly => &["Che piacere conoscerti, {name}!", "Piacere, {name}!"],
            Tone::Casual => &["Piacere, {name}.", "Ciao {name}, piacere di conoscerti."],
            Tone::Authoritative => &["Grazie, {name}.", "Piacere, {name}."],
            Tone::Empathetic => &["Sono felice di conoscerLa, {name}.", "Grazie, {name}, sono felice che sia qui."],
        },
        Line::LeadIn => match tone {
            Tone::Professional => &["Mi permetta una domanda:", "Per poterLa consigliare al meglio:", ""],
            Tone::Friendly => &["Mi piacerebbe sapere:", "Solo una cosa:", ""],
            Tone::Casual => &["Domanda veloce:", "Dimmi un po':", ""],
            Tone::Authoritative => &["Veniamo al punto:", "Proseguiamo:", ""],
            Tone::Empathetic => &["Se posso chiedere:", "Per capirLa meglio:", ""],
        },
        Line::Identity => by(
            tone,
            &["Sono {assistant}, l'assistente digitale di {organization}, e non una persona."],
            &["Sono {assistant}, l'assistente digitale di {organization}, quindi non una persona."],
        ),
        Line::Hello => by(tone, &["Buongiorno."], &["Ciao!"]),
        Line::Resume => by(
            tone,
            &["Sono lieto di ritrovarLa. Possiamo riprendere da dove eravamo rimasti."],
            &["Che bello ritrovarti! Riprendiamo da dove eravamo rimasti."],
        ),
        Line::Return => by(
            tone,
            &["Tornando alla mia domanda:", "Per riprendere quanto Le chiedevo:"],
            &["Tornando alla mia domanda:", "Allora, torno a quello che ti chiedevo:"],
        ),
        Line::NotUnderstood => by(
            tone,
            &["Mi scusi, non ho capito bene.", "Mi perdoni, non sono riuscito a seguirLa."],
            &["Scusa, non ho capito bene.", "Mh, questa non l'ho colta."],
        ),
        Line::Patience => by(tone, &["Faccia pure con calma."], &["Fai pure con calma!"]),
        Line::Waiting => by(
            tone,
            &["Sono qui quando desidera.", "Non c'è fretta, resto a disposizione."],
            &["Sono qui quando vuoi.", "Nessuna fretta, resto qui."],
        ),
        Line::SkipDatum => by(
            tone,
            &["Non c'è alcun problema, lo lasciamo da parte.", "Certamente, questo lo tralasciamo."],
            &["Nessun problema, lo saltiamo.", "Va bene così, questo lo lasciamo stare."],
        ),
        Line::Unknown => by(
            tone,
            &[
                "Su questo non ho informazioni affidabili e preferisco non tirare a indovinare. Il team vedrà qui la Sua domanda.",
                "Mi dispiace, non lo so. La Sua domanda resta annotata qui per il team.",
            ],
            &[
                "Sinceramente non lo so, e preferisco non tirare a indovinare. Il team vedrà qui la tua domanda.",
                "Su questo non ho una risposta, mi dispiace. La tua domanda resta qui per il team.",
            ],
        ),
        Line::UnknownPrice => by(
            tone,
            &["Non ho un prezzo affidabile e preferisco non tirare a indovinare. Il team può darLe una cifra precisa."],
            &["Non ho un prezzo sicuro e preferisco non tirare a indovinare. Il team può darti una cifra precisa."],
        ),
        Line::Objection => by(
            tone,
            &[
                "La capisco, la spesa deve avere senso per Lei. Non c'è alcun impegno.",
                "È un'osservazione giusta, e Lei non ha nessun obbligo.",
            ],
            &[
                "Ti capisco, deve valerne la pena. Nessuna pressione.",
                "Certo, il prezzo conta. Qui non ti impegni a nulla.",
            ],
        ),
        Line::OffTopic => by(
            tone,
            &["Questo esula un po' da ciò di cui posso parlare qui.", "Temo che non sia il mio campo."],
            &["Ah, qui usciamo un po' dal mio mondo!", "Ne parlerei volentieri, ma non è il mio campo."],
        ),
        Line::Injection => by(
            tone,
            &[
                "In questo non posso aiutarLa. Rispondo volentieri a domande su {organization} o prendo nota di ciò che cerca.",
            ],
            &[
                "In questo non posso aiutarti. Però chiedimi quello che vuoi su {organization}, o dimmi che cosa cerchi.",
            ],
        ),
        Line::AbuseWarning => by(
            tone,
            &["Desidero aiutarLa e Le chiedo di mantenere un tono cortese."],
            &["Voglio aiutarti, ma restiamo gentili, per favore."],
        ),
        Line::AbuseEnd => by(
            tone,
            &["Chiudo qui la conversazione. Potrà tornare in un altro momento."],
            &["Chiudo qui la nostra chiacchierata. Puoi tornare in un altro momento."],
        ),
        Line::Farewell => by(
            tone,
            &["La ringrazio per il Suo tempo. Arrivederci.", "Grazie della conversazione e arrivederci."],
            &["Grazie della visita. Ciao!", "È stato bello parlare con te. A presto!"],
        ),
        Line::NotInterested => by(
            tone,
            &["La ringrazio per la chiarezza. Non Le rubo altro tempo; Le auguro ogni bene."],
            &["Nessun problema, grazie di avermelo detto. In bocca al lupo!"],
        ),
        Line::AnythingElse => by(
            tone,
            &[
                "Se ha bisogno di altro, me lo dica pure.",
                "La aiuto volentieri anche con altro.",
                "Chieda pure tutto ciò che desidera sapere.",
            ],
            &[
                "Se ti serve altro, dimmi pure.",
                "Ti aiuto volentieri anche con altro.",
                "Chiedimi pure quello che vuoi.",
            ],
        ),
        Line::AskContact => by(
            tone,
            &["A quale indirizzo e-mail o numero di telefono possiamo contattarLa?"],
            &["A quale e-mail o numero possiamo contattarti?"],
        ),
        Line::AskContactToBook => by(
            tone,
            &["Per prenotare mi serve un indirizzo e-mail o un numero di telefono: quale posso usare?"],
            &["Per prenotare mi serve solo un'e-mail o un numero: quale posso usare?"],
        ),
        Line::AskPhoneToBook => by(
            tone,
            &["Potrebbe darmi invece un numero di telefono per la prenotazione?"],
            &["Mi dai invece un numero di telefono per la prenotazione?"],
        ),
        Line::BadEmail => by(
            tone,
            &["Questo indirizzo e-mail non sembra completo. Potrebbe scriverlo di nuovo?"],
            &["Mh, questa e-mail non sembra del tutto giusta. Me la riscrivi?"],
        ),
        Line::BadPhone => by(
            tone,
            &[
                "Questo numero di telefono non sembra completo. Potrebbe scriverlo di nuovo con il prefisso internazionale?",
            ],
            &["Mh, questo numero non sembra del tutto giusto. Me lo riscrivi con il prefisso internazionale?"],
        ),
        Line::BadContactLeft => by(
            tone,
            &["Purtroppo non riesco a leggere questo recapito; per ora lasciamo stare."],
            &["Non riesco a leggere questo recapito; per ora lasciamo stare."],
        ),
        Line::CorrectedName => by(
            tone,
            &["Grazie della correzione. Ho annotato il nome {value}."],
            &["Grazie, corretto: ti chiami {value}."],
        ),
        Line::CorrectedEmail => by(
            tone,
            &["Grazie della correzione. Ho annotato {value} come Suo indirizzo e-mail."],
            &["Grazie, corretto: ora ho {value} come tua e-mail."],
        ),
        Line::CorrectedPhone => by(
            tone,
            &["Grazie della correzione. Ho annotato {value} come Suo numero di telefono."],
            &["Grazie, corretto: ora ho {value} come tuo numero."],
        ),
        Line::WhatToCorrect => by(tone, &["Certamente. Qual è il dato corretto?"], &["Certo, qual è il dato giusto?"]),
        Line::NotSaved => by(
            tone,
            &["Mi dispiace, per un problema tecnico non sono riuscito ad annotarlo."],
            &["Scusa, non sono riuscito a salvarlo per un problema tecnico."],
        ),
        Line::Offer => by(
            tone,
            &["Posso proporLe questi orari ({zone}): {slots}. Quale preferisce?"],
            &["Ecco che cosa ho ({zone}): {slots}. Quale ti va bene?"],
        ),
        Line::OfferOther => by(
            tone,
            &["Altri orari che posso proporLe ({zone}): {slots}. Ce n'è uno che Le va bene?"],
            &["Vediamo questi ({zone}): {slots}. Ce n'è uno che ti va bene?"],
        ),
        Line::OfferNotFree => by(
            tone,
            &["Questo orario non è libero. I più vicini ({zone}): {slots}. Ce n'è uno che Le va bene?"],
            &["Quello non è libero, mi dispiace. Ho questi ({zone}): {slots}. Ce n'è uno che ti va bene?"],
        ),
        Line::OfferGone => by(
            tone,
            &[
                "Mi dispiace, questo orario è stato appena preso. Ancora liberi ({zone}): {slots}. Ce n'è uno che Le va bene?",
            ],
            &["Oh no, qualcuno l'ha appena preso. Ancora liberi ({zone}): {slots}. Ce n'è uno che ti va bene?"],
        ),
        Line::WhichSlot => by(tone, &["Quale degli orari preferisce?"], &["Allora, quale degli orari ti va bene?"]),
        Line::NoSlots => by(
            tone,
            &["Purtroppo al momento non ci sono orari liberi in agenda."],
            &["Al momento non vedo orari liberi in agenda, mi dispiace."],
        ),
        Line::NotFree => by(
            tone,
            &["Questo orario purtroppo non è libero. Mi indichi un altro giorno o un'altra ora e verifico."],
            &["Quello non è libero, mi dispiace. Dimmi un altro giorno o un'altra ora e controllo."],
        ),
        Line::Held => by(tone, &["Le tengo {slot} ({zone})."], &["Ti tengo {slot} ({zone})."]),
        Line::Confirm => by(
            tone,
            &["Le tengo {slot} ({zone}). Posso confermare l'appuntamento?"],
            &["Ti tengo {slot} ({zone}). Confermo l'appuntamento?"],
        ),
        Line::ConfirmAgain => by(tone, &["Posso confermare {slot}, sì o no?"], &["Confermo {slot}, sì o no?"]),
        Line::StillHeld => by(
            tone,
            &["Le tengo {slot} ancora per qualche minuto; basta un sì per confermare."],
            &["Ti tengo {slot} ancora per qualche minuto; di' di sì ed è tuo."],
        ),
        Line::Booked => by(
            tone,
            &["Il Suo appuntamento è confermato: {slot} ({zone}). La ringrazio, sarà un piacere parlare con Lei."],
            &["Fatto! Il tuo appuntamento è {slot} ({zone}). A presto!"],
        ),
        Line::Moved => by(
            tone,
            &["Il Suo appuntamento è stato spostato: {slot} ({zone}). La ringrazio, sarà un piacere parlare con Lei."],
            &["Fatto! Il tuo appuntamento ora è {slot} ({zone}). A presto!"],
        ),
        Line::AlreadyBooked => by(
            tone,
            &["Il Suo appuntamento è già confermato. Se desidera spostarlo o annullarlo, me lo dica."],
            &["Hai già un appuntamento. Dimmi se vuoi spostarlo o annullarlo."],
        ),
        Line::BookingLeft => by(
            tone,
            &["Va bene, lasciamo aperto l'appuntamento. Mi indichi un giorno e un'ora quando desidera."],
            &["Nessun problema, lasciamo aperto l'appuntamento. Dimmi un giorno e un'ora quando vuoi."],
        ),
        Line::BookingTrouble => by(
            tone,
            &["Mi dispiace, al momento non riesco ad accedere all'agenda, quindi non è cambiato nulla."],
            &["Scusa, ora non riesco ad aprire l'agenda, quindi non è cambiato nulla."],
        ),
        Line::NoContactNoBooking => by(
            tone,
            &[
                "Senza un'e-mail o un telefono non posso prenotare, quindi non c'è nulla di prenotato. Può darmeli in qualsiasi momento.",
            ],
            &[
                "Senza un'e-mail o un numero non posso prenotare, quindi non c'è nulla di prenotato. Puoi darmeli quando vuoi.",
            ],
        ),
        Line::BookingNotPossible => by(
            tone,
            &["Qui non posso prenotare appuntamenti, ma il team vedrà la Sua richiesta in questa conversazione."],
            &["Qui non posso prenotare appuntamenti, ma il team vedrà che ne vuoi uno."],
        ),
        Line::Cancelled => by(tone, &["Il Suo appuntamento è annullato."], &["Il tuo appuntamento è annullato."]),
        Line::NothingToCancel => by(
            tone,
            &["Non c'è alcun appuntamento di questa conversazione che io possa modificare."],
            &["Non c'è nessun appuntamento della nostra chiacchierata che io possa modificare."],
        ),
        Line::HandOffCalled => by(
            tone,
            &["Certamente, chiamo una persona del team. Un momento, per favore."],
            &["Certo, chiamo una persona del team. Un attimo!"],
        ),
        Line::HandOffUnanswered => by(
            tone,
            &["Non lo so, quindi chiamo una persona del team che potrà risponderLe. Un momento, per favore."],
            &["Non lo so, quindi chiamo una persona del team che lo sa. Un attimo!"],
        ),
        Line::HandOffNobody => by(
            tone,
            &["Mi dispiace, al momento non riesco a raggiungere nessuno del team. Continuo volentieri ad aiutarLa."],
            &["Scusa, ora non riesco a raggiungere nessuno del team. Continuo volentieri ad aiutarti."],
        ),
        Line::ConfirmCancel => {
            by(tone, &["Desidera che annulli il Suo appuntamento?"], &["Vuoi che annulli il tuo appuntamento?"])
        }
        Line::Kept => {
            by(tone, &["Va bene, il Suo appuntamento resta com'è."], &["Va bene, il tuo appuntamento resta com'è."])
        }
        Line::UnknownRest => by(
            tone,
            &["All'altra Sua domanda non ho una risposta affidabile; il team la vedrà qui."],
            &["All'altra tua domanda non ho una risposta affidabile; il team la vedrà qui."],
        ),
        Line::Role => by(tone, &["Il mio compito qui: {role}"], &["Sono qui per questo: {role}"]),
        Line::HandOffNotPossible => by(
            tone,
            &["Da qui non posso passarLe una persona, ma il team vedrà la Sua richiesta in questa conversazione."],
            &["Da qui non posso passarti una persona, ma il team vedrà che l'hai chiesto."],
        ),
    }
}
