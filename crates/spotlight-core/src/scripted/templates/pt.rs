//! Portuguese. The formal wordings avoid a pronoun, so that they sound polite in Portugal and in Brazil.

use super::{Line, Variants, by};
use crate::domain::assistant::Tone;

pub(super) fn variants(tone: Tone, line: Line) -> Variants {
    match line {
        Line::Greeting => match tone {
            Tone::Professional => &["Bom dia, sou {assistant}, o assistente de {organization}."],
            Tone::Friendly => &["Olá, que bom ter você aqui! Sou {assistant}, de {organization}."],
            Tone::Casual => &["Oi! Aqui é {assistant}, de {organization}."],
            Tone::Authoritative => {
                &["Boas-vindas à equipe de {organization}. Sou {assistant} e vou orientar a conversa."]
            }
            Tone::Empathetic => {
                &["Bom dia e boas-vindas. Sou {assistant}, de {organization}, e estou aqui para ouvir."]
            }
        },
        Line::Opening => match tone {
            Tone::Professional => &["Como posso ajudar?"],
            Tone::Friendly => &["O que posso fazer por você?"],
            Tone::Casual => &["Me conta, como posso te ajudar?"],
            Tone::Authoritative => &["O que procura hoje?"],
            Tone::Empathetic => &["O que mais preocupa neste momento?"],
        },
        Line::Ack => match tone {
            Tone::Professional => &["Muito obrigado.", "Obrigado, isso ajuda.", "Está anotado."],
            Tone::Friendly => &["Ótimo, obrigado!", "Que bom, muito obrigado!", "Perfeito, obrigado!"],
            Tone::Casual => &["Beleza, obrigado.", "Anotado.", "Legal, obrigado."],
            Tone::Authoritative => &["Muito bem.", "Entendido.", "Anotado."],
            Tone::Empathetic => &["Obrigado por contar.", "Agradeço a confiança.", "Compreendo, obrigado por dizer."],
        },
        Line::AckName => match tone {
            Tone::Professional => &["Muito obrigado, {name}.", "Muito prazer, {name}."],
            Tone::Friendly => &["Que prazer conhecer você, {name}!", "Muito prazer, {name}!"],
            Tone::Casual => &["Prazer, {name}.", "Oi {name}, prazer em conhecer você."],
            Tone::Authoritative => &["Obrigado, {name}.", "Prazer, {name}."],
            Tone::Empathetic => &["É um prazer conversar, {name}.", "Obrigado, {name}, que bom ter esta conversa."],
        },
        Line::LeadIn => match tone {
            Tone::Professional => &["Permita-me perguntar:", "Para poder orientar bem:", ""],
            Tone::Friendly => &["Gostaria muito de saber:", "Só mais uma coisa:", ""],
            Tone::Casual => &["Pergunta rápida:", "Me diz:", ""],
            Tone::Authoritative => &["Vamos ao ponto:", "Em seguida:", ""],
            Tone::Empathetic => &["Se posso perguntar:", "Para compreender melhor:", ""],
        },
        Line::Identity => by(
            tone,
            &["Sou {assistant}, o assistente digital de {organization}, e não uma pessoa."],
            &["Sou {assistant}, o assistente digital de {organization}, então não sou uma pessoa."],
        ),
        Line::Hello => by(tone, &["Bom dia."], &["Olá!"]),
        Line::Resume => by(
            tone,
            &["É bom retomar a conversa. Podemos continuar de onde paramos."],
            &["Que bom que você voltou! Vamos continuar de onde paramos."],
        ),
        Line::Return => by(
            tone,
            &["Voltando à minha pergunta:", "Para retomar o que perguntei:"],
            &["Voltando à minha pergunta:", "Bom, de volta ao que eu perguntava:"],
        ),
        Line::NotUnderstood => by(
            tone,
            &["Peço desculpa, não compreendi bem.", "Perdão, não consegui acompanhar."],
            &["Desculpa, não entendi bem.", "Hum, essa eu não peguei."],
        ),
        Line::Patience => by(tone, &["Não há pressa."], &["Pode levar o tempo que quiser!"]),
        Line::Waiting => by(
            tone,
            &["Estou aqui para quando quiser continuar.", "Fico à disposição, sem pressa."],
            &["Estou aqui quando você quiser.", "Sem pressa, fico por aqui."],
        ),
        Line::SkipDatum => by(
            tone,
            &["Não há problema, deixamos isso de lado.", "Com certeza, esse ponto fica de fora."],
            &["Sem problema, a gente pula isso.", "Tudo bem, vamos deixar isso de lado."],
        ),
        Line::Unknown => by(
            tone,
            &[
                "Não tenho informação confiável sobre isso e prefiro não adivinhar. A equipe verá a pergunta aqui.",
                "Lamento, não sei responder. A pergunta fica registrada aqui para a equipe.",
            ],
            &[
                "Sinceramente, não sei, e prefiro não adivinhar. A equipe vai ver sua pergunta aqui.",
                "Não tenho resposta para isso, desculpa. Sua pergunta fica aqui para a equipe.",
            ],
        ),
        Line::UnknownPrice => by(
            tone,
            &["Não tenho um preço confiável e prefiro não adivinhar. A equipe pode informar um valor exato."],
            &["Não tenho um preço seguro e prefiro não adivinhar. A equipe pode te dar um valor exato."],
        ),
        Line::Objection => by(
            tone,
            &[
                "Compreendo, o custo precisa fazer sentido. Não há nenhum compromisso.",
                "É uma observação justa, e não há qualquer obrigação.",
            ],
            &[
                "Entendo, tem que valer a pena para você. Sem nenhuma pressão.",
                "Claro, o preço conta. Aqui você não se compromete com nada.",
            ],
        ),
        Line::OffTopic => by(
            tone,
            &["Isso foge um pouco do que posso tratar aqui.", "Receio que não seja a minha área."],
            &["Ah, isso foge um pouco do meu mundo!", "Adoraria conversar sobre isso, mas não é a minha área."],
        ),
        Line::Injection => by(
            tone,
            &[
                "Não posso ajudar com isso. Respondo com prazer a perguntas sobre {organization} ou anoto o que procura.",
            ],
            &[
                "Com isso não posso ajudar. Mas pode perguntar o que quiser sobre {organization}, ou me dizer o que procura.",
            ],
        ),
        Line::AbuseWarning => by(
            tone,
            &["Gostaria de ajudar e peço que mantenhamos a cordialidade."],
            &["Quero ajudar, mas vamos manter o respeito, por favor."],
        ),
        Line::AbuseEnd => by(
            tone,
            &["Encerro a conversa aqui. Será possível voltar em outro momento."],
            &["Vou encerrar nossa conversa aqui. Você pode voltar em outro momento."],
        ),
        Line::Farewell => by(
            tone,
            &["Muito obrigado pelo seu tempo. Até breve.", "Obrigado pela conversa e até a próxima."],
            &["Obrigado por passar aqui. Até mais!", "Foi bom falar com você. Até logo!"],
        ),
        Line::NotInterested => by(
            tone,
            &["Obrigado pela clareza. Não tomo mais o seu tempo; desejo tudo de bom."],
            &["Sem problema, obrigado por avisar. Tudo de bom!"],
        ),
        Line::AnythingElse => by(
            tone,
            &[
                "Se precisar de mais alguma coisa, é só dizer.",
                "Ajudo com prazer no que mais for preciso.",
                "Pode perguntar tudo o que quiser saber.",
            ],
            &[
                "Se precisar de mais alguma coisa, é só falar.",
                "Ajudo com prazer no que mais precisar.",
                "Pode perguntar o que quiser.",
            ],
        ),
        Line::AskContact => by(
            tone,
            &["Em que e-mail ou telefone podemos entrar em contato?"],
            &["Qual e-mail ou telefone a gente pode usar para falar com você?"],
        ),
        Line::AskContactToBook => by(
            tone,
            &["Para marcar preciso de um e-mail ou de um telefone: qual posso usar?"],
            &["Para marcar só preciso de um e-mail ou telefone: qual posso usar?"],
        ),
        Line::AskPhoneToBook => by(
            tone,
            &["Poderia informar, em vez disso, um telefone para a marcação?"],
            &["Pode me passar então um telefone para a marcação?"],
        ),
        Line::BadEmail => by(
            tone,
            &["Esse e-mail não parece completo. Poderia escrever novamente?"],
            &["Hum, esse e-mail não parece certo. Pode escrever de novo?"],
        ),
        Line::BadPhone => by(
            tone,
            &["Esse número de telefone não parece completo. Poderia escrever novamente, com o código do país?"],
            &["Hum, esse número não parece certo. Pode escrever de novo, com o código do país?"],
        ),
        Line::BadContactLeft => by(
            tone,
            &["Lamento, não consigo ler esse contato; por ora deixamos assim."],
            &["Não consigo ler esse contato; por enquanto vamos deixar assim."],
        ),
        Line::CorrectedName => {
            by(tone, &["Obrigado pela correção. Anotei o nome {value}."], &["Obrigado, corrigido: seu nome é {value}."])
        }
        Line::CorrectedEmail => by(
            tone,
            &["Obrigado pela correção. Anotei {value} como e-mail."],
            &["Obrigado, corrigido: agora tenho {value} como seu e-mail."],
        ),
        Line::CorrectedPhone => by(
            tone,
            &["Obrigado pela correção. Anotei {value} como telefone."],
            &["Obrigado, corrigido: agora tenho {value} como seu telefone."],
        ),
        Line::WhatToCorrect => by(tone, &["Com certeza. Qual é o dado correto?"], &["Claro, qual é o dado certo?"]),
        Line::NotSaved => by(
            tone,
            &["Lamento, por um problema técnico não consegui anotar isso agora."],
            &["Desculpa, não consegui salvar isso agora por um problema técnico."],
        ),
        Line::Offer => by(
            tone,
            &["Posso oferecer estes horários ({zone}): {slots}. Qual é mais conveniente?"],
            &["Tenho estes horários ({zone}): {slots}. Qual fica bom para você?"],
        ),
        Line::OfferOther => by(
            tone,
            &["Outros horários que posso oferecer ({zone}): {slots}. Algum deles é conveniente?"],
            &["Que tal estes aqui ({zone}): {slots}. Algum fica bom para você?"],
        ),
        Line::OfferNotFree => by(
            tone,
            &["Esse horário não está livre. Os mais próximos ({zone}): {slots}. Algum deles é conveniente?"],
            &["Esse não está livre, desculpa. O que eu tenho ({zone}): {slots}. Algum fica bom para você?"],
        ),
        Line::OfferGone => by(
            tone,
            &[
                "Lamento, esse horário acabou de ser ocupado. Ainda livres ({zone}): {slots}. Algum deles é conveniente?",
            ],
            &["Puxa, alguém acabou de pegar esse. Ainda livres ({zone}): {slots}. Algum fica bom para você?"],
        ),
        Line::WhichSlot => {
            by(tone, &["Qual dos horários é mais conveniente?"], &["Então, qual dos horários fica bom para você?"])
        }
        Line::NoSlots => by(
            tone,
            &["Infelizmente não há nenhum horário livre na agenda neste momento."],
            &["Não vejo nenhum horário livre na agenda agora, desculpa."],
        ),
        Line::NotFree => by(
            tone,
            &["Esse horário infelizmente não está livre. Basta indicar outro dia ou outra hora e eu verifico."],
            &["Esse não está livre, desculpa. Me diz outro dia ou outra hora e eu vejo."],
        ),
        Line::Held => by(
            tone,
            &["Estou reservando {slot} ({zone}) por alguns minutos."],
            &["Estou guardando {slot} ({zone}) para você."],
        ),
        Line::Confirm => by(
            tone,
            &["Estou reservando {slot} ({zone}) por alguns minutos. Posso confirmar a marcação?"],
            &["Estou guardando {slot} ({zone}) para você. Posso confirmar?"],
        ),
        Line::ConfirmAgain => {
            by(tone, &["Posso confirmar {slot}, sim ou não?"], &["Confirmo {slot} para você, sim ou não?"])
        }
        Line::StillHeld => by(
            tone,
            &["Mantenho {slot} reservado por mais alguns minutos; basta um sim para confirmar."],
            &["Guardo {slot} para você por mais alguns minutos; é só dizer sim."],
        ),
        Line::Booked => by(
            tone,
            &["A marcação está confirmada: {slot} ({zone}). Muito obrigado, será um prazer conversar."],
            &["Pronto! Está marcado: {slot} ({zone}). Até lá!"],
        ),
        Line::Moved => by(
            tone,
            &["A marcação foi alterada para {slot} ({zone}). Muito obrigado, será um prazer conversar."],
            &["Pronto! Agora está marcado: {slot} ({zone}). Até lá!"],
        ),
        Line::AlreadyBooked => by(
            tone,
            &["A marcação já está confirmada. Para alterar ou cancelar, basta dizer."],
            &["Você já tem horário marcado. É só dizer se quer mudar ou cancelar."],
        ),
        Line::BookingLeft => by(
            tone,
            &["Muito bem, deixamos a marcação em aberto. Basta indicar um dia e uma hora quando quiser."],
            &["Sem problema, a gente deixa em aberto. É só me dizer um dia e uma hora quando quiser."],
        ),
        Line::BookingTrouble => by(
            tone,
            &["Lamento, não consigo acessar a agenda neste momento, portanto nada mudou."],
            &["Desculpa, não consigo abrir a agenda agora, então nada mudou."],
        ),
        Line::NoContactNoBooking => by(
            tone,
            &[
                "Sem um e-mail ou telefone não posso marcar, portanto nada foi marcado. Pode informar um deles a qualquer momento.",
            ],
            &["Sem um e-mail ou telefone não consigo marcar, então nada foi marcado. Pode me passar quando quiser."],
        ),
        Line::BookingNotPossible => by(
            tone,
            &["Não posso marcar horários por aqui, mas a equipe verá o pedido nesta conversa."],
            &["Não consigo marcar horários por aqui, mas a equipe vai ver que você quer um."],
        ),
        Line::Cancelled => by(tone, &["A marcação foi cancelada."], &["Seu horário foi cancelado."]),
        Line::NothingToCancel => by(
            tone,
            &["Não há marcação desta conversa que eu possa alterar."],
            &["Não tem nenhum horário da nossa conversa que eu possa mudar."],
        ),
        Line::HandOffCalled => by(
            tone,
            &["Com certeza, vou chamar uma pessoa da equipe. Um momento, por favor."],
            &["Claro, vou chamar alguém da equipe. Um momento!"],
        ),
        Line::HandOffUnanswered => by(
            tone,
            &["Não sei responder, por isso vou chamar uma pessoa da equipe que saiba. Um momento, por favor."],
            &["Essa eu não sei, então vou chamar alguém da equipe que saiba. Um momento!"],
        ),
        Line::HandOffNobody => by(
            tone,
            &["Lamento, não consigo contato com ninguém da equipe neste momento. Continuo à disposição para ajudar."],
            &["Desculpa, não consigo falar com ninguém da equipe agora. Continuo ajudando com prazer."],
        ),
        Line::ConfirmCancel => {
            by(tone, &["Deseja que eu cancele a marcação?"], &["Quer que eu cancele o seu horário?"])
        }
        Line::Kept => {
            by(tone, &["Muito bem, a marcação fica como está."], &["Tudo certo, seu horário fica como está."])
        }
        Line::UnknownRest => by(
            tone,
            &["Para a sua outra pergunta não tenho uma resposta confiável; a equipe vai vê-la aqui."],
            &["Sobre a outra pergunta não tenho uma resposta certa; a equipe vai vê-la aqui."],
        ),
        Line::Role => by(tone, &["A minha tarefa aqui: {role}"], &["Estou aqui para isto: {role}"]),
        Line::HandOffNotPossible => by(
            tone,
            &["Daqui não posso transferir para uma pessoa, mas a equipe verá o pedido nesta conversa."],
            &["Daqui não consigo te passar para uma pessoa, mas a equipe vai ver que você pediu."],
        ),
    }
}
