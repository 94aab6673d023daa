//! English.

use super::{Line, Variants, by};
use crate::domain::assistant::Tone;

pub(super) fn variants(tone: Tone, line: Line) -> Variants {
    match line {
        Line::Greeting => match tone {
            Tone::Professional => &["Hello, I'm {assistant}, the assistant of {organization}."],
            Tone::Friendly => &["Hi there! I'm {assistant} from {organization}, lovely to have you here."],
            Tone::Casual => &["Hey! {assistant} here, from {organization}."],
            Tone::Authoritative => &["Welcome to {organization}. I'm {assistant} and I'll guide you from here."],
            Tone::Empathetic => &["Hello and welcome. I'm {assistant} from {organization}, and I'm here to listen."],
        },
        Line::Opening => match tone {
            Tone::Professional => &["How can I help you today?"],
            Tone::Friendly => &["What can I do for you?"],
            Tone::Casual => &["What's up, what can I do for you?"],
            Tone::Authoritative => &["What brings you here?"],
            Tone::Empathetic => &["What is on your mind today?"],
        },
        Line::Ack => match tone {
            Tone::Professional => &["Thank you.", "Thank you, that helps.", "I've noted that."],
            Tone::Friendly => &["Great, thanks!", "Lovely, thank you!", "Perfect, thanks for that!"],
            Tone::Casual => &["Cool, thanks.", "Got it.", "Nice, thanks."],
            Tone::Authoritative => &["Good.", "Understood.", "Noted."],
            Tone::Empathetic => {
                &["Thank you for sharing that.", "Thank you, I appreciate it.", "I see, thank you for telling me."]
            }
        },
        Line::AckName => match tone {
            Tone::Professional => &["Thank you, {name}.", "A pleasure, {name}."],
            Tone::Friendly => &["Lovely to meet you, {name}!", "Great to meet you, {name}!"],
            Tone::Casual => &["Nice to meet you, {name}.", "Hey {name}, good to meet you."],
            Tone::Authoritative => &["Good to meet you, {name}.", "Thank you, {name}."],
            Tone::Empathetic => &["It's good to meet you, {name}.", "Thank you, {name}, I'm glad you're here."],
        },
        Line::LeadIn => match tone {
            Tone::Professional => &["May I ask:", "So that I can advise you well:", ""],
            Tone::Friendly => &["I'd love to know:", "Just one thing:", ""],
            Tone::Casual => &["Quick one:", "So, tell me:", ""],
            Tone::Authoritative => &["To the point:", "Next:", ""],
            Tone::Empathetic => &["If you don't mind my asking:", "To understand you better:", ""],
        },
        Line::Identity => by(
            tone,
            &["I am {assistant}, the digital assistant of {organization}, and not a person."],
            &["I'm {assistant}, the digital assistant of {organization}, so not a human."],
        ),
        Line::Hello => by(tone, &["Hello."], &["Hi!"]),
        Line::Resume => by(
            tone,
            &["Welcome back. We can go on where we left off."],
            &["Good to have you back! Let's pick up where we left off."],
        ),
        Line::Return => by(
            tone,
            &["Coming back to my question:", "To return to what I asked:"],
            &["Back to my question:", "So, back to what I was asking:"],
        ),
        Line::NotUnderstood => by(
            tone,
            &["I'm sorry, I did not quite understand that.", "Forgive me, I did not follow."],
            &["Sorry, I didn't quite get that.", "Hm, I didn't catch that one."],
        ),
        Line::Patience => by(tone, &["Please take your time."], &["Take your time!"]),
        Line::Waiting => by(
            tone,
            &["I am here whenever you are ready.", "There is no hurry, I will be here."],
            &["I'm here whenever you're ready.", "No rush, I'll be here."],
        ),
        Line::SkipDatum => by(
            tone,
            &["That is quite all right, we can leave that out.", "Of course, we will leave that aside."],
            &["No worries, we can skip that.", "That's fine, let's leave that out."],
        ),
        Line::Unknown => by(
            tone,
            &[
                "I do not have reliable information on that and would rather not guess. The team will see your question here.",
                "I'm afraid I don't know that. Your question stays on record here for the team.",
            ],
            &[
                "Honestly, I don't know that one, and I'd rather not guess. The team will see your question here.",
                "I don't have an answer to that, sorry. Your question stays here for the team to see.",
            ],
        ),
        Line::UnknownPrice => by(
            tone,
            &[
                "I do not have a reliable price for that and would rather not guess. The team can give you a proper figure.",
            ],
            &[
                "I don't have a price I could stand by, and I'd rather not guess. The team can give you a proper figure.",
            ],
        ),
        Line::Objection => by(
            tone,
            &[
                "I understand, the cost has to make sense for you. There is no pressure at all.",
                "That is a fair point, and there is no obligation on your side.",
            ],
            &[
                "I hear you, it has to be worth it for you. No pressure at all.",
                "Fair enough, money matters. No strings attached here.",
            ],
        ),
        Line::OffTopic => by(
            tone,
            &["That is a little outside of what I can speak to here.", "I'm afraid that is not my field."],
            &["Ha, that's a bit outside my world!", "I'd love to chat about that, but it's not my field."],
        ),
        Line::Injection => by(
            tone,
            &[
                "I cannot help with that. I am happy to answer questions about {organization} or to note what you are looking for.",
            ],
            &[
                "I can't help with that one. But ask me anything about {organization}, or tell me what you're looking for.",
            ],
        ),
        Line::AbuseWarning => by(
            tone,
            &["I would like to help you, and I ask that we stay polite with each other."],
            &["I'd like to help, but let's keep it friendly, please."],
        ),
        Line::AbuseEnd => by(
            tone,
            &["I am ending the conversation here. You are welcome to come back another time."],
            &["I'm going to end our chat here. You're welcome to come back another time."],
        ),
        Line::Farewell => by(
            tone,
            &["Thank you for your time. Goodbye.", "Thank you for the conversation, and goodbye."],
            &["Thanks for stopping by. Bye!", "It was nice talking to you. Take care!"],
        ),
        Line::NotInterested => by(
            tone,
            &["Thank you for telling me so plainly. I won't take up more of your time; all the best."],
            &["No problem at all, thanks for letting me know. All the best!"],
        ),
        Line::AnythingElse => by(
            tone,
            &[
                "If there is anything else, just let me know.",
                "I am glad to help with anything else.",
                "Feel free to ask whatever else you need to know.",
            ],
            &[
                "If there's anything else, just shout.",
                "Happy to help with anything else.",
                "Just ask if you need more.",
            ],
        ),
        Line::AskContact => by(
            tone,
            &["At which e-mail address or phone number can we reach you?"],
            &["What's a good e-mail or phone number to reach you?"],
        ),
        Line::AskContactToBook => by(
            tone,
            &["To book it I need an e-mail address or a phone number: which may I use?"],
            &["To book it I just need an e-mail or a phone number: which one can I use?"],
        ),
        Line::AskPhoneToBook => by(
            tone,
            &["Could you give me a phone number for the booking instead?"],
            &["Could I have a phone number for the booking instead?"],
        ),
        Line::BadEmail => by(
            tone,
            &["That e-mail address does not look complete. Could you write it once more?"],
            &["Hm, that e-mail doesn't look quite right. Could you type it again?"],
        ),
        Line::BadPhone => by(
            tone,
            &["That phone number does not look complete. Could you write it once more, with the country code?"],
            &["Hm, that number doesn't look quite right. Could you type it again, with the country code?"],
        ),
        Line::BadContactLeft => by(
            tone,
            &["I'm afraid I cannot read that contact, so let us leave it for now."],
            &["I can't read that contact, so let's leave it for now."],
        ),
        Line::CorrectedName => by(
            tone,
            &["Thank you for the correction. I have noted the name {value}."],
            &["Thanks, fixed: your name is {value}."],
        ),
        Line::CorrectedEmail => by(
            tone,
            &["Thank you for the correction. I have noted {value} as your e-mail address."],
            &["Thanks, fixed: I now have {value} as your e-mail."],
        ),
        Line::CorrectedPhone => by(
            tone,
            &["Thank you for the correction. I have noted {value} as your phone number."],
            &["Thanks, fixed: I now have {value} as your number."],
        ),
        Line::WhatToCorrect => {
            by(tone, &["Of course. What is the correct information?"], &["Sure, what should it be instead?"])
        }
        Line::NotSaved => by(
            tone,
            &["I'm sorry, I could not note that just now because of a technical problem."],
            &["Sorry, I couldn't save that just now, something technical got in the way."],
        ),
        Line::Offer => by(
            tone,
            &["I can offer you these times ({zone}): {slots}. Which one suits you?"],
            &["Here's what I have ({zone}): {slots}. Which one works for you?"],
        ),
        Line::OfferOther => by(
            tone,
            &["Other times I can offer ({zone}): {slots}. Does one of them suit you?"],
            &["How about these instead ({zone}): {slots}. Does one of them work?"],
        ),
        Line::OfferNotFree => by(
            tone,
            &["That time is not free. The nearest I can offer ({zone}): {slots}. Does one of them suit you?"],
            &["That one isn't free, I'm afraid. What I do have ({zone}): {slots}. Does one of them work?"],
        ),
        Line::OfferGone => by(
            tone,
            &["I'm sorry, that time has just been taken. Still free ({zone}): {slots}. Does one of them suit you?"],
            &["Oh no, somebody just took that one. Still free ({zone}): {slots}. Does one of them work?"],
        ),
        Line::WhichSlot => by(tone, &["Which of the times suits you?"], &["So which of those times works for you?"]),
        Line::NoSlots => by(
            tone,
            &["There is no free time in the calendar at the moment, I'm afraid."],
            &["I don't see any free time in the calendar right now, sorry."],
        ),
        Line::NotFree => by(
            tone,
            &["That time is not free, I'm afraid. Please name another day or time and I will check it."],
            &["That one isn't free, sorry. Name another day or time and I'll check it."],
        ),
        Line::Held => by(tone, &["I am holding {slot} ({zone}) for you."], &["I'm holding {slot} ({zone}) for you."]),
        Line::Confirm => by(
            tone,
            &["I am holding {slot} ({zone}) for you. Shall I book it?"],
            &["I'm holding {slot} ({zone}) for you. Shall I book it?"],
        ),
        Line::ConfirmAgain => {
            by(tone, &["May I book {slot} for you, yes or no?"], &["Should I book {slot} for you, yes or no?"])
        }
        Line::StillHeld => by(
            tone,
            &["I am keeping {slot} for you for a few minutes; a yes is enough to book it."],
            &["I'm keeping {slot} for you for a few minutes; just say yes and it's yours."],
        ),
        Line::Booked => by(
            tone,
            &["Your appointment is booked for {slot} ({zone}). Thank you, we look forward to speaking with you."],
            &["Done! You're booked for {slot} ({zone}). Looking forward to it!"],
        ),
        Line::Moved => by(
            tone,
            &["Your appointment has been moved to {slot} ({zone}). Thank you, we look forward to speaking with you."],
            &["Done! You're now booked for {slot} ({zone}) instead. Looking forward to it!"],
        ),
        Line::AlreadyBooked => by(
            tone,
            &["Your appointment is booked already. If you wish to move or cancel it, please tell me."],
            &["You're booked already. Just tell me if you want to move or cancel it."],
        ),
        Line::BookingLeft => by(
            tone,
            &["Very well, we will leave the appointment open. Name a day and a time whenever you like."],
            &["No problem, let's leave the appointment open. Just name a day and time whenever you like."],
        ),
        Line::BookingTrouble => by(
            tone,
            &["I'm sorry, I cannot reach the calendar at the moment, so nothing has been changed there."],
            &["Sorry, I can't get at the calendar right now, so nothing has changed there."],
        ),
        Line::NoContactNoBooking => by(
            tone,
            &[
                "Without an e-mail address or a phone number I cannot book, so nothing is booked. You can give me one at any time.",
            ],
            &["Without an e-mail or phone number I can't book, so nothing's booked. You can give me one any time."],
        ),
        Line::BookingNotPossible => by(
            tone,
            &["I cannot book appointments here myself, but the team will see your wish in this conversation."],
            &["I can't book appointments here myself, but the team will see that you'd like one."],
        ),
        Line::Cancelled => by(tone, &["Your appointment has been cancelled."], &["Your appointment is cancelled."]),
        Line::NothingToCancel => by(
            tone,
            &["There is no appointment from this conversation that I could change."],
            &["There's no appointment from our chat that I could change."],
        ),
        Line::HandOffCalled => by(
            tone,
            &["Certainly, I am calling a colleague for you. One moment, please."],
            &["Sure, I'm calling a colleague for you. One moment!"],
        ),
        Line::HandOffUnanswered => by(
            tone,
            &["I do not know that, so I am calling a colleague who can tell you. One moment, please."],
            &["I don't know that one, so I'm calling a colleague who does. One moment!"],
        ),
        Line::HandOffNobody => by(
            tone,
            &["I'm sorry, I cannot reach a colleague at the moment. I am happy to go on helping you."],
            &["Sorry, I can't reach a colleague right now. I'm happy to keep helping, though."],
        ),
        Line::ConfirmCancel => {
            by(tone, &["Shall I cancel your appointment?"], &["So shall I cancel your appointment?"])
        }
        Line::Kept => by(
            tone,
            &["Very well, your appointment stays as it is."],
            &["No problem, your appointment stays as it is."],
        ),
        Line::UnknownRest => by(
            tone,
            &["To your other question I have no reliable answer; the team will see it here."],
            &["I don't know about the other thing you asked, sorry; the team will see it here."],
        ),
        Line::Role => by(tone, &["My task here: {role}"], &["What I'm here for: {role}"]),
        Line::HandOffNotPossible => by(
            tone,
            &["I cannot connect you to a person from here, but the team will see your wish in this conversation."],
            &["I can't put you through to a person from here, but the team will see that you asked."],
        ),
    }
}
