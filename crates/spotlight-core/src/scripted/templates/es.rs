//! Spanish.

use super::{Line, Variants, by};
use crate::domain::assistant::Tone;

pub(super) fn variants(tone: Tone, line: Line) -> Variants {
    match line {
        Line::Greeting => match tone {
            Tone::Professional => &["Buenos días, soy {assistant}, el asistente de {organization}."],
            Tone::Friendly => {
                &["¡Hola! Te damos la bienvenida a {organization}. Soy {assistant}, qué bien tenerte por aquí."]
            }
            Tone::Casual => &["¡Hola! Aquí {assistant}, de {organization}."],
            Tone::Authoritative => &["Le damos la bienvenida a {organization}. Soy {assistant} y voy a orientarle."],
            Tone::Empathetic => &[
                "Buenos días, le doy la bienvenida. Soy {assistant}, de {organization}, y estoy aquí para escucharle.",
            ],
        },
        Line::Opening => match tone {
            Tone::Professional => &["¿En qué puedo ayudarle?"],
            Tone::Friendly => &["¿Qué puedo hacer por ti?"],
            Tone::Casual => &["Cuéntame, ¿en qué te echo una mano?"],
            Tone::Authoritative => &["¿Qué le trae por aquí?"],
            Tone::Empathetic => &["¿Qué le preocupa hoy?"],
        },
        Line::Ack => match tone {
            Tone::Professional => &["Muchas gracias.", "Gracias, eso me ayuda.", "Tomo nota."],
            Tone::Friendly => &["¡Genial, gracias!", "¡Estupendo, muchas gracias!", "¡Perfecto, gracias!"],
            Tone::Casual => &["Vale, gracias.", "Anotado.", "Guay, gracias."],
            Tone::Authoritative => &["Bien.", "Entendido.", "Anotado."],
            Tone::Empathetic => {
                &["Gracias por contármelo.", "Se lo agradezco de verdad.", "Le entiendo, gracias por decírmelo."]
            }
        },
        Line::AckName => match tone {
            Tone::Professional => &["Muchas gracias, {name}.", "Es un placer, {name}."],
            Tone::Friendly => &["¡Me alegra conocerte, {name}!", "¡Qué gusto, {name}!"],
            Tone::Casual => &["Un gusto, {name}.", "Hola, {name}, me alegro de conocerte."],
            Tone::Authoritative => &["Gracias, {name}.", "Mucho gusto, {name}."],
            Tone::Empathetic => &["Me alegra conocerle, {name}.", "Gracias, {name}, me alegra que esté aquí."],
        },
        Line::LeadIn => match tone {
            Tone::Professional => &["Permítame preguntarle:", "Para poder asesorarle bien:", ""],
            Tone::Friendly => &["Me encantaría saber una cosa:", "Solo una cosa más:", ""],
            Tone::Casual => &["Una pregunta rápida:", "Dime:", ""],
            Tone::Authoritative => &["Vamos al grano:", "Lo siguiente:", ""],
            Tone::Empathetic => &["Si me permite la pregunta:", "Para entenderle mejor:", ""],
        },
        Line::Identity => by(
            tone,
            &["Soy {assistant}, el asistente digital de {organization}, y no una persona."],
            &["Soy {assistant}, el asistente digital de {organization}, o sea, no soy una persona."],
        ),
        Line::Hello => by(tone, &["Buenos días."], &["¡Hola!"]),
        Line::Resume => by(
            tone,
            &["Me alegra que haya vuelto. Podemos seguir donde lo dejamos."],
            &["¡Qué bien que hayas vuelto! Sigamos donde lo dejamos."],
        ),
        Line::Return => by(
            tone,
            &["Volviendo a mi pregunta:", "Para retomar lo que le preguntaba:"],
            &["Volviendo a mi pregunta:", "Bueno, sigo con lo que te preguntaba:"],
        ),
        Line::NotUnderstood => by(
            tone,
            &["Disculpe, no le he entendido del todo.", "Perdone, no he podido seguirle."],
            &["Perdona, no te he entendido del todo.", "Uy, eso no lo he pillado."],
        ),
        Line::Patience => by(tone, &["Tómese su tiempo."], &["¡Tómate tu tiempo!"]),
        Line::Waiting => by(
            tone,
            &["Aquí estoy para cuando usted quiera.", "No hay prisa, aquí sigo."],
            &["Aquí estoy para cuando quieras.", "Sin prisa, aquí sigo."],
        ),
        Line::SkipDatum => by(
            tone,
            &["No hay ningún problema, lo dejamos de lado.", "Por supuesto, eso lo omitimos."],
            &["No pasa nada, nos lo saltamos.", "No te preocupes, eso lo dejamos."],
        ),
        Line::Unknown => by(
            tone,
            &[
                "No tengo información fiable sobre eso y prefiero no adivinar. El equipo verá aquí su pregunta.",
                "Lamento no saberlo. Su pregunta queda anotada aquí para el equipo.",
            ],
            &[
                "La verdad es que no lo sé y prefiero no adivinar. El equipo verá aquí tu pregunta.",
                "No tengo respuesta para eso, lo siento. Tu pregunta queda aquí para el equipo.",
            ],
        ),
        Line::UnknownPrice => by(
            tone,
            &["No dispongo de un precio fiable y prefiero no adivinar. El equipo puede darle una cifra exacta."],
            &["No tengo un precio seguro y prefiero no adivinar. El equipo puede darte una cifra exacta."],
        ),
        Line::Objection => by(
            tone,
            &[
                "Le entiendo, el coste tiene que convencerle. No hay ningún compromiso.",
                "Es una observación razonable, y no tiene usted ninguna obligación.",
            ],
            &[
                "Te entiendo, tiene que merecerte la pena. Sin ninguna presión.",
                "Claro, el precio importa. Aquí no te comprometes a nada.",
            ],
        ),
        Line::OffTopic => by(
            tone,
            &["Eso queda un poco fuera de lo que puedo tratar aquí.", "Me temo que ese no es mi terreno."],
            &["¡Ja, eso se sale un poco de lo mío!", "Me encantaría charlar de eso, pero no es lo mío."],
        ),
        Line::Injection => by(
            tone,
            &[
                "Con eso no puedo ayudarle. Con gusto respondo preguntas sobre {organization} o anoto lo que usted busca.",
            ],
            &["Con eso no puedo ayudarte. Pero pregúntame lo que quieras sobre {organization} o dime qué buscas."],
        ),
        Line::AbuseWarning => by(
            tone,
            &["Quiero ayudarle y le pido que mantengamos un trato respetuoso."],
            &["Quiero ayudarte, pero hablemos con respeto, por favor."],
        ),
        Line::AbuseEnd => by(
            tone,
            &["Termino aquí la conversación. Puede volver en otro momento."],
            &["Termino aquí nuestra charla. Puedes volver en otro momento."],
        ),
        Line::Farewell => by(
            tone,
            &["Muchas gracias por su tiempo. Hasta pronto.", "Gracias por la conversación y hasta la próxima."],
            &["Gracias por pasarte. ¡Hasta luego!", "Ha sido un placer hablar contigo. ¡Cuídate!"],
        ),
        Line::NotInterested => by(
            tone,
            &["Gracias por decírmelo con claridad. No le quito más tiempo; que le vaya muy bien."],
            &["No pasa nada, gracias por decírmelo. ¡Que te vaya muy bien!"],
        ),
        Line::AnythingElse => by(
            tone,
            &[
                "Si necesita algo más, dígamelo con confianza.",
                "Con gusto le ayudo en lo que haga falta.",
                "Pregúnteme lo que desee saber.",
            ],
            &[
                "Si necesitas algo más, dímelo.",
                "Te ayudo encantado en lo que haga falta.",
                "Pregúntame lo que quieras.",
            ],
        ),
        Line::AskContact => by(
            tone,
            &["¿En qué correo electrónico o teléfono podemos localizarle?"],
            &["¿En qué correo o teléfono te podemos localizar?"],
        ),
        Line::AskContactToBook => by(
            tone,
            &["Para reservar necesito un correo electrónico o un teléfono: ¿cuál puedo usar?"],
            &["Para reservar solo me falta un correo o un teléfono: ¿cuál puedo usar?"],
        ),
        Line::AskPhoneToBook => by(
            tone,
            &["¿Podría darme en su lugar un teléfono para la reserva?"],
            &["¿Me das entonces un teléfono para la reserva?"],
        ),
        Line::BadEmail => by(
            tone,
            &["Ese correo electrónico no parece completo. ¿Podría escribirlo otra vez?"],
            &["Mmm, ese correo no parece del todo correcto. ¿Me lo escribes otra vez?"],
        ),
        Line::BadPhone => by(
            tone,
            &["Ese número de teléfono no parece completo. ¿Podría escribirlo otra vez con el prefijo del país?"],
            &["Mmm, ese número no parece del todo correcto. ¿Me lo escribes otra vez con el prefijo del país?"],
        ),
        Line::BadContactLeft => by(
            tone,
            &["Lamento no poder leer ese dato; dejémoslo por ahora."],
            &["No consigo leer ese dato; dejémoslo por ahora."],
        ),
        Line::CorrectedName => by(
            tone,
            &["Gracias por la corrección. He anotado el nombre {value}."],
            &["Gracias, corregido: te llamas {value}."],
        ),
        Line::CorrectedEmail => by(
            tone,
            &["Gracias por la corrección. He anotado {value} como su correo electrónico."],
            &["Gracias, corregido: ahora tengo {value} como tu correo."],
        ),
        Line::CorrectedPhone => by(
            tone,
            &["Gracias por la corrección. He anotado {value} como su teléfono."],
            &["Gracias, corregido: ahora tengo {value} como tu teléfono."],
        ),
        Line::WhatToCorrect => {
            by(tone, &["Por supuesto. ¿Cuál es el dato correcto?"], &["Claro, ¿cuál es el dato correcto?"])
        }
        Line::NotSaved => by(
            tone,
            &["Lo siento, por un problema técnico no he podido anotarlo ahora."],
            &["Perdona, ahora mismo no he podido guardarlo por un problema técnico."],
        ),
        Line::Offer => by(
            tone,
            &["Puedo ofrecerle estos horarios ({zone}): {slots}. ¿Cuál le conviene?"],
            &["Tengo estos huecos ({zone}): {slots}. ¿Cuál te viene bien?"],
        ),
        Line::OfferOther => by(
            tone,
            &["Otros horarios que puedo ofrecerle ({zone}): {slots}. ¿Le conviene alguno?"],
            &["A ver qué te parecen estos ({zone}): {slots}. ¿Te viene bien alguno?"],
        ),
        Line::OfferNotFree => by(
            tone,
            &["Ese horario no está libre. Los más cercanos ({zone}): {slots}. ¿Le conviene alguno?"],
            &["Ese no está libre, lo siento. Lo que tengo ({zone}): {slots}. ¿Te viene bien alguno?"],
        ),
        Line::OfferGone => by(
            tone,
            &["Lo siento, ese horario se acaba de ocupar. Siguen libres ({zone}): {slots}. ¿Le conviene alguno?"],
            &["Vaya, ese se acaba de ocupar. Siguen libres ({zone}): {slots}. ¿Te viene bien alguno?"],
        ),
        Line::WhichSlot => {
            by(tone, &["¿Cuál de los horarios le conviene?"], &["Entonces, ¿cuál de los horarios te viene bien?"])
        }
        Line::NoSlots => by(
            tone,
            &["Lamento decirle que ahora mismo no hay ningún horario libre en la agenda."],
            &["Ahora mismo no veo ningún hueco libre en la agenda, lo siento."],
        ),
        Line::NotFree => by(
            tone,
            &["Ese horario no está libre. Indíqueme otro día u otra hora y lo compruebo."],
            &["Ese no está libre, lo siento. Dime otro día u otra hora y lo miro."],
        ),
        Line::Held => by(
            tone,
            &["Le guardo por unos minutos el {slot} ({zone})."],
            &["Te guardo por unos minutos el {slot} ({zone})."],
        ),
        Line::Confirm => by(
            tone,
            &["Le reservo por unos minutos el {slot} ({zone}). ¿Confirmo la cita?"],
            &["Te guardo por unos minutos el {slot} ({zone}). ¿Confirmo la cita?"],
        ),
        Line::ConfirmAgain => {
            by(tone, &["¿Confirmo su cita para el {slot}, sí o no?"], &["¿Confirmo tu cita para el {slot}, sí o no?"])
        }
        Line::StillHeld => by(
            tone,
            &["Le guardo el {slot} unos minutos más; basta con un sí para confirmarlo."],
            &["Te guardo el {slot} unos minutos más; di que sí y es tuyo."],
        ),
        Line::Booked => by(
            tone,
            &["Su cita queda confirmada para el {slot} ({zone}). Muchas gracias, será un placer hablar con usted."],
            &["¡Listo! Tu cita es el {slot} ({zone}). ¡Nos vemos!"],
        ),
        Line::Moved => by(
            tone,
            &["Su cita ha pasado al {slot} ({zone}). Muchas gracias, será un placer hablar con usted."],
            &["¡Listo! Tu cita pasa al {slot} ({zone}). ¡Nos vemos!"],
        ),
        Line::AlreadyBooked => by(
            tone,
            &["Su cita ya está confirmada. Si desea cambiarla o cancelarla, dígamelo, por favor."],
            &["Ya tienes la cita. Dime si quieres cambiarla o cancelarla."],
        ),
        Line::BookingLeft => by(
            tone,
            &["De acuerdo, dejamos la cita abierta. Indíqueme un día y una hora cuando lo desee."],
            &["No pasa nada, dejamos la cita abierta. Dime un día y una hora cuando quieras."],
        ),
        Line::BookingTrouble => by(
            tone,
            &["Lo siento, ahora mismo no puedo acceder a la agenda, así que no ha cambiado nada."],
            &["Perdona, ahora mismo no llego a la agenda, así que no ha cambiado nada."],
        ),
        Line::NoContactNoBooking => by(
            tone,
            &[
                "Sin un correo o un teléfono no puedo reservar, así que no hay nada reservado. Puede dármelo cuando desee.",
            ],
            &[
                "Sin un correo o un teléfono no puedo reservar, así que no hay nada reservado. Puedes dármelo cuando quieras.",
            ],
        ),
        Line::BookingNotPossible => by(
            tone,
            &["Yo no puedo reservar citas aquí, pero el equipo verá su petición en esta conversación."],
            &["Yo no puedo reservar citas aquí, pero el equipo verá que quieres una."],
        ),
        Line::Cancelled => by(tone, &["Su cita ha quedado cancelada."], &["Tu cita está cancelada."]),
        Line::NothingToCancel => by(
            tone,
            &["No hay ninguna cita de esta conversación que pueda cambiar."],
            &["No hay ninguna cita de nuestra charla que pueda cambiar."],
        ),
        Line::HandOffCalled => by(
            tone,
            &["Por supuesto, aviso a una persona del equipo. Un momento, por favor."],
            &["Claro, aviso a alguien del equipo. ¡Un momento!"],
        ),
        Line::HandOffUnanswered => by(
            tone,
            &["No lo sé, así que aviso a una persona del equipo que pueda responderle. Un momento, por favor."],
            &["No lo sé, así que aviso a alguien del equipo que sí lo sabe. ¡Un momento!"],
        ),
        Line::HandOffNobody => by(
            tone,
            &["Lo siento, ahora no localizo a nadie del equipo. Con gusto sigo ayudándole."],
            &["Perdona, ahora no localizo a nadie del equipo. Sigo ayudándote con gusto."],
        ),
        Line::ConfirmCancel => by(tone, &["¿Desea que cancele su cita?"], &["¿Quieres que cancele tu cita?"]),
        Line::Kept => by(tone, &["De acuerdo, su cita queda como está."], &["Vale, tu cita queda como está."]),
        Line::UnknownRest => by(
            tone,
            &["Para su otra pregunta no tengo una respuesta fiable; el equipo la verá aquí."],
            &["Para tu otra pregunta no tengo una respuesta fiable; el equipo la verá aquí."],
        ),
        Line::Role => by(tone, &["Mi tarea aquí: {role}"], &["Para esto estoy aquí: {role}"]),
        Line::HandOffNotPossible => by(
            tone,
            &["Desde aquí no puedo pasarle con una persona, pero el equipo verá su petición en esta conversación."],
            &["Desde aquí no puedo pasarte con una persona, pero el equipo verá que lo has pedido."],
        ),
    }
}
