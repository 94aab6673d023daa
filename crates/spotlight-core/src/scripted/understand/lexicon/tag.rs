//! What a phrase of the word tables stands for.

use crate::{domain::score::Objection, scripted::understanding::Intent};

/// A stretch of the calendar or the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::scripted::understand) enum Unit {
    /// Minutes.
    Minute,
    /// Hours.
    Hour,
    /// Days.
    Day,
    /// Weeks from Monday.
    Week,
    /// Months.
    Month,
    /// Quarters of the calendar year.
    Quarter,
    /// Years.
    Year,
}

/// A part of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::scripted::understand) enum Part {
    /// 06:00 to 12:00.
    Morning,
    /// 12:00 to 14:00.
    Lunch,
    /// 12:00 to 18:00.
    Afternoon,
    /// 18:00 to 22:00.
    Evening,
    /// 20:00 to midnight.
    Night,
}

/// A currency word or sign; which currency it is may depend on the region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::scripted::understand) enum Coin {
    /// The same everywhere: an ISO 4217 code.
    Code(&'static str),
    /// The region's dollar.
    Dollar,
    /// The region's peso.
    Peso,
}

/// What an utterance can be about, where that decides what a refusal refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::scripted::understand) enum Matter {
    /// An e-mail, a phone.
    Contact,
    /// An appointment, a demo.
    Meeting,
    /// The visitor's interest.
    Interest,
}

/// What a phrase stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::scripted::understand) enum Tag {
    // What the utterance does.
    /// An intent by itself.
    Does(Intent),
    /// A name to call someone, abuse when aimed at the listener.
    Insult,
    /// Speaks to the listener.
    You,
    /// Opens a question at the start of a clause.
    Ask,
    /// Hides every shorter match inside it.
    Mute,
    /// Says hello and goodbye alike.
    HelloBye,

    // Yes and no.
    /// Yes.
    Yes,
    /// "si" without its accent, which is also "if" or a pronoun.
    Si,
    /// No.
    No,
    /// Undecided.
    Maybe,
    /// "sorry", "wait", "I mean": what follows may replace what stands before.
    Sorry,
    /// "it is", "my number is": what follows is the value meant.
    Is,
    /// Yes when it answers a proposal: "no problem", "that works".
    Fine,
    /// The visitor decides (true) or someone else does.
    Decides(bool),
    /// Negates what follows.
    Not,
    /// "but", after what was denied.
    But,
    /// Says that what stands before or after is wrong or impossible.
    Unfit,

    // How the visitor stands to the talk.
    /// Denies interest, or asks to be left alone.
    Disinterest,
    /// What may follow such a denial without narrowing it: "in this", "at all", "thanks".
    Entirely,
    /// Leads from such a denial to its reason.
    Reason,
    /// "but" in the widest sense: what follows may take back what stands before.
    However,
    /// "no thanks".
    NoThanks,
    /// An appointment by its name.
    Appointment,
    /// "call me", before a name or a moment.
    CallMe,
    /// "ring me", before a moment only.
    RingMe,
    /// Is in a hurry, though without a date.
    Soon,
    /// Asks who speaks.
    AsksWho,
    /// Asks what the listener does.
    AsksWhat,
    /// "you are", before what someone is called.
    YouAre,
    /// "this is", before what something is called.
    ItIs,
    /// "such a", "really": may stand between that and the name.
    Degree,
    /// What is thrown away, and a bad word for the listener.
    Rubbish,
    // What counts for the score.
    /// Holds this against buying.
    Objects(Objection),
    /// Asks how soon it could start.
    AsksStart,
    /// Names this.
    Names(Matter),

    // Who speaks.
    /// "my name is".
    NameIs,
    /// "I am".
    IAm,
    /// "this is".
    ThisIs,
    /// "speaking", after the name.
    Speaking,
    /// "Mr".
    Title,
    /// "the", before a name too in some languages.
    The,
    /// "a", before what is no name.
    An,
    /// "and".
    And,

    // The company.
    /// "my company is called".
    CompanyCalled,
    /// "my company is".
    CompanyIs,
    /// "I work at".
    WorkAt,
    /// "from", "at".
    From,
    /// Belongs to no company.
    Freelance,

    // Money.
    /// "budget", "we can spend".
    BudgetCue,
    /// Money that is not a budget: revenue, what something costs.
    OtherMoney,
    /// A currency.
    Coin(Coin),
    /// Between the ends of a range.
    Range,
    /// Half a million and its like.
    HalfOf(u64),

    // Contacts.
    /// "phone", "call me on".
    PhoneCue,
    /// "order number".
    IdCue,
    /// "@", spoken.
    SpokenAt,
    /// ".", spoken.
    SpokenDot,
    /// "-", spoken.
    SpokenDash,
    /// "_", spoken.
    SpokenUnderscore,

    // The calendar.
    /// Monday is 0.
    Weekday(u8),
    /// January is 1.
    Month(u8),
    /// Days from today.
    Day(i8),
    /// A unit of time.
    Unit(Unit),
    /// "next".
    Next,
    /// "this".
    This,
    /// "in", before a length of time or a month.
    In,
    /// "by", before a month.
    By,
    /// "a couple of" (2), "a few" (3).
    Some(u8),
    /// "as soon as possible".
    Asap,
    /// "from now".
    Hence,
    /// "next week" as a phrase.
    NextPeriod(Unit),
    /// "the week after next".
    AfterNext(Unit),
    /// "this week" as a phrase.
    ThisPeriod(Unit),
    /// "the end of".
    EndOf,
    /// "year end".
    EndOfPeriod(Unit),
    /// "in a week", after a weekday: a week later.
    PlusWeek,
    /// "the beginning of".
    StartOf,
    /// "the middle of".
    MidOf,
    /// "the", before a day of the month.
    TheDay,

    // The clock.
    /// A part of the day.
    Part(Part),
    /// "at", before an hour.
    At,
    /// "around", between "at" and the hour.
    About,
    /// "o'clock", after the hour.
    Clock,
    /// Before noon.
    Am,
    /// After noon.
    Pm,
    /// "half past", before the hour.
    HalfPast,
    /// "halb", before the hour that is to come.
    HalfTo,
    /// "quarter past", before the hour.
    QuarterPast,
    /// "quarter to", before the hour.
    QuarterTo,
    /// "and a half", after the hour.
    AndHalf,
    /// "and a quarter", after the hour.
    AndQuarter,
    /// "less a quarter", after the hour.
    LessQuarter,
    /// "less", between the hour and minutes.
    Less,
    /// "past", between minutes and the hour.
    Past,
    /// "to", between minutes and the hour.
    To,
    /// 12:00.
    Noon,
    /// 00:00.
    Midnight,
    /// "half an hour" from now, or half of another unit.
    InHalf(Unit),
    /// "between", "from", before a range of hours.
    Between,
    /// "after" an hour.
    After,
    /// "before" an hour.
    Before,

    // Choices.
    /// 1 for the first, -1 for the last.
    Ordinal(i8),
    /// "one", "option".
    Option,
    /// Whichever.
    AnyOne,
}
