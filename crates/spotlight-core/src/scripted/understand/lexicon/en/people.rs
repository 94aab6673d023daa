//! English: names, companies, contacts and money.

use super::super::{Coin, Tag as T};

pub(super) const PHRASES: &[(T, &[&str])] = &[
    (
        T::NameIs,
        &[
            "my full|first|real|given? name is",
            "my name's|names",
            "my names",
            "my last|first|sur name is",
            "name is",
            "the name is|its|was",
            "names",
            "^name",
            "i_am|im|am called|named",
            "i go by",
            "people|everyone|friends call me",
            "name should be",
        ],
    ),
    (T::IAm, &["i am", "im", "it is me", "its me"]),
    (
        T::ThisIs,
        &["this is", "its", "it is", "you are speaking|talking with|to", "youre speaking|talking with|to", "my name"],
    ),
    (T::Speaking, &["speaking", "here", "on the line|phone", "is my name", "is the name", "calling"]),
    (T::Title, &["mr|mrs|ms|miss|mister|dr|doctor|prof|professor|sir|madam"]),
    (T::The, &["the|this|that|those"]),
    (T::An, &["a|an|one|some|any|my|our|your"]),
    (T::And, &["and|but|so|also|plus|or"]),
    (
        T::CompanyCalled,
        &[
            "company|business|firm|startup|start-up|organisation|organization|employer|agency|studio|practice|shop|employer|we|were is|are? called|named",
            "company name is",
            "name of my|our|the company|business|firm is",
            "^company",
        ],
    ),
    (
        T::CompanyIs,
        &[
            "my|our|the company|business|firm|startup|employer|organisation|organization|agency is|its",
            "company is",
            "we are|were",
            "its|it_is called",
        ],
    ),
    (
        T::WorkAt,
        &[
            "work|works|working|worked|employed|job at|for|by|in",
            "calling|writing|phoning|ringing|reaching_out|speaking|here on_behalf_of|from|for",
            "on behalf of",
            "i_run|i_own|i_founded|i_manage|i_lead|i_head|we_run|i_started|i_represent|we_represent",
            "i_am|im|we_are|were|am with|at|from|representing",
            "ceo|cto|cfo|coo|founder|co-founder|owner|manager|director|head|vp|president|partner|engineer|developer|consultant|buyer|lead of|at|for|with * sales|marketing|operations|product|engineering|it|hr at|of",
            "ceo|cto|cfo|coo|founder|co-founder|owner|manager|director|head|vp|president|partner|engineer|developer|consultant|buyer|lead of|at|for|with",
        ],
    ),
    (T::From, &["from|at|of|with", "calling from", "and i work for|at"]),
    (
        T::Freelance,
        &[
            "freelance|freelancer|freelancing|self-employed|selfemployed|self_employed|unemployed|retired|student|independent|contractor",
            "no|not_a|dont_have_a|without_a company|business|employer",
            "private person|individual|customer",
            "work for myself|nobody|home",
            "none|nothing|nobody|myself|n_a",
            "between jobs",
        ],
    ),
    (
        T::BudgetCue,
        &[
            "budget|budgets|budgeted|spend|spending|invest|investing|afford",
            "set aside",
            "allocated|earmarked|willing_to_pay|prepared_to_pay|happy_to_pay",
            "pay up_to|around|about|maximum",
            "up to",
        ],
    ),
    (
        T::OtherMoney,
        &[
            "revenue|turnover|sales|salary|profit|arr|mrr|raised|worth|valued",
            "cost|costs|charge|charges|charging|priced|price|prices|pays|earn|earns|earned|owe|owes|lost|losing|invoice|refund",
            "currently|already pay|paying|spend|spending",
            "competitor|competitors",
        ],
    ),
    (T::Coin(Coin::Dollar), &["dollar|dollars|bucks|buck"]),
    (T::Coin(Coin::Peso), &["peso|pesos"]),
    (T::Coin(Coin::Code("GBP")), &["pound|pounds|quid|sterling"]),
    (T::Coin(Coin::Code("CHF")), &["franc|francs|swiss_francs"]),
    (T::Coin(Coin::Code("USD")), &["us dollars"]),
    (T::Coin(Coin::Code("CAD")), &["canadian dollars"]),
    (T::Coin(Coin::Code("AUD")), &["australian dollars"]),
    (T::Coin(Coin::Code("BRL")), &["brazilian? real"]),
    (T::Range, &["to|or|and|until|till|through", "up to", "maybe|possibly|perhaps", "or maybe"]),
    (T::HalfOf(1_000_000), &["half a? million"]),
    (
        T::PhoneCue,
        &[
            "phone|telephone|mobile|cell|cellphone|call|ring|reach|whatsapp|text|tel|landline|handy|sms|dial|contact|number",
        ],
    ),
    (
        T::IdCue,
        &[
            "order|invoice|ticket|customer|client|account|case|reference|tracking|booking|vat|tax|serial|registration|ref|policy number|no|id|nr|code|num?",
            "iban|vat|ean|isbn|sku|id|pin|code|reference|serial",
        ],
    ),
    (T::SpokenAt, &["at", "at sign"]),
    (T::SpokenDot, &["dot|point|period"]),
    (T::SpokenDash, &["dash|hyphen|minus"]),
    (T::SpokenUnderscore, &["underscore", "under score"]),
];
