//! Phrases that are the same in every language.

use super::{Coin, Tag as T};
use crate::scripted::understanding::Intent as I;

pub(super) const PHRASES: &[(T, &[&str])] = &[
    (T::Yes, &["ok|okay|okey|okeydokey", "yep|yup"]),
    (T::Coin(Coin::Code("EUR")), &["eur|euro|euros"]),
    (T::Coin(Coin::Code("USD")), &["usd"]),
    (T::Coin(Coin::Code("GBP")), &["gbp"]),
    (T::Coin(Coin::Code("CHF")), &["chf|sfr"]),
    (T::Coin(Coin::Code("BRL")), &["brl|reais"]),
    (T::Coin(Coin::Code("MXN")), &["mxn"]),
    (T::Coin(Coin::Code("CAD")), &["cad"]),
    (T::Coin(Coin::Code("AUD")), &["aud"]),
    (T::Coin(Coin::Code("JPY")), &["jpy|yen"]),
    (T::Am, &["am"]),
    (T::Pm, &["pm"]),
    (
        T::Does(I::Injection),
        &[
            "ignore|disregard|forget|override|bypass all|any|the|your|my|previous|prior? of? all|the|your|my? previous|prior|above|earlier|preceding|former instructions|prompts|rules|directions|guidelines",
            "ignore|disregard|override|bypass|forget all? of? your|the instructions|rules|guidelines|restrictions|programming|training|directives",
            "ignore|disregard|forget everything|all|anything * told|above|before|said",
            "system prompt|instructions$",
            "hidden|initial|original prompt|instructions",
            "developer|dev|debug|god|admin|sudo|dan mode",
            "jailbreak~",
            "prompt injection",
        ],
    ),
    (T::Does(I::Abuse), &["fuck_you|fuck_off|fuckoff"]),
];
