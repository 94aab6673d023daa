//! German.

use super::{Line, Variants, by};
use crate::domain::assistant::Tone;

pub(super) fn variants(tone: Tone, line: Line) -> Variants {
    match line {
        Line::Greeting => match tone {
            Tone::Professional => &["Guten Tag, ich bin {assistant}, der Assistent von {organization}."],
            Tone::Friendly => {
                &["Hallo und willkommen! Ich bin {assistant} von {organization}, schön, dass du da bist."]
            }
            Tone::Casual => &["Hey! Hier ist {assistant} von {organization}."],
            Tone::Authoritative => &["Willkommen bei {organization}. Ich bin {assistant} und führe Sie gern weiter."],
            Tone::Empathetic => &[
                "Guten Tag und herzlich willkommen. Ich bin {assistant} von {organization} und nehme mir gern Zeit für Sie.",
            ],
        },
        Line::Opening => match tone {
            Tone::Professional => &["Wie kann ich Ihnen helfen?"],
            Tone::Friendly => &["Was kann ich für dich tun?"],
            Tone::Casual => &["Was gibt's, wie kann ich dir helfen?"],
            Tone::Authoritative => &["Was führt Sie zu uns?"],
            Tone::Empathetic => &["Was beschäftigt Sie heute?"],
        },
        Line::Ack => match tone {
            Tone::Professional => &["Vielen Dank.", "Danke, das hilft mir weiter.", "Das habe ich notiert."],
            Tone::Friendly => &["Super, danke!", "Prima, vielen Dank!", "Perfekt, danke dir!"],
            Tone::Casual => &["Alles klar, danke.", "Okay, hab ich.", "Cool, danke."],
            Tone::Authoritative => &["Gut.", "Verstanden.", "Notiert."],
            Tone::Empathetic => &[
                "Danke, dass Sie mir das sagen.",
                "Vielen Dank für Ihre Offenheit.",
                "Ich verstehe, danke für diese Auskunft.",
            ],
        },
        Line::AckName => match tone {
            Tone::Professional => &["Vielen Dank, {name}.", "Sehr erfreut, {name}."],
            Tone::Friendly => &["Schön, dich kennenzulernen, {name}!", "Freut mich sehr, {name}!"],
            Tone::Casual => &["Freut mich, {name}.", "Hi {name}, schön, dass du da bist."],
            Tone::Authoritative => &["Danke, {name}.", "Angenehm, {name}."],
            Tone::Empathetic => {
                &["Schön, Sie kennenzulernen, {name}.", "Danke, {name}, ich freue mich, dass Sie hier sind."]
            }
        },
        Line::LeadIn => match tone {
            Tone::Professional => &["Darf ich fragen:", "Damit ich Sie gut beraten kann:", ""],
            Tone::Friendly => &["Das würde ich gern noch wissen:", "Nur eine Sache noch:", ""],
            Tone::Casual => &["Kurze Frage:", "Sag mal:", ""],
            Tone::Authoritative => &["Zur Sache:", "Als Nächstes:", ""],
            Tone::Empathetic => &["Wenn ich fragen darf:", "Damit ich Sie besser verstehe:", ""],
        },
        Line::Identity => by(
            tone,
            &["Ich bin {assistant}, der digitale Assistent von {organization}, und kein Mensch."],
            &["Ich bin {assistant}, der digitale Assistent von {organization}, also kein Mensch."],
        ),
        Line::Hello => by(tone, &["Guten Tag."], &["Hallo!"]),
        Line::Resume => by(
            tone,
            &["Schön, dass Sie wieder da sind. Wir können dort weitermachen, wo wir waren."],
            &["Schön, dass du wieder da bist! Machen wir da weiter, wo wir waren."],
        ),
        Line::Return => by(
            tone,
            &["Um auf meine Frage zurückzukommen:", "Zurück zu meiner Frage:"],
            &["Zurück zu meiner Frage:", "Also, nochmal zu meiner Frage:"],
        ),
        Line::NotUnderstood => by(
            tone,
            &["Entschuldigung, das habe ich nicht ganz verstanden.", "Verzeihung, da konnte ich nicht folgen."],
            &["Sorry, das habe ich nicht ganz verstanden.", "Hm, da bin ich nicht mitgekommen."],
        ),
        Line::Patience => by(tone, &["Lassen Sie sich gern Zeit."], &["Lass dir ruhig Zeit!"]),
        Line::Waiting => by(
            tone,
            &["Ich bin da, sobald Sie so weit sind.", "Es eilt nicht, ich bin hier."],
            &["Ich bin da, sobald du so weit bist.", "Kein Stress, ich bin hier."],
        ),
        Line::SkipDatum => by(
            tone,
            &["Das ist völlig in Ordnung, wir lassen das weg.", "Selbstverständlich, das lassen wir beiseite."],
            &["Kein Problem, das lassen wir weg.", "Alles gut, das überspringen wir."],
        ),
        Line::Unknown => by(
            tone,
            &[
                "Dazu habe ich keine verlässliche Auskunft und möchte nicht raten. Das Team sieht Ihre Frage hier.",
                "Das weiß ich leider nicht. Ihre Frage bleibt hier für das Team vermerkt.",
            ],
            &[
                "Ehrlich gesagt weiß ich das nicht, und raten möchte ich nicht. Das Team sieht deine Frage hier.",
                "Darauf habe ich leider keine Antwort. Deine Frage bleibt hier für das Team stehen.",
            ],
        ),
        Line::UnknownPrice => by(
            tone,
            &[
                "Dazu kenne ich keinen verlässlichen Preis und möchte nicht raten. Das Team kann Ihnen eine genaue Zahl nennen.",
            ],
            &[
                "Dazu habe ich keinen Preis, für den ich geradestehen kann, und raten will ich nicht. Das Team nennt dir gern eine genaue Zahl.",
            ],
        ),
        Line::Objection => by(
            tone,
            &[
                "Das verstehe ich, die Kosten müssen für Sie stimmen. Sie gehen hier keinerlei Verpflichtung ein.",
                "Ein berechtigter Einwand, und Sie müssen sich zu nichts verpflichten.",
            ],
            &[
                "Verstehe ich, es muss sich für dich lohnen. Ganz ohne Druck.",
                "Klar, der Preis muss passen. Du gehst hier keine Verpflichtung ein.",
            ],
        ),
        Line::OffTopic => by(
            tone,
            &["Da kann ich hier leider nicht mitreden.", "Das gehört leider nicht zu meinem Gebiet."],
            &["Haha, da bin ich leider raus!", "Darüber würde ich gern plaudern, ist aber nicht mein Gebiet."],
        ),
        Line::Injection => by(
            tone,
            &[
                "Dabei kann ich nicht helfen. Gern beantworte ich Fragen zu {organization} oder notiere, was Sie suchen.",
            ],
            &["Dabei kann ich nicht helfen. Frag mich aber gern alles zu {organization} oder sag mir, was du suchst."],
        ),
        Line::AbuseWarning => by(
            tone,
            &["Ich möchte Ihnen gern helfen und bitte darum, dass wir höflich miteinander bleiben."],
            &["Ich helfe dir gern, aber lass uns bitte freundlich bleiben."],
        ),
        Line::AbuseEnd => by(
            tone,
            &["Ich beende das Gespräch an dieser Stelle. Sie können sich gern ein andermal wieder melden."],
            &["Ich beende unser Gespräch hier. Du kannst dich gern ein andermal wieder melden."],
        ),
        Line::Farewell => by(
            tone,
            &["Vielen Dank für Ihre Zeit. Auf Wiedersehen.", "Danke für das Gespräch und auf Wiedersehen."],
            &["Danke, dass du da warst. Tschüss!", "War schön, mit dir zu sprechen. Mach's gut!"],
        ),
        Line::NotInterested => by(
            tone,
            &["Danke für die klare Antwort. Ich nehme Ihre Zeit nicht weiter in Anspruch, alles Gute."],
            &["Gar kein Problem, danke für die klare Ansage. Alles Gute!"],
        ),
        Line::AnythingElse => by(
            tone,
            &[
                "Wenn Sie noch etwas brauchen, sagen Sie es mir gern.",
                "Bei allem Weiteren helfe ich Ihnen gern.",
                "Fragen Sie gern, was Sie sonst noch wissen möchten.",
            ],
            &[
                "Wenn noch etwas ist, sag einfach Bescheid.",
                "Ich helfe dir gern weiter.",
                "Frag einfach, wenn du noch etwas brauchst.",
            ],
        ),
        Line::AskContact => by(
            tone,
            &["Unter welcher E-Mail-Adresse oder Telefonnummer können wir Sie erreichen?"],
            &["Unter welcher E-Mail oder Telefonnummer können wir dich erreichen?"],
        ),
        Line::AskContactToBook => by(
            tone,
            &["Für die Buchung brauche ich eine E-Mail-Adresse oder eine Telefonnummer: Welche darf ich verwenden?"],
            &["Zum Buchen brauche ich nur noch eine E-Mail oder Telefonnummer: Welche darf ich nehmen?"],
        ),
        Line::AskPhoneToBook => by(
            tone,
            &["Können Sie mir für die Buchung stattdessen eine Telefonnummer nennen?"],
            &["Kannst du mir für die Buchung stattdessen eine Telefonnummer geben?"],
        ),
        Line::BadEmail => by(
            tone,
            &["Diese E-Mail-Adresse scheint nicht vollständig zu sein. Könnten Sie sie noch einmal schreiben?"],
            &["Hm, die E-Mail stimmt so wohl nicht ganz. Schreibst du sie noch einmal?"],
        ),
        Line::BadPhone => by(
            tone,
            &[
                "Diese Telefonnummer scheint nicht vollständig zu sein. Könnten Sie sie noch einmal mit Ländervorwahl schreiben?",
            ],
            &["Hm, die Nummer stimmt so wohl nicht ganz. Schreibst du sie noch einmal, am besten mit Ländervorwahl?"],
        ),
        Line::BadContactLeft => by(
            tone,
            &["Diese Angabe kann ich leider nicht lesen, lassen wir es vorerst dabei."],
            &["Das kann ich so nicht lesen, lassen wir es erst mal."],
        ),
        Line::CorrectedName => by(
            tone,
            &["Danke für die Korrektur. Ich habe den Namen {value} notiert."],
            &["Danke, ist korrigiert: Du heißt {value}."],
        ),
        Line::CorrectedEmail => by(
            tone,
            &["Danke für die Korrektur. Ich habe {value} als Ihre E-Mail-Adresse notiert."],
            &["Danke, ist korrigiert: Ich habe jetzt {value} als deine E-Mail."],
        ),
        Line::CorrectedPhone => by(
            tone,
            &["Danke für die Korrektur. Ich habe {value} als Ihre Telefonnummer notiert."],
            &["Danke, ist korrigiert: Ich habe jetzt {value} als deine Nummer."],
        ),
        Line::WhatToCorrect => by(tone, &["Gern. Wie lautet es richtig?"], &["Klar, wie ist es denn richtig?"]),
        Line::NotSaved => by(
            tone,
            &["Das konnte ich wegen eines technischen Problems gerade leider nicht notieren."],
            &["Sorry, das konnte ich gerade nicht speichern, die Technik hat gehakt."],
        ),
        Line::Offer => by(
            tone,
            &["Ich kann Ihnen diese Termine anbieten ({zone}): {slots}. Welcher passt Ihnen?"],
            &["Das hätte ich für dich ({zone}): {slots}. Welcher Termin passt dir?"],
        ),
        Line::OfferOther => by(
            tone,
            &["Andere Termine, die ich anbieten kann ({zone}): {slots}. Passt Ihnen einer davon?"],
            &["Wie wäre es stattdessen damit ({zone}): {slots}. Passt dir einer davon?"],
        ),
        Line::OfferNotFree => by(
            tone,
            &["Dieser Termin ist nicht frei. Am nächsten liegen ({zone}): {slots}. Passt Ihnen einer davon?"],
            &["Der ist leider nicht frei. Was ich dir anbieten kann ({zone}): {slots}. Passt dir einer davon?"],
        ),
        Line::OfferGone => by(
            tone,
            &["Dieser Termin wurde leider gerade vergeben. Noch frei ({zone}): {slots}. Passt Ihnen einer davon?"],
            &["Oh, den hat gerade jemand genommen. Noch frei ({zone}): {slots}. Passt dir einer davon?"],
        ),
        Line::WhichSlot => by(tone, &["Welcher der Termine passt Ihnen?"], &["Welcher der Termine passt dir denn?"]),
        Line::NoSlots => by(
            tone,
            &["Im Moment ist im Kalender leider kein Termin frei."],
            &["Gerade sehe ich im Kalender leider keinen freien Termin."],
        ),
        Line::NotFree => by(
            tone,
            &["Dieser Termin ist leider nicht frei. Nennen Sie mir gern einen anderen Tag oder eine andere Uhrzeit."],
            &["Der ist leider nicht frei. Nenn mir gern einen anderen Tag oder eine andere Uhrzeit."],
        ),
        Line::Held => by(tone, &["Ich halte {slot} ({zone}) für Sie frei."], &["Ich halte dir {slot} ({zone}) frei."]),
        Line::Confirm => by(
            tone,
            &["Ich halte {slot} ({zone}) für Sie frei. Soll ich den Termin buchen?"],
            &["Ich halte dir {slot} ({zone}) frei. Soll ich den Termin buchen?"],
        ),
        Line::ConfirmAgain => by(
            tone,
            &["Darf ich {slot} für Sie buchen, ja oder nein?"],
            &["Soll ich {slot} für dich buchen, ja oder nein?"],
        ),
        Line::StillHeld => by(
            tone,
            &["Ich halte {slot} noch einige Minuten für Sie frei; ein Ja genügt zum Buchen."],
            &["Ich halte dir {slot} noch ein paar Minuten frei; sag einfach ja."],
        ),
        Line::Booked => by(
            tone,
            &["Ihr Termin ist gebucht: {slot} ({zone}). Vielen Dank, wir freuen uns auf das Gespräch mit Ihnen."],
            &["Fertig, dein Termin steht: {slot} ({zone}). Wir freuen uns auf dich!"],
        ),
        Line::Moved => by(
            tone,
            &["Ihr Termin ist verlegt auf: {slot} ({zone}). Vielen Dank, wir freuen uns auf das Gespräch mit Ihnen."],
            &["Fertig, dein Termin ist verlegt auf: {slot} ({zone}). Wir freuen uns auf dich!"],
        ),
        Line::AlreadyBooked => by(
            tone,
            &["Ihr Termin ist bereits gebucht. Wenn Sie ihn verlegen oder absagen möchten, sagen Sie es mir bitte."],
            &["Dein Termin steht schon. Sag mir einfach, wenn du ihn verlegen oder absagen willst."],
        ),
        Line::BookingLeft => by(
            tone,
            &["Gut, wir lassen den Termin offen. Nennen Sie mir jederzeit gern einen Tag und eine Uhrzeit."],
            &["Kein Problem, wir lassen den Termin offen. Nenn mir einfach irgendwann Tag und Uhrzeit."],
        ),
        Line::BookingTrouble => by(
            tone,
            &["Ich erreiche den Kalender im Moment leider nicht, dort ist also nichts geändert."],
            &["Ich komme gerade leider nicht an den Kalender, dort ist also nichts geändert."],
        ),
        Line::NoContactNoBooking => by(
            tone,
            &[
                "Ohne E-Mail-Adresse oder Telefonnummer kann ich nicht buchen, es ist also nichts gebucht. Sie können sie mir jederzeit nennen.",
            ],
            &[
                "Ohne E-Mail oder Telefonnummer kann ich nicht buchen, es ist also nichts gebucht. Du kannst sie mir jederzeit geben.",
            ],
        ),
        Line::BookingNotPossible => by(
            tone,
            &["Ich kann hier selbst keine Termine buchen, aber das Team sieht Ihren Wunsch in diesem Gespräch."],
            &["Ich kann hier selbst keine Termine buchen, aber das Team sieht, dass du einen möchtest."],
        ),
        Line::Cancelled => by(tone, &["Ihr Termin ist abgesagt."], &["Dein Termin ist abgesagt."]),
        Line::NothingToCancel => by(
            tone,
            &["Aus diesem Gespräch gibt es keinen Termin, den ich ändern könnte."],
            &["Aus unserem Gespräch gibt es keinen Termin, den ich ändern könnte."],
        ),
        Line::HandOffCalled => by(
            tone,
            &["Gern, ich rufe jemanden aus dem Team für Sie. Einen Moment bitte."],
            &["Klar, ich rufe jemanden aus dem Team für dich. Einen Moment!"],
        ),
        Line::HandOffUnanswered => by(
            tone,
            &[
                "Das weiß ich nicht, deshalb rufe ich jemanden aus dem Team, der es Ihnen sagen kann. Einen Moment bitte.",
            ],
            &["Das weiß ich nicht, deshalb rufe ich jemanden aus dem Team, der es weiß. Einen Moment!"],
        ),
        Line::HandOffNobody => by(
            tone,
            &["Ich erreiche im Moment leider niemanden aus dem Team. Ich helfe Ihnen gern weiter."],
            &["Ich erreiche gerade leider niemanden aus dem Team. Ich helfe dir aber gern weiter."],
        ),
        Line::ConfirmCancel => by(tone, &["Soll ich Ihren Termin absagen?"], &["Soll ich deinen Termin absagen?"]),
        Line::Kept => {
            by(tone, &["Gut, Ihr Termin bleibt, wie er ist."], &["Alles klar, dein Termin bleibt, wie er ist."])
        }
        Line::UnknownRest => by(
            tone,
            &["Auf Ihre andere Frage habe ich keine verlässliche Antwort; das Team sieht sie hier."],
            &["Auf deine andere Frage habe ich leider keine verlässliche Antwort; das Team sieht sie hier."],
        ),
        Line::Role => by(tone, &["Meine Aufgabe hier: {role}"], &["Dafür bin ich hier: {role}"]),
        Line::HandOffNotPossible => by(
            tone,
            &["Von hier aus kann ich Sie nicht verbinden, aber das Team sieht Ihren Wunsch in diesem Gespräch."],
            &["Von hier aus kann ich dich nicht verbinden, aber das Team sieht, dass du darum gebeten hast."],
        ),
    }
}
