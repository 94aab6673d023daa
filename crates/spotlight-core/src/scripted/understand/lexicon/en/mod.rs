//! English.

mod answers;
mod intents;
mod people;
mod talk;
mod time;
mod words;

use super::Table;

pub(super) const TABLE: Table = Table {
    phrases: &[intents::PHRASES, answers::PHRASES, people::PHRASES, talk::PHRASES, time::PHRASES, super::concerns::EN],
    numbers: words::NUMBERS,
    joints: &["and"],
    never_names: words::NEVER_NAMES,
    never_endings: &["ing", "ed", "tion", "ment", "ness", "able", "ible", "ally"],
    real_words: "world works worked worker prize pride prime place plane state start stark stuff staff house hours human
        humans later latter weather whether leather bother brother another other others crazy lunch launch bench brand
        board bored cards cared hearts thank thanks think thing things there where these those great treat trade tread
        price prices slice spice pricey meeting melting seating books looks cooks hooks right might light sight night fight
        first fist thirst cost costs coast most ghost sorry worry story maybe quiet quite quote could would should agree
        angry degree three threw through month mouth worth north south fourth forth sixth eight weight height again gain
        again against point paint print reach teach beach peach reason season lease least leave learn",
};
