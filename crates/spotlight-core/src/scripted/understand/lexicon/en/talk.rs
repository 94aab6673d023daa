//! English: how the visitor stands to the talk itself: refusing it, asking who speaks, being in a hurry.

use super::super::Tag as T;

pub(super) const PHRASES: &[(T, &[&str])] = &[
    (
        T::Disinterest,
        &[
            "not|isnt|arent|wasnt|never * interested",
            "no|zero|little interest",
            "uninterested|disinterested",
            "leave me|us alone",
            "go away",
            "stop contacting|calling|emailing|messaging|bothering|texting|writing",
            "do_not|dont|never contact|call|email|message|bother|write|text me|us again|anymore",
            "unsubscribe|opt_out|remove_me",
            "dont|do_not need|want this|it|anything$",
            "dont|do_not need|want anything",
            "not for me|us$",
        ],
    ),
    (
        T::Entirely,
        &[
            "in|with|to|from? this|that|it|anything|any_of_this|any_of_it|any_of_that|your_offer|your_product|your_products|your_service|your_services|what_you_offer|what_you_sell|buying|buying_anything",
            "at all|the_moment|this_time|present",
            "thanks|thank_you|sorry|please|really|anymore|any_more|now|right_now|today|yet|cheers|bye|goodbye|me|us|again",
            "for now|me|us|the_moment",
            "very|so much",
            "anyway|though|for_asking|for_your_time|i_am_afraid|im_afraid",
        ],
    ),
    (T::Reason, &["because|since|as|and|cause|so"]),
    (T::However, &["but|however|though|although|only|just"]),
    (T::NoThanks, &["no|nope|nah thanks|thank_you|thankyou|thx|cheers", "thanks but no", "im|i_am good thanks"]),
    (T::Appointment, &["appointment|appointments|meeting|booking|reservation|slot|viewing"]),
    (T::CallMe, &["call me", "you can|may call me"]),
    (T::RingMe, &["call|ring|phone us", "ring|phone me", "give me|us a call|ring|buzz", "call me|us back"]),
    (
        T::Soon,
        &[
            "asap|urgent|urgently|immediately",
            "as soon as possible|we_can|you_can",
            "right away",
            "straight away",
            "very|pretty|quite|rather|really soon",
            "soon$",
            "need|want|start|begin|ready * now|today",
            "^now$",
        ],
    ),
    (
        T::AsksWho,
        &[
            "are|am you|u a|an|the? real|actual|live|ai|virtual|digital|chat? bot|robot|human|person|machine|computer|chatbot|human_being|someone$",
            "are|am you|u a|an? bot|robot|human|person|machine|chatbot|ai or *",
            "are you real|ai|an_ai|alive|human$",
            "are|is this|that a|an? real|actual|live? person|human|bot|robot|machine|ai|chatbot$",
            "who|what are|r you|u$",
            "who|what exactly? are you exactly|actually|anyway?$",
            "who am i talking|speaking|chatting|writing to|with?",
            "whos|who_is this|there$",
            "am i talking|speaking|chatting to|with a|an? real|actual|live? human|person|bot|robot|machine|ai|chatbot",
        ],
    ),
    (
        T::AsksWhat,
        &[
            "what do|can|could you do$",
            "what do|can|could you do for me|us|here",
            "what|how can|could you help me|us? with?$",
            "what are you for|here_for$",
            "what is|whats your job|role|task|purpose$",
        ],
    ),
    (
        T::YouAre,
        &[
            "you|u|this_bot|the_bot|this_thing|your_bot are|r|is",
            "you|u really|truly|all|guys|people are|r",
            "youre|ur",
            "are|is you|this_bot|the_bot",
        ],
    ),
    (T::ItIs, &["this|that|it is", "its|thats"]),
    (
        T::Degree,
        &[
            "a|an|the|such|so|really|very|just|all|totally|fucking|bloody|damn|complete|total|absolute|utterly|pretty|of|piece|bunch|nothing|but|absolutely|completely|stupid|dumb",
        ],
    ),
    (T::Rubbish, &["garbage|trash|crap|rubbish"]),
];
